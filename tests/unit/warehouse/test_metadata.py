"""The columns of a table as metadata has them: types, sizes and modes, without a scan."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from google.cloud.bigquery import SchemaField, Table

from plumbline.models.relations import Relation
from plumbline.warehouse.metadata import table_metadata
from support.targets import bigquery_target


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
    table = Table("p.shop.orders", [SchemaField.from_api_repr(field) for field in fields])
    client: Any = SimpleNamespace(get_table=lambda *_args, **_kwargs: table)
    found = table_metadata(client, bigquery_target(), Relation("p", "shop", "orders"))
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
