"""A SQL condition of dbt as a ``row_condition`` of a suite."""

from __future__ import annotations

import json
import keyword
from typing import TYPE_CHECKING

from plumbline.dbt.errors import NoCounterpartError
from plumbline.models.syntax import parse_sql

if TYPE_CHECKING:
    from sqlglot import exp

_WORDS = {"EQ": "==", "NEQ": "!=", "LT": "<", "LTE": "<=", "GT": ">", "GTE": ">="}


def row_condition(sql: str, *, is_pasted: bool = False) -> str | None:
    """``status = 'paid'`` as ``status == "paid"``; None where each row meets it (``1 = 1``).

    Args:
        sql: the condition.
        is_pasted: a macro writes it behind an ``and`` without brackets, which binds more tightly
            than an ``or`` of its own.

    Raises:
        NoCounterpartError: it holds more than comparisons of columns, or Jinja.
    """
    from sqlglot import exp
    from sqlglot.errors import SqlglotError

    if "{{" in sql or "{%" in sql:
        raise NoCounterpartError(f"the condition holds Jinja: {sql}")
    try:
        tree = parse_sql(sql)
    except SqlglotError:
        tree = None
    if tree is None:
        raise NoCounterpartError(f"the condition can't be parsed: {sql}")
    if is_pasted and isinstance(tree, exp.Or):
        raise NoCounterpartError(f"dbt pastes the `or` of the condition without brackets: {sql}")
    return None if _is_always_true(tree) else _text(tree)


def _is_always_true(tree: exp.Expr) -> bool:
    from sqlglot import exp

    if isinstance(tree, exp.Boolean):
        return bool(tree.this)
    return (
        isinstance(tree, exp.EQ)
        and isinstance(tree.left, exp.Literal)
        and bool(tree.left == tree.right)
    )


def _text(tree: exp.Expr) -> str:
    from sqlglot import exp

    if isinstance(tree, exp.Paren):
        return f"({_text(tree.this)})"
    if isinstance(tree, exp.And | exp.Or):
        joint = "and" if isinstance(tree, exp.And) else "or"
        return f"({_text(tree.left)}) {joint} ({_text(tree.right)})"
    if isinstance(tree, exp.Not):
        inner = tree.this
        if isinstance(inner, exp.Is) and isinstance(inner.expression, exp.Null):
            return f"{_column(inner.this)}.notnull()"
        return f"not ({_text(inner)})"
    if isinstance(tree, exp.Is) and isinstance(tree.expression, exp.Null):
        return f"{_column(tree.this)}.isnull()"
    if isinstance(tree, exp.Between):
        column = _column(tree.this)
        low, high = _value(tree.args["low"]), _value(tree.args["high"])
        return f"{column} >= {low} and {column} <= {high}"
    if isinstance(tree, exp.In) and tree.expressions:
        values = ", ".join(_value(one) for one in tree.expressions)
        return f"{_column(tree.this)} in [{values}]"
    word = _WORDS.get(type(tree).__name__)
    if word is not None:
        if not isinstance(tree.this, exp.Column) and not isinstance(tree.expression, exp.Column):
            raise NoCounterpartError(f"the condition compares no column: {tree.sql()}")
        return f"{_side(tree.this)} {word} {_side(tree.expression)}"
    if isinstance(tree, exp.Column):
        return _column(tree)
    raise NoCounterpartError(f"the condition is more than comparisons of columns: {tree.sql()}")


def _side(tree: exp.Expr) -> str:
    from sqlglot import exp

    return _column(tree) if isinstance(tree, exp.Column) else _value(tree)


def _column(tree: exp.Expr) -> str:
    from sqlglot import exp

    if not isinstance(tree, exp.Column) or tree.table or not tree.name:
        raise NoCounterpartError(f"the condition compares an expression: {tree.sql()}")
    name = str(tree.name)
    return name if name.isidentifier() and not keyword.iskeyword(name) else f"`{name}`"


def _value(tree: exp.Expr) -> str:
    from sqlglot import exp

    if isinstance(tree, exp.Neg):
        return f"-{_value(tree.this)}"
    if isinstance(tree, exp.Boolean):
        return str(bool(tree.this))
    if isinstance(tree, exp.Literal):
        return json.dumps(tree.this, ensure_ascii=False) if tree.is_string else str(tree.this)
    raise NoCounterpartError(f"the condition compares with an expression: {tree.sql()}")
