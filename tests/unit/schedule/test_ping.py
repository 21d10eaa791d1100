"""Pings as healthchecks.io has them: the signal in the path, the run in the query, no secret told."""

from __future__ import annotations

import uuid

import pytest

from plumbline.core.errors import ConfigError
from plumbline.net.ping import Ping, open_ping
from support.fake_receivers import FakeReceiver, Reply

RUN = uuid.UUID("3f2a1c5e-0000-4000-8000-000000000001")


def ping(receiver: FakeReceiver, path: str = "/check") -> Ping:
    return open_ping("PING_URL", {"PING_URL": receiver.url + path})


@pytest.mark.parametrize(
    ("path", "signal", "expected"),
    [
        ("/check", "start", f"/check/start?rid={RUN}"),
        ("/check/", "success", f"/check?rid={RUN}"),
        ("/key/slug?create=1", "fail", f"/key/slug/fail?create=1&rid={RUN}"),
    ],
)
def test_the_signal_is_in_the_path_whatever_the_address_has(
    path: str, signal: str, expected: str
) -> None:
    with FakeReceiver() as receiver:
        assert ping(receiver, path).send(signal, run=RUN) is None
        (request,) = receiver.requests
    assert request.target == expected


def test_one_that_was_not_taken_is_sent_again() -> None:
    with FakeReceiver() as receiver:
        receiver.answers(Reply(status=503), Reply())
        assert ping(receiver).send("start", run=RUN) is None
        assert len(receiver.requests) == 2


def test_an_address_that_others_could_read_on_the_way_is_refused_without_showing_it() -> None:
    with pytest.raises(ConfigError) as refused:
        open_ping("PING_URL", {"PING_URL": "http://hc.example/secret-check"})
    assert "not an https URL" in str(refused.value)
    assert "secret-check" not in str(refused.value)
