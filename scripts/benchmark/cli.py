"""The command line: ``python scripts/benchmark``."""

from __future__ import annotations

import json
import os
import platform
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from benchmark.measure import BenchmarkError, Measurement, Timings, measure
from plumbline.errors import PlumblineError
from plumbline.project import Project
from plumbline.warehouse.client import endpoint_of
from plumbline.warehouse.ready import ensure_ready

AT_MOST = 5.0
"""How many times the floor a health check may take."""

TOO_SLOW, NOT_MEASURED, USAGE = 1, 3, 64


@click.command(
    epilog="Example: python scripts/benchmark --rounds 9 --format json"
    f"\n\nExit codes: 0 quick enough; {TOO_SLOW} too slow; {NOT_MEASURED} could not be measured; "
    f"{USAGE} wrong usage."
)
@click.option("--rounds", default=7, show_default=True, type=click.IntRange(min=1))
@click.option("--at-most", default=AT_MOST, show_default=True, help="Times the floor.")
@click.option("--format", "form", default="text", type=click.Choice(["text", "json"]))
@click.option(
    "--project-dir",
    default=Path(__file__).resolve().parents[2],
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Default: the project that this script is part of.",
)
def command(rounds: int, at_most: float, form: str, project_dir: Path) -> None:
    """Time a health check on the warm embedded warehouse against the least it could take.

    The floor is a process that only sends five queries, written by hand for the same five figures,
    one after the other with Google's client. Both are timed as whole processes, in turn, and must
    find the same.
    """
    target = ensure_ready(Project(project_dir).target("local"), progress=_say)
    if target.emulator_host:
        raise BenchmarkError("unset BIGQUERY_EMULATOR_HOST: what is timed is the demo season")
    measurement = measure(
        rounds=rounds,
        project_dir=project_dir,
        endpoint=endpoint_of(target),
        project=target.project,
        progress=_say,
    )
    show = _as_json if form == "json" else _as_text
    click.echo(show(measurement, at_most))
    if measurement.ratio > at_most:
        sys.exit(TOO_SLOW)


def _say(line: str) -> None:
    click.echo(line, err=True)


def _as_text(measurement: Measurement, at_most: float) -> str:
    lines = [f"{'whole processes, seconds':34}{'median':>8}{'least':>8}{'most':>8}"]
    for timings in (measurement.plumbline, measurement.floor):
        least, most = min(timings.seconds), max(timings.seconds)
        lines.append(f"{timings.name:34}{timings.median:8.2f}{least:8.2f}{most:8.2f}")
    found = ", ".join(f"{name} {figure:g}" for name, figure in _rounded(measurement).items())
    verdict = "at most" if measurement.ratio <= at_most else "MORE than"
    lines += [
        f"{'times the floor':34}{measurement.ratio:8.2f}   ({verdict} {at_most:g})",
        f"both find: {found}",
    ]
    return "\n".join(lines)


def _as_json(measurement: Measurement, at_most: float) -> str:
    def timed(timings: Timings) -> dict[str, object]:
        seconds = [round(value, 3) for value in timings.seconds]
        return {"median": round(timings.median, 3), "seconds": seconds}

    return json.dumps(
        {
            "schema_version": 1,
            "ratio": round(measurement.ratio, 3),
            "at_most": at_most,
            "plumbline": timed(measurement.plumbline),
            "floor": timed(measurement.floor),
            "figures": _rounded(measurement),
            "machine": {"cpus": os.cpu_count(), "python": platform.python_version()},
        },
        indent=2,
    )


def _rounded(measurement: Measurement) -> dict[str, float]:
    return {name: round(figure, 1) for name, figure in measurement.figures.items()}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; the exit code."""
    try:
        command.main(args=arguments, prog_name="python scripts/benchmark", standalone_mode=False)
    except click.ClickException as fault:
        fault.show()
        return USAGE
    except click.Abort:
        return 130
    except (BenchmarkError, PlumblineError) as fault:
        click.echo(f"error: {fault}", err=True)
        return NOT_MEASURED
    return 0
