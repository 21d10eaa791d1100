"""Stores that read the project's files, checked, with ids filled in in memory.

GX wants ids in every file and a validation definition beside every suite. Analysts write
neither: a suite that names a model is its own validation definition here.

The classes bear GX's own names: where a configuration lacks a class of that name, GX puts an
empty store of its own in its place.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from great_expectations.checkpoint.actions import _VALIDATION_ACTION_REGISTRY
from great_expectations.data_context.store.checkpoint_store import (
    CheckpointStore as GxCheckpointStore,
)
from great_expectations.data_context.store.expectations_store import (
    ExpectationsStore as GxExpectationsStore,
)
from great_expectations.data_context.store.validation_definition_store import (
    ValidationDefinitionStore as GxValidationDefinitionStore,
)
from great_expectations.data_context.store.validation_results_store import (
    ValidationResultsStore as GxValidationResultsStore,
)
from great_expectations.exceptions.exceptions import GreatExpectationsError

import plumbline.gx.register  # noqa: F401 - a context may load us before anyone imports plumbline
from plumbline.core.errors import ConfigError, MonitorError, did_you_mean
from plumbline.core.ids import stable_id
from plumbline.evaluate.build_suite import build_suite
from plumbline.evaluate.monitors import LoadedTable, load_monitor
from plumbline.gx.checkpoint import Checkpoint
from plumbline.gx.monitor import Monitor, TableMonitor
from plumbline.gx.project_context import project_of
from plumbline.project import Project
from plumbline.project.definitions import BATCH_DEFINITION, Definition
from plumbline.project.find import find_state_dir
from plumbline.project.sites import FILESYSTEM

logger = logging.getLogger(__name__)


class ExpectationsStore(GxExpectationsStore):
    """Suites of ``expectations/``: an unknown type or argument is an error, not a shorter suite."""

    def get(self, key: Any) -> dict[str, Any]:
        """The suite as GX's store gives it: a dict with its expectations built.

        Raises:
            MonitorError: malformed, with file, key and fix.
        """
        built = build_suite(project_of(self._data_context).suite(key.name), as_written=True)
        as_dict: dict[str, Any] = self._expectationSuiteSchema.dump(built)
        return as_dict

    def get_all(self) -> list[Any]:
        """Every suite that can be read; what can't is logged with its fault."""
        project = project_of(self._data_context)
        found = []
        for name in project.suite_names():
            try:
                found.append(self.get(self.get_key(name=name)))
            except MonitorError as error:
                logger.warning("%s", error)
        return found


class ValidationDefinitionStore(GxValidationDefinitionStore):
    """Monitors made from suites; plain validation definitions from their folder beside them."""

    def get(self, key: Any) -> Any:
        """The monitor of that name, over the rows of its model or over a data asset of GX's own.

        A malformed suite or definition gives a monitor that ends in ERROR, so that the others of
        its checkpoint run.
        """
        name = key.to_tuple()[0]
        project = project_of(self._data_context)
        try:
            definition = project.asset_of(name)
            if definition is not None:
                return self._table_monitor(project, definition)
        except MonitorError as fault:
            return self._monitor(project, name, fault)
        return self._monitor(project, name)

    def has_key(self, key: Any) -> bool:
        """Whether there is a monitor or a validation definition of that name."""
        return project_of(self._data_context).has_monitor(key.to_tuple()[0])

    def list_keys(self) -> list[Any]:
        """Every monitor and validation definition."""
        names = project_of(self._data_context).monitor_names()
        return [self.get_key(name=name) for name in names]

    def get_all(self) -> list[Any]:
        """Every monitor and validation definition."""
        return [self.get(key) for key in self.list_keys()]

    def _table_monitor(self, project: Project, definition: Definition) -> TableMonitor:
        context = self._data_context
        assert context is not None
        suite = project.suite_of(definition.name)
        built = build_suite(suite)
        built._owner = context
        batch_definition = _batch_definition(context, definition)
        monitor = TableMonitor(
            name=definition.name,
            id=definition.entry.id or str(stable_id("monitor", definition.name)),
            data=batch_definition,
            suite=built,
        )
        loaded = LoadedTable(definition.name, built, suite, definition, batch_definition)
        monitor.bind(loaded)
        return monitor

    def _monitor(self, project: Project, name: str, fault: MonitorError | None = None) -> Monitor:
        context = self._data_context
        assert context is not None
        loaded = load_monitor(project, name, fault)
        loaded.built._owner = context
        source = context.data_sources.get(project.datasource_name)
        monitor = Monitor(
            name=name,
            id=str(stable_id("monitor", name)),
            data=source.get_asset(name).get_batch_definition(BATCH_DEFINITION),
            suite=loaded.built,
        )
        monitor.bind(loaded)
        return monitor


