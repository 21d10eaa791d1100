"""Measures of expectations on a column or a table as a whole."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

from plumbline.checks.table_metrics import faults_of_metric
from plumbline.evaluate.aggregates import (
    FLOAT,
    MOST_VALUES,
    QuantileRanges,
    need_int64,
    partition_names,
)
from plumbline.evaluate.bounds import TypedBounds
from plumbline.evaluate.column_values import wanted_values
from plumbline.evaluate.divergence import judge_divergence
from plumbline.evaluate.domain import (
    Kwargs,
    need_comparable,
    need_groupable,
    need_number,
    need_orderable,
    value_of,
)
from plumbline.evaluate.errors import EvaluationError
from plumbline.evaluate.found import Measured, ValueFound
from plumbline.evaluate.pushdown.columns import Build
from plumbline.evaluate.pushdown.condition import where_sql
from plumbline.evaluate.pushdown.measure import (
    Answer,
    Measure,
    Newest,
    Selection,
    elements_sql,
    key_sql,
    need_rows,
    need_values,
)
from plumbline.evaluate.pushdown.places import find_element, quoted
from plumbline.evaluate.table import Table, TypedColumn
from plumbline.evaluate.values import key
from plumbline.warehouse.result import ResultColumn
from plumbline.warehouse.types import BigQueryType

INTEGER = BigQueryType("INT64")
MOST_CATEGORIES = 1_000
"""Distinct values of which a divergence is computed without bins."""

Aggregate = Callable[[TypedColumn], tuple[str, BigQueryType]]
"""Of a column: SQL over its values, which are ``{x}``, and the type of what that gives."""


@dataclass(frozen=True)
class _Values:
    """The values of a column in the rows that are looked at; NULL in the others."""

    sql: str
    """Of the selected rows."""
    x: str
    """What the flag with them is called."""
    where: str | None
    """The condition on the rows."""

    @classmethod
    def of(
        cls, selection: Selection, kwargs: Kwargs, column: TypedColumn, kind: str | None = None
    ) -> _Values:
        """The values, cast to ``kind`` where one is given."""
        where, value = where_sql(kwargs, selection), selection.sql(column.name)
        if kind is not None:
            value = f"cast({value} as {kind})"
        sql = value if where is None else f"if({where}, {value}, null)"
        return cls(sql, selection.name("x"), where)

    @property
    def counts(self) -> dict[str, str]:
        """How many there are, and how many rows were looked at."""
        return {"values": f"count({self.x})", "elements": elements_sql(self.where)}


def aggregate_measure(aggregate: Aggregate) -> Build:
    """The measure of an expectation that compares one value with bounds."""

    def build(selection: Selection, kwargs: Kwargs) -> Measure:
        column = selection.column(str(kwargs["column"]))
        template, kind = aggregate(column)
        bounds = TypedBounds.typed(kwargs, kind, f"the observed value of {column.name!r} is {kind}")
        values = _Values.of(selection, kwargs, column)

        def read(answer: Answer, _: datetime) -> Measured:
            need_values(answer, column, values.where)
            observed = answer["value"]
            if aggregate is total and kind == INTEGER:
                observed = need_int64(int(observed), column)
            if observed is None:
                raise EvaluationError(
                    f"column {column.name!r} has one value: a standard deviation needs at least two"
                )
            return ValueFound(bounds.keep(observed), {"observed_value": observed})

        is_count = aggregate in (distinct_count, distinct_share)
        return Measure(
            read,
            columns=() if is_count else (column.name,),
            flags={"x": values.sql},
            outputs={"value": template.format(x=values.x), **values.counts},
        )

    return build


def minimum(column: TypedColumn) -> tuple[str, BigQueryType]:
    """``MIN``."""
    need_orderable(column)
    return "min({x})", column.kind


def maximum(column: TypedColumn) -> tuple[str, BigQueryType]:
    """``MAX``."""
    need_orderable(column)
    return "max({x})", column.kind


def total(column: TypedColumn) -> tuple[str, BigQueryType]:
    """``SUM``; of INT64 in NUMERIC, because an overflow would fail the whole statement."""
    need_number(column, "sum")
    return "sum(cast({x} as numeric))" if column.kind == INTEGER else "sum({x})", column.kind


def mean(column: TypedColumn) -> tuple[str, BigQueryType]:
    """``AVG``."""
    need_number(column, "mean")
    return "avg({x})", FLOAT if column.kind == INTEGER else column.kind


def deviation(column: TypedColumn) -> tuple[str, BigQueryType]:
    """``STDDEV_SAMP``."""
    need_number(column, "standard deviation")
    return "stddev_samp({x})", FLOAT


def distinct_count(column: TypedColumn) -> tuple[str, BigQueryType]:
    """``COUNT(DISTINCT x)``."""
    need_groupable(column)
    return "count(distinct {x})", INTEGER


def distinct_share(column: TypedColumn) -> tuple[str, BigQueryType]:
    """``COUNT(DISTINCT x) / COUNT(x)``, from 0 to 1."""
    need_groupable(column)
    return "safe_divide(count(distinct {x}), count({x}))", FLOAT


def median(selection: Selection, kwargs: Kwargs) -> Measure:
    """``PERCENTILE_CONT(x, 0.5)``, which BigQuery has for windows only."""
    column = selection.column(str(kwargs["column"]))
    need_number(column, "median")
    kind = column.kind if column.kind.name in ("NUMERIC", "BIGNUMERIC") else FLOAT
    bounds = TypedBounds.typed(kwargs, kind, f"the observed value of {column.name!r} is {kind}")
    values = _Values.of(selection, kwargs, column)

    def read(answer: Answer, _: datetime) -> Measured:
        need_values(answer, column, values.where)
        return ValueFound(bounds.keep(answer["value"]), {"observed_value": answer["value"]})

    return Measure(
        read,
        columns=(column.name,),
        flags={
            "x": values.sql,
            "median": f"percentile_cont({values.sql}, 0.5) over ({selection.within()})",
        },
        outputs={"value": f"max({selection.name('median')})", **values.counts},
    )


def non_null_share(selection: Selection, kwargs: Kwargs) -> Measure:
    """``COUNT(x) / COUNT(*)``, from 0 to 1."""
    column = selection.column(str(kwargs["column"]))
    bounds = TypedBounds.typed(kwargs, FLOAT, "a share is a number")
    values = _Values.of(selection, kwargs, column)

    def read(answer: Answer, _: datetime) -> Measured:
        need_rows(answer, values.where)
        observed = answer["values"] / answer["elements"]
        return ValueFound(bounds.keep(observed), {"observed_value": observed})

    return Measure(read, flags={"x": values.sql}, outputs=values.counts)


def distinct_measure(*, no_other: bool, no_missing: bool) -> Build:
    """The measure of the expectations on a column's set of distinct values."""

    def build(selection: Selection, kwargs: Kwargs) -> Measure:
        column = selection.column(str(kwargs["column"]))
        need_comparable(column)
        written = [value for value in kwargs["value_set"] if value is not None]
        wanted = {key(value_of("value_set", value, column)): value for value in written}
        listed = tuple(value_of("value_set", value, column) for value in wanted.values())
        array = _array(selection, listed, column)
        values, first = _Values.of(selection, kwargs, column), selection.name("first")
        x, group = values.x, key_sql(column, values.sql)
        is_other = f"{first} and {x} not in unnest({array})"
        is_wanted = f"{first} and {x} in unnest({array})"

        def read(answer: Answer, _: datetime) -> Measured:
            need_values(answer, column, values.where)
            seen = {key(one["value"]) for one in answer["found"] if one["is_found"]}
            missing = [value for one, value in wanted.items() if one not in seen]
            others = [one["value"] for one in answer["others"] if one["is_other"]]
            result: dict[str, Any] = {"observed_value": None}
            if no_other:
                result |= {"unexpected_count": answer["other"], "partial_unexpected_list": others}
            if no_missing:
                result |= {
                    "missing_count": len(missing),
                    "partial_missing_list": missing[:MOST_VALUES],
                }
            is_wrong = bool(no_other and answer["other"]) or bool(no_missing and missing)
            return ValueFound(not is_wrong, result)

        return Measure(
            read,
            columns=(column.name,),
            flags={
                "x": values.sql,
                "first": f"{values.sql} is not null and row_number() over "
                f"({selection.within(group)} order by row_as_of) = 1",
            },
            outputs={
                "other": f"count(if({is_other}, 1, null))",
                "others": f"array_agg(struct(coalesce({is_other}, false) as is_other, {x} as value)"
                f" order by coalesce({is_other}, false) desc limit {MOST_VALUES})",
                "found": f"array_agg(struct(coalesce({is_wanted}, false) as is_found, {x} as value)"
                f" order by coalesce({is_wanted}, false) desc limit {max(len(listed), 1)})",
                **values.counts,
            },
        )

    return build


