"""Which rows and values an expectation looks at; looking at none is not a success."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from plumbline.core.errors import shown
from plumbline.evaluate.condition import ConditionError, parse_condition, rows_that_meet
from plumbline.evaluate.errors import EvaluationError, NothingCheckedError
from plumbline.evaluate.table import Table, TypedColumn
from plumbline.evaluate.values import ConversionError, convert
from plumbline.warehouse.types import BigQueryType

Kwargs = Mapping[str, Any]


def rows_of(table: Table, kwargs: Kwargs, *, may_be_none: bool = False) -> Sequence[int]:
    """Positions of the rows that meet ``row_condition``; all, where there is none.

    Raises:
        EvaluationError: the condition can't be evaluated.
        NothingCheckedError: no row meets it.
    """
    written = kwargs.get("row_condition")
    if written is None:
        rows: Sequence[int] = range(len(table))
    else:
        parser = kwargs.get("condition_parser")
        if parser == "spark":
            raise EvaluationError(f"condition_parser {parser!r} is not supported; write 'pandas'")
        try:
            condition = parse_condition(written)
        except ConditionError as fault:
            raise EvaluationError(f"row_condition: {fault}") from None
        rows = rows_that_meet(condition, table)
    if not rows and not may_be_none:
        raise NothingCheckedError(
            "there is no row"
            if written is None
            else f"no row meets row_condition {shown(written, 120)}"
        )
    return rows


def present(column: TypedColumn, rows: Sequence[int]) -> list[int]:
    """Those of ``rows`` whose value is not NULL.

    Raises:
        NothingCheckedError: there are none.
    """
    found = [at for at in rows if column.values[at] is not None]
    if not found:
        raise NothingCheckedError(nulls([column], len(rows)))
    return found


def nulls(columns: Sequence[TypedColumn], rows: int) -> str:
    """Why nothing is judged, where all values are NULL that an expectation skips."""
    if len(columns) == 1:
        return f"all {rows} values of {columns[0].name!r} are NULL"
    named = ", ".join(column.name for column in columns)
    return f"in each of {rows} rows values of {named} are NULL"


def need_groupable(column: TypedColumn) -> None:
    """Raises:
    EvaluationError: BigQuery can't tell its values apart.
    """
    if not column.kind.is_groupable:
        raise EvaluationError(
            f"column {column.name!r} is {column.kind}: BigQuery does not support = for it"
        )


def need_comparable(column: TypedColumn) -> None:
    """Raises:
    EvaluationError: BigQuery can't compare its values.
    """
    if not column.kind.is_comparable:
        raise EvaluationError(
            f"column {column.name!r} is {column.kind}: BigQuery does not support = for it"
        )


def need_orderable(column: TypedColumn) -> None:
    """Raises:
    EvaluationError: BigQuery can't order its values.
    """
    if not column.kind.is_orderable:
        raise EvaluationError(
            f"column {column.name!r} is {column.kind}: BigQuery does not support < for it"
        )


def need_number(column: TypedColumn, what: str) -> None:
    """Raises:
    EvaluationError: BigQuery can't compute ``what`` of it.
    """
    if not column.kind.is_number:
        raise EvaluationError(
            f"column {column.name!r} is {column.kind}: there is no {what} of it, "
            "only of INT64, FLOAT64, NUMERIC and BIGNUMERIC"
        )


def need_metric(column: TypedColumn) -> None:
    """Raises:
    EvaluationError: it holds no numbers; true and false count as 1 and 0.
    """
    if not column.kind.is_number and column.kind.name != "BOOL":
        raise EvaluationError(
            f"column {column.name!r} is {column.kind}, but a metric must be a number; let the "
            "model return a number"
        )


def need_text(column: TypedColumn, what: str) -> None:
    """Raises:
    EvaluationError: it is not a STRING.
    """
    if column.kind.name != "STRING":
        raise EvaluationError(
            f"column {column.name!r} is {column.kind}: BigQuery has {what} for STRING only; "
            "let the model cast it"
        )


def value_of(argument: str, value: object, column: TypedColumn) -> Any:
    """An argument of an expectation as a value of its column.

    Raises:
        EvaluationError: it is none.
    """
    return value_as(argument, value, column.kind, f"column {column.name!r} is {column.kind}")


def value_as(argument: str, value: object, kind: BigQueryType, because: str) -> Any:
    """An argument of an expectation as a value of ``kind``.

    Raises:
        EvaluationError: it is none.
    """
    try:
        return convert(value, kind)
    except ConversionError as fault:
        raise EvaluationError(f"{argument}: {because}: {fault}") from None
