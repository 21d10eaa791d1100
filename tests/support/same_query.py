"""Are two texts the same query, once values stand where plumbline has parameters?

dbt pastes a variable's value into the SQL, plumbline binds it. Each ``@parameter`` is replaced by the
literal that dbt makes of the variable's default; nothing else is touched. Comments and blanks are no
part of a query.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from datetime import date, datetime
from itertools import pairwise
from typing import Any

import sqlglot
from sqlglot import TokenType, exp

from plumbline.core.parameter import Parameter
from plumbline.models import CompiledModel


def differences(model: CompiledModel, pasted: str, values: Mapping[str, Any]) -> list[str]:
    """Lines in which dbt's query is not plumbline's; none where the two are the same tree."""
    ours, theirs = tree(with_values(model, values)), tree(pasted)
    if ours == theirs:
        return []
    before, after = (
        query.sql("bigquery", pretty=True, comments=False).splitlines() for query in (ours, theirs)
    )
    lines = difflib.unified_diff(before, after, "plumbline", "dbt", n=1, lineterm="")
    return list(lines) or ["the same text, of another structure", repr(ours), repr(theirs)]


def with_values(model: CompiledModel, values: Mapping[str, Any]) -> str:
    """The query of ``model`` with each parameter as dbt pastes it.

    In the text and not in the tree, because sqlglot reads ``interval 1 day`` as a text of its own.
    """
    literals = {p.name: literal(p, values[p.name]) for p in model.parameters}
    tokens = sqlglot.tokenize(model.sql, read="bigquery")
    pieces, end = [], 0
    for sign, name in pairwise(tokens):
        if sign.token_type == TokenType.PARAMETER:
            pieces += [model.sql[end : sign.start], literals[name.text]]
            end = name.end + 1
    return "".join([*pieces, model.sql[end:]])


def literal(parameter: Parameter, value: Any) -> str:
    """What dbt writes for ``value``, which must be the one that ``parameter`` carries."""
    many = isinstance(value, list)
    same = tuple(typed(item, parameter) for item in value) if many else typed(value, parameter)
    assert same == parameter.value, f"{parameter.name}: dbt pastes {value}"
    # In the quotes that the models must write around a text; else as Python shows it.
    return f"'{value}'" if isinstance(value, str | date) else str(value)


def typed(value: Any, parameter: Parameter) -> Any:
    """A date or an instant, which dbt has as a text that the SQL casts."""
    kind = parameter.element_type or parameter.type
    if isinstance(value, date):  # YAML reads an instant as one
        return value
    if kind == "DATE":
        return date.fromisoformat(value)
    if kind == "TIMESTAMP":
        return datetime.fromisoformat(value)
    return value


def tree(sql: str) -> exp.Expr:
    """One query."""
    (found,) = sqlglot.parse(sql, read="bigquery")
    assert isinstance(found, exp.Query)
    return found
