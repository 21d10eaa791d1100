"""Measures of expectations on the values of a column: each value is right or not."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from plumbline.evaluate.column_values import match_on, outliers_method, wanted_values
from plumbline.evaluate.domain import (
    Kwargs,
    need_comparable,
    need_groupable,
    need_number,
    need_orderable,
    need_text,
    nulls,
    value_as,
)
from plumbline.evaluate.errors import EvaluationError, NothingCheckedError
from plumbline.evaluate.found import CountFound
from plumbline.evaluate.pushdown.condition import where_sql
from plumbline.evaluate.pushdown.measure import (
    MOST_SAMPLES,
    Answer,
    Measure,
    Selection,
    cast_sql,
    key_sql,
    need_rows,
)
from plumbline.evaluate.pushdown.places import quoted
from plumbline.evaluate.table import TypedColumn
from plumbline.evaluate.text import like_as_regex, matches_regex
from plumbline.evaluate.values import common_type
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
        return counted(
            selection, kwargs, [column], f"{x} is null", wrong(selection, column, x, kwargs)
        )

    return build


def null_measure(*, wanted: bool) -> Build:
    """The measure of ``to_be_null`` (``wanted``) and ``to_not_be_null``."""

    def build(selection: Selection, kwargs: Kwargs) -> Measure:
        column = selection.column(str(kwargs["column"]))
        is_wrong = f"{selection.sql(column.name)} is {'not ' if wanted else ''}null"
        return counted(selection, kwargs, [column], None, is_wrong)

    return build


def counted(
    selection: Selection,
    kwargs: Kwargs,
    columns: Sequence[TypedColumn],
    is_skipped: str | None,
    is_wrong: str,
) -> Measure:
    """The measure of an expectation that judges each row by itself.

    Args:
        selection: what is selected.
        kwargs: the expectation's.
        columns: that it judges.
        is_skipped: SQL that is true of a row that is not judged; None: all are.
        is_wrong: SQL that is true of a row that is not as expected.
    """
    where = where_sql(kwargs, selection)
    aliases = [selection.sql(column.name) for column in columns]
    # The row that stands for an empty window is none.
    row = "row_as_of is not null" if where is None else f"coalesce({where}, false)"
    looked_at = row if where is None else selection.name("row")
    wrong, names = selection.name("wrong"), tuple(column.name for column in columns)
    value = aliases[0] if len(aliases) == 1 else _struct(aliases)

    def read(answer: Answer, _: datetime) -> CountFound:
        need_rows(answer, where)
        elements, missing = answer["elements"], answer.get("missing")
        if missing == elements:
            raise NothingCheckedError(nulls(columns, elements))
        samples = tuple(one["value"] for one in answer["samples"] if one["is_wrong"])
        if len(names) > 1:
            samples = tuple(_named(one, names, kwargs) for one in samples)
        return CountFound(elements, missing, answer["wrong"], samples, names)

    outputs = {
        "elements": "count(row_as_of)" if where is None else f"count(if({looked_at}, 1, null))",
        "wrong": f"count(if({wrong}, 1, null))",
        # Sorted, because BigQuery has no array_agg of the first rows that meet a condition.
        "samples": f"array_agg(struct({wrong} as is_wrong, {value} as value) "
        f"order by {wrong} desc limit {MOST_SAMPLES})",
    }
    if is_skipped is not None:
        outputs["missing"] = f"count(if({looked_at} and ({is_skipped}), 1, null))"
        row += f" and not ({is_skipped})"
    flags = {"wrong": f"coalesce({row} and ({is_wrong}), false)"}
    return Measure(
        read,
        columns=names,
        flags=flags if where is None else {"row": f"coalesce({where}, false)", **flags},
        outputs=outputs,
    )


def _struct(aliases: Sequence[str]) -> str:
    return f"struct({', '.join(f'{alias} as v{at}' for at, alias in enumerate(aliases))})"


def _named(values: Mapping[str, Any], names: Sequence[str], kwargs: Kwargs) -> object:
    """The values of a row as Great Expectations lists them: a pair, or values by column."""
    found = tuple(values.values())
    return found if "column_A" in kwargs else dict(zip(names, found, strict=True))


def not_in_set(selection: Selection, column: TypedColumn, x: str, kwargs: Kwargs) -> str:
    """Wrong of ``to_be_in_set``."""
    values = tuple(wanted_values(column, kwargs))
    return f"{x} not in unnest({selection.parameter(values, f'ARRAY<{column.kind}>')})"


def in_set(selection: Selection, column: TypedColumn, x: str, kwargs: Kwargs) -> str:
    """Wrong of ``to_not_be_in_set``."""
    if None in (kwargs.get("value_set") or ()):
        raise EvaluationError(
            "value_set: NOT IN a set with NULL is never true; remove null from it, or check NULLs "
            "with expect_column_values_to_not_be_null"
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
    return " and ".join(parts) or "true"


def repeated(selection: Selection, column: TypedColumn, x: str, kwargs: Kwargs) -> str:
    """Wrong of ``to_be_unique``: another row has the value."""
    need_groupable(column)
    return repeated_key(selection, kwargs, [key_sql(column, x)])


def repeated_key(selection: Selection, kwargs: Kwargs, keys: Sequence[str]) -> str:
    """Whether another row that is looked at agrees in all ``keys``."""
    where = where_sql(kwargs, selection)
    among = keys if where is None else [*keys, f"coalesce({where}, false)"]
    return f"count(*) over ({selection.within(*among)}) > 1"


def regex_wrong(argument: str, *, matches: bool) -> Wrong:
    """Wrong where the regexes of ``argument`` must match (``matches`` false), or must not."""

    def wrong(selection: Selection, column: TypedColumn, x: str, kwargs: Kwargs) -> str:
        need_text(column, "regular expressions")
        found = [_contains(selection, x, regex) for regex in _listed(kwargs, argument)]
        return _matching(found, kwargs, matches=matches)

    return wrong


def like_wrong(argument: str, *, matches: bool) -> Wrong:
    """The same for LIKE patterns."""

    def wrong(selection: Selection, column: TypedColumn, x: str, kwargs: Kwargs) -> str:
        need_text(column, "LIKE")
        escape = kwargs.get("escape")
        patterns = _listed(kwargs, argument)
        regexes = [like_as_regex(one, escape) for one in patterns]
        if escape:  # BigQuery's LIKE knows the backslash only
            found = [_contains(selection, x, regex) for regex in regexes]
        else:
            found = [f"{x} like {selection.parameter(one, 'STRING')}" for one in patterns]
        return _matching(found, kwargs, matches=matches)

    return wrong


def _listed(kwargs: Kwargs, argument: str) -> list[str]:
    written = kwargs[argument]
    return [str(one) for one in written] if isinstance(written, list | tuple) else [str(written)]


def _contains(selection: Selection, x: str, regex: str) -> str:
    matches_regex([""], regex)  # a pattern that BigQuery refuses would fail the whole statement
    return f"regexp_contains({x}, {selection.parameter(regex, 'STRING')})"


def _matching(found: Sequence[str], kwargs: Kwargs, *, matches: bool) -> str:
    is_all = not matches and match_on(kwargs) == "all"
    text = (" and " if is_all else " or ").join(found)
    return f"({text})" if matches else f"not ({text})"


def not_json(selection: Selection, column: TypedColumn, x: str, kwargs: Kwargs) -> str:
    """Wrong of ``to_be_json_parseable``; a column of type JSON always is."""
    if column.kind.name == "JSON":
        return "false"
    need_text(column, "this check")
    return f"safe.parse_json({x}, wide_number_mode => 'round') is null"


def far_by_score(selection: Selection, column: TypedColumn, x: str, kwargs: Kwargs) -> str:
    """Wrong of ``z_scores_to_be_less_than``; where all values are the same, nothing stands out."""
    need_number(column, "z-score")
    number, mean, deviation = _spread(selection, x, kwargs)
    score, threshold = f"safe_divide({number} - {mean}, {deviation})", float(kwargs["threshold"])
    if kwargs["double_sided"]:
        score, threshold = f"abs({score})", abs(threshold)
    limit = selection.parameter(threshold, "FLOAT64")
    return f"nullif({deviation}, 0) is not null and not ({score} < {limit})"


def outlying(selection: Selection, column: TypedColumn, x: str, kwargs: Kwargs) -> str:
    """Wrong of ``to_not_be_outliers``: outside of the quartiles' fences, or far from the mean."""
    need_number(column, "outliers")
    method, reach = outliers_method(kwargs)
    number, mean, deviation = _spread(selection, x, kwargs)
    times = selection.parameter(reach, "FLOAT64")
    if method == "std":
        # Of NaN neither is true.
        near = f"abs({number} - {mean}) < {times} * {deviation}"
        same = f"{number} = {mean} and {deviation} > 0"
        return f"nullif({deviation}, 0) is not null and not ({near if reach else same})"
    among = _among(selection, x, kwargs)
    low, high = (f"percentile_cont({among}, {q}) over ({selection.within()})" for q in (0.25, 0.75))
    fence = f"{times} * ({high} - {low})"
    return f"not ({number} >= {low} - {fence} and {number} <= {high} + {fence})"


