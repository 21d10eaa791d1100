"""``expect_column_values_*``: each value of a column by itself, NULLs left out as in GX."""

from __future__ import annotations

import json
import math
import statistics
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any

from plumbline.evaluate.bounds import TypedBounds
from plumbline.evaluate.domain import (
    Kwargs,
    need_comparable,
    need_groupable,
    need_number,
    need_orderable,
    need_text,
    present,
    rows_of,
    value_of,
)
from plumbline.evaluate.errors import EvaluationError
from plumbline.evaluate.found import MapFound
from plumbline.evaluate.table import Table, TypedColumn
from plumbline.evaluate.text import matches_like, matches_regex
from plumbline.evaluate.values import comparable, is_nan, key
from plumbline.warehouse.result import JSON_NULL
from plumbline.warehouse.types import BigQueryType

Holds = Callable[[TypedColumn, Sequence[Any], Kwargs], Sequence[bool]]
"""Which of a column's values, none of them NULL, are as expected."""


def values_check(holds: Holds) -> Callable[[Table, Kwargs], MapFound]:
    """An evaluation of the values that are not NULL."""

    def check(table: Table, kwargs: Kwargs) -> MapFound:
        column = table.column(str(kwargs["column"]))
        rows = rows_of(table, kwargs)
        looked_at = present(column, rows)
        verdicts = holds(column, [column.values[at] for at in looked_at], kwargs)
        return MapFound(
            elements=len(rows),
            missing=len(rows) - len(looked_at),
            unexpected=[at for at, good in zip(looked_at, verdicts, strict=True) if not good],
            columns=(column.name,),
        )

    return check


def not_null(table: Table, kwargs: Kwargs) -> MapFound:
    """``expect_column_values_to_not_be_null``: NaN is a value."""
    return _null_check(table, kwargs, wanted=False)


def null(table: Table, kwargs: Kwargs) -> MapFound:
    """``expect_column_values_to_be_null``."""
    return _null_check(table, kwargs, wanted=True)


def _null_check(table: Table, kwargs: Kwargs, *, wanted: bool) -> MapFound:
    column = table.column(str(kwargs["column"]))
    rows = rows_of(table, kwargs)
    unexpected = [at for at in rows if (column.values[at] is None) is not wanted]
    return MapFound(len(rows), None, unexpected, (column.name,))


def in_set(column: TypedColumn, values: Sequence[Any], kwargs: Kwargs) -> Sequence[bool]:
    """``x IN (...)``: NaN is in no set."""
    keys = set_of(column, kwargs)
    return [not is_nan(value) and key(value) in keys for value in values]


def not_in_set(column: TypedColumn, values: Sequence[Any], kwargs: Kwargs) -> Sequence[bool]:
    """``x NOT IN (...)``."""
    if None in (kwargs.get("value_set") or ()):
        raise EvaluationError(
            "value_set: NOT IN a set with NULL is never true; remove null from it, or check NULLs "
            "with expect_column_values_to_not_be_null"
        )
    return [not found for found in in_set(column, values, kwargs)]


def set_of(column: TypedColumn, kwargs: Kwargs) -> set[Any]:
    """Keys of the values of ``value_set``, of the column's type.

    Raises:
        EvaluationError: one is of another type, or the column's type has no ``=``.
    """
    return set(map(key, wanted_values(column, kwargs)))


def wanted_values(column: TypedColumn, kwargs: Kwargs) -> list[Any]:
    """The values of ``value_set`` but null, of the column's type.

    Raises:
        EvaluationError: one is of another type, or the column's type has no ``=``.
    """
    need_comparable(column)
    written = (value for value in kwargs.get("value_set") or () if value is not None)
    return [value_of("value_set", value, column) for value in written]


def between(column: TypedColumn, values: Sequence[Any], kwargs: Kwargs) -> Sequence[bool]:
    """``x BETWEEN ...``."""
    need_orderable(column)
    bounds = TypedBounds.typed(kwargs, column.kind, f"column {column.name!r} is {column.kind}")
    return [bounds.keep(value) for value in values]


def unique(column: TypedColumn, values: Sequence[Any], kwargs: Kwargs) -> Sequence[bool]:
    """No other row has the value; all NaN are one value, as for ``GROUP BY``."""
    need_groupable(column)
    keys = [key(value) for value in values]
    counts = Counter(keys)
    return [counts[one] == 1 for one in keys]


def lengths_between(column: TypedColumn, values: Sequence[Any], kwargs: Kwargs) -> Sequence[bool]:
    """``LENGTH(x)``, of STRING in characters, of BYTES in bytes."""
    bounds = TypedBounds.typed(kwargs, BigQueryType("INT64"), "a length is a number")
    return [bounds.keep(length) for length in _lengths(column, values)]


