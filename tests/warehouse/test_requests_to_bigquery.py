"""What plumbline sends to BigQuery: through the recording proxy, held against Google's description.

The proxy fails a test whose requests BigQuery would not understand; here every kind of request is
sent once, and the proxy itself is shown to answer as BigQuery does.
"""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from google.auth.credentials import AnonymousCredentials

from plumbline.core.errors import WarehouseError
from plumbline.core.parameter import Parameter
from plumbline.history.dataset import OwnDataset
from plumbline.history.loads import append
from plumbline.history.tables import STATE
from plumbline.project import Project
from plumbline.project.targets import Target
from plumbline.report.dry_run import as_dict, dry_run_page
from plumbline.report.writers import as_json, as_script
from plumbline.run.request import AsOf, RunRequest
from plumbline.run.runner import dry_run
from plumbline.warehouse.client import endpoint_of
from plumbline.warehouse.jobs import JobRunner
from plumbline.warehouse.query import QueryRequest
from support.bigquery_faults import CutAfter, CutInTheMiddle, JobFails, Runs
from support.bigquery_proxy import MB, BigQueryProxy
from support.targets import bigquery_target

pytestmark = pytest.mark.warehouse

ROOT = Path(__file__).parents[2]
NUMBERS = "select n from unnest(generate_array(1, 25)) as n order by n"


@pytest.fixture
def proxy(warehouse: Target) -> Iterator[BigQueryProxy]:
    with BigQueryProxy(endpoint_of(warehouse)) as proxy:
        yield proxy


@pytest.fixture
def target(warehouse: Target, proxy: BigQueryProxy) -> Target:
    """BigQuery itself, as far as plumbline can tell."""
    return bigquery_target(project=warehouse.project, api_endpoint=proxy.url)


def runner_for(target: Target, **limits: Any) -> JobRunner:
    limited = replace(target, limits=replace(target.limits, **limits))
    return JobRunner(limited, {"checkpoint": "all"}, credentials=AnonymousCredentials())


def test_a_service_account_asks_for_its_token_and_then_for_rows(
    target: Target, proxy: BigQueryProxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = proxy.write_key_file(tmp_path / "key.json")
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(key))

    result = JobRunner(target).run(QueryRequest("a", "select 1 as n"))

    assert result.rows == [{"n": 1}]
    assert [request.kind for request in proxy.seen] == ["token", "insert", "results"]


def test_a_query_with_every_kind_of_parameter_is_understood(
    target: Target, proxy: BigQueryProxy
) -> None:
    parameters = [
        Parameter("day", "DATE", date(2026, 2, 2)),
        Parameter("at", "TIMESTAMP", datetime(2026, 2, 2, 12, tzinfo=UTC)),
        Parameter("number", "INT64", 3),
        Parameter("share", "FLOAT64", 0.5),
        Parameter("price", "NUMERIC", Decimal("1.5")),
        Parameter("word", "STRING", "x"),
        Parameter("yes", "BOOL", True),
        Parameter("days", "ARRAY<DATE>", (date(2026, 2, 2),)),
        Parameter("none", "ARRAY<STRING>", ()),
    ]

    result = runner_for(target).run(
        QueryRequest("a", "select @number as n, @word as word", parameters=parameters)
    )

    assert result.rows == [{"n": 3, "word": "x"}]
    sent = json.loads(proxy.seen[0].body)["configuration"]
    assert [p["name"] for p in sent["query"]["queryParameters"]] == [p.name for p in parameters]
    assert sent["labels"] == {"checkpoint": "all", "monitor": "a"}


def test_dry_runs_datasets_tables_and_loads_are_understood(
    target: Target, proxy: BigQueryProxy
) -> None:
    own = OwnDataset(target, credentials=AnonymousCredentials())
    row = {
        "event_id": "1-w", "version": 1, "writer": "w", "schema_version": 1, "snapshot": "{}",
        "written_at": datetime(2026, 2, 2, tzinfo=UTC),
    }  # fmt: skip

    append(own, STATE, [row], job_id="first")
    runner_for(target).run(QueryRequest("a", "select 1", dry_run=True))

    assert {"begin", "upload", "insert"} <= {request.kind for request in proxy.seen}
    assert f"POST /bigquery/v2/projects/{target.project}/datasets" in proxy.requests
    assert own.read("count", "select count(*) as n from `{dataset}.state`") == [{"n": 1}]


def test_a_request_that_bigquery_would_not_understand_fails_the_test(warehouse: Target) -> None:
    proxy = BigQueryProxy(endpoint_of(warehouse)).__enter__()
    place = urlsplit(proxy.url)
    connection = http.client.HTTPConnection(str(place.hostname), place.port)
    connection.request("GET", "/bigquery/v2/projects/p/datasets?maxResult=1")
    connection.getresponse().read()
    connection.close()

    with pytest.raises(AssertionError, match="unknown parameter maxResult"):
        proxy.__exit__(None)


# As BigQuery answers


def test_results_come_in_pages(target: Target, proxy: BigQueryProxy) -> None:
    proxy.page_rows = 10

    result = runner_for(target).run(QueryRequest("a", NUMBERS))

    assert [row["n"] for row in result.rows] == list(range(1, 26))
    assert [request.kind for request in proxy.seen].count("results") == 3


@pytest.mark.parametrize("page", [0, 1, 2])
def test_a_page_that_breaks_off_in_the_middle_is_read_again(
    target: Target, proxy: BigQueryProxy, page: int
) -> None:
    proxy.page_rows = 10
    proxy.at(1 + page, CutInTheMiddle())

    result = runner_for(target).run(QueryRequest("a", NUMBERS))

    assert [row["n"] for row in result.rows] == list(range(1, 26)), "no row twice, none missing"
    assert [request.kind for request in proxy.seen].count("results") == 4
    assert len(proxy.queries) == 1


