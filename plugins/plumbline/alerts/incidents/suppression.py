"""What suppresses a notice: a mute, too few runs, another monitor's incident, no route, an
acknowledgement, flapping.

In this order, so that the reason that is named is the one that lasts whatever the others do.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from plumbline.alerts.incidents import acks
from plumbline.alerts.incidents.lifecycle import Step
from plumbline.alerts.incidents.members import new_members
from plumbline.alerts.incidents.model import Incident, Reason
from plumbline.core.alert_line import Event
from plumbline.core.alert_policy import Policy
from plumbline.core.instants import in_utc
from plumbline.core.mute import Mute
from plumbline.core.status import Status

_SILENCED_UNTIL_CONFIRMED = (Event.OPENED, Event.ESCALATED)
_SILENCED_BY_ACK = (Event.CHANGED, Event.REMINDED)
_SILENCED_BY_FLAPPING = (Event.CHANGED, Event.DOWNGRADED, Event.FLAPPING)


def mute_of(monitor: str, mutes: Sequence[Mute], now: datetime) -> Mute | None:
    """The mute that covers ``monitor`` at ``now``; of several, the one that lasts longest."""
    covering = [mute for mute in mutes if mute.covers(monitor, now)]
    return max(covering, key=lambda mute: in_utc(mute.until), default=None)


def is_unconfirmed(step: Step, policy: Policy) -> bool:
    """Whether too few runs in a row saw it to notify anybody.

    What fails every other run is never seen twice in a row: it is notified as flapping.
    """
    if step.notice is None or step.notice.event not in _SILENCED_UNTIL_CONFIRMED:
        return False
    return step.after.streak < policy.confirm_after(step.after.status)


def active_suppressions(
    step: Step, *, muted: bool, unconfirmed: bool, inhibited: bool, unrouted: bool
) -> tuple[Reason, ...]:
    """Every reason that could suppress a notice now, in the order in which they are named."""
    there_is = {
        Reason.MUTED: muted,
        Reason.UNCONFIRMED: unconfirmed,
        Reason.INHIBITED: inhibited,
        Reason.UNROUTED: unrouted,
        Reason.ACKNOWLEDGED: step.after.ack is not None,
        Reason.FLAPPING: step.after.flapping,
    }
    return tuple(reason for reason, stands in there_is.items() if stands)


def suppression_of(step: Step, reasons: Sequence[Reason]) -> Reason | None:
    """The first of ``reasons`` that suppresses the step's notice; None: it is sent."""
    if step.notice is None:
        return None
    for reason in reasons:
        if _holds(reason, step.notice.event, step.after):
            return reason
    return None


def _holds(reason: Reason, event: Event, incident: Incident) -> bool:
    if reason is Reason.ACKNOWLEDGED:
        return event in _SILENCED_BY_ACK and not acks.uncovered(incident)
    if reason is Reason.FLAPPING:
        return (
            incident.notified_at is not None
            and event in _SILENCED_BY_FLAPPING
            and not _has_new_critical(incident)
        )
    return True


def _has_new_critical(incident: Incident) -> bool:
    """Whether a group fails of which nobody was notified, and is CRITICAL."""
    return any(member.status is Status.CRITICAL for member in new_members(incident))