def quantiles(selection: Selection, kwargs: Kwargs) -> Measure:
    """``PERCENTILE_DISC``, which BigQuery has for windows only: each is one of the values."""
    column = selection.column(str(kwargs["column"]))
    ranges = QuantileRanges.of(column, kwargs)
    values = _Values.of(selection, kwargs, column)
    names = [selection.name(f"q{at}") for at in range(len(ranges.shares))]

    def read(answer: Answer, _: datetime) -> Measured:
        need_values(answer, column, values.where)
        return ranges.judge([one["value"] for one in answer["quantiles"]])

    return Measure(
        read,
        columns=(column.name,),
        flags={
            "x": values.sql,
            **{
                f"q{at}": f"percentile_disc({values.sql}, {share}) over ({selection.within()})"
                for at, share in enumerate(ranges.shares)
            },
        },
        outputs={
            "quantiles": f"[{', '.join(f'struct(any_value({name}) as value)' for name in names)}]",
            **values.counts,
        },
    )


def most_common(selection: Selection, kwargs: Kwargs) -> Measure:
    """The values that occur most often, those of the set first."""
    column = selection.column(str(kwargs["column"]))
    counts = _Counts.of_each(selection, kwargs, column)
    values = wanted_values(column, kwargs)
    wanted = f"coalesce({counts.x} in unnest({_array(selection, values, column)}), false)"

    def read(answer: Answer, _: datetime) -> Measured:
        need_values(answer, column, counts.where)
        most = max(one["rows"] for one in answer["modes"])
        modes = [one for one in answer["modes"] if one["rows"] == most]
        is_among = modes[0]["is_wanted"]
        success = is_among and (len(modes) == 1 or bool(kwargs.get("ties_okay")))
        return ValueFound(success, {"observed_value": [one["value"] for one in modes]})

    return Measure(
        read,
        columns=(column.name,),
        flags=counts.flags,
        outputs={
            "modes": counts.array(f"{wanted} as is_wanted", f", {wanted} desc", MOST_VALUES),
            **counts.counts,
        },
    )


