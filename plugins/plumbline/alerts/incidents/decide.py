"""The decision: from what is known and what a run found to the notifications, each with its reason.

One stage a file: `memory` (which outcomes count), `lifecycle` (what each makes of its incident;
with `members` and `flapping`), `inhibition` and `suppression` (what is not sent), and here the
changes that result. Used by `plumbline.alerts`; reads no clock, no file and no network.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import get_args

from plumbline.alerts.incidents import flapping
from plumbline.alerts.incidents.ids import IncidentIds, event_id
from plumbline.alerts.incidents.inhibition import Key, Node, inhibitors
from plumbline.alerts.incidents.lifecycle import Notice, Step, advance, with_escalation
from plumbline.alerts.incidents.members import missing_members, new_members, notified_before
from plumbline.alerts.incidents.memory import forward, remember
from plumbline.alerts.incidents.model import Change, Decision, Incident, Kind, Known, Reason
from plumbline.alerts.incidents.names import (
    ProjectNames,
    carry_over,
    close_removed,
    with_new_names,
)
from plumbline.alerts.incidents.suppression import (
    active_suppressions,
    is_unconfirmed,
    mute_of,
    suppression_of,
)
from plumbline.core.alert_line import Event
from plumbline.core.alert_policy import Policy
from plumbline.core.instants import in_utc
from plumbline.core.mute import Mute
from plumbline.core.outcome import Outcome
from plumbline.core.status import Status
from plumbline.core.text import listing

NO_SCOPE = IncidentIds()

KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True)
class Settled:
    """A step, with what suppresses its notice."""

    step: Step
    notice: Notice | None
    suppression: Reason | None
    reasons: tuple[Reason, ...]
    """All that would suppress a notice now, whether there is one or not."""
    root: Incident | None
    """The incident whose message names it, where it is inhibited."""
    mute: Mute | None

    @property
    def notifies(self) -> bool:
        """Whether its notice is sent in a message of its own."""
        return self.notice is not None and self.suppression is None

    @property
    def joins(self) -> bool:
        """Whether it was never notified, and another's message names it from now on."""
        before = self.step.before
        listed = before.inhibited_by if before else None
        return (
            self.suppression is Reason.INHIBITED
            and self.root is not None
            and self.step.after.notified_at is None
            and self.root.id != listed
        )


def decide(
    known: Known,
    outcomes: Sequence[Outcome],
    now: datetime,
    *,
    checkpoint: str,
    policy: Policy,
    mutes: Sequence[Mute],
    is_routed: Callable[[Incident], bool] = lambda _: True,
    escalate_after: Callable[[Incident], timedelta | None] = lambda _: None,
    project: ProjectNames | None = None,
    ids: IncidentIds = NO_SCOPE,
) -> Decision:
    """What a run means for the incidents. The same arguments always give the same decision.

    All instants of what comes out are in UTC.

    Args:
        known: all that is known of the past; monitors without an outcome are left alone.
        outcomes: what the run found, at most one a monitor.
        now: the run's ``as_of``: mutes hold until then or not.
        is_routed: whether there is a channel to notify of an incident.
        escalate_after: how long people have to acknowledge an incident; None: for ever.
        project: what there is in the project: incidents of removed monitors end. None: not known,
            or the run is partial.
    """
    now = in_utc(now)
    known = carry_over(known, outcomes)
    known, removals = close_removed(known, project, now)
    mutes = with_new_names(mutes, outcomes)
    accepted, notes = forward(known.monitors, outcomes)
    steps = _steps(known, accepted, checkpoint, policy, ids)
    steps = {key: with_escalation(one, escalate_after(one.after)) for key, one in steps.items()}
    depends_on = {outcome.monitor: outcome.depends_on for outcome in accepted}
    settled = _settle(known, steps, _Rules(policy, mutes, now, is_routed, depends_on))
    changes, incidents = _changes(settled)
    changes += removals
    notes += _still_open(steps)
    monitors = dict(known.monitors)
    for outcome in accepted:
        members = {
            member.key: member
            for incident in incidents
            if incident.monitor == outcome.monitor and incident.is_open
            for member in incident.members
        }
        monitors[outcome.monitor] = remember(monitors.get(outcome.monitor), outcome, members)
    after = Known(incidents=_kept(known, accepted, incidents, policy), monitors=monitors)
    return Decision(changes=tuple(sorted(changes, key=_order)), known=after, notes=tuple(notes))


