"""Incidents of a range, decided run by run as live runs decide them, and what would have been said.

Pure: outcomes in, incidents and alerts out; `plumbline.alerts.incidents.decide` decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from plumbline.alerts.incidents.decide import decide
from plumbline.alerts.incidents.model import Change, Incident, Known
from plumbline.core.alert_policy import Policy
from plumbline.core.instants import in_utc
from plumbline.core.outcome import Outcome


@dataclass(frozen=True)
class ReplayedIncident:
    """One incident as the range would have seen it."""

    incident: Incident
    """As the range left it."""
    changes: tuple[Change, ...]
    summary: str
    """Of the outcome that opened it."""

    @property
    def told(self) -> int:
        """How many alerts were sent of it."""
        return sum(change.notifies for change in self.changes)

    @property
    def told_at(self) -> datetime | None:
        """When somebody first heard of it, be it in another monitor's message."""
        told = (one.at for one in self.changes if one.notifies or one.inhibited_by)
        return next(told, None)


@dataclass(frozen=True)
class Replay:
    """What the range would have brought."""

    incidents: tuple[ReplayedIncident, ...] = ()
    """By when they opened."""
    changes: tuple[Change, ...] = ()
    """In order; also those held back."""

    @property
    def sent(self) -> tuple[Change, ...]:
        """Those that were sent."""
        return tuple(change for change in self.changes if change.notifies)


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
    opened: dict[str, Incident] = {}
    last: dict[str, Incident] = {}
    changes: dict[str, list[Change]] = {}
    told: list[Change] = []
    for at in sorted(outcomes):
        decision = decide(known, outcomes[at], at, checkpoint=checkpoint, policy=policy, mutes=())
        known = decision.known
        for change in decision.changes:
            told.append(change)
            changes.setdefault(change.incident.id, []).append(change)
        for incident in (*(change.incident for change in decision.changes), *known.incidents):
            opened.setdefault(incident.id, incident)
            last[incident.id] = incident
    found = [
        ReplayedIncident(last[id_], tuple(changes.get(id_, ())), first.summary)
        for id_, first in opened.items()
    ]
    found.sort(key=lambda one: (one.incident.opened_at, one.incident.monitor))
    return Replay(tuple(found), tuple(told))


def by_instant(outcomes: Iterable[Outcome]) -> dict[datetime, list[Outcome]]:
    """Outcomes as the runs that found them, by instant in UTC."""
    found: dict[datetime, list[Outcome]] = {}
    for outcome in outcomes:
        found.setdefault(in_utc(outcome.as_of), []).append(outcome)
    return found
