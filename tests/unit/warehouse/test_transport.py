"""Every request is cut to the budget of its thread."""

from __future__ import annotations

import threading
import time

import pytest
import requests
from google.auth.credentials import AnonymousCredentials

from plumbline.net.transport import open_session, seconds_left, time_budget
from support.sockets import silent_port


def session() -> requests.Session:
    opened: requests.Session = open_session(
        AnonymousCredentials(), endpoint="http://127.0.0.1", connections=2
    )
    return opened


def test_outside_a_budget_there_is_no_limit() -> None:
    assert seconds_left() is None


def test_a_budget_inside_a_budget_can_only_shorten_it() -> None:
    with time_budget(10):
        with time_budget(1):
            assert 0 < (seconds_left() or 0) <= 1
        with time_budget(100):
            assert 9 < (seconds_left() or 0) <= 10
        assert 9 < (seconds_left() or 0) <= 10
    assert seconds_left() is None


def test_a_budget_is_of_its_thread() -> None:
    seen: list[float | None] = []
    with time_budget(10):
        thread = threading.Thread(target=lambda: seen.append(seconds_left()))
        thread.start()
        thread.join()

    assert seen == [None]


@pytest.mark.parametrize("asked", [None, 60, (60, 60)])
def test_a_read_ends_with_the_budget_whatever_the_caller_asked_for(asked: object) -> None:
    with silent_port() as port, time_budget(0.3):
        began = time.monotonic()
        with pytest.raises(requests.exceptions.ReadTimeout):
            session().get(f"http://127.0.0.1:{port}/", timeout=asked)

    assert time.monotonic() - began < 2


def test_a_shorter_timeout_of_the_caller_stays() -> None:
    with silent_port() as port, time_budget(60):
        began = time.monotonic()
        with pytest.raises(requests.exceptions.ReadTimeout):
            session().get(f"http://127.0.0.1:{port}/", timeout=0.2)

    assert time.monotonic() - began < 2


def test_with_a_spent_budget_nothing_is_sent() -> None:
    with silent_port() as port, time_budget(0), pytest.raises(requests.exceptions.ReadTimeout):
        session().get(f"http://127.0.0.1:{port}/")
