"""A mute: a monitor sends no notifications until an instant."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from plumbline.core.instants import in_utc


@dataclass(frozen=True)
class Mute:
    """Nothing is said of a monitor until an instant."""

    monitor: str
    owner: str
    reason: str
    until: datetime
    source: Literal["file", "command"] = "file"
    created_at: datetime | None = None

    def lasts(self, now: datetime) -> bool:
        """Whether it has not ended at ``now``."""
        return in_utc(now) < in_utc(self.until)

    def covers(self, monitor: str, now: datetime) -> bool:
        """Whether it holds back what would be said of ``monitor`` at ``now``."""
        return self.monitor == monitor and self.lasts(now)

    def describe(self) -> str:
        """One line, for reports."""
        until = f"{self.until:%Y-%m-%d %H:%M %Z}".rstrip()
        return f"{self.monitor} is muted until {until} by {self.owner}: {self.reason}"
