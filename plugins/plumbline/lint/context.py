"""The argument of every rule: the project with its models, tables, columns and types."""

from __future__ import annotations

from dataclasses import dataclass

from plumbline.lint.column_types import ColumnTypes
from plumbline.lint.columns import ModelColumns
from plumbline.lint.facts import Facts
from plumbline.lint.known_types import ActionType, ExpectationType
from plumbline.lint.models import Models
from plumbline.lint.plugins import Plugins
from plumbline.lint.sql import ParsedModels
from plumbline.lint.tables import Tables
from plumbline.lint.type_lookup import KnownTypes, known_actions, known_expectations
from plumbline.project.project import Project


@dataclass(frozen=True)
class LintContext:
    """The project as rules see it; each part is read when a rule first needs it."""

    facts: Facts
    models: Models
    parsed: ParsedModels
    tables: Tables
    columns: ModelColumns
    column_types: ColumnTypes
    types: KnownTypes[ExpectationType]
    actions: KnownTypes[ActionType]
    plugins: Plugins

    @classmethod
    def of(cls, project: Project, *, plugins_are_trusted: bool = True) -> LintContext:
        """``project`` as it stands on disk."""
        facts = Facts(project)
        models = Models(facts)
        parsed = ParsedModels(models)
        tables = Tables(facts, models)
        columns = ModelColumns(facts, parsed, tables)
        plugins = Plugins(facts, is_trusted=plugins_are_trusted)
        return cls(
            facts,
            models,
            parsed,
            tables,
            columns,
            ColumnTypes(facts, columns, tables),
            known_expectations(plugins),
            known_actions(plugins),
            plugins,
        )
