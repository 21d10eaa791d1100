"""SIGTERM, SIGINT and SIGHUP as something to wait for, instead of something that happens anywhere.

A handler may interrupt any line, also one that holds a lock; so a signal is only a byte in a pipe.
Python itself writes it, when the signal comes: a handler of ours runs when the main thread goes on,
and that may never be, where the system has handed the signal to another thread while the main one
waits.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import time
from types import FrameType
from typing import Any


class StopSignals(contextlib.AbstractContextManager["StopSignals"]):
    """For the time of a ``with`` in the main thread, they end nothing by themselves.

    SIGHUP is among them, as a run would outlive the terminal of its scheduler; under ``nohup`` it
    stays ignored.
    """

    def __enter__(self) -> StopSignals:
        self._noted = False
        self._reader, self._writer = os.pipe()
        os.set_blocking(self._writer, False)
        # full of what was not yet waited for: one more says nothing new
        self._wakes_before = signal.set_wakeup_fd(self._writer, warn_on_full_buffer=False)
        numbers = [signal.SIGTERM, signal.SIGINT]
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
            numbers.append(signal.SIGHUP)
        self._before: dict[signal.Signals, Any] = {
            number: signal.signal(number, self._note) for number in numbers
        }
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            # Who stops a group of processes often signals twice (timeout, docker): the second must
            # not kill what is on its way out. No SIG_IGN: children would inherit that.
            signal.signal(number, _pass if self._noted else handler)
        signal.set_wakeup_fd(self._wakes_before)
        os.close(self._writer)
        os.close(self._reader)

    def wait(self, seconds: float | None = None) -> bool:
        """Wait for the next one; whether it came.

        Args:
            seconds: at most so long; None for as long as it takes.
        """
        until = None if seconds is None else time.monotonic() + seconds
        while True:
            left = None if until is None else max(until - time.monotonic(), 0.0)
            ready, _, _ = select.select([self._reader], [], [], left)
            if not ready:
                return False
            if os.read(self._reader, 1)[0] in self._before:
                return True

    def _note(self, _: int, __: FrameType | None) -> None:
        self._noted = True


def _pass(_: int, __: FrameType | None) -> None:
    """The process is on its way out."""
