"""BigQuery's types, each with a few values: as SQL, as Google's client returns it, as a suite writes it.

Of each type: ``values`` is what a healthy column holds, ``bad`` is outside of every set, range and
pattern that the matrix asks for, and above them; ``low`` is below them. Where two values of a type
are equal once they are floats, these are ``near``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from dateutil.relativedelta import relativedelta


@dataclass(frozen=True)
class Value:
    """One value."""

    sql: str
    python: Any
    suite: Any
    """As it stands in a suite's JSON; for a type that no suite can write, the nearest thing."""


@dataclass(frozen=True)
class Kind:
    """A type of a column and its values."""

    name: str
    type: str
    low: Value
    values: tuple[Value, Value, Value]
    bad: Value
    wrong_alias: str
    """Another type's name."""
    aliases: tuple[str, ...] = ()
    total: Value | None = None
    """Of numbers: a sum of two columns, with ``rest`` the second."""
    rest: tuple[Value, Value, Value] | None = None
    near: tuple[Value, Value] | None = None
    dated: bool = False
    """A suite's bounds on it are dates."""

    @property
    def null(self) -> Value:
        """What a NULL of this type is once it is in a result.

        BigQuery returns a NULL array as an empty one:
        https://cloud.google.com/bigquery/docs/reference/standard-sql/data-types#array_nulls
        """
        if self.name == "ARRAY":
            return Value(f"cast([] as {self.type})", [], None)
        return Value(f"cast(null as {self.type})", None, None)

    @property
    def numeric(self) -> bool:
        """Whether it is a number."""
        return self.total is not None


def _number(name: str, type_: str, make: Any, texts: list[str], **more: Any) -> Kind:
    def value(text: str) -> Value:
        suite = int(text) if "." not in text else float(text)
        literal = text if name in ("INT64", "FLOAT64") else f"{type_} '{text}'"
        return Value(literal, make(text), suite)

    low, *middle, bad = map(value, texts[:5])
    return Kind(
        name,
        type_,
        low=low,
        values=(middle[0], middle[1], middle[2]),
        bad=bad,
        wrong_alias="STRING",
        total=value(texts[5]),
        rest=(value(texts[6]), value(texts[7]), value(texts[8])),
        near=(value(texts[9]), value(texts[10])) if len(texts) > 9 else None,
        **more,
    )


def _kind(
    name: str,
    type_: str,
    values: list[tuple[str, Any, Any]],
    *,
    wrong: str = "STRING",
    aliases: tuple[str, ...] = (),
    dated: bool = False,
    near: tuple[Value, Value] | None = None,
) -> Kind:
    low, first, second, third, bad = (Value(*value) for value in values)
    return Kind(
        name,
        type_,
        low=low,
        values=(first, second, third),
        bad=bad,
        wrong_alias=wrong,
        aliases=aliases,
        dated=dated,
        near=near,
    )


def _literals(keyword: str, parse: Any, texts: list[str]) -> list[tuple[str, Any, Any]]:
    return [(f"{keyword} '{text}'", parse(text), text) for text in texts]


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _interval(days: int) -> tuple[str, Any, Any]:
    return f"interval {days} day", relativedelta(days=days), f"0-0 {days} 0:0:0"


def _range(start: str, end: str) -> tuple[str, Any, Any]:
    text = f"[{start}, {end})"
    bounds = {"start": date.fromisoformat(start), "end": date.fromisoformat(end)}
    return f"range<date> '{text}'", bounds, text


def _json(number: int) -> tuple[str, Any, Any]:
    text = f'{{"a": {number}}}'
    return f"json '{text}'", {"a": number}, text


def _struct(number: int, text: str) -> tuple[str, Any, Any]:
    return (
        f"struct({number} as a, '{text}' as b)",
        {"a": number, "b": text},
        f'({number}, "{text}")',
    )


def _array(*numbers: int) -> tuple[str, Any, Any]:
    return f"[{', '.join(map(str, numbers))}]", list(numbers), str(list(numbers))


_FINE = "0.1234567890123456789012345678901234567"

