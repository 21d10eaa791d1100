"""Cron expressions as Debian's cron reads them, in a time zone, with daylight saving time.

cronsim does the arithmetic. Returned instants are in UTC, because Python compares two instants of
one zone by their wall clocks, and an hour that occurs twice would count once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise, takewhile
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

_RANGES = (range(60), range(24), range(1, 32), range(1, 13), range(7))
_STEP = re.compile(r"(?<![^,])(\*|\d+|\d+-\d+)/(\d+)(?![^,])")
CRON_FIELDS = ("minute", "hour", "day of month", "month", "day of week")

_SOME_DAY = datetime(2024, 1, 1, tzinfo=UTC)
"""Where gaps are measured from: a leap year begins, so that none depends on today."""
_LONG_ENOUGH = timedelta(days=2 * 366)
_TWO_WEEKS = timedelta(days=15)
_OFTEN_ENOUGH = 1500
"""More runs than a day can have."""
_SHORTEST = timedelta(minutes=1)
_MARGIN = timedelta(hours=3)
"""More than any zone turns its clocks back."""


def cron_fault(cron: str) -> tuple[str, str] | None:
    """What is wrong with the expression, and the fix; None if it is valid."""
    fields = cron.split()
    if len(fields) != len(CRON_FIELDS):
        return (
            f"{cron!r} has {len(fields)} fields, not five",
            f'write {", ".join(CRON_FIELDS)}, for example "0 */6 * * *"',
        )
    for index, (name, text) in enumerate(zip(CRON_FIELDS, fields, strict=True)):
        alone = ["*"] * len(CRON_FIELDS)
        alone[index] = text
        try:
            CronSim(" ".join(alone), _SOME_DAY)
        except CronSimError:
            return (
                f"{text!r} is not a valid {name}",
                "write a number, a range (1-5), a list (0,30), a step (*/6) or *",
            )
    return None


def find_uneven_steps(cron: str) -> Iterator[tuple[str, str]]:
    """Steps that don't divide the range of their field, each as what it means and the fix.

    ``*/25`` minutes look like every 25 minutes and mean the minutes 0, 25 and 50.
    """
    fields = cron.split()
    if cron_fault(cron) is not None:
        return
    for name, every, text in zip(CRON_FIELDS, _RANGES, fields, strict=True):
        whole = f"{every[0]}-{every[-1]}"
        for start, step in _STEP.findall(text):
            if len(every) % int(step) == 0 or ("-" in start and start != whole):
                continue
            first = int(start) if start.isdigit() else every.start
            values = ",".join(map(str, range(first, every.stop, int(step))))
            yield (
                f"'{start}/{step}' in the field {name} means {values}: "
                f"{len(every)} is not a multiple of {step}",
                f"write {values} if that is meant, or a step that divides {len(every)}",
            )


def never_comes(cron: str) -> bool:
    """Whether a valid expression names a time that no year has (31 February)."""
    try:
        next(CronSim(cron, _SOME_DAY))
    except (CronSimError, StopIteration):
        return True
    return False


def next_time(cron: str, zone: ZoneInfo, after: datetime) -> datetime:
    """The first time after ``after``, in UTC."""
    for found in CronSim(cron, after.astimezone(zone)):
        instant = found.astimezone(UTC)
        # In the second of an hour that comes twice, cronsim may offer the first one's.
        if instant > after:
            return instant
    raise ValueError(f"{cron!r} never occurs")


def last_time(cron: str, zone: ZoneInfo, before: datetime) -> datetime:
    """The last time before ``before``, in UTC."""
    # From a little later backwards: cronsim looks at the wall clock, on which the second of an
    # hour that comes twice lies before what the first one had.
    start = (before.astimezone(UTC) + _MARGIN).astimezone(zone)
    for found in CronSim(cron, start, reverse=True):
        instant = found.astimezone(UTC)
        if instant < before:
            return instant
    raise ValueError(f"{cron!r} never came")


@cache
def shortest_gap(cron: str) -> timedelta:
    """The shortest time between two runs, without daylight saving time."""
    _, _, day, month, weekday = cron.split()
    is_weekly = day == month == "*" and not set(weekday) & set("#Ll")
    enough = _TWO_WEEKS if is_weekly else _LONG_ENOUGH
    times = iter(CronSim(cron, _SOME_DAY))
    before = next(times)
    shortest = timedelta.max
    for number, found in enumerate(times):
        shortest = min(shortest, found - before)
        before = found
        is_seen = number >= _OFTEN_ENOUGH or found - _SOME_DAY > enough
        if is_seen or shortest <= _SHORTEST:
            break
    return shortest


def is_shorter_than_gaps(duration: timedelta, cron: str) -> bool:
    """Whether a run of ``duration`` always ends before the next one, daylight saving aside.

    The times of one day decide for most expressions; `shortest_gap`, which looks through years, is
    for the others.
    """
    minute, hour, *_ = cron.split()
    times = CronSim(f"{minute} {hour} * * *", _SOME_DAY)
    day = list(takewhile(lambda at: at <= _SOME_DAY + timedelta(days=2), times))
    if all(then + duration <= now for then, now in pairwise(day)):
        return True
    return duration <= shortest_gap(cron)


def in_words(cron: str) -> str:
    """``At minute 0 past every sixth hour``."""
    return CronSim(cron, _SOME_DAY).explain()
