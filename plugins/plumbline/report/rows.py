"""The rows of a query as a table. Used by ``plumbline warehouse query``."""

from __future__ import annotations

from typing import Any

from plumbline.report.page import Section, Table
from plumbline.warehouse.result import QueryResult

_NUMBERS = ("INT64", "FLOAT64", "NUMERIC", "BIGNUMERIC")


def rows_page(found: QueryResult) -> list[Section]:
    """The rows that were read, and how many more there are."""
    if not found.schema:
        return [Section("", ("Done.",))]
    names = tuple(column.name for column in found.schema)
    rows = tuple(tuple(_text(row[name]) for name in names) for row in found.rows)
    right = {place for place, column in enumerate(found.schema) if column.type in _NUMBERS}
    more = max((found.row_count or 0) - len(found.rows), 0)
    return [Section("", (Table(names, rows, frozenset(right), more),))]


def rows_dict(found: QueryResult) -> dict[str, Any]:
    """The same for machines; values that JSON has no type for are texts."""
    return {
        "columns": [{"name": column.name, "type": column.type} for column in found.schema],
        "rows": [{name: _plain(value) for name, value in row.items()} for row in found.rows],
        "row_count": found.row_count,
    }


def _plain(value: Any) -> Any:
    return value if isinstance(value, bool | int | float | str | None) else _text(value)


def _text(value: Any) -> str:
    return "NULL" if value is None else str(value)