class CheckpointStore(GxCheckpointStore):
    """Checkpoints of ``checkpoints/``."""

    def get(self, key: Any) -> Checkpoint:
        """The checkpoint with its monitors and actions.

        Raises:
            ConfigError: malformed, or naming a monitor or an action that is not there.
        """
        context = self._data_context
        assert context is not None
        read = project_of(context).checkpoint(key.to_tuple()[0])
        definitions: list[Any] = [
            context.validation_definition_store.get(
                context.validation_definition_store.get_key(name=name)
            )
            for name in read.monitors
        ]
        options: dict[str, Any] = {}
        if read.entry.result_format is not None:
            options["result_format"] = read.entry.result_format
        return Checkpoint(
            name=read.name,
            id=read.entry.id or str(stable_id("checkpoint", read.name)),
            validation_definitions=definitions,
            actions=[
                _action(index, action, read.file) for index, action in enumerate(read.entry.actions)
            ],
            **options,
        )

    def get_all(self) -> list[Any]:
        """Every checkpoint."""
        names = project_of(self._data_context).checkpoint_names()
        return [self.get(self.get_key(name=name)) for name in names]


class ValidationResultsStore(GxValidationResultsStore):
    """Validation results; those in a folder lie in that of local state, so that a run touches no
    tracked file.
    """

    def __init__(
        self,
        store_backend: dict[str, Any] | None = None,
        runtime_environment: dict[str, Any] | None = None,
        store_name: str | None = None,
    ) -> None:
        root = Path(str((runtime_environment or {})["root_directory"]))
        backend = dict(store_backend or {})
        if backend.get("class_name", FILESYSTEM) == FILESYSTEM:
            backend["base_directory"] = str(find_state_dir(root) / "results")
        super().__init__(
            store_backend=backend, runtime_environment=runtime_environment, store_name=store_name
        )


def _batch_definition(context: Any, definition: Definition) -> Any:
    """GX's batch definition.

    Raises:
        MonitorError: the datasource, the asset or the batch definition is not there, or GX can't
            load it.
    """
    datasources = context.data_sources.all()
    source = datasources.get(definition.datasource)
    if source is None:
        raise _unknown(definition, "datasource", definition.datasource, list(datasources))
    try:
        # Of a datasource that it can't load, GX says why when its assets are asked for.
        assets = source.get_asset_names()
        if definition.asset not in assets:
            raise _unknown(definition, "asset", definition.asset, sorted(assets))
        asset = source.get_asset(definition.asset)
        known = {one.name: one for one in asset.batch_definitions}
    except (GreatExpectationsError, TypeError, LookupError) as fault:
        raise MonitorError(
            f"datasource {definition.datasource!r} can't be used: {fault}",
            file=definition.file,
            key="data.datasource.name",
            fix="fix its entry in great_expectations.yml, or install its packages",
        ) from fault
    if definition.batch_definition not in known:
        name = definition.batch_definition
        raise _unknown(definition, "batch_definition", name, list(known))
    return known[definition.batch_definition]


def _unknown(definition: Definition, kind: str, name: str, known: list[str]) -> MonitorError:
    return MonitorError(
        f"there is no {kind.replace('_', ' ')} {name!r}",
        file=definition.file,
        key=f"data.{kind}.name",
        fix=did_you_mean(name, known) if known else "add it to great_expectations.yml",
    )


def _action(index: int, action: dict[str, Any], file: Path) -> Any:
    known = _VALIDATION_ACTION_REGISTRY._registered_actions
    kind = action.get("type")
    if kind not in known:
        raise ConfigError(
            f"there is no action {kind!r}",
            file=file,
            key=f"actions[{index}].type",
            fix=did_you_mean(str(kind), [str(name) for name in known]),
        )
    try:
        return known[kind](**action)
    except ValueError as fault:
        raise ConfigError(
            f"action {kind!r} is malformed: {' '.join(str(fault).split())}",
            file=file,
            key=f"actions[{index}]",
            fix="fix its keys",
        ) from None
