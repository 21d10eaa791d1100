"""Which errors pass, and how long a call that met one is tried again."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
import requests.exceptions as http
from google.api_core import exceptions as api
from google.auth import exceptions as auth

from plumbline.net import names
from plumbline.net.deadline import SHORTEST_ATTEMPT_SECONDS, deadline, seconds_left
from plumbline.net.retry_after import retry_after
from plumbline.warehouse import retries
from plumbline.warehouse.retries import PASSING, STAYING, known_unreachable, make_retry, passes
from support.bigquery_faults import FAULTS, FrontEndPage, Refused
from support.targets import bigquery_target, foreign_emulator


def answered(code: int, reason: str | None, headers: dict[str, str] | None = None) -> Exception:
    """As the Google client raises it."""
    response = requests.Response()
    response.status_code = code
    response.headers.update(headers or {})
    errors = [{"reason": reason, "message": "m"}] if reason else []
    return api.from_http_status(code, "m", errors=errors, response=response)  # type: ignore[no-untyped-call, no-any-return]


CASES: list[tuple[Exception, bool]] = [
    *((answered(403, reason), True) for reason in PASSING),
    *((answered(500, reason), False) for reason in STAYING),
    *((answered(code, None), True) for code in (429, 500, 502, 503, 504)),
    *((answered(code, None), False) for code in (400, 401, 403, 404, 409, 412, 501)),
    (answered(503, "aReasonOfTomorrow"), True),
    (answered(400, "aReasonOfTomorrow"), False),
    (http.ConnectionError("refused"), True),
    (http.ReadTimeout("slow"), True),
    (http.ConnectTimeout("slow"), True),
    (http.ChunkedEncodingError("cut"), True),
    (ConnectionResetError("cut"), True),
    (http.SSLError("CERTIFICATE_VERIFY_FAILED"), False),
    (auth.TransportError("no way to the token server"), True),
    (auth.RefreshError(auth.TransportError("no way to the metadata server")), False),
    (auth.RefreshError("invalid_grant"), False),
    (auth.RefreshError("internal_failure", retryable=True), True),
    (ValueError("no JSON"), False),
]  # fmt: skip


@pytest.mark.parametrize(("fault", "does"), CASES, ids=lambda case: repr(case)[:60])
def test_what_passes_is_known(fault: Exception, does: bool) -> None:
    assert passes(fault) is does


@pytest.mark.parametrize(
    "name", [name for name, kind in FAULTS.items() if isinstance(kind.fault, Refused)]
)
def test_every_answer_in_trouble_is_in_a_table(name: str) -> None:
    kind = FAULTS[name]
    assert kind.fault.reason in PASSING or kind.fault.reason in STAYING
    if kind.fault.code != 409:  # that one says that the job is there
        assert passes(answered(kind.fault.code, kind.fault.reason)) is kind.passes


def test_the_pages_of_the_front_end_pass() -> None:
    pages = [kind for kind in FAULTS.values() if isinstance(kind.fault, FrontEndPage)]
    assert pages
    assert all(passes(answered(kind.fault.code, None)) is kind.passes for kind in pages)


class Server:
    """Raises what it is given, one a call, then answers."""

    def __init__(self, *faults: Exception) -> None:
        self.faults = list(faults)
        self.calls = 0
        self.budgets: list[float | None] = []

    def __call__(self) -> str:
        self.calls += 1
        self.budgets.append(seconds_left())
        if self.faults:
            raise self.faults.pop(0)
        return "answer"


def ask(server: Callable[[], str], *, budget: float = 5.0, **options: Any) -> str:
    target = options.pop("target", bigquery_target())
    with deadline(budget):
        return str(make_retry(target, **options)(server)())


def test_what_passes_is_tried_again() -> None:
    server = Server(*(answered(503, "backendError") for _ in range(3)))
    assert ask(server) == "answer"
    assert server.calls == 4


def test_what_stays_is_told_at_once() -> None:
    server = Server(answered(403, "accessDenied"))
    with pytest.raises(api.Forbidden):
        ask(server)
    assert server.calls == 1


def test_at_the_deadline_the_error_itself_is_raised() -> None:
    server = Server(*(answered(503, "backendError") for _ in range(99)))
    began = time.monotonic()
    with pytest.raises(api.ServiceUnavailable):
        ask(server, budget=1.0)
    assert time.monotonic() - began < 1.1
    assert server.calls > 1


def test_a_repetition_without_time_for_an_answer_does_not_hide_the_error() -> None:
    server = Server(answered(503, "backendError"), http.ReadTimeout("cut at the deadline"))
    with pytest.raises(api.ServiceUnavailable):
        ask(server, budget=SHORTEST_ATTEMPT_SECONDS)
    assert server.calls == 1


def test_what_nobody_answers_is_given_up_sooner() -> None:
    server = Server(*(http.ConnectionError("refused") for _ in range(99)))
    began = time.monotonic()
    with pytest.raises(http.ConnectionError):
        ask(server, budget=60.0, patience=0.4)
    assert time.monotonic() - began < 0.5


def test_a_name_that_does_not_resolve_is_given_up_soonest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(names, "GIVEN_UP_SECONDS", 0.3)
    server = Server(*(http.ConnectionError("Failed to resolve 'x'") for _ in range(99)))
    began = time.monotonic()
    with pytest.raises(http.ConnectionError):
        ask(server, budget=60.0, patience=30.0)
    assert time.monotonic() - began < 1.0
    assert server.calls > 1


def test_a_warehouse_that_is_known_to_be_unreachable_is_asked_once_a_call() -> None:
    server = Server(http.ConnectionError("refused"))
    with known_unreachable(), pytest.raises(http.ConnectionError):
        ask(server, budget=60.0, patience=30.0)
    assert server.calls == 1
    assert server.budgets[0] is not None
    assert server.budgets[0] <= retries.IN_VAIN_SECONDS


def test_a_server_that_answers_is_given_the_whole_deadline() -> None:
    server = Server(*(answered(429, "rateLimitExceeded") for _ in range(3)))
    assert ask(server, patience=0.0) == "answer"


def test_a_server_on_this_machine_is_not_waited_for() -> None:
    server = Server(answered(503, "backendError"))
    with pytest.raises(api.ServiceUnavailable):
        ask(server, patience=0.0, target=foreign_emulator("localhost:1"))


@pytest.mark.parametrize("code", [429, 503])
def test_what_the_server_asks_to_wait_is_waited(code: int) -> None:
    server = Server(answered(code, None, {"Retry-After": "1"}))
    began = time.monotonic()
    assert ask(server) == "answer"
    assert time.monotonic() - began >= 1.0


def test_a_longer_wait_than_the_deadline_is_not_begun() -> None:
    server = Server(answered(429, "rateLimitExceeded", {"Retry-After": "60"}))
    began = time.monotonic()
    with pytest.raises(api.TooManyRequests):
        ask(server)
    assert time.monotonic() - began < 0.2


def test_waits_differ_from_try_to_try(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    monkeypatch.setattr("tenacity.nap.time.sleep", waits.append)
    for _ in range(20):
        ask(Server(*(answered(503, None) for _ in range(6))), budget=600.0)
    assert len(set(waits)) == len(waits) == 120
    assert max(waits[0::6]) <= 0.2, "the first is short"
    assert max(waits[5::6]) > 1.0, "later ones are longer"
    assert max(waits) <= 8.0


def test_an_attempt_has_a_budget_of_its_own() -> None:
    server = Server(http.ReadTimeout("stalled"))
    assert ask(server, budget=60.0, attempt_seconds=0.5) == "answer"
    assert all(budget is not None and budget <= 0.5 for budget in server.budgets)


def test_a_call_that_is_of_no_use_any_more_is_not_repeated() -> None:
    server = Server(answered(503, "backendError"))
    with pytest.raises(api.ServiceUnavailable):
        ask(server, unless=lambda: True)


NOW = datetime(2026, 2, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (None, None),
        ("3", 3.0),
        ("0", 0.0),
        ("-3", 0.0),
        ("1.5", 1.5),
        ("Mon, 02 Feb 2026 12:00:05 GMT", 5.0),
        ("Mon, 02 Feb 2026 11:00:00 GMT", 0.0),
        ("soon", None),
        ("inf", None),
        ("nan", None),
    ],
)
def test_what_retry_after_says(text: str | None, seconds: float | None) -> None:
    assert retry_after(text, NOW) == seconds
