"""Locks between processes that the kernel releases when their holder dies.

A lock file may stay around; what counts is whether a living process holds the lock. So there are
no stale locks, and no process ids that another program has inherited.
Used by the embedded warehouse, on Linux and macOS; ``fcntl`` is imported when first needed, so that
a target on BigQuery works elsewhere too.
"""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import sys
import tempfile
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
        on_wait: called once, when there is something to wait for.

    Raises:
        LockTimeoutError: it was not released in time.
    """
    import fcntl

    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except PermissionError:
        descriptor = os.open(path, os.O_RDONLY)  # another user's: it can be locked all the same
    try:
        _acquire(lambda: fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB), seconds, on_wait)
        yield
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def exclusive_on_machine(
    name: str, *, seconds: float, on_wait: Callable[[], None] | None = None
) -> Iterator[None]:
    """Hold ``name``, waiting at most ``seconds`` for another process on this machine to let go.

    Whoever can reach the same loopback address shares the lock, whatever its folder of temporary
    files, its user or its view of the disk. Where the kernel has no such names (macOS), it is a
    file among the temporary ones.

    Args:
        name: of letters, digits and hyphens.
        on_wait: called once, when there is something to wait for.

    Raises:
        LockTimeoutError: it was not released in time.
    """
    if not sys.platform.startswith("linux"):
        file = Path(tempfile.gettempdir()) / f"{name}.lock"
        with exclusive(file, seconds=seconds, on_wait=on_wait):
            yield
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as held:
        _acquire(lambda: _bind(held, name), seconds, on_wait)
        yield


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


def _bind(held: socket.socket, name: str) -> None:
    try:
        held.bind(f"\0{name}")  # the kernel's own namespace: no file, gone with the process
    except OSError as fault:
        if fault.errno == errno.EADDRINUSE:
            raise BlockingIOError from fault
        raise


def _acquire(take: Callable[[], None], seconds: float, on_wait: Callable[[], None] | None) -> None:
    expires = time.monotonic() + seconds
    told = False
    while True:
        try:
            take()
        except BlockingIOError:
            if time.monotonic() >= expires:
                raise LockTimeoutError from None
            if on_wait and not told:
                told = True
                on_wait()
            time.sleep(POLL_SECONDS)
        else:
            return
