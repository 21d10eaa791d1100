"""Monitors' own earlier numbers, for expectations that compare with them.

Used by `plumbline.run.baselines`, only where a suite asks for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta, tzinfo
from typing import TYPE_CHECKING

from plumbline.checks.baseline import WHOLE, Past
from plumbline.core.instants import in_utc
from plumbline.history.dataset import OwnDataset, Parameter

if TYPE_CHECKING:
    from plumbline.project import Target

DAYS = 400
"""How far back is looked: a year of a run a week, with room."""

# Of a repeated run the last word counts; only then is asked whether it was well. Groups that were
# not well, or missing, are read too: that they were to be there must not be forgotten.
_PASTS = """
select monitor, as_of, group_key, observed, status
from (
  select monitor, as_of, recorded_at, group_key, observed, status,
    row_number() over (partition by event_id order by recorded_at desc) as place
  from `{dataset}.outcomes`
  where as_of >= @since and as_of < @before and target = @target
    and monitor in unnest(@monitors)
)
where place = 1
  and (status = 'PASS' and observed is not null
    or status in ('PASS', 'WARNING', 'CRITICAL') and group_key is not null)
order by as_of, recorded_at
"""


def read_pasts(
    target: Target,
    monitors: Iterable[str],
    *,
    before: datetime,
    zone: tzinfo,
    is_known_wrong: Callable[[str, datetime], bool],
) -> dict[str, Past]:
    """What each monitor found before an instant: the numbers of runs in which it, or its group, was
    PASS, and when which group was judged.

    One query for all; empty pasts where there is no history.

    Args:
        target: whose history.
        monitors: whose numbers.
        before: the instant that is judged.
        zone: in which a day is a day.
        is_known_wrong: whether an instant lies within a labelled incident of a monitor: what was
            broken must not teach what is normal, however well it looked.

    Raises:
        WarehouseError: it can't be read.
    """
    points: dict[str, dict[str, list[tuple[datetime, float]]]] = {name: {} for name in monitors}
    judged: dict[str, dict[str, list[datetime]]] = {name: {} for name in points}
    dataset = OwnDataset(target)
    try:
        rows = dataset.read_if_there(
            "past",
            _PASTS,
            [
                Parameter("since", "TIMESTAMP", in_utc(before) - timedelta(days=DAYS)),
                Parameter("before", "TIMESTAMP", in_utc(before)),
                Parameter("target", "STRING", target.name),
                Parameter("monitors", "ARRAY<STRING>", tuple(points)),
            ],
        )
    finally:
        dataset.close()
    for row in rows or ():
        monitor, at = str(row["monitor"]), row["as_of"]
        key = WHOLE if row["group_key"] is None else str(row["group_key"])
        if key != WHOLE:
            judged[monitor].setdefault(key, []).append(at)
        is_good = row["status"] == "PASS" and row["observed"] is not None
        if is_good and not is_known_wrong(monitor, at):
            points[monitor].setdefault(key, []).append((at, float(row["observed"])))
    return {
        name: Past(as_of=before, points=of, zone=zone, judged=judged[name])
        for name, of in points.items()
    }
