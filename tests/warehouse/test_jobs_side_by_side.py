"""Jobs run side by side, each under its own deadline: against a server that stalls."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait

import pytest
from google.auth.credentials import AnonymousCredentials
from google.auth.crypt import Signer
from google.oauth2 import service_account

from plumbline.core.errors import WarehouseError
from plumbline.project.targets import Limits
from plumbline.warehouse import jobs, query
from plumbline.warehouse.jobs import JobRunner
from plumbline.warehouse.query import QueryRequest
from plumbline.warehouse.result import QueryResult
from plumbline.warehouse.retries import PATIENCE
from support.sockets import refused_port, silent_port
from support.stalling_bigquery import (
    Answer,
    Drip,
    HttpFault,
    JobFault,
    LostAnswer,
    Stall,
    StallingBigQuery,
)
from support.targets import bigquery_target, foreign_emulator

pytestmark = pytest.mark.usefixtures("short_waits")

LONG_ENOUGH = 40.0
"""Seconds for what ends soon, on a machine that is busy; what must not be waited for takes 60."""


@pytest.fixture
def bigquery() -> Iterator[StallingBigQuery]:
    with StallingBigQuery() as server:
        yield server


def runner_for(server: StallingBigQuery, **limits: float) -> JobRunner:
    """A runner on the stand-in that behaves in all things as on BigQuery itself."""
    target = bigquery_target(limits=Limits(**({"deadline_seconds": 10.0} | limits)))  # type: ignore[arg-type]
    return JobRunner(target, endpoint=server.url, credentials=AnonymousCredentials())


def ask(word: str, **changes: object) -> QueryRequest:
    return QueryRequest(name=word, sql=f"select 1 /* {word} */", **changes)  # type: ignore[arg-type]


def fault_of(answer: Future[QueryResult]) -> WarehouseError:
    fault = answer.exception(timeout=100)
    assert isinstance(fault, WarehouseError)
    return fault


STALLED = {
    "polls_are_not_answered": Stall(seconds=60),
    "the_insert_is_not_answered": Stall(seconds=60, at="insert"),
    "the_query_takes_too_long": Answer(after=60),
    "the_answer_comes_a_byte_at_a_time": Drip(seconds=60),
}


def test_queries_that_stall_hold_up_no_other(bigquery: StallingBigQuery) -> None:
    for how, behaviour in STALLED.items():
        bigquery.on(how, behaviour)
    runner = runner_for(bigquery, deadline_seconds=4.0)
    began = time.monotonic()

    stalled = {how: runner.submit(ask(how)) for how in STALLED}
    others = [runner.submit(ask(f"quick_{n}")) for n in range(4)]
    wait(stalled.values(), return_when=FIRST_COMPLETED)

    assert all(answer.done() for answer in others)
    assert [answer.result().rows for answer in others] == [[{"n": 1}]] * 4
    said = {
        how: (fault_of(answer).reason, fault_of(answer).what) for how, answer in stalled.items()
    }
    assert said == dict.fromkeys(STALLED, ("timeout", "no answer within the deadline of 4 s"))
    assert 3.9 < time.monotonic() - began < LONG_ENOUGH


def test_slow_queries_run_at_the_same_time(bigquery: StallingBigQuery) -> None:
    bigquery.on("slow", Answer(beside=5))
    runner = runner_for(bigquery, deadline_seconds=LONG_ENOUGH)

    answers = [runner.submit(ask(f"slow_{n}")) for n in range(5)]

    assert [len(answer.result().rows) for answer in answers] == [1] * 5


def test_the_limit_of_concurrent_jobs_is_kept(bigquery: StallingBigQuery) -> None:
    bigquery.on("slow", Answer(after=0.2))
    runner = runner_for(bigquery, concurrent_jobs=2)

    answers = [runner.submit(ask(f"slow_{n}")) for n in range(4)]
    wait(answers)

    started = sorted(job.inserted_at for job in bigquery.jobs.values())
    assert started[2] - started[0] > 0.15


def test_a_stalled_job_gives_its_place_back_at_its_deadline(bigquery: StallingBigQuery) -> None:
    bigquery.on("stalled", Drip(seconds=60))
    runner = runner_for(bigquery, concurrent_jobs=1)

    stalled = runner.submit(ask("stalled", deadline_seconds=0.5))
    fault_of(stalled)
    queued = runner.submit(ask("queued"))

    assert queued.result(timeout=LONG_ENOUGH).rows == [{"n": 1}]


def test_a_job_past_its_deadline_is_cancelled(bigquery: StallingBigQuery) -> None:
    bigquery.on("stalled", Answer(after=60))
    runner = runner_for(bigquery, deadline_seconds=1.0)

    fault = fault_of(runner.submit(ask("stalled")))

    assert bigquery.cancelled.wait(LONG_ENOUGH)
    assert bigquery.job_of("stalled").cancelled
    assert fault.job_id == bigquery.job_of("stalled").id


def test_a_stalled_job_does_not_keep_the_process_alive(bigquery: StallingBigQuery) -> None:
    bigquery.on("stalled", Stall(seconds=60))
    code = f"""
        from pathlib import Path
        from support.targets import foreign_emulator
        from plumbline.warehouse.jobs import JobRunner
        from plumbline.warehouse.query import QueryRequest
        runner = JobRunner(foreign_emulator("{bigquery.url}"))
        runner.submit(QueryRequest("stalled", "select 1 /* stalled */"))
        quick = runner.submit(QueryRequest("quick", "select 1"))
        print(quick.result().rows)
    """
    process = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        env={"PYTHONPATH": ":".join(p for p in sys.path if p)},
        capture_output=True,
        text=True,
        timeout=15,
        check=False,
    )

    assert process.stdout.strip() == "[{'n': 1}]", process.stderr
    assert process.returncode == 0
    assert process.stderr == ""


def test_every_job_carries_labels_a_byte_cap_and_its_deadline(bigquery: StallingBigQuery) -> None:
    target = bigquery_target(limits=Limits(deadline_seconds=9.0, maximum_bytes_billed=1234))
    runner = JobRunner(
        target,
        {"checkpoint": "Health Check", "run": "2026-02-02T00:00"},
        endpoint=bigquery.url,
        credentials=AnonymousCredentials(),
    )

    result = runner.run(QueryRequest("line_coverage", "select 1", labels={"purpose": "run"}))

    (job,) = bigquery.jobs.values()
    assert job.configuration["labels"] == {
        "monitor": "line_coverage",
        "checkpoint": "health_check",
        "run": "2026-02-02t00_00",
        "purpose": "run",
    }
    assert job.configuration["query"]["maximumBytesBilled"] == "1234"
    assert job.configuration["jobTimeoutMs"] == "9000"
    assert job.configuration["query"]["useLegacySql"] is False
    assert job.id.startswith("plumbline_line_coverage_")
    assert result.job_id == job.id


def test_what_bigquery_bills_is_told(bigquery: StallingBigQuery) -> None:
    result = runner_for(bigquery).run(ask("any"))

    assert result.total_bytes_billed == 10 * 1024**2
    assert result.total_bytes_processed == 123
    assert 0 < result.seconds < LONG_ENOUGH


def test_a_dry_run_tells_the_bytes_and_gives_no_rows(bigquery: StallingBigQuery) -> None:
    result = runner_for(bigquery).run(ask("any", dry_run=True))

    (job,) = bigquery.jobs.values()
    assert job.configuration["dryRun"] is True
    assert result.total_bytes_processed == 123
    assert result.rows == []


def test_a_query_is_an_insert_and_one_poll(bigquery: StallingBigQuery) -> None:
    runner_for(bigquery).run(ask("any"))

    assert len(bigquery.requests) == 2, bigquery.requests


FAULTS = [
    (HttpFault(403, "accessDenied", "Access Denied: Project p: no bigquery.jobs.create"),
     "accessDenied", "Access Denied: Project p: no bigquery.jobs.create", "Job User"),
    (HttpFault(404, "notFound", "Not found: Project p"), "notFound", "Not found: Project p", None),
    (HttpFault(400, "invalidQuery", "Syntax error: Unexpected end of script at [1:6]"),
     "invalidQuery", "Syntax error: Unexpected end of script at [1:6]", None),
    (HttpFault(401, "authError", "Request had invalid authentication credentials."),
     "credentials", "credentials were rejected", "gcloud auth"),
    (HttpFault(403, None, "<html><head><title>403</title></head><body><h1>Forbidden by proxy</h1>"
               "</body></html>", html=True),
     "accessDenied", "Forbidden by proxy", None),
    (JobFault("bytesBilledLimitExceeded",
              "Query exceeded limit for bytes billed: 1000. 10485760 or higher required."),
     "bytesBilledLimitExceeded", "Query exceeded limit for bytes billed", "maximum_bytes_billed"),
    (JobFault("invalidQuery", "division by zero: 1 / 0"),
     "invalidQuery", "division by zero: 1 / 0", None),
    (JobFault("notFound", "Not found: Table p:d.t was not found in location US"),
     "notFound", "Not found: Table p:d.t was not found in location US", "sources.yml"),
    (JobFault("stopped", "Job execution was cancelled: Job timed out after 10s"),
     "timeout", "no answer within the deadline", "deadline_seconds"),
    (JobFault("resourcesExceeded", "Resources exceeded during query execution: " + "x" * 2000),
     "resourcesExceeded", "Resources exceeded during query execution", None),
]  # fmt: skip


@pytest.mark.parametrize(
    ("behaviour", "reason", "what", "fix"), FAULTS, ids=[str(case[1]) for case in FAULTS]
)
def test_each_fault_is_told_in_one_line_with_its_reason(
    bigquery: StallingBigQuery, behaviour: object, reason: str, what: str, fix: str | None
) -> None:
    bigquery.on("faulty", behaviour)
    runner = runner_for(bigquery)

    faulty, sound = runner.submit(ask("faulty")), runner.submit(ask("sound"))

    fault = fault_of(faulty)
    assert fault.reason == reason
    assert what in fault.what
    assert "\n" not in fault.what
    assert "Location" not in fault.what
    assert "http" not in fault.what
    assert len(fault.what) <= 350
    assert fix is None or (fault.fix and fix in fault.fix)
    assert fault.job_id
    assert sound.result(timeout=LONG_ENOUGH).rows == [{"n": 1}]


@pytest.mark.parametrize("code", [429, 500, 502, 503])
def test_a_passing_trouble_is_waited_out(bigquery: StallingBigQuery, code: int) -> None:
    bigquery.on("shaky", HttpFault(code, "backendError", "try again", times=2))

    assert runner_for(bigquery).run(ask("shaky")).rows == [{"n": 1}]
    assert bigquery.inserts == 3


def test_an_insert_whose_answer_was_lost_is_picked_up_not_repeated(
    bigquery: StallingBigQuery,
) -> None:
    bigquery.on("lost", LostAnswer())

    result = runner_for(bigquery).run(ask("lost"))

    assert result.rows == [{"n": 1}]
    assert bigquery.inserts == 2
    assert [job.id for job in bigquery.jobs.values()] == [result.job_id]


def test_trouble_that_goes_on_is_told_at_the_deadline(bigquery: StallingBigQuery) -> None:
    bigquery.on("broken", HttpFault(503, "backendError", "The service is not available."))
    began = time.monotonic()

    fault = fault_of(runner_for(bigquery, deadline_seconds=2.0).submit(ask("broken")))

    # It may end earlier: when the next wait, drawn at random, would not fit.
    assert time.monotonic() - began < LONG_ENOUGH
    assert fault.reason == "backendError"
    assert fault.what == "the warehouse reports an error (HTTP 503): The service is not available."
    assert bigquery.inserts > 3


@pytest.fixture
def soon_unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is waited for 20 s at most is waited for a moment."""
    monkeypatch.setattr(jobs, "REACH_SECONDS", 0.8)
    monkeypatch.setattr(query, "INSERT_SECONDS", 0.4)
    monkeypatch.setitem(PATIENCE, "bigquery", 1.0)
    monkeypatch.setitem(PATIENCE, "embedded", 0.5)