def lengths_equal(column: TypedColumn, values: Sequence[Any], kwargs: Kwargs) -> Sequence[bool]:
    """``LENGTH(x) = value``."""
    wanted = kwargs["value"]
    if isinstance(wanted, bool) or not isinstance(wanted, int | float):
        raise EvaluationError(f"value: {wanted!r} is not a number")
    return [length == wanted for length in _lengths(column, values)]


def _lengths(column: TypedColumn, values: Sequence[Any]) -> list[int]:
    if column.kind.name not in ("STRING", "BYTES"):
        raise EvaluationError(
            f"column {column.name!r} is {column.kind}: BigQuery has LENGTH for STRING and BYTES "
            "only; let the model cast it"
        )
    return [len(value) for value in values]


def match_regex(column: TypedColumn, values: Sequence[Any], kwargs: Kwargs) -> Sequence[bool]:
    """``REGEXP_CONTAINS(x, regex)``."""
    need_text(column, "regular expressions")
    return matches_regex(values, str(kwargs["regex"]))


def not_match_regex(column: TypedColumn, values: Sequence[Any], kwargs: Kwargs) -> Sequence[bool]:
    """``NOT REGEXP_CONTAINS(x, regex)``."""
    return [not found for found in match_regex(column, values, kwargs)]


def match_regex_list(column: TypedColumn, values: Sequence[Any], kwargs: Kwargs) -> Sequence[bool]:
    """Any of the regexes, or all of them (``match_on``)."""
    need_text(column, "regular expressions")
    each = [matches_regex(values, str(regex)) for regex in kwargs["regex_list"]]
    return _any_or_all(each, kwargs)


def not_match_regex_list(
    column: TypedColumn, values: Sequence[Any], kwargs: Kwargs
) -> Sequence[bool]:
    """None of the regexes."""
    found = match_regex_list(column, values, {**kwargs, "match_on": "any"})
    return [not one for one in found]


def match_like(column: TypedColumn, values: Sequence[Any], kwargs: Kwargs) -> Sequence[bool]:
    """``x LIKE pattern``."""
    need_text(column, "LIKE")
    return matches_like(values, str(kwargs["like_pattern"]), kwargs.get("escape"))


def not_match_like(column: TypedColumn, values: Sequence[Any], kwargs: Kwargs) -> Sequence[bool]:
    """``x NOT LIKE pattern``."""
    return [not found for found in match_like(column, values, kwargs)]


def match_like_list(column: TypedColumn, values: Sequence[Any], kwargs: Kwargs) -> Sequence[bool]:
    """Any of the patterns, or all of them (``match_on``)."""
    need_text(column, "LIKE")
    escape = kwargs.get("escape")
    each = [matches_like(values, str(one), escape) for one in kwargs["like_pattern_list"]]
    return _any_or_all(each, kwargs)


def not_match_like_list(
    column: TypedColumn, values: Sequence[Any], kwargs: Kwargs
) -> Sequence[bool]:
    """None of the patterns."""
    found = match_like_list(column, values, {**kwargs, "match_on": "any"})
    return [not one for one in found]


def _any_or_all(each: Sequence[Sequence[bool]], kwargs: Kwargs) -> list[bool]:
    combine = any if match_on(kwargs) == "any" else all
    return [combine(found) for found in zip(*each, strict=True)]


def match_on(kwargs: Kwargs) -> str:
    """Whether ``any`` pattern of a list must match, or ``all``.

    Raises:
        EvaluationError: it is neither.
    """
    found = str(kwargs.get("match_on") or "any")
    if found not in ("any", "all"):
        raise EvaluationError(f"match_on: {found!r} is neither 'any' nor 'all'")
    return found


def strftime_format(column: TypedColumn, values: Sequence[Any], kwargs: Kwargs) -> Sequence[bool]:
    """Python's ``strptime`` reads it; BigQuery's formats differ, so the docs name Python's."""
    need_text(column, "this check")
    form = str(kwargs["strftime_format"])

    def is_read(value: str) -> bool:
        try:
            datetime.strptime(value, form)  # noqa: DTZ007 - only whether it can be read
        except ValueError:
            return False
        return True

    return list(map(is_read, values))


def dateutil_parseable(
    column: TypedColumn, values: Sequence[Any], kwargs: Kwargs
) -> Sequence[bool]:
    """Python's dateutil reads it as a date."""
    from dateutil.parser import parse

    need_text(column, "this check")

    def is_read(value: str) -> bool:
        try:
            parse(value)
        except (ValueError, OverflowError):
            return False
        return True

    return list(map(is_read, values))


def json_parseable(column: TypedColumn, values: Sequence[Any], kwargs: Kwargs) -> Sequence[bool]:
    """It is JSON; a column of type JSON always is."""
    if column.kind.name == "JSON":
        return [True] * len(values)
    need_text(column, "this check")
    return [_json(value) is not _NO_JSON for value in values]


