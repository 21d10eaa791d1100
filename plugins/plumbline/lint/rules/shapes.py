"""Checks keys and types of values in suites, definitions, targets and dbt's files.

In dbt's and GX's files, which may have other keys, a key is unknown only if it resembles one that
plumbline reads.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from plumbline.lint.context import LintContext
from plumbline.lint.facts import Facts
from plumbline.lint.rule import Finding, Rules
from plumbline.lint.rules.document_shape import check_near_misses, check_shape, value_findings
from plumbline.lint.rules.files import WRONG_VALUE
from plumbline.models.properties import models_in, sources_in
from plumbline.models.value_forms import FormName
from plumbline.project.dbt_folders import are_folders
from plumbline.project.definitions import DefinitionEntry
from plumbline.project.document import Document, KeyPath
from plumbline.project.parsing import find_name_faults
from plumbline.project.suites import SuiteEntry
from plumbline.project.targets import WarehouseEntry

RULES = Rules()
"""None: its rules are those of ``files``."""

_DBT_KEYS = ("name", "vars", "model-paths", "macro-paths", "models")
_OTHER_DBT_KEYS = (
    *("config-version", "version", "profile", "seeds", "snapshots", "sources", "tests", "metrics"),
    *("data_tests", "unit_tests", "exposures", "flags", "seed-paths", "test-paths", "docs-paths"),
    *("analysis-paths", "snapshot-paths", "asset-paths", "function-paths", "target-path"),
)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Open(BaseModel):
    model_config = ConfigDict(extra="allow", strict=True)


class _DbtEntry(_Open):
    """What plumbline reads of ``dbt_project.yml``."""

    name: str | None = None
    vars: dict[str, Any] | None = None
    models: dict[str, Any] | None = None


class _BoundsEntry(_Strict):
    """``config.meta.vars.<variable>`` of a model."""

    min: Any = None
    max: Any = None
    form: FormName | None = None
    entries: FormName | None = None


class _ModelMeta(_Open):
    """``config.meta`` of a model."""

    grain: list[str] | None = None
    compiled_by: Literal["dbt"] | None = None
    vars: dict[str, _BoundsEntry] | None = None


class _SourceMeta(_Open):
    """``config.meta`` of a source table."""

    partition_by: str | None = None
    require_partition_filter: bool | None = None
    cluster_by: list[str] | None = None
    arrival_time: str | None = None


class _ColumnMeta(_Open):
    """``config.meta`` of a column, or ``meta`` as older dbt has it."""

    personal: bool | None = None


class _ColumnEntry(_Open):
    name: str = Field(min_length=1)
    data_type: str | None = None
    description: str | None = None


class _ModelEntry(_Open):
    name: str = Field(min_length=1)
    description: str | None = None
    columns: list[_ColumnEntry] | None = None


class _SourceEntry(_Open):
    name: str = Field(min_length=1)
    tables: list[_ModelEntry] | None = None


class _PropertiesEntry(_Open):
    """What plumbline reads of the YAML files beside the models."""

    models: list[_ModelEntry] | None = None
    sources: list[_SourceEntry] | None = None


def check(context: LintContext) -> Iterator[Finding]:
    facts = context.facts
    for suite in facts.documents.suites.values():
        if suite.is_readable:
            yield from check_shape(suite, (), SuiteEntry)
            yield from value_findings(suite, find_name_faults(suite))
            yield from check_near_misses(suite, ("meta",), ours=("monitor",))
    for definition in facts.documents.definitions.values():
        if definition.is_readable:
            yield from check_shape(definition, (), DefinitionEntry)
            yield from value_findings(definition, find_name_faults(definition))
    yield from _targets(facts)
    if facts.documents.dbt is not None and facts.documents.dbt.is_readable:
        yield from _dbt(facts, facts.documents.dbt)
    for properties in facts.properties:
        if properties.is_readable:
            yield from _properties(properties)


def _targets(facts: Facts) -> Iterator[Finding]:
    if facts.documents.datasource is None:
        return
    path: KeyPath = ("fluent_datasources", facts.documents.datasource)
    yield from check_shape(facts.documents.configuration, path, WarehouseEntry)
    yield from check_near_misses(
        facts.documents.configuration,
        path,
        ours=("default_target", "targets"),
        others=("type", "name"),
    )


def _dbt(facts: Facts, dbt: Document) -> Iterator[Finding]:
    yield from check_shape(dbt, (), _DbtEntry)
    yield from check_near_misses(dbt, (), ours=_DBT_KEYS, others=_OTHER_DBT_KEYS)
    for key in ("model-paths", "macro-paths"):
        if dbt.has(key) and not are_folders(facts.root, dbt.get(key)):
            yield WRONG_VALUE.at(
                dbt.place(key),
                f"{key} is not a list of folders of the project",
                f'write {key}: ["{key.removesuffix("-paths")}s"]',
            )


def _properties(document: Document) -> Iterator[Finding]:
    yield from check_shape(document, (), _PropertiesEntry)
    yield from check_near_misses(document, (), ours=("models", "sources"), others=("version",))
    for model in models_in([document]):
        yield from _entry(document, model.path, ("name", "columns", "config", "description"))
        yield from _meta(document, model.meta_path, _ModelMeta)
        for column in model.columns.values():
            yield from _column(document, column.path)
    for table in sources_in([document]):
        yield from _entry(document, table.path, ("name", "columns", "config", "description"))
        yield from _meta(document, table.meta_path, _SourceMeta)
        for column in table.columns.values():
            yield from _column(document, column.path)


def _column(document: Document, path: KeyPath) -> Iterator[Finding]:
    yield from _entry(document, path, ("name", "data_type", "description", "config", "meta"))
    yield from check_near_misses(document, (*path, "config"), ours=("meta",))
    for meta in ((*path, "config", "meta"), (*path, "meta")):
        yield from _meta(document, meta, _ColumnMeta)


def _entry(document: Document, path: KeyPath, ours: tuple[str, ...]) -> Iterator[Finding]:
    yield from check_near_misses(document, path, ours=ours)


def _meta(document: Document, path: KeyPath, model: type[BaseModel]) -> Iterator[Finding]:
    if document.get(*path) is not None:
        yield from check_shape(document, path, model)
        yield from check_near_misses(document, path, ours=tuple(model.model_fields))
