"""The instants of a backtest: when the schedule would have run between two days.

Pure: ``now`` comes in. Instants are aware and in UTC, in order.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from plumbline.core.errors import ConfigError
from plumbline.core.instants import in_utc
from plumbline.project.due import due_between
from plumbline.project.project import Project
from plumbline.project.schedule import Schedule
from plumbline.run.request import parse_as_of

MOST_INSTANTS_A_JOB = 5000
MOST_JOBS = 2
"""Jobs a monitor, whatever the range."""
MOST_INSTANTS = MOST_INSTANTS_A_JOB * MOST_JOBS

_EVERY = re.compile(r"([1-9][0-9]{0,3})([mhd])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True)
class Span:
    """What is replayed."""

    first: datetime
    """In UTC, as all instants here."""
    last: datetime
    instants: tuple[datetime, ...]
    """In UTC, each later than the one before."""
    zone: ZoneInfo
    """In which the schedule is read."""
    how: str
    """In words: ``every 6 h``, or the schedule."""
    clock_changes: tuple[str, ...] = ()
    """Daylight saving within the range, in words."""


def choose_span(
    project: Project,
    checkpoint: str,
    *,
    first: str,
    last: str,
    every: str | None,
    now: datetime,
) -> Span:
    """The instants of ``checkpoint`` from ``first`` to ``last``.

    A bare date is the whole day in the project's zone. Without ``every`` the checkpoint's own
    schedules say when; with it, the clock of their zone does: ``6h`` is 0, 6, 12 and 18 o'clock,
    also across daylight saving.

    Raises:
        ConfigError: no dates or instants, the wrong order, the future, no schedule, or more
            instants than two jobs a monitor take.
    """
    zone = project.timezone
    begin, end = in_utc(_begin(first, zone, now)), in_utc(_end(last, zone, now))
    if end <= begin:
        raise ConfigError(
            f"--to {last} is not after --from {first}", key="--to", fix="swap the two"
        )
    schedules = [one for one in project.schedules if one.checkpoint == checkpoint]
    if every is not None:
        zone = schedules[0].timezone if schedules else zone
        instants = _by_step(begin, end, _step(every), zone)
        how = f"every {every}"
    elif schedules:
        zone = schedules[0].timezone
        instants = _by_schedule(begin, end, schedules)
        how = " and ".join(one.times for one in schedules)
    else:
        raise ConfigError(
            f"checkpoint {checkpoint!r} has no schedule to replay",
            key="--every",
            fix="say how often, for example --every 6h",
        )
    if not instants:
        raise ConfigError(
            f"nothing would have run between {begin.isoformat()} and {end.isoformat()}",
            key="--from",
            fix="name a longer range",
        )
    if len(instants) > MOST_INSTANTS:
        raise ConfigError(
            f"{len(instants)} instants are more than {MOST_JOBS} jobs a monitor take "
            f"({MOST_INSTANTS})",
            key="--every",
            fix="look less often, or at a shorter range",
        )
    return Span(
        first=begin,
        last=end,
        instants=tuple(instants),
        zone=zone,
        how=how,
        clock_changes=tuple(_clock_changes(begin, end, zone)),
    )


def _begin(text: str, zone: ZoneInfo, now: datetime) -> datetime:
    if _DAY.fullmatch(text.strip()):
        _named(text, zone, now, "--from")  # is it a day, and no later one than today?
        return datetime.combine(date.fromisoformat(text.strip()), time(), tzinfo=zone)
    return _named(text, zone, now, "--from")


def _end(text: str, zone: ZoneInfo, now: datetime) -> datetime:
    return _named(text, zone, now, "--to")


def _named(text: str, zone: ZoneInfo, now: datetime, key: str) -> datetime:
    try:
        return parse_as_of(text, now=now, zone=zone).instant
    except ConfigError as fault:
        raise ConfigError(fault.what, key=key, fix=fault.fix) from None


def _step(text: str) -> timedelta:
    found = _EVERY.fullmatch(text.strip())
    if found is None:
        raise ConfigError(
            f"{text!r} is not a length of time", key="--every", fix="write 30m, 6h or 1d"
        )
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def _by_step(begin: datetime, end: datetime, step: timedelta, zone: ZoneInfo) -> list[datetime]:
    """Wall-clock times of ``zone`` where the step divides a day; else counted from ``begin``."""
    minutes = int(step / timedelta(minutes=1))
    if (24 * 60) % minutes:
        found = begin
        instants = []
        while found <= end:
            instants.append(found)
            found += step
        return instants
    cron = (
        "0 0 * * *"
        if minutes == 24 * 60
        else f"0 */{minutes // 60} * * *"
        if minutes % 60 == 0
        else f"*/{minutes} * * * *"
        if 60 % minutes == 0
        else None
    )
    if cron is None:
        return _every_minutes(begin, end, minutes, zone)
    schedule = Schedule("", "", cron, zone, step, ())
    return _by_schedule(begin, end, [schedule])


def _every_minutes(begin: datetime, end: datetime, minutes: int, zone: ZoneInfo) -> list[datetime]:
    """As cron can't say it (90 minutes): by the wall clock, day by day."""
    day = begin.astimezone(zone).date()
    found: set[datetime] = set()
    while (midnight := datetime.combine(day, time(), tzinfo=zone)) <= end:
        for at in range(0, 24 * 60, minutes):
            wall = in_utc(midnight.replace(hour=at // 60, minute=at % 60))
            if begin <= wall <= end:
                found.add(wall)
        day += timedelta(days=1)
    return sorted(found)


def _by_schedule(begin: datetime, end: datetime, schedules: Sequence[Schedule]) -> list[datetime]:
    before = begin - timedelta(microseconds=1)
    return sorted({at for one in schedules for at in due_between(one, before, end)})


def _clock_changes(begin: datetime, end: datetime, zone: ZoneInfo) -> list[str]:
    found = []
    day = begin.astimezone(zone).date()
    while (midnight := datetime.combine(day, time(), tzinfo=zone)) < end:
        following = datetime.combine(day + timedelta(days=1), time(), tzinfo=zone)
        before, after = midnight.utcoffset(), following.utcoffset()
        if before is not None and after is not None and before != after:
            length = timedelta(days=1) - (after - before)
            found.append(f"{day} has {length / timedelta(hours=1):g} hours in {zone.key}")
        day += timedelta(days=1)
    return found
