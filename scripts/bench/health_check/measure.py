"""Whole processes, measured in turn: plumbline, the floor below it, and others that do the same."""

from __future__ import annotations

import importlib.util
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.health_check.proxy import forwarding
from bench.shared import SCRIPTS, BenchmarkError, python

AS_OF = "2026-02-02"
SEED_DAY_EXIT_CODE = 2
"""CRITICAL: what the health check says of the demo season's day."""

HERE = Path(__file__).parent
RUN = ("-m", "plumbline", "run", "health_check", "--no-alerts", "--no-docs", "--target", "local")
LIGHT = (
    ("--help",),
    ("list",),
    ("lint",),
    ("compile", "line_coverage"),
    ("schedule", "show"),
)
"""Commands that ask no warehouse."""

FLOOR, PLUMBLINE, GX, SODA = "floor", "plumbline", "plain GX", "Soda Core"


@dataclass(frozen=True)
class Contender:
    """A command that finds the five figures of the seed's day."""

    name: str
    about: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    expected: int = 0
    """Its exit code."""

    def figures(self, printed: str) -> dict[str, float]:
        """What it found."""
        read = json.loads(printed)
        if "monitors" not in read:
            return dict(read)
        return {one["name"]: one["observed"] for one in read["monitors"]}


@dataclass(frozen=True)
class Process:
    """One process, from its start to its end."""

    wall: float
    cpu: float
    """Seconds of user and system, with those of its children."""
    peak: float
    """MiB."""


@dataclass(frozen=True)
class Measured:
    """A command, several times."""

    name: str
    processes: tuple[Process, ...]

    def median(self, what: Callable[[Process], float]) -> float:
        """Of one quantity."""
        return statistics.median(map(what, self.processes))

    @property
    def wall(self) -> float:
        """Seconds; the median."""
        return self.median(lambda one: one.wall)

    @property
    def cpu(self) -> float:
        """Seconds; the median."""
        return self.median(lambda one: one.cpu)

    @property
    def peak(self) -> float:
        """MiB; the median."""
        return self.median(lambda one: one.peak)


@dataclass(frozen=True)
class Asked:
    """What a contender asked of the warehouse, counted by a proxy."""

    jobs: int
    scans: int
    least_bytes: int


@dataclass(frozen=True)
class Measurement:
    """All that was measured in one run on one machine."""

    figures: Mapping[str, float]
    quick: Mapping[str, Measured]
    """By contender, on a warehouse without latency."""
    slow: Mapping[str, Measured]
    """By contender, with `latency` more for each job; none: it was left out."""
    asked: Mapping[str, Asked]
    light: Mapping[str, Measured]
    """By command line."""
    latency: float


def contenders(
    endpoint: str, project: str, project_dir: Path, soda: str | None = None
) -> list[Contender]:
    """Those that are installed, the floor first.

    Args:
        endpoint: of the embedded BigQuery, or of a proxy before it.
        project: of BigQuery.
        project_dir: of plumbline.
        soda: a Python that has soda-core-bigquery; None: this one, if it has.
    """
    hosted = {"BIGQUERY_EMULATOR_HOST": endpoint, "PLUMBLINE_PROJECT": project}
    found = [
        Contender(
            FLOOR,
            "five queries by Google's client, one after the other",
            python("-P", str(HERE / "floor.py"), endpoint, project),
            {},
        ),
        Contender(
            PLUMBLINE,
            "plumbline run health_check --no-alerts --no-docs",
            (
                *python(*RUN, "--as-of", AS_OF),
                *("--format", "json", "--project-dir", str(project_dir)),
            ),
            hosted,
            SEED_DAY_EXIT_CODE,
        ),
    ]
    if importlib.util.find_spec("sqlalchemy_bigquery"):
        found.append(
            Contender(
                GX,
                "Great Expectations over sqlalchemy-bigquery, five suites",
                python("-P", str(HERE / "gx_plain.py"), endpoint, project),
                {"PYTHONPATH": SCRIPTS},
            )
        )
    if soda or importlib.util.find_spec("soda"):
        found.append(
            Contender(
                SODA,
                "Soda Core, five user-defined metrics",
                (soda or sys.executable, str(HERE / "soda_plain.py"), endpoint, project),
                {"PYTHONPATH": SCRIPTS, "PYTHONWARNINGS": "ignore"},
            )
        )
    return found


