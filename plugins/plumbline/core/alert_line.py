"""What a run told whom of an incident, as reports and the JSON of a run show it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


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

    @property
    def is_end(self) -> bool:
        """Whether the incident is over."""
        return self in _ENDS


_ENDS = frozenset({Event.RESOLVED, Event.EXPIRED})


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
