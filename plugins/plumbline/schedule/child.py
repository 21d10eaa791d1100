"""One run as a process of its own: it can hang or die without the scheduler.

It leads a process group, so that what it started ends with it, and so that Ctrl-C on the
scheduler's terminal is the scheduler's to answer.
"""

from __future__ import annotations

import contextlib
import math
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from plumbline.net.programs import end_group

PATIENCE = timedelta(seconds=10)
"""Between SIGTERM and SIGKILL."""

_LOOK_SECONDS = 0.5
"""How soon a run that is waited for hears that the scheduler stops."""


@dataclass(frozen=True)
class Ended:
    how: Literal["done", "hung", "stopped"]
    exit_code: int
    """Negative: the signal that ended it."""
    seconds: float


class Stopping:
    """Whether the scheduler stops, and how long its runs may still go on; seen by all threads."""

    def __init__(self) -> None:
        self._until = math.inf
        self._asked = threading.Event()

    @property
    def is_asked(self) -> bool:
        """Whether no new run may start."""
        return self._asked.is_set()

    @property
    def until(self) -> float:
        """On the monotonic clock: when runs are ended."""
        return self._until

    def ask(self, grace: timedelta) -> None:
        """Stop: what runs has ``grace`` left. Asked again, the shorter one counts."""
        self._until = min(self._until, time.monotonic() + grace.total_seconds())
        self._asked.set()

    def wait(self, at_most: timedelta) -> None:
        """Wait until it is asked, ``at_most`` so long."""
        self._asked.wait(at_most.total_seconds())


def run_child(
    command: Sequence[str],
    *,
    environment: Mapping[str, str],
    allowed: timedelta,
    stopping: Stopping,
    patience: timedelta = PATIENCE,
) -> Ended:
    """Run ``command`` to its end, or end it: after ``allowed``, or when the scheduler stops.

    The time that a machine sleeps is not the run's: the clock is the monotonic one.

    Raises:
        OSError: it can't be started.
    """
    started = time.monotonic()
    hangs_at = started + allowed.total_seconds()
    process = subprocess.Popen(
        command, env=dict(environment), stdin=subprocess.DEVNULL, start_new_session=True
    )
    while True:
        ends_at = min(hangs_at, stopping.until)
        left = ends_at - time.monotonic()
        try:
            code = process.wait(timeout=max(0.0, min(_LOOK_SECONDS, left)))
        except subprocess.TimeoutExpired:
            if left > 0:
                continue
            how: Literal["hung", "stopped"] = "hung" if ends_at == hangs_at else "stopped"
            code = _end_group(process, patience)
            return Ended(how, code, time.monotonic() - started)
        return Ended("done", code, time.monotonic() - started)


def _end_group(process: subprocess.Popen[bytes], patience: timedelta) -> int:
    end_group(process.pid, signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(timeout=patience.total_seconds())
    # Its leader may be gone and the rest not: the group keeps its number while anyone is in it.
    end_group(process.pid, signal.SIGKILL)
    return process.wait()
