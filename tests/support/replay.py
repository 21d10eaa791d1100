"""A schedule re-lived: the shipped checkpoint run every six hours, in one process.

Everything is real but the clock: the warehouse with the demo season, GX, the state of alerts in a
dataset of the test's own, HTTP to whatever server stands for Slack. Two things make dozens of runs
affordable: GX is imported once, and each monitor's model, which is set-oriented in ``as_of``, is
asked once for all instants (that this gives the same as asking one by one is proved in
tests/definitions/test_one_instant_or_many.py).
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from shutil import copy, copytree
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from demo_site.jobs import ScheduleJobs
from plumbline.core.outcome import RunReport
from plumbline.gx.context import open_workspace
from plumbline.project import Project, Target
from plumbline.run import runner
from plumbline.run.request import AsOf, RunRequest
from plumbline.run.runner import run_checkpoint

SCHEDULE_ZONE = ZoneInfo("America/Los_Angeles")
NEW_YORK = ZoneInfo("America/New_York")


@dataclass(frozen=True)
class Replay:
    """The shipped project over a warehouse of the test's own."""

    project: Project
    target: Target

    def schedule(self, instants: Iterable[datetime], monkeypatch: pytest.MonkeyPatch) -> None:
        """Ask once for all ``instants``; the runs are then of these."""
        monkeypatch.setattr(ScheduleJobs, "instants", list(instants))
        monkeypatch.setattr(ScheduleJobs, "sent", {})
        monkeypatch.setattr(runner, "MonitorJobs", ScheduleJobs)

    def run(
        self, at: datetime, *, checkpoint: str = "health_check", docs: bool = True
    ) -> RunReport:
        """One run that judges ``at`` and may touch incidents."""
        request = RunRequest(
            project=self.project,
            target=self.target,
            as_of=AsOf(at.astimezone(NEW_YORK), "given"),
            checkpoint=checkpoint,
            alerts=True,
            docs=docs,
        )
        return run_checkpoint(request, now=at, open_workspace=open_workspace)


def make_replay(root: Path) -> Replay:
    """The project in ``root``, over the warehouse that the environment names."""
    project = Project(root)
    return Replay(project, project.target("local"))


def copy_project(root: Path, shipped: Path, *actions: dict[str, Any]) -> Path:
    """The shipped project, with a dataset of its own for its state, and ``actions`` besides.

    It runs on a season that is there already: where BIGQUERY_EMULATOR_HOST names none, plumbline
    would fill the warehouse again, because this project has other datasets.
    """
    root.mkdir()
    for name in ("models", "macros", "expectations", "scripts", "docs"):
        copytree(shipped / name, root / name)
    copy(shipped / "dbt_project.yml", root)
    (root / "checkpoints").mkdir()
    for file in (shipped / "checkpoints").iterdir():
        text = file.read_text()
        if file.suffix == ".json":
            checkpoint = json.loads(text)
            checkpoint["actions"] += actions
            text = json.dumps(checkpoint)
        (root / "checkpoints" / file.name).write_text(text)
    configuration = (shipped / "great_expectations.yml").read_text()
    own = f"datasets: {{plumbline: plumbline_{uuid.uuid4().hex[:8]}}}"
    (root / "great_expectations.yml").write_text(
        configuration.replace("kind: embedded\n", f"kind: embedded\n        {own}\n")
    )
    return root


def every_six_hours(first: str, last: str) -> Iterator[datetime]:
    """The runs of ``0 */6 * * *`` in Los Angeles, from the first of one day to the last of another."""
    at = datetime.fromisoformat(first).replace(tzinfo=SCHEDULE_ZONE)
    end = datetime.fromisoformat(last).replace(tzinfo=SCHEDULE_ZONE) + timedelta(days=1)
    while at < end:
        yield at
        at += timedelta(hours=6)
