"""The columns that a query returns, as far as its text says; ``*`` is followed to where it stands.

Used to hold a model against its description, and suites against their model.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlglot import exp

Columns = tuple[str, ...] | None
"""None: can't be known from the text."""


def output_columns(query: exp.Query, table: Callable[[exp.Table], Columns]) -> Columns:
    """The names that ``query`` returns, in order.

    Args:
        query: a whole SELECT.
        table: the columns of a table that is no CTE of the query.
    """
    try:
        return _of_query(query, {}, table)
    except RecursionError:
        return None


def _of_query(
    query: exp.Expr, ctes: Mapping[str, Columns], table: Callable[[exp.Table], Columns]
) -> Columns:
    from sqlglot import exp

    known = dict(ctes)
    with_ = query.args.get("with_") or query.args.get("with")
    for cte in with_.expressions if with_ is not None else ():
        known[cte.alias.lower()] = _of_query(cte.this, known, table)
    if query.args.get("pivots"):
        return None
    if isinstance(query, exp.Subquery):
        return _of_query(query.this, known, table)
    if isinstance(query, exp.SetOperation):
        return _of_query(query.left, known, table)
    if not isinstance(query, exp.Select):
        return None
    found: dict[str, None] = {}
    for projection in query.expressions:
        names = _of_projection(projection, query, known, table)
        if names is None:
            return None
        found.update(dict.fromkeys(names))
    return tuple(found)


def _of_projection(
    projection: exp.Expr,
    select: exp.Select,
    ctes: Mapping[str, Columns],
    table: Callable[[exp.Table], Columns],
) -> Columns:
    from sqlglot import exp

    star = projection.this if isinstance(projection, exp.Column) else projection
    if not isinstance(star, exp.Star):
        has_name = isinstance(projection, exp.Alias | exp.Column | exp.Dot)
        return (projection.alias_or_name,) if has_name else ()
    wanted = projection.table.lower() if isinstance(projection, exp.Column) else None
    found: dict[str, None] = {}
    for origin in _origins(select):
        if wanted is not None and origin.alias_or_name.lower() != wanted:
            continue
        names = _of_origin(origin, ctes, table)
        if names is None:
            return None
        found.update(dict.fromkeys(names))
    left_out = {
        column.name.lower() for column in star.args.get("except_") or star.args.get("except") or ()
    }
    return tuple(name for name in found if name.lower() not in left_out)


def _origins(select: exp.Select) -> list[exp.Expr]:
    """What stands in FROM and the joins."""
    from_ = select.args.get("from_") or select.args.get("from")
    joins = [join.this for join in select.args.get("joins") or ()]
    return [*([from_.this] if from_ is not None else []), *joins]


def _of_origin(
    origin: exp.Expr,
    ctes: Mapping[str, Columns],
    table: Callable[[exp.Table], Columns],
) -> Columns:
    from sqlglot import exp

    if origin.args.get("pivots"):
        return None
    if isinstance(origin, exp.Subquery):
        return _of_query(origin.this, ctes, table)
    if isinstance(origin, exp.Unnest):
        alias = origin.args.get("alias")
        offset = origin.args.get("offset")
        names = [column.name for column in alias.columns] if alias is not None else []
        if isinstance(offset, exp.Expression):
            names.append(offset.name)
        return tuple(names) or None
    if isinstance(origin, exp.Table):
        if not origin.db and origin.name.lower() in ctes:
            return ctes[origin.name.lower()]
        return table(origin)
    return None
