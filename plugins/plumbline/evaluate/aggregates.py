"""Expectations on a column as a whole: extremes, means, sums, quantiles, distinct values."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction
from statistics import stdev
from typing import Any

from plumbline.evaluate.bounds import TypedBounds
from plumbline.evaluate.column_values import set_of
from plumbline.evaluate.domain import (
    Kwargs,
    need_comparable,
    need_groupable,
    need_number,
    need_orderable,
    present,
    rows_of,
    value_of,
)
from plumbline.evaluate.errors import EvaluationError
from plumbline.evaluate.found import ValueFound
from plumbline.evaluate.table import Table, TypedColumn
from plumbline.evaluate.values import comparable, exact_sum, is_nan, key
from plumbline.warehouse.types import BigQueryType

FLOAT = BigQueryType("FLOAT64")
MOST_VALUES = 20
"""Distinct values in a result, as GX limits them."""

_INT64 = range(-(2**63), 2**63)
_SCALE = {"NUMERIC": 9, "BIGNUMERIC": 38}
"""Decimal places that ``AVG`` keeps."""

Aggregate = Callable[[TypedColumn, Sequence[Any]], tuple[Any, BigQueryType]]
"""Of a column's values, none of them NULL: what is observed, and its type."""


def aggregate_check(aggregate: Aggregate) -> Callable[[Table, Kwargs], ValueFound]:
    """An evaluation that holds one number (or text, or instant) against bounds."""

    def check(table: Table, kwargs: Kwargs) -> ValueFound:
        column = table.column(str(kwargs["column"]))
        rows = present(column, rows_of(table, kwargs))
        observed, kind = aggregate(column, [column.values[at] for at in rows])
        bounds = TypedBounds.typed(kwargs, kind, f"the observed value of {column.name!r} is {kind}")
        success = bounds.keep(observed)
        failing = () if success else _outside(column, rows, kwargs)
        return ValueFound(success, {"observed_value": observed}, failing)

    return check


def _outside(column: TypedColumn, rows: Sequence[int], kwargs: Kwargs) -> tuple[int, ...]:
    """The rows whose own value breaks the bounds; none where these are not of the column's type."""
    try:
        bounds = TypedBounds.typed(kwargs, column.kind, "")
    except EvaluationError:
        return ()
    return tuple(at for at in rows if not bounds.keep(column.values[at]))


def minimum(column: TypedColumn, values: Sequence[Any]) -> tuple[Any, BigQueryType]:
    """``MIN``: NaN where there is one."""
    return _extreme(column, values, min)


def maximum(column: TypedColumn, values: Sequence[Any]) -> tuple[Any, BigQueryType]:
    """``MAX``: NaN where there is one."""
    return _extreme(column, values, max)


def _extreme(
    column: TypedColumn, values: Sequence[Any], choose: Callable[..., Any]
) -> tuple[Any, BigQueryType]:
    need_orderable(column)
    if any(map(is_nan, values)):
        return math.nan, column.kind
    return choose(values, key=comparable), column.kind


def total(column: TypedColumn, values: Sequence[Any]) -> tuple[Any, BigQueryType]:
    """``SUM``: exact for INT64 and NUMERIC."""
    need_number(column, "sum")
    if column.kind.name == "FLOAT64":
        return _float_sum(values), column.kind
    found = exact_sum(values)
    return (need_int64(found, column) if column.kind.name == "INT64" else found), column.kind


def need_int64(total: int, column: TypedColumn) -> int:
    """Raises:
    EvaluationError: it is larger than an INT64.
    """
    if total not in _INT64:
        raise EvaluationError(f"the sum of {column.name!r} overflows INT64, as it would in SQL")
    return total


def mean(column: TypedColumn, values: Sequence[Any]) -> tuple[Any, BigQueryType]:
    """``AVG``: of NUMERIC a NUMERIC, of INT64 a FLOAT64."""
    need_number(column, "mean")
    if column.kind.name == "FLOAT64":
        return _float_sum(values) / len(values), FLOAT
    if column.kind.name == "INT64":
        return sum(values) / len(values), FLOAT
    return _mean(values, column.kind), column.kind


def _mean(values: Sequence[Decimal], kind: BigQueryType) -> Decimal:
    with localcontext(prec=120):
        quotient: Decimal = exact_sum(values) / len(values)
        return quotient.quantize(Decimal(1).scaleb(-_SCALE[kind.name]), ROUND_HALF_UP)


