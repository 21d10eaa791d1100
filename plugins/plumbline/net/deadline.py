"""A call that ends when its time is over, whatever it waits for.

Timeouts of sockets bound each read, not the whole: a server that sends a byte a second, or a name
server that does not answer, would hold a run for ever.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class OutOfTimeError(Exception):
    """The call did not end in its time."""


def bounded(
    call: Callable[[], T],
    seconds: float,
    *,
    cut: Callable[[], None] | None = None,
    grace_seconds: float = 0.5,
) -> T:
    """What ``call`` returns or raises, if it does so in time.

    It runs in a thread of its own, which is left behind when it does not end: it is a daemon, so
    the process can end.

    Args:
        call: the work.
        seconds: its time.
        cut: called when the time is over, to make ``call`` return by itself (close its socket).
        grace_seconds: how long to wait for it after ``cut``.

    Raises:
        OutOfTimeError: it has not ended.
    """
    results: list[T] = []
    faults: list[BaseException] = []

    def work() -> None:
        try:
            results.append(call())
        except BaseException as fault:  # noqa: BLE001 - raised again below, in the caller's thread
            faults.append(fault)

    thread = threading.Thread(target=work, name="plumbline-http", daemon=True)
    thread.start()
    thread.join(max(seconds, 0.0))
    if thread.is_alive() and cut is not None:
        cut()
        thread.join(grace_seconds)
    if faults:
        raise faults[0]
    if results:
        return results[0]
    raise OutOfTimeError(f"not done within {seconds:g} s")
