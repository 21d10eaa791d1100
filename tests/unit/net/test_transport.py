"""Every request is cut to the deadline of its thread."""

from __future__ import annotations

import time

import pytest
import requests
from google.auth.credentials import AnonymousCredentials

from plumbline.net.deadline import deadline
from plumbline.net.transport import open_session
from support.sockets import silent_port


def session() -> requests.Session:
    opened: requests.Session = open_session(
        AnonymousCredentials(), endpoint="http://127.0.0.1", connections=2
    )
    return opened


@pytest.mark.parametrize("asked", [None, 60, (60, 60)])
def test_a_read_ends_with_the_deadline_whatever_the_caller_asked_for(asked: object) -> None:
    with silent_port() as port, deadline(0.3):
        began = time.monotonic()
        with pytest.raises(requests.exceptions.ReadTimeout):
            session().get(f"http://127.0.0.1:{port}/", timeout=asked)

    assert time.monotonic() - began < 2


def test_a_shorter_timeout_of_the_caller_stays() -> None:
    with silent_port() as port, deadline(60):
        began = time.monotonic()
        with pytest.raises(requests.exceptions.ReadTimeout):
            session().get(f"http://127.0.0.1:{port}/", timeout=0.2)

    assert time.monotonic() - began < 2


def test_after_the_deadline_nothing_is_sent() -> None:
    with silent_port() as port, deadline(0), pytest.raises(requests.exceptions.ReadTimeout):
        session().get(f"http://127.0.0.1:{port}/")
