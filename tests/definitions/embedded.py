"""The first witness: the embedded BigQuery, through the client that plumbline uses."""

from __future__ import annotations

import io
import json
import math
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from google.cloud import bigquery

from definitions.cases import PROJECT, Answer
from definitions.tables import World
from plumbline.models import CompiledModel
from plumbline.project.targets import Target
from plumbline.warehouse.client import open_client
from plumbline.warehouse.tables import SourceTable
from support.source_tables import read_source_tables


class EmbeddedBigQuery:
    """Loads each world once, by load jobs, and asks with query parameters."""

    name = "embedded"

    def __init__(self, target: Target) -> None:
        # A project of its own keeps it out of the way of other tests; the datasets carry the
        # number of the world, because the server knows no way to be emptied quickly.
        self.project = f"definitions-{uuid.uuid4().hex[:8]}"
        self._client = open_client(replace(target, project=self.project))
        self._tables = {
            table.key: table for table in read_source_tables(PROJECT.root / "models/sources.yml")
        }
        self._numbers: dict[int, int] = {}
        self._loaded: dict[int, set[str]] = {}
        self._worlds: list[World] = []

    def ask(self, model: CompiledModel, world: World) -> list[Answer]:
        """The rows of ``model`` over ``world``."""
        number = self._number(world)
        sql = model.sql
        for key in model.sources:
            dataset, table = key.split(".")
            self._load(world, number, key)
            sql = sql.replace(f"`{dataset}`.`{table}`", f"`{dataset}_{number}`.`{table}`")
        config = bigquery.QueryJobConfig(
            query_parameters=[
                bigquery.ArrayQueryParameter(p.name, p.element_type, list(p.value))  # type: ignore[arg-type]
                if p.element_type
                else bigquery.ScalarQueryParameter(p.name, p.type, p.value)
                for p in model.parameters
            ]
        )
        return [dict(row.items()) for row in self._client.query(sql, job_config=config).result()]

    def _number(self, world: World) -> int:
        if id(world) not in self._numbers:
            self._worlds.append(world)  # kept alive, so that its id stays its own
            self._numbers[id(world)] = len(self._worlds)
        return self._numbers[id(world)]

    def _load(self, world: World, number: int, key: str) -> None:
        loaded = self._loaded.setdefault(number, set())
        if key in loaded:
            return
        loaded.add(key)
        table = self._tables[key]
        dataset = f"{table.dataset}_{number}"
        self._client.create_dataset(f"{self.project}.{dataset}", exists_ok=True)
        self._client.query(table.ddl(self.project, dataset, replace=False)).result()
        load_rows(self._client, table, f"{self.project}.{dataset}", world.tables.get(key, []))


def load_rows(
    client: bigquery.Client, table: SourceTable, dataset: str, rows: Sequence[Mapping[str, Any]]
) -> None:
    """Append ``rows`` to ``table`` in ``dataset`` by one load job."""
    if not rows:
        return
    lines = "\n".join(json.dumps(_as_json(row, table)) for row in rows)
    job = client.load_table_from_file(
        io.BytesIO(lines.encode()),
        f"{dataset}.{table.name}",
        job_config=bigquery.LoadJobConfig(
            source_format="NEWLINE_DELIMITED_JSON", write_disposition="WRITE_APPEND"
        ),
    )
    job.result()


def _as_json(row: Mapping[str, Any], table: SourceTable) -> dict[str, Any]:
    """Every column, in the order of the table: the server matches columns by place."""
    unknown = row.keys() - {name for name, _ in table.columns}
    assert not unknown, f"{table.key} has no column {unknown}"
    return {name: _plain(row.get(name)) for name, _ in table.columns}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S.%f UTC")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)  # as BigQuery's JSON has it: JSON has no such numbers
    return value
