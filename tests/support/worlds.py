"""A hand-made world as the tables of a whole run: the shipped project on a few rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from google.cloud import bigquery

from definitions.embedded import EmbeddedBigQuery
from definitions.tables import World, at
from plumbline.core.outcome import Outcome
from plumbline.gx.context import open_workspace
from plumbline.project import Project, Target
from plumbline.run.request import AsOf, RunRequest
from plumbline.run.runner import run_checkpoint

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class LoadedWorld:
    """The tables of a world, until the next one is loaded into them."""

    target: Target
    embedded: EmbeddedBigQuery

    def ask(self, sql: str, as_of: str) -> Any:
        """The one value that a hand-written query gives, as a script of old would have read it."""
        config = bigquery.QueryJobConfig(
            query_parameters=[bigquery.ScalarQueryParameter("as_of", "TIMESTAMP", at(as_of))]
        )
        (row,) = self.embedded.client.query(sql, job_config=config).result()
        return row[0]

    def outcomes(
        self, *monitors: str, as_of: str, variables: Mapping[str, object] | None = None
    ) -> tuple[Outcome, ...]:
        """What the shipped project finds."""
        request = RunRequest(
            project=Project(ROOT),
            target=self.target,
            as_of=AsOf(at(as_of), "given"),
            checkpoint="health_check_full",
            select=monitors,
            vars=variables or {},
        )
        return run_checkpoint(
            request, now=datetime.now(UTC), open_workspace=open_workspace
        ).outcomes

    def outcome(self, monitor: str, as_of: str, **options: Any) -> Outcome:
        """What one monitor of the shipped project finds."""
        (outcome,) = self.outcomes(monitor, as_of=as_of, **options)
        return outcome


def load_world(world: World, embedded: EmbeddedBigQuery, warehouse: Target) -> LoadedWorld:
    """Every table of the project, filled with the rows of ``world``."""
    embedded.hold(world, embedded.tables)
    target = replace(warehouse, project=embedded.project, project_dir=ROOT, seed=None)
    return LoadedWorld(target, embedded)
