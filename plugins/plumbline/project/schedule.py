"""Schedules: when checkpoints run, until when they must be done, and who is told.

``checkpoints/schedule.yml`` holds them all. Used by ``plumbline.schedule``, ``plumbline list`` and
lint, which says all faults where the reading stops at the first.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from plumbline.core.errors import ConfigError, did_you_mean
from plumbline.project.cron import cron_fault, is_shorter_than_gaps, never_comes, shortest_gap
from plumbline.project.document import Document
from plumbline.project.parsing import explain

SCHEDULE_FILE = "schedule.yml"
"""In the folder of checkpoints."""

DURATION_PATTERN = r"^[1-9][0-9]{0,5}[smh]$"
VARIABLE_PATTERN = r"^[A-Za-z_][A-Za-z0-9_]*$"

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours"}

_Text = Annotated[str, StringConstraints(min_length=1)]
_Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$", max_length=60)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ScheduleEntry(_Strict):
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
        examples=[["slack-error"]],
    )


class SchedulesEntry(_Strict):
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
                    "notify": ["slack-error"],
                }
            ]
        ],
    )


@dataclass(frozen=True)
class Schedule:
    """One schedule, checked."""

    name: str
    checkpoint: str
    cron: str
    """Five fields, one blank between them."""
    timezone: ZoneInfo
    deadline: timedelta
    notify: tuple[str, ...]
    ping: str | None = None
    """The environment variable that holds the ping's address."""


@dataclass(frozen=True)
class ScheduleFault:
    """What is wrong with one entry: of `wrong` nothing can be read, the others could never work."""

    kind: Literal["wrong", "never", "too-long"]
    key: str
    what: str
    fix: str


def read_schedules(
    document: Document,
    *,
    checkpoints: Collection[str] | None = None,
    channels: Collection[str] | None = None,
) -> tuple[Schedule, ...]:
    """The schedules in ``schedule.yml``, in its order.

    Args:
        document: the file.
        checkpoints: the names that may be scheduled; None lets any name pass.
        channels: the names that may be told; None lets any name pass.

    Raises:
        ConfigError: not YAML, an unknown or missing key, a wrong value, a time that never comes, a
            deadline beyond the next run, a name twice, a checkpoint or channel that is not there:
            with file, key and fix.
    """
    file = document.file
    raw = document.mapping_or_raise(error=ConfigError, what="the schedule")
    entry = explain(SchedulesEntry, raw, file=file, error=ConfigError)
    found: list[Schedule] = []
    for index, one in enumerate(entry.schedules):
        key = f"schedules[{index}]"
        for fault in find_faults(one):
            raise ConfigError(fault.what, file=file, key=f"{key}.{fault.key}", fix=fault.fix)
        schedule = _schedule(one)
        if any(schedule.name == other.name for other in found):
            raise ConfigError(
                f"two schedules are called {schedule.name!r}",
                file=file,
                key=f"{key}.name",
                fix="give each schedule of a checkpoint a name of its own",
            )
        if checkpoints is not None and schedule.checkpoint not in checkpoints:
            raise ConfigError(
                f"the schedule names checkpoint {schedule.checkpoint!r}, which is not there",
                file=file,
                key=f"{key}.checkpoint",
                fix=did_you_mean(schedule.checkpoint, checkpoints),
            )
        for number, name in enumerate(schedule.notify):
            if channels is not None and name not in channels:
                raise ConfigError(
                    f"there is no channel {name!r}",
                    file=file,
                    key=f"{key}.notify[{number}]",
                    fix=did_you_mean(name, channels),
                )
        found.append(schedule)
    return tuple(found)


def find_faults(entry: ScheduleEntry) -> Iterator[ScheduleFault]:
    """What is wrong with an entry by itself, whatever else there is."""
    cron = " ".join(entry.cron.split())
    malformed = cron_fault(cron)
    if malformed is not None:
        yield ScheduleFault("wrong", "cron", *malformed)
    comes = malformed is None and not never_comes(cron)
    if malformed is None and not comes:
        yield ScheduleFault(
            "never",
            "cron",
            f"{cron!r} never comes: no year has such a day",
            "write a day that its month has; L is the last day of a month",
        )
    if not _is_zone(entry.timezone):
        yield ScheduleFault(
            "wrong",
            "timezone",
            f"there is no time zone {entry.timezone!r}",
            "write an IANA name such as America/Los_Angeles",
        )
    if entry.ping is not None and not re.fullmatch(VARIABLE_PATTERN, entry.ping):
        yield ScheduleFault(
            "wrong",
            "ping",
            "the value is not a valid name of an environment variable",  # it may be a secret
            "write the variable's name, and the address into the environment",
        )
    if not re.fullmatch(DURATION_PATTERN, entry.deadline):
        yield ScheduleFault(
            "wrong",
            "deadline",
            f"{entry.deadline!r} is not a valid duration",
            "write a number with s, m or h, for example 10m",
        )
    elif comes and not is_shorter_than_gaps(_duration(entry.deadline), cron):
        gap = shortest_gap(cron)
        yield ScheduleFault(
            "too-long",
            "deadline",
            f"the deadline of {entry.deadline} goes beyond the next run, which may come "
            f"{write_duration(gap)} later",
            f"write {write_duration(gap)} or less, or let it run less often",
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
    )


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


def _duration(text: str) -> timedelta:
    return timedelta(**{_UNITS[text[-1]]: int(text[:-1])})
