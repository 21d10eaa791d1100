"""What the Google client raises, in one line: the faults that no server says."""

from __future__ import annotations

import concurrent.futures
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
import requests
import requests.exceptions as http
from google.api_core import exceptions as api
from google.auth import exceptions as auth

from plumbline.core.errors import WarehouseError
from plumbline.project.targets import Seed, Target
from plumbline.warehouse.failures import Call, explain_failure
from support.targets import bigquery_target, embedded_target, foreign_emulator


def call(target: Target | None = None) -> Call:
    return Call(
        target=target or bigquery_target(),
        endpoint="https://bigquery.googleapis.com",
        deadline_seconds=120.0,
        job_id="plumbline_x",
    )


def gave_up(cause: Exception | None) -> api.RetryError:
    return api.RetryError("Timeout of 15.0s exceeded", cause=cause)


CASES = [
    (http.ConnectionError("[Errno 111] Connection refused"), "unreachable", "connection refused"),
    (http.ConnectionError("NameResolutionError: Failed to resolve 'x'"), "unreachable", "resolved"),
    (http.ConnectionError("[Errno 101] Network is unreachable"), "unreachable", "no network"),
    (http.ChunkedEncodingError("Connection broken: IncompleteRead(145 bytes read, 146 more "
                               "expected)"), "unreachable", "in the middle of an answer"),
    (http.SSLError("CERTIFICATE_VERIFY_FAILED"), "unreachable", "certificate is not trusted"),
    (http.ConnectTimeout("timed out"), "unreachable", "no connection in time"),
    (auth.TransportError("Failed to resolve 'oauth2.googleapis.com'"), "unreachable", "resolved"),
    (gave_up(http.ConnectionError("Connection refused")), "unreachable", "connection refused"),
    (gave_up(None), "unreachable", "Timeout of 15.0s exceeded"),
    (gave_up(api.ServiceUnavailable("backend is away")), "backendError", "HTTP 503"),
    (concurrent.futures.TimeoutError(), "timeout", "no answer within the deadline of 120 s"),
    (http.ReadTimeout(), "timeout", "no answer within the deadline of 120 s"),
    (gave_up(http.ReadTimeout()), "timeout", "no answer within the deadline of 120 s"),
    (auth.RefreshError("invalid_grant: Token has been expired or revoked."), "credentials",
     "credentials were rejected: invalid_grant"),
    (auth.RefreshError("reauth", {"error": "x"}), "credentials", "reauth"),
    (api.Unauthorized("Request had invalid authentication"), "credentials", "were rejected"),
    (api.BadRequest("Invalid value"), "invalid", "Invalid value"),
    (api.BadRequest(""), "invalid", "HTTP 400"),
    (ValueError("Expecting value: line 1\ncolumn 1"), "badAnswer", "unreadable answer: ValueError"),
    (WarehouseError("known", reason="mine"), "mine", "known"),
]  # fmt: skip


def test_in_an_embedded_warehouse_without_a_seed_nothing_can_be_found() -> None:
    missing = api.NotFound("Not found: Table p:shop.orders was not found")
    bare = embedded_target(Path("unused"), seed=None)
    seeded = replace(bare, seed=Seed(("fill.py",), date(2026, 2, 2)))
    targets = (bare, seeded, foreign_emulator("http://x"), bigquery_target())
    fixes = [str(explain_failure(missing, call(target)).fix) for target in targets]
    assert ["no `seed`" in fix for fix in fixes] == [True, False, False, False]
    assert "--target bigquery" in fixes[0]


@pytest.mark.parametrize(("fault", "reason", "what"), CASES, ids=lambda case: repr(case)[:40])
def test_each_has_a_reason_and_one_line(fault: Exception, reason: str, what: str) -> None:
    explained = explain_failure(fault, call())

    assert explained.reason == reason
    assert what in explained.what
    assert "\n" not in explained.what


def test_a_token_server_that_cannot_be_reached_is_not_called_bigquery() -> None:
    request = requests.Request("POST", "https://oauth2.example.com/token").prepare()
    refused = http.ConnectionError("Connection refused", request=request)
    explained = explain_failure(auth.TransportError(refused), call())
    assert explained.reason == "unreachable"
    assert explained.what == (
        "no access token: https://oauth2.example.com can't be reached: connection refused"
    )
    assert "BigQuery itself was not asked" in str(explained.fix)


METADATA = "Failed to retrieve http://metadata/x from the Google Compute Engine metadata service. "


@pytest.mark.parametrize(
    ("fault", "what"),
    [
        (
            auth.RefreshError(auth.TransportError(f"{METADATA}Last exception: Connection refused")),
            "the metadata server http://metadata can't be reached: connection refused",
        ),
        (
            auth.RefreshError(auth.TransportError(f"{METADATA}Last exception: too late")),
            "the metadata server http://metadata can't be reached: too late",
        ),
        (
            auth.RefreshError(auth.TransportError(f"{METADATA}Response status: 503\nLater")),
            "the metadata server http://metadata answered HTTP 503",
        ),
        (
            auth.RefreshError("internal_failure", {"error": "internal_failure"}, retryable=True),
            "the token server reports an error: internal_failure",
        ),
    ],
)
def test_a_token_that_nobody_gives_is_no_rejected_credential(fault: Exception, what: str) -> None:
    explained = explain_failure(fault, call())
    assert (explained.reason, explained.what) == ("unreachable", f"no access token: {what}")
    assert "BigQuery itself was not asked" in str(explained.fix)


def test_a_machine_without_a_service_account_is_a_fault_of_credentials() -> None:
    answered = auth.TransportError(f"{METADATA}Status: 404 Response:\nb''", "the response")
    explained = explain_failure(auth.RefreshError(answered), call())
    assert explained.reason == "credentials"
    assert "Status: 404" in explained.what


def test_a_timeout_before_the_deadline_is_a_server_that_does_not_answer() -> None:
    explained = explain_failure(gave_up(http.ReadTimeout()), call(), early=True)

    assert explained.reason == "unreachable"
    assert explained.what == "https://bigquery.googleapis.com can't be reached: it doesn't answer"


def test_a_table_that_requires_a_partition_filter_says_where_to_write_it() -> None:
    said = (
        "Cannot query over table 'shop.orders' without a filter over column(s) 'ordered_on' that "
        "can be used for partition elimination"
    )
    assert "rows.date_column" in str(explain_failure(api.BadRequest(said), call()).fix)


@pytest.mark.parametrize(
    ("target", "fix"),
    [
        (bigquery_target(), "network"),
        (foreign_emulator("localhost:1"), "BIGQUERY_EMULATOR_HOST"),
        (embedded_target(foreign_emulator("x").state_dir), "plumbline warehouse status"),
    ],
)
def test_the_fix_fits_the_target(target: Target, fix: str) -> None:
    explained = explain_failure(http.ConnectionError("Connection refused"), call(target))

    assert explained.fix is not None
    assert fix in explained.fix


def test_the_job_id_is_kept_for_who_looks_into_the_console() -> None:
    assert explain_failure(http.ReadTimeout(), call()).job_id == "plumbline_x"
