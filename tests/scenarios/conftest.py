"""Fixtures of the stories: the shipped project, the real command line, a warehouse with the season."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from support.season import season, season_state_dir
from support.warehouse import shared_state_dir, warehouse
from support.warm_python import warm_python

__all__ = ["season", "season_state_dir", "shared_state_dir", "warehouse"]

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Finished:
    """A command that has ended."""

    code: int
    stdout: str
    stderr: str

    @property
    def json(self) -> dict[str, Any]:
        """Its standard output, as one JSON object."""
        read: dict[str, Any] = json.loads(self.stdout)
        return read

    def monitor(self, name: str) -> dict[str, Any]:
        """One monitor of a run's JSON."""
        (found,) = [monitor for monitor in self.json["monitors"] if monitor["name"] == name]
        monitor: dict[str, Any] = found
        return monitor


Plumbline = Callable[..., Finished]


@pytest.fixture(scope="session")
def plumbline(season_state_dir: Path) -> Plumbline:
    """Type a command, as a user does: a process of its own, in the project's folder."""
    python = warm_python()  # not within what a test times

    def run(
        *arguments: str,
        cwd: Path = ROOT,
        env: dict[str, str] | None = None,
        seconds: float = 120,
        module: str = "plumbline",
    ) -> Finished:
        done = subprocess.run(
            [*python, "-m", module, *arguments],
            cwd=cwd,
            env=environment(season_state_dir) | (env or {}),
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
        return Finished(done.returncode, done.stdout, done.stderr)

    return run


def environment(state_dir: Path) -> dict[str, str]:
    """This process's environment, without what would choose another warehouse."""
    ours = {"PLUMBLINE_TARGET", "PLUMBLINE_PROJECT", "BIGQUERY_EMULATOR_HOST"}
    kept = {name: value for name, value in os.environ.items() if name not in ours}
    return kept | {
        "PLUMBLINE_STATE_DIR": str(state_dir),
        "PYTHONPATH": os.pathsep.join([str(ROOT / "plugins"), str(ROOT / "tests")]),
        "NO_COLOR": "1",
    }
