"""The command line: ``python scripts/bench tables``."""

from __future__ import annotations

import json
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import click

from bench.health_check.measure import Asked, Contender, Measured, in_turn, run
from bench.health_check.parts import Target
from bench.health_check.proxy import forwarding
from bench.shared import (
    MISSED,
    NOT_MEASURED,
    ROOT,
    SCRIPTS,
    USAGE,
    BenchmarkError,
    python,
    say,
    write_page,
)
from bench.tables import checks
from plumbline.project import Project
from plumbline.warehouse.client import endpoint_of
from plumbline.warehouse.ready import ensure_ready

HERE = Path(__file__).parent
DBT_PYTHON = Path(sys.prefix) / "dbt" / "bin" / "python"
"""In the environment that `make unit` makes."""
PLUMBLINE, DBT, GX, SODA = "plumbline", "dbt test, 8 threads", "plain GX", "Soda Core"
THREADS = 8
AS_OF = "2026-02-02"
CRITICAL = 2
"""plumbline's exit code: some checks fail."""
LONG_ROUNDS = 2
"""With latency, plain GX takes a minute."""


class _Plumbline(Contender):
    def figures(self, printed: str) -> dict[str, float]:
        return checks.found_by_plumbline(printed)


@dataclass(frozen=True)
class Found:
    """What was measured, by contender."""

    checks: int
    failing: int
    tables: int
    asked: dict[str, Asked]
    quick: dict[str, Measured]
    slow: dict[str, Measured]

    @property
    def targets(self) -> tuple[Target, ...]:
        """Jobs, and the wall time with latency beside the best of the others."""
        best = min((one for one in self.slow.values() if one.name != PLUMBLINE), key=_wall)
        return (
            Target("jobs", "jobs", self.asked[PLUMBLINE].jobs, self.tables),
            Target(
                "latency",
                f"wall time with latency, times the best other ({best.name})",
                self.slow[PLUMBLINE].wall / best.wall,
                1 / 3,
            ),
        )


def _wall(one: Measured) -> float:
    return one.wall


@click.command(
    epilog="Example: python scripts/bench tables --soda /tmp/soda/bin/python"
    f"\n\nExit codes: 0 every target is met; {MISSED} one is missed; "
    f"{NOT_MEASURED} could not be measured; {USAGE} wrong usage."
)
@click.option("--rounds", default=3, show_default=True, type=click.IntRange(min=1))
@click.option(
    "--latency",
    default=1.0,
    show_default=True,
    type=click.FloatRange(min=0, min_open=True),
    help="Seconds more a job, in the second part.",
)
@click.option(
    "--dbt",
    metavar="PYTHON",
    default=str(DBT_PYTHON),
    help="A Python with dbt-bigquery. Default: the one that `make unit` installs.",
)
@click.option(
    "--soda", metavar="PYTHON", help="A Python with soda-core-bigquery, to be measured too."
)
@click.option("--save", is_flag=True, help="Write the tables to docs/benchmarks.md.")
def command(rounds: int, latency: float, dbt: str, soda: str | None, save: bool) -> None:
    """Measure twenty checks of five tables of the demo season, made by several tools.

    plumbline makes them with a suite over each table, dbt with generic tests, Soda Core with
    SodaCL, and Great Expectations alone with table assets over sqlalchemy-bigquery. All are whole
    processes, in turn, and must find the same.
    """
    target = ensure_ready(Project(ROOT).target("local"), progress=say)
    if target.emulator_host:
        raise BenchmarkError("unset BIGQUERY_EMULATOR_HOST: what is timed is the demo season")
    with tempfile.TemporaryDirectory(prefix="plumbline-benchmark-") as folder:
        found = measure(
            endpoint=endpoint_of(target),
            project=target.project,
            folder=Path(folder),
            rounds=rounds,
            latency=latency,
            dbt=dbt,
            soda=soda,
        )
    click.echo(as_markdown(found))
    if save:
        write_page(as_markdown(found), by="tables")
    if not all(one.is_met for one in found.targets):
        sys.exit(MISSED)


