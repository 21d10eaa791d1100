"""Checks of ``plumbline debug`` for the target's warehouse and plumbline's dataset in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from importlib.metadata import version
from importlib.util import find_spec
from typing import TYPE_CHECKING

from plumbline.core.errors import PlumblineError, WarehouseError
from plumbline.core.installation import install_fix
from plumbline.doctor.diagnosis import Diagnosis, Level, fault
from plumbline.doctor.table_checks import Sources, check_tables
from plumbline.doctor.watchdog_checks import check_heartbeats, check_states

if TYPE_CHECKING:
    from plumbline.project import Target

ANSWER_SECONDS = 20.0


def describe_target(target: Target) -> str:
    """What kind of warehouse it is, and where."""
    if target.kind == "bigquery":
        return f"BigQuery, project {target.project}, location {target.location}"
    if target.emulator_host:
        return f"the server {target.emulator_host} (BIGQUERY_EMULATOR_HOST)"
    return "the embedded BigQuery" + (f", with the {target.seed.name}" if target.seed else "")


def check_warehouse(target: Target, sources: Sources) -> Iterator[Diagnosis]:
    """Run each check, as long as the previous ones passed."""
    if target.kind == "embedded" and not target.emulator_host:
        yield from _embedded(target)
        if _runs(target):
            yield from check_states(target)
        return
    if target.kind == "bigquery":
        credentials = _credentials(target)
        yield credentials
        if credentials.level is not Level.OK:
            return
    answer = _answers(target)
    yield answer
    if answer.level is not Level.OK:
        return
    if target.kind == "bigquery":
        yield from check_tables(target, sources)
    history = _history(target)
    yield history
    if history.level is Level.OK:
        yield check_heartbeats(target)
        yield from check_states(target)


def _runs(target: Target) -> bool:
    from plumbline.warehouse.embedded import EmbeddedWarehouse

    try:
        return EmbeddedWarehouse.of(target).server() is not None
    except PlumblineError:  # said by `_embedded`
        return False


def _embedded(target: Target) -> Iterator[Diagnosis]:
    from plumbline.warehouse.embedded import NEEDED, EmbeddedWarehouse

    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        yield Diagnosis(
            "embedded BigQuery",
            Level.MISSING,
            f"not installed: {', '.join(missing)}",
            f"{install_fix('local')}, or choose another target",
        )
        return
    yield Diagnosis("embedded BigQuery", Level.OK, f"bqemulator {version('bqemulator')}")
    try:
        status = EmbeddedWarehouse.of(target).status()
    except PlumblineError as error:
        yield fault("embedded server", error)
        return
    if status.server is not None and status.state == "running":
        yield Diagnosis("embedded server", Level.OK, f"answers on {status.server.url}")
    elif status.state == "not answering":
        yield Diagnosis(
            "embedded server",
            Level.MISSING,
            f"it is running but doesn't answer; see its log, {status.log}",
            "run `plumbline warehouse stop`, then try again",
        )
    else:
        yield Diagnosis("embedded server", Level.OK, f"{status.state}: a run starts it")


def _credentials(target: Target) -> Diagnosis:
    from plumbline.warehouse.client import open_client

    try:
        open_client(target)
    except PlumblineError as error:
        return fault("credentials", error)
    return Diagnosis("credentials", Level.OK, "application default credentials exist")


def _answers(target: Target) -> Diagnosis:
    from plumbline.warehouse.jobs import JobRunner
    from plumbline.warehouse.query import QueryRequest

    request = QueryRequest(
        name="debug", sql="select 1 as one", deadline_seconds=ANSWER_SECONDS, labels={}
    )
    try:
        with closing(JobRunner(target)) as jobs:
            result = jobs.run(request)
    except PlumblineError as error:
        return fault("query", error)
    return Diagnosis("query", Level.OK, f"`select 1` answered in {result.seconds:.1f} s")


def _history(target: Target) -> Diagnosis:
    """Whether plumbline's own dataset exists; it is not created."""
    from plumbline.history.reader import open_history

    try:
        with open_history(target) as history, history.dataset.asking("use"):
            own = history.dataset
            name = f"{target.project}.{own.name}"
            own.client.get_dataset(name, retry=own.retry())
    except PlumblineError as error:
        if isinstance(error, WarehouseError) and error.reason == "notFound":
            return Diagnosis(
                "history", Level.NOTE, f"no dataset {own.name} yet; a live run creates it"
            )
        return fault("history", error)
    return Diagnosis("history", Level.OK, f"dataset {name} exists")
