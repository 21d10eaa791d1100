"""Programs that plumbline runs to their end, such as git and gcloud."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path


def run_program(
    command: Sequence[str],
    *,
    seconds: float,
    folder: Path | None = None,
    given: str | None = None,
    environment: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run ``command``, whatever its exit code, without a terminal on which it could wait.

    Args:
        folder: where it runs; None: here.
        given: its standard input; None: it is empty.
        environment: instead of ours.

    Raises:
        OSError: it can't be started.
        subprocess.TimeoutExpired: it did not end in its time, and was killed.
    """
    return subprocess.run(
        command,
        cwd=folder,
        check=False,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=seconds,
        input=given or "",
        env=environment,
    )
