"""Labelled incidents against what a range would have seen: found when, by whom, and what is noise.

Pure. A labelled incident can be seen from when it began until its traces have left the windows
(`Label.ends`). It is found when somebody is notified of something new in that time: an opening, a
new failing group or a rise in severity of one of its monitors; where it names groups, of one of
these. An ERROR finds nothing, and neither does an alarm that was open before. An alarm is false
where no label of its monitor, whatever its groups, covers any of its time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from plumbline.alerts.incidents.model import Change, FailingGroup, Incident, Reason
from plumbline.backtest.messages import MessageCounts, count_messages
from plumbline.backtest.replay import Replay, ReplayedIncident, replay_runs, runs_of
from plumbline.core.alert_line import Event
from plumbline.core.errors import MonitorError, did_you_mean
from plumbline.core.group_key import GroupKey
from plumbline.core.instants import in_utc
from plumbline.core.outcome import Outcome
from plumbline.core.status import Status
from plumbline.project.alerts import AlertsConfig
from plumbline.project.labels import Label

WITHIN = timedelta(hours=6)
"""How soon after it is due an incident should be found, where nothing else is asked for."""

Found = Literal["found", "missed", "not judged"]

_MISSED = {Status.PASS: "did not fail", Status.ERROR: "could not be checked"}


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
class AlarmTime:
    """How long alarms of bad data were open that people were notified of."""

    total: timedelta = timedelta()
    false: timedelta = timedelta()
    """The part that no label of the monitor covers."""

    def __add__(self, other: AlarmTime) -> AlarmTime:
        return AlarmTime(self.total + other.total, self.false + other.false)

    @property
    def share(self) -> float | None:
        """The false part, 0 to 1; None where there was no alarm."""
        return self.false / self.total if self.total else None


NO_ALARM = AlarmTime()


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
    within: timedelta = WITHIN
    alarms: Mapping[str, AlarmTime] = field(default_factory=dict)
    """By monitor that had an alarm of bad data."""

    @property
    def alarm(self) -> AlarmTime:
        """Of all monitors: two alarms at a time count twice."""
        return sum(self.alarms.values(), NO_ALARM)

    @property
    def found_within(self) -> int:
        """How many labelled incidents were found soon enough after they were due."""
        delays = (one.delay for one in self.findings)
        return sum(delay is not None and delay <= self.within for delay in delays)

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
    within: timedelta = WITHIN,
    not_replayed: Mapping[str, MonitorError] | None = None,
) -> Score:
    """Hold what was seen against what is known to have happened.

    Args:
        replay: the incidents of the range.
        outcomes: by monitor, in order of time.
        labels: of the whole project; those outside the range are left out.
        first: the range's begin.
        last: its end.
        within: how soon after they are due incidents should be found.
        not_replayed: by monitor without outcomes, why.
    """
    first, last = in_utc(first), in_utc(last)
    weeks = (last - first) / timedelta(weeks=1)
    relevant = [label for label in labels if label.ends >= first and label.began <= last]
    seen = _Seen(replay, outcomes, first, last, not_replayed or {})
    alarms = [one for one in replay.incidents if one.incident.kind == "data" and one.told]
    times: dict[str, AlarmTime] = {}
    for one in alarms:
        name = one.incident.monitor
        times[name] = times.get(name, NO_ALARM) + _alarm_time(one.incident, labels, last)
    sent = len(replay.sent)
    return Score(
        findings=tuple(_find(label, seen) for label in relevant),
        false_alarms=tuple(one for one in alarms if not _is_covered(one.incident, labels, last)),
        unchecked=tuple(
            one
            for one in replay.incidents
            if one.incident.kind == "error" and not _is_covered(one.incident, labels, last)
        ),
        incidents=len(alarms),
        alerts=sent,
        alerts_per_week=sent / weeks if weeks else 0.0,
        messages=count_messages(replay.messages),
        within=within,
        alarms=times,
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
        replay_runs(runs_of(checkpoint, outcomes), alerts=alerts),
        {monitor: outcomes},
        [label for label in labels if monitor in label.monitors],
        first=outcomes[0].as_of,
        last=outcomes[-1].as_of,
    )


@dataclass(frozen=True)
class _Seen:
    """What a range would have seen."""

    replay: Replay
    outcomes: Mapping[str, Sequence[Outcome]]
    first: datetime
    last: datetime
    not_replayed: Mapping[str, MonitorError]

    def alarms_of(self, label: Label) -> list[ReplayedIncident]:
        """The incidents of bad data of its monitors."""
        return [
            one
            for one in self.replay.incidents
            if one.incident.kind == "data" and one.incident.monitor in label.monitors
        ]


def _find(label: Label, seen: _Seen) -> LabelResult:
    there = [name for name in label.monitors if name in seen.outcomes]
    if not there:
        return LabelResult(label, "not judged", _why_not_judged(label, seen))
    if (label.due or label.began) > seen.last:
        return LabelResult(label, "not judged", "it was due after the replayed range")
    if label.began < seen.first:
        return LabelResult(label, "not judged", "it began before the replayed range")
    found = [
        (one, change.at, sighting)
        for one in seen.alarms_of(label)
        for change in one.changes
        if (sighting := _sighting(label, change)) is not None
    ]
    if not found:
        return _missed(label, seen, there)
    firsts = _firsts(sighting for _, _, sighting in found)
    mine = [one for one, _, sighting in found if sighting in firsts]
    mine = list({one.incident.id: one for one in mine}.values())
    return LabelResult(
        label,
        "found",
        sightings=firsts,
        told_at=min(at for _, at, _ in found),
        alerts=sum(
            change.notifies and change.at >= label.began for one in mine for change in one.changes
        ),
        messages=_messages(seen.replay, label, {one.incident.id for one in mine}),
        resolved_at=_resolved(mine),
    )


def _why_not_judged(label: Label, seen: _Seen) -> str:
    refused = [name for name in label.monitors if name in seen.not_replayed]
    if refused:
        return f"{', '.join(refused)} could not be replayed"
    verb = "is" if len(label.monitors) == 1 else "are"
    return f"{', '.join(label.monitors)} {verb} not among the replayed monitors"


def _was(status: Status, label: Label, outcomes: Sequence[Outcome]) -> bool:
    due = label.due or label.began
    return any(
        due <= outcome.as_of <= label.ends and outcome.status is status for outcome in outcomes
    )


def _missed(label: Label, seen: _Seen, monitors: Sequence[str]) -> LabelResult:
    failed = [one for name in monitors if (one := _first_failure(label, seen.outcomes[name]))]
    if not failed:
        for status, what in _MISSED.items():
            checked = [
                name for name in sorted(monitors) if _was(status, label, seen.outcomes[name])
            ]
            if checked:
                return LabelResult(label, "missed", f"{', '.join(checked)} {what}")
        return LabelResult(label, "not judged", "nothing was evaluated during the incident")
    names = ", ".join(sorted({one.monitor for one in failed}))
    if any(_was_open_before(label, one) for one in seen.alarms_of(label)):
        why = f"{names} failed, but the alarm was open before it began"
    elif label.groups:
        why = _why_no_group(label, seen, names)
    else:
        why = f"{names} failed, and nobody was notified of it"
    return LabelResult(label, "missed", why, sightings=_firsts(failed))


def _why_no_group(label: Label, seen: _Seen, failed: str) -> str:
    columns = {
        column
        for name in label.monitors
        for outcome in seen.outcomes.get(name, ())
        for group in outcome.groups
        for column, _ in group.key
    }
    for column in (column for group in label.groups for column in group):
        if columns and column not in columns:
            return f"no group of {failed} has a column {column!r}: {did_you_mean(column, columns)}"
    return f"{failed} failed, but nobody was notified of the groups that it names"


def _first_failure(label: Label, outcomes: Sequence[Outcome]) -> FirstSighting | None:
    for one in outcomes:
        is_bad = one.status in (Status.WARNING, Status.CRITICAL)
        if is_bad and label.covers(one.monitor, one.as_of):
            return FirstSighting(one.monitor, one.as_of, one.status)
    return None


def _was_open_before(label: Label, one: ReplayedIncident) -> bool:
    incident = one.incident
    return incident.opened_at < label.began and (
        incident.closed_at is None or incident.closed_at > label.began
    )


def _sighting(label: Label, change: Change) -> FirstSighting | None:
    """What ``change`` of one of its monitors notified people of, where that finds ``label``.

    At: when a monitor first saw it, which may be some runs before anybody was notified.
    """
    if not label.began <= change.at <= label.ends:
        return None
    incident = change.incident
    if _is_opening(change):
        is_new = incident.opened_at >= label.began
        found = is_new and _concerns(label, incident.members)
        since = incident.opened_at
    elif change.notifies:
        new = [one for one in change.new_members if one.since >= label.began]
        named = [one for one in new if _concerns(label, [one])]
        found = bool(named)
        since = min((one.since for one in named), default=change.at)
        if not found and _is_rise(change):
            worst = [one for one in incident.members if one.status is incident.status]
            found = _concerns(label, worst)
    else:
        return None
    return FirstSighting(incident.monitor, since, incident.status) if found else None


def _is_opening(change: Change) -> bool:
    """Whether people learn of the incident by it, be it in another monitor's message."""
    was_notified = change.previous is not None and change.previous.notified_at is not None
    is_named = change.inhibited_by is not None and change.event is Event.SUPPRESSED
    return not was_notified and (change.notifies or is_named)


