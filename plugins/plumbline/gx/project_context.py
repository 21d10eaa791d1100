"""Which reading of the project the stores, the data source and the actions of a context share.

The command line has read the project before it loads GX, and its context is a `ProjectContext`,
which opens no file of the project again. A notebook has a context of GX's own: there the project is
read anew whenever something is asked for, so that an edit is seen at once, but once for each run of
a checkpoint.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from functools import lru_cache
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from great_expectations.data_context.data_context.file_data_context import FileDataContext
from great_expectations.data_context.types.base import DataContextConfig
from great_expectations.datasource.fluent.config import GxConfig
from ruamel.yaml import YAML

from plumbline.project import Project
from plumbline.project.find import PROJECT_FILE

_UNDER_WAY: WeakKeyDictionary[Any, Project] = WeakKeyDictionary()
"""By context: what the run of a checkpoint that is under way has read."""


# Parsing is most of what a context costs, and a process may make many of the same file.


@lru_cache(maxsize=4)
def _parsed(configuration: str) -> Any:
    return YAML(typ="safe").load(configuration)  # without comments, which take longest to copy


@lru_cache(maxsize=4)
def _data_sources(configuration: str) -> GxConfig:
    return GxConfig.parse_yaml(configuration, _allow_empty=True)


class ProjectContext(FileDataContext):
    """GX's context over a project that has been read."""

    def __init__(self, project: Project) -> None:
        self.project = project
        super().__init__(context_root_dir=str(project.root))

    # GX reads the file in these two, each time from disk.

    def _init_project_config(self, project_config: Any) -> DataContextConfig:
        return DataContextConfig.from_commented_map(deepcopy(_parsed(self._configuration)))

    def _load_fluent_config(self, config_provider: Any) -> GxConfig:
        config = _data_sources(self._configuration).copy(deep=True)
        for datasource in config.datasources:
            datasource._data_context = self
        return config

    @property
    def _configuration(self) -> str:
        return self.project.files.plain_text(self.project.root / PROJECT_FILE)


def project_of(context: Any) -> Project:
    """The project of a context, as it was read for what is under way."""
    if isinstance(context, ProjectContext):
        return context.project
    return _UNDER_WAY.get(context) or Project(Path(str(context.root_directory)))


@contextmanager
def one_reading(context: Any) -> Iterator[Project]:
    """One reading of the project for all that is done with ``context`` in a ``with``."""
    project = project_of(context)
    if isinstance(context, ProjectContext) or context in _UNDER_WAY:
        yield project
        return
    project.read_all()
    _UNDER_WAY[context] = project
    try:
        yield project
    finally:
        del _UNDER_WAY[context]
