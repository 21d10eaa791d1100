"""A file project of Great Expectations as it is on disk, of version 1.x or 0.x."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import Any

from plumbline.core.errors import ConfigError, did_you_mean
from plumbline.project.document import Document
from plumbline.project.files import Files
from plumbline.project.find import PROJECT_FILE
from plumbline.project.stores import has_targets
from plumbline.scaffold.gx_additions import is_current
from plumbline.scaffold.import_gx.report import NotConvertedError, Report

FOLDERS = ("", "gx", "great_expectations")
"""Where GX puts its configuration: below the folder, in the folders of 1.x and of 0.x."""

_VARIABLE = re.compile(r"(?<!\\)\$(?:\{(.*?)\}|([A-Za-z_]\w*))")
_MOST_LOOKUPS = 5
"""A variable's value may name another variable."""

IN_FILES = "TupleFilesystemStoreBackend"

_OLD_ACTIONS = {
    "SlackNotificationAction": "slack",
    "EmailAction": "email",
    "PagerdutyAlertAction": "pagerduty",
    "MicrosoftTeamsNotificationAction": "microsoft",
    "OpsgenieAlertAction": "opsgenie",
    "SNSNotificationAction": "sns",
    "APINotificationAction": "api",
    "UpdateDataDocsAction": "update_data_docs",
}
_STORING = ("StoreValidationResultAction", "StoreEvaluationParametersAction", "StoreMetricsAction")
"""Actions of 0.x that GX 1.x and plumbline need no configuration for."""
_CHOOSING = ("options", "batch_slice", "data_connector_query")
"""Keys of a batch request of 0.x that choose other rows than those of the newest batch."""
_NEWEST: tuple[object, ...] = (None, "", {}, -1, {"index": -1})


def as_mapping(value: object) -> Mapping[str, Any]:
    """``value``; an empty mapping if it is none."""
    return value if isinstance(value, Mapping) else {}


def variables_in(value: object) -> set[str]:
    """The names of all variables in ``value``, however deep."""
    return {named[1] or named[2] for named in _VARIABLE.finditer(str(value))}


@dataclass(frozen=True)
class _Store:
    """Where GX keeps one kind of file."""

    key: str
    """Names the store; empty where GX fixes its name."""
    usual: str
    folder: str


_SUITES = _Store("expectations_store_name", "expectations_store", "expectations")
_DEFINITIONS = _Store("", "validation_definition_store", "validation_definitions")
_CHECKPOINTS = _Store("checkpoint_store_name", "checkpoint_store", "checkpoints")


@dataclass(frozen=True)
class Definition:
    """A suite and the batches that it is run over."""

    name: str
    suite: str
    datasource: str
    """Empty where the code that runs a checkpoint of 0.x names the data."""
    asset: str
    batches: str | None = None
    """The name of the batch definition; None in 0.x."""
    query: str | None = None
    """A query that a checkpoint of 0.x holds."""
    connector: str = ""
    """The data connector of 0.x that has the asset."""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """What a checkpoint of 0.x gives the suite, in place of the suite's own."""
    chosen_by: str | None = None
    """The key of a batch request of 0.x that chooses other rows than the newest batch."""


@dataclass(frozen=True)
class Checkpoint:
    """Definitions that run together, and the actions after them."""

    name: str
    definitions: tuple[str, ...]
    actions: tuple[Mapping[str, Any], ...]
    """As 1.x writes them: ``{"name": ..., "type": "slack", ...}``."""
    result_format: Any = None


@dataclass(frozen=True)
class Variables:
    """Values of ``${NAME}``: the environment first, as in GX, then the file of variables."""

    of_file: Mapping[str, Any] = field(repr=False)
    environment: Mapping[str, str] = field(repr=False)

    def fill_in(self, text: str) -> Any:
        """``text`` with the values of its variables.

        Raises:
            NotConvertedError: one has no value.
        """
        for _ in range(_MOST_LOOKUPS):
            named = _VARIABLE.search(text)
            if named is None:
                break
            value = self._value(named[1] or named[2])
            if named[0] == text and not isinstance(value, str):
                return value
            text = text.replace(named[0], str(value))
        return text.replace("\\$", "$")

    def _value(self, name: str) -> Any:
        value = self.environment.get(name, self.of_file.get(name))
        if value is None:
            raise NotConvertedError(
                f"variable {name!r} has no value",
                f"set the environment variable {name}, and import again",
            )
        return value

    def fill_in_constants(self, query: str) -> str:
        """``query`` with the values of the file of variables.

        Raises:
            NotConvertedError: a variable is not there: it may have another value at each run of GX.
        """
        elsewhere = sorted(variables_in(query) - {*self.of_file})
        if elsewhere:
            raise NotConvertedError(
                f"its query has a variable that GX fills in at each run: ${', $'.join(elsewhere)}",
                "write a value in its place in GX and import again; if it is a day, then write in "
                "the model the day that a run checks: "
                "date_sub(cast('{{ var(\"first_date\") }}' as date), interval 1 day)",
            )
        return str(self.fill_in(query))

    def named(self, value: object) -> tuple[str | None, object]:
        """The variable that is all of ``value``, and what a file holds for it.

        Returns:
            The name and None: only the environment has it. A name and a value: the file of
            variables does. None and ``value``: it is written where it is used.
        """
        name, seen = None, set[str]()
        while isinstance(value, str) and (found := _VARIABLE.fullmatch(value)):
            name = found[1] or found[2]
            value = None if name in seen else self.of_file.get(name)
            seen.add(name)
        return name, value


