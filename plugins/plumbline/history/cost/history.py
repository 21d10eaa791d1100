"""What the history in the warehouse says of cost: read for ``plumbline list --costs`` and budgets.

Only live runs are there (those that may touch incidents): what somebody runs by hand is billed all
the same, and is in BigQuery's own INFORMATION_SCHEMA.JOBS, under the label ``app: plumbline``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from plumbline.history.cost.summary import Spent

if TYPE_CHECKING:
    from plumbline.history.dataset import OwnDataset

# A row may be there twice, where a load was repeated; a run that was repeated was billed twice.
# What a backtest recorded was no run.
# By when it was recorded, not by what was judged: a replay of long ago is billed today.
_SPENT = """
with monitors as (
  select distinct run_id, checkpoint, monitor, owner, status, jobs, bytes_billed
  from `{dataset}.outcomes`
  where recorded_at >= @since and recorded_at < @until and target = @target and group_key is null
    and not starts_with(run_id, 'backtest_')
),

counted as (
  select *, if(jobs is null or jobs = '[]', 0, array_length(split(jobs, ','))) as job_count
  from monitors
),

final as (
  select
    checkpoint,
    monitor,
    owner,
    count(*) as runs,
    sum(job_count) as jobs,
    sum(bytes_billed) as bytes_billed,
    sum(if(bytes_billed is null and status != 'ERROR', job_count, 0)) as silent_jobs
  from counted
  group by checkpoint, monitor, owner
)

select * from final
order by checkpoint, monitor, owner
"""

_FIRST = """
select min(recorded_at) as recorded_at
from `{dataset}.outcomes`
where recorded_at >= @since and recorded_at < @until and target = @target
  and not starts_with(run_id, 'backtest_')
"""

# The judged instant of a live run is now: the filter on it prunes partitions, because this is asked
# in runs.
_BILLED = """
with monitors as (
  select distinct run_id, checkpoint, monitor, bytes_billed
  from `{dataset}.outcomes`
  where as_of >= @partitions and recorded_at >= @since and target = @target
    and group_key is null and run_id != @run_id and monitor in unnest(@monitors)
)

select monitor, sum(bytes_billed) as bytes_billed
from monitors
group by monitor
"""

_LATE = timedelta(days=3)


@dataclass(frozen=True)
class SpentInSpan:
    """What the runs of some time took."""

    spent: tuple[Spent, ...]
    span: timedelta
    """From the first of them, at most as asked for; a day at least."""


def read_spent(
    dataset: OwnDataset, *, target: str, now: datetime, most: timedelta
) -> SpentInSpan | None:
    """What was recorded in the time before ``now``, ``most`` at most; None: there is no history.

    Raises:
        WarehouseError: the history can't be read.
    """
    from plumbline.history.dataset import Parameter

    parameters = [
        Parameter("since", "TIMESTAMP", now - most),
        Parameter("until", "TIMESTAMP", now),
        Parameter("target", "STRING", target),
    ]
    rows = dataset.read_if_there("costs", _SPENT, parameters)
    if rows is None:
        return None
    first = dataset.read("costs_first", _FIRST, parameters)[0]["recorded_at"] if rows else None
    return SpentInSpan(
        tuple(
            Spent(
                monitor=row["monitor"],
                checkpoint=row["checkpoint"],
                owner=row["owner"],
                runs=row["runs"],
                jobs=row["jobs"],
                bytes_billed=row["bytes_billed"],
                silent_jobs=row["silent_jobs"],
            )
            for row in rows
        ),
        span=max(now - first, timedelta(days=1)) if first else most,
    )


def read_billed(
    dataset: OwnDataset, monitors: Sequence[str], *, target: str, since: datetime, but: str
) -> Mapping[str, int]:
    """Bytes billed since then, by monitor; of no run, no entry.

    Args:
        dataset: plumbline's own.
        monitors: of which.
        target: the target's name.
        since: an instant of today.
        but: the id of a run that does not count.

    Raises:
        WarehouseError: the history can't be read.
    """
    from plumbline.history.dataset import Parameter

    rows = dataset.read_if_there(
        "budgets",
        _BILLED,
        [
            Parameter("partitions", "TIMESTAMP", since - _LATE),
            Parameter("since", "TIMESTAMP", since),
            Parameter("target", "STRING", target),
            Parameter("run_id", "STRING", but),
            Parameter("monitors", "ARRAY<STRING>", list(monitors)),
        ],
    )
    return {row["monitor"]: row["bytes_billed"] for row in rows or () if row["bytes_billed"]}
