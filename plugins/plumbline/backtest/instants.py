"""The runs of a backtest: when the schedules would have run between two days.

Pure: ``now`` comes in. Instants are aware and in UTC, in order.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from plumbline.core.errors import ConfigError
from plumbline.core.instants import in_utc
from plumbline.project.due import due_between
from plumbline.project.project import DEFAULT_CHECKPOINT, Project
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
class ScheduledRuns:
    """The runs of one schedule."""

    checkpoint: str
    how: str
    """When, in words: the schedule's cron expression and zone, or ``every 6h``."""
    zone: ZoneInfo
    """In which that is read."""
    instants: tuple[datetime, ...]
    """In UTC, each later than the one before."""


@dataclass(frozen=True)
class Span:
    """What is replayed."""

    first: datetime
    """In UTC, as all instants here."""
    last: datetime
    schedules: tuple[ScheduledRuns, ...]
    """At least one; two of them may run one checkpoint."""
    clock_changes: tuple[str, ...] = ()
    """Daylight saving within the range, in words."""

    @cached_property
    def instants(self) -> tuple[datetime, ...]:
        """Those of all runs, each later than the one before."""
        return tuple(sorted({at for one in self.schedules for at in one.instants}))

    @cached_property
    def runs(self) -> tuple[tuple[datetime, str], ...]:
        """Instant and checkpoint of each run, in order; at one instant, in the schedules' order."""
        places = {name: place for place, name in enumerate(self.checkpoints)}
        runs = {(at, one.checkpoint) for one in self.schedules for at in one.instants}
        return tuple(sorted(runs, key=lambda run: (run[0], places[run[1]])))

    @property
    def checkpoints(self) -> tuple[str, ...]:
        """The names of those that run, each once."""
        return tuple(dict.fromkeys(one.checkpoint for one in self.schedules))

    @property
    def zone(self) -> ZoneInfo:
        """In which the first schedule is read."""
        return self.schedules[0].zone

    @property
    def how(self) -> str:
        """When, in words."""
        return " and ".join(dict.fromkeys(one.how for one in self.schedules))

    def of(self, checkpoint: str) -> Span:
        """The same instants, as runs of ``checkpoint`` alone."""
        runs = ScheduledRuns(checkpoint, self.how, self.zone, self.instants)
        return replace(self, schedules=(runs,))


def choose_span(
    project: Project,
    checkpoint: str | None,
    *,
    first: str,
    last: str,
    every: str | None,
    now: datetime,
) -> Span:
    """The runs from ``first`` to ``last``.

    A bare date is the whole day in the project's zone. Without ``every`` the schedules say when;
    with it, the clock of their zone does: ``6h`` is 0, 6, 12 and 18 o'clock, also across daylight
    saving.

    Args:
        checkpoint: whose runs; None: those of all schedules. With ``every``, all scheduled
            checkpoints then run at each step; without any, the default checkpoint does.

    Raises:
        ConfigError: no dates or instants, the wrong order, the future, no schedule, or more
            instants than two jobs a monitor take.
    """
    zone = project.timezone
    begin, end = choose_range(project, first=first, last=last, now=now)
    schedules = [one for one in project.schedules if checkpoint in (None, one.checkpoint)]
    if every is not None:
        zone = schedules[0].timezone if schedules else zone
        names = [one.checkpoint for one in schedules] or [checkpoint or DEFAULT_CHECKPOINT]
        step = length_of_time(every, key="--every")
        instants = tuple(_by_step(begin, end, step, zone))
        runs = [
            ScheduledRuns(name, f"every {every}", zone, instants) for name in dict.fromkeys(names)
        ]
    elif schedules:
        zone = schedules[0].timezone
        runs = [_runs(begin, end, one) for one in schedules]
    else:
        raise _no_schedule(checkpoint)
    span = Span(begin, end, tuple(runs), tuple(_clock_changes(begin, end, zone)))
    if not span.instants:
        raise ConfigError(
            f"nothing would have run between {begin.isoformat()} and {end.isoformat()}",
            key="--from",
            fix="name a longer range",
        )
    if len(span.instants) > MOST_INSTANTS:
        raise ConfigError(
            f"{len(span.instants)} instants are too many: {MOST_JOBS} jobs per monitor take "
            f"{MOST_INSTANTS}",
            key="--every",
            fix="choose a longer interval or a shorter range",
        )
    return span


def _no_schedule(checkpoint: str | None) -> ConfigError:
    if checkpoint is None:
        return ConfigError(
            "the project has no schedule to replay",
            key="--checkpoint",
            fix="add checkpoints/schedule.yml, or give a checkpoint and an interval, for example "
            f"--checkpoint {DEFAULT_CHECKPOINT} --every 6h",
        )
    return ConfigError(
        f"checkpoint {checkpoint!r} has no schedule to replay",
        key="--every",
        fix="give the interval, for example --every 6h",
    )


def choose_range(
    project: Project, *, first: str, last: str, now: datetime
) -> tuple[datetime, datetime]:
    """From ``first`` to ``last``, in UTC; a bare date is the whole day in the project's zone.

    Raises:
        ConfigError: no dates or instants, the wrong order, or the future.
    """
    zone = project.timezone
    begin, end = in_utc(_begin(first, zone, now)), in_utc(_end(last, zone, now))
    if end <= begin:
        raise ConfigError(
            f"--to {last} is not after --from {first}", key="--to", fix="swap the two"
        )
    return begin, end


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


def length_of_time(text: str, *, key: str) -> timedelta:
    """``30m``, ``6h`` or ``1d``.

    Args:
        key: the option, for the error.

    Raises:
        ConfigError: it is none.
    """
    found = _EVERY.fullmatch(text.strip())
    if found is None:
        raise ConfigError(
            f"{text!r} is not a length of time: 1 to 9999 minutes (m), hours (h) or days (d)",
            key=key,
            fix="write 30m, 6h or 1d",
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
    return list(_runs(begin, end, Schedule("", "", cron, zone, step, ())).instants)


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


def _runs(begin: datetime, end: datetime, schedule: Schedule) -> ScheduledRuns:
    before = begin - timedelta(microseconds=1)
    instants = tuple(due_between(schedule, before, end))
    return ScheduledRuns(schedule.checkpoint, schedule.times, schedule.timezone, instants)


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
