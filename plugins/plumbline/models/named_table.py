"""A table as a suite names it: ``source.table``, the name of a dbt model, or ``dataset.table``."""

from __future__ import annotations

from dataclasses import dataclass

from plumbline.core.errors import MonitorError
from plumbline.models.references import Place
from plumbline.models.refs import Ref, resolve_ref
from plumbline.models.relations import Relation, checked_relation
from plumbline.models.sources import find_source
from plumbline.models.workspace import Workspace


@dataclass(frozen=True)
class NamedTable:
    """Where a table is, and which of its columns are personal."""

    relation: Relation
    personal: frozenset[str] = frozenset()


def find_table(name: str, workspace: Workspace, place: Place) -> NamedTable:
    """The table that ``name`` means.

    A declared source comes first, then a model, then a table of the target's project.

    Args:
        name: one to three names, joined by dots.
        place: the file and key that name it, for messages.

    Raises:
        MonitorError: it can't be told, or the name is none of BigQuery's.
    """
    parts = name.split(".")
    if len(parts) == 1:
        return _of_model(name, workspace, place)
    *project, dataset, table = parts
    sources = workspace.properties.sources
    if not project and table in sources.get(dataset, {}):
        found = find_source(dataset, table, workspace=workspace, given={}, place=place)
        return NamedTable(found.relation, found.table.personal)
    target = workspace.target
    return NamedTable(
        checked_relation(
            project=".".join(project) or target.project,
            dataset=target.datasets.get(dataset, dataset),
            table=table,
            file=place.file,
            key=place.key,
        )
    )


def _of_model(name: str, workspace: Workspace, place: Place) -> NamedTable:
    relation = resolve_ref(Ref(name, None, None, place), workspace)
    if relation is None:
        raise MonitorError(
            f"model {name!r} is ephemeral: it has no table",
            file=place.file,
            key=place.key,
            fix="name a model that dbt materializes, or a table as dataset.table",
        )
    described = workspace.properties.models.get(name)
    return NamedTable(relation, described.personal if described else frozenset())
