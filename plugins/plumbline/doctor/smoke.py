"""Tests on a real project what only BigQuery can confirm, as listed in docs/unproven.md.

Each step is PASS, FAIL or NOT SHOWN, with its evidence; a failed step doesn't prevent the others.
It only reads, unless it may write: then it creates the dataset ``plumbline_smoke`` and appends to
it.
"""

from __future__ import annotations

import dataclasses
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Any

from plumbline.core.errors import ConfigError, MonitorError, PlumblineError, WarehouseError
from plumbline.core.run import Run, new_run_id
from plumbline.doctor.table_checks import Sources, check_tables, resolve_sources
from plumbline.history.dataset import OwnDataset
from plumbline.history.loads import append
from plumbline.history.tables import STATE
from plumbline.models.sources import FoundSource
from plumbline.net.secret import hide
from plumbline.project import Project, Target
from plumbline.report.page import Name, Section, Table
from plumbline.report.writers import as_json, as_markdown
from plumbline.run.jobs import MonitorJobs
from plumbline.warehouse.billing import most_billed
from plumbline.warehouse.client import endpoint_of, open_client
from plumbline.warehouse.jobs import JobRunner
from plumbline.warehouse.query import QueryRequest

SECONDS = 60.0
"""For one question."""

LONG_QUERY = (
    "select sum(a * b) as smoke_deadline from unnest(generate_array(1, 1000000)) as a "
    "cross join unnest(generate_array(1, 1000000)) as b"
)
"""Takes far longer than a second, and reads no table."""

BY_HAND = {
    "a missing role": "remove each role of the account in turn: "
    "`plumbline debug --target bigquery` names it",
    "another location": "set `location` of the target to another one, and run this again",
    "thresholds fit your data": "a month of your own history",
    "two runs at once": "start `plumbline run --target bigquery --alerts` twice at once: "
    "one message",
}
"""What a program can't show, and how a person does."""


class Shown(StrEnum):
    """Whether a step showed what BigQuery should do."""

    PASS = "PASS"
    FAIL = "FAIL"
    NOT_SHOWN = "NOT SHOWN"


@dataclass(frozen=True)
class Result:
    """One step, as it is written down."""

    step: str
    verdict: Shown
    said: str
    seconds: float = 0.0

    def render(self) -> str:
        """One line."""
        return f"{self.verdict:9}  {self.step}: {self.said}\n"


Seen = tuple[Shown, str]


@dataclass
class Smoke:
    """The project and target that are tried."""

    project: Project
    target: Target
    write: bool

    @cached_property
    def client(self) -> Any:
        """Google's own client."""
        return open_client(self.target)

    def ask(self, name: str, sql: str, **changes: Any) -> Any:
        """One query as a run sends it."""
        limits = changes.pop("limits", {})
        target = dataclasses.replace(
            self.target, limits=dataclasses.replace(self.target.limits, **limits)
        )
        runner = JobRunner(target, {"app": "plumbline", "checkpoint": "smoke"})
        return runner.submit(QueryRequest(f"smoke_{name}", sql, **changes))

    def job(self, job_id: str) -> Any:
        """A job as jobs.get has it now."""
        return self.client.get_job(job_id, location=self.target.location, timeout=SECONDS)

    @cached_property
    def sources(self) -> Sources:
        """The declared tables, and where they are."""
        return resolve_sources(self.project, self.target)

    @property
    def tables(self) -> list[FoundSource]:
        """Those that hold rows."""
        return [one for one in self.sources.found if not one.relation.is_view_of_metadata]


# The steps


def answers(smoke: Smoke) -> Seen:
    """A query is answered."""
    result = smoke.ask("answers", "select 1 as n").result()
    good = result.rows == [{"n": 1}]
    return _seen(good, f"`select 1` in {result.seconds:.1f} s as job {result.job_id}")


def labels_arrive(smoke: Smoke) -> Seen:
    """A job carries its labels and limits."""
    result = smoke.ask("labels", "select 1 as n").result()
    job = smoke.job(result.job_id)
    wanted = {"app": "plumbline", "checkpoint": "smoke", "monitor": "smoke_labels"}
    return _seen(job.labels == wanted, f"labels of the job: {dict(job.labels)}")


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
    return _seen(good, f"reasons: {told}")


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
        return _seen(reason == "bytesBilledLimitExceeded", f"{where.key}: {reason}: {fault}")
    return Shown.NOT_SHOWN, "all declared tables are partitioned"


def deadline_cancels(smoke: Smoke) -> Seen:
    """At its deadline a job is an error, and is cancelled in BigQuery."""
    fault = smoke.ask("deadline", LONG_QUERY, deadline_seconds=2.0).exception()
    if not isinstance(fault, WarehouseError) or fault.reason != "timeout" or not fault.job_id:
        return Shown.FAIL, f"no timeout: {fault}"
    expires = time.monotonic() + 30
    while (job := smoke.job(fault.job_id)).state != "DONE" and time.monotonic() < expires:
        time.sleep(0.5)
    return _seen(
        job.state == "DONE" and bool(job.error_result),
        f"job {job.job_id} is {job.state}, {job.error_result}",
    )