@dataclass(frozen=True)
class GxProject:
    """What a GX project declares."""

    root: Path
    configuration: Document
    variables: Variables
    suites: Mapping[str, Document]
    definitions: Sequence[Definition]
    checkpoints: Sequence[Checkpoint]

    @property
    def is_current(self) -> bool:
        """Whether it is of GX 1.x, whose files plumbline also runs as they are."""
        return is_current(self.configuration.mapping())

    def datasource(self, name: str) -> Mapping[str, Any]:
        """A fluent data source, or one of 0.x.

        Raises:
            NotConvertedError: there is none.
        """
        for key in ("fluent_datasources", "datasources"):
            found = self.configuration.mapping(key, name)
            if found:
                return found
        known = [
            *self.configuration.mapping("fluent_datasources"),
            *self.configuration.mapping("datasources"),
        ]
        raise NotConvertedError(
            f"there is no data source {name!r} in {PROJECT_FILE}", did_you_mean(name, known)
        )


def read_gx_project(folder: Path, report: Report) -> GxProject:
    """The project in ``folder``. A file that can't be read is reported, and the others are read.

    Raises:
        ConfigError: it is not a GX project, or its configuration can't be read.
    """
    configuration = _find_configuration(folder)
    root = configuration.file.parent
    files = Files()
    files.confine(root)
    reader = _Reader(root, files, configuration, report)
    definitions, checkpoints = list(reader.definitions()), list(reader.checkpoints())
    old_definitions, old_checkpoints = reader.old_checkpoints()
    return GxProject(
        root,
        configuration,
        Variables(reader.variables(), os.environ),
        reader.suites(),
        [*definitions, *old_definitions],
        [*checkpoints, *old_checkpoints],
    )


def _find_configuration(folder: Path) -> Document:
    """The configuration of the GX project in ``folder``, which plumbline's own may stand beside."""
    fix = f"name the folder that holds the {PROJECT_FILE} of Great Expectations"
    found = [folder / name / PROJECT_FILE for name in FOLDERS]
    found = [file.resolve() for file in found if file.is_file()]
    for document in map(Files().document, found):
        document.mapping_or_raise(error=ConfigError, what="the configuration of the GX project")
        if not has_targets(document.mapping()):
            return document
    if found:
        ours = shlex.quote(os.path.relpath(found[-1].parent))
        raise ConfigError(
            f"{folder} is already a plumbline project",
            key="DIR",
            fix=f"its suites and checkpoints run as they are: `plumbline list --project-dir {ours}`"
            f"; else {fix}",
        )
    raise ConfigError(
        f"{folder} is not a project of Great Expectations: it has no {PROJECT_FILE}, and none in "
        "gx/ or great_expectations/",
        key="DIR",
        fix=fix,
    )


