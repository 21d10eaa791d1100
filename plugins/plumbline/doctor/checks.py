"""What a run needs, looked at piece by piece: for ``plumbline debug``.

Each check says what it found and, where something is missing, the fix. None of them changes
anything, and a failing one hides no other.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from plumbline.core.errors import PlumblineError, WarehouseError

if TYPE_CHECKING:
    from plumbline.project import Project, Target

ANSWER_SECONDS = 20.0


class Verdict(StrEnum):
    """What a check found."""

    OK = "OK"
    MISSING = "MISSING"
    NOTE = "NOTE"
    """Not there, and not needed."""


@dataclass(frozen=True)
class Check:
    """One line of ``plumbline debug``."""

    what: str
    verdict: Verdict
    detail: str
    fix: str | None = None


def run_checks(find_project: Callable[[], Project], target_name: str | None) -> Iterator[Check]:
    """All checks, in the order in which a run needs what they look at."""
    yield _great_expectations()
    try:
        project = find_project()
    except PlumblineError as error:
        yield fault("project", error)
        return
    yield Check("project", Verdict.OK, str(project.root))
    yield from _project_files(project)
    yield from _alerts(project)
    yield from _pings(project)
    yield _state_dir(project.state_dir)
    yield _revision(project)
    try:
        target = project.target(target_name)
    except PlumblineError as error:
        yield fault("target", error)
        return
    yield Check("target", Verdict.OK, f"{target.name}: {_described(target)}")
    yield from _sources(project, target)
    yield from _warehouse(project, target)
    yield from _deployments(project, target)


def _great_expectations() -> Check:
    try:
        return Check("great expectations", Verdict.OK, version("great_expectations"))
    except PackageNotFoundError:
        return Check(
            "great expectations", Verdict.MISSING, "not installed", "pip install plumbline-dq"
        )


def _project_files(project: Project) -> Iterator[Check]:
    try:
        zone = project.timezone.key
        project.check_stores()
        yield Check("configuration", Verdict.OK, f"great_expectations.yml; days are {zone}'s")
    except PlumblineError as error:
        yield fault("configuration", error)
    yield _models(project)
    yield _each("suites", project.suite_names(), lambda name: project.suite(name))
    if definitions := project.definition_names():
        yield _each("validation definitions", definitions, lambda name: project.suite_of(name))
    yield _each("checkpoints", project.checkpoint_names(), lambda name: project.checkpoint(name))


def _models(project: Project) -> Check:
    from plumbline.models.files import index_models, model_folders

    try:
        folders = model_folders(project.root, project.dbt)
        found = index_models(folders).files
    except PlumblineError as error:
        return fault("models", error)
    shown = ", ".join(os.path.relpath(folder, project.root) for folder in folders)
    if not found:
        return Check("models", Verdict.MISSING, f"no model in {shown}", "add models/NAME.sql")
    return Check("models", Verdict.OK, f"{len(found)} in {shown}")


def _each(what: str, names: tuple[str, ...], read: Callable[[str], object]) -> Check:
    if not names:
        return Check(what, Verdict.MISSING, "there are none", f"add one; see docs on {what}")
    faults: list[PlumblineError] = []
    for name in names:
        try:
            read(name)
        except PlumblineError as error:
            faults.append(error)
    if not faults:
        return Check(what, Verdict.OK, f"{len(names)}: {', '.join(names)}")
    first = fault(what, faults[0])
    return Check(
        what, Verdict.MISSING, f"{len(faults)} of {len(names)} unusable: {first.detail}", first.fix
    )


def _alerts(project: Project) -> Iterator[Check]:
    from plumbline.doctor.alert_checks import check_alerts

    yield from check_alerts(project)


def _pings(project: Project) -> Iterator[Check]:
    from plumbline.doctor.watchdog_checks import check_pings

    yield from check_pings(project)


def _deployments(project: Project, target: Target) -> Iterator[Check]:
    from plumbline.deploy.debug_checks import check_deployments

    yield from check_deployments(project, target)


def _state_dir(folder: Path) -> Check:
    there = folder
    while not there.exists():
        there = there.parent
    if there.is_dir() and os.access(there, os.W_OK | os.X_OK):
        return Check("local state", Verdict.OK, f"{folder} can be written")
    return Check(
        "local state",
        Verdict.MISSING,
        f"{folder} can't be written",
        "make it writable, or set PLUMBLINE_STATE_DIR to a folder that is",
    )


def _revision(project: Project) -> Check:
    from plumbline.project import read_revision

    try:
        revision = read_revision(project.root)
    except PlumblineError as error:
        return fault("revision", error)
    if revision is None:
        return Check(
            "revision",
            Verdict.NOTE,
            "not in git, nor baked in: outcomes will carry no revision of the suites",
        )
    return Check("revision", Verdict.OK, str(revision))


def _described(target: Target) -> str:
    if target.kind == "bigquery":
        return f"BigQuery, project {target.project}, location {target.location}"
    if target.emulator_host:
        return f"the server {target.emulator_host} (BIGQUERY_EMULATOR_HOST)"
    return "the embedded BigQuery" + (f", with the {target.seed.name}" if target.seed else "")


def _warehouse(project: Project, target: Target) -> Iterator[Check]:
    if target.kind == "embedded" and not target.emulator_host:
        yield from _embedded(target)
        return
    if target.kind == "bigquery":
        credentials = _credentials(target)
        yield credentials
        if credentials.verdict is not Verdict.OK:
            return
    answer = _answers(target)
    yield answer
    if answer.verdict is not Verdict.OK:
        return
    if target.kind == "bigquery":
        from plumbline.doctor.table_checks import check_tables

        yield from check_tables(project, target)
    history = _history(target)
    yield history
    if history.verdict is Verdict.OK:
        from plumbline.doctor.watchdog_checks import check_heartbeats

        yield check_heartbeats(target)


def _sources(project: Project, target: Target) -> Iterator[Check]:
    from plumbline.doctor.table_checks import check_sources

    check = check_sources(project, target)
    if check is not None:
        yield check


def _embedded(target: Target) -> Iterator[Check]:
    from plumbline.warehouse.embedded import NEEDED, EmbeddedWarehouse

    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        yield Check(
            "embedded BigQuery",
            Verdict.MISSING,
            f"not installed: {', '.join(missing)}",
            "pip install 'plumbline-dq[local]', or choose another target",
        )
        return
    yield Check("embedded BigQuery", Verdict.OK, f"bqemulator {version('bqemulator')}")
    try:
        status = EmbeddedWarehouse.of(target).status()
    except PlumblineError as error:
        yield fault("embedded server", error)
        return
    if status.server is not None and status.state == "running":
        yield Check("embedded server", Verdict.OK, f"answers on {status.server.url}")
    elif status.state == "not answering":
        yield Check(
            "embedded server",
            Verdict.MISSING,
            f"runs but does not answer; its log is {status.log}",
            "run `plumbline warehouse stop`, then try again",
        )
    else:
        yield Check("embedded server", Verdict.OK, f"{status.state}: a run starts it")


def _credentials(target: Target) -> Check:
    from plumbline.warehouse.client import open_client

    try:
        open_client(target)
    except PlumblineError as error:
        return fault("credentials", error)
    return Check("credentials", Verdict.OK, "application default credentials are there")


def _answers(target: Target) -> Check:
    from plumbline.warehouse.jobs import JobRunner
    from plumbline.warehouse.query import QueryRequest

    request = QueryRequest(
        name="debug", sql="select 1 as one", deadline_seconds=ANSWER_SECONDS, labels={}
    )
    try:
        result = JobRunner(target).run(request)
    except PlumblineError as error:
        return fault("query", error)
    return Check("query", Verdict.OK, f"`select 1` answered in {result.seconds:.1f} s")


def _history(target: Target) -> Check:
    """Whether plumbline's own dataset is there: looked at, not made."""
    from plumbline.history.dataset import OwnDataset

    try:
        own = OwnDataset(target)
        name = f"{target.project}.{own.name}"
        with own.asking("use"):
            own.client.get_dataset(name, retry=own.retry())
    except PlumblineError as error:
        if isinstance(error, WarehouseError) and error.reason == "notFound":
            return Check("history", Verdict.NOTE, f"no dataset {own.name} yet: a live run makes it")
        return fault("history", error)
    return Check("history", Verdict.OK, f"dataset {name} is there")


def fault(what: str, error: PlumblineError) -> Check:
    """The line of what a check could not find out."""
    where = f" (in {error.where})" if error.where else ""
    return Check(what, Verdict.MISSING, f"{error.what}{where}", error.fix)