def median(column: TypedColumn, values: Sequence[Any]) -> tuple[Any, BigQueryType]:
    """The middle value, or the mean of the middle two: ``PERCENTILE_CONT(x, 0.5)``."""
    need_number(column, "median")
    if any(map(is_nan, values)):
        return math.nan, FLOAT
    ordered = sorted(values)
    middle = len(ordered) // 2
    if len(ordered) % 2:
        found = ordered[middle]
        return (found, column.kind) if column.kind.name in _SCALE else (float(found), FLOAT)
    pair = ordered[middle - 1 : middle + 1]
    if column.kind.name in _SCALE:
        return _mean(pair, column.kind), column.kind
    return sum(pair) / 2, FLOAT


def deviation(column: TypedColumn, values: Sequence[Any]) -> tuple[Any, BigQueryType]:
    """``STDDEV_SAMP``."""
    need_number(column, "standard deviation")
    if len(values) < 2:
        raise EvaluationError(
            f"column {column.name!r} has one value: a standard deviation needs at least two"
        )
    if not all(math.isfinite(value) for value in values):
        return math.nan, FLOAT
    # BigQuery converts INT64 to floats first, and computes exactly with NUMERIC.
    return float(stdev(map(float, values) if column.kind.name == "INT64" else values)), FLOAT


def distinct_count(column: TypedColumn, values: Sequence[Any]) -> tuple[Any, BigQueryType]:
    """``COUNT(DISTINCT x)``."""
    need_groupable(column)
    return len(set(map(key, values))), BigQueryType("INT64")


def distinct_share(column: TypedColumn, values: Sequence[Any]) -> tuple[Any, BigQueryType]:
    """``COUNT(DISTINCT x) / COUNT(x)``, from 0 to 1."""
    return distinct_count(column, values)[0] / len(values), FLOAT


def non_null_share(table: Table, kwargs: Kwargs) -> ValueFound:
    """``COUNT(x) / COUNT(*)``, from 0 to 1."""
    column = table.column(str(kwargs["column"]))
    rows = rows_of(table, kwargs)
    nulls = tuple(at for at in rows if column.values[at] is None)
    observed = (len(rows) - len(nulls)) / len(rows)
    success = TypedBounds.typed(kwargs, FLOAT, "a share is a number").keep(observed)
    return ValueFound(success, {"observed_value": observed}, () if success else nulls)


@dataclass(frozen=True)
class QuantileRanges:
    """``quantile_ranges``: the quantiles that are asked for, and their bounds."""

    shares: Sequence[float]
    bounds: Sequence[TypedBounds]

    @classmethod
    def of(cls, column: TypedColumn, kwargs: Kwargs) -> QuantileRanges:
        """Of a column's values.

        Raises:
            EvaluationError: they have no order, or a bound is of another type.
        """
        need_orderable(column)
        ranges, because = kwargs["quantile_ranges"], f"column {column.name!r} is {column.kind}"
        bounds = [
            TypedBounds.typed(
                {"min_value": low, "max_value": high}, column.kind, f"quantile_ranges: {because}"
            )
            for low, high in ranges["value_ranges"]
        ]
        return cls(ranges["quantiles"], bounds)

    def judge(self, values: Sequence[Any]) -> ValueFound:
        """The quantiles themselves, in the order of ``shares``."""
        details = [one.keep(value) for one, value in zip(self.bounds, values, strict=True)]
        return ValueFound(
            all(details),
            {
                "observed_value": {"quantiles": list(self.shares), "values": list(values)},
                "details": {"success_details": details},
            },
        )


def quantiles(table: Table, kwargs: Kwargs) -> ValueFound:
    """``PERCENTILE_DISC``, which GX asks of BigQuery: each quantile is one of the values."""
    column = table.column(str(kwargs["column"]))
    ranges = QuantileRanges.of(column, kwargs)
    rows = present(column, rows_of(table, kwargs))
    ordered = sorted((column.values[at] for at in rows), key=_nan_first)
    return ranges.judge([_percentile_disc(ordered, share) for share in ranges.shares])


def _nan_first(value: Any) -> tuple[bool, Any]:
    """``ORDER BY`` puts NaN before every number."""
    return (not is_nan(value), 0 if is_nan(value) else comparable(value))


def _percentile_disc(ordered: Sequence[Any], share: Any) -> Any:
    """The first value whose cumulative share is at least ``share``."""
    return ordered[max(math.ceil(Fraction(str(share)) * len(ordered)) - 1, 0)]


