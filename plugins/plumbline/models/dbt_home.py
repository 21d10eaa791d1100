"""The dbt project whose manifest says what ``ref()`` and ``source()`` mean.

It is the project itself, or the dbt project around it: ``plumbline init`` in a dbt project makes a
folder of its own there, and names the dbt project in ``vars.plumbline_dbt_project``. Used by
`Workspace`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from plumbline.core.errors import MonitorError
from plumbline.models.manifest import Manifest, Node, SourceNode, manifest_file, read_manifest
from plumbline.models.properties import (
    ModelProperties,
    Properties,
    SourceTable,
    models_in,
    sources_in,
)
from plumbline.project.dbt_folders import are_folders
from plumbline.project.document import Document
from plumbline.project.documents import DBT_FILE
from plumbline.project.files import Files
from plumbline.project.jinja import render_settings

DBT_PROJECT_VARIABLE = "plumbline_dbt_project"
"""In ``vars``: the folder of the dbt project around this one, from the project's folder."""


class DbtHomeLike(Protocol):
    """What tells where dbt is."""

    @property
    def root(self) -> Path:
        """Its folder."""

    @property
    def files(self) -> Files:
        """What is read of it."""

    @property
    def dbt(self) -> Mapping[str, Any]:
        """``dbt_project.yml``, parsed."""

    @property
    def vars(self) -> Mapping[str, Any]:
        """The defaults of all variables, as they are written."""


@dataclass(frozen=True)
class DbtHome:
    """A dbt project, as far as its tables are concerned."""

    root: Path
    settings: Mapping[str, Any]
    files: Files
    is_own: bool
    """Whether it is the plumbline project itself."""

    @property
    def name(self) -> str:
        return str(self.settings.get("name") or "")

    @property
    def has_models(self) -> bool:
        """Whether its files are there; an image has the manifest alone."""
        names = self.settings.get("model-paths", ["models"])
        return not are_folders(self.root, names) or any((self.root / one).is_dir() for one in names)

    @property
    def manifest_file(self) -> Path:
        """Where dbt would say which tables it has made."""
        return manifest_file(self.root, self.settings)

    def manifest(self) -> Manifest | None:
        """What dbt says of its tables; None where dbt has not been run.

        Raises:
            MonitorError: it is malformed, of another project, or not for BigQuery.
        """
        file, files = self.manifest_file, self.files
        if not files.is_file(file):
            return None
        return files.once(("manifest", file), lambda: read_manifest(file, files, project=self.name))


def find_dbt_home(project: DbtHomeLike) -> DbtHome:
    """The dbt project of ``project``.

    Raises:
        MonitorError: the variable names no folder of a dbt project.
    """
    named = project.vars.get(DBT_PROJECT_VARIABLE)
    if named is None:
        return DbtHome(project.root, project.dbt, project.files, is_own=True)
    return project.files.once(("dbt home", str(named)), lambda: _named(project.root, named))


def _named(root: Path, named: object) -> DbtHome:
    found = (root / named).resolve() if isinstance(named, str) else None
    if found is None or not (found / DBT_FILE).is_file():
        raise MonitorError(
            f"{named!r} is not the folder of a dbt project",
            file=root / DBT_FILE,
            key=f"vars.{DBT_PROJECT_VARIABLE}",
            fix=f"write the folder with its {DBT_FILE}, relative to {root.name}; for example '..'",
        )
    files = Files()
    files.confine(found)
    document = files.document(found / DBT_FILE)
    settings = document.mapping_or_raise(error=MonitorError, what="the dbt project file")
    return DbtHome(found, render_settings(settings, file=str(document.file)), files, is_own=False)


def with_manifest(own: Properties, manifest: Manifest, names: Collection[str]) -> Properties:
    """``own``, and what the manifest says of tables that the plumbline project does not describe.

    Args:
        own: of the YAML files of the plumbline project.
        manifest: of the dbt project around it.
        names: of the plumbline project's models, which go before those of dbt.
    """
    described = properties_of(manifest)
    models = {name: model for name, model in described.models.items() if name not in names}
    sources = {name: dict(tables) for name, tables in described.sources.items()}
    for name, tables in own.sources.items():
        sources.setdefault(name, {}).update(tables)
    return Properties(models={**models, **own.models}, sources=sources)


def properties_of(manifest: Manifest) -> Properties:
    """Tables of a manifest as YAML files would describe them."""
    document = Document(
        manifest.file,
        {
            "models": [_model(nodes) for nodes in manifest.nodes.values()],
            "sources": [*_sources(manifest)],
        },
    )
    models: dict[str, ModelProperties] = {one.name: one for one in models_in([document])}
    sources: dict[str, dict[str, tuple[SourceTable, ...]]] = {}
    for table in sources_in([document]):
        sources.setdefault(table.source, {})[table.name] = (table,)
    return Properties(models=models, sources=sources)


def _model(nodes: tuple[Node, ...]) -> dict[str, Any]:
    latest = next((node for node in nodes if node.is_latest), nodes[0])
    return {"name": latest.name, **latest.described}


def _sources(manifest: Manifest) -> Iterator[dict[str, Any]]:
    for (source, table), (node, *_) in manifest.sources.items():
        yield {
            "name": source,
            "database": node.database,
            "schema": node.schema,
            "tables": [{"name": table, **_table(node)}],
        }


def _table(node: SourceNode) -> dict[str, Any]:
    return {"identifier": node.identifier, **node.described}
