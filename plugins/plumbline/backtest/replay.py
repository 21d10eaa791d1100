"""Incidents of a range, decided run by run as live runs decide them, and what would have been said.

Pure: outcomes in, incidents and alerts out; `plumbline.alerts.incidents.decide` decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from plumbline.alerts.incidents.decide import decide
from plumbline.alerts.incidents.model import Change, Incident, Kind, Known
from plumbline.core.alert_line import Ending, Event
from plumbline.core.alert_policy import Policy
from plumbline.core.instants import in_utc
from plumbline.core.outcome import Outcome
from plumbline.core.status import Status


@dataclass(frozen=True)
class Alert:
    """Something that would have been said."""

    at: datetime
    monitor: str
    incident: str
    kind: Kind
    event: Event
    reason: str
    status: Status
    speaks: bool
    """False: it was held back, or stood in the message of the monitor named by ``said_by``."""
    said_by: str | None = None
    """The monitor in whose message it stood."""


@dataclass(frozen=True)
class ReplayedIncident:
    """One incident as the range would have seen it."""

    id: str
    monitor: str
    kind: Kind
    opened_at: datetime
    last_seen: datetime
    worst: Status
    closed_at: datetime | None
    ending: Ending | None
    alerts: tuple[Alert, ...]
    summary: str = ""
    """When it opened."""

    @property
    def told(self) -> int:
        """How many alerts were sent of it."""
        return sum(alert.speaks for alert in self.alerts)

    @property
    def told_at(self) -> datetime | None:
        """When somebody first heard of it, be it in another monitor's message."""
        said = (alert.at for alert in self.alerts if alert.speaks or alert.said_by)
        return next(said, None)


@dataclass(frozen=True)
class Replay:
    """What the range would have brought."""

    incidents: tuple[ReplayedIncident, ...] = ()
    """By when they opened."""
    alerts: tuple[Alert, ...] = ()
    """In order; also those held back."""

    @property
    def sent(self) -> tuple[Alert, ...]:
        """The alerts that were sent."""
        return tuple(alert for alert in self.alerts if alert.speaks)


@dataclass
class _Track:
    incident: Incident
    summary: str
    alerts: list[Alert] = field(default_factory=list)


def replay_outcomes(
    outcomes: Mapping[datetime, Sequence[Outcome]], *, checkpoint: str, policy: Policy
) -> Replay:
    """Decide the runs one after the other.

    Mutes and acknowledgements are not replayed: what they held back is counted as sent.

    Args:
        outcomes: those of each run, by instant in UTC.
        checkpoint: whose runs they are.
        policy: intervals of the decision.
    """
    known = Known()
    tracks: dict[str, _Track] = {}
    told: list[Alert] = []
    for at in sorted(outcomes):
        decision = decide(known, outcomes[at], at, checkpoint=checkpoint, policy=policy, mutes=())
        known = decision.known
        for change in decision.changes:
            alert = _alert(change)
            told.append(alert)
            _track(tracks, change.incident).alerts.append(alert)
        for incident in known.incidents:
            _track(tracks, incident).incident = incident
    found = sorted(map(_past, tracks.values()), key=lambda one: (one.opened_at, one.monitor))
    return Replay(tuple(found), tuple(told))


def by_instant(outcomes: Iterable[Outcome]) -> dict[datetime, list[Outcome]]:
    """Outcomes as the runs that found them, by instant in UTC."""
    found: dict[datetime, list[Outcome]] = {}
    for outcome in outcomes:
        found.setdefault(in_utc(outcome.as_of), []).append(outcome)
    return found


def _track(tracks: dict[str, _Track], incident: Incident) -> _Track:
    if incident.id not in tracks:
        tracks[incident.id] = _Track(incident, incident.summary)
    return tracks[incident.id]


def _alert(change: Change) -> Alert:
    return Alert(
        at=change.at,
        monitor=change.incident.monitor,
        incident=change.incident.id,
        kind=change.incident.kind,
        event=change.event,
        reason=str(change.reason),
        status=change.incident.status,
        speaks=change.notifies,
        said_by=change.inhibited_by,
    )


def _past(track: _Track) -> ReplayedIncident:
    incident = track.incident
    return ReplayedIncident(
        id=incident.id,
        monitor=incident.monitor,
        kind=incident.kind,
        opened_at=incident.opened_at,
        last_seen=incident.last_seen,
        worst=incident.worst,
        closed_at=incident.closed_at,
        ending=incident.ending,
        alerts=tuple(track.alerts),
        summary=track.summary,
    )
