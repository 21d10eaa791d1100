"""The tables of the matrix: a type of column in one condition, as SQL and as rows of Google's client.

Columns: ``id`` counts the rows, ``x`` is judged; ``y`` equals it where all is well, ``low`` is less,
and ``x + rest`` is the kind's total.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from matrix.kinds import INFINITY, KINDS, MINUS_INFINITY, NAN, Kind, Value
from plumbline.warehouse.result import ResultColumn

COLUMNS = ("id", "x", "y", "low", "rest")

_Row = tuple[Value, Value, Value, Value]


@dataclass(frozen=True)
class Table:
    """Some rows of a kind."""

    kind: Kind
    condition: str
    rows: tuple[_Row, ...]
    other: Kind | None = None
    """The kind of ``y``, where it is not that of the other columns."""

    @property
    def schema(self) -> tuple[ResultColumn, ...]:
        """The columns of a job's result."""
        kinds = {**dict.fromkeys(COLUMNS[1:], self.kind), "y": self.other or self.kind}
        typed = (ResultColumn(name, kind.type.upper()) for name, kind in kinds.items())
        return (ResultColumn("id", "INT64"), *typed)

    @property
    def python(self) -> list[Mapping[str, Any]]:
        """The rows as Google's client returns them."""
        return [
            dict(zip(COLUMNS, (number, *map(_cell, row)), strict=True))
            for number, row in enumerate(self.rows, start=1)
        ]

    @property
    def sql(self) -> str:
        """A query that returns the rows; where there is none, one that returns the columns."""
        if not self.rows:
            nulls = (self.kind.null,) * 4
            return f"{_select(0, nulls)} from unnest([1]) where false"
        return " union all ".join(
            _select(number, row) for number, row in enumerate(self.rows, start=1)
        )


def _cell(value: Value) -> Any:
    # a NaN of its own: Python takes one and the same for equal where it counts
    return float("nan") if value is NAN else value.python


def _select(number: int, row: _Row) -> str:
    cells = (f"{value.sql} as {name}" for name, value in zip(COLUMNS[1:], row, strict=True))
    return f"select {number} as id, {', '.join(cells)}"


def tables(kind: Kind) -> dict[str, Table]:
    """The tables of ``kind`` by condition."""
    first, second, third = kind.values
    rest = kind.rest or kind.values
    null = kind.null
    nulls = (null,) * 4
    good = [(value, value, kind.low, other) for value, other in zip(kind.values, rest, strict=True)]
    bad = [
        (kind.bad, second, kind.low, rest[0]),
        (second, second, second, rest[1]),
        (second, second, third, rest[1]),
    ]
    conditions = {
        "good": good,
        "bad": bad,
        "null": [good[0], nulls, good[2]],
        "bad_null": [bad[0], nulls, bad[1]],
        "half_null": [(first, null, null, null), good[1]],
        "all_null": [nulls, nulls],
        "empty": [],
        "single": [good[0]],
    }
    if kind.near:
        less, more = kind.near
        conditions["near"] = [(less, more, kind.low, rest[0]), (more, more, kind.low, rest[1])]
    if kind.name == "FLOAT64":
        for name, value in (("nan", NAN), ("inf", INFINITY), ("minus_inf", MINUS_INFINITY)):
            conditions[name] = [good[0], (value, value, kind.low, rest[0])]
        conditions["nans"] = [(NAN, NAN, NAN, NAN), (NAN, NAN, NAN, NAN)]
    return {name: Table(kind, name, tuple(rows)) for name, rows in conditions.items()}


def mixed(kind: Kind, other: Kind) -> Table:
    """``x`` of one type beside ``y`` of another; of two numbers, also two that are equal."""
    rows = [(kind.values[0], other.values[0], kind.low, kind.low)]
    if kind.numeric and other.numeric:
        five = (
            Value(f"cast(5 as {one.type})", type(one.low.python)(5), 5) for one in (kind, other)
        )
        rows.insert(0, (*five, kind.low, kind.low))
    return Table(kind, "mixed", tuple(rows), other)


ALL = {kind.name: tables(kind) for kind in KINDS}

CONDITIONS = {
    "good": "all is well",
    "bad": "one value outside, one twice",
    "null": "NULL among good values",
    "bad_null": "NULL among bad values",
    "half_null": "NULL in one of two columns",
    "all_null": "NULL alone",
    "empty": "no row",
    "single": "one row",
    "near": "two values that are one as a float; 0.0 and -0.0; 30 days and a month; é written in two ways",
    "nan": "NaN among good values",
    "inf": "infinity among good values",
    "minus_inf": "minus infinity among good values",
    "nans": "NaN alone",
    "mixed": "a column of another type",
}
