"""Small projects for tests: real files, real GX, the real embedded warehouse.

A monitor is a line of SQL and the expectations over it; no table is needed for most stories.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from plumbline.core.outcome import Outcome, RunReport
from plumbline.gx.context import open_workspace
from plumbline.project import Project, Target
from plumbline.run.request import AsOf, RunRequest
from plumbline.run.runner import run_checkpoint

NOW = datetime(2026, 2, 3, 5, tzinfo=UTC)

GREAT_EXPECTATIONS_YML = (Path(__file__).parents[2] / "great_expectations.yml").read_text()


def between(severity: str = "critical", **kwargs: Any) -> dict[str, Any]:
    """Our expectation, as it stands in a suite."""
    return {"type": "expect_metric_to_be_between", "severity": severity, "kwargs": kwargs}


@dataclass(frozen=True)
class SmallMonitor:
    """One monitor of a small project."""

    sql: str
    expectations: Sequence[dict[str, Any]] = field(
        default_factory=lambda: [
            between("warning", column="pct", aggregate="mean", min_value=80),
            between("critical", column="pct", aggregate="mean", min_value=50),
        ]
    )
    observed: Mapping[str, Any] | None = field(
        default_factory=lambda: {"column": "pct", "aggregate": "mean", "unit": "%"}
    )
    meta: Mapping[str, Any] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """``suite_parameters``."""
    suite_text: str | None = None
    """Instead of a suite made from the above."""


@dataclass(frozen=True)
class SmallProject:
    """A project in a folder of the test's own, and the warehouse that it queries."""

    root: Path
    target: Target

    @property
    def project(self) -> Project:
        """As it stands on disk now."""
        return Project(self.root)

    def add(self, name: str, monitor: SmallMonitor | str) -> None:
        """Write a monitor's model and suite."""
        if isinstance(monitor, str):
            monitor = SmallMonitor(monitor)
        (self.root / "models" / "monitors" / f"{name}.sql").write_text(monitor.sql)
        suite: dict[str, Any] = {
            "name": name,
            "meta": {"monitor": {"model": name, **monitor.meta}},
            "expectations": list(monitor.expectations),
        }
        if monitor.parameters:
            suite["suite_parameters"] = dict(monitor.parameters)
        if monitor.observed is not None:
            suite["meta"]["monitor"]["observed"] = monitor.observed
        text = monitor.suite_text if monitor.suite_text is not None else json.dumps(suite, indent=2)
        (self.root / "expectations" / f"{name}.json").write_text(text)

    def checkpoint(
        self, *monitors: str, name: str = "all", actions: Sequence[dict[str, Any]] = ()
    ) -> None:
        """Write a checkpoint over ``monitors``."""
        definitions = [{"name": monitor} for monitor in monitors]
        content = {"name": name, "validation_definitions": definitions, "actions": list(actions)}
        (self.root / "checkpoints" / f"{name}.json").write_text(json.dumps(content))

    def run(self, name: str = "all", **changes: Any) -> RunReport:
        """Run a checkpoint as the command line does."""
        request = RunRequest(
            project=self.project,
            target=self.target,
            as_of=AsOf(NOW, "given"),
            checkpoint=name,
            **changes,
        )
        return run_checkpoint(request, now=NOW, open_workspace=open_workspace)

    def run_at(self, now: datetime, name: str = "health", **changes: Any) -> RunReport:
        """Run a checkpoint as it would be run at ``now``, recorded and told, without docs."""
        request = RunRequest(
            project=self.project,
            target=self.target,
            as_of=AsOf(now, "now"),
            checkpoint=name,
            alerts=True,
            docs=False,
            **changes,
        )
        return run_checkpoint(request, now=now, open_workspace=open_workspace)

    def outcome(self, monitor: SmallMonitor | str) -> Outcome:
        """What a project of this one monitor finds."""
        self.add("only", monitor)
        self.checkpoint("only")
        (outcome,) = self.run().outcomes
        return outcome


def make_project(root: Path, warehouse: Target) -> SmallProject:
    """An empty project in ``root`` over the server of ``warehouse``."""
    for folder in ("expectations", "checkpoints", "models/monitors", "models/staging", "macros"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    (root / "great_expectations.yml").write_text(GREAT_EXPECTATIONS_YML)
    (root / "dbt_project.yml").write_text(
        "name: small\nversion: 1.0.0\nprofile: small\n"
        "vars:\n  timezone: America/New_York\n  days: 1\n"
        "  as_of: ['2026-02-03T05:00:00+00:00']\n"
        "  first_date: '2026-02-02'\n  last_date: '2026-02-02'\n"
    )
    target = replace(warehouse, project_dir=root, seed=None)
    return SmallProject(root=root, target=target)
