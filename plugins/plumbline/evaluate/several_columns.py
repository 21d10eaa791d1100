"""``expect_column_pair_*``, ``expect_multicolumn_*``, ``expect_compound_*``: each row by itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from plumbline.evaluate.domain import (
    Kwargs,
    need_comparable,
    need_groupable,
    need_number,
    need_orderable,
    nulls,
    rows_of,
    value_as,
    value_of,
)
from plumbline.evaluate.errors import EvaluationError, NothingCheckedError
from plumbline.evaluate.found import MapFound
from plumbline.evaluate.table import Table, TypedColumn
from plumbline.evaluate.values import coerce, common_type, comparable, equal, exact_sum, is_nan, key
from plumbline.warehouse.types import BigQueryType

Row = tuple[Any, ...]
Holds = Callable[[Sequence[TypedColumn], Sequence[Row], Kwargs], Sequence[bool]]
"""Which rows, each a value a column, are as expected."""

_SKIPPED: dict[str, Callable[[Row], bool]] = {
    "both_values_are_missing": lambda row: all(value is None for value in row),
    "all_values_are_missing": lambda row: all(value is None for value in row),
    "either_value_is_missing": lambda row: any(value is None for value in row),
    "any_value_is_missing": lambda row: any(value is None for value in row),
    "neither": lambda row: False,
    "never": lambda row: False,
}


def names_of(kwargs: Kwargs) -> list[str]:
    """``column_A`` and ``column_B``, or ``column_list``."""
    if "column_A" in kwargs:
        return [str(kwargs["column_A"]), str(kwargs["column_B"])]
    return [str(name) for name in kwargs["column_list"]]


def columns_check(holds: Holds) -> Callable[[Table, Kwargs], MapFound]:
    """An evaluation of each row's values of several columns."""

    def check(table: Table, kwargs: Kwargs) -> MapFound:
        columns = [table.column(name) for name in names_of(kwargs)]
        rows = rows_of(table, kwargs)
        is_skipped = _SKIPPED[skip_rule(kwargs)]
        each = [(at, tuple(column.values[at] for column in columns)) for at in rows]
        judged = [(at, row) for at, row in each if not is_skipped(row)]
        if not judged:
            raise NothingCheckedError(nulls(columns, len(rows)))
        verdicts = holds(columns, [row for _, row in judged], kwargs)
        return MapFound(
            elements=len(rows),
            missing=len(rows) - len(judged),
            unexpected=[at for (at, _), good in zip(judged, verdicts, strict=True) if not good],
            columns=tuple(column.name for column in columns),
            is_list="column_list" in kwargs,
        )

    return check


def skip_rule(kwargs: Kwargs) -> str:
    """``ignore_row_if``: which rows are not judged.

    Raises:
        EvaluationError: there is no such rule.
    """
    default = "both_values_are_missing" if "column_A" in kwargs else "all_values_are_missing"
    rule = str(kwargs.get("ignore_row_if") or default)
    if rule not in _SKIPPED:
        raise EvaluationError(f"ignore_row_if: there is no {rule!r}; {', '.join(_SKIPPED)}")
    return rule


def shared_type(columns: Sequence[TypedColumn]) -> BigQueryType:
    """The type in which BigQuery compares the columns.

    Raises:
        EvaluationError: it does not.
    """
    found = common_type([column.kind for column in columns])
    if found is None or not found.is_comparable:
        named = ", ".join(f"{column.name!r} is {column.kind}" for column in columns)
        raise EvaluationError(f"{named}: BigQuery does not compare these; let the model cast them")
    return found


def pair_equal(
    columns: Sequence[TypedColumn], rows: Sequence[Row], kwargs: Kwargs
) -> Sequence[bool]:
    """``A = B``; with NULL it is not true."""
    kind = shared_type(columns)
    return [_equal(one, other, kind) for one, other in rows]


def _equal(one: Any, other: Any, kind: BigQueryType) -> bool:
    return bool(equal(coerce(one, kind), coerce(other, kind), kind))


def pair_greater(
    columns: Sequence[TypedColumn], rows: Sequence[Row], kwargs: Kwargs
) -> Sequence[bool]:
    """``A > B``, or ``A >= B`` with ``or_equal``; with NULL it is not true."""
    kind = shared_type(columns)
    for column in columns:
        need_orderable(column)
    or_equal = bool(kwargs.get("or_equal"))

    def holds(one: Any, other: Any) -> bool:
        if one is None or other is None:
            return False
        left, right = comparable(coerce(one, kind)), comparable(coerce(other, kind))
        return bool(left >= right if or_equal else left > right)

    return [holds(one, other) for one, other in rows]


def pair_in_set(
    columns: Sequence[TypedColumn], rows: Sequence[Row], kwargs: Kwargs
) -> Sequence[bool]:
    """The two values are one of the pairs; null in a pair is NULL."""
    for column in columns:
        need_comparable(column)
    wanted = {tuple(map(key, pair)) for pair in pairs_of(columns, kwargs)}
    return [not any(map(is_nan, row)) and tuple(map(key, row)) in wanted for row in rows]


def pairs_of(columns: Sequence[TypedColumn], kwargs: Kwargs) -> list[Row]:
    """``value_pairs_set``, each value of its column's type.

    Raises:
        EvaluationError: one is no pair, or a value is of another type.
    """
    found = []
    for pair in kwargs["value_pairs_set"]:
        if not isinstance(pair, list | tuple) or len(pair) != 2:
            raise EvaluationError(f"value_pairs_set: {pair!r} is not a pair of values")
        found.append(
            tuple(
                None if value is None else value_of("value_pairs_set", value, column)
                for value, column in zip(pair, columns, strict=True)
            )
        )
    return found


def compound_unique(
    columns: Sequence[TypedColumn], rows: Sequence[Row], kwargs: Kwargs
) -> Sequence[bool]:
    """No other row has the same values, as ``GROUP BY`` tells them apart."""
    for column in columns:
        need_groupable(column)
    keys = [tuple(map(key, row)) for row in rows]
    counts = Counter(keys)
    return [counts[one] == 1 for one in keys]


def sum_equals(
    columns: Sequence[TypedColumn], rows: Sequence[Row], kwargs: Kwargs
) -> Sequence[bool]:
    """``A + B + ... = sum_total``; exact for INT64 and NUMERIC, with NULL not true."""
    for column in columns:
        need_number(column, "sum")
    kind = shared_type(columns)
    total = value_as("sum_total", kwargs["sum_total"], kind, f"the sum is {kind}")

    def holds(row: Row) -> bool:
        if None in row:
            return False
        return bool(exact_sum([coerce(value, kind) for value in row]) == total)

    return [holds(row) for row in rows]


def all_equal(
    columns: Sequence[TypedColumn], rows: Sequence[Row], kwargs: Kwargs
) -> Sequence[bool]:
    """All values of the row are the same, or all are NULL."""
    kind = shared_type(columns)

    def holds(row: Row) -> bool:
        first = row[0]
        return all((one is None and first is None) or _equal(first, one, kind) for one in row[1:])

    return [holds(row) for row in rows]


def unique_within_record(
    columns: Sequence[TypedColumn], rows: Sequence[Row], kwargs: Kwargs
) -> Sequence[bool]:
    """No two values of the row are the same; two NULLs are."""
    kind = shared_type(columns)

    def holds(row: Row) -> bool:
        known = [None if value is None else coerce(value, kind) for value in row]
        keys = [key(value) for value in known if not is_nan(value)]  # NaN equals nothing
        return len(set(keys)) == len(keys)

    return [holds(row) for row in rows]
