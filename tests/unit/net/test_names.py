"""A name that does not resolve costs seconds once, however slow the name server is."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest
import requests

from plumbline.net import names
from plumbline.net.http import Caller
from plumbline.net.names import is_given_up, is_unresolved, refuse_unresolved, resolves

HOST = "bigquery.example.com"

Resolver = Callable[[Callable[[], None]], list[str]]


@pytest.fixture
def resolver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Resolver]:
    """Answers lookups; the names that it was asked for."""
    names._lookups.clear()
    names._failing.end()
    monkeypatch.setattr(names, "FIRST_SECONDS", 0.3)
    monkeypatch.setattr(names, "AGAIN_SECONDS", 0.05)
    monkeypatch.setattr(names, "FAILED_SECONDS", 0.2)

    def install(answer: Callable[[], None]) -> list[str]:
        asked: list[str] = []

        def look_up(host: str, *_: object) -> list[object]:
            asked.append(host)
            answer()
            return []

        monkeypatch.setattr(socket, "getaddrinfo", look_up)
        return asked

    yield install
    names._lookups.clear()
    names._failing.end()


def fails() -> None:
    raise socket.gaierror(-2, "Name or service not known")


def test_a_name_that_resolves_is_looked_up_once(resolver: Resolver) -> None:
    asked = resolver(lambda: None)
    assert [resolves(HOST) for _ in range(3)] == [True] * 3
    assert asked == [HOST]


def test_one_that_does_not_is_looked_up_again_after_a_moment(resolver: Resolver) -> None:
    asked = resolver(fails)
    assert not resolves(HOST)
    assert not resolves(HOST)
    assert asked == [HOST]
    time.sleep(0.25)
    resolver(lambda: None)
    assert resolves(HOST)


def test_a_name_server_that_is_silent_is_waited_for_once(resolver: Resolver) -> None:
    answers = threading.Event()

    def waits() -> None:
        answers.wait(20)

    asked = resolver(waits)
    began = time.monotonic()
    assert [resolves(HOST) for _ in range(5)] == [False] * 5
    assert 0.3 <= time.monotonic() - began < 1.0
    assert asked == [HOST]
    answers.set()
    names._lookups[HOST].done.wait(5)
    assert resolves(HOST), "it has answered meanwhile"


def test_a_silent_name_server_is_waited_for_less_for_each_further_name(
    resolver: Resolver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(names, "SILENT_SECONDS", 0.05)
    answers = threading.Event()

    def waits() -> None:
        answers.wait(20)

    resolver(waits)
    assert not resolves(HOST)
    began = time.monotonic()
    assert [resolves(f"{name}.example.com") for name in ("slack", "ping", "token")] == [False] * 3
    assert time.monotonic() - began < 0.3
    answers.set()
    for lookup in names._lookups.values():
        lookup.done.wait(5)
    assert resolves("slack.example.com"), "it has answered meanwhile"


def test_the_calls_of_a_process_share_the_seconds_for_names_that_do_not_resolve(
    resolver: Resolver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(names, "GIVEN_UP_SECONDS", 0.2)
    monkeypatch.setattr(names, "LATER_SECONDS", 0.05)
    assert (is_given_up(0.1), is_given_up(0.2)) == (False, True), "of one call"
    resolver(fails)
    resolves(HOST)
    assert not is_given_up(0.1)
    time.sleep(0.25)
    assert (is_given_up(0.0), is_given_up(0.1)) == (False, True), "another call, later"
    resolver(lambda: None)
    resolves("slack.example.com")
    assert not is_given_up(0.1), "a name has resolved"


def test_a_failure_of_long_ago_is_forgotten(
    resolver: Resolver, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolver(fails)
    resolves(HOST)
    monkeypatch.setattr(names._failing, "_since", time.monotonic() - 7200)
    monkeypatch.setattr(names._failing, "_latest", time.monotonic() - 7200)
    resolves("slack.example.com")
    assert not is_given_up(2.0)


def test_a_proxy_resolves_names_itself(resolver: Resolver) -> None:
    resolver(fails)
    request = requests.Request("GET", f"https://{HOST}/x").prepare()
    refuse_unresolved(request, {"https": "http://127.0.0.1:3128"})
    with pytest.raises(requests.ConnectionError) as raised:
        refuse_unresolved(request, {})
    assert is_unresolved(raised.value)
    assert not is_unresolved(requests.ConnectionError("refused"))


def test_a_delivery_says_that_the_name_does_not_resolve(resolver: Resolver) -> None:
    resolver(fails)
    with Caller(timeout_seconds=5) as caller:
        receipt = caller.send("POST", f"https://{HOST}/x").receipt
    assert receipt.detail == f"{HOST} can't be reached: its name cannot be resolved"
    assert receipt.is_unresolved
