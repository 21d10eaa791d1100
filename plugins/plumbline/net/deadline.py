"""Deadlines: every call over the network ends in its time.

A `deadline` holds for a block: each request inside it may take what is left. A socket's timeout
bounds one read, though, not the whole call: a server that sends a byte a second, or a name server
that does not answer, could keep a run waiting forever. `call_within` therefore makes a call in a
thread of its own, under the same deadline, and stops waiting for it at the end.
"""

from __future__ import annotations

import contextlib
import contextvars
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import TypeVar

from plumbline.core.host import start_thread

T = TypeVar("T")

GRACE_SECONDS = 0.5
"""The call itself knows better why it failed: after its deadline it gets this long to say so."""

SHORTEST_ATTEMPT_SECONDS = 0.5
"""A repetition with less time than this is not begun: it would end as a timeout at the deadline,
and that timeout would hide why the attempts before it failed."""

_expires: contextvars.ContextVar[float | None] = contextvars.ContextVar(
    "plumbline_deadline", default=None
)


class OutOfTimeError(Exception):
    """The call did not end in its time."""


@contextlib.contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Every request that this thread makes inside the block must end within ``seconds``.

    A deadline inside another can only shorten it.
    """
    outer = _expires.get()
    expires = time.monotonic() + seconds
    token = _expires.set(expires if outer is None else min(expires, outer))
    try:
        yield
    finally:
        _expires.reset(token)


def seconds_left() -> float | None:
    """What is left of this thread's deadline; None without one."""
    expires = _expires.get()
    return None if expires is None else expires - time.monotonic()


def can_repeat_after(wait: float) -> bool:
    """Whether a call can be repeated after ``wait`` seconds and still be answered in time."""
    left = seconds_left()
    return left is None or wait + SHORTEST_ATTEMPT_SECONDS < left


def call_within(
    seconds: float, call: Callable[[], T], *, cut: Callable[[], None] | None = None
) -> T:
    """What ``call`` returns or raises under a `deadline`, whatever it waits for.

    Its thread is left behind when it does not end; it is a daemon, so the process can end.

    Args:
        cut: called at the end of its time, to make ``call`` return (it closes its socket).

    Raises:
        OutOfTimeError: it did not end within `GRACE_SECONDS` after its deadline.
    """
    results: list[T] = []
    faults: list[BaseException] = []

    def work() -> None:
        try:
            with deadline(seconds):
                results.append(call())
        except BaseException as fault:  # noqa: BLE001 - raised again below, in the caller's thread
            faults.append(fault)

    # The context, so that what holds for the caller (an outer deadline) holds for the call.
    thread = start_thread(partial(contextvars.copy_context().run, work), "plumbline-call")
    if thread is not None:
        thread.join(max(seconds, 0.0))
        if thread.is_alive():
            if cut is not None:
                cut()
            thread.join(GRACE_SECONDS)
    if faults:
        raise faults[0]
    if results:
        return results[0]
    raise OutOfTimeError(f"not done within {seconds:g} s")
