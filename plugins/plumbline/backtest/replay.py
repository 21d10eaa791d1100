"""Incidents of a range, decided run by run as live runs decide them, and what would have been said.

Pure: outcomes in, incidents, alerts and messages out; `plumbline.alerts.incidents.decide` decides,
and `plumbline.alerts.compose` makes the messages.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from plumbline.alerts.compose import Composed, RunFacts, compose, is_routed
from plumbline.alerts.incidents.decide import decide
from plumbline.alerts.incidents.model import Change, Decision, Incident, Known
from plumbline.alerts.routes import route_of
from plumbline.backtest.messages import SentMessage
from plumbline.core.instants import in_utc
from plumbline.core.outcome import Outcome
from plumbline.core.run import Run
from plumbline.project.alerts import AlertsConfig


@dataclass(frozen=True)
class PastRun:
    """A run as it would have been."""

    at: datetime
    """In UTC."""
    checkpoint: str
    outcomes: Sequence[Outcome]


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
    messages: tuple[SentMessage, ...] = ()
    """In order."""

    @property
    def sent(self) -> tuple[Change, ...]:
        """Those that were sent."""
        return tuple(change for change in self.changes if change.notifies)


def replay_runs(runs: Iterable[PastRun], *, alerts: AlertsConfig) -> Replay:
    """Decide the runs one after the other.

    Mutes and acknowledgements are not replayed: what they held back is counted as sent. Channels
    count as configured, and take each message at once.

    Args:
        runs: in order of time.
        alerts: intervals of the decision, and the routes of the messages.
    """
    known = Known()
    opened: dict[str, Incident] = {}
    last: dict[str, Incident] = {}
    changes: dict[str, list[Change]] = {}
    told: list[Change] = []
    messages: list[SentMessage] = []
    for run in runs:
        decision = decide(
            known,
            run.outcomes,
            run.at,
            checkpoint=run.checkpoint,
            policy=alerts.policy,
            mutes=(),
            is_routed=lambda incident: is_routed(incident, alerts),
            escalate_after=lambda incident: route_of(alerts, incident).escalate_after,
        )
        known = decision.known
        if decision.changes:
            composed = _composed(decision, run, alerts)
            known = composed.known
            messages += [
                SentMessage(run.at, one.channel, tuple(item.incident for item in one.items))
                for one in composed.messages
            ]
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
    return Replay(tuple(found), tuple(told), tuple(messages))


def _composed(decision: Decision, past: PastRun, alerts: AlertsConfig) -> Composed:
    run = Run(run_id="", checkpoint=past.checkpoint, target="", as_of=past.at, revision=None)
    return compose(
        decision.changes,
        decision.known,
        past.outcomes,
        RunFacts(run, past.at),
        config=alerts,
        configured=alerts.channels.keys(),
    )


def runs_of(checkpoint: str, outcomes: Iterable[Outcome]) -> list[PastRun]:
    """Outcomes as the runs of one checkpoint that found them, in order of time."""
    found: dict[datetime, list[Outcome]] = {}
    for outcome in outcomes:
        found.setdefault(in_utc(outcome.as_of), []).append(outcome)
    return [PastRun(at, checkpoint, found[at]) for at in sorted(found)]
