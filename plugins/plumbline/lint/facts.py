"""What the files of a project say together, for the rules.

Tolerant: what is malformed is left out here, and a rule finds it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from plumbline.core.errors import MonitorError
from plumbline.core.instants import find_zone
from plumbline.models.files import Index, index_models
from plumbline.models.properties import (
    ModelProperties,
    SourceTable,
    models_in,
    properties_files,
    sources_in,
)
from plumbline.models.sources import is_enabled
from plumbline.models.workspace import target_attributes
from plumbline.project.dbt_folders import are_folders, model_folders
from plumbline.project.document import Document, KeyPath, Place
from plumbline.project.documents import DBT_FILE
from plumbline.project.jinja import Scope, holds_jinja, render_settings, render_variable
from plumbline.project.parameters import filled_in, has_parameter
from plumbline.project.project import Project, own_variables
from plumbline.project.runbooks import find_runbook
from plumbline.project.targets import (
    PROJECT_VARIABLE,
    TARGET_VARIABLE,
    Limits,
    Target,
    TargetEntry,
    WarehouseEntry,
)

DEFAULT_TARGET: str = WarehouseEntry.model_fields["default_target"].default
DEFAULT_LOCATION: str = TargetEntry.model_fields["location"].default
ANY_PROJECT = "plumbline-lint"
"""The project ID if neither the configuration nor the environment has one."""


class Facts:
    """One project, as its files say it."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.root = project.root
        self.files = project.files
        self.documents = project.documents

    @cached_property
    def suites(self) -> Mapping[str, Document]:
        """Suites by their file's name, with the values of their parameters: rules check the
        arguments of a run."""
        return {name: _filled_in(suite) for name, suite in self.documents.suites.items()}

    @cached_property
    def properties(self) -> tuple[Document, ...]:
        """The YAML files beside the models: sources, and descriptions of models."""
        found = dict.fromkeys(properties_files(self.models.folders, self.files))
        return tuple(map(self.files.document, found))

    @property
    def all_documents(self) -> Iterator[Document]:
        """Every file that is read as JSON or YAML."""
        yield from self.documents.all
        yield from self.properties

    @cached_property
    def are_declarations_read(self) -> bool:
        """Whether every file that declares variables, sources and descriptions could be read.

        If not, an unknown name may be declared in a file that could not be read.
        """
        declarations = (self.documents.dbt, *self.properties)
        return all(document is None or document.is_readable for document in declarations)

    @cached_property
    def dbt_settings(self) -> Mapping[str, Any]:
        """``dbt_project.yml`` without what is malformed."""
        if self.documents.dbt is None:
            return {}
        settings = dict(self.documents.dbt.mapping())
        with suppress(MonitorError):  # the compiler says it
            settings = dict(render_settings(settings, file=str(self.root / DBT_FILE)))
        for key in ("model-paths", "macro-paths"):
            if key in settings and not are_folders(self.root, settings[key]):
                del settings[key]
        return settings

    @cached_property
    def written_variables(self) -> Mapping[str, Any]:
        """The defaults of all variables, as they are written: texts may hold Jinja."""
        if self.documents.dbt is None:
            return {}
        return own_variables(self.documents.dbt.mapping("vars"), self.dbt_settings.get("name"))

    @cached_property
    def variables(self) -> Mapping[str, Any]:
        """The same, rendered; None if it can't be rendered, which a rule finds."""
        return {
            name: None if isinstance(value, MonitorError) else value
            for name, value in self.rendered_variables.items()
        }

    @cached_property
    def rendered_variables(self) -> Mapping[str, Any]:
        """Each variable's value, or why it can't be rendered."""
        return {name: self._rendered(name) for name in self.written_variables}

    def _rendered(self, name: str) -> Any:
        if not holds_jinja(self.written_variables[name]):
            return self.written_variables[name]
        try:
            return render_variable(name, self.scope)
        except MonitorError as fault:
            return fault

    def place_of_variable(self, name: str) -> Place:
        """The position of its default: in the project's own scope, or beside it."""
        assert self.documents.dbt is not None, "where there are variables there is a file"
        own = ("vars", str(self.dbt_settings.get("name")), name)
        return self.documents.dbt.place(*(own if self.documents.dbt.has(*own) else ("vars", name)))

    @cached_property
    def scope(self) -> Scope:
        """The names that Jinja in the YAML files can use."""
        return Scope(
            variables=self.written_variables,
            file=str(self.root / DBT_FILE),
            target=target_attributes(self.target),
            project_name=str(self.dbt_settings.get("name") or ""),
        )

    @cached_property
    def target(self) -> Target:
        """A substitute for the target of a run, because nothing that lint compiles is run."""
        path: KeyPath = ("fluent_datasources", self.documents.datasource or "")
        default = self.documents.configuration.text(*path, "default_target")
        name = os.environ.get(TARGET_VARIABLE) or default or DEFAULT_TARGET
        at = (*path, "targets", name)
        return Target(
            name=name,
            kind="bigquery",
            project=os.environ.get(PROJECT_VARIABLE)
            or self.documents.configuration.text(*at, "project")
            or ANY_PROJECT,
            dataset=self.documents.configuration.text(*at, "dataset"),
            location=self.documents.configuration.text(*at, "location") or DEFAULT_LOCATION,
            limits=Limits(),
            project_dir=self.root,
            state_dir=self.project.state_dir,
        )

    @cached_property
    def timezone(self) -> ZoneInfo:
        """The domain's zone; UTC where it is malformed."""
        return find_zone(str(self.variables.get("timezone", "UTC"))) or ZoneInfo("UTC")

    @cached_property
    def models(self) -> Index:
        """Every model's file."""
        return index_models(model_folders(self.root, self.dbt_settings), self.files)

    def runbook_of(self, suite: Document) -> Path | None:
        """The file of a suite's runbook, where there is one below the project's folder."""
        return self._runbook(suite.text("meta", "monitor", "runbook"))

    @cached_property
    def runbooks(self) -> tuple[Path, ...]:
        """Every runbook's file, in the order in which they are named."""
        files = map(self._runbook, self.documents.runbooks)
        return tuple(dict.fromkeys(file for file in files if file is not None))

    def _runbook(self, named: str | None) -> Path | None:
        return find_runbook(self.root, named) if named else None

    @cached_property
    def described(self) -> Mapping[str, ModelProperties]:
        """The description of each model in the YAML files; of several, the first."""
        found: dict[str, ModelProperties] = {}
        for model in models_in(self.properties):
            found.setdefault(model.name, model)
        return found

    @cached_property
    def sources(self) -> Mapping[tuple[str, str], SourceTable]:
        """The source tables by source and table; of several descriptions, the first that is
        enabled."""
        found: dict[tuple[str, str], SourceTable] = {}
        for table in sources_in(self.properties):
            if self.is_enabled(table):
                found.setdefault((table.source, table.name), table)
        return found

    def is_enabled(self, table: SourceTable) -> bool:
        """Whether it is enabled for the target; true if that can't be rendered, which a rule
        finds."""
        try:
            return is_enabled(table, self.scope)
        except MonitorError:
            return True

    def judges_models(self, suite: str) -> bool:
        """Whether a suite checks the rows of a model, perhaps besides data assets of GX."""
        datasources = {
            self.documents.definitions[name].text("data", "datasource", "name")
            for name in self.documents.definitions_of.get(suite, ())
        }
        is_its_own = suite in self.documents.monitors and suite not in self.documents.definitions
        return is_its_own or self.documents.datasource in datasources

    @property
    def is_listed_known(self) -> bool:
        """Whether there are checkpoints, and each could be read."""
        return bool(self.documents.checkpoints) and all(
            one.is_readable for one in self.documents.checkpoints.values()
        )

    def suite_of(self, monitor: str) -> Document | None:
        """The suite of a monitor; None if it doesn't exist."""
        definition = self.documents.definitions.get(monitor)
        name = monitor if definition is None else definition.text("suite", "name")
        return self.suites.get(name or "")

    def model_of(self, suite: Document) -> str | None:
        """The model of a suite; None if it doesn't exist."""
        name = suite.text("meta", "monitor", "model")
        return name if name in self.models.files else None

    def suites_of(self, model: str) -> list[Document]:
        """The suites that use ``model``."""
        return [suite for suite in self.suites.values() if self.model_of(suite) == model]


def _filled_in(suite: Document) -> Document:
    entries = suite.get("expectations")
    if not isinstance(entries, list) or not has_parameter(entries):
        return suite
    values = suite.mapping("suite_parameters")
    filled = [
        {**entry, "kwargs": filled_in(entry["kwargs"], values)}
        if isinstance(entry, dict) and "kwargs" in entry
        else entry
        for entry in entries
    ]
    return replace(suite, value={**suite.value, "expectations": filled})
