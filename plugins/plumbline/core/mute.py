"""A mute: a monitor sends no notifications until an instant, or in maintenance windows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from plumbline.core.instants import in_utc

NO_END = datetime(9999, 1, 1, tzinfo=UTC)
"""The end of a mute that recurs for good."""


@dataclass(frozen=True)
class MaintenanceWindow:
    """When a mute holds, again and again."""

    cron: str
    """Its beginnings."""
    duration: timedelta
    zone: str
    """In which ``cron`` is read."""

    def holds(self, now: datetime) -> bool:
        """Whether ``now`` is in the window: its beginning is, its end is not."""
        from plumbline.core.cron import last_time

        tick = timedelta(microseconds=1)
        try:
            began = last_time(self.cron, ZoneInfo(self.zone), now + tick)
        except ValueError:
            return False
        return in_utc(now) - began < self.duration

    def describe(self) -> str:
        """``for 2:00:00 from each `0 2 * * SUN` (America/New_York)``."""
        return f"for {self.duration} from each `{self.cron}` ({self.zone})"


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
        return self.lasts(now) and (self.window is None or self.window.holds(now))

    def describe(self) -> str:
        """One line, for reports."""
        until = f"until {self.until:%Y-%m-%d %H:%M %Z}".rstrip()
        if self.window is not None:
            ends = "" if self.until == NO_END else f" {until}"
            until = self.window.describe() + ends
        return f"{self.monitor} is muted {until} by {self.owner}: {self.reason}"
