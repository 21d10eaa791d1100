"""What is scheduled, and when the next runs are: for people and for machines.

Used by ``plumbline schedule show``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from plumbline.core.cron import in_words
from plumbline.core.instants import exact_rfc3339
from plumbline.core.text import span
from plumbline.project.due import due_between
from plumbline.project.schedule import Schedule, write_duration
from plumbline.report.page import Facts, Name, Section
from plumbline.schedule.last_runs import LastRun

SCHEMA_VERSION = 1

_FOREVER = timedelta(days=366 * 100)


@dataclass(frozen=True)
class ScheduleView:
    """One schedule, its next runs, and how the scheduler's last run of it went."""

    schedule: Schedule
    words: str
    """The cron expression in words."""
    following: tuple[datetime, ...]
    last: LastRun | None
    """None: ``schedule run`` has not run it from here."""


def read_overview(
    schedules: Sequence[Schedule],
    *,
    now: datetime,
    count: int,
    last_runs: Mapping[str, LastRun],
) -> tuple[ScheduleView, ...]:
    """Each of ``schedules`` with its next ``count`` runs after ``now``."""
    return tuple(
        ScheduleView(
            schedule=one,
            words=in_words(one.cron),
            following=tuple(islice(due_between(one, now, now + _FOREVER), count)),
            last=found if (found := last_runs.get(one.name)) and found.ended_at else None,
        )
        for one in schedules
    )


def overview_page(views: Sequence[ScheduleView], *, now: datetime) -> list[Section]:
    """A section a schedule."""
    if not views:
        none = "nothing is scheduled: no checkpoint has a schedule in checkpoints/schedule.yml"
        return [Section("", (none,))]
    return [Section(Name(view.schedule.name), (Facts(tuple(_facts(view, now))),)) for view in views]


def overview_dict(views: Sequence[ScheduleView], *, now: datetime) -> dict[str, object]:
    return {
        "schema_version": SCHEMA_VERSION,
        "now": exact_rfc3339(now),
        "schedules": [_entry(view) for view in views],
    }


def _facts(view: ScheduleView, now: datetime) -> Iterator[tuple[str, str]]:
    schedule = view.schedule
    yield "checkpoint", schedule.checkpoint
    yield "when", f"{schedule.cron}  ({view.words}, {schedule.timezone.key})"
    for window in schedule.maintenance:
        yield "no runs", window.describe()
    yield "deadline", write_duration(schedule.deadline)
    yield "notifies", ", ".join(schedule.notify)
    if view.last is not None:
        yield "last run", _last(view.last, schedule)
    for number, due in enumerate(view.following):
        yield ("" if number else "next runs"), _due(due, schedule, now)


def _due(due: datetime, schedule: Schedule, now: datetime) -> str:
    return f"{_local(due, schedule)}  {due:%Y-%m-%d %H:%M} UTC  in {span(due - now)}"


def _last(last: LastRun, schedule: Schedule) -> str:
    how = last.outcome if last.exit_code is None else f"{last.outcome}, exit code {last.exit_code}"
    return f"{_local(last.due, schedule)}  {how}"


def _local(instant: datetime, schedule: Schedule) -> str:
    return f"{instant.astimezone(schedule.timezone):%a %Y-%m-%d %H:%M %Z}"


def _entry(view: ScheduleView) -> dict[str, Any]:
    schedule, last = view.schedule, view.last
    return {
        "name": schedule.name,
        "checkpoint": schedule.checkpoint,
        "cron": schedule.cron,
        "words": view.words,
        "timezone": schedule.timezone.key,
        "maintenance": [
            {
                "cron": window.cron,
                "duration_seconds": int(window.duration.total_seconds()),
                "zone": window.zone,
            }
            for window in schedule.maintenance
        ],
        "deadline_seconds": int(schedule.deadline.total_seconds()),
        "notify": list(schedule.notify),
        "last": None
        if last is None or last.ended_at is None
        else {
            "due": exact_rfc3339(last.due),
            "outcome": last.outcome,
            "exit_code": last.exit_code,
            "ended_at": exact_rfc3339(last.ended_at),
        },
        "next": [
            {"utc": exact_rfc3339(due), "local": due.astimezone(schedule.timezone).isoformat()}
            for due in view.following
        ],
    }
