"""A query in trouble: tried again where that helps, and paid once."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import Future

import pytest
from google.auth.credentials import AnonymousCredentials

from plumbline.core.errors import WarehouseError
from plumbline.project.targets import Limits, Target
from plumbline.warehouse import query
from plumbline.warehouse.client import endpoint_of
from plumbline.warehouse.jobs import JobRunner
from plumbline.warehouse.query import MOST_JOBS, QueryRequest
from plumbline.warehouse.result import QueryResult
from support.bigquery_faults import CutBefore, JobFails, Refused, Runs, Stalls
from support.bigquery_proxy import BigQueryProxy
from support.targets import bigquery_target

pytestmark = [pytest.mark.warehouse, pytest.mark.usefixtures("short_waits")]

ONE = QueryRequest("a", "select 1 as n")
TROUBLE = Refused(503, "backendError", "Error encountered during execution.", times=99)
JOB_TROUBLE = JobFails("backendError", "Error encountered during execution.")


@pytest.fixture
def proxy(warehouse: Target) -> Iterator[BigQueryProxy]:
    with BigQueryProxy(endpoint_of(warehouse)) as proxy:
        yield proxy


def start(proxy: BigQueryProxy, *, seconds: float = 5.0) -> Future[QueryResult]:
    target = bigquery_target(api_endpoint=proxy.url, limits=Limits(deadline_seconds=seconds))
    return JobRunner(target, credentials=AnonymousCredentials()).submit(ONE)


def fault_of(answer: Future[QueryResult]) -> WarehouseError:
    fault = answer.exception(timeout=30)
    assert isinstance(fault, WarehouseError)
    return fault


@pytest.mark.parametrize("reason", ["backendError", "jobInternalError", "rateLimitExceeded"])
def test_a_job_that_failed_in_passing_is_followed_by_another(
    proxy: BigQueryProxy, reason: str
) -> None:
    proxy.on_query("a", JobFails(reason, "it may work a moment later"))

    result = start(proxy).result()

    assert result.rows == [{"n": 1}]
    first, second = proxy.queries
    assert second == result.job_id == f"{first}_1"


def test_a_job_that_fails_while_it_is_polled_is_followed_by_another(proxy: BigQueryProxy) -> None:
    proxy.on_query("a", Runs(polls=2))
    proxy.on_query("a", JOB_TROUBLE, kind="results")
    began = time.monotonic()

    assert start(proxy, seconds=20.0).result().rows == [{"n": 1}]

    assert len(proxy.queries) == 2
    assert time.monotonic() - began < 5, "a job that has failed is not polled until the deadline"


def test_a_query_whose_jobs_all_fail_is_an_error_after_a_few(proxy: BigQueryProxy) -> None:
    proxy.on_query("a", JobFails(JOB_TROUBLE.reason, JOB_TROUBLE.message, times=99))

    fault = fault_of(start(proxy, seconds=20.0))

    assert fault.reason == "backendError"
    assert "Error encountered during execution" in fault.what
    assert len(proxy.queries) == MOST_JOBS
    assert fault.job_id == list(proxy.queries)[-1]


@pytest.mark.parametrize("reason", ["resourcesExceeded", "bytesBilledLimitExceeded", "stopped"])
def test_a_job_that_failed_for_good_is_not_repeated(proxy: BigQueryProxy, reason: str) -> None:
    proxy.on_query("a", JobFails(reason, "it will fail again"))

    fault_of(start(proxy))

    assert len(proxy.queries) == 1


@pytest.mark.parametrize("kind", ["insert", "results"])
def test_trouble_is_waited_out_up_to_the_deadline_and_paid_once(
    proxy: BigQueryProxy, kind: str
) -> None:
    proxy.on_query("a", Refused(503, "backendError", "try again", times=4), kind=kind)

    assert start(proxy).result().rows == [{"n": 1}]
    assert len(proxy.queries) == 1


@pytest.mark.parametrize("kind", ["insert", "results"])
def test_trouble_that_goes_on_is_told_at_the_deadline(proxy: BigQueryProxy, kind: str) -> None:
    proxy.on_query("a", TROUBLE, kind=kind)
    began = time.monotonic()

    fault = fault_of(start(proxy, seconds=1.0))

    assert time.monotonic() - began < 1.6
    assert fault.reason == "backendError"
    assert "HTTP 503" in fault.what


@pytest.mark.parametrize("done", [True, False], ids=["taken", "not taken"])
@pytest.mark.parametrize("kind", ["insert", "results"])
def test_a_stall_is_cut_and_asked_again(
    proxy: BigQueryProxy, monkeypatch: pytest.MonkeyPatch, kind: str, done: bool
) -> None:
    monkeypatch.setattr(query, "INSERT_SECONDS", 0.5)
    monkeypatch.setattr(query, "POLL_SECONDS", 0.5)
    proxy.on_query("a", Stalls(60, done=done), kind=kind)
    began = time.monotonic()

    assert start(proxy).result().rows == [{"n": 1}]

    assert time.monotonic() - began < 2.5
    assert len(proxy.queries) == 1


def test_a_network_that_is_gone_after_the_job_was_taken_may_come_back(
    proxy: BigQueryProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(query.PATIENCE, "bigquery", 0.1)
    proxy.on_query("a", CutBefore(times=4), kind="results")

    assert start(proxy).result().rows == [{"n": 1}]


def test_the_job_that_is_cancelled_is_the_last_one(proxy: BigQueryProxy) -> None:
    proxy.on_query("a", JOB_TROUBLE)
    proxy.on_query("a", Runs(polls=10_000))

    fault = fault_of(start(proxy, seconds=1.0))

    first, second = proxy.queries
    assert (fault.reason, fault.job_id) == ("timeout", second)
    expires = time.monotonic() + 3
    while not proxy.queries[second].cancelled and time.monotonic() < expires:
        time.sleep(0.02)
    assert [proxy.queries[job].cancelled for job in (first, second)] == [False, True]
