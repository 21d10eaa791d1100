"""Schedules: when checkpoints run, until when they must be done, and who is notified.

``checkpoints/schedule.yml`` holds them all. `read_schedules` raises the first fault, lint prints
what `find_schedule_faults` finds.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import Field, StringConstraints

from plumbline.core.cron import cron_fault, is_shorter_than_gaps, never_comes, shortest_gap
from plumbline.core.errors import ConfigError
from plumbline.core.instants import find_zone, no_zone
from plumbline.core.maintenance import MaintenanceWindow, next_outside
from plumbline.project.document import Document, KeyPath
from plumbline.project.entry import Entry
from plumbline.project.maintenance import WindowEntry, find_window_faults, to_window
from plumbline.project.parsing import (
    ValueFault,
    ValueFaultKind,
    find_repeated,
    find_unknown_names,
    find_value_faults,
    refuse_faults,
    valid_entries,
    wrong_value,
)

ALL_SCHEDULES = "alerts"
"""The watchdog's monitor of what concerns no single schedule."""

DURATION_PATTERN = r"^[1-9][0-9]{0,5}[smh]$"
VARIABLE_PATTERN = r"^[A-Za-z_][A-Za-z0-9_]*$"

_SOME_DAY = datetime(2024, 1, 1, tzinfo=UTC)
"""From when on it is tried whether a run is due at all."""

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours"}

_Text = Annotated[str, StringConstraints(min_length=1)]
_Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$", max_length=60)]


class ScheduleEntry(Entry):
    """One of ``schedules``."""

    name: _Name | None = Field(
        None,
        description="Name of the schedule; default: the checkpoint's name.",
        examples=["health_check_night"],
    )
    checkpoint: _Text = Field(
        description="Checkpoint to run: a file in this folder, without `.json`.",
        examples=["health_check"],
    )
    cron: str = Field(
        description="Cron expression: minute, hour, day of month, month, day of week (0 or 7 "
        "is Sunday). Quote it, because a bare `*` has another meaning in YAML.",
        examples=["0 */6 * * *", "30 7 * * 1-5"],
        json_schema_extra={
            "pattern": r"^\s*[\w*/,#-]+(\s+[\w*/,#-]+){4}\s*$",
            "patternErrorMessage": 'Write five fields, for example "0 */6 * * *".',
        },
    )
    timezone: str = Field(
        description="Time zone of the cron expression, with daylight saving time.",
        examples=["America/Los_Angeles", "UTC"],
        json_schema_extra={
            "pattern": r"^[A-Za-z][A-Za-z0-9_+/-]*$",
            "patternErrorMessage": "Write an IANA name, for example America/Los_Angeles.",
        },
    )
    deadline: str = Field(
        description="How long after its due time a run must be done. `schedule run` kills it "
        "then, and the watchdog reports it as late. A number with `s`, `m` or `h`, "
        "at most the time to the next run.",
        examples=["10m"],
        json_schema_extra={
            "pattern": DURATION_PATTERN,
            "patternErrorMessage": 'Write a number with s, m or h, for example "10m".',
        },
    )
    ping: _Text | None = Field(
        None,
        description="Environment variable that holds the URL of a check at a service such as "
        "healthchecks.io. Each run pings it at the start and the end; the service "
        "alerts if pings are missing.",
        examples=["HEALTH_CHECK_PING_URL"],
        json_schema_extra={
            "pattern": VARIABLE_PATTERN,
            "patternErrorMessage": (
                "Write the name of an environment variable; the URL itself is a secret."
            ),
        },
    )
    notify: list[_Text] = Field(
        min_length=1,
        description="Channels of `alerts.yml` to notify if a run is late or missing.",
        examples=[["slack"]],
    )
    maintenance: list[WindowEntry] | None = Field(
        None,
        description="Maintenance windows that recur: runs that are due in one do not start and "
        "are not expected.",
        examples=[[{"cron": "0 2 * * SUN", "duration": "2h"}]],
    )


class SchedulesEntry(Entry):
    """The whole file."""

    schedules: list[ScheduleEntry] = Field(
        description="When checkpoints run. A checkpoint can have several schedules, each with "
        "its own name.",
        examples=[
            [
                {
                    "checkpoint": "health_check",
                    "cron": "0 */6 * * *",
                    "timezone": "America/Los_Angeles",
                    "deadline": "10m",
                    "notify": ["slack"],
                }
            ]
        ],
    )


@dataclass(frozen=True)
class Schedule:
    name: str
    checkpoint: str
    cron: str
    """Five fields, one blank between them."""
    timezone: ZoneInfo
    deadline: timedelta
    notify: tuple[str, ...]
    ping: str | None = None
    """The environment variable that holds the ping's address."""
    maintenance: tuple[MaintenanceWindow, ...] = ()
    """No run is due in one."""

    @property
    def monitor(self) -> str:
        """What the watchdog's incidents call it: ``schedule health_check``."""
        return f"schedule {self.name}"

    @property
    def times(self) -> str:
        """``0 */6 * * * (America/Los_Angeles)``, and when it makes no run."""
        windows = "".join(f", not {window.describe()}" for window in self.maintenance)
        return f"{self.cron} ({self.timezone.key}){windows}"


