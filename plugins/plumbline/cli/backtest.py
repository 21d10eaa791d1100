"""``plumbline backtest``: replay a schedule over past data."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import click

from plumbline.cli.commands import Command, Example
from plumbline.cli.completion import complete_checkpoints
from plumbline.cli.options import FILE, flag, format_option, option, select_options, target_option
from plumbline.cli.output import write_report
from plumbline.cli.progress import show_progress
from plumbline.cli.session import current_session
from plumbline.core.errors import ConfigError

LOOK_BACK = timedelta(days=730)
"""How far back the stored history is read."""


def backtest(
    first: str,
    last: str,
    every: str | None,
    checkpoint: str,
    select: tuple[str, ...],
    exclude: tuple[str, ...],
    form: str,
    target: str | None,
    incidents: Path | None,
    record: bool,
    export: Path | None,
) -> int:
    """Replay a schedule over past data: incidents found, delays and alerts.

    Runs one query per monitor, whatever the range. Sends no notifications, and writes nothing
    without --record or --export. See docs/backtest.md.
    """
    from plumbline.backtest.backtest import BacktestRequest, run_backtest
    from plumbline.backtest.instants import choose_span
    from plumbline.backtest.record import export_outcomes, record_outcomes, writable
    from plumbline.backtest.reports.backtest import backtest_dict, backtest_page
    from plumbline.project.labels import project_labels

    session = current_session()
    project = session.project()
    project.checkpoint(checkpoint)
    chosen, now = project.target(target), session.clock()
    if export is not None:
        writable(export)
    request = BacktestRequest(
        project=project,
        target=chosen,
        checkpoint=checkpoint,
        span=choose_span(project, checkpoint, first=first, last=last, every=every, now=now),
        labels=project_labels(project, incidents),
        select=select,
        exclude=exclude,
    )
    with show_progress() as progress:
        done = run_backtest(request, now=now, progress=progress)
        if record:
            progress.long_step("writing outcomes to the history")
            done = record_outcomes(done, chosen, now=now, progress=progress)
        if export is not None:
            done = export_outcomes(done, export, now=now)
    write_report(form, done, page=backtest_page, data=backtest_dict)
    return done.exit_code


def span_options(*, required: bool) -> list[click.Parameter]:
    return [
        option(
            "--from",
            "DATE|INSTANT",
            "First day, or an instant with a time zone.",
            name="first",
            required=required,
        ),
        option(
            "--to",
            "DATE|INSTANT",
            "Last day (inclusive), or an instant with a time zone.",
            name="last",
            required=required,
        ),
        option(
            "--every",
            "TIME",
            "Interval between runs, by the wall clock: 30m, 6h, 1d. Default: the "
            "checkpoint's schedule.",
        ),
    ]


def check_span(first: str | None, last: str | None) -> None:
    """Where the options of a range may be left out, both are.

    Raises:
        ConfigError: only one of them is given.
    """
    if (first is None) != (last is None):
        raise ConfigError(
            "--from and --to belong together",
            key="--from",
            fix="give both --from and --to, or neither",
        )


def incidents_option() -> click.Option:
    return option(
        "--incidents",
        "FILE",
        "File of past incidents; default: checkpoints/incidents.yml, if it exists.",
        type=FILE,
    )


def checkpoint_option() -> click.Option:
    return option(
        "--checkpoint",
        "NAME",
        "Checkpoint with the monitors and the schedule.",
        default="health_check",
        show_default=True,
        shell_complete=complete_checkpoints,
    )


command = Command(
    name="backtest",
    callback=backtest,
    params=[
        *span_options(required=True),
        checkpoint_option(),
        *select_options("Replay"),
        format_option("text", "json", "markdown"),
        target_option(),
        incidents_option(),
        flag("--record", "Append the outcomes to the history, except where a live run wrote one."),
        option(
            "--export",
            "FILE",
            "Write the outcomes to a file as JSON lines, for calibrate, impact and lint --history.",
            type=FILE,
        ),
    ],
    examples=(
        Example(
            "plumbline backtest --from 2026-01-24 --to 2026-02-03",
            "replay the checkpoint's schedule",
        ),
        Example(
            "plumbline backtest --from 2026-01-24 --to 2026-02-03 --every 1d -s line_coverage",
            "replay one monitor, once a day",
        ),
        Example(
            "plumbline backtest --from 2026-01-01 --to 2026-02-03 --record",
            "fill the history for the past",
        ),
    ),
    exit_codes={0: "done", 3: "a monitor could not be replayed", 130: "interrupted"},
)
