"""The command line: ``python scripts/bench soak``."""

from __future__ import annotations

import logging
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bench.shared import MISSED, NOT_MEASURED, ROOT, say
from bench.soak.growth import FEWEST_RUNS, judge
from bench.soak.instants import instants_until
from bench.soak.receiver import Receiver, open_receiver
from bench.soak.report import EVERY, HEADER, Soak, as_line, conclusion, row_of, write_page
from bench.soak.sample import Sample, cpu_seconds, take_sample
from plumbline.core.errors import PlumblineError

if TYPE_CHECKING:
    from plumbline.project import Project, Target


@click.command(
    epilog="Example: python scripts/bench soak --runs 60"
    f"\n\nExit codes: 0 nothing grows; {MISSED} something does; {NOT_MEASURED} could not be "
    "measured; 64 wrong usage."
)
@click.option("--runs", default=400, show_default=True, type=click.IntRange(min=FEWEST_RUNS))
@click.option("--checkpoint", default="health_check_full", show_default=True)
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the result as a page, as docs/soak.md is.",
)
def command(runs: int, checkpoint: str, output: Path | None) -> None:
    """Many live runs of a checkpoint in one process, on the demo season, and whether memory, files,
    sockets or threads grow."""
    logging.basicConfig(level=logging.ERROR)
    try:
        soak = _soak(runs, checkpoint)
    except PlumblineError as fault:
        say(str(fault))
        sys.exit(NOT_MEASURED)
    click.echo("\n".join(["", *conclusion(soak)]))
    if output is not None:
        write_page(output, soak, day=datetime.now(UTC).date())
    sys.exit(MISSED if soak.grows else 0)


def _soak(runs: int, checkpoint: str) -> Soak:
    with _warehouse() as (project, target), open_receiver() as receiver:
        monitors = len(project.checkpoint(checkpoint).monitors)
        click.echo(
            f"{runs} runs of {checkpoint} ({monitors} monitors), all in this one process\n\n"
            f"{as_line(HEADER)}"
        )
        _tell(receiver)
        samples: list[Sample] = []
        for sample in _live(project, target, checkpoint, runs):
            samples.append(sample)
            if len(samples) % EVERY == 0 or len(samples) == runs:
                first = (len(samples) - 1) // EVERY * EVERY
                click.echo(as_line(row_of(samples[first:])))
        return Soak(checkpoint, monitors, receiver.taken(), tuple(samples), judge(samples))


@contextmanager
def _warehouse() -> Iterator[tuple[Project, Target]]:
    """The project, and an embedded warehouse and state of its own that go with the block."""
    from plumbline.project import Project
    from plumbline.warehouse.embedded import EmbeddedWarehouse
    from plumbline.warehouse.ready import ensure_ready

    with tempfile.TemporaryDirectory(prefix="plumbline-soak-") as state:
        os.environ["PLUMBLINE_STATE_DIR"] = state
        project = Project(ROOT)
        target = ensure_ready(project.target("local"), say)
        try:
            yield project, target
        finally:
            EmbeddedWarehouse.of(target).stop(say)


def _tell(receiver: Receiver) -> None:
    """Point the project's channels to ``receiver``."""
    for name in ("SLACK_WEBHOOK_URL_WARNING", "SLACK_WEBHOOK_URL_ERROR"):
        os.environ[name] = receiver.address + name.lower()  # one address would be one channel


def _live(project: Project, target: Target, checkpoint: str, runs: int) -> Iterator[Sample]:
    """Run at each of `soak.instants`, the last at the end of the seed's day, and sample after each.

    Raises:
        PlumblineError: an action failed, so that what was measured is not a whole run.
    """
    from plumbline.core.instants import end_of
    from plumbline.gx.context import open_workspace
    from plumbline.run.request import AsOf, RunRequest
    from plumbline.run.runner import run_checkpoint

    assert target.seed is not None
    last = end_of(target.seed.judged_day, project.timezone)
    for number, instant in enumerate(instants_until(last, runs), 1):
        request = RunRequest(
            project=project,
            target=target,
            as_of=AsOf(instant, "given"),
            checkpoint=checkpoint,
            alerts=True,
        )
        began, spent = time.monotonic(), cpu_seconds()
        report = run_checkpoint(
            request, now=instant + timedelta(minutes=5), open_workspace=open_workspace
        )
        wall, cpu = time.monotonic() - began, cpu_seconds() - spent
        if report.docs is None or not all(line.delivered for line in report.alerts if line.channel):
            raise PlumblineError(
                f"run {number} was not whole: {'; '.join(report.notes) or 'no docs were built'}"
            )
        yield take_sample(number, wall=wall, cpu=cpu, state=project.state_dir)
