"""A monitor's own earlier numbers, for expectations that compare with them.

Used by `plumbline.gx.monitor`, only where a suite asks for it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING

from plumbline.expectations.usual import WHOLE, Past
from plumbline.history.dataset import OwnDataset, Parameter

if TYPE_CHECKING:
    from plumbline.project import Target

DAYS = 400
"""How far back is looked: a year of a run a week, with room."""

# Of a repeated run the last word counts; only then is asked whether it was well.
_PAST = """
select as_of, group_key, observed
from (
  select as_of, group_key, observed, status,
    row_number() over (partition by event_id order by recorded_at desc) as place
  from `{dataset}.outcomes`
  where as_of >= @since and as_of < @before and target = @target and monitor = @monitor
)
where place = 1 and status = 'PASS' and observed is not null
order by as_of
"""


def read_past(
    target: Target,
    monitor: str,
    *,
    before: datetime,
    zone: tzinfo,
    is_known_wrong: Callable[[datetime], bool] = lambda _: False,
) -> Past:
    """What ``monitor`` found before an instant, in runs in which it, or its group, was PASS.

    Empty where there is no history.

    Args:
        target: whose history.
        monitor: whose numbers.
        before: the instant that is judged.
        zone: in which a day is a day.
        is_known_wrong: whether an instant lies within a labelled incident of the monitor: what was
            broken must not teach what is normal, however well it looked.

    Raises:
        WarehouseError: it can't be read.
    """
    dataset = OwnDataset(target)
    try:
        rows = dataset.read_if_there(
            "past",
            _PAST,
            [
                Parameter("since", "TIMESTAMP", (before - timedelta(days=DAYS)).astimezone(UTC)),
                Parameter("before", "TIMESTAMP", before.astimezone(UTC)),
                Parameter("target", "STRING", target.name),
                Parameter("monitor", "STRING", monitor),
            ],
        )
    finally:
        dataset.close()
    points: dict[str, list[tuple[datetime, float]]] = {}
    for row in rows or ():
        if is_known_wrong(row["as_of"]):
            continue
        key = WHOLE if row["group_key"] is None else str(row["group_key"])
        points.setdefault(key, []).append((row["as_of"], float(row["observed"])))
    return Past(as_of=before, points=points, zone=zone)
