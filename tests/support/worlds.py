"""A hand-made world as the tables of a whole run: the shipped project on a few rows."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from google.cloud import bigquery

from definitions.embedded import load_rows
from definitions.tables import World, at
from plumbline.core.outcome import Outcome
from plumbline.gx.context import open_workspace
from plumbline.project import Project, Target
from plumbline.run.request import AsOf, RunRequest
from plumbline.run.runner import run_checkpoint
from plumbline.warehouse.client import open_client
from support.source_tables import read_source_tables

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class LoadedWorld:
    """The tables of a world in a Google project of their own."""

    target: Target
    client: bigquery.Client

    def ask(self, sql: str, as_of: str) -> Any:
        """The one value that a hand-written query gives, as a script of old would have read it."""
        config = bigquery.QueryJobConfig(
            query_parameters=[bigquery.ScalarQueryParameter("as_of", "TIMESTAMP", at(as_of))]
        )
        (row,) = self.client.query(sql, job_config=config).result()
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


def load_world(world: World, warehouse: Target) -> LoadedWorld:
    """Every table of the project, filled with the rows of ``world``."""
    target = replace(
        warehouse, project=f"world-{uuid.uuid4().hex[:12]}", project_dir=ROOT, seed=None
    )
    client = open_client(target)
    for table in read_source_tables(ROOT / "models/sources.yml"):
        client.create_dataset(f"{target.project}.{table.dataset}", exists_ok=True)
        client.query(table.ddl(target.project, table.dataset, replace=False)).result()
        load_rows(
            client, table, f"{target.project}.{table.dataset}", world.tables.get(table.key, [])
        )
    return LoadedWorld(target, client)