def most_common(table: Table, kwargs: Kwargs) -> ValueFound:
    """The value that occurs most often; a tie fails unless ``ties_okay``."""
    column = table.column(str(kwargs["column"]))
    wanted = set_of(column, kwargs)
    rows = present(column, rows_of(table, kwargs))
    by_key = {key(column.values[at]): column.values[at] for at in rows}
    counts = Counter(key(column.values[at]) for at in rows)
    most = max(counts.values())
    modes = [one for one, count in counts.items() if count == most]
    among = [one for one in modes if one in wanted]
    success = bool(among) if kwargs.get("ties_okay") else len(modes) == len(among) == 1
    return ValueFound(success, {"observed_value": [by_key[one] for one in modes]})


def distinct_in_set(table: Table, kwargs: Kwargs) -> ValueFound:
    """Every distinct value is in the set."""
    return _distinct(table, kwargs, no_other=True, no_missing=False)


def distinct_contain_set(table: Table, kwargs: Kwargs) -> ValueFound:
    """Every value of the set occurs."""
    return _distinct(table, kwargs, no_other=False, no_missing=True)


def distinct_equal_set(table: Table, kwargs: Kwargs) -> ValueFound:
    """Both."""
    return _distinct(table, kwargs, no_other=True, no_missing=True)


def _distinct(table: Table, kwargs: Kwargs, *, no_other: bool, no_missing: bool) -> ValueFound:
    column = table.column(str(kwargs["column"]))
    need_comparable(column)
    written = [value for value in kwargs["value_set"] if value is not None]
    wanted = {key(value_of("value_set", value, column)): value for value in written}
    rows = present(column, rows_of(table, kwargs))
    seen = {key(column.values[at]): column.values[at] for at in rows}
    others = [value for one, value in seen.items() if one not in wanted]
    missing = [value for one, value in wanted.items() if one not in seen]
    result: dict[str, Any] = {"observed_value": None}
    failing: tuple[int, ...] = ()
    if no_other:
        result |= {"unexpected_count": len(others), "partial_unexpected_list": others[:MOST_VALUES]}
        failing = tuple(at for at in rows if key(column.values[at]) not in wanted)
    if no_missing:
        result |= {"missing_count": len(missing), "partial_missing_list": missing[:MOST_VALUES]}
    success = not (no_other and others) and not (no_missing and missing)
    return ValueFound(success, result, failing)


def row_count(table: Table, kwargs: Kwargs) -> ValueFound:
    """``COUNT(*)``: 0 is a count, so no rows can be judged."""
    observed = len(rows_of(table, kwargs, may_be_none=True))
    if "value" in kwargs:
        return ValueFound(observed == kwargs["value"], {"observed_value": observed})
    return _count_between(observed, kwargs)


def column_count(table: Table, kwargs: Kwargs) -> ValueFound:
    """How many columns the model returns."""
    observed = len(table.names)
    if "value" in kwargs:
        return ValueFound(observed == kwargs["value"], {"observed_value": observed})
    return _count_between(observed, kwargs)


def _count_between(observed: int, kwargs: Kwargs) -> ValueFound:
    bounds = TypedBounds.typed(kwargs, BigQueryType("INT64"), "a count is a number")
    return ValueFound(bounds.keep(observed), {"observed_value": observed})


def _float_sum(values: Sequence[float]) -> float:
    try:
        return math.fsum(values)
    except (OverflowError, ValueError):  # ValueError: infinities of both signs
        return sum(values)


def kl_divergence_values(table: Table, kwargs: Kwargs) -> list[Any]:
    """The values of a column for GX's own Kullback-Leibler divergence: floats, or what is counted.

    Raises:
        EvaluationError: NaN or an infinity is among them, or a type that it does not know.
    """
    column = table.column(str(kwargs["column"]))
    rows = present(column, rows_of(table, kwargs))
    values = [column.values[at] for at in rows]
    partition = kwargs.get("partition_object")
    if isinstance(partition, Mapping) and "values" in partition:
        return list(map(partition_names(column, kwargs), values))
    need_number(column, "divergence")
    if not all(math.isfinite(value) for value in values):
        raise EvaluationError(f"column {column.name!r} holds NaN or an infinity")
    return [float(value) for value in values]


def partition_names(column: TypedColumn, kwargs: Kwargs) -> Callable[[Any], Any]:
    """What a value is called in the ``values`` of ``partition_object``.

    Raises:
        EvaluationError: one of them is of another type than the column.
    """
    written = kwargs["partition_object"]["values"]
    wanted = [key(value_of("partition_object", one, column)) for one in written]
    names = dict(zip(wanted, written, strict=True))
    return lambda value: names.get(key(value), value)
