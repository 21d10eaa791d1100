"""Arrow tables with the columns and types that ``models/sources.yml`` declares.

The generators make plain numpy columns a day; here they become tables a BigQuery load job takes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import yaml

from demo_season.errors import DemoSeasonError

SOURCES = Path(__file__).resolve().parents[2] / "models" / "sources.yml"

Columns = Mapping[str, "np.ndarray | pa.Array"]

TYPES = {
    "STRING": pa.string(),
    "INT64": pa.int64(),
    "FLOAT64": pa.float64(),
    "BOOL": pa.bool_(),
    "DATE": pa.date32(),
    "TIMESTAMP": pa.timestamp("us", tz="UTC"),
    "NUMERIC": pa.decimal128(38, 9),
}


def arrow_type(bigquery_type: str) -> pa.DataType:
    """The Arrow type that loads into a BigQuery type."""
    if array := re.fullmatch(r"ARRAY<(.+)>", bigquery_type):
        return pa.list_(arrow_type(array[1]))
    if numeric := re.fullmatch(r"NUMERIC\((\d+), *(\d+)\)", bigquery_type):
        return pa.decimal128(int(numeric[1]), int(numeric[2]))
    if bigquery_type not in TYPES:
        raise DemoSeasonError(
            f"the demo season knows no type {bigquery_type}",
            file=SOURCES,
            fix=f"use one of {', '.join(TYPES)}, NUMERIC(p,s), ARRAY<type>",
        )
    return TYPES[bigquery_type]


def read_schemas(path: Path = SOURCES) -> dict[str, pa.Schema]:
    """The schema of each table, by ``dataset.table``."""
    document = yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader)
    return {
        f"{source['name']}.{table['name']}": pa.schema(
            [(column["name"], arrow_type(column["data_type"])) for column in table["columns"]]
        )
        for source in document["sources"]
        for table in source["tables"]
    }


def table(schema: pa.Schema, days: Sequence[Columns]) -> pa.Table:
    """One table from the columns of each day."""
    if not days:
        return schema.empty_table()
    return pa.table([_column(field, [day[field.name] for day in days]) for field in schema], schema)


def _column(field: pa.Field, parts: Iterable[np.ndarray | pa.Array]) -> pa.ChunkedArray:
    return pa.chunked_array([_array(field.type, part) for part in parts], field.type)


def _array(kind: pa.DataType, part: np.ndarray | pa.Array) -> pa.Array:
    if isinstance(part, pa.Array):
        return part
    if pa.types.is_timestamp(kind):
        return pa.array(part, pa.timestamp("us")).cast(kind)
    if pa.types.is_decimal(kind):
        return pa.array(part, pa.float64(), from_pandas=True).cast(kind)
    return pa.array(part, kind, from_pandas=True)
