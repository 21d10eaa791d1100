"""The decision: what is known and what a run found give what there is to say, and why.

One stage a file: `memory` (which outcomes count), `lifecycle` (what each makes of its incident;
with `members` and `flapping`), `inhibition` and `suppression` (what is held back), and here the
changes that come of it. Used by `plumbline.alerts`; reads no clock, no file and no network.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import get_args

from plumbline.alerts.incidents import flapping
from plumbline.alerts.incidents.ids import event_id
from plumbline.alerts.incidents.inhibition import Key, Node, inhibitors
from plumbline.alerts.incidents.lifecycle import Step, Word, advance
from plumbline.alerts.incidents.members import missing_members, new_members, untold
from plumbline.alerts.incidents.memory import forward, remember
from plumbline.alerts.incidents.model import (
    Change,
    Decision,
    Event,
    Incident,
    Kind,
    Known,
    Mute,
    Reason,
)
from plumbline.alerts.incidents.policy import Policy
from plumbline.alerts.incidents.suppression import held_by, mute_of, standing
from plumbline.core.instants import in_utc
from plumbline.core.outcome import Outcome
from plumbline.core.severity import SEVERITY
from plumbline.core.status import Status
from plumbline.core.text import listing

KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True)
class Settled:
    """A step, with what holds its word back."""

    step: Step
    word: Word | None
    held: Reason | None
    reasons: tuple[Reason, ...]
    """All that would hold back a word now, whether there is one or not."""
    root: Incident | None
    """In whose message it is said, where it is inhibited."""
    mute: Mute | None

    @property
    def speaks(self) -> bool:
        """Whether its word is said by itself."""
        return self.word is not None and self.held is None

    @property
    def joins(self) -> bool:
        """Whether nobody was told of it and another's message names it from now on."""
        before = self.step.before
        listed = before.inhibited_by if before else None
        return (
            self.held is Reason.INHIBITED
            and self.root is not None
            and self.step.after.said_at is None
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
) -> Decision:
    """What a run means for the incidents. The same arguments always give the same decision.

    All instants of what comes out are in UTC.

    Args:
        known: all that is known of the past; monitors without an outcome are left alone.
        outcomes: what the run found, at most one a monitor.
        now: the run's ``as_of``: mutes hold until then or not.
        checkpoint: whose run it is.
        policy: intervals and counts.
        mutes: from the project and by command.
    """
    now = in_utc(now)
    accepted, notes = forward(known.monitors, outcomes)
    steps = _steps(known, accepted, checkpoint, policy)
    settled = _settle(known, steps, mutes, now)
    changes, incidents = _tell(settled)
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
    known: Known, outcomes: Sequence[Outcome], checkpoint: str, policy: Policy
) -> dict[Key, Step]:
    """What each outcome makes of the incidents of its monitor."""
    by_key: dict[Key, list[Incident]] = {}
    for incident in known.incidents:
        by_key.setdefault((incident.monitor, incident.kind), []).append(incident)
    steps = {}
    for outcome in outcomes:
        for kind in KINDS:
            key = (outcome.monitor, kind)
            memory = known.monitors.get(outcome.monitor)
            step = advance(
                by_key.get(key, []),
                kind,
                outcome,
                checkpoint=checkpoint,
                policy=policy,
                arrivals=memory.arrivals if memory else {},
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
                f"{listing([member.label for member in missing])}; name what is gone for good in "
                "`retired` of its expectation"
            )


def _settle(
    known: Known, steps: Mapping[Key, Step], mutes: Sequence[Mute], now: datetime
) -> dict[Key, Settled]:
    """What holds back each word; a parent that names a new child has to speak."""
    roots = inhibitors(_nodes(known, steps, mutes, now))
    settled = {}
    for key, step in steps.items():
        mute = mute_of(key[0], mutes, now)
        root = roots.get(key)
        reasons = standing(step, muted=mute is not None, inhibited=root is not None)
        held = held_by(step, reasons) if step.wrong else None
        settled[key] = Settled(step, step.word, held, reasons, root, mute)
    for joining in [one for one in settled.values() if one.joins]:
        assert joining.root is not None
        key = (joining.root.monitor, joining.root.kind)
        if not settled[key].speaks:
            word = Word(Event.CHANGED, Reason.NEW_MEMBER)
            settled[key] = replace(settled[key], word=word, held=None)
    return settled


