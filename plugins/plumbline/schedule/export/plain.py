"""A cron expression as plain numbers, for schedulers that write time otherwise.

cronsim knows more than other crons do (the last day of a month, the second Monday): what has no
plain numbers is refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast

from cronsim import CronSim

from plumbline.core.errors import ConfigError
from plumbline.project.documents import SCHEDULE_FILE
from plumbline.project.schedule import Schedule

ALL_DAYS = tuple(range(1, 32))
ALL_MONTHS = tuple(range(1, 13))
ALL_WEEKDAYS = tuple(range(7))
ALL_HOURS = tuple(range(24))

_ANY_DAY = datetime(2024, 1, 1, tzinfo=UTC)
_KEPT = re.compile(r"\*(/\d+)?|\d+(-\d+(/\d+)?)?")
"""What every cron reads alike; names, and a step after a single number, are not among it."""


@dataclass(frozen=True)
class PlainTimes:
    """The numbers of each field, sorted."""

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: tuple[int, ...]
    months: tuple[int, ...]
    weekdays: tuple[int, ...]
    """0 is Sunday."""
    any_day_fits: bool
    """Both kinds of days are limited, and cron takes a day that fits either."""

    @property
    def is_every_day(self) -> bool:
        """Whether no day is left out."""
        return (self.days, self.months, self.weekdays) == (ALL_DAYS, ALL_MONTHS, ALL_WEEKDAYS)


def plain_times(schedule: Schedule, *, scheduler: str) -> PlainTimes:
    """The numbers of ``schedule``.

    Args:
        scheduler: for the error: who can't say it otherwise.

    Raises:
        ConfigError: it has L, LW or # in it.
    """
    if re.search(r"[L#]", _without_names(schedule.cron)):
        raise refusal(
            schedule,
            f"{scheduler} does not know the last day of a month or the second Monday",
            "write days by number, or use `plumbline schedule run`",
        )
    cron = CronSim(schedule.cron, _ANY_DAY)
    days = tuple(sorted(cron.days))
    weekdays = tuple(sorted({cast(int, day) % 7 for day in cron.weekdays}))
    either = not cron.day_and
    if either and (days == ALL_DAYS or weekdays == ALL_WEEKDAYS):
        days, weekdays, either = ALL_DAYS, ALL_WEEKDAYS, False
    return PlainTimes(
        minutes=tuple(sorted(cron.minutes)),
        hours=tuple(sorted(cron.hours)),
        days=days,
        months=tuple(sorted(cron.months)),
        weekdays=weekdays,
        any_day_fits=either,
    )


def plain_cron(schedule: Schedule, *, scheduler: str) -> str:
    """The expression as every cron reads it: as it stands, without names of days and months.

    Raises:
        ConfigError: as `plain_times`.
    """
    times = plain_times(schedule, scheduler=scheduler)
    numbers = (times.minutes, times.hours, times.days, times.months, times.weekdays)
    return " ".join(
        field if all(_KEPT.fullmatch(term) for term in field.split(",")) else ranges(known, "-")
        for field, known in zip(schedule.cron.split(), numbers, strict=True)
    )


def refuse_two_kinds_of_days(schedule: Schedule, times: PlainTimes, *, scheduler: str) -> None:
    """Crons differ on what both kinds of days mean together.

    Raises:
        ConfigError: days of the month and of the week are both limited.
    """
    if times.days != ALL_DAYS and times.weekdays != ALL_WEEKDAYS:
        raise refusal(
            schedule,
            f"{scheduler} may combine a day of the month and a day of the week differently from "
            "cron",
            "write two schedules, one for each",
        )


def refusal(schedule: Schedule, what: str, fix: str) -> ConfigError:
    """This schedule can't be said there."""
    return ConfigError(
        f"{schedule.name}: {schedule.cron!r} can't be written: {what}",
        file=SCHEDULE_FILE,
        key="cron",
        fix=fix,
    )


def ranges(numbers: tuple[int, ...], dash: str, *, width: int = 1) -> str:
    """``0,6,12`` and ``1-5``: three or more in a row as a range."""
    groups: list[list[int]] = []
    for number in numbers:
        if groups and number == groups[-1][-1] + 1:
            groups[-1].append(number)
        else:
            groups.append([number])
    return ",".join(
        f"{group[0]:0{width}}{dash}{group[-1]:0{width}}"
        if len(group) > 2
        else ",".join(f"{number:0{width}}" for number in group)
        for group in groups
    )


def _without_names(cron: str) -> str:
    return re.sub(r"[A-Z]{3}", "", cron.upper())