def test_the_limits_of_an_unreachable_warehouse_are_below_20_seconds() -> None:
    assert max(*PATIENCE.values(), jobs.REACH_SECONDS, 2 * query.INSERT_SECONDS) < 20


def test_an_unreachable_warehouse_is_an_error_by_its_limits_not_its_deadline(
    soon_unreachable: None,
) -> None:
    patient = Limits(deadline_seconds=60.0)
    with silent_port() as silent:
        refused = refused_port()
        anonymous = AnonymousCredentials()
        runners = [
            JobRunner(bigquery_target(limits=patient), endpoint=url, credentials=anonymous)
            for url in (f"http://127.0.0.1:{refused}", f"http://127.0.0.1:{silent}")
        ]
        runners.append(JobRunner(foreign_emulator(f"127.0.0.1:{silent}", limits=patient)))
        began = time.monotonic()

        answers = [[runner.submit(ask("broken")) for _ in range(2)] for runner in runners]
        said = [{(f.reason, f.what) for f in map(fault_of, pair)} for pair in answers]

    assert time.monotonic() - began < LONG_ENOUGH
    assert said == [
        {("unreachable", f"http://127.0.0.1:{refused} can't be reached: connection refused")},
        {("unreachable", f"http://127.0.0.1:{silent} can't be reached: it doesn't answer")},
        {("unreachable",
          f"http://127.0.0.1:{silent} can't be reached: no answer within 0.8 s")},
    ]  # fmt: skip


