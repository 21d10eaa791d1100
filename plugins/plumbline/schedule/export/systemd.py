"""systemd: a service and a timer a schedule.

A timer says time as OnCalendar, with its zone. Where the clocks are put back, systemd runs what
comes every hour once in the two hours of one name, and where they are put forward it leaves out
what falls in between; so what comes every hour of every day is said in UTC, where it can be.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from plumbline.project.schedule import Schedule
from plumbline.schedule.child import PATIENCE
from plumbline.schedule.export.files import (
    ExportFile,
    Machine,
    Scope,
    comment,
    maintenance_notes,
    printable,
    run_arguments,
    unit_names,
)
from plumbline.schedule.export.plain import (
    ALL_DAYS,
    ALL_HOURS,
    ALL_MONTHS,
    ALL_WEEKDAYS,
    PlainTimes,
    plain_times,
    ranges,
)

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_EVERY_MINUTE = tuple(range(60))
_YEARS = range(2024, 2034)


def write_systemd(schedules: Sequence[Schedule], machine: Machine) -> list[ExportFile]:
    """A ``.service`` and a ``.timer`` for each.

    Raises:
        ConfigError: systemd can't say a schedule.
    """
    names = unit_names(schedules, machine.scope)
    head = _head(machine.scope)
    return [
        ExportFile(f"{names[one.name]}.{kind}", head + text)
        for one in schedules
        for kind, text in (("service", _service(one, machine)), ("timer", _timer(one, machine)))
    ]


def on_calendar(schedule: Schedule) -> tuple[str, ...]:
    """The times for ``OnCalendar=``; of two, either counts.

    Raises:
        ConfigError: it has L, LW or # in it.
    """
    times = plain_times(schedule, scheduler="systemd")
    zone = schedule.timezone.key
    if times.hours == ALL_HOURS and times.is_every_day and _is_by_the_hour(schedule):
        zone = "UTC"
    if not times.any_day_fits:
        return (_calendar(times, times.weekdays, times.days, zone),)
    return (
        _calendar(times, ALL_WEEKDAYS, times.days, zone),
        _calendar(times, times.weekdays, ALL_DAYS, zone),
    )


def _calendar(
    times: PlainTimes, weekdays: tuple[int, ...], days: tuple[int, ...], zone: str
) -> str:
    week = "" if weekdays == ALL_WEEKDAYS else f"{_weekdays(weekdays)} "
    return (
        f"{week}*-{_field(times.months, ALL_MONTHS)}-{_field(days, ALL_DAYS)} "
        f"{_field(times.hours, ALL_HOURS)}:{_field(times.minutes, _EVERY_MINUTE)}:00 {zone}"
    )


def _field(numbers: tuple[int, ...], every: tuple[int, ...]) -> str:
    return "*" if numbers == every else ranges(numbers, "..", width=2)


def _weekdays(weekdays: tuple[int, ...]) -> str:
    from_monday = tuple(sorted((day - 1) % 7 for day in weekdays))
    return re.sub(r"\d", lambda found: _DAYS[int(found[0])], ranges(from_monday, ".."))


def _is_by_the_hour(schedule: Schedule) -> bool:
    """Whether the zone is always whole hours from UTC: the minutes are then UTC's too."""
    noons = (datetime(year, month, 1, 12, tzinfo=UTC) for year in _YEARS for month in ALL_MONTHS)
    offsets = {noon.astimezone(schedule.timezone).utcoffset() or timedelta() for noon in noons}
    return not any(offset % timedelta(hours=1) for offset in offsets)


def _service(schedule: Schedule, machine: Machine) -> str:
    arguments = [
        *machine.command,
        *run_arguments(schedule, machine.target),
        *("--project-dir", str(machine.project_dir)),
    ]
    environment = "".join(
        f"Environment={_quoted(f'{name}={value}')}\n"
        for name, value in machine.variables(schedule).items()
    )
    text = f"""\
[Unit]
Description={_described(f"{schedule.name} of {machine.scope.project}")}
Wants=network-online.target
After=network-online.target

[Service]
# systemd never runs it twice at the same time, and ends it with all its processes at its deadline.
Type=oneshot
WorkingDirectory={_specifiers(printable(str(machine.project_dir)))}
{environment}# Secrets of channels, a line each: SLACK_WEBHOOK_URL=... Only its owner may read it.
EnvironmentFile=-/etc/plumbline/environment
EnvironmentFile=-%h/.config/plumbline/environment
ExecStart={" ".join(_quoted(word, is_command=True) for word in arguments)}
TimeoutStartSec={int(schedule.deadline.total_seconds())}
TimeoutStopSec={int(PATIENCE.total_seconds())}
"""
    return comment(maintenance_notes(schedule)) + text


def _timer(schedule: Schedule, machine: Machine) -> str:
    calendars = "".join(f"OnCalendar={calendar}\n" for calendar in on_calendar(schedule))
    return f"""\
[Unit]
Description={_described(f"when {schedule.name} of {machine.scope.project} runs")}

[Timer]
# {schedule.cron}, {schedule.timezone.key}
{calendars}AccuracySec=1s
# A run missed while the machine was off starts once when it is on again.
Persistent=true

[Install]
WantedBy=timers.target
"""


def _head(scope: Scope) -> str:
    return comment(
        (
            scope.made_by("systemd"),
            "Put both files into ~/.config/systemd/user, then `systemctl --user daemon-reload`,",
            "`systemctl --user enable --now NAME.timer`, and `loginctl enable-linger`, so that it",
            "runs while you are logged out. For all users: /etc/systemd/system, without --user;",
            "it then runs as root unless the service has a line User=NAME.",
        )
    )


def _described(text: str) -> str:
    return f"plumbline: {_specifiers(printable(text))}"


def _quoted(word: str, *, is_command: bool = False) -> str:
    """One word of a unit; in a command `$` is for variables."""
    text = _specifiers(printable(word)).replace("\\", "\\\\").replace('"', '\\"')
    if is_command:
        text = text.replace("$", "$$")
    return f'"{text}"' if re.search(r"[\s\"'\\;]", text) or not text else text


def _specifiers(text: str) -> str:
    return text.replace("%", "%%")
