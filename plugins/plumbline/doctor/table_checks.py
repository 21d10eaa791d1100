"""Checks of ``plumbline debug`` for the declared source tables.

One line on the declarations, then one per dataset: whether it exists, is in the target's location,
and has the tables and columns of the YAML files. Reads only metadata; nothing is billed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from plumbline.core.errors import PlumblineError, WarehouseError
from plumbline.core.text import capped, count
from plumbline.doctor.diagnosis import Diagnosis, Level, fault
from plumbline.warehouse.metadata import ask_metadata, table_reference

if TYPE_CHECKING:
    from google.cloud import bigquery

    from plumbline.models.relations import Relation
    from plumbline.models.sources import FoundSource
    from plumbline.project import Project, Target

SHOWN = 3
"""Faults of a dataset that are named; the rest is counted."""


@dataclass(frozen=True)
class Sources:
    """The declared tables, as far as the files say where they are."""

    found: Sequence[FoundSource] = ()
    faults: Sequence[PlumblineError] = ()
    """Why a table can't be resolved."""
    unreadable: PlumblineError | None = None
    """Why no table can be resolved."""


def resolve_sources(project: Project, target: Target) -> Sources:
    """Read where each declared table is."""
    from plumbline.models.sources import all_sources
    from plumbline.models.workspace import Workspace

    try:
        sources = all_sources(Workspace(project, target)).values()
    except PlumblineError as error:
        return Sources(unreadable=error)
    return Sources(
        [one for one in sources if not isinstance(one, PlumblineError)],
        [one for one in sources if isinstance(one, PlumblineError)],
    )


def check_sources(sources: Sources) -> Iterator[Diagnosis]:
    """A line on the declarations, where there are any: nothing is asked."""
    if sources.unreadable is not None:
        yield fault("sources", sources.unreadable)
    elif sources.faults:
        first = fault("sources", sources.faults[0])
        total = len(sources.found) + len(sources.faults)
        yield Diagnosis(
            "sources",
            Level.MISSING,
            f"{len(sources.faults)} of {total} can't be resolved: {first.detail}",
            first.fix,
        )
    elif sources.found:
        yield Diagnosis("sources", Level.OK, count(len(sources.found), "tables"))


def check_tables(target: Target, sources: Sources) -> Iterator[Diagnosis]:
    """A line for each dataset of the declared tables."""
    from plumbline.warehouse.client import open_client

    if not sources.found:
        return
    try:
        client = open_client(target)
    except PlumblineError as error:
        yield fault("tables", error)
        return
    declared = sorted(sources.found, key=_dataset_of)
    for place, tables in groupby(declared, key=_dataset_of):
        yield _check_dataset(client, target, *place, list(tables))


def _dataset_of(found: FoundSource) -> tuple[str, str]:
    return found.relation.project, found.relation.dataset


def _check_dataset(
    client: bigquery.Client, target: Target, project: str, name: str, found: Sequence[FoundSource]
) -> Diagnosis:
    what = f"dataset {name}" if project == target.project else f"dataset {project}.{name}"
    tables = [one for one in found if not one.relation.is_view_of_metadata]
    if not tables:
        # A region, or a dataset of which only metadata is read: that has no tables to look at.
        return Diagnosis(what, Level.NOTE, "only its INFORMATION_SCHEMA is read")
    try:
        dataset = ask_metadata(target, lambda retry: client.get_dataset(f"{project}.{name}", retry))
    except WarehouseError as error:
        return fault(what, error)
    location = str(dataset.location or "")
    if location.lower() != target.location.lower():
        return Diagnosis(
            what,
            Level.MISSING,
            f"it is in {location}, not in {target.location}",
            f"set `location: {location}` of target {target.name} in great_expectations.yml",
        )
    faults = [said for one in tables if (said := _fault_of(client, target, one)) is not None]
    if not faults:
        return Diagnosis(what, Level.OK, f"{len(tables)} declared tables exist, in {location}")
    detail = "; ".join(capped([one.what for one in faults], SHOWN))
    return Diagnosis(what, Level.MISSING, detail, faults[0].fix)


def _fault_of(client: bigquery.Client, target: Target, found: FoundSource) -> WarehouseError | None:
    relation = found.relation
    try:
        name = _newest_of(client, target, relation) if relation.is_wildcard else relation.table
        schema = ask_metadata(
            target,
            lambda retry: client.get_table(table_reference(relation, name), retry),
        ).schema
    except WarehouseError as error:
        return error
    have = {field.name.lower() for field in schema}
    lacking = [column for column in found.table.columns if column.lower() not in have]
    if lacking:
        return WarehouseError(
            f"table {relation.key} has no column {', '.join(lacking)}",
            fix=f"correct the columns in {_shown(found)}, and the models that read them",
            reason="notFound",
        )
    return None


def _newest_of(client: bigquery.Client, target: Target, relation: Relation) -> str:
    """The last of the tables that a wildcard stands for: BigQuery takes its schema for all.

    Raises:
        WarehouseError: there is none.
    """
    prefix = relation.table.removesuffix("*")
    dataset = f"{relation.project}.{relation.dataset}"
    names = ask_metadata(
        target,
        lambda retry: [str(table.table_id) for table in client.list_tables(dataset, retry=retry)],
    )
    fitting = sorted(name for name in names if name.startswith(prefix))
    if not fitting:
        raise WarehouseError(
            f"no table of {dataset} starts with {prefix!r}",
            fix="correct the identifier in the YAML file of the source",
            reason="notFound",
        )
    return fitting[-1]


def _shown(found: FoundSource) -> str:
    file = Path(found.table.file)
    return "/".join(file.parts[-2:])