def _spread(selection: Selection, x: str, kwargs: Kwargs) -> tuple[str, str, str]:
    """A value as a float, and mean and standard deviation of all that are looked at."""
    among, within = _among(selection, x, kwargs), selection.within()
    return (
        f"cast({x} as float64)",
        f"avg({among}) over ({within})",
        f"stddev_samp({among}) over ({within})",
    )


def _among(selection: Selection, x: str, kwargs: Kwargs) -> str:
    """A value as a float where it is looked at, else NULL."""
    where, number = where_sql(kwargs, selection), f"cast({x} as float64)"
    return number if where is None else f"if({where}, {number}, null)"


def without_key(selection: Selection, column: TypedColumn, x: str, kwargs: Kwargs) -> str:
    """Wrong of ``expect_foreign_key_to_exist``: the other table has no such value."""
    need_comparable(column)
    other, table = selection.other(str(kwargs["to_table"]))
    key = table.column(str(kwargs["to_column"]))
    kind = common_type([column.kind, key.kind])
    if kind is None:
        raise EvaluationError(
            f"column {column.name!r} is {column.kind} and {other.key}.{key.name} is {key.kind}: "
            "BigQuery does not compare these"
        )
    path = quoted(key.name)
    keys = f"select {cast_sql(key, path, kind)} from {other} where {path} is not null"
    return f"{cast_sql(column, x, kind)} not in ({keys})"
