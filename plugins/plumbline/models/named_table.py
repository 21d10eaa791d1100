"""A table as a suite names it: ``source.table``, the name of a dbt model, or ``dataset.table``."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from difflib import get_close_matches

from plumbline.core.errors import MonitorError
from plumbline.models.references import Place
from plumbline.models.refs import Ref, resolve_ref
from plumbline.models.relations import Relation, checked_relation
from plumbline.models.sources import find_source
from plumbline.models.workspace import Workspace

_NEAR = 0.8


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
    relation = _relation(name, workspace, place)
    return NamedTable(relation, _personal_columns(relation, workspace, place))


def _relation(name: str, workspace: Workspace, place: Place) -> Relation:
    parts = name.split(".")
    if len(parts) == 1:
        return _of_model(name, workspace, place)
    *project, dataset, table = parts
    if not project and table in workspace.properties.sources.get(dataset, {}):
        return find_source(dataset, table, workspace=workspace, given={}, place=place).relation
    target = workspace.target
    return checked_relation(
        project=".".join(project) or target.project,
        dataset=workspace.dataset_name(dataset, ".".join(project) or None),
        table=table,
        file=place.file,
        key=place.key,
    )


def _personal_columns(relation: Relation, workspace: Workspace, place: Place) -> frozenset[str]:
    """The columns tagged as personal wherever a source or a model is this table."""
    found: set[str] = set()
    for source, tables in workspace.properties.sources.items():
        for name, entries in tables.items():
            if any(entry.personal for entry in entries):
                with suppress(
                    MonitorError
                ):  # a name that can't be told is the fault of its own users
                    one = find_source(source, name, workspace=workspace, given={}, place=place)
                    found |= one.table.personal if one.relation == relation else frozenset()
    for name, model in workspace.properties.models.items():
        if model.personal:
            with suppress(MonitorError):
                is_same = resolve_ref(Ref(name, None, None, place), workspace) == relation
                found |= model.personal if is_same else frozenset()
    return frozenset(found)


def near_source(name: str, workspace: Workspace) -> str | None:
    """``did you mean 'shop.orders'?`` for a declared source with a similar name; None: there is
    none.

    Args:
        name: of a table, with or without its source.
    """
    sources = workspace.properties.sources
    declared = {f"{source}.{table}": table for source in sources for table in sources[source]}
    if "." not in name:
        declared = {table: full for full, table in reversed(declared.items())}
    near = get_close_matches(name, declared, n=1, cutoff=_NEAR)
    if not near:
        return None
    return f"did you mean {near[0] if '.' in name else declared[near[0]]!r}?"


def _of_model(name: str, workspace: Workspace, place: Place) -> Relation:
    manifest = workspace.manifest
    is_model = name in workspace.models.files or (manifest and name in manifest.nodes)
    near = None if is_model else near_source(name, workspace)
    if near is not None:
        raise MonitorError(f"there is no model {name!r}", file=place.file, key=place.key, fix=near)
    relation = resolve_ref(Ref(name, None, None, place), workspace)
    if relation is None:
        raise MonitorError(
            f"model {name!r} is ephemeral: it has no table",
            file=place.file,
            key=place.key,
            fix="name a model that dbt materializes, or a table as dataset.table",
        )
    return relation
