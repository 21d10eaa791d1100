"""A token server that fails is asked again for seconds that all clients share."""

from __future__ import annotations

import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
import requests
from google.auth.compute_engine import _metadata
from google.auth.exceptions import TransportError

from plumbline.net import tokens
from plumbline.net.credentials import is_without_token
from plumbline.net.deadline import deadline
from plumbline.net.tokens import NoTokenError, TokenRequest
from plumbline.net.transport import _mount
from plumbline.warehouse.failures import why_without_token
from plumbline.warehouse.retries import passes
from support.sockets import refused_port, silent_port


class Server(ThreadingHTTPServer):
    status = 500
    calls = 0


class _Answer(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.server.calls += 1
        self.send_response(self.server.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    tokens._servers.clear()
    with Server(("127.0.0.1", 0), _Answer) as opened:
        Thread(target=opened.serve_forever, args=(0.01,), daemon=True).start()
        yield opened
        opened.shutdown()
    tokens._servers.clear()


def ask(port: int) -> int:
    url = f"http://127.0.0.1:{port}/computeMetadata/v1/token"
    return int(TokenRequest(session())(url).status)


def session() -> requests.Session:
    opened = requests.Session()
    _mount(opened, connections=1)
    return opened


def test_a_server_that_fails_is_given_up_by_all_clients_at_once(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens, "PATIENCE_SECONDS", 0.2)
    assert ask(server.server_port) == 500, "google-auth may ask again"
    time.sleep(0.25)
    for _ in range(2):
        with pytest.raises(NoTokenError) as raised:
            ask(server.server_port)
        assert is_without_token(raised.value)
        assert not passes(raised.value)
        assert why_without_token(raised.value) == (
            f"the metadata server http://127.0.0.1:{server.server_port} answered HTTP 500"
        )
    assert server.calls == 3, "each call asks it once"
    server.status = 200
    assert ask(server.server_port) == 200
    server.status = 500
    assert ask(server.server_port) == 500, "it has worked in between"


def test_a_metadata_server_is_not_asked_after_the_deadline(server: Server) -> None:
    root = f"http://127.0.0.1:{server.server_port}/computeMetadata/v1/"
    began = time.monotonic()
    with deadline(0.3), pytest.raises(NoTokenError) as raised:
        _metadata.get(TokenRequest(session()), "token", root=root)  # type: ignore[no-untyped-call]
    # Its first pause; the five attempts of google-auth take 15 s.
    assert time.monotonic() - began < 4
    assert "answered HTTP 500" in why_without_token(raised.value)
    assert passes(raised.value), "under another deadline"


def test_a_server_without_an_answer_is_waited_for_a_moment(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens, "ATTEMPT_SECONDS", 0.2)
    with pytest.raises(TransportError):
        ask(refused_port())
    with silent_port() as port, pytest.raises(TransportError) as raised:
        ask(port)
    assert passes(raised.value)


def test_the_wait_for_a_silent_server_counts_and_the_last_attempt_ends_with_the_patience(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens, "ATTEMPT_SECONDS", 0.6)
    monkeypatch.setattr(tokens, "PATIENCE_SECONDS", 1.0)
    monkeypatch.setattr(tokens, "IN_VAIN_SECONDS", 0.1)
    began = time.monotonic()
    with silent_port() as port:
        with pytest.raises(TransportError):
            ask(port)
        with pytest.raises(NoTokenError):
            ask(port)
    assert time.monotonic() - began < 1.2, "two attempts of 0.6 s are cut to the patience"


def test_a_rejected_credential_is_an_answer(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens, "PATIENCE_SECONDS", 0.0)
    server.status = 401
    assert [ask(server.server_port) for _ in range(2)] == [401, 401]
