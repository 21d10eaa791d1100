"""Programs that plumbline starts, such as git, gcloud and a seed: none outlives its command.

Each leads a session of its own, without a terminal on which it could wait, and is ended with all
that it has started.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from plumbline.core.signals import last_call, signals_held


def run_program(
    command: Sequence[str],
    *,
    seconds: float,
    folder: Path | None = None,
    given: str | None = None,
    environment: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run ``command``, whatever its exit code.

    Args:
        folder: where it runs; None: here.
        given: its standard input; None: it is empty.
        environment: instead of ours.

    Raises:
        OSError: it can't be started.
        subprocess.TimeoutExpired: it did not end in its time, and was killed.
    """
    with started(
        command,
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        env=environment,
    ) as process:
        out, err = process.communicate(given or "", timeout=seconds)
    return subprocess.CompletedProcess(command, process.returncode, out, err)


@contextlib.contextmanager
def started(command: Sequence[str], **settings: Any) -> Iterator[subprocess.Popen[Any]]:
    """A program for the time of a ``with``; if it still runs at the end, it is killed.

    Args:
        settings: of `subprocess.Popen`.

    Raises:
        OSError: it can't be started.
    """
    process = None
    try:
        with signals_held():  # else it may run before we know its number
            process = subprocess.Popen(command, start_new_session=True, **settings)
        with last_call(partial(_kill, process)):
            yield process
    finally:
        if process is not None:
            _kill(process)
            with process:  # closes its pipes, and waits for it
                pass


def end_group(group: int, number: signal.Signals) -> None:
    """Signal a program and all that it has started."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def _kill(process: subprocess.Popen[Any]) -> None:
    if process.poll() is not None:
        return
    if os.name == "posix":
        end_group(process.pid, signal.SIGKILL)
    else:
        process.kill()
