"""Tests on a real project what only BigQuery can confirm, as listed in docs/unproven.md.

Each step is PASS, FAIL or NOT SHOWN, with its evidence; a failed step doesn't prevent the others.
It only reads, unless it may write: then it creates the dataset ``plumbline_smoke`` and appends to
it.
"""

from __future__ import annotations

import dataclasses
import platform
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from plumbline.core.errors import ConfigError, MonitorError, PlumblineError, WarehouseError
from plumbline.core.installation import DISTRIBUTION
from plumbline.core.run import Run, new_run_id
from plumbline.doctor.smoke_context import (
    SECONDS,
    WRITE_DATASET,
    Result,
    Seen,
    Shown,
    Smoke,
    seen,
)
from plumbline.doctor.smoke_services import SERVICE_STEPS
from plumbline.doctor.smoke_tables import TABLE_STEPS
from plumbline.doctor.table_checks import check_tables
from plumbline.history.dataset import OwnDataset
from plumbline.history.loads import append
from plumbline.history.tables import STATE
from plumbline.net.deadline import OutOfTimeError, call_within
from plumbline.net.secret import hide
from plumbline.project import Project, Target
from plumbline.report.page import Name, Section, Table
from plumbline.report.writers import as_json, as_markdown
from plumbline.run.compiling import MonitorCompiler
from plumbline.run.jobs import MonitorJobs, requests_of
from plumbline.warehouse.billing import most_billed
from plumbline.warehouse.client import endpoint_of
from plumbline.warehouse.jobs import JobRunner

MOST_SECONDS = 570.0
"""For all steps: a step that would begin later, or is still at work then, is not shown."""

LONG_QUERY = (
    "select sum(a * b) as smoke_deadline from unnest(generate_array(1, 1000000)) as a "
    "cross join unnest(generate_array(1, 1000000)) as b"
)
"""Takes far longer than a second, and reads no table."""

SEASON = 360
"""Instants: ninety days, four a day."""

BY_HAND = {
    "a missing role": "remove each role of the account in turn: "
    "`plumbline debug --target bigquery` names it",
    "thresholds fit your data": "a month of your own history",
    "two runs at once": "start `plumbline run --target bigquery --alerts` twice at once: "
    "one message",
}
"""What a program can't show, and how a person does."""


# The steps


def answers(smoke: Smoke) -> Seen:
    """A query is answered."""
    result = smoke.ask("answers", "select 1 as n").result()
    good = result.rows == [{"n": 1}]
    return seen(good, f"`select 1` in {result.seconds:.1f} s as job {result.job_id}")


def labels_arrive(smoke: Smoke) -> Seen:
    """A job carries its labels and limits."""
    result = smoke.ask("labels", "select 1 as n").result()
    job = smoke.job(result.job_id)
    wanted = {"app": "plumbline", "checkpoint": "smoke", "monitor": "smoke_labels"}
    return seen(job.labels == wanted, f"labels of the job: {dict(job.labels)}")


def errors_are_told(smoke: Smoke) -> Seen:
    """A wrong statement, a missing table and a division by zero are errors with a reason."""
    missing = f"select * from `{smoke.target.project}.plumbline_smoke_nowhere.t`"
    asked = {
        "invalidQuery": "select from where",
        "notFound": missing,
        "division by zero": "select 1 / 0 as n",
    }
    told = {}
    for wanted, sql in asked.items():
        fault = smoke.ask("errors", sql).exception()
        told[wanted] = getattr(fault, "reason", None)
    good = (
        told["invalidQuery"] == "invalidQuery"
        and told["notFound"] in ("notFound", "accessDenied")
        and told["division by zero"] is not None
    )
    return seen(good, f"reasons: {told}")


