"""One deadline bounds every call, whatever the call waits for."""

from __future__ import annotations

import threading
import time

import pytest

from plumbline.net.deadline import OutOfTimeError, call_within, deadline, seconds_left


def test_outside_a_deadline_there_is_no_limit() -> None:
    assert seconds_left() is None


def test_a_deadline_inside_another_can_only_shorten_it() -> None:
    with deadline(10):
        with deadline(1):
            assert 0 < (seconds_left() or 0) <= 1
        with deadline(100):
            assert 9 < (seconds_left() or 0) <= 10
        assert 9 < (seconds_left() or 0) <= 10
    assert seconds_left() is None


def test_a_deadline_is_of_its_thread() -> None:
    seen: list[float | None] = []
    with deadline(10):
        thread = threading.Thread(target=lambda: seen.append(seconds_left()))
        thread.start()
        thread.join()

    assert seen == [None]


def test_a_call_runs_under_its_deadline_and_the_callers() -> None:
    assert 9 < (call_within(10, seconds_left) or 0) <= 10
    with deadline(1):
        assert 0 < (call_within(10, seconds_left) or 0) <= 1


def test_a_call_returns_or_raises_what_it_did() -> None:
    assert call_within(10, lambda: "answer") == "answer"
    with pytest.raises(ZeroDivisionError):
        call_within(10, lambda: 1 / 0)


def test_a_call_that_never_ends_is_left_behind() -> None:
    began = time.monotonic()
    with pytest.raises(OutOfTimeError):
        call_within(0.05, threading.Event().wait)

    assert time.monotonic() - began < 2


def test_a_call_that_is_cut_says_itself_why_it_failed() -> None:
    cut = threading.Event()

    def call() -> str:
        cut.wait()
        return "its own answer"

    assert call_within(0.05, call, cut=cut.set) == "its own answer"
