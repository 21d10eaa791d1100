"""Reads the history in the warehouse for the site: runs, incidents, deliveries, the state.

Only what was recorded since the last build is read, so a build costs the same however long the
history is. Without plumbline's dataset, or without a warehouse, there is nothing to add.
Used by `plumbline.site.build`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from plumbline.alerts.incidents.model import Incident
from plumbline.core.mute import Mute
from plumbline.core.parameter import Parameter
from plumbline.history.events import DeliveryRow, IncidentRow
from plumbline.site.history_cache import row_of, run_row_of
from plumbline.site.rows import Row, RunRow

if TYPE_CHECKING:
    from plumbline.history.dataset import OwnDataset
    from plumbline.history.reader import HistoryReader, StoredOutcome
    from plumbline.project import Target

OVERLAP = timedelta(hours=1)
"""Read again before the last build: clocks of machines differ, and rows may have been on their way.
Each row counts once."""

_INCIDENTS = """
select event_id, incident_id, monitor, kind, event, reason, status, previous_status, as_of,
  opened_at, run_id, checkpoint, speaks, members, summary, recorded_at
from `{dataset}.incidents`
where as_of >= @since and recorded_at >= @recorded and event_id not in unnest(@known)
  and {own_events}
order by as_of, event_id
"""

_DELIVERIES = """
select event_id, message_id, channel, run_id, incidents, verdict, status_code, detail, attempts,
  attempted_at, recorded_at
from `{dataset}.deliveries`
where attempted_at >= @since and recorded_at >= @recorded and event_id not in unnest(@known)
  and {own_events}
order by attempted_at, event_id
"""


@dataclass(frozen=True)
class StateNow:
    incidents: Mapping[str, Incident] = field(default_factory=dict)
    """By id."""
    mutes: Sequence[Mute] = ()
    """Set by command."""


@dataclass(frozen=True)
class News:
    rows: Mapping[str, Sequence[Row]] = field(default_factory=dict)
    """By monitor."""
    runs: Sequence[RunRow] = ()
    events: Sequence[IncidentRow] = ()
    deliveries: Sequence[DeliveryRow] = ()
    state: StateNow | None = None
    """None: it can't be read; what was known of it is still the best guess."""
    synced_to: datetime | None = None
    synced: Mapping[str, datetime] = field(default_factory=dict)
    """As `plumbline.site.history_cache.HistoryCache` has them."""
    fault: str | None = None
    """Why the warehouse could not be read."""


def read_news(
    target: Target,
    *,
    since: datetime,
    recorded: datetime | None,
    known: Mapping[str, datetime] | None = None,
) -> News:
    """What was recorded from ``recorded`` on (None: ever) of instants from ``since`` on.

    Args:
        since: the oldest judged instant.
        recorded: until when rows are known.
        known: ids of runs (which write all their rows at once) and of events that are known, and
            when they were recorded: they need not be read again.

    Never raises for the warehouse: what it can't be asked now, a later build asks.
    """
    from plumbline.core.errors import PlumblineError
    from plumbline.history.reader import open_history

    try:
        with open_history(target) as history:
            return _read(history, since=since, recorded=recorded, known=known or {})
    except PlumblineError as fault:
        return News(fault=fault.what)


def _read(
    history: HistoryReader,
    *,
    since: datetime,
    recorded: datetime | None,
    known: Mapping[str, datetime],
) -> News:
    from plumbline.history.reader import PAGES, with_new_name

    dataset = history.dataset
    begin = since if recorded is None else recorded - OVERLAP
    parameters = [
        Parameter("since", "TIMESTAMP", since.astimezone(UTC)),
        Parameter("recorded", "TIMESTAMP", begin.astimezone(UTC)),
        Parameter("known", "ARRAY<STRING>", tuple(sorted(known))),
    ]
    outcomes = history.outcomes(PAGES, since=since, recorded=begin, known=known)
    if outcomes is None:
        return News()
    renamed = history.renamed()
    incidents = [
        with_new_name(row, renamed)
        for row in dataset.read_if_there("docs_incidents", _INCIDENTS, parameters) or []
    ]
    deliveries = dataset.read_if_there("docs_deliveries", _DELIVERIES, parameters) or []
    state = _state(dataset)
    read = {
        **{one.run_id: one.recorded_at for one in outcomes},
        **{row["event_id"]: row["recorded_at"] for row in (*incidents, *deliveries)},
    }
    synced_to = max(read.values(), default=recorded)
    return News(
        rows=_rows(outcomes),
        runs=_runs(outcomes),
        events=[_as(IncidentRow, row) for row in incidents],
        deliveries=[_as(DeliveryRow, row) for row in deliveries],
        state=state,
        synced_to=synced_to,
        synced={
            name: at
            for name, at in {**known, **read}.items()
            if synced_to is not None and at >= synced_to - OVERLAP
        },
    )


def _state(dataset: OwnDataset) -> StateNow | None:
    from plumbline.alerts.store import read_last_state
    from plumbline.core.errors import ConfigError

    try:
        found = read_last_state(dataset, now=datetime.now(UTC))
    except ConfigError:  # a newer plumbline's: its rows can be shown all the same
        return None
    if found is None:
        return StateNow()
    waiting = {
        (item.incident, one.message.channel) for one in found.outbox for item in one.message.items
    }
    incidents = {one.id: _notified(one, waiting) for one in found.known.incidents}
    return StateNow(incidents, found.mutes)


def _notified(incident: Incident, waiting: Set[tuple[str, str]]) -> Incident:
    """Without the channels to which a message of it is not delivered yet: the state counts them
    as notified, so that no second message is made."""
    channels = incident.notified_channels
    arrived = tuple(channel for channel in channels if (incident.id, channel) not in waiting)
    return replace(incident, notified_channels=arrived)


def _rows(found: Sequence[StoredOutcome]) -> dict[str, list[Row]]:
    """By monitor."""
    rows: dict[str, list[Row]] = {}
    for one in found:
        rows.setdefault(one.outcome.monitor, []).append(row_of(one.outcome, one))
    return rows


def _runs(found: Sequence[StoredOutcome]) -> list[RunRow]:
    """Of whole checkpoints."""
    runs: dict[object, list[StoredOutcome]] = {}
    for one in found:
        if one.is_whole:
            # Its rows were recorded at once; runs of a notebook may all have one name.
            runs.setdefault((one.checkpoint, one.run_id, one.recorded_at), []).append(one)
    # Of two runs of an instant, the later one counts.
    ordered = sorted(runs.values(), key=lambda of_run: of_run[0].recorded_at)
    return [run_row_of([one.outcome for one in of_run], of_run[0]) for of_run in ordered]


def _as(kind: Any, row: Mapping[str, Any]) -> Any:
    names = {one.name for one in fields(kind)} - {"table"}
    return kind(**{name: value for name, value in row.items() if name in names})
