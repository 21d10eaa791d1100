"""The policy of alerts: how often to remind, and what counts as flapping.

``checkpoints/alerts.yml`` may set each interval and count.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from plumbline.core.status import Status

RECENT = 28
"""Sightings that are remembered of a monitor: a week at one run every six hours."""

MOST_GONE = 100
"""Members that are remembered of those that recovered, of those that left, and of the missing."""


@dataclass(frozen=True)
class Policy:
    remind_critical: timedelta = timedelta(hours=72)
    remind_warning: timedelta = timedelta(hours=168)
    remind_error: timedelta = timedelta(hours=24)
    flapping_openings: int = 3
    """The opening with this number within ``flapping_window`` is notified as flapping."""
    flapping_window: timedelta = timedelta(hours=36)
    """Also how long a flapping monitor must be well before its incident ends."""

    confirm_critical: int = 1
    """In how many runs in a row a monitor must be CRITICAL before it is notified."""
    confirm_warning: int = 1
    confirm_error: int = 2
    """One run that can't make a check may meet a passing fault of the warehouse."""

    def confirm_after(self, status: Status) -> int:
        """In how many runs in a row a status is seen before it is notified."""
        if status is Status.CRITICAL:
            return self.confirm_critical
        return self.confirm_error if status is Status.ERROR else self.confirm_warning

    def remind_after(self, status: Status) -> timedelta:
        """How long after the last word a still failing incident is notified again."""
        if status is Status.CRITICAL:
            return self.remind_critical
        return self.remind_error if status is Status.ERROR else self.remind_warning
