"""Labelled incidents against what a range would have seen: found when, by whom, and what is noise.

Pure. A labelled incident can be seen from when it began until its traces have left the windows
(`Label.ends`); what one of its monitors finds in that time is taken for it. It is found when
somebody is notified: by an opening, a new failing group or a rise in severity. An ERROR finds
nothing, and neither does an alarm that was open before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from plumbline.alerts.incidents.model import Change
from plumbline.backtest.messages import MessageCounts, count_messages
from plumbline.backtest.replay import (
    Replay,
    ReplayedIncident,
    by_instant,
    replay_outcomes,
)
from plumbline.core.alert_line import Event
from plumbline.core.instants import in_utc
from plumbline.core.outcome import Outcome
from plumbline.core.status import Status
from plumbline.project.alerts import AlertsConfig
from plumbline.project.labels import Label, covered

Found = Literal["found", "missed", "not judged"]

_MISSED = {Status.PASS: "saw nothing wrong", Status.ERROR: "could not be checked"}

_NEWS = (Event.OPENED, Event.FLAPPING, Event.CHANGED, Event.ESCALATED, Event.SUPPRESSED)
"""What finds an incident; one that is suppressed is news if another monitor's message names it."""


@dataclass(frozen=True)
class FirstSighting:
    """When one monitor first saw a labelled incident."""

    monitor: str
    at: datetime
    status: Status


@dataclass(frozen=True)
class LabelResult:
    """What became of one labelled incident."""

    label: Label
    result: Found
    reason: str = ""
    """Why it was not judged, or not found."""
    sightings: tuple[FirstSighting, ...] = ()
    """The first of each monitor, earliest first."""
    told_at: datetime | None = None
    """When somebody was notified of it."""
    alerts: int = 0
    """Sent by its monitors from then on, until it was over."""
    messages: int = 0
    """Those in which they were sent, in all channels together."""
    resolved_at: datetime | None = None
    """When the last of its monitors' incidents ended; None: not in the range."""

    @property
    def first(self) -> FirstSighting | None:
        """Who found it."""
        return self.sightings[0] if self.result == "found" else None

    @property
    def delay(self) -> timedelta | None:
        """From when it was due (else when it began) until somebody was notified of it."""
        if self.told_at is None:
            return None
        return self.told_at - (self.label.due or self.label.began)

    @property
    def time_to_resolve(self) -> timedelta | None:
        """From when it was found until its incidents ended."""
        if self.told_at is None or self.resolved_at is None:
            return None
        return self.resolved_at - self.told_at


@dataclass(frozen=True)
class Score:
    """How much of what was said was worth saying."""

    findings: tuple[LabelResult, ...]
    false_alarms: tuple[ReplayedIncident, ...]
    """Incidents of wrong data that were notified and that no label explains."""
    unchecked: tuple[ReplayedIncident, ...]
    """Incidents in which a check could not be made, that no label explains."""
    incidents: int
    """Of wrong data, those that were notified."""
    alerts: int
    """Sent, of all kinds and all monitors."""
    alerts_per_week: float
    messages: MessageCounts

    @property
    def precision(self) -> float | None:
        """The share of the notified incidents that a label explains; None where there are none."""
        if not self.incidents:
            return None
        return (self.incidents - len(self.false_alarms)) / self.incidents

    def count(self, result: Found) -> int:
        """How many labelled incidents ended so."""
        return len(self.labels(result))

    def labels(self, result: Found) -> tuple[str, ...]:
        """The ids of the labelled incidents that ended so."""
        return tuple(one.label.id for one in self.findings if one.result == result)


def score(
    replay: Replay,
    outcomes: Mapping[str, Sequence[Outcome]],
    labels: Sequence[Label],
    *,
    first: datetime,
    last: datetime,
) -> Score:
    """Hold what was seen against what is known to have happened.

    Args:
        replay: the incidents of the range.
        outcomes: by monitor, in order of time.
        labels: of the whole project; those outside the range are left out.
        first: the range's begin.
        last: its end.
    """
    weeks = (in_utc(last) - in_utc(first)) / timedelta(weeks=1)
    within = [label for label in labels if label.ends >= first and label.began <= last]
    told = [
        one for one in replay.incidents if one.incident.kind == "data" and one.told_at is not None
    ]
    sent = len(replay.sent)
    return Score(
        findings=tuple(_find(label, replay, outcomes, first, last) for label in within),
        false_alarms=tuple(
            one
            for one in told
            if one.told and not covered(labels, one.incident.monitor, one.incident.opened_at)
        ),
        unchecked=tuple(
            one
            for one in replay.incidents
            if one.incident.kind == "error"
            and not covered(labels, one.incident.monitor, one.incident.opened_at)
        ),
        incidents=sum(one.told > 0 for one in told),
        alerts=sent,
        alerts_per_week=sent / weeks if weeks else 0.0,
        messages=count_messages(replay.messages),
    )


