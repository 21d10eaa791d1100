"""Metadata of a table: its columns and types, without a scan and without a query job."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar

from plumbline.core.errors import WarehouseError
from plumbline.models.properties import PSEUDO_COLUMNS
from plumbline.models.relations import Relation
from plumbline.net.deadline import deadline
from plumbline.project.targets import Target
from plumbline.warehouse.failures import Call, explain_failure
from plumbline.warehouse.query import LEGACY_NAMES, type_name
from plumbline.warehouse.result import ResultColumn
from plumbline.warehouse.retries import PATIENCE, make_retry

if TYPE_CHECKING:
    from google.api_core.retry import Retry
    from google.cloud import bigquery

ASK_SECONDS = 20.0
"""For one question about metadata."""

T = TypeVar("T")


def ask_metadata(target: Target, ask: Callable[[Retry], T]) -> T:
    """What BigQuery answers to a question that is not a job.

    Raises:
        WarehouseError: whatever went wrong.
    """
    from plumbline.warehouse.client import endpoint_of

    call = Call(target=target, endpoint=endpoint_of(target), deadline_seconds=ASK_SECONDS)
    with deadline(ASK_SECONDS):
        try:
            return ask(make_retry(target, patience=PATIENCE[target.kind]))
        except Exception as raised:
            raise explain_failure(raised, call) from raised


@dataclass(frozen=True)
class TableMetadata:
    """A table, as far as no row is read."""

    columns: tuple[ResultColumn, ...]
    """In the table's order, each followed by the fields of a STRUCT by their path."""
    partition_column: str | None = None
    """Of a table partitioned by ingestion time, the pseudo-column."""
    fields: Mapping[str, str] = field(default_factory=dict)
    """Every column and field, also within arrays, by its path: ``INT64 NOT NULL``."""
    pseudo_columns: tuple[ResultColumn, ...] = ()
    """That BigQuery adds: they are not among those of ``select *``."""
    needs_filter: str | None = None
    """The column without a filter on which BigQuery refuses a query; None: it needs none."""
    description: str = ""
    descriptions: Mapping[str, str] = field(default_factory=dict)
    """Of columns that have one."""


def table_metadata(client: bigquery.Client, target: Target, relation: Relation) -> TableMetadata:
    """The columns of a table, and the one by whose dates it is partitioned.

    Raises:
        WarehouseError: the table is not there, or can't be asked for.
    """
    found = relation if not relation.is_wildcard else _newest_of(client, target, relation)
    table = ask_metadata(
        target, lambda retry: client.get_table(table_reference(found), retry=retry)
    )
    time, numbers = table.time_partitioning, table.range_partitioning
    column = time.field if time else None
    pseudo = ["_TABLE_SUFFIX"] if relation.is_wildcard else []
    if time and column is None:
        # https://cloud.google.com/bigquery/docs/querying-partitioned-tables#query_an_ingestion-time_partitioned_table
        column = "_PARTITIONDATE" if time.type_ == "DAY" else "_PARTITIONTIME"
        pseudo += [column] if column == "_PARTITIONTIME" else [column, "_PARTITIONTIME"]
    return TableMetadata(
        tuple(_flattened(table.schema, "")),
        column,
        dict(_fields(table.schema, "")),
        tuple(ResultColumn(name, PSEUDO_COLUMNS[name]) for name in pseudo),
        (column or (numbers.field if numbers else None))
        if table.require_partition_filter
        else None,
        table.description or "",
        {one.name: one.description for one in table.schema if one.description},
    )


def _newest_of(client: bigquery.Client, target: Target, wildcard: Relation) -> Relation:
    """The table whose columns BigQuery takes for those of a wildcard: the last one created.

    https://cloud.google.com/bigquery/docs/querying-wildcard-tables#schema_used_for_query_evaluation

    Raises:
        WarehouseError: there is none.
    """
    from google.cloud import bigquery

    dataset = bigquery.DatasetReference(wildcard.project, wildcard.dataset)
    listed = ask_metadata(
        target, lambda retry: list(client.list_tables(dataset, page_size=1000, retry=retry))
    )
    prefix = wildcard.table.removesuffix("*")
    names = {one.table_id: one.created for one in listed if one.table_id.startswith(prefix)}
    if not names:
        raise WarehouseError(
            f"no table of {wildcard.dataset} has a name that begins with {prefix!r}",
            fix="check the name of the wildcard table",
            reason="notFound",
        )
    oldest = datetime.min.replace(tzinfo=UTC)
    return replace(wildcard, table=max(names, key=lambda name: (names[name] or oldest, name)))


def table_reference(relation: Relation, table: str | None = None) -> bigquery.TableReference:
    """A table in parts, because its name may contain spaces and dashes."""
    from google.cloud import bigquery

    dataset = bigquery.DatasetReference(relation.project, relation.dataset)
    return bigquery.TableReference(dataset, table or relation.table)


def _flattened(fields: Iterable[bigquery.SchemaField], prefix: str) -> Iterator[ResultColumn]:
    for one in fields:
        name = f"{prefix}{one.name}"
        yield ResultColumn(name, type_name(one))
        if one.field_type in ("RECORD", "STRUCT") and one.mode != "REPEATED":
            yield from _flattened(one.fields, f"{name}.")


def _fields(fields: Iterable[bigquery.SchemaField], prefix: str) -> Iterator[tuple[str, str]]:
    for one in fields:
        path = f"{prefix}{one.name}"
        yield path, _type_and_mode(one)
        yield from _fields(one.fields, f"{path}.")


def _type_and_mode(one: bigquery.SchemaField) -> str:
    """Of the field itself: what a STRUCT holds has a line of its own."""
    kind = LEGACY_NAMES.get(one.field_type, one.field_type)
    if one.range_element_type is not None:
        kind += f"<{one.range_element_type.element_type}>"
    size = [str(part) for part in (one.max_length or one.precision, one.scale) if part is not None]
    if size:
        kind += f"({','.join(size)})"
    if one.mode == "REPEATED":
        return f"ARRAY<{kind}>"
    return f"{kind} NOT NULL" if one.mode == "REQUIRED" else kind
