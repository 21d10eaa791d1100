"""Asks git about a repository on this machine; the one place that starts git."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from plumbline.net.programs import run_program

SECONDS = 60
"""Limit of one command; in a repository of 100,000 commits it takes a few seconds."""

FAILURES = (OSError, subprocess.SubprocessError)
"""What `read_git` raises if there is no git, no repository, or no answer in time."""


def run_git(
    folder: Path, *arguments: str, seconds: float = SECONDS
) -> subprocess.CompletedProcess[str]:
    """Run git in ``folder``, whatever its exit code.

    Raises:
        OSError: it can't be started.
        subprocess.TimeoutExpired: it did not end in its time, and was killed.
    """
    return run_program(
        ["git", "-C", str(folder), "--no-optional-locks", *arguments],
        seconds=seconds,
        # Git must not prompt for a password: no one is there to type it.
        environment=os.environ | {"GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"},
    )


def read_git(folder: Path, *arguments: str, seconds: float = SECONDS) -> str:
    """What git answers.

    Raises:
        OSError, subprocess.SubprocessError: it does not; see `FAILURES`.
    """
    done = run_git(folder, *arguments, seconds=seconds)
    done.check_returncode()
    return done.stdout
