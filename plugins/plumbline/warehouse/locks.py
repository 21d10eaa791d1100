"""Locks between processes that the kernel releases when their holder dies.

A lock file may stay around; what counts is whether a living process holds the lock. So there are
no stale locks, and no process ids that another program has inherited.
Used by the embedded warehouse, on Linux and macOS; ``fcntl`` is imported when first needed, so that
a target on BigQuery works elsewhere too.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

POLL_SECONDS = 0.05


class LockTimeoutError(Exception):
    """Another process kept the lock for longer than we would wait."""


@contextlib.contextmanager
def exclusive(
    path: Path, *, seconds: float, on_wait: Callable[[], None] | None = None
) -> Iterator[None]:
    """Hold the lock at ``path``, waiting at most ``seconds`` for another process to let go.

    Args:
        path: the lock file; made where missing, never removed.
        seconds: how long to wait.
        on_wait: called once, when there is something to wait for.

    Raises:
        LockTimeoutError: it was not released in time.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        _acquire(descriptor, seconds, on_wait)
        yield
    finally:
        os.close(descriptor)


def is_held(path: Path) -> bool:
    """Whether a living process holds the exclusive lock at ``path``."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return False
    import fcntl

    try:
        # Shared, so that commands that only check don't block each other.
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _acquire(descriptor: int, seconds: float, on_wait: Callable[[], None] | None) -> None:
    import fcntl

    expires = time.monotonic() + seconds
    told = False
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= expires:
                raise LockTimeoutError from None
            if on_wait and not told:
                told = True
                on_wait()
            time.sleep(POLL_SECONDS)
        else:
            return
