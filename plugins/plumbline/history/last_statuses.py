"""How each monitor was when it was last looked at, in the folder of local state.

A convenience for ``plumbline list``: it may be missing or torn without harm, and a run never
fails for it.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace

from plumbline.core.instants import exact_rfc3339
from plumbline.core.local_file import replace_file
from plumbline.core.outcome import RunReport
from plumbline.project.state_files import StateFiles

NAME = "last_statuses"
SCHEMA_VERSION = 1


@dataclass(frozen=True)
class LastStatus:
    """How a monitor was when it was last looked at, and the fields of that
    `plumbline.core.run.Run`, flat because a file stores them."""

    status: str
    as_of: str
    run_id: str
    checkpoint: str
    target: str
    owner: str | None = None
    thresholds: str = ""
    """These two only of what is recorded: no file of the project says them."""


def read_last_statuses(files: StateFiles) -> dict[str, LastStatus]:
    """By monitor; empty where nothing was run or the file can't be read."""
    file = files.path(NAME)
    try:
        read = json.loads((file if file.exists() else files.older(NAME)).read_text("utf-8"))
        if read["schema_version"] != SCHEMA_VERSION:
            return {}
        found = {name: LastStatus(**entry) for name, entry in read["monitors"].items()}
        # The file of an earlier version is of all targets.
        return {name: last for name, last in found.items() if last.target == files.target}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def keep_last_statuses(files: StateFiles, report: RunReport) -> RunReport:
    """Record the statuses of ``report``; it with a note, where the file can't be written."""
    try:
        record_last_statuses(files, report)
    except OSError as fault:
        return replace(
            report, notes=(*report.notes, f"The last statuses could not be stored: {fault}")
        )
    return report


def record_last_statuses(files: StateFiles, report: RunReport) -> None:
    """Put this run's statuses in the place of older ones; monitors it did not look at stay.

    Raises:
        OSError: the file can't be written; the old one is then whole.
    """
    statuses = read_last_statuses(files)
    for outcome in report.outcomes:
        statuses[outcome.monitor] = LastStatus(
            status=str(outcome.status),
            as_of=exact_rfc3339(report.as_of),
            run_id=report.run_id,
            checkpoint=report.checkpoint,
            target=report.target,
            owner=outcome.owner if report.is_recorded else None,
            thresholds=outcome.thresholds if report.is_recorded else "",
        )
    content = {
        "schema_version": SCHEMA_VERSION,
        "monitors": {name: asdict(status) for name, status in sorted(statuses.items())},
    }
    replace_file(files.path(NAME), json.dumps(content, indent=1))
    files.older(NAME).unlink(missing_ok=True)