def measure(
    *,
    endpoint: str,
    project: str,
    folder: Path,
    rounds: int,
    latency: float,
    dbt: str,
    soda: str | None,
) -> Found:
    """Measure all contenders in turn, after an unmeasured round through a proxy that counts.

    Raises:
        BenchmarkError: a command fails, or two find different results.
    """
    asked: dict[str, Asked] = {}
    results: dict[str, float] = {}
    with forwarding(endpoint) as (address, counted):
        for one in contenders(address, project, folder / "counted", dbt, soda):
            counted.statements.clear()
            found = one.figures(run(one.command, one.environment, expected=one.expected)[1])
            results = results or found
            if found != results:
                raise BenchmarkError(f"{one.name} finds other results: {_differ(found, results)}")
            asked[one.name] = Asked(counted.jobs, counted.scans, counted.least_bytes)
            say(f"{one.name}: {counted.jobs} jobs")
    quick = in_turn(contenders(endpoint, project, folder / "quick", dbt, soda), rounds, say)
    with forwarding(endpoint, latency=latency) as (address, _):
        among = contenders(address, project, folder / "slow", dbt, soda)
        for one in among:  # each query once, for the proxy's memory
            run(one.command, one.environment, expected=one.expected)
        slow = in_turn(
            among, min(rounds, LONG_ROUNDS), lambda text: say(f"{text} (+{latency:g} s a job)")
        )
    failing = len(results) - round(sum(results.values()))
    return Found(len(results), failing, len(checks.read()), asked, quick, slow)


def contenders(
    endpoint: str, project: str, folder: Path, dbt: str, soda: str | None
) -> list[Contender]:
    """Those that are installed, with their projects in ``folder``."""
    ours = checks.write_plumbline(folder / "plumbline")
    theirs = checks.write_dbt(folder / "dbt", endpoint=endpoint, project=project, threads=THREADS)
    place = (endpoint, project, str(checks.FILE))
    run_all = ("run", "all", "--as-of", AS_OF, "--no-alerts", "--no-docs", "--format", "json")
    found = [
        _Plumbline(
            PLUMBLINE,
            "a suite over each table",
            (*python("-m", "plumbline", *run_all), "--project-dir", str(ours)),
            {"BIGQUERY_EMULATOR_HOST": endpoint, "PLUMBLINE_PROJECT": project},
            CRITICAL,
        ),
        Contender(
            GX,
            "a suite for each table asset",
            python("-P", str(HERE / "gx_tables.py"), *place),
            {"PYTHONPATH": SCRIPTS},
        ),
    ]
    if Path(dbt).is_file():
        about = "generic tests of sources"
        found.append(Contender(DBT, about, (dbt, str(HERE / "dbt_tables.py"), str(theirs)), {}))
    if soda:
        command = (soda, str(HERE / "soda_tables.py"), *place)
        environment = {"PYTHONPATH": SCRIPTS, "PYTHONWARNINGS": "ignore"}
        found.append(Contender(SODA, "SodaCL", command, environment))
    return found


def _differ(one: dict[str, float], other: dict[str, float]) -> str:
    names = sorted(one.keys() | other.keys())
    return json.dumps([name for name in names if one.get(name) != other.get(name)])


def as_markdown(found: Found) -> str:
    """The tables of docs/benchmarks.md."""
    return "\n".join(
        [
            f"{found.checks} checks of {found.tables} tables, of which all find the same "
            f"{found.failing} failing.",
            "",
            "| whole processes; medians | wall s | CPU s | wall s with latency | jobs | scans | "
            "least billed |",
            "|---|--:|--:|--:|--:|--:|--:|",
            *(
                f"| {name} | {one.wall:.2f} | {one.cpu:.2f} | {found.slow[name].wall:.2f} | "
                f"{asked.jobs} | {asked.scans} | {asked.least_bytes / 1024**2:.0f} MiB |"
                for name, one in found.quick.items()
                for asked in [found.asked[name]]
            ),
            "",
            "| target | measured | at most | |",
            "|---|--:|--:|---|",
            *(
                f"| {one.about} | {one.value:.2f} | {one.at_most:.2f} | "
                f"{'met' if one.is_met else '**missed**'} |"
                for one in found.targets
            ),
        ]
    )
