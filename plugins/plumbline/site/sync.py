"""What the history in the warehouse knows, for the site: runs, incidents, deliveries, the state.

Only what was recorded since the last build is read, so a build costs the same however long the
history is. Where there is no dataset of ours, or no warehouse, there is nothing to add.
Used by `plumbline.site.build`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from plumbline.alerts.incidents.model import Incident, Mute
from plumbline.checks.thresholds import ThresholdLine
from plumbline.core.group_key import GroupKey
from plumbline.core.status import Status, run_status, score
from plumbline.history.events import DeliveryRow, IncidentRow
from plumbline.site.history_cache import GroupRow, Row, RunRow, counts_of

if TYPE_CHECKING:
    from plumbline.history.dataset import OwnDataset
    from plumbline.project import Target

OVERLAP = timedelta(hours=1)
"""Read again before the last build: clocks of machines differ, and rows may have been on their way.
Each row counts once."""

_OUTCOMES = """
select run_id, checkpoint, as_of, recorded_at, monitor, group_key, status, observed, unit,
  thresholds, threshold_lines, reason, summary, suite_revision, bytes_billed, seconds,
  whole
from `{dataset}.outcomes`
where as_of >= @since and recorded_at >= @recorded and target = @target
  and run_id not in unnest(@known)
order by recorded_at
"""

_INCIDENTS = """
select event_id, incident_id, monitor, kind, event, reason, status, previous_status, as_of,
  opened_at, run_id, checkpoint, speaks, members, summary, recorded_at
from `{dataset}.incidents`
where as_of >= @since and recorded_at >= @recorded and event_id not in unnest(@known)
order by as_of, event_id
"""

_DELIVERIES = """
select event_id, message_id, channel, run_id, incidents, verdict, status_code, detail, attempts,
  attempted_at, recorded_at
from `{dataset}.deliveries`
where attempted_at >= @since and recorded_at >= @recorded and event_id not in unnest(@known)
order by attempted_at, event_id
"""


@dataclass(frozen=True)
class StateNow:
    """What the state of alerts knows now."""

    incidents: Mapping[str, Incident] = field(default_factory=dict)
    """By id."""
    mutes: Sequence[Mute] = ()
    """Set by command."""


@dataclass(frozen=True)
class News:
    """What the warehouse says."""

    rows: Mapping[str, Sequence[Row]] = field(default_factory=dict)
    """By monitor."""
    runs: Sequence[RunRow] = ()
    events: Sequence[IncidentRow] = ()
    deliveries: Sequence[DeliveryRow] = ()
    state: StateNow | None = None
    """None: it can't be read; what was known of it is still the best guess."""
    synced_to: datetime | None = None
    synced: Mapping[str, datetime] = field(default_factory=dict)
    """As `plumbline.site.history_cache.Book` has them."""
    fault: str | None = None
    """Why the warehouse could not be asked."""


def read_news(
    target: Target,
    *,
    since: datetime,
    recorded: datetime | None,
    known: Mapping[str, datetime] | None = None,
) -> News:
    """What was recorded from ``recorded`` on (None: ever) of instants from ``since`` on.

    Args:
        target: whose history.
        since: the oldest judged instant.
        recorded: until when rows are known.
        known: ids of runs (which write all their rows at once) and of events that are known, and
            when they were recorded: they need not be read again.

    Never raises for the warehouse: what it can't be asked now, a later build asks.
    """
    from plumbline.core.errors import PlumblineError
    from plumbline.history.dataset import OwnDataset

    try:
        dataset = OwnDataset(target)
        try:
            return _read(dataset, target, since=since, recorded=recorded, known=known or {})
        finally:
            dataset.close()
    except PlumblineError as fault:
        return News(fault=fault.what)


