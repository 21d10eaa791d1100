"""Requests are held against Google's own description of BigQuery's API."""

from __future__ import annotations

import json
from typing import Any

import pytest

from support.api_description import bigquery_api

JOBS = "/bigquery/v2/projects/p/jobs"


def faults(method: str, path: str, body: Any = None, **query: str | list[str]) -> list[str]:
    given = {name: [value] if isinstance(value, str) else value for name, value in query.items()}
    text = b"" if body is None else json.dumps(body).encode()
    return bigquery_api().faults_of(method, path, given, text)


def a_query(**configuration: Any) -> dict[str, Any]:
    return {
        "jobReference": {"projectId": "p", "jobId": "j", "location": "US"},
        "configuration": {"query": {"query": "select 1"}, **configuration},
    }


def test_a_request_as_the_api_has_it_is_right() -> None:
    asked = a_query(labels={"monitor": "a"}, jobTimeoutMs="9000", dryRun=True)

    assert faults("POST", JOBS, asked, prettyPrint="false") == []
    assert faults("GET", "/bigquery/v2/projects/p/queries/j", maxResults="0", location="US") == []
    assert faults("POST", f"/upload{JOBS}", a_query()) == []


@pytest.mark.parametrize(
    ("method", "path", "body", "query", "fault"),
    [
        ("GET", "/bigquery/v2/projects/p/job", None, {}, "the API has no GET"),
        ("PUT", JOBS, a_query(), {}, "the API has no PUT"),
        ("GET", f"{JOBS}/a/b", None, {}, "the API has no GET"),
        ("POST", "/upload/bigquery/v2/projects/p/datasets", {}, {}, "the API has no POST"),
        ("GET", JOBS, None, {"maxResult": "1"}, "unknown parameter maxResult"),
        ("GET", JOBS, None, {"maxResults": "ten"}, "maxResults is no integer"),
        ("GET", JOBS, None, {"maxResults": "-1"}, "maxResults is no integer"),
        ("GET", JOBS, None, {"projection": "everything"}, "projection is none of its values"),
        ("GET", JOBS, None, {"maxResults": ["1", "2"]}, "is given 2 times"),
        ("POST", JOBS, None, {}, "a body is required"),
        ("GET", JOBS, {"a": 1}, {}, "takes no body"),
        ("POST", JOBS, a_query(dry_run=True), {}, "unknown field body.configuration.dry_run"),
        ("POST", JOBS, a_query(dryRun="true"), {}, "dryRun is no boolean"),
        ("POST", JOBS, a_query(jobTimeoutMs="soon"), {}, "jobTimeoutMs is no int64"),
        ("POST", JOBS, a_query(labels=["a"]), {}, "labels is no object"),
        ("POST", JOBS, a_query(labels={"a": 1}), {}, "labels.a is no string"),
        ("POST", JOBS, a_query(query={"query": "", "queryParameters": {}}), {}, "is no array"),
        ("POST", JOBS, a_query(query={"query": "", "queryParameters": [{"nam": "x"}]}), {},
         "unknown field body.configuration.query.queryParameters[0].nam"),
    ],
)  # fmt: skip
def test_what_the_api_has_not_is_named(
    method: str, path: str, body: Any, query: dict[str, Any], fault: str
) -> None:
    (found,) = faults(method, path, body, **query)

    assert fault in found