def _nodes(
    known: Known, steps: Mapping[Key, Step], mutes: Sequence[Mute], now: datetime
) -> Iterable[Node]:
    """The open incidents of monitors that are not well, as they are after this run's steps."""
    incidents = {
        (incident.monitor, incident.kind): incident
        for incident in known.incidents
        if incident.is_open
    } | {key: step.after for key, step in steps.items()}
    for key, incident in incidents.items():
        if incident.is_open and incident.calm_since is None:
            step = steps.get(key)
            muted = mute_of(incident.monitor, mutes, now) is not None
            yield Node(incident, step if step and step.wrong else None, muted)


def _tell(settled: Mapping[Key, Settled]) -> tuple[list[Change], list[Incident]]:
    """The changes, and the incidents as they are afterwards."""
    changes: list[Change] = []
    incidents: list[Incident] = []
    children: dict[str, list[Change]] = {}
    for one in settled.values():
        if one.held is not None:
            incident = _hold(one)
            change = _held_change(one, incident)
            if one.root is not None and one.held is Reason.INHIBITED:
                children.setdefault(one.root.id, []).append(change)
            if _begins(one):
                changes.append(change)
            incidents.append(incident)
    for one in settled.values():
        if one.held is None and one.word is not None:
            change = _told_change(one, one.word, children.get(one.step.after.id, []))
            changes.append(change)
            incidents.append(change.incident)
        elif one.held is None:
            incidents.append(_rest(one))
    return changes, incidents


def _begins(one: Settled) -> bool:
    """Whether it is held back for this reason since this run: then there is an event."""
    before = one.step.before
    return before is None or before.suppressed_by is not one.held or one.joins


def _hold(one: Settled) -> Incident:
    after = one.step.after
    is_inhibited = one.held is Reason.INHIBITED and one.root is not None
    return replace(
        after,
        sequence=after.sequence + 1 if _begins(one) else after.sequence,
        suppressed_by=one.held,
        inhibited_by=one.root.id if is_inhibited and one.root else None,
    )


def _held_change(one: Settled, incident: Incident) -> Change:
    assert one.held is not None
    is_inhibited = one.held is Reason.INHIBITED and one.root is not None
    return Change(
        event_id=event_id(incident, Event.SUPPRESSED),
        event=Event.SUPPRESSED,
        reason=one.held,
        incident=incident,
        previous=one.step.before,
        at=one.step.at,
        speaks=False,
        new_members=new_members(incident),
        mute=one.mute if one.held is Reason.MUTED else None,
        inhibited_by=one.root.monitor if is_inhibited and one.root else None,
    )


def _told_change(one: Settled, word: Word, children: Sequence[Change]) -> Change:
    """A word that is said; or the silent end of what nobody was told of."""
    after, at = one.step.after, one.step.at
    speaks = after.is_open or after.said_at is not None
    incident = replace(
        after,
        sequence=after.sequence + 1,
        suppressed_by=None,
        inhibited_by=None,
    )
    if speaks:
        incident = replace(incident, said_at=at, said_status=after.status, remind_from=at)
    return Change(
        event_id=event_id(incident, word.event),
        event=word.event,
        reason=word.reason,
        incident=incident,
        previous=one.step.before,
        at=at,
        speaks=speaks,
        new_members=new_members(after) if after.is_open else (),
        mended_members=untold(after.mended_members, after),
        left_members=untold(after.left_members, after),
        children=tuple(sorted(children, key=_order)),
    )


def _rest(one: Settled) -> Incident:
    """There is nothing to say; what no longer holds it back is forgotten."""
    after = one.step.after
    if not one.step.wrong:
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

    One that ends in this run stays until the next: its end is yet to be told where it was opened.
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


def _order(change: Change) -> tuple[bool, int, str, str]:
    """The worst first, ends last; then by monitor and, for one monitor, by event id."""
    incident = change.incident
    severity = -SEVERITY[incident.status] if incident.is_open else 0
    return (not incident.is_open, severity, incident.monitor, change.event_id)