def bytes_are_limited(smoke: Smoke) -> Seen:
    """`maximum_bytes_billed` refuses a job."""
    for found in smoke.tables:
        where, column = found.relation, next(iter(found.table.columns), None)
        if found.table.partition_by is not None or column is None:
            continue
        fault = smoke.ask(
            "limit",
            f"select count(distinct `{column}`) as n from {where}",
            limits={"maximum_bytes_billed": 1},
        ).exception()
        if fault is None:
            return Shown.FAIL, f"{where.key} was read in spite of a limit of 1 byte"
        reason = getattr(fault, "reason", None)
        return seen(reason == "bytesBilledLimitExceeded", f"{where.key}: {reason}: {fault}")
    return Shown.NOT_SHOWN, "all declared tables are partitioned"


def deadline_cancels(smoke: Smoke) -> Seen:
    """At its deadline a job is an error, and is cancelled in BigQuery."""
    fault = smoke.ask("deadline", LONG_QUERY, deadline_seconds=2.0).exception()
    if not isinstance(fault, WarehouseError) or fault.reason != "timeout" or not fault.job_id:
        return Shown.FAIL, f"no timeout: {fault}"
    expires = time.monotonic() + 30
    while (job := smoke.job(fault.job_id)).state != "DONE" and time.monotonic() < expires:
        time.sleep(0.5)
    return seen(
        job.state == "DONE" and bool(job.error_result),
        f"job {job.job_id} is {job.state}, {job.error_result}",
    )


def answers_name_their_job(smoke: Smoke) -> Seen:
    """An answer names its job, and a dry run repeats its statement."""
    sql = "select 1 as n -- a dry run of the smoke test"
    # The client compares both with what it asked for, and makes a difference an error.
    faults = [smoke.ask("names", sql, dry_run=dry).exception() for dry in (True, False)]
    return seen(faults == [None, None], f"dry run: {faults[0]}; job: {faults[1]}")


def a_season_is_one_statement(smoke: Smoke) -> Seen:
    """BigQuery accepts a monitor's statement over a season of instants, by a dry run."""
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    instants = [now - timedelta(hours=6 * number) for number in range(SEASON)]
    compiler, said, good = MonitorCompiler(smoke.project, smoke.target), [], True
    for name in smoke.project.suite_names():
        suite = smoke.project.suite(name)
        try:
            compiled = compiler.compile(
                suite, as_of=instants, vars=suite.monitor.vars, where=str(suite.file)
            )
            runner = JobRunner(smoke.target, {"app": "plumbline", "checkpoint": "smoke"})
            requests = requests_of(name, compiled, dry_run=True)
            answers = [runner.submit(request).result() for request in requests]
            processed = sum(answer.total_bytes_processed or 0 for answer in answers)
            said.append(f"{name}: {len(requests)} job, {processed} bytes")
        except MonitorError as error:
            said.append(f"{name}: {error.one_line()}")
            good = False
    if not said:
        return Shown.NOT_SHOWN, "the project has no monitor"
    return seen(good, f"{SEASON} instants; " + "; ".join(said))


def jobs_overlap(smoke: Smoke) -> Seen:
    """Jobs run side by side."""
    sql = "select count(*) as n from unnest(generate_array(1, 1000000)) as a"
    results = [answer.result() for answer in [smoke.ask("overlap", sql) for _ in range(5)]]
    jobs = [smoke.job(result.job_id) for result in results]
    started, ended = [job.started for job in jobs], [job.ended for job in jobs]
    if not all(started) or not all(ended):
        return Shown.NOT_SHOWN, "the warehouse does not report when jobs began and ended"
    side_by_side = sorted(started)[1] < min(ended)
    return seen(side_by_side, f"started {_times(started)}, ended {_times(ended)}")


def job_id_is_taken_once(smoke: Smoke) -> Seen:
    """A job id is taken once; the second is answered 409, and the first can be picked up."""
    from google.api_core.exceptions import Conflict

    job_id = f"plumbline_smoke_{uuid.uuid4().hex}"
    options = {"job_id": job_id, "location": smoke.target.location, "job_retry": None}
    smoke.client.query("select 1 as n", **options).result(job_retry=None, timeout=SECONDS)
    try:
        smoke.client.query("select 2 as n", **options)
    except Conflict:
        rows = list(smoke.job(job_id).result(timeout=SECONDS))
        return seen(rows[0]["n"] == 1, "409, and the first job's rows are read by its id")
    return Shown.FAIL, "the same job id was accepted twice"


