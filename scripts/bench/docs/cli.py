"""The command line: ``python scripts/bench docs``."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click

from bench.past import copy_project, multiply
from bench.shared import MISSED, NOT_MEASURED, ROOT, python, python_path, say
from plumbline.core.errors import PlumblineError
from plumbline.history.dataset import OwnDataset
from plumbline.history.tables import DATASET, SERVICE_DEPLOYMENTS
from plumbline.project import Project, Target
from plumbline.project.sites import site_folder
from plumbline.warehouse.client import endpoint_of
from plumbline.warehouse.embedded import EmbeddedWarehouse
from plumbline.warehouse.ready import ensure_ready

FEW = 450
"""Thirty runs: enough to fill the charts and tables, which show the last 28."""
AT_MOST = 1.1
"""How many times the CPU of the docs step with few results it may take with many."""
LARGEST_OVERVIEW = 300_000


@dataclass(frozen=True)
class Measured:
    """The docs step of one run, with so many results stored before it."""

    builder: str
    stored: int
    cpu: float
    """Seconds; the median of the rounds."""
    wall: float
    read: int
    """Files opened for reading."""
    written: int
    """Files opened for writing."""


@click.command(
    epilog="Example: python scripts/bench docs --many 2000 --rounds 3"
    f"\n\nExit codes: 0 flat; {MISSED} it grows, or a page is too large; {NOT_MEASURED} could "
    "not be measured; 64 wrong usage."
)
@click.option(
    "--few",
    default=FEW,
    show_default=True,
    type=click.IntRange(min=1),
    help="Stored results of the short history.",
)
@click.option(
    "--many",
    default=10_000,
    show_default=True,
    type=click.IntRange(min=2),
    help="Stored results of the long history.",
)
@click.option("--rounds", default=5, show_default=True, type=click.IntRange(min=1))
@click.option(
    "--gx/--no-gx",
    default=True,
    help="Measure GX's own builder too, once each: with 10,000 results it takes minutes.",
)
@click.option("--format", "form", default="text", type=click.Choice(["text", "json"]))
def command(few: int, many: int, rounds: int, gx: bool, form: str) -> None:
    """CPU of the docs step with few and with many stored results."""
    if few >= many:
        raise click.BadParameter(f"must be less than --many ({many})", param_hint="--few")
    with tempfile.TemporaryDirectory(prefix="plumbline-docs-") as folder:
        # A warehouse that is there is used, and left as it was found but for datasets of ours.
        is_own = "PLUMBLINE_STATE_DIR" not in os.environ
        os.environ.setdefault("PLUMBLINE_STATE_DIR", str(Path(folder) / "state"))
        target: Target | None = None
        try:
            target = ensure_ready(Project(ROOT).target("local"), say)
            stored = {count: _prepared(Path(folder), target, count) for count in (few, many)}
            found = _measured("plumbline", stored, rounds)
            if gx:
                found += _measured("gx", stored, 1)
            overview = _overview(stored[many])
        except (PlumblineError, subprocess.CalledProcessError) as fault:
            say(str(getattr(fault, "stderr", "") or fault))
            sys.exit(NOT_MEASURED)
        finally:
            if target is not None and is_own:
                EmbeddedWarehouse.of(target).stop(say)
    ratio = found[1].cpu / found[0].cpu
    said = {
        "measured": [asdict(one) for one in found],
        "ratio": ratio,
        "at_most": AT_MOST,
        "overview_bytes": overview,
    }
    click.echo(json.dumps(said, indent=2) if form == "json" else _text(found, ratio, overview))
    flat = ratio <= AT_MOST and found[1].read <= found[0].read and overview <= LARGEST_OVERVIEW
    sys.exit(0 if flat else MISSED)


@dataclass(frozen=True)
class _Prepared:
    root: Path
    state: Path
    endpoint: str


def _prepared(folder: Path, season: Target, count: int) -> _Prepared:
    """A project of its own with ``count`` results, whose site knows them all."""
    say(f"making {count:,} stored results")
    project = copy_project(ROOT, folder / f"with_{count}")
    # The season is shared; state and history are each project's own.
    prepared = _Prepared(project.root, folder / f"state_{count}", endpoint_of(season))
    target = project.target("local")
    with closing(OwnDataset(target)) as own:
        own.ensure()
        seeded = f"{season.project}.{DATASET}.{SERVICE_DEPLOYMENTS.name}"
        columns = ", ".join(column.name for column in SERVICE_DEPLOYMENTS.columns)
        own.client.query(
            f"insert into `{own.table_id(SERVICE_DEPLOYMENTS)}` ({columns}) "
            f"select {columns} from `{seeded}`"
        ).result()
    _step(prepared, "plumbline")
    multiply(prepared.state / "results", target, count)
    subprocess.run(
        python("-m", "plumbline", "docs", "build", "--afresh"),
        cwd=project.root,
        env=_environment(prepared),
        check=True,
        capture_output=True,
        text=True,
    )
    return prepared


def _measured(builder: str, stored: Mapping[int, _Prepared], rounds: int) -> list[Measured]:
    """By turns, so that a machine that becomes slower meanwhile doesn't change the ratio."""
    taken: dict[int, list[Mapping[str, Any]]] = {count: [] for count in stored}
    if rounds > 1:
        for prepared in stored.values():
            _step(prepared, builder)  # fills caches; one round only shows that the benchmark works
    for _ in range(rounds):
        for count, prepared in stored.items():
            one = _step(prepared, builder)
            say(f"{builder}, {count:,} stored: {one['cpu']:.2f} s CPU")
            taken[count].append(one)
    return [
        Measured(
            builder=builder,
            stored=count,
            **{
                name: statistics.median(one[name] for one in each)
                for name in ("cpu", "wall", "read", "written")
            },
        )
        for count, each in taken.items()
    ]


def _step(prepared: _Prepared, builder: str) -> Mapping[str, Any]:
    done = subprocess.run(
        python("-m", "bench.docs.step", str(prepared.root), builder),
        env=_environment(prepared),
        check=True,
        capture_output=True,
        text=True,
    )
    said: Mapping[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return said


def _environment(prepared: _Prepared) -> dict[str, str]:
    return {
        **os.environ,
        "BIGQUERY_EMULATOR_HOST": prepared.endpoint,
        "PLUMBLINE_STATE_DIR": str(prepared.state),
        "PYTHONPATH": python_path(),
    }


def _overview(prepared: _Prepared) -> int:
    os.environ["PLUMBLINE_STATE_DIR"] = str(prepared.state)
    project = Project(prepared.root)
    site = next(site for site in project.sites if site.name == "local_site")
    return (site_folder(site, project.root, "local") / "index.html").stat().st_size


def _text(found: Sequence[Measured], ratio: float, overview: int) -> str:
    lines = ["builder     stored   CPU s  wall s  files read  files written"]
    lines += [
        f"{one.builder:<10}{one.stored:>8,}{one.cpu:>8.2f}{one.wall:>8.2f}"
        f"{one.read:>12,}{one.written:>15,}"
        for one in found
    ]
    lines += [
        "",
        f"plumbline with {found[1].stored:,} stored results takes {ratio:.2f} times the CPU that "
        f"it takes with {found[0].stored} (at most {AT_MOST}); the overview has "
        f"{overview / 1000:.0f} kB (at most {LARGEST_OVERVIEW // 1000}).",
    ]
    if len(found) == 4:
        lines.append(
            f"GX's own builder takes {found[3].cpu / found[2].cpu:.1f} times, and "
            f"{found[3].cpu / found[1].cpu:.0f} times what plumbline does."
        )
    return "\n".join(lines)