def jobs_overlap(smoke: Smoke) -> Seen:
    """Jobs run side by side."""
    sql = "select count(*) as n from unnest(generate_array(1, 1000000)) as a"
    results = [answer.result() for answer in [smoke.ask("overlap", sql) for _ in range(5)]]
    jobs = [smoke.job(result.job_id) for result in results]
    started, ended = [job.started for job in jobs], [job.ended for job in jobs]
    if not all(started) or not all(ended):
        return Shown.NOT_SHOWN, "the warehouse does not report when jobs began and ended"
    side_by_side = sorted(started)[1] < min(ended)
    return _seen(side_by_side, f"started {_times(started)}, ended {_times(ended)}")


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
        return _seen(rows[0]["n"] == 1, "409, and the first job's rows are read by its id")
    return Shown.FAIL, "the same job id was accepted twice"


def tables_are_as_declared(smoke: Smoke) -> Seen:
    """Datasets lie in the target's location and have the declared tables and columns."""
    checks = list(check_tables(smoke.target, smoke.sources))
    good = bool(checks) and all(check.level == "OK" for check in checks)
    return _seen(good, "; ".join(f"{check.what}: {check.detail}" for check in checks))


def partitions_are_pruned(smoke: Smoke) -> Seen:
    """A filter on one day reads less than one on all days, of each partitioned table."""
    seen, good, shown = [], True, False
    for found in smoke.tables:
        column = found.table.partition_by
        if column is None:
            continue
        select = f"select * from {found.relation} where {column}"
        day, whole = (
            smoke.ask("pruning", sql, dry_run=True).result().total_bytes_processed or 0
            for sql in (f"{select} = date '2026-02-02'", f"{select} >= date '1900-01-01'")
        )
        seen.append(f"{found.relation.key}: {day} of {whole} bytes")
        shown, good = shown or whole > 0, good and (day < whole or whole == 0)
    if not shown:
        return Shown.NOT_SHOWN, "; ".join(seen) or "no declared table is partitioned"
    return _seen(good, "; ".join(seen))


def models_run(smoke: Smoke) -> Seen:
    """Every monitor's model runs as it is, within what a dry run estimated."""
    now = datetime.now(UTC)
    run = Run(new_run_id(now), "smoke", smoke.target.name, now, revision=None)
    jobs = MonitorJobs(smoke.project, smoke.target, now, run=run)
    names = smoke.project.suite_names()
    seen, good = [], True
    jobs.submit(names)
    for name in names:
        try:
            compiled = jobs.compile(smoke.project.suite(name))
            estimated = jobs.estimate(name, compiled)
            evidence = jobs.data(name).evidence
        except MonitorError as error:
            seen.append(f"{name}: {error.one_line()}")
            good = False
            continue
        most = most_billed(estimated or 0, len(compiled.sources))
        good = good and (evidence.bytes_billed or 0) <= most
        seen.append(
            f"{name}: {evidence.rows} rows in {evidence.seconds or 0:.1f} s, "
            f"{evidence.bytes_billed} bytes billed, {most} at most estimated"
        )
    return _seen(good and bool(names), "; ".join(seen))


def writes_happen_once(smoke: Smoke) -> Seen:
    """The same write made twice is there once, in tables that are partitioned and clustered."""
    if not smoke.write:
        return Shown.NOT_SHOWN, "it creates a dataset: allow that with --write"
    target = dataclasses.replace(
        smoke.target, datasets={**smoke.target.datasets, "plumbline": "plumbline_smoke"}
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
    return _seen(good, f"{rows[0]['n']} row, partitioned by {partition}, in dataset {own.name}")


STEPS: tuple[Callable[[Smoke], Seen], ...] = (
    answers,
    labels_arrive,
    errors_are_told,
    job_id_is_taken_once,
    bytes_are_limited,
    deadline_cancels,
    jobs_overlap,
    tables_are_as_declared,
    partitions_are_pruned,
    models_run,
    writes_happen_once,
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
    """Each step in turn; one that fails hides no other."""
    for step in STEPS:
        began = time.monotonic()
        name = str(step.__doc__).strip().rstrip(".")
        try:
            verdict, said = step(smoke)
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


def _seen(good: bool, said: str) -> Seen:
    return (Shown.PASS if good else Shown.FAIL), said


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
        "steps": [dataclasses.asdict(result) for result in results],
    }


def results_page(target: Target, at: datetime, results: list[Result]) -> list[Section]:
    """A table, to be put beside docs/unproven.md."""
    where = f", location {target.location}, {at:%Y-%m-%d %H:%M} UTC."
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
