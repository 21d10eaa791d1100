"""That a run started and that it finished, as rows: what the watchdog goes by.

Written by live runs (`plumbline.history.heartbeat`), by load jobs, which cost nothing; read by
`plumbline.schedule.watchdog_check`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from typing import Literal

from plumbline.core.parameter import Parameter
from plumbline.history.dataset import OwnDataset
from plumbline.history.loads import append
from plumbline.history.tables import HEARTBEATS

FAILED = "FAILED"
"""The status of a run that broke off."""

_SINCE = """
select run_id, kind, beat_at, checkpoint, target, schedule, due_at, monitors, checked, evaluated,
  status, exit_code, seconds, waiting, action_errors, place,
  suite_revision
from `{dataset}.heartbeats`
where beat_at >= @since and {own_runs}
order by beat_at, recorded_at
"""


@dataclass(frozen=True)
class Heartbeat:
    """One row: a `plumbline.core.run.Run`, flat, and how it goes."""

    run_id: str
    kind: Literal["started", "finished"]
    beat_at: datetime
    checkpoint: str
    target: str
    schedule: str | None = None
    due_at: datetime | None = None
    monitors: int | None = None
    checked: int | None = None
    evaluated: int | None = None
    status: str | None = None
    exit_code: int | None = None
    seconds: float | None = None
    waiting: int | None = None
    action_errors: str | None = None
    place: str | None = None
    suite_revision: str | None = None


def append_heartbeat(dataset: OwnDataset, beat: Heartbeat) -> None:
    """Append ``beat``; again, it writes nothing more.

    Raises:
        WarehouseError: it could not be written.
    """
    event_id = f"{beat.run_id}-{beat.kind}"
    row = {
        "event_id": event_id,
        **asdict(beat),
        "project": dataset.target.plumbline_project,
        "recorded_at": datetime.now(UTC),
    }
    append(dataset, HEARTBEATS, [row], job_id=dataset.job_id("heartbeats", event_id))


def read_heartbeats(dataset: OwnDataset, *, since: datetime) -> Sequence[Heartbeat]:
    """Of the dataset's project and target, from ``since`` on, oldest first, each once.

    Raises:
        WarehouseError: they can't be read.
    """
    names = [one.name for one in fields(Heartbeat)]
    parameters = [Parameter("since", "TIMESTAMP", since.astimezone(UTC))]
    rows = dataset.read("heartbeats", _SINCE, parameters)
    found = {
        (row["run_id"], row["kind"]): Heartbeat(**{name: row[name] for name in names})
        for row in rows
    }
    return tuple(found.values())
