"""plumbline as a process of its own: for exit codes, streams and start-up times."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import plumbline

PLUMBLINE = [sys.executable, "-m", "plumbline"]


def environment(**changes: str) -> dict[str, str]:
    """This process's environment, in which a Python finds the package from any folder."""
    plugins = str(Path(plumbline.__file__).parents[1])
    return {**os.environ, "PYTHONPATH": plugins, **changes}


def result_of(
    script: str, argument: object, *, python: Sequence[str] = (sys.executable,), **changes: str
) -> dict[str, Any]:
    """What a Python of its own prints as JSON after ``RESULT``; the argument is JSON to it, too."""
    done = subprocess.run(
        [*python, "-c", script, json.dumps(argument)],
        env=environment(**changes),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    lines = [line for line in done.stdout.splitlines() if line.startswith("RESULT ")]
    assert lines, done.stderr
    answer: dict[str, Any] = json.loads(lines[0].removeprefix("RESULT "))
    return answer
