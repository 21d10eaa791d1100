"""A test run leaves no process behind, however it ends: also by Ctrl-C, SIGTERM or SIGKILL.

The embedded BigQuery, Chromium and commands under test are processes of their own, and a run that
is killed can't stop them. So beside each run stands a watcher. All processes of a run inherit
``PLUMBLINE_TEST_RUN``; once the watcher's standard input ends, because pytest ended, the watcher
kills those that have the run's token, and their children.

`tests/conftest.py` starts it and lets it end. The watcher is this file as a script. It reads ``/proc``, so it
finds nothing where there is none (macOS).
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path
from typing import Any

VARIABLE = "PLUMBLINE_TEST_RUN"
PATIENCE_SECONDS = 10.0
"""How long the watcher looks again for processes that were being started or ended."""

_watcher: subprocess.Popen[bytes] | None = None


def watch_for_leftovers(config: Any) -> None:
    """Start the watcher, unless this is a worker: its run has one."""
    global _watcher
    if hasattr(config, "workerinput"):
        return
    token = uuid.uuid4().hex
    _watcher = subprocess.Popen(
        [sys.executable, "-S", "-E", __file__, token],
        stdin=subprocess.PIPE,
        # A Ctrl-C is for the run; the watcher has work to do after it.
        start_new_session=True,
    )
    os.environ[VARIABLE] = token


def end_leftovers() -> None:
    """Let the watcher look, and wait for it."""
    global _watcher
    if _watcher is not None:
        watcher, _watcher = _watcher, None
        watcher.communicate()


def pytest_configure(config: Any) -> None:
    """Where this module is the plugin."""
    watch_for_leftovers(config)


def pytest_unconfigure() -> None:
    """Where this module is the plugin."""
    end_leftovers()


def processes_of(token: str) -> dict[int, str]:
    """The command lines of the processes that have a run's token, and of their children."""
    marked = f"{VARIABLE}={token}".encode()
    commands: dict[int, str] = {}
    parents: dict[int, int] = {}
    found: set[int] = set()
    for folder in Path("/proc").glob("[0-9]*"):
        pid = int(folder.name)
        try:
            command = (
                (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            )
            state, parent = (folder / "stat").read_text().rpartition(")")[2].split()[:2]
            environment = (folder / "environ").read_bytes().split(b"\0")
        except OSError:
            continue  # it ended meanwhile, or is another user's
        if state in "ZX":
            continue  # it ended; its parent has not asked for it yet
        commands[pid] = command.strip()
        parents[pid] = int(parent)
        if marked in environment:
            found.add(pid)
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return {pid: commands[pid] for pid in found}


def end_all(token: str) -> list[str]:
    """Kill them, and those that they start meanwhile; their command lines."""
    ended: dict[int, str] = {}
    expires = time.monotonic() + PATIENCE_SECONDS
    while (left := processes_of(token)) and time.monotonic() < expires:
        ended |= left
        for pid in left:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.05)
    return list(ended.values())


if __name__ == "__main__":
    sys.stdin.buffer.read()
    for command in end_all(sys.argv[1]):
        print(f"left by the tests and ended: {command[:200]}", file=sys.stderr)
