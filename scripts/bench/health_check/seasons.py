"""A backtest of the whole demo season beside one live run of the same monitors."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from bench.health_check.measure import SEED_DAY_EXIT_CODE, Contender, in_turn, run
from bench.health_check.parts import Part, Target
from bench.health_check.proxy import forwarding
from bench.shared import python
from plumbline.project import Project

CHECKPOINT = "health_check_full"
FIRST, LAST = "2025-10-21", "2026-02-28"
"""The demo season."""
MOST_RUNS = 30.0
JOBS_A_MONITOR = 2


def measure_backtest(
    *,
    rounds: int,
    project_dir: Path,
    endpoint: str,
    project: str,
    progress: Callable[[str], None],
) -> Part:
    """Measure `CHECKPOINT` every six hours of the season, and once.

    Raises:
        BenchmarkError: a command fails.
    """

    def contenders(address: str) -> list[Contender]:
        hosted = {"BIGQUERY_EMULATOR_HOST": address, "PLUMBLINE_PROJECT": project}
        common = ("--target", "local", "--format", "json", "--project-dir", str(project_dir))
        command = python("-m", "plumbline")
        once = ("run", CHECKPOINT, "--no-alerts", "--no-docs", "--as-of", "2026-02-02")
        season = (
            "backtest",
            "--checkpoint",
            CHECKPOINT,
            "--from",
            FIRST,
            "--to",
            LAST,
            "--every",
            "6h",
        )
        return [
            Contender("one run", "", (*command, *once, *common), hosted, SEED_DAY_EXIT_CODE),
            Contender("backtest of the season", "", (*command, *season, *common), hosted),
        ]

    with forwarding(endpoint) as (address, counted):
        season = contenders(address)[1]
        run(season.command, season.environment)
        jobs = counted.jobs
    found = in_turn(contenders(endpoint), rounds, progress)
    once, whole = found.values()
    monitors = len(Project(project_dir).checkpoint(CHECKPOINT).monitors)
    return Part(
        measured=found,
        targets=(
            Target(
                "backtest",
                f"wall time of a season's backtest, {monitors} monitors every 6 h, times one run",
                whole.wall / once.wall,
                MOST_RUNS,
            ),
            Target("backtest jobs", "its jobs a monitor", jobs / monitors, float(JOBS_A_MONITOR)),
        ),
    )
