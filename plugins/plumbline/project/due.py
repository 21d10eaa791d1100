"""When a schedule's runs are due. Pure: no clock is read here.

Used by the scheduler, the watchdog and whatever shows the next runs. Instants are aware, and those
given back are in UTC; ``due.astimezone(schedule.timezone)`` is for people.

Daylight saving is as Debian's cron has it: a time of day in the hour that is skipped comes right
after it, one in the hour that comes twice comes once, and what runs every hour runs in each.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from plumbline.project.cron import last_time, next_time

if TYPE_CHECKING:
    from plumbline.project.schedule import Schedule


def next_due(schedule: Schedule, after: datetime) -> datetime:
    """The first run after ``after``; one that is due at that very instant is not it."""
    return next_time(schedule.cron, schedule.timezone, after)


def last_due(schedule: Schedule, before: datetime) -> datetime:
    """The last run before ``before``; one that is due at that very instant is not it."""
    return last_time(schedule.cron, schedule.timezone, before)


def due_between(schedule: Schedule, first: datetime, last: datetime) -> Iterator[datetime]:
    """The runs after ``first``, up to and with ``last``: spans that meet have each run once."""
    found = next_due(schedule, first)
    while found <= last:
        yield found
        found = next_due(schedule, found)
