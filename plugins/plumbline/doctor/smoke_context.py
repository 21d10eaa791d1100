"""What the steps of the smoke test share: project, target, client, and a step's result."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any

from plumbline.doctor.table_checks import Sources, resolve_sources
from plumbline.models.sources import FoundSource
from plumbline.project import Project, Target
from plumbline.warehouse.client import open_client
from plumbline.warehouse.jobs import JobRunner
from plumbline.warehouse.query import QueryRequest

SECONDS = 60.0
"""For one question."""

WRITE_DATASET = "plumbline_smoke"


class Shown(StrEnum):
    """Whether a step showed what BigQuery should do."""

    PASS = "PASS"
    FAIL = "FAIL"
    NOT_SHOWN = "NOT SHOWN"


@dataclass(frozen=True)
class Result:
    """One step, as it is written down."""

    step: str
    verdict: Shown
    said: str
    seconds: float = 0.0

    def render(self) -> str:
        """One line."""
        return f"{self.verdict:9}  {self.step}: {self.said}\n"


Seen = tuple[Shown, str]


@dataclass
class Smoke:
    """The project and target that are tried."""

    project: Project
    target: Target
    write: bool

    @cached_property
    def client(self) -> Any:
        """Google's own client."""
        return open_client(self.target)

    def ask(self, name: str, sql: str, **changes: Any) -> Any:
        """One query as a run sends it; ``limits`` and ``location`` replace the target's."""
        limits = changes.pop("limits", {})
        target = dataclasses.replace(
            self.target,
            limits=dataclasses.replace(self.target.limits, **limits),
            location=changes.pop("location", self.target.location),
        )
        runner = JobRunner(target, {"app": "plumbline", "checkpoint": "smoke"})
        return runner.submit(QueryRequest(f"smoke_{name}", sql, **changes))

    def job(self, job_id: str) -> Any:
        """A job as jobs.get has it now."""
        return self.client.get_job(job_id, location=self.target.location, timeout=SECONDS)

    @cached_property
    def sources(self) -> Sources:
        """The declared tables, and where they are."""
        return resolve_sources(self.project, self.target)

    @property
    def tables(self) -> list[FoundSource]:
        """Those that hold rows."""
        return [one for one in self.sources.found if not one.relation.is_view_of_metadata]


def seen(good: bool, said: str) -> Seen:
    """What a step returns."""
    return (Shown.PASS if good else Shown.FAIL), said
