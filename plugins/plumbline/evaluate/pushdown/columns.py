"""Measures of expectations on the values of a column: each value is right or not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from plumbline.evaluate.domain import (
    Kwargs,
    need_comparable,
    need_groupable,
    need_orderable,
    need_text,
    value_as,
    value_of,
)
from plumbline.evaluate.errors import EvaluationError, NothingCheckedError
from plumbline.evaluate.found import CountFound
from plumbline.evaluate.pushdown.condition import where_sql
from plumbline.evaluate.pushdown.measure import (
    MOST_SAMPLES,
    Answer,
    Measure,
    Selection,
    need_rows,
    quoted,
)
from plumbline.evaluate.table import TypedColumn
from plumbline.warehouse.types import BigQueryType

Wrong = Callable[[Selection, TypedColumn, str, Kwargs], str]
"""SQL that is true of a wrong value, which is not NULL. Its arguments: what is selected, the
column, its alias, and the expectation's arguments."""
Build = Callable[[Selection, Kwargs], Measure]


def values_measure(wrong: Wrong) -> Build:
    """The measure of an expectation that skips NULLs."""

    def build(selection: Selection, kwargs: Kwargs) -> Measure:
        column = selection.column(str(kwargs["column"]))
        x = selection.sql(column.name)
        is_wrong = f"{x} is not null and ({wrong(selection, column, x, kwargs)})"
        return _counted(selection, kwargs, column, x, is_wrong, skips_null=True)

    return build


def null_measure(*, wanted: bool) -> Build:
    """The measure of ``to_be_null`` (``wanted``) and ``to_not_be_null``."""

    def build(selection: Selection, kwargs: Kwargs) -> Measure:
        column = selection.column(str(kwargs["column"]))
        x = selection.sql(column.name)
        is_wrong = f"{x} is {'not ' if wanted else ''}null"
        return _counted(selection, kwargs, column, x, is_wrong, skips_null=False)

    return build


def _counted(
    selection: Selection,
    kwargs: Kwargs,
    column: TypedColumn,
    x: str,
    is_wrong: str,
    *,
    skips_null: bool,
) -> Measure:
    where = where_sql(kwargs, selection)
    looked_at, wrong = selection.name("row"), selection.name("wrong")
    # The row that stands for an empty window has none.
    row = "row_as_of is not null" if where is None else f"coalesce({where}, false)"

    def read(answer: Answer, _: datetime) -> CountFound:
        elements, missing = answer["elements"], answer["missing"] if skips_null else None
        need_rows(answer, where)
        if missing == elements:
            raise NothingCheckedError(f"all {elements} values of {column.name!r} are NULL")
        samples = [one["value"] for one in answer["samples"] if one["is_wrong"]]
        return CountFound(elements, missing, answer["wrong"], tuple(samples), (column.name,))

    return Measure(
        read,
        column=column.name,
        flags={"row": row, "wrong": f"coalesce({row} and {is_wrong}, false)"},
        outputs={
            "elements": f"count(if({looked_at}, 1, null))",
            "missing": f"count(if({looked_at} and {x} is null, 1, null))",
            "wrong": f"count(if({wrong}, 1, null))",
            # Sorted, because BigQuery has no array_agg of the first rows that meet a condition.
            "samples": f"array_agg(struct({wrong} as is_wrong, {x} as value) "
            f"order by {wrong} desc limit {MOST_SAMPLES})",
        },
    )


def not_in_set(selection: Selection, column: TypedColumn, x: str, kwargs: Kwargs) -> str:
    """Wrong of ``to_be_in_set``."""
    need_comparable(column)
    wanted = [value for value in kwargs.get("value_set") or () if value is not None]
    values = tuple(value_of("value_set", value, column) for value in wanted)
    return f"{x} not in unnest({selection.parameter(values, f'ARRAY<{column.kind}>')})"