def score_monitor(
    monitor: str,
    outcomes: Sequence[Outcome],
    labels: Sequence[Label],
    *,
    checkpoint: str,
    alerts: AlertsConfig,
) -> Score:
    """One monitor by itself, over the range of its outcomes.

    Args:
        monitor: its name.
        outcomes: in order of time; at least one.
        labels: of the whole project.
        checkpoint: whose runs they are.
        alerts: intervals and routes.
    """
    return score(
        replay_outcomes(by_instant(outcomes), checkpoint=checkpoint, alerts=alerts),
        {monitor: outcomes},
        [label for label in labels if monitor in label.monitors],
        first=outcomes[0].as_of,
        last=outcomes[-1].as_of,
    )


def _find(
    label: Label,
    replay: Replay,
    outcomes: Mapping[str, Sequence[Outcome]],
    first: datetime,
    last: datetime,
) -> LabelResult:
    there = [name for name in label.monitors if name in outcomes]
    if not there:
        return LabelResult(
            label,
            "not judged",
            f"{', '.join(label.monitors)} {_is(label.monitors)} not among the monitors looked at",
        )
    if (label.due or label.began) > last:
        return LabelResult(label, "not judged", "it was due after the range ends")
    if label.began < first:
        return LabelResult(label, "not judged", "it began before the range does")
    sightings = [seen for name in there if (seen := _sighting(label, name, outcomes[name]))]
    if not sightings:
        for status, what in _MISSED.items():
            checked = [name for name in sorted(there) if _was(status, label, outcomes[name])]
            if checked:
                return LabelResult(label, "missed", f"{', '.join(checked)} {what}")
        return LabelResult(label, "not judged", "nothing was judged while it lasted")
    sightings.sort(key=lambda seen: seen.at)
    told_at = _told_at(label, replay, sightings[0].at)
    if told_at is None:
        names = ", ".join(sorted({seen.monitor for seen in sightings}))
        why = f"{names} failed, and nobody was notified of it"
        return LabelResult(label, "missed", why, sightings=tuple(sightings))
    mine = _incidents(replay, sightings)
    return LabelResult(
        label,
        "found",
        sightings=tuple(sightings),
        told_at=told_at,
        alerts=sum(_counts(change, label) for one in mine for change in one.changes),
        messages=_messages(replay, label, {one.incident.id for one in mine}),
        resolved_at=_resolved(mine),
    )


def _sighting(label: Label, monitor: str, outcomes: Sequence[Outcome]) -> FirstSighting | None:
    """The first time that ``monitor`` was wrong because of it.

    What was wrong already when it began is another incident's until the data are due; what was well
    until then and becomes wrong is it.
    """
    was_wrong = False
    for outcome in outcomes:
        if outcome.as_of < label.began:
            was_wrong = outcome.status.is_failing
            continue
        if outcome.as_of > label.ends:
            return None
        if outcome.status not in (Status.WARNING, Status.CRITICAL):
            was_wrong = False
        elif not was_wrong or outcome.as_of >= (label.due or label.began):
            return FirstSighting(monitor, outcome.as_of, outcome.status)
    return None


def _told_at(label: Label, replay: Replay, since: datetime) -> datetime | None:
    """When people were first notified of something new, be it in another monitor's message."""
    return min(
        (
            change.at
            for one in replay.incidents
            if one.incident.kind == "data" and one.incident.monitor in label.monitors
            for change in one.changes
            if (change.notifies or change.inhibited_by)
            and change.event in _NEWS
            and since <= change.at <= label.ends
        ),
        default=None,
    )


def _was(status: Status, label: Label, outcomes: Sequence[Outcome]) -> bool:
    due = label.due or label.began
    return any(
        due <= outcome.as_of <= label.ends and outcome.status is status for outcome in outcomes
    )


def _incidents(replay: Replay, sightings: Sequence[FirstSighting]) -> list[ReplayedIncident]:
    """The incidents of its monitors that were open when each saw it."""
    return [
        one
        for one in replay.incidents
        if any(
            one.incident.monitor == seen.monitor
            and one.incident.opened_at <= seen.at
            and (one.incident.closed_at is None or one.incident.closed_at > seen.at)
            for seen in sightings
        )
    ]


def _counts(change: Change, label: Label) -> bool:
    return change.notifies and label.began <= change.at <= label.ends


def _messages(replay: Replay, label: Label, incidents: Set[str]) -> int:
    return sum(
        label.began <= one.at <= label.ends and not incidents.isdisjoint(one.incidents)
        for one in replay.messages
    )


def _resolved(incidents: Sequence[ReplayedIncident]) -> datetime | None:
    ends = [one.incident.closed_at for one in incidents]
    known = [end for end in ends if end is not None]
    return max(known) if known and len(known) == len(ends) else None


def _is(names: Sequence[str]) -> str:
    return "is" if len(names) == 1 else "are"
