"""The models that monitors use: their templates, their SQL, their columns.

Lint ignores models of a dbt project that no monitor uses.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from plumbline.core.errors import MonitorError, PlumblineError
from plumbline.lint.facts import Facts
from plumbline.lint.source_lines import SourceLines
from plumbline.lint.templates import Template, read_template
from plumbline.models.compilation import BUILT_IN, Compilation
from plumbline.models.compiled import CompiledModel
from plumbline.models.files import Index, index_macros
from plumbline.models.model_config import model_config
from plumbline.models.properties import (
    ModelProperties,
    Properties,
    SourceTable,
    sources_in,
)
from plumbline.models.sources import FoundSource, all_sources
from plumbline.models.templates import Templates
from plumbline.models.variables import NAME, VariableError, parameter
from plumbline.models.workspace import Workspace
from plumbline.project.files import Files

MONITORS_FOLDER = "monitors"
"""A model in a folder of that name is meant for a monitor."""

_ANY_INSTANT = datetime(2026, 1, 1, tzinfo=UTC)
"""Values are query parameters, so the SQL doesn't depend on the instant."""


@dataclass(frozen=True)
class Built:
    """One compiled model."""

    name: str
    file: Path
    sql: str
    """The model's own, in which the models that it refers to are names."""
    whole: CompiledModel
    """As BigQuery gets it."""
    lines: SourceLines
    """Maps lines of ``sql`` to lines of the file."""


@dataclass(frozen=True)
class _Project:
    root: Path
    files: Files
    dbt: Mapping[str, Any]
    vars: Mapping[str, Any]
    timezone: ZoneInfo


class _WithoutMeta(ModelProperties):
    """A model's properties without ``config.meta``, whose faults are findings of other rules."""

    @property
    def config(self) -> Mapping[str, Any]:
        """``config``; empty where it is none."""
        found = self.document.mapping(*self.path, "config")
        return {key: value for key, value in found.items() if key != "meta"}

    @property
    def personal(self) -> frozenset[str]:
        """None: nothing is masked, because nothing is run."""
        return frozenset()


class _Workspace(Workspace):
    """The project's files without what is malformed."""

    def __init__(self, facts: Facts, macros: Index) -> None:
        project = _Project(
            facts.root, facts.files, facts.dbt_settings, facts.written_variables, facts.timezone
        )
        super().__init__(project, facts.target)
        self._facts = facts
        self._macros = macros

    @cached_property
    def templates(self) -> Templates:
        """Jinja, with the macros that can be read."""
        return Templates(self._macros, self._facts.files)

    @cached_property
    def properties(self) -> Properties:
        """As lint has read them."""
        is_enabled = self._facts.is_enabled
        sources: dict[str, dict[str, tuple[SourceTable, ...]]] = {}
        for table in sources_in(self._facts.properties):
            # Of several that are enabled the first: a rule says that there are more.
            tables = sources.setdefault(table.source, {})
            first = tables.setdefault(table.name, (table,))
            if not is_enabled(first[0]) and is_enabled(table):
                tables[table.name] = (table,)
        models = {
            name: _WithoutMeta(name, model.document, model.path)
            for name, model in self._facts.described.items()
        }
        own = Properties(models=models, sources=sources)
        try:
            return self.with_dbts(own)
        except PlumblineError:  # the compiler says it
            return own