def _read(
    dataset: OwnDataset,
    target: Target,
    *,
    since: datetime,
    recorded: datetime | None,
    known: Mapping[str, datetime],
) -> News:
    from plumbline.history.dataset import Parameter

    begin = since if recorded is None else recorded - OVERLAP
    parameters = [
        Parameter("since", "TIMESTAMP", since.astimezone(UTC)),
        Parameter("recorded", "TIMESTAMP", begin.astimezone(UTC)),
        Parameter("known", "ARRAY<STRING>", sorted(known)),
    ]
    of_outcomes = [*parameters, Parameter("target", "STRING", target.name)]
    outcomes = dataset.read_if_there("docs_outcomes", _OUTCOMES, of_outcomes)
    if outcomes is None:
        return News()
    incidents = dataset.read_if_there("docs_incidents", _INCIDENTS, parameters) or []
    deliveries = dataset.read_if_there("docs_deliveries", _DELIVERIES, parameters) or []
    state = _state(dataset)
    rows, runs = _runs(outcomes)
    recorded_at = [row["recorded_at"] for row in (*outcomes, *incidents, *deliveries)]
    synced_to = max(recorded_at, default=recorded)
    read = {
        **known,
        **{row["run_id"]: row["recorded_at"] for row in outcomes},
        **{row["event_id"]: row["recorded_at"] for row in (*incidents, *deliveries)},
    }
    return News(
        rows=rows,
        runs=runs,
        events=[_as(IncidentRow, row) for row in incidents],
        deliveries=[_as(DeliveryRow, row) for row in deliveries],
        state=state,
        synced_to=synced_to,
        synced={
            name: at
            for name, at in read.items()
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
    return StateNow({one.id: one for one in found.known.incidents}, found.mutes)


def _runs(found: Sequence[Mapping[str, Any]]) -> tuple[dict[str, list[Row]], list[RunRow]]:
    """Rows by monitor, and the runs that they were of; the last recorded word counts."""
    groups: dict[tuple[str, str, datetime], dict[str, GroupRow]] = {}
    monitors: dict[tuple[str, str, datetime], Mapping[str, Any]] = {}
    for row in found:
        key = (row["checkpoint"], row["monitor"], row["as_of"])
        if row["group_key"] is None:
            monitors[key] = row
        else:
            groups.setdefault(key, {})[row["group_key"]] = _group(row)
    rows: dict[str, list[Row]] = {}
    runs: dict[tuple[str, datetime], list[Mapping[str, Any]]] = {}
    for key, row in monitors.items():
        rows.setdefault(row["monitor"], []).append(_row(row, groups.get(key, {})))
        if row["whole"] is not False:  # NULL in rows of an earlier version
            runs.setdefault((row["checkpoint"], row["as_of"]), []).append(row)
    return rows, [_run(of_run) for of_run in runs.values()]


def _row(row: Mapping[str, Any], groups: Mapping[str, GroupRow]) -> Row:
    return Row(
        at=row["as_of"],
        status=Status(row["status"]),
        observed=row["observed"],
        unit=row["unit"] or "",
        thresholds=row["thresholds"] or "",
        lines=_lines(row["threshold_lines"]),
        summary=row["summary"] or row["reason"] or "",
        run_id=row["run_id"],
        checkpoint=row["checkpoint"],
        seconds=row["seconds"] or 0.0,
        bytes_billed=row["bytes_billed"],
        revision=row["suite_revision"],
        groups=tuple(groups.values()),
    )


def _group(row: Mapping[str, Any]) -> GroupRow:
    key = str(row["group_key"])
    return GroupRow(
        key=key,
        label=GroupKey.of(json.loads(key)).label,
        status=Status(row["status"]),
        observed=row["observed"],
        unit=row["unit"] or "",
        lines=_lines(row["threshold_lines"]),
    )


def _run(rows: Sequence[Mapping[str, Any]]) -> RunRow:
    statuses = [Status(row["status"]) for row in rows]
    status = run_status(statuses)
    reasons = [str(row["reason"]) for row in rows if row["reason"]]
    return RunRow(
        run_id=rows[0]["run_id"],
        checkpoint=rows[0]["checkpoint"],
        as_of=rows[0]["as_of"],
        status=status,
        score=score(statuses),
        counts=counts_of(statuses),
        seconds=max((row["seconds"] or 0.0 for row in rows), default=0.0),
        revision=rows[0]["suite_revision"],
        note=reasons[0] if status == "SKIPPED" and reasons else "",
    )


def _lines(text: str | None) -> tuple[ThresholdLine, ...]:
    """As `plumbline.history.outcomes` writes them; none in rows of an earlier version."""
    try:
        read = json.loads(text) if text else []
        return tuple(
            ThresholdLine(severity, float(value), fails) for severity, value, fails in read
        )
    except (ValueError, TypeError):
        return ()


def _as(kind: Any, row: Mapping[str, Any]) -> Any:
    names = {one.name for one in fields(kind)} - {"table"}
    return kind(**{name: value for name, value in row.items() if name in names})