def tables_are_as_declared(smoke: Smoke) -> Seen:
    """Datasets lie in the target's location and have the declared tables and columns."""
    checks = list(check_tables(smoke.target, smoke.sources))
    good = bool(checks) and all(check.level == "OK" for check in checks)
    return seen(good, "; ".join(f"{check.what}: {check.detail}" for check in checks))


def partitions_are_pruned(smoke: Smoke) -> Seen:
    """A filter on one day reads less than one on all days, of each partitioned table."""
    said, good, shown = [], True, False
    for found in smoke.tables:
        column = found.table.partition_by
        if column is None:
            continue
        select = f"select * from {found.relation} where {column}"
        day, whole = (
            smoke.ask("pruning", sql, dry_run=True).result().total_bytes_processed or 0
            for sql in (f"{select} = date '2026-02-02'", f"{select} >= date '1900-01-01'")
        )
        said.append(f"{found.relation.key}: {day} of {whole} bytes")
        shown, good = shown or whole > 0, good and (day < whole or whole == 0)
    if not shown:
        return Shown.NOT_SHOWN, "; ".join(said) or "no declared table is partitioned"
    return seen(good, "; ".join(said))


def models_run(smoke: Smoke) -> Seen:
    """Every monitor's model runs as it is, within what a dry run estimated."""
    now = datetime.now(UTC)
    run = Run(new_run_id(now), "smoke", smoke.target.name, now, revision=None)
    jobs = MonitorJobs(smoke.project, smoke.target, now, run=run)
    names = smoke.project.suite_names()
    said, good = [], True
    jobs.submit(names)
    for name in names:
        try:
            compiled = jobs.compile(smoke.project.suite(name))
            estimated = jobs.estimate(name, compiled)
            evidence = jobs.data(name).evidence
        except MonitorError as error:
            said.append(f"{name}: {error.one_line()}")
            good = False
            continue
        most = most_billed(estimated or 0, len(compiled.sources))
        good = good and (evidence.bytes_billed or 0) <= most
        said.append(
            f"{name}: {evidence.rows} rows in {evidence.seconds or 0:.1f} s, "
            f"{evidence.bytes_billed} bytes billed, {most} at most estimated"
        )
    return seen(good and bool(names), "; ".join(said))


def writes_happen_once(smoke: Smoke) -> Seen:
    """The same write made twice is there once, in tables that are partitioned and clustered."""
    if not smoke.write:
        return Shown.NOT_SHOWN, "it creates a dataset: allow that with --write"
    target = dataclasses.replace(
        smoke.target, datasets={**smoke.target.datasets, "plumbline": WRITE_DATASET}
    )
    now, word = datetime.now(UTC), uuid.uuid4().hex
    row = {"event_id": word, "version": 1, "writer": "smoke", "written_at": now,
           "schema_version": 1, "snapshot": "{}"}  # fmt: skip
    with closing(OwnDataset(target)) as own:
        for _ in range(2):
            append(own, STATE, [row], job_id=own.job_id("smoke", word))
        rows = own.read(
            "smoke", f"select count(*) as n from `{{dataset}}.state` where event_id = '{word}'"
        )
        made = own.client.get_table(own.table_id(STATE), timeout=SECONDS)
    partition = getattr(made.time_partitioning, "field", None)
    good = rows == [{"n": 1}] and partition == STATE.partition_by
    return seen(good, f"{rows[0]['n']} row, partitioned by {partition}, in dataset {own.name}")


