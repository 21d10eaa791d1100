"""``plumbline backtest``: the schedule lived through once more."""

from __future__ import annotations

from pathlib import Path

import click

from plumbline.cli.commands import Command, Example
from plumbline.cli.completion import complete_checkpoints, complete_monitors
from plumbline.cli.options import format_option, target_option
from plumbline.cli.output import write_result
from plumbline.cli.progress import show_progress
from plumbline.cli.session import Session


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
    """Re-live the range and report; the exit code."""
    from plumbline.backtest.backtest import BacktestRequest, run_backtest
    from plumbline.backtest.instants import choose_span
    from plumbline.backtest.labels import project_labels
    from plumbline.backtest.record import export_outcomes, record_outcomes, writable

    session = click.get_current_context().ensure_object(Session)
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
            progress.long_step("writing the outcomes into the history")
            done = record_outcomes(done, chosen, now=now, progress=progress)
        if export is not None:
            done = export_outcomes(done, export, now=now)
    if form == "json":
        from plumbline.backtest.reports import json_of_backtest

        write_result(json_of_backtest.render(done), as_utf8=True)
        return done.exit_code
    from plumbline.backtest.reports.sections import as_markdown, as_text
    from plumbline.backtest.reports.sections_of_backtest import backtest_sections

    sections = backtest_sections(done)
    write_result(as_markdown(sections) if form == "markdown" else as_text(sections))
    return done.exit_code


def span_options(*, required: bool) -> list[click.Parameter]:
    """``--from``, ``--to``, ``--every``."""
    return [
        click.Option(
            ["--from", "first"],
            required=required,
            metavar="DATE|INSTANT",
            help="The first day, or an instant with its zone.",
        ),
        click.Option(
            ["--to", "last"],
            required=required,
            metavar="DATE|INSTANT",
            help="The last day (it counts whole), or an instant.",
        ),
        click.Option(
            ["--every"],
            metavar="TIME",
            help="How often it runs: 30m, 6h, 1d, by the wall clock. Default: the checkpoint's own "
            "schedule.",
        ),
    ]


def incidents_option() -> click.Option:
    """``--incidents``."""
    return click.Option(
        ["--incidents"],
        type=click.Path(path_type=Path, dir_okay=False),
        metavar="FILE",
        help="What is known to have gone wrong; default: checkpoints/incidents.yml, where there is "
        "one.",
    )


def checkpoint_option() -> click.Option:
    """``--checkpoint``."""
    return click.Option(
        ["--checkpoint"],
        default="health_check",
        show_default=True,
        metavar="NAME",
        shell_complete=complete_checkpoints,
        help="Whose monitors and schedule.",
    )


command = Command(
    name="backtest",
    callback=backtest,
    help=(
        "Live a schedule through once more: what would have been found when, which alerts, how "
        "many.\n\nOne query a monitor, whatever the range. Nobody is told anything, and nothing is "
        "written unless --record or --export is given. docs/backtest.md says more."
    ),
    params=[
        *span_options(required=True),
        checkpoint_option(),
        click.Option(
            ["-s", "--select"],
            multiple=True,
            metavar="MONITOR",
            shell_complete=complete_monitors,
            help="This monitor only; repeatable.",
        ),
        click.Option(
            ["--exclude"],
            multiple=True,
            metavar="MONITOR",
            shell_complete=complete_monitors,
            help="Leave it out; repeatable.",
        ),
        format_option("text", "json", "markdown"),
        target_option(),
        incidents_option(),
        click.Option(
            ["--record"],
            is_flag=True,
            help="Append the outcomes to the history, where no run has left any.",
        ),
        click.Option(
            ["--export"],
            type=click.Path(path_type=Path, dir_okay=False),
            metavar="FILE",
            help="Write the outcomes as JSON lines, for calibrate, impact and lint --history.",
        ),
    ],
    examples=(
        Example("plumbline backtest --from 2026-01-24 --to 2026-02-03", "at the schedule's times"),
        Example(
            "plumbline backtest --from 2026-01-24 --to 2026-02-03 --every 1d -s line_coverage",
            "one monitor, once a day",
        ),
        Example(
            "plumbline backtest --from 2026-01-01 --to 2026-02-03 --record",
            "fill the history with the time before there was one",
        ),
    ),
    exit_codes={0: "done", 3: "some monitor could not be judged", 130: "interrupted"},
)
