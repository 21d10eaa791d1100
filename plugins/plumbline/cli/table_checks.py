"""The declared source tables as BigQuery has them: for ``plumbline debug``.

A line a dataset: whether it is there, lies where the target says, and has the tables and columns of
``models/sources.yml``. Only metadata is asked for; nothing is read or billed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, TypeVar

from plumbline.cli.checks import Check, Verdict, fault
from plumbline.errors import PlumblineError, WarehouseError
from plumbline.warehouse.failures import Call, explain_failure
from plumbline.warehouse.retries import PATIENCE, make_retry
from plumbline.warehouse.tables import SourceTable, read_source_tables
from plumbline.warehouse.transport import time_budget

if TYPE_CHECKING:
    from google.api_core.retry import Retry
    from google.cloud import bigquery

    from plumbline.project import Project, Target

ASK_SECONDS = 20.0
"""For the dataset and its tables, each."""

T = TypeVar("T")

SHOWN = 3
"""Faults of a dataset that are named; the rest is counted."""


def check_tables(project: Project, target: Target) -> Iterator[Check]:
    """A line for each dataset that ``models/sources.yml`` declares."""
    from plumbline.warehouse.client import open_client

    file = project.root / "models" / "sources.yml"
    if not file.is_file():
        return
    try:
        declared = sorted(read_source_tables(file), key=lambda table: table.dataset)
        client = open_client(target)
    except PlumblineError as error:
        yield fault("tables", error)
        return
    for dataset, tables in groupby(declared, key=lambda table: table.dataset):
        yield _check_dataset(client, target, dataset, list(tables))


def _check_dataset(
    client: bigquery.Client, target: Target, declared: str, tables: Sequence[SourceTable]
) -> Check:
    name = target.datasets.get(declared, declared)
    what = f"dataset {name}"
    try:
        found = _ask(target, lambda retry: client.get_dataset(f"{target.project}.{name}", retry))
    except WarehouseError as error:
        return fault(what, error)
    location = str(found.location or "")
    if location.lower() != target.location.lower():
        return Check(
            what,
            Verdict.MISSING,
            f"it lies in {location}, not in {target.location}",
            f"set `location: {location}` of target {target.name} in great_expectations.yml",
        )
    faults = [
        said for table in tables if (said := _fault_of(client, target, name, table)) is not None
    ]
    if not faults:
        return Check(what, Verdict.OK, f"{len(tables)} declared tables are there, in {location}")
    detail = "; ".join(one.what for one in faults[:SHOWN])
    more = len(faults) - SHOWN
    return Check(
        what, Verdict.MISSING, f"{detail}; and {more} more" if more > 0 else detail, faults[0].mend
    )


def _fault_of(
    client: bigquery.Client, target: Target, dataset: str, table: SourceTable
) -> WarehouseError | None:
    name = f"{target.project}.{dataset}.{table.name}"
    try:
        found = _ask(target, lambda retry: client.get_table(name, retry))
    except WarehouseError as error:
        return error
    have = {field.name.lower() for field in found.schema}
    lacking = [column for column, _ in table.columns if column.lower() not in have]
    if lacking:
        return WarehouseError(
            f"table {table.key} has no column {', '.join(lacking)}",
            mend="correct the columns in models/sources.yml, and the models that read them",
            reason="notFound",
        )
    return None


def _ask(target: Target, ask: Callable[[Retry], T]) -> T:
    """What BigQuery answers.

    Raises:
        WarehouseError: whatever went wrong.
    """
    from plumbline.warehouse.client import endpoint_of

    call = Call(target=target, endpoint=endpoint_of(target), deadline_seconds=ASK_SECONDS)
    with time_budget(ASK_SECONDS):
        try:
            return ask(make_retry(target, patience=PATIENCE[target.kind]))
        except Exception as raised:
            raise explain_failure(raised, call) from raised