@dataclass
class _Reader:
    root: Path
    files: Files
    configuration: Document
    report: Report
    not_in_files: set[str] = field(default_factory=set)

    def variables(self) -> Mapping[str, Any]:
        named = self.configuration.text("config_variables_file_path")
        file = self.root / (named or "uncommitted/config_variables.yml")
        if not self.files.is_file(file):
            return {}
        document = self.files.document(file)
        self._readable(document)
        return document.mapping()

    def suites(self) -> Mapping[str, Document]:
        found: dict[str, Document] = {}
        folder = self._folder(_SUITES)
        for document in self._json(_SUITES):
            path = document.file.relative_to(folder)
            name = ".".join(path.with_suffix("").parts)  # GX finds it so, whatever it says inside
            if name in found:
                self.report.leave(
                    f"suite {name!r} in {path}", f"{found[name].file} has it too", "remove one"
                )
            found.setdefault(name, document)
        is_elsewhere = bool(self.not_in_files)  # which is said already
        if not is_elsewhere and not self.files.listed(folder, "*.json", below=True):
            self.report.leave(
                "suites",
                f"there are none in {os.path.relpath(folder, self.root)}/",
                "write them there in GX, or copy them from where they are stored",
            )
        return found

    def definitions(self) -> Iterator[Definition]:
        for document in self._json(_DEFINITIONS):
            name = document.text("name") or document.file.stem
            suite = document.text("suite", "name")
            data = [
                document.text("data", part, "name")
                for part in ("datasource", "asset", "batch_definition")
            ]
            if suite is None or None in data:
                self.report.leave(
                    f"validation definition {name!r}",
                    "it doesn't name its suite, data source, asset and batch definition",
                    f"complete {document.file}",
                )
                continue
            datasource, asset, batches = (str(one) for one in data)
            yield Definition(name, suite, datasource, asset, batches)

    def checkpoints(self) -> Iterator[Checkpoint]:
        for document in self._json(_CHECKPOINTS):
            listed = document.entry_texts("validation_definitions", key="name")
            yield Checkpoint(
                document.text("name") or document.file.stem,
                tuple(name for _, name in listed),
                tuple(action for _, action in document.entries("actions")),
                document.get("result_format"),
            )

    def old_checkpoints(self) -> tuple[list[Definition], list[Checkpoint]]:
        """The checkpoints of 0.x, which hold what 1.x calls validation definitions."""
        definitions: list[Definition] = []
        checkpoints = []
        folder = self._folder(_CHECKPOINTS)
        for document in map(self.files.document, self.files.listed(folder, "*.yml", below=True)):
            if not self._readable(document):
                continue
            name = document.text("name") or document.file.stem
            if template := document.text("template_name"):
                self.report.leave(
                    f"checkpoint {name!r}",
                    f"it takes what it lacks from checkpoint {template!r}",
                    "write that into it in place of template_name, and import again",
                )
                continue
            listed = []
            for one in _old_validations(document):
                same = [each for each in definitions if replace(each, name=one.name) == one]
                if not same:
                    is_taken = any(each.name == one.name for each in definitions)
                    name_of_two = f"{one.suite}_{one.asset}"
                    same = [replace(one, name=name_of_two) if is_taken else one]
                    definitions += same
                listed.append(same[0].name)
            checkpoints.append(Checkpoint(name, tuple(listed), tuple(_old_actions(document))))
        return definitions, checkpoints

    def _json(self, store: _Store) -> Iterator[Document]:
        for file in self.files.listed(self._folder(store), "*.json", below=True):
            document = self.files.document(file)
            if self._readable(document):
                yield document

    def _folder(self, store: _Store) -> Path:
        named = (self.configuration.text(store.key) if store.key else None) or store.usual
        backend = self.configuration.mapping("stores", named, "store_backend")
        class_name = str(backend.get("class_name") or IN_FILES)
        if class_name != IN_FILES and named not in self.not_in_files:
            self.not_in_files.add(named)
            self.report.leave(
                f"store {named!r}",
                f"it is a {class_name}, and only files are read",
                f"copy what it holds to {store.folder}/",
            )
        return self.root / str(backend.get("base_directory") or store.folder)

    def _readable(self, document: Document) -> bool:
        for fault in document.faults:
            shown = os.path.relpath(document.file, self.root)
            self.report.leave(shown, fault.text("it"), fault.fix)
            return False
        return True


def _old_validations(document: Document) -> Iterator[Definition]:
    """The validations of a checkpoint of 0.x; what one lacks, the checkpoint says."""
    whole = document.mapping()
    listed = [entry for _, entry in document.entries("validations")] or [{}]
    for entry in listed:
        request = {
            **as_mapping(whole.get("batch_request")),
            **as_mapping(entry.get("batch_request")),
        }
        suite = entry.get("expectation_suite_name") or whole.get("expectation_suite_name")
        datasource, asset = request.get("datasource_name"), request.get("data_asset_name")
        if suite:  # else its code names what it runs
            query = as_mapping(request.get("runtime_parameters")).get("query")
            yield Definition(
                str(suite),
                str(suite),
                str(datasource or ""),
                str(asset or ""),
                query=None if query is None else str(query),
                connector=str(request.get("data_connector_name") or ""),
                parameters={
                    **as_mapping(whole.get("evaluation_parameters")),
                    **as_mapping(entry.get("evaluation_parameters")),
                },
                chosen_by=next((key for key in _CHOOSING if request.get(key) not in _NEWEST), None),
            )


def _old_actions(document: Document) -> Iterator[Mapping[str, Any]]:
    validations = [path for path, _ in document.entries("validations")]
    lists = [document.entries(*path, "action_list") for path in ((), *validations)]
    for _, entry in chain.from_iterable(lists):
        action = dict(as_mapping(entry.get("action")))
        class_name = str(action.pop("class_name", ""))
        if class_name not in _STORING:
            type_ = _OLD_ACTIONS.get(class_name, class_name)
            yield {"name": entry.get("name") or type_, "type": type_, **action}
    if document.has("slack_webhook"):  # of a SimpleCheckpoint
        named = {key: document.get(key) for key in ("slack_webhook", "notify_on")}
        yield {"name": "slack", "type": "slack"} | {
            key: value for key, value in named.items() if value is not None
        }