def test_a_job_that_takes_its_time_is_waited_for(target: Target, proxy: BigQueryProxy) -> None:
    proxy.on_query("a", Runs(polls=3))

    assert runner_for(target).run(QueryRequest("a", "select 1 as n")).rows == [{"n": 1}]
    assert len(proxy.queries) == 1


def test_an_insert_whose_answer_was_lost_is_paid_once(target: Target, proxy: BigQueryProxy) -> None:
    proxy.on_query("a", CutAfter())

    result = runner_for(target).run(QueryRequest("a", "select 1 as n"))

    assert result.rows == [{"n": 1}]
    kinds = [request.kind for request in proxy.seen]
    assert kinds == ["insert", "insert", "job", "results"]
    assert list(proxy.queries) == proxy.refused == [result.job_id]


def test_a_job_that_ends_in_error_is_told_with_its_reason(
    target: Target, proxy: BigQueryProxy
) -> None:
    said = "Resources exceeded during query execution: out of memory"
    proxy.on_query("a", JobFails("resourcesExceeded", said))

    with pytest.raises(WarehouseError) as raised:
        runner_for(target).run(QueryRequest("a", "select 1"))

    assert (raised.value.reason, raised.value.what) == ("resourcesExceeded", said)


def test_bytes_are_billed_by_bigquerys_rules(target: Target, proxy: BigQueryProxy) -> None:
    proxy.reads("two_tables", 1, 25 * MB + 1)

    runner = runner_for(target)
    dry = runner.run(QueryRequest("a", "select 1 /* two_tables */", dry_run=True))
    real = runner.run(QueryRequest("a", "select 1 /* two_tables */"))

    assert dry.total_bytes_processed == real.total_bytes_processed == 25 * MB + 2
    assert (dry.total_bytes_billed, real.total_bytes_billed) == (0, 36 * MB)


def test_above_its_limit_a_job_is_refused(target: Target, proxy: BigQueryProxy) -> None:
    proxy.reads("large", 25 * MB)

    with pytest.raises(WarehouseError) as raised:
        runner_for(target, maximum_bytes_billed=MB).run(QueryRequest("a", "select 1 /* large */"))

    assert raised.value.reason == "bytesBilledLimitExceeded"
    assert "26214400 or higher required" in raised.value.what
    assert "maximum_bytes_billed" in str(raised.value.fix)


# What is billed


@pytest.mark.parametrize(
    ("read", "limit", "refused"),
    [
        pytest.param((1, 1, 1), 3, False, id="three bytes of three tables are billed as 30 MB"),
        pytest.param((5 * MB, 100 * MB + 1), 105 * MB + 1, False, id="one rounded, one at least"),
        pytest.param((100 * MB,), 100 * MB, False, id="a limit that is read to the byte"),
        pytest.param((111 * MB,), 100 * MB, True, id="more than the limit and its headroom"),
        pytest.param((60 * MB, 61 * MB), 100 * MB, True, id="more in sum"),
    ],
)
def test_a_query_within_the_limit_is_never_refused_for_rounding(
    target: Target, proxy: BigQueryProxy, read: tuple[int, ...], limit: int, refused: bool
) -> None:
    proxy.reads("measured", *read)
    request = QueryRequest("a", "select 1 as n /* measured */", tables=len(read))
    runner = runner_for(target, maximum_bytes_billed=limit)

    if refused:
        with pytest.raises(WarehouseError) as raised:
            runner.run(request)
        assert raised.value.reason == "bytesBilledLimitExceeded"
    else:
        assert runner.run(request).rows == [{"n": 1}]


def test_a_dry_run_tells_what_is_read_and_billed_at_most(
    target: Target, proxy: BigQueryProxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(
        "GOOGLE_APPLICATION_CREDENTIALS", str(proxy.write_key_file(tmp_path / "key.json"))
    )
    proxy.reads("ml_feature_store_v2", 5, 20 * MB)
    proxy.reads("nba_schedule", 0, 1, 2)
    project = Project(ROOT)
    monitors = ("line_coverage", "grading_completeness")
    request = RunRequest(
        project=project,
        target=target,
        as_of=AsOf(datetime(2026, 2, 2, 12, tzinfo=UTC), "given"),
        checkpoint="health_check",
        select=monitors,
    )

    report = dry_run(request)

    tables = {name: len(model.compiled.sources) for name in monitors for model in report.models
              if model.monitor == name and model.compiled}  # fmt: skip
    said = json.loads(as_json(as_dict(report)))
    by_name = {monitor["name"]: monitor for monitor in said["monitors"]}
    coverage, grading = (by_name[name] for name in monitors)
    assert coverage["estimated_bytes"] == 20 * MB + 5
    assert coverage["estimated_bytes_billed"] == (21 + 10 * (tables["line_coverage"] - 1)) * MB
    assert grading["estimated_bytes"] == 3
    assert grading["estimated_bytes_billed"] == 10 * tables["grading_completeness"] * MB
    assert said["estimated_bytes"] == 20 * MB + 8
    assert said["estimated_bytes_billed"] == sum(
        m["estimated_bytes_billed"] for m in by_name.values()
    )
    text = as_script(dry_run_page(report))
    billed = 21 + 10 * (sum(tables.values()) - 1)
    assert f"2 monitors, total: would read 20.0 MiB, billed {billed}.0 MiB at most" in text
    assert [request.kind for request in proxy.seen].count("results") == 0, "nothing was run"
