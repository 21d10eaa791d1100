"""Every file of a project as it is parsed, and which monitors the files declare.

Tolerant: what is malformed is a fault of its document, and is left out of what the files say
together. `Project` reads the same documents and raises their faults.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from plumbline.project.document import Document
from plumbline.project.files import Files
from plumbline.project.find import PROJECT_FILE

DBT_FILE = "dbt_project.yml"
SCHEDULE_FILE = "schedule.yml"
DATASOURCE_TYPE = "bigquery_models"


@dataclass(frozen=True)
class MonitorNames(Collection[str]):
    """Names of monitors that have files, and whatever begins with the name of a recorded run."""

    names: frozenset[str]
    recorded: tuple[str, ...] = ()

    def __contains__(self, name: object) -> bool:
        return name in self.names or any(str(name).startswith(f"{one}.") for one in self.recorded)

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)


class Documents:
    """The files of one project; each is read when it is first asked for."""

    def __init__(self, root: Path, files: Files) -> None:
        self._root = root
        self._files = files
        self.suites_dir = root / "expectations"
        self.checkpoints_dir = root / "checkpoints"
        self.definitions_dir = root / "validation_definitions"
        self.services_file = root / "deploy" / "services.yml"

    @property
    def all(self) -> Iterator[Document]:
        """Every document but those beside the models."""
        yield self.configuration
        yield from self.suites.values()
        yield from self.checkpoints.values()
        yield from self.definitions.values()
        others = (
            self.dbt,
            self.schedule,
            self.alerts,
            self.mutes,
            self.incidents,
            self.services,
        )
        yield from (document for document in others if document is not None)

    @property
    def configuration(self) -> Document:
        return self._files.document(self._root / PROJECT_FILE)

    @property
    def dbt(self) -> Document | None:
        return self._find(self._root / DBT_FILE)

    @property
    def schedule(self) -> Document | None:
        return self._find(self.checkpoints_dir / SCHEDULE_FILE)

    @property
    def alerts(self) -> Document | None:
        return self._find(self.checkpoints_dir / "alerts.yml")

    @property
    def mutes(self) -> Document | None:
        return self._find(self.checkpoints_dir / "mutes.yml")

    @property
    def incidents(self) -> Document | None:
        """``checkpoints/incidents.yml``, the labelled incidents, where there is one."""
        return self._find(self.checkpoints_dir / "incidents.yml")

    @property
    def services(self) -> Document | None:
        return self._find(self.services_file)

    @cached_property
    def suites(self) -> Mapping[str, Document]:
        return self._in(self.suites_dir)

    @cached_property
    def checkpoints(self) -> Mapping[str, Document]:
        return self._in(self.checkpoints_dir)

    @cached_property
    def definitions(self) -> Mapping[str, Document]:
        return self._in(self.definitions_dir)

    def _find(self, file: Path) -> Document | None:
        return self._files.document(file) if self._files.is_file(file) else None

    def _in(self, folder: Path) -> Mapping[str, Document]:
        return {
            file.stem: self._files.document(file) for file in self._files.listed(folder, "*.json")
        }

    @property
    def datasource(self) -> str | None:
        """The name of the data source that holds the targets."""
        for name, entry in self.configuration.mapping("fluent_datasources").items():
            if isinstance(entry, dict) and entry.get("type") == DATASOURCE_TYPE:
                return name
        return None

    @property
    def plugins_dir(self) -> Path:
        """The folder of the project's own Python for Great Expectations."""
        return self._root / (self.configuration.text("plugins_directory") or "plugins")

    @property
    def runbooks(self) -> Iterator[str]:
        """What suites and services name as their runbooks: files of the project, or links."""
        for suite in self.suites.values():
            named = suite.text("meta", "monitor", "runbook")
            if named is not None:
                yield named
        if self.services is not None:
            yield from (name for _, name in self.services.entry_texts("services", key="runbook"))

    @cached_property
    def listed(self) -> frozenset[str]:
        """The monitors that checkpoints list."""
        return frozenset(
            name
            for checkpoint in self.checkpoints.values()
            for _, name in checkpoint.entry_texts("validation_definitions", key="name")
        )

    @cached_property
    def recorded(self) -> tuple[str, ...]:
        """The names under which results of other tools are recorded."""
        return (
            () if self.alerts is None else tuple(name for _, name in self.alerts.texts("recorded"))
        )

    @property
    def nameable(self) -> MonitorNames:
        """The monitors that routes and mutes may name."""
        return MonitorNames(self.monitors, self.recorded)

    @cached_property
    def definitions_of(self) -> Mapping[str, tuple[str, ...]]:
        """By suite, the validation definitions that run it."""
        found: dict[str, tuple[str, ...]] = {}
        for name, definition in self.definitions.items():
            suite = definition.text("suite", "name")
            if suite:
                found[suite] = (*found.get(suite, ()), name)
        return found

    @cached_property
    def listable(self) -> frozenset[str]:
        """What a checkpoint may list: suites and validation definitions."""
        return frozenset({*self.suites, *self.definitions})

    @cached_property
    def monitors(self) -> frozenset[str]:
        """Every monitor: validation definitions, and suites that run under their own name.

        A suite that only definitions of other names run is a monitor of its own only where a
        checkpoint lists it.
        """
        return frozenset(
            name
            for name in self.listable
            if name in self.definitions or name in self.listed or name not in self.definitions_of
        )
