"""BigQuery types of a model's columns, as far as the YAML files declare them.

``schema.yml`` declares the types of the model itself, ``sources.yml`` those of columns that the SQL
takes unchanged from a source.
"""

from __future__ import annotations

from collections.abc import Mapping

from plumbline.lint.columns import CTE, ModelColumns
from plumbline.lint.facts import Facts
from plumbline.lint.tables import Tables
from plumbline.project.document import Document
from plumbline.warehouse.types import parse_type

_DEEPEST = 50


class ColumnTypes:
    """The known types of each model's columns."""

    def __init__(self, facts: Facts, columns: ModelColumns, tables: Tables) -> None:
        self.facts = facts
        self.columns = columns
        self.tables = tables

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
        query = self.columns.query(model)
        origin = None if query is None or depth > _DEEPEST else query.origin(column)
        if origin is None:
            return None
        table, name = origin
        if table.name.startswith(CTE):
            return self._type(table.name.removeprefix(CTE), name, depth + 1)
        found = self.tables.find(f"{table.db}.{table.name}")
        for one, kind in found.columns.items() if found is not None else ():
            if one.casefold() == name.casefold():
                return kind
        return None