KINDS = (
    _number(
        "INT64", "int64", int,
        ["1", "5", "6", "7", "42", "10", "5", "4", "3", "9007199254740992", "9007199254740993"],
        aliases=("INTEGER", "INT", "bigint"),
    ),
    _number("FLOAT64", "float64", float, ["0.5", "5.25", "6.25", "7.25", "42.5", "10.5", "5.25", "4.25", "3.25", "-0.0", "0.0"]),
    _number(
        "NUMERIC", "numeric", Decimal,
        ["-0.5", "0.1", "0.15", "0.2", "42.4", "0.3", "0.2", "0.15", "0.1", "90071992547409.93", "90071992547409.94"],
        aliases=("DECIMAL",),
    ),
    _number(
        "BIGNUMERIC", "bignumeric", Decimal,
        ["-0.5", "0.1", "0.15", "0.2", "42.4", "0.3", "0.2", "0.15", "0.1", f"{_FINE}1", f"{_FINE}2"],
        aliases=("BIGDECIMAL",),
    ),
    _kind(
        "BOOL", "bool",
        [("false", False, False), *[("true", True, True)] * 3, ("false", False, False)],
        aliases=("BOOLEAN",),
    ),
    _kind(
        "STRING", "string",
        [(f"'{text}'", text, text) for text in ("a0", "aa", "ab", "ac", "zebra")],
        wrong="INT64",
        near=(Value(r"'e\u0301'", "e\u0301", "e\u0301"), Value(r"'\u00e9'", "\u00e9", "\u00e9")),
    ),
    _kind(
        "BYTES", "bytes",
        [(f"b'{text}'", text.encode(), text) for text in ("a0", "aa", "ab", "ac", "zebra")],
    ),
    _kind(
        "DATE", "date",
        _literals("date", date.fromisoformat, ["2023-01-01", "2024-02-28", "2024-02-29", "2024-03-01", "2025-12-25"]),
        dated=True,
    ),
    _kind(
        "TIME", "time",
        _literals("time", time.fromisoformat, ["00:30:00", "09:00:00", "09:30:00", "10:00:00.5", "23:59:59"]),
    ),
    _kind(
        "DATETIME", "datetime",
        _literals(
            "datetime", datetime.fromisoformat,
            ["2023-01-01 00:00:00", "2024-02-28 00:00:00", "2024-02-29 12:00:00", "2024-03-01 23:59:59.5", "2025-12-25 00:00:00"],
        ),
        dated=True,
    ),
    _kind(
        "TIMESTAMP", "timestamp",
        _literals(
            "timestamp", _instant,
            ["2023-01-01 00:00:00+00:00", "2024-02-28 00:00:00+00:00", "2024-02-29 12:00:00-05:00", "2024-03-01 23:59:59.5+00:00", "2025-12-25 00:00:00+00:00"],
        ),
        dated=True,
    ),
    _kind(
        "INTERVAL", "interval", [_interval(days) for days in (1, 5, 6, 7, 42)],
        near=(Value(*_interval(30)), Value("interval 1 month", relativedelta(months=1), "0-1 0 0:0:0")),
    ),
    _kind("JSON", "json", [_json(number) for number in (1, 5, 6, 7, 42)]),
    _kind(
        "GEOGRAPHY", "geography",
        [(f"st_geogpoint({x}, 2)", f"POINT({x} 2)", f"POINT({x} 2)") for x in (1, 5, 6, 7, 42)],
    ),
    _kind(
        "RANGE", "range<date>",
        [_range(f"{year}-01-01", "2030-01-01") for year in (2020, 2023, 2024, 2025, 2029)],
    ),
    _kind(
        "STRUCT", "struct<a int64, b string>",
        [_struct(number, "x") for number in (1, 5, 6, 7, 42)],
    ),
    _kind("ARRAY", "array<int64>", [_array(number, 9) for number in (1, 5, 6, 7, 42)]),
)  # fmt: skip

NAN = Value("cast('nan' as float64)", float("nan"), None)
INFINITY = Value("cast('inf' as float64)", float("inf"), None)
MINUS_INFINITY = Value("cast('-inf' as float64)", float("-inf"), None)