def _steps(
    known: Known, outcomes: Sequence[Outcome], checkpoint: str, policy: Policy, ids: IncidentIds
) -> dict[Key, Step]:
    """What each outcome makes of the incidents of its monitor."""
    by_key: dict[Key, list[Incident]] = {}
    for incident in known.incidents:
        by_key.setdefault((incident.monitor, incident.kind), []).append(incident)
    steps = {}
    for outcome in outcomes:
        for kind in KINDS:
            key = (outcome.monitor, kind)
            step = advance(
                by_key.get(key, []),
                kind,
                outcome,
                checkpoint=checkpoint,
                policy=policy,
                memory=known.monitors.get(outcome.monitor),
                ids=ids,
            )
            if step is not None:
                steps[key] = step
    return steps


def _still_open(steps: Mapping[Key, Step]) -> Iterable[str]:
    """Of monitors that pass, incidents that have not ended."""
    for (monitor, _), step in steps.items():
        missing = missing_members(step.after)
        if step.outcome.status is Status.PASS and step.after.is_open and missing:
            yield (
                f"{monitor}: incident {step.after.id} stays open: no longer returned: "
                f"{listing([member.label for member in missing])}; list groups that are "
                "permanently gone under `retired` of its expectation"
            )


@dataclass(frozen=True)
class _Rules:
    """What decides whether a notice is sent."""

    policy: Policy
    mutes: Sequence[Mute]
    now: datetime
    is_routed: Callable[[Incident], bool]
    depends_on: Mapping[str, Sequence[str]]
    """By monitor of this run, those on which it builds."""

    def mute_of(self, monitor: str) -> Mute | None:
        return mute_of(monitor, self.mutes, self.now)

    def is_unconfirmed(self, step: Step | None) -> bool:
        return step is not None and is_unconfirmed(step, self.policy)


def _settle(known: Known, steps: Mapping[Key, Step], rules: _Rules) -> dict[Key, Settled]:
    """What suppresses each notice; a parent that names a new child is notified."""
    roots = inhibitors(_nodes(known, steps, rules), rules.depends_on)
    settled = {}
    for key, step in steps.items():
        mute = rules.mute_of(key[0])
        root = roots.get(key)
        reasons = active_suppressions(
            step,
            muted=mute is not None,
            unconfirmed=rules.is_unconfirmed(step),
            inhibited=root is not None,
            unrouted=not rules.is_routed(step.after),
        )
        suppression = suppression_of(step, reasons) if step.is_failing else None
        settled[key] = Settled(step, step.notice, suppression, reasons, root, mute)
    for joining in [one for one in settled.values() if one.joins]:
        assert joining.root is not None
        key = (joining.root.monitor, joining.root.kind)
        if not settled[key].notifies:
            notice = Notice(Event.CHANGED, Reason.NEW_MEMBER)
            settled[key] = replace(settled[key], notice=notice, suppression=None)
    return settled


def _nodes(known: Known, steps: Mapping[Key, Step], rules: _Rules) -> Iterable[Node]:
    """The open incidents of failing monitors, as they are after this run's steps."""
    incidents = {
        (incident.monitor, incident.kind): incident
        for incident in known.incidents
        if incident.is_open
    } | {key: step.after for key, step in steps.items()}
    for key, incident in incidents.items():
        if incident.is_open and incident.calm_since is None:
            step = steps.get(key)
            yield Node(
                incident,
                step if step and step.is_failing else None,
                is_silent=rules.mute_of(incident.monitor) is not None or rules.is_unconfirmed(step),
                unrouted=not rules.is_routed(incident),
            )


def _changes(settled: Mapping[Key, Settled]) -> tuple[list[Change], list[Incident]]:
    """The changes, and the incidents as they are afterwards."""
    changes: list[Change] = []
    incidents: list[Incident] = []
    children: dict[str, list[Change]] = {}
    for one in settled.values():
        if one.suppression is not None:
            incident = _suppressed(one)
            change = _suppressed_change(one, incident)
            if one.root is not None and one.suppression is Reason.INHIBITED:
                children.setdefault(one.root.id, []).append(change)
            if _begins(one):
                changes.append(change)
            incidents.append(incident)
    for one in settled.values():
        if one.suppression is None and one.notice is not None:
            change = _notified_change(one, one.notice, children.get(one.step.after.id, []))
            changes.append(change)
            incidents.append(change.incident)
        elif one.suppression is None:
            incidents.append(_silent(one))
    return changes, incidents


