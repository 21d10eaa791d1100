"""What a run told whom of an incident, as reports and the JSON of a run show it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, cast, get_args

Ending = Literal["resolved", "expired", "closed", "monitor_removed", "threshold_changed"]
"""How an incident ended, which is the name of its last event. ``expired``: the failing groups left
the window without a fix; ``closed``: by hand; ``threshold_changed``: the suite no longer calls it
wrong."""


class Event(StrEnum):
    """What happened to an incident, as the report of a run names it."""

    OPENED = "opened"
    CHANGED = "changed"
    ESCALATED = "escalated"
    DOWNGRADED = "downgraded"
    REMINDED = "reminded"
    RESOLVED = "resolved"
    EXPIRED = "expired"
    FLAPPING = "flapping"
    SUPPRESSED = "suppressed"
    CLOSED = "closed"
    MONITOR_REMOVED = "monitor_removed"
    THRESHOLD_CHANGED = "threshold_changed"

    @property
    def is_end(self) -> bool:
        return self in ENDINGS

    def as_ending(self) -> Ending:
        """The event as the ending that it brings; of an end only."""
        assert self.is_end
        return cast("Ending", self.value)


ENDINGS: frozenset[str] = frozenset(get_args(Ending))
"""The events that end an incident."""


EVENT_MEANINGS = {
    Event.OPENED: "A healthy monitor fails.",
    Event.CHANGED: "A new group fails.",
    Event.ESCALATED: "WARNING became CRITICAL, or nobody acknowledged the incident in time.",
    Event.DOWNGRADED: "CRITICAL became WARNING.",
    Event.REMINDED: (
        "The monitor still fails, and `remind_after` has passed since the last message."
    ),
    Event.FLAPPING: (
        "The monitor fails and recovers repeatedly. It is notified once, and the incident stays "
        "open until the monitor has been healthy for long enough."
    ),
    Event.SUPPRESSED: 'The message was not sent: see "Why a message was not sent".',
    Event.RESOLVED: "The monitor passes, and all failed groups have recovered.",
    Event.EXPIRED: "The monitor passes, but a failed group left the window without a fix.",
    Event.THRESHOLD_CHANGED: (
        "The monitor passes because the suite was edited, not because the data got better."
    ),
    Event.CLOSED: "Somebody ran `plumbline alerts close`.",
    Event.MONITOR_REMOVED: "The project no longer has the monitor.",
}
"""What each event says, as in docs/glossary.md."""


@dataclass(frozen=True)
class AlertLine:
    """One event of an incident, and one channel that was to be told."""

    incident: str
    event: Event
    channel: str | None
    """None: nobody was to be told (muted, inhibited, acknowledged, flapping)."""
    delivered: bool
    why: str = ""
    """What held it back, or what the receiver said."""