class NoSigner(Signer):
    """Signs nothing: the token server that would look at it never answers."""

    key_id = None

    def sign(self, message: object) -> bytes:
        return b""


def test_a_token_server_that_says_nothing_is_an_error_by_the_limits(
    soon_unreachable: None,
) -> None:
    with silent_port() as port:
        credentials = service_account.Credentials(
            NoSigner(), "robot@example.com", f"http://127.0.0.1:{port}/token"
        )
        target = bigquery_target(limits=Limits(deadline_seconds=60.0))
        runner = JobRunner(target, credentials=credentials)
        began = time.monotonic()

        fault = fault_of(runner.submit(ask("any")))

    assert fault.reason == "unreachable"
    assert time.monotonic() - began < LONG_ENOUGH


def test_jobs_that_wait_for_a_place_do_not_each_find_out_that_nobody_answers(
    soon_unreachable: None,
) -> None:
    limits = Limits(deadline_seconds=60.0, concurrent_jobs=1)
    url = f"http://127.0.0.1:{refused_port()}"
    runner = JobRunner(
        bigquery_target(limits=limits), endpoint=url, credentials=AnonymousCredentials()
    )
    began = time.monotonic()

    faults = [fault_of(answer) for answer in [runner.submit(ask(str(n))) for n in range(4)]]

    assert {fault.reason for fault in faults} == {"unreachable"}
    assert time.monotonic() - began < LONG_ENOUGH


