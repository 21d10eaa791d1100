"""Measures of expectations that compare the columns of a row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations

from plumbline.evaluate.domain import (
    Kwargs,
    need_comparable,
    need_groupable,
    need_number,
    need_orderable,
    value_as,
)
from plumbline.evaluate.pushdown.columns import Build, counted, repeated_key
from plumbline.evaluate.pushdown.measure import Measure, Selection, cast_sql, key_sql
from plumbline.evaluate.several_columns import names_of, pairs_of, shared_type, skip_rule
from plumbline.evaluate.table import TypedColumn

Wrong = Callable[[Selection, Sequence[TypedColumn], Sequence[str], Kwargs], str]
"""SQL that is true of a wrong row, or NULL. Its arguments: what is selected, the columns, their
aliases, and the expectation's arguments."""

_SKIPPED = {
    "both_values_are_missing": " and ",
    "all_values_are_missing": " and ",
    "either_value_is_missing": " or ",
    "any_value_is_missing": " or ",
}
"""How the NULLs of a row combine by ``ignore_row_if``; by any other rule every row is judged."""


def columns_measure(wrong: Wrong) -> Build:
    """The measure of an expectation on each row's values of several columns."""

    def build(selection: Selection, kwargs: Kwargs) -> Measure:
        columns = [selection.column(name) for name in names_of(kwargs)]
        aliases = [selection.sql(column.name) for column in columns]
        word = _SKIPPED.get(skip_rule(kwargs))
        nulls = word.join(f"{alias} is null" for alias in aliases) if word else "false"
        is_wrong = wrong(selection, columns, aliases, kwargs)
        return counted(selection, kwargs, columns, nulls, is_wrong)

    return build


def not_equal(
    selection: Selection, columns: Sequence[TypedColumn], aliases: Sequence[str], kwargs: Kwargs
) -> str:
    """Wrong of ``pair_values_to_be_equal``; with NULL it is."""
    one, other = _in_one_type(columns, aliases)
    return f"({one} = {other}) is not true"


def not_greater(
    selection: Selection, columns: Sequence[TypedColumn], aliases: Sequence[str], kwargs: Kwargs
) -> str:
    """Wrong of ``a_to_be_greater_than_b``; with NULL it is."""
    one, other = _in_one_type(columns, aliases)
    for column in columns:
        need_orderable(column)
    return f"({one} {'>=' if kwargs.get('or_equal') else '>'} {other}) is not true"


def not_in_pairs(
    selection: Selection, columns: Sequence[TypedColumn], aliases: Sequence[str], kwargs: Kwargs
) -> str:
    """Wrong of ``pair_values_to_be_in_set``; null in a pair is NULL."""
    for column in columns:
        need_comparable(column)
    pairs = [
        " and ".join(
            f"{alias} is null"
            if value is None
            else f"{alias} = {selection.parameter(value, str(column.kind))}"
            for value, column, alias in zip(pair, columns, aliases, strict=True)
        )
        for pair in pairs_of(columns, kwargs)
    ]
    return f"({' or '.join(f'({pair})' for pair in pairs)}) is not true"


def repeated_together(
    selection: Selection, columns: Sequence[TypedColumn], aliases: Sequence[str], kwargs: Kwargs
) -> str:
    """Wrong of ``compound_columns_to_be_unique``: another row has the same values."""
    for column in columns:
        need_groupable(column)
    keys = [key_sql(column, alias) for column, alias in zip(columns, aliases, strict=True)]
    return repeated_key(selection, kwargs, keys)


def other_sum(
    selection: Selection, columns: Sequence[TypedColumn], aliases: Sequence[str], kwargs: Kwargs
) -> str:
    """Wrong of ``multicolumn_sum_to_equal``; a sum that is too large for its type is."""
    for column in columns:
        need_number(column, "sum")
    kind = shared_type(columns)
    total = value_as("sum_total", kwargs["sum_total"], kind, f"the sum is {kind}")
    first, *others = _in_one_type(columns, aliases)
    for other in others:
        first = f"safe_add({first}, {other})"
    return f"({first} = {selection.parameter(total, str(kind))}) is not true"


def not_all_equal(
    selection: Selection, columns: Sequence[TypedColumn], aliases: Sequence[str], kwargs: Kwargs
) -> str:
    """Wrong of ``multicolumn_values_to_be_equal``; all NULL is equal."""
    first, *others = _in_one_type(columns, aliases)
    return " or ".join(f"not {_same(first, other)}" for other in others) or "false"


def same_within_record(
    selection: Selection, columns: Sequence[TypedColumn], aliases: Sequence[str], kwargs: Kwargs
) -> str:
    """Wrong of ``select_column_values_to_be_unique_within_record``; two NULLs are the same."""
    values = _in_one_type(columns, aliases)
    return " or ".join(_same(one, other) for one, other in combinations(values, 2)) or "false"


def _same(one: str, other: str) -> str:
    return f"(({one} = {other}) is true or ({one} is null and {other} is null))"


def _in_one_type(columns: Sequence[TypedColumn], aliases: Sequence[str]) -> list[str]:
    """The values in the type in which BigQuery compares them."""
    kind = shared_type(columns)
    return [cast_sql(column, alias, kind) for column, alias in zip(columns, aliases, strict=True)]
