"""A ``row_condition`` as BigQuery SQL over the selected columns of a table."""

from __future__ import annotations

from plumbline.evaluate.condition import (
    And,
    Compare,
    CompareColumns,
    Condition,
    ConditionError,
    In,
    IsNull,
    IsTrue,
    Not,
    Or,
    compared_type,
    need_bool,
    need_operator,
    parse_condition,
)
from plumbline.evaluate.domain import Kwargs, value_of
from plumbline.evaluate.errors import EvaluationError
from plumbline.evaluate.pushdown.measure import Selection, cast_sql

_OPERATORS = {"==": "=", "!=": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}


def where_sql(kwargs: Kwargs, selection: Selection) -> str | None:
    """The ``row_condition`` of an expectation as SQL; None where there is none.

    Raises:
        EvaluationError: it can't be read, or a column or value does not fit.
    """
    written = kwargs.get("row_condition")
    if written is None:
        return None
    if kwargs.get("condition_parser") == "spark":
        raise EvaluationError("condition_parser 'spark' is not supported; write 'pandas'")
    try:
        return _condition_sql(parse_condition(written), selection)
    except ConditionError as fault:
        raise EvaluationError(f"row_condition: {fault}") from None


def _condition_sql(condition: Condition, selection: Selection) -> str:
    """``condition`` with SQL's three-valued logic.

    Raises:
        EvaluationError: a column is not there, or a value is not of its type.
    """
    if isinstance(condition, Not):
        return f"not ({_condition_sql(condition.inner, selection)})"
    if isinstance(condition, And | Or):
        word = " and " if isinstance(condition, And) else " or "
        return word.join(f"({_condition_sql(one, selection)})" for one in condition.inner)
    x = selection.sql(condition.column)
    if isinstance(condition, IsNull):
        return f"{x} is null"
    column = selection.column(condition.column)
    if isinstance(condition, IsTrue):
        need_bool(column)
        return x
    if isinstance(condition, CompareColumns):
        other = selection.column(condition.other)
        kind = compared_type(column, other, condition.operator)
        sides = (cast_sql(column, x, kind), cast_sql(other, selection.sql(other.name), kind))
        return f" {_OPERATORS[condition.operator]} ".join(sides)
    need_operator(column, "==" if isinstance(condition, In) else condition.operator)
    if isinstance(condition, In):
        present = [value for value in condition.values if value is not None]
        values = tuple(value_of("row_condition", value, column) for value in present)
        found = f"{x} in unnest({selection.parameter(values, f'ARRAY<{column.kind}>')})"
        return found if len(present) == len(condition.values) else f"({found} or null)"
    return _compared(condition, selection)


def _compared(condition: Compare, selection: Selection) -> str:
    column = selection.column(condition.column)
    if condition.value is None:
        raise EvaluationError(
            f"row_condition: a comparison of {column.name!r} with NULL is never true; write "
            f"{column.name}.isnull() or {column.name}.notnull()"
        )
    value = value_of("row_condition", condition.value, column)
    parameter = selection.parameter(value, str(column.kind))
    return f"{selection.sql(condition.column)} {_OPERATORS[condition.operator]} {parameter}"
