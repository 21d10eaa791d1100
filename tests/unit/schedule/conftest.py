"""Schedules for tests, and the days on which the clocks of Los Angeles are changed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from plumbline.core.maintenance import MaintenanceWindow
from plumbline.project import Schedule

LOS_ANGELES = ZoneInfo("America/Los_Angeles")

SPRING = datetime(2026, 3, 8, 8, tzinfo=UTC), datetime(2026, 3, 9, 7, tzinfo=UTC)
"""8 March 2026 there, 23 hours: 02:00 PST is 03:00 PDT, at 10:00 UTC."""
FALL = datetime(2026, 11, 1, 7, tzinfo=UTC), datetime(2026, 11, 2, 8, tzinfo=UTC)
"""1 November 2026 there, 25 hours: 02:00 PDT is 01:00 PST, at 09:00 UTC."""


def schedule(cron: str = "0 */6 * * *", **changes: Any) -> Schedule:
    """The health check, in Los Angeles."""
    values: dict[str, Any] = {
        "name": "health_check",
        "checkpoint": "health_check",
        "cron": cron,
        "timezone": LOS_ANGELES,
        "deadline": timedelta(minutes=10),
        "notify": ("slack-error",),
    }
    return Schedule(**(values | changes))


def window(cron: str, hours: float, zone: str = "America/Los_Angeles") -> MaintenanceWindow:
    """A maintenance window."""
    return MaintenanceWindow(cron, timedelta(hours=hours), zone)
