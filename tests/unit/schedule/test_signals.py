"""A signal that is waited for is not missed, whichever thread the system hands it to."""

from __future__ import annotations

import os
import signal
import threading
import time

import pytest

from plumbline.schedule.signals import StopSignals

NUMBERS = [signal.SIGTERM, signal.SIGINT]


def to_this_thread(number: signal.Signals) -> None:
    """As the system may do it with a signal to the process."""
    time.sleep(0.2)
    signal.pthread_kill(threading.get_ident(), number)


@pytest.mark.parametrize("number", NUMBERS)
def test_a_signal_that_another_thread_gets_ends_the_wait(number: signal.Signals) -> None:
    with StopSignals() as signals:
        other = threading.Thread(target=to_this_thread, args=[number])
        other.start()
        assert signals.wait(20)
        other.join()


@pytest.mark.parametrize("number", NUMBERS)
def test_a_signal_that_came_before_the_wait_ends_it(number: signal.Signals) -> None:
    with StopSignals() as signals:
        os.kill(os.getpid(), number)
        assert signals.wait(20)


def test_each_signal_ends_one_wait() -> None:
    with StopSignals() as signals:
        os.kill(os.getpid(), signal.SIGTERM)
        assert signals.wait(20)
        assert not signals.wait(0.2)
        os.kill(os.getpid(), signal.SIGTERM)
        assert signals.wait(20)


def test_another_signal_ends_no_wait() -> None:
    before = signal.signal(signal.SIGUSR1, lambda *_: None)
    try:
        with StopSignals() as signals:
            os.kill(os.getpid(), signal.SIGUSR1)
            assert not signals.wait(0.2)
    finally:
        signal.signal(signal.SIGUSR1, before)


def test_afterwards_signals_are_as_they_were() -> None:
    before = [signal.getsignal(number) for number in NUMBERS]
    with StopSignals():
        pass
    assert [signal.getsignal(number) for number in NUMBERS] == before
    assert signal.set_wakeup_fd(-1) == -1