def divergence(selection: Selection, kwargs: Kwargs) -> Measure:
    """Counts or a histogram, of which the Kullback-Leibler divergence is computed."""
    column = selection.column(str(kwargs["column"]))
    partition = kwargs.get("partition_object")
    if not isinstance(partition, Mapping):
        raise EvaluationError("there is no partition_object; write the expected weights")
    if "values" in partition:
        return _discrete_divergence(selection, kwargs, column)
    return _binned_divergence(selection, kwargs, column, [float(one) for one in partition["bins"]])


def _discrete_divergence(selection: Selection, kwargs: Kwargs, column: TypedColumn) -> Measure:
    counts = _Counts.of_each(selection, kwargs, column)
    name_of = partition_names(column, kwargs)

    def read(answer: Answer, _: datetime) -> Measured:
        need_values(answer, column, counts.where)
        seen = [one for one in answer["counts"] if one["rows"]]
        if len(seen) > MOST_CATEGORIES:
            raise EvaluationError(
                f"column {column.name!r} has more than {MOST_CATEGORIES} distinct values; use bins"
            )
        by_value = {name_of(one["value"]): one["rows"] for one in seen}
        return judge_divergence(kwargs, answer["values"], by_value=by_value)

    return Measure(
        read,
        columns=(column.name,),
        flags=counts.flags,
        outputs={"counts": counts.array("", "", MOST_CATEGORIES + 1), **counts.counts},
    )