def _begins(one: Settled) -> bool:
    """Whether it is suppressed for this reason since this run: then there is an event."""
    before = one.step.before
    return before is None or before.suppressed_by is not one.suppression or one.joins


def _suppressed(one: Settled) -> Incident:
    after = one.step.after
    is_inhibited = one.suppression is Reason.INHIBITED and one.root is not None
    return replace(
        after,
        sequence=after.sequence + 1 if _begins(one) else after.sequence,
        suppressed_by=one.suppression,
        inhibited_by=one.root.id if is_inhibited and one.root else None,
    )


def _suppressed_change(one: Settled, incident: Incident) -> Change:
    assert one.suppression is not None
    is_inhibited = one.suppression is Reason.INHIBITED and one.root is not None
    return Change(
        event_id=event_id(incident, Event.SUPPRESSED),
        event=Event.SUPPRESSED,
        reason=one.suppression,
        incident=incident,
        previous=one.step.before,
        at=one.step.at,
        notifies=False,
        new_members=new_members(incident),
        mute=one.mute if one.suppression is Reason.MUTED else None,
        inhibited_by=one.root.monitor if is_inhibited and one.root else None,
    )


def _notified_change(one: Settled, notice: Notice, children: Sequence[Change]) -> Change:
    """A notice that is sent; or the silent end of an incident that was never notified."""
    after, at = one.step.after, one.step.at
    notifies = after.is_open or after.notified_at is not None
    incident = replace(
        after,
        sequence=after.sequence + 1,
        suppressed_by=None,
        inhibited_by=None,
    )
    if notifies:
        incident = replace(incident, notified_at=at, notified_status=after.status)
    if notice.reason is Reason.NOT_ACKNOWLEDGED:
        incident = replace(incident, escalated_at=at)
    elif notice.event in (Event.OPENED, Event.FLAPPING, Event.ESCALATED):
        incident = replace(incident, alerted_at=at, escalated_at=None)
    return Change(
        event_id=event_id(incident, notice.event),
        event=notice.event,
        reason=notice.reason,
        incident=incident,
        previous=one.step.before,
        at=at,
        notifies=notifies,
        new_members=new_members(after) if after.is_open else (),
        recovered_members=notified_before(after.recovered_members, after),
        left_members=notified_before(after.left_members, after),
        excused_members=notified_before(after.excused_members, after),
        children=tuple(sorted(children, key=_order)),
    )


def _silent(one: Settled) -> Incident:
    """No notice; a suppression that no longer applies is dropped."""
    after = one.step.after
    if not one.step.is_failing:
        return after
    return replace(
        after,
        suppressed_by=after.suppressed_by if after.suppressed_by in one.reasons else None,
        inhibited_by=after.inhibited_by if one.root is not None else None,
    )


def _kept(
    known: Known, outcomes: Sequence[Outcome], incidents: Iterable[Incident], policy: Policy
) -> tuple[Incident, ...]:
    """Open incidents, and closed ones that count; of monitors without an outcome all of them.

    One that ends in this run stays until the next: its end is still to be sent.
    """
    judged = {outcome.monitor: outcome.as_of for outcome in outcomes}
    by_id = {incident.id: incident for incident in known.incidents}
    by_id |= {incident.id: incident for incident in incidents}
    kept = [
        incident
        for incident in by_id.values()
        if incident.is_open
        or incident.monitor not in judged
        or incident.closed_at == judged[incident.monitor]
        or flapping.counts(incident, judged[incident.monitor], policy)
    ]
    return tuple(sorted(kept, key=lambda one: (one.monitor, one.kind, one.opened_at)))


_RANKS = {
    Event.OPENED: 0,
    Event.FLAPPING: 0,
    Event.ESCALATED: 1,
    Event.CHANGED: 2,
    Event.DOWNGRADED: 3,
    Event.REMINDED: 3,
    Event.SUPPRESSED: 4,
}
"""What is new first, what goes on after it; what is not listed is an end."""


def _order(change: Change) -> tuple[int, int, str, str]:
    """The newest first, ends last; then the worst; then by monitor and event id."""
    incident = change.incident
    rank = _RANKS.get(change.event, len(_RANKS))
    return (rank, -incident.status.severity, incident.monitor, change.event_id)
