"""Answers about another job or table than was asked for are an ERROR, wherever one is read.

The proxy changes one answer of BigQuery, as a broken proxy or cache on the way may.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from google.auth.credentials import AnonymousCredentials

from plumbline.core.errors import WarehouseError
from plumbline.history.dataset import OwnDataset
from plumbline.history.loads import append
from plumbline.history.tables import STATE
from plumbline.project.targets import Target
from plumbline.run.jobs import MonitorJobs
from plumbline.warehouse.client import endpoint_of
from plumbline.warehouse.jobs import JobRunner
from plumbline.warehouse.query import QueryRequest
from support.bigquery_faults import Changed, CutAfter
from support.bigquery_proxy import BigQueryProxy
from support.projects import NOW, make_project
from support.targets import bigquery_target

pytestmark = pytest.mark.warehouse

SIX = "select n from unnest(generate_array(1, 6)) as n order by n"
ROW = {"event_id": "1-w", "version": 1, "writer": "w", "schema_version": 1, "snapshot": "{}",
       "written_at": "2026-02-02T00:00:00Z"}  # fmt: skip


@pytest.fixture
def proxy(warehouse: Target) -> Iterator[BigQueryProxy]:
    with BigQueryProxy(endpoint_of(warehouse), page_rows=2) as proxy:
        yield proxy


@pytest.fixture
def target(warehouse: Target, proxy: BigQueryProxy) -> Target:
    return bigquery_target(project=warehouse.project, api_endpoint=proxy.url)


def changed(**reference: Any) -> Changed:
    """The answer names other parts of what it is about; a part that is None is left out."""

    def change(body: bytes) -> bytes:
        answer = json.loads(body)
        (name,) = (key for key in answer if key.endswith("Reference"))
        answer[name] |= reference
        answer[name] = {key: value for key, value in answer[name].items() if value is not None}
        return json.dumps(answer).encode()

    return Changed(change, name=str(reference))


def edited(change: Callable[[dict[str, Any]], Mapping[str, Any]]) -> Changed:
    return Changed(lambda body: json.dumps(change(json.loads(body))).encode())


def run(target: Target, sql: str = SIX, **options: Any) -> list[dict[str, Any]]:
    runner = JobRunner(target, credentials=AnonymousCredentials())
    return runner.run(QueryRequest("coverage", sql, **options)).rows


def own_dataset(target: Target) -> OwnDataset:
    return OwnDataset(target, credentials=AnonymousCredentials())


OTHERS = {
    "another job": (
        {"jobId": "plumbline_steady_1"},
        "is about job {project}:US.plumbline_steady_1",
    ),
    "another project": ({"projectId": "other"}, "is about job other:US.plumbline_coverage_"),
    "another location": ({"location": "EU"}, "is about job {project}:EU.plumbline_coverage_"),
    "no job id": ({"jobId": None}, "is about job {project}:US"),
    "nothing": ({"jobId": None, "projectId": None, "location": None}, "names no job"),
}


@pytest.mark.parametrize("place", [0, 1, 2, 3], ids=["insert", "first page", "second", "third"])
@pytest.mark.parametrize("other", OTHERS)
def test_an_answer_to_a_query_about_another_job_is_refused_and_names_both(
    target: Target, proxy: BigQueryProxy, place: int, other: str
) -> None:
    reference, said = OTHERS[other]
    proxy.at(place, changed(**reference))

    with pytest.raises(WarehouseError) as refused:
        run(target)

    assert f"job {target.project}:US.plumbline_coverage_" in refused.value.what
    assert said.format(project=target.project) in refused.value.what
    assert (refused.value.reason, len(proxy.queries)) == ("badAnswer", 1)
    assert refused.value.fix


def test_the_job_that_is_picked_up_after_a_lost_answer_is_compared_too(
    target: Target, proxy: BigQueryProxy
) -> None:
    proxy.at(0, CutAfter())
    proxy.at(2, changed(jobId="plumbline_steady_1"))
    with pytest.raises(WarehouseError, match=r"is about job .*plumbline_steady_1"):
        run(target)
    assert [request.kind for request in proxy.seen] == ["insert", "insert", "job"]


def test_a_location_is_the_same_in_any_case(target: Target, proxy: BigQueryProxy) -> None:
    proxy.at(0, changed(location="us"))
    assert len(run(target)) == 6


@pytest.mark.parametrize(
    ("place", "change", "said"),
    [
        (2, lambda first: lambda page: page | {"rows": [], "pageToken": first}, "not the requested"),
        (2, lambda first: lambda page: page | {"totalRows": "2"}, "not the requested"),
        (3, lambda first: lambda page: page | {"rows": page["rows"] * 2}, "more than 6 rows"),
        (3, lambda first: lambda page: page | {"rows": page["rows"][:1]}, "only 5 of 6 rows"),
        (1, lambda first: lambda page: {k: page[k] for k in page if k != "totalRows"},
         "no number of rows"),
    ],
    ids=["the page before again", "another total", "rows twice", "rows lost", "no total"],
)  # fmt: skip
def test_pages_that_are_not_those_of_the_answer_are_refused(
    target: Target, proxy: BigQueryProxy, place: int, change: Callable[..., Any], said: str
) -> None:
    tokens: list[str] = []
    proxy.at(1, edited(lambda page: tokens.append(page["pageToken"]) or page))
    if place == 1:
        proxy.at(1, edited(change("")))
    else:
        proxy.at(place, edited(lambda page: change(tokens[0])(page)))
    with pytest.raises(WarehouseError, match=said) as refused:
        run(target)
    assert refused.value.reason == "badAnswer"


def test_a_page_that_comes_again_and_again_ends_at_once(
    target: Target, proxy: BigQueryProxy
) -> None:
    first: list[bytes] = []

    def again(body: bytes) -> bytes:
        first.append(body)
        return first[0]

    for place in range(1, 20):
        proxy.at(place, Changed(again))
    with pytest.raises(WarehouseError, match="not the requested page of rows"):
        run(target)
    assert len(proxy.seen) == 3


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (changed(jobId="plumbline_steady_1"), "is about job"),
        (changed(projectId="other"), "is about job other:US"),
        (
            edited(lambda job: job | {"configuration": {"query": {"query": "select 2"}}}),
            "about another statement",
        ),
    ],
    ids=["another job", "another project", "another statement"],
)
def test_a_dry_run_of_another_query_is_refused(
    target: Target, proxy: BigQueryProxy, change: Changed, said: str
) -> None:
    proxy.at(0, change)
    with pytest.raises(WarehouseError, match=said):
        run(target, dry_run=True)


def test_a_dry_run_has_no_job_to_name(target: Target, proxy: BigQueryProxy) -> None:
    proxy.at(0, changed(jobId=None))
    assert run(target, dry_run=True) == []


@pytest.mark.parametrize(
    "reference", [{"datasetId": "other"}, {"tableId": "other"}, {"projectId": "other"}]
)
def test_a_table_that_was_not_asked_for_is_refused(
    target: Target, proxy: BigQueryProxy, reference: dict[str, str]
) -> None:
    own = own_dataset(target)
    own.ensure()
    proxy.at(0, changed(**reference))
    with pytest.raises(WarehouseError, match=f"table {target.project}.plumbline.state was asked"):
        own.made_at(STATE)


def test_a_dataset_that_was_not_asked_for_is_refused(target: Target, proxy: BigQueryProxy) -> None:
    own_dataset(target).ensure()
    proxy.at(0, changed(datasetId="other"))
    with pytest.raises(WarehouseError, match=r"the answer is about dataset .*\.other"):
        own_dataset(target).ensure()


def test_a_load_whose_answer_is_about_another_job_is_looked_up_and_written_once(
    target: Target, proxy: BigQueryProxy
) -> None:
    own = own_dataset(target)
    own.ensure()
    proxy.at(1, changed(jobId="plumbline_steady_1"))

    appended = append(own, STATE, [ROW | {"event_id": "mixed-up"}], job_id="mixed_up")

    assert appended.found
    assert proxy.uploads("mixed_up") == ["mixed_up"]
    assert own.read(
        "count", "select count(*) as n from `{dataset}.state` where event_id = 'mixed-up'"
    ) == [{"n": 1}]


def test_a_load_that_another_job_is_answered_for_again_is_not_taken_as_written(
    target: Target, proxy: BigQueryProxy
) -> None:
    own = own_dataset(target)
    own.ensure()
    proxy.at(1, changed(jobId="plumbline_steady_1"))
    proxy.at(2, changed(jobId="plumbline_steady_1"))
    with pytest.raises(WarehouseError, match=r"job .*twice_mixed_up was asked for"):
        append(own, STATE, [ROW | {"event_id": "twice"}], job_id="twice_mixed_up")


def test_swapped_answers_of_two_monitors_are_the_error_of_both(
    warehouse: Target, target: Target, proxy: BigQueryProxy, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Both queries have answers of the same shape; each would pass with the other's."""
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(proxy.write_key_file(tmp_path / "k")))
    project = make_project(tmp_path / "project", target)
    project.add("coverage", "select 20 as pct")
    project.add("steady", "select 90 as pct")
    answers: dict[str, bytes] = {}

    def keep(body: bytes) -> bytes:
        answers["steady"] = body
        return body

    proxy.on_query("plumbline_steady_", Changed(keep), kind="results")
    proxy.on_query("plumbline_coverage_", Changed(lambda _: answers["steady"]), kind="results")
    jobs = MonitorJobs(project.project, target, NOW)
    assert jobs.data("steady").result.rows[0]["pct"] == 90
    with pytest.raises(WarehouseError, match=r"plumbline_coverage_.* is about .*plumbline_steady_"):
        jobs.data("coverage")
