"""The first witness: the embedded BigQuery, through the client that plumbline uses."""

from __future__ import annotations

import io
import json
import math
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from google.cloud import bigquery

from definitions.cases import PROJECT, Answer
from definitions.tables import Row, World
from plumbline.models import CompiledModel
from plumbline.project.targets import Target
from plumbline.warehouse.client import open_client
from plumbline.warehouse.tables import SourceTable
from support.source_tables import read_source_tables


class EmbeddedBigQuery:
    """Loads a world when it is asked about, in the place of the one before.

    So a question that comes again, about another world, is the same text: the server, which takes
    longer to translate a statement than to run it, remembers what it made of it.
    """

    name = "embedded"

    def __init__(self, target: Target) -> None:
        # A project of its own keeps it out of the way of other tests.
        self.project = f"definitions-{uuid.uuid4().hex[:8]}"
        self.client = open_client(replace(target, project=self.project))
        self.tables = {
            table.key: table for table in read_source_tables(PROJECT.root / "models/sources.yml")
        }
        self._held: dict[str, Sequence[Row]] = {}
        """The rows of each table that was made."""

    def ask(self, model: CompiledModel, world: World) -> list[Answer]:
        """The rows of ``model`` over ``world``."""
        self.hold(world, model.sources)
        config = bigquery.QueryJobConfig(
            query_parameters=[
                bigquery.ArrayQueryParameter(p.name, p.element_type, list(p.value))  # type: ignore[arg-type]
                if p.element_type
                else bigquery.ScalarQueryParameter(p.name, p.type, p.value)
                for p in model.parameters
            ]
        )
        return [
            dict(row.items()) for row in self.client.query(model.sql, job_config=config).result()
        ]

    def hold(self, world: World, keys: Iterable[str]) -> None:
        """See to it that these tables hold the rows of ``world`` and no others."""
        for key in keys:
            self._hold(key, world.tables.get(key, ()))

    def drop(self, key: str) -> None:
        """Remove a table, until a world is held again."""
        table = self.tables[key]
        self.client.query(f"drop table `{self.project}.{table.dataset}`.{table.name}").result()
        del self._held[key]

    def _hold(self, key: str, rows: Sequence[Row]) -> None:
        table = self.tables[key]
        dataset = f"{self.project}.{table.dataset}"
        if key not in self._held:
            self.client.create_dataset(dataset, exists_ok=True)
            self.client.query(table.ddl(self.project, table.dataset, replace=False)).result()
            self._held[key] = ()
        held = self._held[key]
        if held is rows or not (held or rows):
            return
        if rows:
            load_rows(self.client, table, dataset, rows, write="WRITE_TRUNCATE")
        else:
            self.client.query(f"delete from `{dataset}`.`{table.name}` where true").result()
        self._held[key] = rows


def load_rows(
    client: bigquery.Client,
    table: SourceTable,
    dataset: str,
    rows: Sequence[Row],
    *,
    write: str = "WRITE_APPEND",
) -> None:
    """Append ``rows`` to ``table`` in ``dataset`` by one load job, or write them in its place."""
    if not rows:
        return
    lines = "\n".join(json.dumps(_as_json(row, table)) for row in rows)
    job = client.load_table_from_file(
        io.BytesIO(lines.encode()),
        f"{dataset}.{table.name}",
        job_config=bigquery.LoadJobConfig(
            source_format="NEWLINE_DELIMITED_JSON", write_disposition=write
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
        zone = "" if value.tzinfo is None else " UTC"
        return value.strftime("%Y-%m-%d %H:%M:%S.%f") + zone
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)  # as BigQuery's JSON has it: JSON has no such numbers
    return value
