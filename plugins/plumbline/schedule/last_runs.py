"""What the scheduler ran last, in the folder of local state: so that a missed run is caught up.

The file may be missing or torn: then nothing is known, and nothing is caught up.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from plumbline.core.instants import exact_rfc3339
from plumbline.core.local_file import replace_file
from plumbline.project.state_files import StateFiles

NAME = "schedule"
SCHEMA_VERSION = 1

Outcome = Literal["first seen", "done", "hung", "not started"]
"""`first seen`: nothing was run; from here on a run that is missed is caught up."""


@dataclass(frozen=True)
class LastRun:
    cron: str
    timezone: str
    due: datetime
    outcome: Outcome
    exit_code: int | None = None
    """Negative: the signal that ended it. None: it never started."""
    ended_at: datetime | None = None


def read_last_runs(files: StateFiles, schedules: Collection[str]) -> dict[str, LastRun]:
    """By schedule; empty where nothing was run or the file can't be read.

    Args:
        schedules: the names of the project's, by which an earlier version's file is known.
    """
    file = files.path(NAME)
    return _read(file) if file.exists() else _read_older(files, schedules)


def _read_older(files: StateFiles, schedules: Collection[str]) -> dict[str, LastRun]:
    older = _read(files.older(NAME))
    return older if older.keys() <= set(schedules) else {}  # else it is another project's


def _read(file: Path) -> dict[str, LastRun]:
    try:
        read = json.loads(file.read_text(encoding="utf-8"))
        if read["schema_version"] != SCHEMA_VERSION:
            return {}
        return {str(name): _last_run(entry) for name, entry in read["schedules"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def write_last_runs(files: StateFiles, runs: Mapping[str, LastRun]) -> None:
    """Put ``runs`` in the place of what was known.

    Raises:
        OSError: the file can't be written; the old one is then whole.
    """
    content = {
        "schema_version": SCHEMA_VERSION,
        "schedules": {name: _entry(run) for name, run in sorted(runs.items())},
    }
    is_taken_over = not files.path(NAME).exists() and bool(_read_older(files, runs))
    replace_file(files.path(NAME), json.dumps(content, indent=1))
    if is_taken_over:
        files.older(NAME).unlink(missing_ok=True)


def _entry(run: LastRun) -> dict[str, Any]:
    return {
        "cron": run.cron,
        "timezone": run.timezone,
        "due": exact_rfc3339(run.due),
        "outcome": run.outcome,
        "exit_code": run.exit_code,
        "ended_at": None if run.ended_at is None else exact_rfc3339(run.ended_at),
    }


def _last_run(entry: Mapping[str, Any]) -> LastRun:
    ended_at = entry["ended_at"]
    return LastRun(
        cron=str(entry["cron"]),
        timezone=str(entry["timezone"]),
        due=_instant(entry["due"]),
        outcome=entry["outcome"],
        exit_code=entry["exit_code"],
        ended_at=None if ended_at is None else _instant(ended_at),
    )


def _instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError(f"{text!r} has no zone")
    return instant
