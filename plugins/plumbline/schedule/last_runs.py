"""What the scheduler ran last, in the folder of local state: so that a missed run is caught up.

The file may be missing or torn: then nothing is known, and nothing is caught up.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import AwareDatetime

from plumbline.core.adapter import adapter
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
    due: AwareDatetime
    outcome: Outcome
    exit_code: int | None = None
    """Negative: the signal that ended it. None: it never started."""
    ended_at: AwareDatetime | None = None


_RUNS = dict[str, LastRun]
"""By schedule."""


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
        found: dict[str, LastRun] = adapter(_RUNS).validate_python(read["schedules"])
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return found


def write_last_runs(files: StateFiles, runs: Mapping[str, LastRun]) -> None:
    """Put ``runs`` in the place of what was known.

    Raises:
        OSError: the file can't be written; the old one is then whole.
    """
    content = {
        "schema_version": SCHEMA_VERSION,
        "schedules": adapter(_RUNS).dump_python(dict(sorted(runs.items())), mode="json"),
    }
    is_taken_over = not files.path(NAME).exists() and bool(_read_older(files, runs))
    replace_file(files.path(NAME), json.dumps(content, indent=1))
    if is_taken_over:
        files.older(NAME).unlink(missing_ok=True)
