"""The real scheduler as a process, with runs that are lines of shell and fall due every second.

    python quick_scheduler.py STATE_DIR SCRIPT [DEADLINE [GRACE [EVERY]]]

All in seconds. Cron knows nothing shorter than a minute; only when runs are due is of this file.
"""

from __future__ import annotations

import math
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from plumbline.cli.output import write_message
from plumbline.core.instants import exact_rfc3339
from plumbline.project import Schedule
from plumbline.project.state_files import StateFiles
from plumbline.schedule.executor import Executor
from plumbline.schedule.scheduler import run_until_stopped


def main(state_dir: str, script: str, *numbers: str) -> None:
    """Run until SIGTERM."""
    deadline, grace, every = (*map(float, numbers), *(10.0, 10.0, 1.0)[len(numbers) :])
    schedule = Schedule(
        name="quick",
        checkpoint="quick",
        cron="* * * * *",
        timezone=ZoneInfo("UTC"),
        deadline=timedelta(seconds=deadline),
        notify=("nobody",),
    )

    def at(number: float) -> datetime:
        return datetime.fromtimestamp(number * every, UTC)

    def following(_: Schedule, after: datetime) -> datetime:
        return at(math.floor(after.timestamp() / every) + 1)

    def last(_: Schedule, before: datetime) -> datetime:
        return at(math.ceil(before.timestamp() / every) - 1)

    def say(text: str) -> None:
        write_message(f"{exact_rfc3339(datetime.now(UTC))} {text}")

    state = StateFiles(Path(state_dir), "quick", "local")
    run_until_stopped(
        lambda stopping: Executor(
            [schedule],
            command=lambda _: ["sh", "-c", script],
            state=state,
            stopping=stopping,
            say=say,
            clock=lambda: datetime.now(UTC),
            last=last,
            following=following,
            patience=timedelta(seconds=0.5),
        ),
        state=state,
        grace=timedelta(seconds=grace),
        say=say,
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
