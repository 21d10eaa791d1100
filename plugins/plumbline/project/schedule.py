"""Schedules: when checkpoints run, until when they must be done, and who is told.

``checkpoints/schedule.yml`` holds them all. Whether a cron expression names a time that exists is
left to the library that computes the next runs; here it must only be five fields.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from plumbline.errors import ConfigError, did_you_mean
from plumbline.project.parsing import explain, read_yaml

SCHEDULE_FILE = "schedule.yml"
"""In the folder of checkpoints."""

CRON_FIELDS = ("minute", "hour", "day of month", "month", "day of week")
DURATION_PATTERN = r"^[1-9][0-9]{0,5}[smh]$"

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours"}

_Text = Annotated[str, StringConstraints(min_length=1)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ScheduleEntry(_Strict):
    """One of ``schedules``."""

    name: _Text | None = Field(
        None,
        description="What the schedule is called; without it, as its checkpoint.",
        examples=["health_check_night"],
    )
    checkpoint: _Text = Field(
        description="The checkpoint to run: a file of this folder, without `.json`.",
        examples=["health_check"],
    )
    cron: str = Field(
        description="When: minute, hour, day of month, month, day of week (0 or 7 is Sunday). "
        "Write it in quotes: in YAML a bare `*` means something else.",
        examples=["0 */6 * * *", "30 7 * * 1-5"],
        json_schema_extra={
            "pattern": r"^\s*[\w*/,#?-]+(\s+[\w*/,#?-]+){4}\s*$",
            "patternErrorMessage": 'Write five fields, for example "0 */6 * * *".',
        },
    )
    timezone: str = Field(
        description="The zone in which `cron` is read; daylight saving time is followed.",
        examples=["America/Los_Angeles", "UTC"],
        json_schema_extra={
            "pattern": r"^[A-Za-z][A-Za-z0-9_+/-]*$",
            "patternErrorMessage": "Write an IANA name, for example America/Los_Angeles.",
        },
    )
    deadline: str = Field(
        description="How long after its time a run must be done; later, the watchdog calls it "
        "late. A number with `s`, `m` or `h`.",
        examples=["10m"],
        json_schema_extra={
            "pattern": DURATION_PATTERN,
            "patternErrorMessage": 'Write a number with s, m or h, for example "10m".',
        },
    )
    notify: list[_Text] = Field(
        min_length=1,
        description="Whom to tell: names of channels.",
        examples=[["slack-alerts"]],
    )


class SchedulesEntry(_Strict):
    """The whole file."""

    schedules: list[ScheduleEntry] = Field(
        description="When checkpoints run; a checkpoint may have several schedules, each with a "
        "name of its own.",
        examples=[
            [
                {
                    "checkpoint": "health_check",
                    "cron": "0 */6 * * *",
                    "timezone": "America/Los_Angeles",
                    "deadline": "10m",
                    "notify": ["slack-alerts"],
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


def read_schedules(
    file: Path, *, checkpoints: Collection[str] | None = None
) -> tuple[Schedule, ...]:
    """The schedules in ``file``, in its order; none where there is no such file.

    Args:
        file: ``schedule.yml``.
        checkpoints: the names that may be scheduled; None lets any name pass.

    Raises:
        ConfigError: not YAML, an unknown or missing key, a wrong value, a name twice, a
            checkpoint that is not there: with file, key and mend.
    """
    if not file.is_file():
        return ()
    raw = read_yaml(file, error=ConfigError, what="the schedule")
    entry = explain(SchedulesEntry, raw, file=file, error=ConfigError)
    found: list[Schedule] = []
    for index, one in enumerate(entry.schedules):
        key = f"schedules[{index}]"
        schedule = _schedule(one, file=file, key=key)
        if any(schedule.name == other.name for other in found):
            raise ConfigError(
                f"two schedules are called {schedule.name!r}",
                file=file,
                key=f"{key}.name",
                mend="give each schedule of a checkpoint a name of its own",
            )
        if checkpoints is not None and schedule.checkpoint not in checkpoints:
            raise ConfigError(
                f"the schedule names checkpoint {schedule.checkpoint!r}, which is not there",
                file=file,
                key=f"{key}.checkpoint",
                mend=did_you_mean(schedule.checkpoint, checkpoints),
            )
        found.append(schedule)
    return tuple(found)


def _schedule(entry: ScheduleEntry, *, file: Path, key: str) -> Schedule:
    return Schedule(
        name=entry.name or entry.checkpoint,
        checkpoint=entry.checkpoint,
        cron=_cron(entry.cron, file=file, key=f"{key}.cron"),
        timezone=_timezone(entry.timezone, file=file, key=f"{key}.timezone"),
        deadline=_duration(entry.deadline, file=file, key=f"{key}.deadline"),
        notify=tuple(entry.notify),
    )


def _cron(text: str, *, file: Path, key: str) -> str:
    fields = text.split()
    if len(fields) != len(CRON_FIELDS):
        raise ConfigError(
            f"{text!r} has {len(fields)} fields, not five",
            file=file,
            key=key,
            mend=f'write {", ".join(CRON_FIELDS)}, for example "0 */6 * * *"',
        )
    return " ".join(fields)


def _timezone(name: str, *, file: Path, key: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ConfigError(
            f"there is no time zone {name!r}",
            file=file,
            key=key,
            mend="write an IANA name such as America/Los_Angeles",
        ) from None


def _duration(text: str, *, file: Path, key: str) -> timedelta:
    if not re.fullmatch(DURATION_PATTERN, text):
        raise ConfigError(
            f"{text!r} is no duration",
            file=file,
            key=key,
            mend="write a number with s, m or h, for example 10m",
        )
    return timedelta(**{_UNITS[text[-1]]: int(text[:-1])})
