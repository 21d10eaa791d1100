"""A checkpoint of a thousand monitors beside one of five, and beside their bare jobs."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

from bench.health_check.measure import HERE, Contender, in_turn, run
from bench.health_check.parts import Part, Target
from bench.shared import python, python_path

FEW = 5
RUN = (
    *("run", "all", "--no-alerts", "--no-docs", "--target", "local"),
    *("--as-of", "2026-02-02", "--format", "json"),
)
AT_MOST_MS = 40.0
AT_MOST_MEMORY = 1.5
WARNING = 1
"""Exit code: half of the generated monitors are below their threshold for it."""


def measure_many(
    *,
    monitors: int,
    rounds: int,
    folder: Path,
    shipped: Path,
    endpoint: str,
    project: str,
    progress: Callable[[str], None],
) -> Part:
    """Measure checkpoints of `FEW` and of ``monitors`` monitors, each a query that reads no table.

    Args:
        monitors: how many.
        rounds: processes of each.
        folder: where the projects are made.
        shipped: the project whose configuration they have.
        endpoint: of the embedded BigQuery.
        project: of BigQuery.
        progress: called with a line for each round.

    Raises:
        BenchmarkError: a command fails.
    """
    among = []
    for count in (FEW, monitors):
        root = folder / f"monitors_{count}"
        write_project(root, shipped, count)
        among += [
            Contender(
                f"plumbline, {count:,} monitors",
                "",
                (*python("-m", "plumbline", *RUN, "--project-dir", str(root)),),
                {"BIGQUERY_EMULATOR_HOST": endpoint, "PLUMBLINE_PROJECT": project},
                WARNING,
            ),
            Contender(
                f"their bare jobs, {count:,}",
                "",
                (
                    *python("-P", str(HERE / "floor.py"), endpoint, project),
                    str(root / "models" / "monitors"),
                ),
                {},
            ),
        ]
    found = in_turn(among, rounds, progress)
    few, few_bare, many, many_bare = found.values()
    beyond = (many.cpu - few.cpu) - (many_bare.cpu - few_bare.cpu)
    profile = folder / "profile.json"
    run(
        python("-P", str(HERE / "profiled.py"), str(profile), *RUN, "--project-dir", str(root)),
        {**among[2].environment, "PYTHONPATH": python_path()},
        expected=WARNING,
    )
    return Part(
        profile=json.loads(profile.read_text()),
        measured=found,
        targets=(
            Target(
                "marginal",
                f"CPU ms for each monitor more, up to {monitors:,}, beyond its bare job",
                1000 * beyond / (monitors - FEW),
                AT_MOST_MS,
            ),
            Target(
                "memory",
                f"peak memory of {monitors:,} monitors, times that of {FEW}",
                many.peak / few.peak,
                AT_MOST_MEMORY,
            ),
        ),
    )


def write_project(root: Path, shipped: Path, count: int) -> None:
    """A project of ``count`` generated monitors and a checkpoint ``all`` of them."""
    shutil.rmtree(root, ignore_errors=True)
    for name in ("models/monitors", "models/staging", "macros", "expectations", "checkpoints"):
        (root / name).mkdir(parents=True)
    shutil.copy(shipped / "great_expectations.yml", root)
    (root / "dbt_project.yml").write_text(
        "name: generated\nversion: 1.0.0\nprofile: generated\n"
        "vars:\n  timezone: America/New_York\n"
        "  as_of: ['2026-02-03T05:00:00+00:00']\n"
        "  first_date: '2026-02-02'\n  last_date: '2026-02-02'\n"
    )
    names = [f"monitor_{number:04}" for number in range(count)]
    for number, name in enumerate(names):
        (root / "models" / "monitors" / f"{name}.sql").write_text(
            f"select {60 + number % 40} as pct\n"
        )
        suite = {
            "name": name,
            "meta": {
                "monitor": {
                    "model": name,
                    "observed": {"column": "pct", "aggregate": "mean", "unit": "%"},
                }
            },
            "expectations": [
                {
                    "type": "expect_metric_to_be_between",
                    "severity": severity,
                    "kwargs": {"column": "pct", "min_value": least},
                }
                for severity, least in (("warning", 80), ("critical", 50))
            ],
        }
        (root / "expectations" / f"{name}.json").write_text(json.dumps(suite, indent=2))
    checkpoint = {"name": "all", "validation_definitions": [{"name": name} for name in names]}
    (root / "checkpoints" / "all.json").write_text(json.dumps(checkpoint | {"actions": []}))
