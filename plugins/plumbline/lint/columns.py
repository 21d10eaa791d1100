"""The columns of a model, from its description and from its SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plumbline.lint.facts import Facts
from plumbline.lint.sql import ParsedModels
from plumbline.lint.sql_columns import Columns, QualifiedQuery, qualify_query
from plumbline.lint.tables import Tables
from plumbline.project.document import Document

if TYPE_CHECKING:
    from sqlglot import exp

CTE = "__dbt__cte__"
"""Before the name of a model that another refers to."""


class ModelColumns:
    """What each model returns."""

    def __init__(self, facts: Facts, parsed: ParsedModels, tables: Tables) -> None:
        self.facts = facts
        self.parsed = parsed
        self.tables = tables
        self._qualified: dict[str, QualifiedQuery | None] = {}

    def of_suite(self, suite: Document) -> Columns:
        """The columns that a suite can name; None where they can't be known."""
        model = self.facts.model_of(suite)
        if model is None:
            return None
        described = self.facts.described.get(model)
        names = tuple(described.columns) if described is not None else ()
        return tuple(dict.fromkeys((*names, *(self.returned(model) or ())))) or None

    def returned(self, model: str) -> Columns:
        """The columns that a model's SQL returns."""
        query = self.query(model)
        return None if query is None else query.columns

    def query(self, model: str) -> QualifiedQuery | None:
        """A model's SQL, its columns resolved."""
        if model not in self._qualified:
            self._qualified[model] = None  # models in a circle end here
            tree = self.parsed.tree(model)
            if tree is not None:
                self._qualified[model] = qualify_query(tree, self._of_table)
        return self._qualified[model]

    def _of_table(self, table: exp.Table) -> Columns:
        if table.name.startswith(CTE):
            return self.returned(table.name.removeprefix(CTE))
        found = self.tables.find(f"{table.db}.{table.name}")
        return None if found is None else tuple(found.columns) or None
