"""``plumbline lint``: checks the project's files before anything runs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from plumbline.cli.commands import Command, Example
from plumbline.cli.completion import complete_suites
from plumbline.cli.options import FILE, flag, format_option, option, switch
from plumbline.cli.output import has_colour, terminal_width, write_report
from plumbline.cli.session import current_session
from plumbline.core.gc_tuning import not_collected

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from plumbline.lint.linter import LintReport

EXIT_CLEAN, EXIT_WARNINGS, EXIT_ERRORS = 0, 1, 2


@not_collected()  # it would take a seventh of the time of a process of half a second
def lint_project(
    names: tuple[str, ...],
    form: str,
    fix: bool,
    analyze: bool,
    history: Path | None,
    plugins: bool,
) -> int:
    """Check suites, checkpoints, models, the schedule and targets, without a warehouse, secrets or
    network.

    If a suite or checkpoint uses a type that only the project's plugins define, lint imports them:
    that runs their Python code. For code that you don't trust, use --no-plugins.

    NAME limits the findings to a monitor, a file or a folder.
    """
    from plumbline.cli.progress import show_progress
    from plumbline.lint.linter import lint

    project = current_session().project()
    with show_progress() as progress:
        if analyze:
            progress.long_step("loading Google's analyzer, which takes half a minute")
        report = lint(
            project,
            names=names,
            fix=fix,
            analyze=analyze,
            history=history,
            plugins=plugins,
            progress=progress.step,
        )
    exit_code = EXIT_ERRORS if report.errors else EXIT_WARNINGS if report.warnings else EXIT_CLEAN
    _write_report(report, form, exit_code)
    return exit_code


def _write_report(report: LintReport, form: str, exit_code: int) -> None:
    from plumbline.lint import report as reports

    write_report(
        form,
        data=lambda: reports.as_dict(report, exit_code=exit_code),
        # Not from a page: a line for each finding needs no tables, which take long to import.
        text=lambda: reports.as_text(
            report, colour=has_colour(sys.stdout), width=terminal_width(sys.stdout)
        ),
        github=lambda: reports.as_annotations(report),
    )


def _complete_names(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Monitors; where none fits, files."""
    from click.shell_completion import CompletionItem

    fitting = complete_suites(context, parameter, incomplete)
    return fitting or [CompletionItem(incomplete, type="file")]


command = Command(
    name="lint",
    callback=lint_project,
    params=[
        click.Argument(["names"], nargs=-1, metavar="[NAME]...", shell_complete=_complete_names),
        format_option("text", "json", "github"),
        flag(
            "--fix",
            "Format suites and checkpoints first, and add the ids that Great Expectations needs.",
        ),
        flag(
            "--analyzer",
            "Also check names and types with Google's analyzer (the extra `analyzer`; it "
            "takes half a minute to load).",
            name="analyze",
        ),
        option(
            "--history",
            "FILE",
            "Also check thresholds against this history file, as written by plumbline "
            "backtest --export.",
            type=FILE,
        ),
        switch(
            "--plugins/--no-plugins",
            "Import the project's plugins if needed (the default), or never: then the "
            "arguments of the types that they define are not checked.",
            default=True,
        ),
    ],
    examples=(
        Example("plumbline lint", "check the whole project"),
        Example("plumbline lint line_coverage", "check one monitor: its suite, model and runbook"),
        Example("plumbline lint --fix", "format suites and checkpoints, fill in ids, then check"),
        Example(
            "plumbline lint --no-plugins --format github", "print annotations for a pull request"
        ),
    ),
    exit_codes={
        EXIT_CLEAN: "no findings",
        EXIT_WARNINGS: "warnings only",
        EXIT_ERRORS: "errors",
    },
)
