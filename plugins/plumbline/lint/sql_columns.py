"""The columns that a query returns, as far as its text says; ``*`` is followed to where it stands.

Used to hold a model against its description, and suites against their model.
"""

from __future__ import annotations

from collections.abc import Callable
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
    from sqlglot import exp
    from sqlglot.optimizer.qualify import qualify
    from sqlglot.optimizer.scope import traverse_scope
    from sqlglot.schema import MappingSchema

    query = query.copy()
    schema = MappingSchema(dialect="bigquery")
    spelled: dict[str, str] = {}  # sqlglot's names are in lower case
    try:
        for select in list(query.find_all(exp.Select)):
            # What has no name can't be asked for; sqlglot would make one up.
            select.set("expressions", list(filter(_has_name, select.expressions)))
        scopes = traverse_scope(query)
        sources = {id(one): one for scope in scopes for one in scope.sources.values()}
        for number, source in enumerate(sources.values()):
            known = table(source) if isinstance(source, exp.Table) else None
            if isinstance(source, exp.Table) and known is not None:
                _rename(source, f"_known_{number}")
                schema.add_table(source.name, dict.fromkeys(known, "UNKNOWN"))
                spelled.update((name.lower(), name) for name in known)
        spelled.update((one.name.lower(), one.name) for one in query.find_all(exp.Identifier))
        qualified = qualify(
            query,
            dialect="bigquery",
            schema=schema,
            infer_schema=False,
            allow_partial_qualification=True,
            validate_qualify_columns=False,
        )
    except Exception:  # noqa: BLE001 - of many kinds, on SQL that its rules don't know
        return None
    if qualified.is_star:
        return None
    return tuple(dict.fromkeys(spelled.get(name, name) for name in qualified.named_selects if name))


def _has_name(projection: exp.Expr) -> bool:
    from sqlglot import exp

    return projection.is_star or isinstance(projection, exp.Alias | exp.Column | exp.Dot)


def _rename(table: exp.Table, name: str) -> None:
    """One name without a dataset: sqlglot's schemas hold tables of one depth only."""
    from sqlglot import exp

    if not table.alias:
        table.set("alias", exp.TableAlias(this=exp.to_identifier(table.name)))
    table.set("this", exp.to_identifier(name))
    table.set("db", None)
    table.set("catalog", None)
