"""Ctrl-C, SIGTERM and SIGHUP end a command in order: it lets go of what it holds, then exits with
128 plus the signal's number, as a shell reports it.

`main` installs them for every command. A command that waits to be stopped (`schedule run`,
`docs serve`) replaces them for that time by handlers of its own.
"""

from __future__ import annotations

import _thread
import os
import select
import signal
import sys
import time
from contextlib import suppress
from typing import NoReturn

from plumbline.cli import logs
from plumbline.core.signals import ENDING, Held, end_at_once, exit_code, message

LAST_SECONDS = 5.0
"""How long a command may take to end. Docker and Cloud Run kill after ten."""

_HANDLER_SECONDS = 0.5
"""How long the handler of a second Ctrl-C may take to be called."""


class StoppedError(KeyboardInterrupt):
    """A signal has told the command to end; like Ctrl-C, it is no fault that is caught."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class Interrupts:
    """The first signal ends the command in order, a second Ctrl-C at once.

    Another second signal changes nothing: who stops a group of processes often signals twice
    (``timeout``, docker). A command that doesn't come to its end is over after `LAST_SECONDS`. A
    thread sees to that: Python calls no handler while the main thread is in a function of a library
    that doesn't return, such as the system's resolver of names.

    Libraries sometimes swallow a KeyboardInterrupt (inside a callback of an import); the exit code
    reports it nevertheless.
    """

    def __init__(self) -> None:
        self.number: int | None = None
        """Of the first signal; None: none came."""
        self._is_over = False

    def install(self) -> None:
        """Handle the signals, except those that whoever started the command ignores (nohup)."""
        for number in ENDING:
            if number == signal.SIGINT or signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self)
        came, comes = os.pipe()
        os.set_blocking(comes, False)
        signal.set_wakeup_fd(comes, warn_on_full_buffer=False)
        with suppress(RuntimeError):  # "can't start new thread"
            # Not `threading`: at its end, Python would wait for it.
            _thread.start_new_thread(self._see_that_it_ends, (came,))

    def over(self) -> None:
        """The command is done: a signal that comes now ends the process at once."""
        self._is_over = True

    def __call__(self, number: int, _: object) -> None:
        if self._is_over:
            end_at_once(exit_code(number))
        if self.number is not None:
            if number == signal.SIGINT:
                _give_up(self.number)
            return
        self.number = number
        raise StoppedError(number)

    def _see_that_it_ends(self, came: int) -> None:
        """End the command some time after the first signal; ``came`` reads the number of each."""
        first = None
        while True:
            for number in self._ours(os.read(came, 1)):
                if first is None:
                    first = number
                    _thread.start_new_thread(_give_up, (first, LAST_SECONDS))
                elif number == signal.SIGINT:
                    _thread.start_new_thread(_give_up, (first, _HANDLER_SECONDS))

    def _ours(self, numbers: bytes) -> list[int]:
        """Those of the signals that end the command, now or when they are no longer held."""
        handlers = {number: signal.getsignal(number) for number in numbers}
        return [
            number
            for number, handler in handlers.items()
            if handler is self or (isinstance(handler, Held) and handler.handler is self)
        ]


def _give_up(number: int, seconds: float = 0.0) -> NoReturn:
    """End the command after ``seconds`` where it does not end by itself."""
    time.sleep(seconds)
    _write_at_once(message(number))
    end_at_once(exit_code(number))


def _write_at_once(text: str) -> None:
    """Write a line to standard error if it has room: nobody may read it, and Python's own stream
    may be locked by the thread that does not return.
    """
    line = logs.record("INFO", text) if logs.is_json() else text
    with suppress(OSError, ValueError):
        stderr = sys.__stderr__
        if stderr is not None and select.select([], [stderr.fileno()], [], 0)[1]:
            os.write(stderr.fileno(), f"{line}\n".encode())
