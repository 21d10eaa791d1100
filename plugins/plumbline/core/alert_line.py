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