def in_set(selection: Selection, column: TypedColumn, x: str, kwargs: Kwargs) -> str:
    """Wrong of ``to_not_be_in_set``."""
    if None in (kwargs.get("value_set") or ()):
        raise EvaluationError(
            "value_set: NOT IN a set with NULL is never true; take null out of it, or judge NULLs "
            "by expect_column_values_to_not_be_null"
        )
    return f"not ({not_in_set(selection, column, x, kwargs)})"


def outside(selection: Selection, column: TypedColumn, x: str, kwargs: Kwargs) -> str:
    """Wrong of ``to_be_between``; NaN is in no range."""
    need_orderable(column)
    because = f"column {column.name!r} is {column.kind}"
    return f"not ({within_bounds(selection, x, kwargs, column.kind, because)})"


def length_outside(selection: Selection, column: TypedColumn, x: str, kwargs: Kwargs) -> str:
    """Wrong of ``value_lengths_to_be_between`` and ``value_lengths_to_equal``."""
    if column.kind.name not in ("STRING", "BYTES"):
        raise EvaluationError(
            f"column {column.name!r} is {column.kind}: BigQuery has LENGTH for STRING and BYTES "
            "only"
        )
    kind, because = BigQueryType("INT64"), "a length is a number"
    if "value" in kwargs:
        wanted = value_as("value", kwargs["value"], kind, because)
        return f"length({x}) != {selection.parameter(wanted, 'INT64')}"
    return f"not ({within_bounds(selection, f'length({x})', kwargs, kind, because)})"


def within_bounds(
    selection: Selection, x: str, kwargs: Kwargs, kind: BigQueryType, because: str
) -> str:
    """``x >= @low and x <= @high``."""
    parts = []
    for name, strict, symbol in (
        ("min_value", "strict_min", ">"),
        ("max_value", "strict_max", "<"),
    ):
        if kwargs.get(name) is not None:
            value = value_as(name, kwargs[name], kind, because)
            sign = symbol if kwargs.get(strict) else f"{symbol}="
            parts.append(f"{x} {sign} {selection.parameter(value, str(kind))}")
    return " and ".join(parts)


def repeated(selection: Selection, column: TypedColumn, x: str, kwargs: Kwargs) -> str:
    """Wrong of ``to_be_unique``: another row has the value."""
    need_groupable(column)
    # BigQuery partitions by no float; as text 0 and -0 would differ.
    value = f"cast({x} + 0 as string)" if column.kind.name == "FLOAT64" else x
    where = where_sql(kwargs, selection)
    among = [value] if where is None else [value, f"coalesce({where}, false)"]
    return f"count(*) over ({selection.within(*among)}) > 1"


def regex_wrong(*, matches: bool) -> Wrong:
    """Wrong of ``to_match_regex`` (``matches`` false) and ``to_not_match_regex``."""

    def wrong(selection: Selection, column: TypedColumn, x: str, kwargs: Kwargs) -> str:
        need_text(column, "regular expressions")
        found = f"regexp_contains({x}, {selection.parameter(str(kwargs['regex']), 'STRING')})"
        return found if matches else f"not {found}"

    return wrong


def like_wrong(*, matches: bool) -> Wrong:
    """Wrong of ``to_match_like_pattern`` (``matches`` false) and its opposite."""

    def wrong(selection: Selection, column: TypedColumn, x: str, kwargs: Kwargs) -> str:
        need_text(column, "LIKE")
        if kwargs.get("escape"):
            raise EvaluationError("escape: BigQuery's LIKE has none; write a regex")
        pattern = selection.parameter(str(kwargs["like_pattern"]), "STRING")
        return f"{x} {'' if matches else 'not '}like {pattern}"

    return wrong


def without_key(selection: Selection, column: TypedColumn, x: str, kwargs: Kwargs) -> str:
    """Wrong of ``expect_foreign_key_to_exist``: the other table has no such value."""
    need_comparable(column)
    other = selection.resolve(str(kwargs["to_table"]))
    key = quoted(str(kwargs["to_column"]))
    return f"{x} not in (select {key} from {other} where {key} is not null)"
