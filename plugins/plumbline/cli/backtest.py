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
    checkpoint: str | None,
    select: tuple[str, ...],
    exclude: tuple[str, ...],
    form: str,
    target: str | None,
    incidents: Path | None,
    within: str,
    record: bool,
    export: Path | None,
) -> int:
    """Replay the schedules over past data: incidents found, delays and alerts.

    Replays every schedule of checkpoints/schedule.yml, or those of --checkpoint. Runs one query
    per monitor, whatever the range. Sends no notifications, and writes nothing without --record
    or --export.
    """
    from plumbline.backtest.backtest import BacktestRequest, run_backtest
    from plumbline.backtest.instants import choose_span, length_of_time
    from plumbline.backtest.record import export_outcomes, record_outcomes, writable
    from plumbline.backtest.reports.backtest import backtest_dict, backtest_page
    from plumbline.project.labels import project_labels

    session = current_session()
    project = session.project()
    if checkpoint is not None:
        project.checkpoint(checkpoint)
    chosen, now = project.target(target), session.clock()
    if export is not None:
        writable(export)
    request = BacktestRequest(
        project=project,
        target=chosen,
        span=choose_span(project, checkpoint, first=first, last=last, every=every, now=now),
        labels=project_labels(project, incidents),
        select=select,
        exclude=exclude,
        within=length_of_time(within, key="--within"),
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
            "Interval between runs, by the wall clock: 30m, 6h, 1d. Default: as scheduled.",
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
        "Replay only the schedules of this checkpoint. Default: all scheduled checkpoints.",
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
        option(
            "--within",
            "TIME",
            "How soon after they are due incidents should be found, for the summary.",
            default="6h",
            show_default=True,
        ),
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
            "replay the schedules",
        ),
        Example(
            "plumbline backtest --from 2026-01-24 --to 2026-02-03 --checkpoint daily_validation",
            "replay the schedule of one checkpoint",
        ),
        Example(
            "plumbline backtest --from 2026-01-24 --to 2026-02-03 --every 1d -s line_coverage",
            "replay one monitor, once a day",
        ),
        Example(
            "plumbline backtest --from 2026-01-24 --to 2026-02-03 --record",
            "fill the history for the past",
        ),
    ),
    exit_codes={0: "done", 3: "a monitor could not be replayed"},
)