def measure(
    *,
    rounds: int,
    latency: float,
    project_dir: Path,
    endpoint: str,
    project: str,
    progress: Callable[[str], None],
    soda: str | None = None,
) -> Measurement:
    """Measure all contenders ``rounds`` times, in turn, so that a busy moment hits all alike.

    One unmeasured round comes first, through a proxy that counts. It warms the machine's caches,
    and shows that all find the same figures. A single round only shows that the benchmark works:
    it is measured through that proxy.

    Raises:
        BenchmarkError: a command fails, or the figures differ.
    """
    asked: dict[str, Asked] = {}
    figures: dict[str, float] = {}
    quick: dict[str, Measured] = {}
    with forwarding(endpoint) as (address, counted):
        for one in contenders(address, project, project_dir, soda):
            counted.statements.clear()
            process, printed = run(one.command, one.environment, expected=one.expected)
            quick[one.name] = Measured(one.name, (process,))
            found = one.figures(printed)
            figures = figures or found
            _check_same(one.name, found, figures)
            asked[one.name] = Asked(counted.jobs, counted.scans, counted.least_bytes)
    if rounds > 1:
        quick = in_turn(contenders(endpoint, project, project_dir, soda), rounds, progress)
    slow: dict[str, Measured] = {}
    if latency:
        with forwarding(endpoint, latency=latency) as (address, _):
            among = [
                one
                for one in contenders(address, project, project_dir, soda)
                if one.name != GX  # fifteen seconds of waiting would show nothing more
            ]
            for one in among:  # each query once, for the proxy's memory
                run(one.command, one.environment, expected=one.expected)
            slow = in_turn(among, rounds, lambda said: progress(f"{said} (+{latency:g} s a job)"))
    light = {}
    for arguments in LIGHT:
        line = " ".join(("plumbline", *arguments))
        command = python("-m", "plumbline", *arguments, "--project-dir", str(project_dir))
        if rounds > 1:
            run(command, {})  # fills caches
        light[line] = Measured(line, tuple(run(command, {})[0] for _ in range(rounds)))
        progress(f"{line}: {light[line].wall:.2f} s")
    return Measurement(figures, quick, slow, asked, light, latency)


def in_turn(
    among: Sequence[Contender], rounds: int, progress: Callable[[str], None]
) -> dict[str, Measured]:
    """Each of ``among`` so often, in turn, by name.

    Raises:
        BenchmarkError: a command fails.
    """
    found: dict[str, list[Process]] = {one.name: [] for one in among}
    for number in range(1, rounds + 1):
        for one in among:
            found[one.name].append(run(one.command, one.environment, expected=one.expected)[0])
        said = ", ".join(f"{name} {processes[-1].wall:.2f} s" for name, processes in found.items())
        progress(f"round {number} of {rounds}: {said}")
    return {name: Measured(name, tuple(processes)) for name, processes in found.items()}


def _check_same(name: str, found: Mapping[str, float], figures: Mapping[str, float]) -> None:
    """All are shown with one decimal, so that is where they must agree."""
    if found.keys() != figures.keys():
        raise BenchmarkError(f"{name} has other figures: {sorted(found)} and {sorted(figures)}")
    for what, figure in figures.items():
        if found[what] is None or round(found[what], 1) != round(figure, 1):
            raise BenchmarkError(f"{what}: {name} says {found[what]}, the floor {figure}")


def run(
    command: Sequence[str], environment: Mapping[str, str], *, expected: int = 0
) -> tuple[Process, str]:
    """One process, and what it printed.

    Raises:
        BenchmarkError: another exit code.
    """
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        began = time.perf_counter()
        process = subprocess.Popen(
            command,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
        )
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        printed, said = out.read().decode(), err.read().decode(errors="replace")
    if process.returncode != expected:
        lines = (said or printed).strip().splitlines()[-8:]
        raise BenchmarkError(
            f"exit code {process.returncode} instead of {expected}: {' '.join(command)}\n"
            + "\n".join(f"  {line}" for line in lines)
        )
    return Process(wall, used.ru_utime + used.ru_stime, _mib(used)), printed


def _mib(used: resource.struct_rusage) -> float:
    """Linux counts in KiB, macOS in bytes."""
    return used.ru_maxrss / (1024**2 if sys.platform == "darwin" else 1024)
