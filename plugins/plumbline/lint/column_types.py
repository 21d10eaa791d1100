"""BigQuery types of a model's columns, as far as the YAML files say them.

``schema.yml`` says them of the model itself; of a column that the SQL takes over unchanged from a
source, ``sources.yml`` does.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from plumbline.lint.columns import CTE
from plumbline.lint.facts import Facts
from plumbline.lint.sql import ParsedModels
from plumbline.lint.tables import Tables
from plumbline.project.document import Document
from plumbline.warehouse.types import parse_type

if TYPE_CHECKING:
    from sqlglot import exp
    from sqlglot.optimizer.scope import Scope

_DEEPEST = 50


class ColumnTypes:
    """What is known of the types of each model's columns."""

    def __init__(self, facts: Facts, parsed: ParsedModels, tables: Tables) -> None:
        self.facts = facts
        self.parsed = parsed
        self.tables = tables
        self._scopes: dict[str, Scope | None] = {}

    def of_suite(self, suite: Document, columns: frozenset[str]) -> Mapping[str, str]:
        """The types of those of ``columns`` that are known, by name as the suite writes it."""
        model = self.facts.model_of(suite)
        if model is None:
            return {}
        found = {name: self._type(model, name, 0) for name in columns}
        return {name: kind for name, kind in found.items() if kind is not None and parse_type(kind)}

    def _type(self, model: str, column: str, depth: int) -> str | None:
        described = self.facts.described.get(model)
        for name, entry in described.columns.items() if described is not None else ():
            if name.casefold() == column.casefold() and entry.type:
                return entry.type
        scope = self._scope(model)
        return None if scope is None else self._in_scope(scope, column, depth)

    def _scope(self, model: str) -> Scope | None:
        if model not in self._scopes:
            tree = self.parsed.tree(model)
            if tree is None:
                self._scopes[model] = None
            else:
                from sqlglot.errors import SqlglotError
                from sqlglot.optimizer.scope import build_scope

                try:
                    self._scopes[model] = build_scope(tree)
                except (SqlglotError, RecursionError):
                    self._scopes[model] = None
        return self._scopes[model]

    def _in_scope(self, scope: Scope, column: str, depth: int) -> str | None:
        """The type of what the query's column is, where it is a column of something else."""
        from sqlglot import exp

        if depth > _DEEPEST or not isinstance(scope.expression, exp.Select):
            return None
        taken = _taken_over(scope.expression, column)
        if taken is None:
            return None
        table, name = taken
        sources = scope.sources
        if not table and len(sources) == 1:
            table = next(iter(sources))
        source = sources.get(table)
        if isinstance(source, exp.Table):
            return self._of_table(source, name, depth)
        return None if source is None else self._in_scope(source, name, depth + 1)

    def _of_table(self, table: exp.Table, column: str, depth: int) -> str | None:
        if table.name.startswith(CTE):
            return self._type(table.name.removeprefix(CTE), column, depth + 1)
        found = self.tables.find(f"{table.db}.{table.name}")
        for name, kind in found.columns.items() if found is not None else ():
            if name.casefold() == column.casefold():
                return kind
        return None


def _taken_over(select: exp.Select, column: str) -> tuple[str, str] | None:
    """Table alias and name of the column that ``column`` is, where nothing is done to it."""
    from sqlglot import exp

    star: tuple[str, str] | None = None
    for projection in select.expressions:
        inner = projection.unalias()
        if isinstance(inner, exp.Star):
            star = None if _changes(inner) else ("", column)
        elif isinstance(inner, exp.Column) and isinstance(inner.this, exp.Star):
            star = None if _changes(inner.this) else (inner.table, column)
        elif projection.alias_or_name.casefold() == column.casefold():
            return (inner.table, inner.name) if isinstance(inner, exp.Column) else None
    return star


def _changes(star: exp.Star) -> bool:
    """Whether ``* except`` or ``* replace`` may have made the column another."""
    return any(star.args.get(name) for name in ("except", "except_", "replace", "rename"))