def find_schedule_faults(
    document: Document,
    *,
    checkpoints: Collection[str] | None = None,
    channels: Collection[str] | None = None,
) -> Iterator[ValueFault]:
    """Everything that is wrong with ``schedule.yml``.

    Args:
        checkpoints: the names that may be scheduled; None lets any name pass.
        channels: the names that may be notified; None lets any name pass.
    """
    yield from find_value_faults(SchedulesEntry, document.value)
    for path, entry in valid_entries(ScheduleEntry, document, "schedules"):
        for fault in _entry_faults(entry):
            yield fault.below(path)
    for path, name in find_repeated(_names(document)):
        yield wrong_value(
            path,
            f"two schedules are called {name!r}",
            "give each schedule of a checkpoint a name of its own",
        )
    scheduled = document.entry_texts("schedules", key="checkpoint")
    yield from find_unknown_names(ValueFaultKind.UNKNOWN_CHECKPOINT, scheduled, checkpoints)
    for path, _ in document.entries("schedules"):
        notified = document.texts(*path, "notify")
        yield from find_unknown_names(ValueFaultKind.UNKNOWN_CHANNEL, notified, channels)


def _names(document: Document) -> Iterator[tuple[KeyPath, str]]:
    for path, _ in document.entries("schedules"):
        name = document.text(*path, "name") or document.text(*path, "checkpoint")
        if name is not None:
            yield (*path, "name"), name


def read_schedules(document: Document) -> tuple[Schedule, ...]:
    """The schedules in ``schedule.yml``, in its order, also of checkpoints that do not exist.

    Raises:
        ConfigError: not YAML, an unknown or missing key, a wrong value, a time that never occurs, a
            deadline beyond the next run, a name twice: with file, key and fix.
    """
    raw = document.mapping_or_raise(error=ConfigError, what="the schedule")
    refuse_faults(find_schedule_faults(document), file=document.file, error=ConfigError)
    return tuple(map(_schedule, SchedulesEntry.model_validate(raw).schedules))


def _entry_faults(entry: ScheduleEntry) -> Iterator[ValueFault]:
    """What is wrong with the values of one entry."""
    yield from _time_faults(entry)
    yield from _maintenance_faults(entry)
    if find_zone(entry.timezone) is None:
        yield wrong_value(("timezone",), *no_zone(entry.timezone))
    if entry.ping is not None and not re.fullmatch(VARIABLE_PATTERN, entry.ping):
        yield wrong_value(
            ("ping",),
            "the value is not a valid name of an environment variable",  # it may be a secret
            "write the variable's name, and the address into the environment",
        )


def _time_faults(entry: ScheduleEntry) -> Iterator[ValueFault]:
    cron = " ".join(entry.cron.split())
    malformed = cron_fault(cron)
    is_never = malformed is None and never_comes(cron)
    if malformed is not None:
        yield wrong_value(("cron",), *malformed)
    if is_never:
        yield ValueFault(
            ValueFaultKind.NEVER_COMES,
            ("cron",),
            f"{cron!r} never occurs: no year has such a day",
            "write a day that the month has; L is the last day of a month",
        )
    if not re.fullmatch(DURATION_PATTERN, entry.deadline):
        yield wrong_value(
            ("deadline",),
            f"{entry.deadline!r} is not a valid duration",
            "write a number with s, m or h, for example 10m",
        )
    elif malformed is None and not is_never:
        yield from _deadline_faults(entry.deadline, cron)


def _maintenance_faults(entry: ScheduleEntry) -> Iterator[ValueFault]:
    faults = [
        found.below(("maintenance", index))
        for index, window in enumerate(entry.maintenance or ())
        for found in find_window_faults(window)
    ]
    yield from faults
    zone = find_zone(entry.timezone)
    cron = " ".join(entry.cron.split())
    if faults or zone is None or not entry.maintenance or cron_fault(cron) or never_comes(cron):
        return
    windows = [to_window(window, zone) for window in entry.maintenance]
    if next_outside(cron, zone, _SOME_DAY, windows) is None:
        yield ValueFault(
            ValueFaultKind.NEVER_COMES,
            ("maintenance",),
            f"no run of {cron!r} is due outside of the maintenance windows",
            "make the windows shorter, or remove the schedule",
        )


def _deadline_faults(deadline: str, cron: str) -> Iterator[ValueFault]:
    if is_shorter_than_gaps(_duration(deadline), cron):
        return
    gap = write_duration(shortest_gap(cron))
    yield ValueFault(
        ValueFaultKind.DEADLINE_TOO_LONG,
        ("deadline",),
        f"the deadline of {deadline} is after the next run, which may start {gap} later",
        f"write {gap} or less, or run it less often",
    )


def write_duration(duration: timedelta) -> str:
    """``10m``: as it stands in the file."""
    seconds = int(duration.total_seconds())
    if seconds % 3600 == 0:
        return f"{seconds // 3600}h"
    return f"{seconds // 60}m" if seconds % 60 == 0 else f"{seconds}s"


def _schedule(entry: ScheduleEntry) -> Schedule:
    return Schedule(
        name=entry.name or entry.checkpoint,
        checkpoint=entry.checkpoint,
        cron=" ".join(entry.cron.split()),
        timezone=ZoneInfo(entry.timezone),
        deadline=_duration(entry.deadline),
        notify=tuple(dict.fromkeys(entry.notify)),
        ping=entry.ping,
        maintenance=tuple(
            to_window(window, ZoneInfo(entry.timezone)) for window in entry.maintenance or ()
        ),
    )


def _duration(text: str) -> timedelta:
    return timedelta(**{_UNITS[text[-1]]: int(text[:-1])})
