"""When a schedule's runs are due. Pure: it reads no clock.

Instants are aware, and returned ones are in UTC. Daylight saving time works as in Debian's cron: a
fixed time in the skipped hour is due right after it, one in the repeated hour is due once, and
what runs every hour runs in both. A time in a maintenance window is not due.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from plumbline.core.maintenance import end_of_window, last_outside, next_outside

if TYPE_CHECKING:
    from plumbline.project.schedule import Schedule


def next_due(schedule: Schedule, after: datetime) -> datetime:
    """The first run after ``after``, excluding that instant."""
    found = next_outside(schedule.cron, schedule.timezone, after, schedule.maintenance)
    return _existing(found, schedule)


def last_due(schedule: Schedule, before: datetime) -> datetime:
    """The last run before ``before``, excluding that instant."""
    found = last_outside(schedule.cron, schedule.timezone, before, schedule.maintenance)
    return _existing(found, schedule)


def maintenance_end(schedule: Schedule, now: datetime) -> datetime | None:
    """When the maintenance window that ``now`` is in ends; None: it is in none."""
    return end_of_window(schedule.maintenance, now)


def due_between(schedule: Schedule, first: datetime, last: datetime) -> Iterator[datetime]:
    """The runs after ``first`` up to and including ``last``, so adjacent spans share no run."""
    found = next_due(schedule, first)
    while found <= last:
        yield found
        found = next_due(schedule, found)


def _existing(found: datetime | None, schedule: Schedule) -> datetime:
    if found is None:
        raise ValueError(f"no run of {schedule.name!r} is due outside of its maintenance windows")
    return found