def test_a_foreign_emulator_that_is_not_there_is_told_with_its_variable() -> None:
    runner = JobRunner(foreign_emulator(f"localhost:{refused_port()}"))
    began = time.monotonic()

    faults = [fault_of(answer) for answer in [runner.submit(ask(str(n))) for n in range(5)]]

    assert {fault.reason for fault in faults} == {"unreachable"}
    assert "connection refused" in faults[0].what
    assert faults[0].fix is not None
    assert "BIGQUERY_EMULATOR_HOST" in faults[0].fix
    assert time.monotonic() - began < 15


def test_a_foreign_emulator_may_work_in_silence_up_to_the_deadline(
    bigquery: StallingBigQuery, soon_unreachable: None
) -> None:
    bigquery.on("long", Stall(seconds=60, at="insert"))
    runner = JobRunner(foreign_emulator(bigquery.url, limits=Limits(deadline_seconds=1.5)))

    fault = fault_of(runner.submit(ask("long")))

    assert fault.reason == "timeout"


def test_an_answer_that_is_no_json_is_an_error(bigquery: StallingBigQuery) -> None:
    bigquery.on("portal", HttpFault(200, None, "<html>please log in</html>", html=True))

    fault = fault_of(runner_for(bigquery).submit(ask("portal")))

    assert fault.reason == "badAnswer"


def test_an_answer_that_was_cancelled_before_its_turn_asks_nothing(
    bigquery: StallingBigQuery,
) -> None:
    bigquery.on("slow", Answer(after=0.5))
    runner = runner_for(bigquery, concurrent_jobs=1)

    slow = runner.submit(ask("slow"))
    while not slow.running():  # or the other may get the place first
        time.sleep(0.01)
    unwanted = runner.submit(ask("unwanted"))
    assert unwanted.cancel()

    assert slow.result(timeout=LONG_ENOUGH).rows == [{"n": 1}]
    assert runner.run(ask("next")).rows == [{"n": 1}]
    assert not any("unwanted" in job.sql for job in bigquery.jobs.values())


def test_fewer_rows_than_bigquery_says_there_are_is_no_answer(bigquery: StallingBigQuery) -> None:
    bigquery.on("lossy", Answer(total_rows=5))
    with pytest.raises(WarehouseError, match="only 1 of 5 rows arrived") as refused:
        runner_for(bigquery).run(ask("lossy"))
    assert refused.value.reason == "badAnswer"
