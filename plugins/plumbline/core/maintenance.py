"""Maintenance windows that recur: mutes hold in them, and schedules make no run in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from plumbline.core.cron import last_time, next_time
from plumbline.core.instants import in_utc
from plumbline.core.text import span

_TICK = timedelta(microseconds=1)

_MOST_WINDOWS = 1_000
"""Windows in a row that may cover every time of a cron expression: beyond, it never occurs."""


@dataclass(frozen=True)
class MaintenanceWindow:
    """A time of maintenance, again and again."""

    cron: str
    """Its beginnings."""
    duration: timedelta
    zone: str
    """In which ``cron`` is read."""

    def began(self, now: datetime) -> datetime | None:
        """The beginning of the window that ``now`` is in; None: it is in none.

        Its beginning is in the window, its end is not.
        """
        try:
            began = last_time(self.cron, ZoneInfo(self.zone), now + _TICK)
        except ValueError:
            return None
        return began if in_utc(now) - began < self.duration else None

    def describe(self) -> str:
        """``for 2 h from each `0 2 * * SUN` (America/New_York)``."""
        return f"for {span(self.duration)} from each `{self.cron}` ({self.zone})"


def end_of_window(windows: Sequence[MaintenanceWindow], now: datetime) -> datetime | None:
    """The latest end of the windows that ``now`` is in; None: it is in none."""
    ends = [began + one.duration for one in windows if (began := one.began(now)) is not None]
    return max(ends, default=None)


def next_outside(
    cron: str, zone: ZoneInfo, after: datetime, windows: Sequence[MaintenanceWindow]
) -> datetime | None:
    """The first time of ``cron`` after ``after`` that is in no window; None: there is none."""
    for _ in range(_MOST_WINDOWS):
        try:
            found = next_time(cron, zone, after)
        except ValueError:
            return None
        end = end_of_window(windows, found)
        if end is None:
            return found
        after = end - _TICK
    return None


def last_outside(
    cron: str, zone: ZoneInfo, before: datetime, windows: Sequence[MaintenanceWindow]
) -> datetime | None:
    """The last time of ``cron`` before ``before`` that is in no window; None: there is none."""
    for _ in range(_MOST_WINDOWS):
        try:
            found = last_time(cron, zone, before)
        except ValueError:
            return None
        beginnings = [began for one in windows if (began := one.began(found)) is not None]
        if not beginnings:
            return found
        before = min(beginnings)
    return None