def _binned_divergence(
    selection: Selection, kwargs: Kwargs, column: TypedColumn, bins: Sequence[float]
) -> Measure:
    need_number(column, "divergence")
    values = _Values.of(selection, kwargs, column, "float64")
    x = values.x
    edges = [selection.parameter(one, "FLOAT64") for one in bins]
    last = len(edges) - 2
    parts = {
        "below": f"{x} < {edges[0]}",
        **{
            f"bin{at}": f"{x} >= {low} and {x} {'<=' if at == last else '<'} {high}"
            for at, (low, high) in enumerate(pairwise(edges))
        },
        "above": f"{x} > {edges[-1]}",
        "infinite": f"is_nan({x}) or is_inf({x})",
    }

    def read(answer: Answer, _: datetime) -> Measured:
        need_values(answer, column, values.where)
        if answer["infinite"]:
            raise EvaluationError(f"column {column.name!r} holds NaN or an infinity")
        histogram = [answer[f"bin{at}"] for at in range(last + 1)]
        tails = answer["below"], answer["above"]
        return judge_divergence(kwargs, answer["values"], histogram=histogram, tails=tails)

    return Measure(
        read,
        flags={"x": values.sql},
        outputs={
            **{name: f"count(if({sql}, 1, null))" for name, sql in parts.items()},
            **values.counts,
        },
    )


@dataclass(frozen=True)
class _Counts(_Values):
    """How often each distinct value occurs: of one of its rows, 0 of the others."""

    flags: Mapping[str, str]
    rows: str

    @classmethod
    def of_each(cls, selection: Selection, kwargs: Kwargs, column: TypedColumn) -> _Counts:
        need_comparable(column)
        values = _Values.of(selection, kwargs, column)
        alike = selection.within(key_sql(column, values.sql))
        rows = (
            f"if({values.sql} is not null and row_number() over ({alike} order by row_as_of)"
            f" = 1, count(*) over ({alike}), 0)"
        )
        flags = {"x": values.sql, "rows": rows}
        return cls(values.sql, values.x, values.where, flags, selection.name("rows"))

    def array(self, more: str, order: str, most: int) -> str:
        """The values that occur most often, with further fields and a further order."""
        fields = ", ".join(filter(None, (f"{self.rows} as `rows`", f"{self.x} as value", more)))
        return f"array_agg(struct({fields}) order by {self.rows} desc{order} limit {most})"


def other_row_count(selection: Selection, kwargs: Kwargs) -> Measure:
    """``COUNT(*)`` of the rows, and of another table as a whole."""
    if selection.groups:
        raise EvaluationError("groups can't be compared with a table: remove group_by")
    where, (other, _) = (
        where_sql(kwargs, selection),
        selection.other(str(kwargs["other_table_name"])),
    )

    def read(answer: Answer, _: datetime) -> Measured:
        own, others = answer["elements"], answer["others"]
        return ValueFound(own == others, {"observed_value": {"self": own, "other": others}})

    outputs = {"elements": elements_sql(where), "others": f"(select count(*) from {other})"}
    return Measure(read, outputs=outputs)


def _array(selection: Selection, values: Sequence[Any], column: TypedColumn) -> str:
    return selection.parameter(tuple(values), f"ARRAY<{column.kind}>")


