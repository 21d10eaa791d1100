"""When a schedule's runs are due. Pure: it reads no clock.

Instants are aware, and returned ones are in UTC. Daylight saving time works as in Debian's cron: a
fixed time in the skipped hour is due right after it, one in the repeated hour is due once, and
what runs every hour runs in both.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from plumbline.core.cron import last_time, next_time

if TYPE_CHECKING:
    from plumbline.project.schedule import Schedule


def next_due(schedule: Schedule, after: datetime) -> datetime:
    """The first run after ``after``, excluding that instant."""
    return next_time(schedule.cron, schedule.timezone, after)


def last_due(schedule: Schedule, before: datetime) -> datetime:
    """The last run before ``before``, excluding that instant."""
    return last_time(schedule.cron, schedule.timezone, before)


def due_between(schedule: Schedule, first: datetime, last: datetime) -> Iterator[datetime]:
    """The runs after ``first`` up to and including ``last``, so adjacent spans share no run."""
    found = next_due(schedule, first)
    while found <= last:
        yield found
        found = next_due(schedule, found)
