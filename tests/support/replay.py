"""A schedule re-lived: the shipped checkpoint run every six hours, in one process.

Everything is real but the clock: the warehouse with the demo season, GX, the state of alerts in a
dataset of the test's own, HTTP to whatever server stands for Slack. Importing GX once is what makes
dozens of runs affordable.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from plumbline.project import Project, Target
from plumbline.run.outcome import RunReport
from plumbline.run.request import AsOf, RunRequest
from plumbline.run.runner import run_checkpoint
from plumbline.warehouse.ready import ensure_ready

SCHEDULE_ZONE = ZoneInfo("America/Los_Angeles")
NEW_YORK = ZoneInfo("America/New_York")


@dataclass(frozen=True)
class Replay:
    """The shipped project over a warehouse of the test's own."""

    project: Project
    target: Target

    def run(self, at: datetime, *, checkpoint: str = "health_check") -> RunReport:
        """One run that judges ``at`` and may touch incidents."""
        request = RunRequest(
            project=self.project,
            target=self.target,
            as_of=AsOf(at.astimezone(NEW_YORK), "given"),
            checkpoint=checkpoint,
            alerts=True,
        )
        return run_checkpoint(request, now=at)


def make_replay(root: Path, state_dir: Path, dataset: str) -> Replay:
    """The project in ``root``, its state of alerts in ``dataset``."""
    project = Project(root)
    target = replace(project.target("local"), state_dir=state_dir)
    ready = ensure_ready(target)
    return Replay(project, replace(ready, datasets={**ready.datasets, "plumbline": dataset}))


def every_six_hours(first: str, last: str) -> Iterator[datetime]:
    """The runs of ``0 */6 * * *`` in Los Angeles, from the first of one day to the last of another."""
    at = datetime.fromisoformat(first).replace(tzinfo=SCHEDULE_ZONE)
    end = datetime.fromisoformat(last).replace(tzinfo=SCHEDULE_ZONE) + timedelta(days=1)
    while at < end:
        yield at
        at += timedelta(hours=6)
