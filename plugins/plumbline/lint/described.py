"""Models and source tables in the YAML files beside the models, with positions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from plumbline.project.document import Document, KeyPath, Place

PSEUDO_COLUMNS = {
    "_TABLE_SUFFIX": "STRING",
    "_PARTITIONTIME": "TIMESTAMP",
    "_PARTITIONDATE": "DATE",
}
"""Columns that BigQuery adds to wildcard tables and to tables partitioned by ingestion time."""


@dataclass(frozen=True)
class DescribedColumn:
    """One of ``columns``."""

    name: str
    document: Document
    path: KeyPath
    entry: Mapping[str, Any]

    @property
    def place(self) -> Place:
        """Where it begins."""
        return self.document.place(*self.path)

    @property
    def type(self) -> str | None:
        """``data_type``."""
        return self.document.text(*self.path, "data_type")

    @property
    def is_personal(self) -> bool:
        """Whether it is tagged as personal: in ``config.meta``, or before dbt 1.10 in ``meta``."""
        tags = (("config", "meta", "personal"), ("meta", "personal"))
        return any(self.document.get(*self.path, *tag) is True for tag in tags)


@dataclass(frozen=True)
class _Described:
    name: str
    document: Document
    path: KeyPath
    entry: Mapping[str, Any]

    @property
    def place(self) -> Place:
        """Where it begins."""
        return self.document.place(*self.path)

    @property
    def meta_path(self) -> KeyPath:
        """The path of plumbline's own keys."""
        return (*self.path, "config", "meta")

    @property
    def columns(self) -> Mapping[str, DescribedColumn]:
        """The columns by name."""
        found: dict[str, DescribedColumn] = {}
        for path, entry in self.document.entries(*self.path, "columns"):
            name = self.document.text(*path, "name")
            if name:
                found.setdefault(name, DescribedColumn(name, self.document, path, entry))
        return found


@dataclass(frozen=True)
class DescribedModel(_Described):
    """One of ``models``."""


@dataclass(frozen=True)
class DescribedSource(_Described):
    """One of a source's ``tables``."""

    source: str

    @property
    def is_wildcard(self) -> bool:
        """Whether it means every table whose name begins so."""
        return (self.document.text(*self.path, "identifier") or self.name).endswith("*")

    @property
    def enabled(self) -> object:
        """``config.enabled`` of the table, else of its source."""
        for path in (self.path, self.path[:-2]):
            if self.document.has(*path, "config", "enabled"):
                return self.document.get(*path, "config", "enabled")
        return True

    def has_pseudo(self, column: str) -> bool:
        """Whether BigQuery adds this one of its pseudo columns."""
        if column == "_TABLE_SUFFIX":
            return self.is_wildcard
        words = (self.partition_by or "").upper()
        return any(name in words for name in PSEUDO_COLUMNS)

    @property
    def partition_by(self) -> str | None:
        """The column or expression that it is partitioned by."""
        return self.document.text(*self.meta_path, "partition_by")

    @property
    def requires_filter(self) -> bool:
        """Whether BigQuery refuses a query without a filter on the partition."""
        return self.document.get(*self.meta_path, "require_partition_filter") is True


def models_in(documents: Iterable[Document]) -> Iterator[DescribedModel]:
    """Every description of a model that has a name."""
    for document in documents:
        for path, entry in document.entries("models"):
            name = document.text(*path, "name")
            if name:
                yield DescribedModel(name, document, path, entry)


def sources_in(documents: Iterable[Document]) -> Iterator[DescribedSource]:
    """Every description of a source table that has a name."""
    for document in documents:
        for path, _ in document.entries("sources"):
            source = document.text(*path, "name")
            if not source:
                continue
            for inner, entry in document.entries(*path, "tables"):
                name = document.text(*inner, "name")
                if name:
                    yield DescribedSource(name, document, inner, entry, source)