class Models:
    """The models of one project."""

    any_instant = _ANY_INSTANT
    """An instant to compile for, as good as any other."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self._with_macros: dict[str, tuple[Template, ...]] = {}
        self._macro_files: dict[Path, Template] = {}

    @cached_property
    def templates(self) -> Mapping[str, Template]:
        """Every model's template, by the model's name; of several files the first."""
        return {
            name: read_template(files[0], self.facts.files)
            for name, files in self.facts.models.files.items()
        }

    @cached_property
    def macros(self) -> Index:
        """Every macro's file; none where they can't be read."""
        return self._macros[0]

    @cached_property
    def macros_fault(self) -> PlumblineError | None:
        """Why the macros can't be read."""
        return self._macros[1]

    @cached_property
    def _macros(self) -> tuple[Index, PlumblineError | None]:
        try:
            return index_macros(self.facts.root, self.facts.dbt_settings, self.facts.files), None
        except PlumblineError as fault:
            return Index("macro", {}, ()), fault

    @cached_property
    def watched(self) -> tuple[str, ...]:
        """Models that suites name or that are meant for a monitor, and all that they refer to."""
        found: dict[str, None] = {}
        waiting = [
            name
            for name in self.templates
            if self.is_monitor(name) or self.facts.suites_of(name) or self.takes_as_of(name)
        ]
        while waiting:
            name = waiting.pop()
            if name not in found:
                found[name] = None
                waiting += self._inlined(name)
        return tuple(sorted(found))

    @cached_property
    def watched_templates(self) -> tuple[Template, ...]:
        """Those of the watched models, and of every macro that they call."""
        files = {
            template.file: template for name in self.watched for template in self.with_macros(name)
        }
        return tuple(files.values())

    def with_macros(self, name: str) -> tuple[Template, ...]:
        """A model's template, and that of every macro that it calls, or that these call."""
        if name not in self._with_macros:
            found = {self.templates[name].file: self.templates[name]}
            waiting = list(found.values())
            while waiting:
                for call in waiting.pop().names:
                    for file in self.macros.files.get(call.arguments[0], ()):
                        if file not in found:
                            found[file] = self._macro(file)
                            waiting.append(found[file])
            self._with_macros[name] = tuple(found.values())
        return self._with_macros[name]

    def _macro(self, file: Path) -> Template:
        if file not in self._macro_files:
            self._macro_files[file] = read_template(file, self.facts.files)
        return self._macro_files[file]

    @cached_property
    def referred(self) -> frozenset[str]:
        """Models that other models refer to."""
        return frozenset(name for model in self.templates for name in self.refs(model))

    def is_monitor(self, name: str) -> bool:
        """Whether its folder says that it is meant for a monitor."""
        return MONITORS_FOLDER in self.templates[name].file.relative_to(self.facts.root).parts

    def takes_as_of(self, name: str) -> bool:
        """Whether it is set-oriented, itself or by what it refers to."""
        seen: set[str] = set()
        waiting = [name]
        while waiting:
            current = waiting.pop()
            if current in seen:
                continue
            seen.add(current)
            for template in self.with_macros(current):
                if any(call.arguments == ("as_of",) for call in template.variables):
                    return True
            waiting += self._inlined(current)
        return False

    @cached_property
    def built(self) -> Mapping[str, Built | PlumblineError]:
        """Every watched model compiled, or why it can't be."""
        return {name: self._build(name) for name in self.watched}

    @cached_property
    def workspace(self) -> Workspace:
        """The project as the compiler sees it."""
        return _Workspace(self.facts, self.macros)

    @cached_property
    def sources(self) -> Mapping[tuple[str, str], FoundSource | MonitorError]:
        """Every declared table of a source by source and table: where it is, or why that can't be
        told. Without those that are not enabled."""
        return all_sources(self.workspace)

    @cached_property
    def source_names(self) -> frozenset[tuple[str, str]]:
        """Source and table of all that ``source()`` can name."""
        return frozenset({*self.facts.sources, *self.sources})

    @cached_property
    def has_manifest(self) -> bool:
        """Whether dbt has written which tables it makes."""
        try:
            return self.workspace.manifest_file.is_file()
        except PlumblineError:  # the compiler says it
            return True

    def sql_of(self, name: str) -> Built | None:
        """A model that can be compiled."""
        built = self.built.get(name)
        return built if isinstance(built, Built) else None

    def variables_of(self, name: str) -> frozenset[str] | None:
        """The variables that a model reads; None where that can't be known."""
        built = self.sql_of(name)
        return None if built is None else frozenset(built.whole.variables)

    def refs(self, name: str) -> list[str]:
        """The models of the project that it refers to, itself or by a macro."""
        names = (call.arguments[-1] for each in self.with_macros(name) for call in each.refs)
        return [other for other in dict.fromkeys(names) if other in self.templates]

    def _inlined(self, name: str) -> list[str]:
        """Those that it refers to and that become part of its SQL; the others dbt has built."""
        return [other for other in self.refs(name) if self.is_inlined(other)]

    def is_inlined(self, name: str) -> bool:
        """Whether it is ephemeral: a part of other models' SQL, and no table."""
        try:
            return model_config(name, self.workspace).materialized == "ephemeral"
        except PlumblineError:
            return True  # to be looked at, and found malformed

    def _build(self, name: str) -> Built | PlumblineError:
        given = self._undeclared(name)
        while True:
            compilation = Compilation(
                self.workspace, as_of=[_ANY_INSTANT], given=given, where=str(self.facts.root)
            )
            try:
                whole = compilation.compile(name)
            except VariableError as fault:
                if fault.var not in given:
                    return fault
                del given[fault.var]  # a suite's fault: the rules for variables say it
            except PlumblineError as fault:
                return fault
            else:
                break
        template = self.templates[name]
        sql = compilation.pieces[name].sql.text
        return Built(name, template.file, sql, whole, SourceLines(template.text, sql))

    def _undeclared(self, name: str) -> dict[str, object]:
        """Values that only a suite of the model gives, so that the model can be compiled."""
        found: dict[str, object] = {}
        for suite in self.facts.suites_of(name):
            for variable, value in suite.mapping("meta", "monitor", "vars").items():
                if variable not in self.facts.variables and _is_value(variable, value):
                    found.setdefault(variable, value)
        return found


def _is_value(name: str, value: object) -> bool:
    if name in BUILT_IN or not NAME.fullmatch(name):
        return False
    try:
        parameter(name, value, file=None)
    except VariableError:
        return False
    return True