def _is_rise(change: Change) -> bool:
    return change.event is Event.ESCALATED and change.reason is not Reason.NOT_ACKNOWLEDGED


def _concerns(label: Label, groups: Iterable[FailingGroup]) -> bool:
    """Whether a failing group is among those that ``label`` names; true where it names none."""
    return not label.groups or any(label.concerns(GroupKey.of_text(group.key)) for group in groups)


def _firsts(sightings: Iterable[FirstSighting]) -> tuple[FirstSighting, ...]:
    """The first of each monitor, earliest first."""
    firsts: dict[str, FirstSighting] = {}
    for one in sorted(sightings, key=lambda one: (one.at, one.monitor)):
        firsts.setdefault(one.monitor, one)
    return tuple(firsts.values())


def _is_covered(incident: Incident, labels: Iterable[Label], last: datetime) -> bool:
    """Whether a label of its monitor covers any of its time."""
    closed_at = incident.closed_at or last
    return any(
        incident.monitor in label.monitors
        and label.began <= closed_at
        and incident.opened_at <= label.ends
        for label in labels
    )


def _alarm_time(incident: Incident, labels: Iterable[Label], last: datetime) -> AlarmTime:
    """How long it was open, and how much of that no label of its monitor covers."""
    opened_at, closed_at = in_utc(incident.opened_at), in_utc(incident.closed_at or last)
    covering = sorted(
        (in_utc(label.began), in_utc(label.ends))
        for label in labels
        if incident.monitor in label.monitors
    )
    uncovered, since = timedelta(), opened_at
    for began, ends in covering:
        uncovered += max(min(began, closed_at) - since, timedelta())
        since = max(since, min(ends, closed_at))
    return AlarmTime(closed_at - opened_at, uncovered + max(closed_at - since, timedelta()))


def _messages(replay: Replay, label: Label, incidents: Set[str]) -> int:
    return sum(
        one.at >= label.began and not incidents.isdisjoint(one.incidents) for one in replay.messages
    )


def _resolved(incidents: Sequence[ReplayedIncident]) -> datetime | None:
    ends = [one.incident.closed_at for one in incidents]
    known = [end for end in ends if end is not None]
    return max(known) if known and len(known) == len(ends) else None
