"""The columns that a query returns, and the table that each comes from.

sqlglot resolves them, also through ``*``. Lint compares them with descriptions and suites.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from plumbline.models.syntax import DIALECT

if TYPE_CHECKING:
    from sqlglot import exp
    from sqlglot.optimizer.scope import Scope

Columns = tuple[str, ...] | None
"""None: the text does not tell."""


@dataclass(frozen=True)
class QualifiedQuery:
    """A query with qualified columns and, where possible, expanded ``*``."""

    query: exp.Query
    tables: Mapping[str, exp.Table]
    """The tables with known columns, by their names in ``query``."""
    spelled: Mapping[str, str]
    """The original spelling of names, which sqlglot writes in lower case."""

    @property
    def columns(self) -> Columns:
        """The names that it returns, in order."""
        if self.query.is_star:
            return None
        names = (self.spelled.get(name, name) for name in self.query.named_selects if name)
        return tuple(dict.fromkeys(names))

    def origin(self, column: str) -> tuple[exp.Table, str] | None:
        """The table and column that ``column`` comes from unchanged; None if it is calculated."""
        from sqlglot import exp

        scope, name = self._scope, column.lower()
        while scope is not None and isinstance(scope.expression, exp.Select):
            selects = {one.alias_or_name: one.unalias() for one in scope.expression.selects}
            taken = selects.get(name)
            if not isinstance(taken, exp.Column):
                return None
            source, name = scope.sources.get(taken.table), taken.name
            if isinstance(source, exp.Table):
                return self.tables.get(source.name, source), name
            scope = source
        return None

    @cached_property
    def _scope(self) -> Scope | None:
        from sqlglot.optimizer.scope import build_scope

        return build_scope(self.query)


def qualify_query(query: exp.Query, table: Callable[[exp.Table], Columns]) -> QualifiedQuery | None:
    """``query`` as sqlglot resolves it; None where it can't.

    Args:
        query: a whole SELECT.
        table: the columns of a table that is not a CTE of the query.
    """
    from sqlglot import Dialect, exp
    from sqlglot.optimizer.qualify import qualify
    from sqlglot.optimizer.scope import traverse_scope
    from sqlglot.schema import MappingSchema

    query = query.copy()
    dialect = Dialect.get_or_raise(DIALECT)
    # Types are needed to write out the star of a struct, which is a dot and no column. sqlglot
    # when compiled raises TypeError where it looks for the type of a table's star.
    dialect.ANNOTATE_ALL_SCOPES = any(one.is_star for one in query.find_all(exp.Dot))
    schema = MappingSchema(dialect=dialect)
    tables: dict[str, exp.Table] = {}
    spelled: dict[str, str] = {}
    try:
        for select in list(query.find_all(exp.Select)):
            # No one can name a column without a name, and sqlglot would invent one.
            select.set("expressions", list(filter(_has_name, select.expressions)))
        scopes = traverse_scope(query)
        if _grows(scopes, table):
            return None
        sources = {id(one): one for scope in scopes for one in scope.sources.values()}
        for number, source in enumerate(sources.values()):
            known = table(source) if isinstance(source, exp.Table) else None
            if isinstance(source, exp.Table) and known is not None:
                name = f"_known_{number}"
                tables[name] = source.copy()
                _rename(source, name)
                schema.add_table(name, dict.fromkeys(known, "UNKNOWN"))
                spelled.update((column.lower(), column) for column in known)
        spelled.update((one.name.lower(), one.name) for one in query.find_all(exp.Identifier))
        qualified = qualify(
            query,
            dialect=dialect,
            schema=schema,
            infer_schema=False,
            allow_partial_qualification=True,
            validate_qualify_columns=False,
        )
    except Exception:  # noqa: BLE001 - of many kinds, on SQL that its rules don't know
        return None
    return QualifiedQuery(qualified, tables, spelled) if isinstance(qualified, exp.Query) else None


_MOST_COLUMNS = 20_000
"""Of all parts of a query, with what their expressions stand for when names are written out."""


def _grows(scopes: Sequence[Scope], table: Callable[[exp.Table], Columns]) -> bool:
    """Whether the query is much longer once its stars and aliases are written out: thirty lines
    can stand for a billion columns."""
    from sqlglot import exp

    columns: dict[int, int] = {}
    total = 0
    for scope in scopes:
        counts = {
            name: len(table(source) or ())
            if isinstance(source, exp.Table)
            else columns.get(id(source.expression), 1)
            for name, (_, source) in scope.selected_sources.items()
        }
        every, sizes, mine = sum(counts.values()), dict[str, int](), 0
        query = scope.expression
        for one in query.selects if isinstance(query, exp.Query) else ():
            if one.is_star:
                of = one.table if isinstance(one, exp.Column) else ""
                mine += counts.get(of, every)
                continue
            mine += 1
            names = (column.name for column in one.find_all(exp.Column))
            sizes[one.alias_or_name] = 1 + sum(sizes.get(name, 1) for name in names)
        columns[id(scope.expression)] = mine
        total += mine + sum(sizes.values())
        if total > _MOST_COLUMNS:
            return True
    return False


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
