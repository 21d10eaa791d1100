"""Whole processes, timed in turn: a health check, and the floor below it."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

AS_OF = "2026-02-02"
SEED_DAY_EXIT_CODE = 2
"""CRITICAL: what the health check says of the demo season's day."""

FLOOR = Path(__file__).with_name("floor.py")
RUN = ("-m", "plumbline", "run", "health_check", "--no-alerts", "--no-docs", "--target", "local")


class BenchmarkError(Exception):
    """The two cannot be compared: one of them failed, or they do not find the same."""


@dataclass(frozen=True)
class Timings:
    """Wall times of one command, in seconds, in the order measured."""

    name: str
    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        """The middle one."""
        return statistics.median(self.seconds)


@dataclass(frozen=True)
class Measurement:
    """Both commands' times, and what they found."""

    plumbline: Timings
    floor: Timings
    figures: dict[str, float]

    @property
    def ratio(self) -> float:
        """How many times the floor a health check takes; of the medians."""
        return self.plumbline.median / self.floor.median


def measure(
    *, rounds: int, project_dir: Path, endpoint: str, project: str, progress: Callable[[str], None]
) -> Measurement:
    """Time both commands ``rounds`` times, in turn, so that a busy moment hits both alike.

    One unmeasured round of each comes first. It warms the machine's caches, and shows that both
    find the same figures.

    Raises:
        BenchmarkError: a command fails, or the figures differ.
    """
    floor = [sys.executable, str(FLOOR), endpoint, project]
    run = [sys.executable, *RUN, "--as-of", AS_OF, "--project-dir", str(project_dir)]
    figures = json.loads(_output(floor))
    report = json.loads(_output([*run, "--format", "json"], expected=SEED_DAY_EXIT_CODE))
    observed = {monitor["name"]: monitor["observed"] for monitor in report["monitors"]}
    _check_same(observed, figures)
    times: dict[str, list[float]] = {"plumbline": [], "floor": []}
    for number in range(1, rounds + 1):
        times["plumbline"].append(_seconds(run, expected=SEED_DAY_EXIT_CODE))
        times["floor"].append(_seconds(floor))
        progress(
            f"round {number} of {rounds}: plumbline {times['plumbline'][-1]:.2f} s, "
            f"floor {times['floor'][-1]:.2f} s"
        )
    return Measurement(
        plumbline=Timings("plumbline run health_check", tuple(times["plumbline"])),
        floor=Timings("five queries by Google's client", tuple(times["floor"])),
        figures=figures,
    )


def _check_same(observed: dict[str, float], figures: dict[str, float]) -> None:
    """Both are shown with one decimal, so that is where they must agree."""
    if observed.keys() != figures.keys():
        raise BenchmarkError(f"other monitors: {sorted(observed)} and {sorted(figures)}")
    for name, figure in figures.items():
        if observed[name] is None or round(observed[name], 1) != round(figure, 1):
            raise BenchmarkError(f"{name}: plumbline says {observed[name]}, the floor {figure}")


def _seconds(command: Sequence[str], *, expected: int = 0) -> float:
    began = time.perf_counter()
    _output(command, expected=expected)
    return time.perf_counter() - began


def _output(command: Sequence[str], *, expected: int = 0) -> str:
    done = subprocess.run(
        command, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False
    )
    if done.returncode != expected:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise BenchmarkError(
            f"exit code {done.returncode} instead of {expected}: {' '.join(command)}\n"
            + "\n".join(f"  {line}" for line in said[-8:])
        )
    return done.stdout
