"""What all compilations of a project share: its files, indexed and parsed once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

from plumbline.models.dbt_home import DbtHome, DbtHomeLike, find_dbt_home, with_manifest
from plumbline.models.files import Index, index_macros, index_models
from plumbline.models.manifest import Manifest
from plumbline.models.properties import Properties, read_properties
from plumbline.models.templates import Templates
from plumbline.project.dbt_folders import model_folders
from plumbline.project.documents import DBT_FILE
from plumbline.project.jinja import Scope


class ProjectLike(DbtHomeLike, Protocol):
    """What the compiler needs of a project."""

    @property
    def timezone(self) -> ZoneInfo:
        """The zone in which a date is a date."""


class TargetLike(Protocol):
    """What the compiler needs of a target."""

    @property
    def project(self) -> str:
        """The Google Cloud project."""

    @property
    def datasets(self) -> Mapping[str, str]:
        """Datasets that are called otherwise there than in the sources."""


def target_attributes(target: TargetLike) -> Mapping[str, str]:
    """``target`` as dbt's Jinja has it; without what is not known of this one."""
    # A target may be no more than names, so that a model can be compiled without a warehouse.
    dataset = getattr(target, "dataset", None)
    found = {
        "name": getattr(target, "name", None),
        "type": "bigquery",
        "project": target.project,
        "database": target.project,
        "location": getattr(target, "location", None),
        "schema": dataset,
        "dataset": dataset,
    }
    return {key: value for key, value in found.items() if value is not None}


class Workspace:
    """The files of one project, for one target."""

    def __init__(self, project: ProjectLike, target: TargetLike) -> None:
        self.project = project
        self.target = target

    # A target may be no more than the names of its tables, as in lint.

    def dataset_name(self, declared: str, project: str | None = None) -> str:
        """What the target calls the dataset ``declared`` of ``project``; None: the target's."""
        renamed: Callable[[str, str | None], str] | None = getattr(
            self.target, "dataset_name", None
        )
        if renamed is None:
            return self.target.datasets.get(declared, declared)
        return renamed(declared, project)

    @property
    def target_project(self) -> str:
        """The plumbline project whose history the target keeps."""
        return str(getattr(self.target, "plumbline_project", ""))

    @property
    def target_name(self) -> str:
        return str(getattr(self.target, "name", ""))

    @property
    def dbt_file(self) -> str:
        """Where the defaults of variables stand."""
        return str(self.project.root / DBT_FILE)

    def scope(self, given: Mapping[str, object] | None = None) -> Scope:
        """What Jinja in the project's YAML files can name.

        Args:
            given: values of variables that count before the project's.
        """
        project = self.project
        return Scope(
            variables=project.vars,
            file=self.dbt_file,
            given=given or {},
            target=target_attributes(self.target),
            project_name=str(project.dbt.get("name") or ""),
        )

    @cached_property
    def folders(self) -> tuple[Path, ...]:
        return model_folders(self.project.root, self.project.dbt)

    @cached_property
    def models(self) -> Index:
        return index_models(self.folders, self.project.files)

    @cached_property
    def properties(self) -> Properties:
        """Every YAML file beside the models, and what the dbt project around this one describes."""
        return self.with_dbts(read_properties(self.folders, self.project.files))

    @cached_property
    def templates(self) -> Templates:
        """Jinja, with the project's macros."""
        files = self.project.files
        return Templates(index_macros(self.project.root, self.project.dbt, files), files)

    @cached_property
    def dbt_home(self) -> DbtHome:
        """The dbt project whose tables models read.

        Raises:
            MonitorError: the variable that names it names none.
        """
        return find_dbt_home(self.project)

    @property
    def manifest_file(self) -> Path:
        """Where dbt would say which tables it has made."""
        return self.dbt_home.manifest_file

    @cached_property
    def manifest(self) -> Manifest | None:
        """What dbt says of its tables; None where dbt has not been run."""
        return self.dbt_home.manifest()

    def with_dbts(self, own: Properties) -> Properties:
        """``own``, with the tables of the dbt project around this one.

        Raises:
            MonitorError: dbt's manifest can't be read.
        """
        if self.dbt_home.is_own or self.manifest is None:
            return own
        return with_manifest(own, self.manifest, self.models.files)
