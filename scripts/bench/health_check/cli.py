"""The command line: ``python scripts/bench health-check``."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import click

from bench.health_check import report
from bench.health_check.history import MOST_ROUNDS, measure_history
from bench.health_check.many import measure_many
from bench.health_check.measure import measure
from bench.health_check.seasons import measure_backtest
from bench.shared import MISSED, NOT_MEASURED, PAGE, ROOT, USAGE, BenchmarkError, say, write_page
from plumbline.project import Project
from plumbline.warehouse.client import endpoint_of
from plumbline.warehouse.ready import ensure_ready

COMMITTED = ROOT / "docs" / "benchmarks.json"
AT_MOST = 4.0
"""How many times the floor a health check may take."""
LONG_ROUNDS = 3
"""Of the parts whose processes take a minute each."""
TOLERANCE = 0.25
"""By what share a ratio may exceed the committed one: machines differ."""


@click.command(
    epilog="Example: python scripts/bench health-check --rounds 9 --format json"
    f"\n\nExit codes: 0 every target is met; {MISSED} one is missed, or worse than the committed; "
    f"{NOT_MEASURED} could not be measured; {USAGE} wrong usage."
)
@click.option("--rounds", default=5, show_default=True, type=click.IntRange(min=1))
@click.option("--at-most", default=AT_MOST, show_default=True, help="Times the floor.")
@click.option(
    "--latency",
    default=1.0,
    show_default=True,
    type=click.FloatRange(min=0),
    help="Seconds more a job, in the second part; 0 leaves it out.",
)
@click.option(
    "--monitors",
    default=1000,
    show_default=True,
    type=click.IntRange(min=0),
    help="In one checkpoint, in the third part; 0 leaves it out.",
)
@click.option(
    "--runs",
    default=10_000,
    show_default=True,
    type=click.IntRange(min=0),
    help="Stored before the runs of the fourth part; 0 leaves it out.",
)
@click.option("--backtest/--no-backtest", default=True, help="Of the season: the fifth part.")
@click.option(
    "--soda",
    metavar="PYTHON",
    help="A Python with soda-core-bigquery, to be measured too; default: this one, if it has it.",
)
@click.option("--format", "form", default="text", type=click.Choice(["text", "json", "markdown"]))
@click.option(
    "--check",
    is_flag=True,
    help=f"Compare ratios with those of {COMMITTED.name}, with a tolerance of {TOLERANCE:.0%}, "
    "instead of with the targets.",
)
@click.option(
    "--save",
    is_flag=True,
    help=f"Write what was measured to {COMMITTED.name} and {PAGE.name}, to be committed.",
)
@click.option(
    "--project-dir",
    default=ROOT,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Default: the project that this script is part of.",
)
def command(
    rounds: int,
    at_most: float,
    latency: float,
    monitors: int,
    runs: int,
    backtest: bool,
    soda: str | None,
    form: str,
    check: bool,
    save: bool,
    project_dir: Path,
) -> None:
    """Measure a health check on the warm embedded warehouse, beside the least it could take.

    The floor is a process that only sends five queries, written by hand for the same five figures,
    one after the other with Google's client. Plain Great Expectations over sqlalchemy-bigquery does
    the same where it is installed, and so does Soda Core. All are whole processes, in turn, and
    must find the same.

    Then a backtest of the season beside one run; a checkpoint of many monitors beside one of five;
    a run with alerts and docs after many stored runs beside one after ten.
    """
    target = ensure_ready(Project(project_dir).target("local"), progress=say)
    if target.emulator_host:
        raise BenchmarkError("unset BIGQUERY_EMULATOR_HOST: what is timed is the demo season")
    endpoint = endpoint_of(target)
    found = measure(
        rounds=rounds,
        latency=latency,
        project_dir=project_dir,
        endpoint=endpoint,
        project=target.project,
        progress=say,
        soda=soda,
    )
    parts = [report.part_of(found, at_most=at_most)]
    with tempfile.TemporaryDirectory(prefix="plumbline-benchmark-") as folder:
        place: dict[str, Any] = {
            "folder": Path(folder), "shipped": project_dir, "endpoint": endpoint,
            "project": target.project, "progress": say,
        }  # fmt: skip
        if backtest:
            parts.append(
                measure_backtest(
                    rounds=min(rounds, LONG_ROUNDS),
                    project_dir=project_dir,
                    endpoint=endpoint,
                    project=target.project,
                    progress=say,
                )
            )
        if monitors:
            parts.append(measure_many(monitors=monitors, rounds=min(rounds, LONG_ROUNDS), **place))
        if runs:
            parts.append(measure_history(runs=runs, rounds=min(rounds, MOST_ROUNDS), **place))
    show = {"json": report.as_json, "markdown": report.as_markdown, "text": report.as_text}[form]
    click.echo(show(found, parts))
    if save:
        COMMITTED.write_text(report.as_json(found, parts) + "\n", encoding="utf-8")
        write_page(report.as_markdown(found, parts), by="health-check")
    if check:
        _compare(report.as_document(found, parts))
    elif not all(one.is_met for part in parts for one in part.targets):
        sys.exit(MISSED)


def _compare(now: dict[str, object]) -> None:
    try:
        before = json.loads(COMMITTED.read_text(encoding="utf-8"))
    except (OSError, ValueError) as fault:
        raise BenchmarkError(f"{COMMITTED.name} can't be read: {fault}") from None
    worse = report.compare(now, before, TOLERANCE)
    for line in worse:
        say(f"worse than committed: {line}")
    if worse:
        sys.exit(MISSED)