def json_schema(column: TypedColumn, values: Sequence[Any], kwargs: Kwargs) -> Sequence[bool]:
    """It is JSON that a JSON Schema accepts."""
    import jsonschema

    schema = kwargs["json_schema"]
    validator = jsonschema.validators.validator_for(schema)
    try:
        validator.check_schema(schema)
    except jsonschema.SchemaError as fault:
        raise EvaluationError(f"json_schema: {fault.message}") from None
    accepts = validator(schema).is_valid
    if column.kind.name == "JSON":
        return [accepts(None if value is JSON_NULL else value) for value in values]
    need_text(column, "this check")
    read = map(_json, values)
    return [value is not _NO_JSON and accepts(value) for value in read]


_NO_JSON = object()


def _json(text: str) -> object:
    def refuse(name: str) -> float:
        raise ValueError(name)

    try:
        return json.loads(text, parse_constant=refuse)
    except (ValueError, RecursionError):
        return _NO_JSON


def increasing(column: TypedColumn, values: Sequence[Any], kwargs: Kwargs) -> Sequence[bool]:
    """Each is at least the one before it, in the order in which the query returns the rows."""
    return _in_order(column, values, strictly=bool(kwargs.get("strictly")), sign=1)


def decreasing(column: TypedColumn, values: Sequence[Any], kwargs: Kwargs) -> Sequence[bool]:
    """Each is at most the one before it."""
    return _in_order(column, values, strictly=bool(kwargs.get("strictly")), sign=-1)


def _in_order(
    column: TypedColumn, values: Sequence[Any], *, strictly: bool, sign: int
) -> list[bool]:
    need_orderable(column)
    found = [True]  # nothing comes before the first
    for before, after in pairwise(values):
        low, high = (before, after) if sign > 0 else (after, before)
        low, high = comparable(low), comparable(high)
        found.append(bool(low < high if strictly else low <= high))
    return found


def z_scores(column: TypedColumn, values: Sequence[Any], kwargs: Kwargs) -> Sequence[bool]:
    """How many standard deviations from the mean; where these are 0, nothing stands out."""
    need_number(column, "z-score")
    threshold = float(kwargs["threshold"])
    mean, deviation = mean_and_deviation(values)
    if math.isnan(deviation):
        return [False] * len(values)  # NaN or an infinity among them: no score is a number
    if not deviation:
        return [True] * len(values)
    scores = [(float(value) - mean) / deviation for value in values]
    if kwargs["double_sided"]:
        return [abs(score) < abs(threshold) for score in scores]
    return [score < threshold for score in scores]


def not_outliers(column: TypedColumn, values: Sequence[Any], kwargs: Kwargs) -> Sequence[bool]:
    """Within the fences of the quartiles (``iqr``), or of the mean (``std``)."""
    need_number(column, "outliers")
    method, multiplier = outliers_method(kwargs)
    numbers = [float(value) for value in values]
    if method == "std":
        mean, deviation = mean_and_deviation(values)
        reach = multiplier * deviation
        if math.isnan(reach):
            return [False] * len(values)
        if not reach:
            return [number == mean for number in numbers]
        return [abs(number - mean) < reach for number in numbers]
    low, high = percentile_cont(numbers, 0.25), percentile_cont(numbers, 0.75)
    reach = multiplier * (high - low)
    return [low - reach <= number <= high + reach for number in numbers]


def outliers_method(kwargs: Kwargs) -> tuple[str, float]:
    """``iqr`` or ``std``, and how many times the spread a value may lie apart.

    Raises:
        EvaluationError: another method.
    """
    method, multiplier = str(kwargs.get("method") or "iqr"), kwargs.get("multiplier")
    if method not in ("iqr", "std"):
        raise EvaluationError(f"method: {method!r} is neither 'iqr' nor 'std'")
    return method, 1.5 if multiplier is None else float(multiplier)


def mean_and_deviation(values: Sequence[Any]) -> tuple[float, float]:
    """``AVG`` and ``STDDEV_SAMP`` as floats; of one value the latter is 0, of NaN it is NaN."""
    numbers = [float(value) for value in values]
    if not all(map(math.isfinite, numbers)):
        return math.nan, math.nan
    mean = math.fsum(numbers) / len(numbers)
    return mean, statistics.stdev(numbers) if len(numbers) > 1 else 0.0


def percentile_cont(numbers: Sequence[float], share: float) -> float:
    """``PERCENTILE_CONT``: linear between the two nearest values; NaN is before all others."""
    ordered = sorted(numbers, key=lambda number: (not math.isnan(number), number))
    position = share * (len(ordered) - 1)
    below = math.floor(position)
    above = min(below + 1, len(ordered) - 1)
    left, right = ordered[below], ordered[above]
    if left == right or position == below:
        return left
    return left + (position - below) * (right - left)
