"""Tables that models read, with their columns: declared sources, and what dbt has built."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from plumbline.core.errors import PlumblineError
from plumbline.lint.facts import Facts
from plumbline.lint.models import Models
from plumbline.models.properties import PSEUDO_COLUMNS, SourceTable
from plumbline.models.sources import FoundSource
from plumbline.warehouse.types import parse_type


@dataclass(frozen=True)
class KnownTable:
    """One table, as the YAML files beside the models describe it."""

    dataset: str
    name: str
    columns: Mapping[str, str | None]
    """The columns with their types; empty if they are not described."""
    pseudo_columns: Mapping[str, str] = field(default_factory=dict)
    """Columns that BigQuery adds and ``*`` does not return."""

    @property
    def has_types(self) -> bool:
        """Whether every column has a BigQuery type."""
        types = [parse_type(name or "") for name in self.columns.values()]
        return bool(types) and None not in types


class Tables:
    """Tables by ``dataset.table``."""

    def __init__(self, facts: Facts, models: Models) -> None:
        self.facts = facts
        self.models = models

    def find(self, key: str) -> KnownTable | None:
        return self._sources.get(key) or self._built.get(key)

    def named(self, name: str) -> KnownTable | None:
        """A table as suites name it: ``source.table`` or ``dataset.table``."""
        source, _, table = name.partition(".")
        found = self.models.sources.get((source, table))
        return self.find(found.relation.key if isinstance(found, FoundSource) else name)

    @property
    def names(self) -> tuple[str, ...]:
        """The names by which suites can name a declared table."""
        declared = (f"{source}.{table}" for source, table in self.models.sources)
        return tuple(dict.fromkeys((*declared, *self.described)))

    @cached_property
    def _sources(self) -> Mapping[str, KnownTable]:
        return {
            key: KnownTable(
                key.partition(".")[0],
                key.partition(".")[2],
                {name: column.type for name, column in source.columns.items()},
                {name: kind for name, kind in PSEUDO_COLUMNS.items() if source.has_pseudo(name)},
            )
            for key, source in self.described.items()
        }

    @cached_property
    def described(self) -> Mapping[str, SourceTable]:
        """Sources by where they are."""
        return {
            found.relation.key: self.facts.sources[at]
            for at, found in self.models.sources.items()
            if isinstance(found, FoundSource) and at in self.facts.sources
        }

    @cached_property
    def _built(self) -> Mapping[str, KnownTable]:
        """Of dbt's manifest, which is read when a model refers to a table that dbt has made."""
        try:
            manifest = self.models.workspace.manifest
        except PlumblineError:
            return {}
        found = {}
        by_name = manifest.nodes.values() if manifest is not None else ()
        for node in (node for nodes in by_name for node in nodes):
            described = self.facts.described.get(node.name)
            columns = described.columns if described is not None else {}
            found[f"{node.schema}.{node.alias}"] = KnownTable(
                node.schema, node.alias, {name: column.type for name, column in columns.items()}
            )
        return found