STEPS: tuple[Callable[[Smoke], Seen], ...] = (
    answers,
    labels_arrive,
    errors_are_told,
    job_id_is_taken_once,
    bytes_are_limited,
    deadline_cancels,
    answers_name_their_job,
    jobs_overlap,
    tables_are_as_declared,
    partitions_are_pruned,
    models_run,
    a_season_is_one_statement,
    writes_happen_once,
    *TABLE_STEPS,
    *SERVICE_STEPS,
)


def open_smoke(project: Project, target: Target, *, write: bool) -> Smoke:
    """The steps' project and target, once credentials are there.

    Raises:
        ConfigError: the target is not BigQuery, or there are no credentials.
    """
    if target.kind != "bigquery":
        raise ConfigError(
            f"target {target.name!r} is not BigQuery",
            key="--target",
            fix=project.targets_of("bigquery"),
        )
    smoke = Smoke(project, target, write)
    smoke.client  # noqa: B018 - credentials are looked for
    return smoke


def run_steps(smoke: Smoke) -> Iterator[Result]:
    """Each step in turn, within `MOST_SECONDS`; one that fails hides no other."""
    expires = time.monotonic() + MOST_SECONDS
    for step in STEPS:
        began = time.monotonic()
        name = str(step.__doc__).strip().rstrip(".")
        try:
            if began >= expires:
                raise OutOfTimeError
            verdict, said = call_within(expires - began, partial(step, smoke))
        except OutOfTimeError:
            verdict, said = Shown.NOT_SHOWN, f"the time is over: {MOST_SECONDS:g} s for all steps"
        except PlumblineError as error:
            verdict, said = (
                Shown.FAIL,
                f"{error.what} ({error.fix})" if error.fix else error.what,
            )
        except Exception as error:  # noqa: BLE001 - whatever it is, it is written down
            verdict, said = Shown.FAIL, f"{type(error).__name__}: {error}"
        yield Result(name, verdict, " ".join(said.split()), time.monotonic() - began)
    for name, how in BY_HAND.items():
        yield Result(name, Shown.NOT_SHOWN, how)


def _times(instants: list[datetime]) -> str:
    return ", ".join(f"{instant:%H:%M:%S.%f}"[:-3] for instant in sorted(instants))


# Written down


def write_results(folder: Path, target: Target, at: datetime, results: list[Result]) -> Path:
    """Write the results as a page and as JSON; the page."""
    folder.mkdir(parents=True, exist_ok=True)
    document = results_dict(target, at, results)
    (folder / "smoke_bigquery.json").write_text(hide(as_json(document)), encoding="utf-8")
    page = folder / "smoke_bigquery.md"
    text = as_markdown(results_page(target, at, results), level=1)
    page.write_text(hide(text), encoding="utf-8")
    return page


def results_dict(target: Target, at: datetime, results: list[Result]) -> dict[str, object]:
    """For machines."""
    return {
        "schema_version": 1,
        "project": target.project,
        "location": target.location,
        "endpoint": endpoint_of(target),
        "at": at.isoformat(timespec="seconds"),
        "versions": _versions(),
        "steps": [dataclasses.asdict(result) for result in results],
    }


def results_page(target: Target, at: datetime, results: list[Result]) -> list[Section]:
    """A table, to be put beside docs/unproven.md."""
    versions = ", ".join(f"{name} {version}" for name, version in _versions().items())
    where = f", location {target.location}, {at:%Y-%m-%d %H:%M} UTC. {versions}."
    rows = (
        (result.step, str(result.verdict), result.said, f"{result.seconds:.1f}")
        for result in results
    )
    return [
        Section(
            f"Results of {endpoint_of(target)}",
            (
                ("Project ", Name(target.project), where),
                Table(("step", "", "seen", "s"), tuple(rows), right=frozenset({3})),
            ),
        )
    ]


def _versions() -> dict[str, str]:
    """Of what made the report, for whoever reads it in an issue."""
    names = (DISTRIBUTION, "google-cloud-bigquery", "great-expectations")
    found = {name: _version(name) for name in names}
    return found | {"Python": platform.python_version(), "system": platform.platform(terse=True)}


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"
