"""Ctrl-C, SIGTERM and SIGHUP end a command in order: it lets go of what it holds, then exits with
128 plus the signal's number, as a shell reports it.

`main` installs them for every command. A command that waits to be stopped (`schedule run`,
`docs serve`) replaces them for that time by handlers of its own.
"""

from __future__ import annotations

import _thread
import signal
import time

from plumbline.core.signals import ENDING, end_at_once, exit_code

LAST_SECONDS = 5.0
"""How long a command may take to end. Docker and Cloud Run kill after ten."""


class StoppedError(KeyboardInterrupt):
    """A signal has told the command to end; like Ctrl-C, it is no fault that is caught."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class Interrupts:
    """The first signal ends the command in order, a second Ctrl-C at once.

    Another second signal changes nothing: who stops a group of processes often signals twice
    (``timeout``, docker). A command that doesn't come to its end is over after `LAST_SECONDS`.

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

    def over(self) -> None:
        """The command is done: a signal that comes now ends the process at once."""
        self._is_over = True

    def __call__(self, number: int, _: object) -> None:
        if self._is_over:
            end_at_once(exit_code(number))
        if self.number is not None:
            if number == signal.SIGINT:
                end_at_once(exit_code(self.number))
            return
        self.number = number
        # Not `threading`: the line that is interrupted may hold one of its locks.
        _thread.start_new_thread(_give_up, (exit_code(number),))
        raise StoppedError(number)


def _give_up(code: int) -> None:
    time.sleep(LAST_SECONDS)
    end_at_once(code)
