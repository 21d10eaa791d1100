"""The benchmark compares like with like, and says so in two forms."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from plumbline.project.targets import Target

SCRIPT = Path(__file__).parents[2] / "scripts" / "benchmark"


def run(*arguments: str, season: Target | None = None) -> subprocess.CompletedProcess[str]:
    """``python scripts/benchmark``, on the warehouse with the season."""
    environment = dict(os.environ) | {"PYTHONPATH": str(SCRIPT.parents[1] / "plugins")}
    if season is not None:
        environment["PLUMBLINE_STATE_DIR"] = str(season.state_dir)
    return subprocess.run(
        [sys.executable, str(SCRIPT), *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )


def test_help_says_what_the_exit_codes_are() -> None:
    done = run("--help")
    assert done.returncode == 0
    assert "1 too slow" in " ".join(done.stdout.split())


@pytest.mark.parametrize("arguments", [["--rounds", "0"], ["--format", "xml"], ["--nonsense"]])
def test_wrong_usage_is_64(arguments: list[str]) -> None:
    done = run(*arguments)
    assert done.returncode == 64
    assert "Traceback" not in done.stderr


@pytest.mark.warehouse
@pytest.mark.scenario
def test_both_processes_find_the_figures_of_the_seeds_day(season: Target) -> None:
    done = run("--rounds", "1", "--format", "json", "--at-most", "1000", season=season)
    assert done.returncode == 0, done.stderr
    measured = json.loads(done.stdout)
    assert measured["figures"] == {
        "line_coverage": 44.2,
        "grading_completeness": 6,
        "phase_completion": 5,
        "recent_predictions": 281,
        "bdb_coverage": 100,
    }
    assert measured["ratio"] == pytest.approx(
        measured["plumbline"]["median"] / measured["floor"]["median"], rel=0.01
    )


@pytest.mark.warehouse
@pytest.mark.scenario
def test_more_than_allowed_is_1(season: Target) -> None:
    done = run("--rounds", "1", "--at-most", "0.5", season=season)
    assert done.returncode == 1, done.stderr
    assert "MORE than 0.5" in done.stdout
