"""How one outcome moves one incident: opening, update, end, and the notice that results.

Suppression (mutes, acknowledgements, other monitors) is decided afterwards.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from plumbline.alerts.incidents import acks, criteria, flapping
from plumbline.alerts.incidents.ids import IncidentIds
from plumbline.alerts.incidents.members import meet, missing_members, new_members
from plumbline.alerts.incidents.model import Incident, Kind, MonitorMemory, Reason
from plumbline.core.alert_line import Ending, Event
from plumbline.core.alert_policy import Policy
from plumbline.core.instants import is_same
from plumbline.core.outcome import Outcome
from plumbline.core.status import Status, worst
from plumbline.core.text import listing

Health = Literal["failing", "healthy", "unknown"]


@dataclass(frozen=True)
class Notice:
    event: Event
    reason: Reason


@dataclass(frozen=True)
class Step:
    outcome: Outcome
    before: Incident | None
    after: Incident
    """Before notification and suppression change it."""
    notice: Notice | None
    """None: there is nothing to notify."""
    is_failing: bool
    """Whether this outcome saw it failing: only then can it be notified now."""

    @property
    def at(self) -> datetime:
        return self.outcome.as_of


def with_escalation(step: Step, after: timedelta | None) -> Step:
    """``step`` with a notice for the next channels, where nobody acknowledged it in time.

    Args:
        after: how long people have; None: for ever.
    """
    incident = step.after
    start = incident.alerted_at or incident.notified_at
    if after is None or start is None or incident.escalated_at or not step.is_failing:
        return step
    is_acked = incident.ack is not None and not acks.uncovered(incident)
    is_quiet = step.notice is None or step.notice.event is Event.REMINDED
    if is_acked or not is_quiet or step.at - start < after:
        return step
    return replace(step, notice=Notice(Event.ESCALATED, Reason.NOT_ACKNOWLEDGED))


def health_of(kind: Kind, status: Status) -> Health:
    """What ``status`` says of an incident of ``kind``: ERROR and SKIPPED never fix data."""
    if kind == "error":
        return "failing" if status is Status.ERROR else "healthy"
    if status in (Status.WARNING, Status.CRITICAL):
        return "failing"
    return "healthy" if status is Status.PASS else "unknown"


def advance(
    incidents: Sequence[Incident],
    kind: Kind,
    outcome: Outcome,
    *,
    checkpoint: str,
    policy: Policy,
    memory: MonitorMemory | None,
    ids: IncidentIds,
) -> Step | None:
    """What ``outcome`` makes of the monitor's incident of ``kind``; None where there is none.

    Args:
        incidents: those of the monitor and of ``kind``, closed ones too.
        outcome: later than all that is known of the monitor.
    """
    health = health_of(kind, outcome.status)
    open_one = next((incident for incident in incidents if incident.is_open), None)
    if open_one is None:
        if health != "failing":
            return None
        return _open(incidents, kind, outcome, checkpoint, policy, ids)
    if health == "unknown":  # nothing was seen of it
        return Step(outcome, open_one, open_one, notice=None, is_failing=False)
    look = _Look(outcome, open_one, policy, memory)
    met = meet(open_one, outcome, memory)
    return _go_on(met, look) if health == "failing" else _recover(met, look)


@dataclass(frozen=True)
class _Look:
    outcome: Outcome
    before: Incident
    policy: Policy
    memory: MonitorMemory | None

    @property
    def at(self) -> datetime:
        return self.outcome.as_of

    @property
    def has_other_criteria(self) -> bool:
        """Whether the suite changed since the incident failed last."""
        return self.before.kind == "data" and criteria.has_changed(self.before, self.outcome)

    def is_reminder_due(self, incident: Incident) -> bool:
        """Whether this run is nearer to the end of the interval than the next one will be.

        Runs are never exactly on time: a run a day must remind each day with an interval of 24 h.
        """
        if incident.notified_at is None:
            return False
        since_last_run = self.at - self.memory.as_of if self.memory else timedelta()
        waited = self.at - incident.notified_at
        return waited + since_last_run / 2 >= self.policy.remind_after(incident.status)


def _open(
    incidents: Sequence[Incident],
    kind: Kind,
    outcome: Outcome,
    checkpoint: str,
    policy: Policy,
    ids: IncidentIds,
) -> Step:
    at = outcome.as_of
    is_flapping = flapping.is_flapping(incidents, at, policy)
    incident = Incident(
        id=ids.of(outcome.monitor, kind, at),
        monitor=outcome.monitor,
        kind=kind,
        status=outcome.status,
        worst=outcome.status,
        opened_at=at,
        last_seen=at,
        checkpoint=checkpoint,
        sequence=0,
        summary=outcome.summary,
        flapping=is_flapping,
        owner=outcome.owner,
        tags=outcome.tags,
        **_judged_by(kind, outcome),
    )
    notice = (
        Notice(Event.FLAPPING, Reason.FLAPPING)
        if is_flapping
        else Notice(Event.OPENED, Reason.FIRST_FAILURE)
    )
    return Step(outcome, None, meet(incident, outcome, None), notice, is_failing=True)


def _go_on(met: Incident, look: _Look) -> Step:
    outcome, before = look.outcome, look.before
    status = _status_with_missing(met, outcome)
    is_seen = outcome.status is not Status.PASS
    ack = acks.active(before, status)
    after = replace(
        met,
        status=status,
        worst=worst([before.worst, status]),
        last_seen=outcome.as_of if is_seen else before.last_seen,
        summary=_summary_with_missing(met, outcome),
        owner=outcome.owner,
        tags=outcome.tags,
        ack=ack,
        calm_since=None,
        streak=before.streak + 1 if status.severity <= before.status.severity else 1,
        **(_judged_by(met.kind, outcome) if is_seen else {}),
    )
    notice = _notice(after, look)
    return Step(outcome, before, after, notice, is_failing=True)


def _notice(incident: Incident, look: _Look) -> Notice | None:
    """The strongest thing to say; measured by what was last said, not by the last run."""
    if incident.notified_at is None or incident.notified_status is None:
        event = Event.FLAPPING if incident.flapping else Event.OPENED
        was_unconfirmed = look.before.suppressed_by is Reason.UNCONFIRMED
        return Notice(event, Reason.CONFIRMED if was_unconfirmed else Reason.NO_LONGER_SUPPRESSED)
    now, said = incident.status.severity, incident.notified_status.severity
    due = look.is_reminder_due(incident)
    changed = Reason.THRESHOLD_CHANGED if look.has_other_criteria else None
    if now > said:
        return Notice(Event.ESCALATED, changed or Reason.STATUS_ROSE)
    if incident.flapping and due:
        return Notice(Event.REMINDED, Reason.REMINDER_DUE)
    if now < said:
        return Notice(Event.DOWNGRADED, changed or Reason.STATUS_FELL)
    if new_members(incident):
        return Notice(Event.CHANGED, changed or Reason.NEW_MEMBER)
    if due:
        return Notice(Event.REMINDED, Reason.REMINDER_DUE)
    was_calm = look.before.calm_since is not None
    return Notice(Event.FLAPPING, Reason.FLAPPING) if was_calm else None


def _recover(after: Incident, look: _Look) -> Step:
    outcome, before, at = look.outcome, look.before, look.at
    if before.kind == "data" and after.members:  # not returned, and so not seen well
        return _go_on(after, look)
    excused = _is_excused(after, look)
    if before.flapping and not excused:
        after = replace(after, calm_since=before.calm_since or at, streak=0)
        if not flapping.is_over(after, at, look.policy):
            return Step(outcome, before, after, notice=None, is_failing=False)
    ending: Ending = "resolved"
    if excused:
        ending = "threshold_changed"
    elif after.left:
        ending = "expired"
    after = replace(after, members=before.members, closed_at=at, ending=ending)
    notice = Notice(Event(ending), _END_REASONS[ending])
    return Step(outcome, before, after, notice, is_failing=False)


_END_REASONS = {
    "resolved": Reason.RECOVERED,
    "expired": Reason.LEFT_THE_WINDOW,
    "threshold_changed": Reason.THRESHOLD_CHANGED,
}


def _is_excused(after: Incident, look: _Look) -> bool:
    """Whether it ends because the suite changed, and not the data."""
    before = look.before
    if before.kind == "error" or before.calm_since is not None:
        return False
    if before.members:
        return criteria.has_changed(before, look.outcome) and any(
            member in before.members for member in after.excused_members
        )
    return criteria.is_excused(before, look.outcome)


def _judged_by(kind: Kind, outcome: Outcome) -> dict[str, Any]:
    """What the suite required: the end of the incident is compared with it."""
    if kind == "error":
        return {}
    return {
        "criteria": outcome.criteria,
        "thresholds": outcome.thresholds,
        "lines": outcome.lines,
    }


def _status_with_missing(incident: Incident, outcome: Outcome) -> Status:
    """What is not returned is as bad as when it was seen last."""
    found = outcome.status
    for member in missing_members(incident):
        found = worst([found, member.status])
    return found


def _summary_with_missing(incident: Incident, outcome: Outcome) -> str:
    # Those that this outcome itself found missing are in its summary.
    now = outcome.as_of
    missing = [one for one in missing_members(incident) if not is_same(one.last_seen, now)]
    if not missing:
        return outcome.summary
    text = f"no longer returned: {listing([member.label for member in missing])}"
    return text if outcome.status is Status.PASS else f"{outcome.summary}; {text}"
