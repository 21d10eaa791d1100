"""What metadata says of a table, without a scan: types, sizes, modes and partitions."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from google.cloud.bigquery import SchemaField, Table

from plumbline.models.relations import Relation
from plumbline.warehouse.metadata import TableMetadata, table_metadata
from support.targets import bigquery_target


def metadata_of(table: Table) -> TableMetadata:
    client: Any = SimpleNamespace(get_table=lambda *_args, **_kwargs: table)
    return table_metadata(client, bigquery_target(), Relation("p", "shop", "orders"))


def test_every_field_has_its_type_size_and_mode() -> None:
    """As BigQuery's API writes fields; the embedded warehouse keeps no sizes."""
    fields = [
        {"name": "id", "type": "INTEGER", "mode": "REQUIRED"},
        {"name": "code", "type": "STRING", "mode": "NULLABLE", "maxLength": "8"},
        {"name": "price", "type": "NUMERIC", "precision": "10", "scale": "2"},
        {"name": "whole", "type": "BIGNUMERIC", "precision": "40"},
        {"name": "span", "type": "RANGE", "rangeElementType": {"type": "DATE"}},
        {"name": "tags", "type": "STRING", "mode": "REPEATED"},
        {"name": "items", "type": "RECORD", "mode": "REPEATED", "fields": [
            {"name": "sku", "type": "STRING", "mode": "REQUIRED"}]},
    ]  # fmt: skip
    found = metadata_of(Table("p.shop.orders", [SchemaField.from_api_repr(one) for one in fields]))
    assert found.fields == {
        "id": "INT64 NOT NULL",
        "code": "STRING(8)",
        "price": "NUMERIC(10,2)",
        "whole": "BIGNUMERIC(40)",
        "span": "RANGE<DATE>",
        "tags": "ARRAY<STRING>",
        "items": "ARRAY<STRUCT>",
        "items.sku": "STRING NOT NULL",
    }


def partitioned(**resource: Any) -> TableMetadata:
    place = {"projectId": "p", "datasetId": "shop", "tableId": "orders"}
    return metadata_of(Table.from_api_repr({"tableReference": place, **resource}))


BY_NUMBER = {"field": "id", "range": {"start": "0", "end": "9", "interval": "1"}}


@pytest.mark.parametrize(
    ("resource", "column", "pseudo"),
    [
        ({}, None, []),
        ({"timePartitioning": {"type": "DAY", "field": "day"}}, "day", []),
        ({"timePartitioning": {"type": "DAY"}}, "_PARTITIONDATE", ["_PARTITIONDATE", "_PARTITIONTIME"]),
        ({"timePartitioning": {"type": "HOUR"}}, "_PARTITIONTIME", ["_PARTITIONTIME"]),
        ({"rangePartitioning": BY_NUMBER}, None, []),
    ],
)  # fmt: skip
def test_a_table_partitioned_by_ingestion_time_has_pseudo_columns(
    resource: dict[str, Any], column: str | None, pseudo: list[str]
) -> None:
    found = partitioned(**resource)
    assert (found.partition_column, [one.name for one in found.pseudo_columns]) == (column, pseudo)
    assert found.needs_filter is None


@pytest.mark.parametrize(
    ("resource", "column"),
    [
        ({"timePartitioning": {"type": "DAY", "field": "day"}}, "day"),
        ({"timePartitioning": {"type": "HOUR"}}, "_PARTITIONTIME"),
        ({"rangePartitioning": BY_NUMBER}, "id"),
    ],
)
def test_the_column_that_must_be_filtered_is_known(resource: dict[str, Any], column: str) -> None:
    assert partitioned(**resource, requirePartitionFilter=True).needs_filter == column
