"""A mute: a monitor sends no notifications until an instant, or in maintenance windows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from plumbline.core.instants import in_utc
from plumbline.core.maintenance import MaintenanceWindow

NO_END = datetime(9999, 1, 1, tzinfo=UTC)
"""The end of a mute that recurs for good."""


@dataclass(frozen=True)
class Mute:
    """A monitor sends no notifications until an instant."""

    monitor: str
    owner: str
    reason: str
    until: datetime
    source: Literal["file", "command"] = "file"
    created_at: datetime | None = None
    window: MaintenanceWindow | None = None
    """When it holds; None: always, until it ends."""

    def lasts(self, now: datetime) -> bool:
        """Whether it has not ended at ``now``."""
        return in_utc(now) < in_utc(self.until)

    def covers(self, monitor: str, now: datetime) -> bool:
        """Whether it holds back what would be said of ``monitor`` at ``now``."""
        return self.monitor == monitor and self.holds(now)

    def holds(self, now: datetime) -> bool:
        """Whether it holds back messages at ``now``: it lasts, and ``now`` is in its window."""
        return self.lasts(now) and (self.window is None or self.window.began(now) is not None)

    def describe(self) -> str:
        """One line, for reports."""
        until = f"until {self.until:%Y-%m-%d %H:%M %Z}".rstrip()
        if self.window is not None:
            ends = "" if self.until == NO_END else f" {until}"
            until = self.window.describe() + ends
        return f"{self.monitor} is muted {until} by {self.owner}: {self.reason}"
