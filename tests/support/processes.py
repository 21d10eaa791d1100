"""plumbline as a process of its own: for exit codes, streams and start-up times."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import plumbline

PLUMBLINE = [sys.executable, "-m", "plumbline"]


def environment(**changes: str) -> dict[str, str]:
    """This process's environment, in which a Python finds the package from any folder."""
    plugins = str(Path(plumbline.__file__).parents[1])
    return {**os.environ, "PYTHONPATH": plugins, **changes}