def row_count(selection: Selection, kwargs: Kwargs) -> Measure:
    """``COUNT(*)``."""
    bounds = TypedBounds.typed(kwargs, INTEGER, "a count is a number")
    where = where_sql(kwargs, selection)

    def read(answer: Answer, _: datetime) -> Measured:
        observed = answer["elements"]
        wanted = kwargs.get("value")
        success = bounds.keep(observed) if wanted is None else observed == wanted
        return ValueFound(success, {"observed_value": observed})

    return Measure(read, outputs={"elements": elements_sql(where)})


def rows_query(selection: Selection, kwargs: Kwargs) -> Measure:
    """``unexpected_rows_expectation``: a query over the rows, which is a job of its own.

    What is wrong with its text then fails this expectation alone.
    """
    return Measure(_not_read, query=str(kwargs["unexpected_rows_query"]))


def _not_read(answer: Answer, as_of: datetime) -> Measured:
    raise EvaluationError("its query is a separate job")


def followed(selection: Selection, kwargs: Kwargs) -> Measure:
    """The metric of ``expect_metric_to_follow_history``; it is judged by its past later."""
    fault = next(faults_of_metric(kwargs), None)
    if fault is not None:
        raise EvaluationError(f"{fault[1]}; {fault[2]}")
    metric, column = kwargs["metric"], {"column": kwargs.get("column")}
    if metric == "freshness_hours":
        return freshness(selection, {**column, "max_hours": kwargs["max_value"]})
    if metric == "null_pct":
        return _null_share(selection, column)
    if metric == "row_count":
        return row_count(selection, {})
    return aggregate_measure(mean if metric == "mean" else distinct_count)(selection, column)


def _null_share(selection: Selection, kwargs: Kwargs) -> Measure:
    """In percent."""
    share = non_null_share(selection, kwargs)

    def read(answer: Answer, _: datetime) -> Measured:
        need_rows(answer, None)
        missing = answer["elements"] - answer["values"]
        return ValueFound(True, {"observed_value": 100 * missing / answer["elements"]})

    return replace(share, read=read)


def schema_measure(check: Callable[[Table, Kwargs], ValueFound]) -> Build:
    """What the table's metadata alone answers."""

    def build(selection: Selection, kwargs: Kwargs) -> Measure:
        table, name = selection.table, kwargs.get("column")
        if name is not None and (found := find_element(table, str(name))):
            table = replace(table, schema=(*table.schema, ResultColumn(str(name), str(found.kind))))
        result = check(table, kwargs)
        return Measure(lambda _answer, _as_of: result)

    return build


def freshness(selection: Selection, kwargs: Kwargs) -> Measure:
    """``expect_table_to_be_fresh``: the newest value up to ``as_of``, of the whole table."""
    column = selection.table.column(str(kwargs["column"]))
    if column.kind.name not in ("TIMESTAMP", "DATETIME", "DATE"):
        raise EvaluationError(
            f"column {column.name!r} is {column.kind}: freshness needs TIMESTAMP, DATETIME or DATE"
        )
    hours = float(kwargs["max_hours"])

    def read(answer: Answer, as_of: datetime) -> Measured:
        newest = answer["newest"]
        if newest is None:
            return ValueFound(False, {"observed_value": f"older than {hours:g} h"})
        age = (as_of - _instant(newest, as_of)) / timedelta(hours=1)
        return ValueFound(age <= hours, {"observed_value": round(age, 2)})

    return Measure(read, newest=Newest(quoted(column.name), column.kind, hours))


def _instant(value: date, as_of: datetime) -> datetime:
    """A DATETIME or DATE is of the zone of the project, in which ``as_of`` is given."""
    if not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day)  # noqa: DTZ001 - the zone follows
    return (value if value.tzinfo else value.replace(tzinfo=as_of.tzinfo)).astimezone(UTC)
