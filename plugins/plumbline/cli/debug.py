"""``plumbline debug``: is everything there that a run needs?"""

from __future__ import annotations

import sys

import click

from plumbline.cli.commands import Command, Example
from plumbline.cli.options import target_option
from plumbline.cli.output import has_colour, write_result
from plumbline.cli.session import Session


def debug(target: str | None) -> int:
    """Write a line a check; the exit code."""
    from plumbline.core.safe_text import one_line
    from plumbline.core.status import EXIT_ERROR, EXIT_OK
    from plumbline.doctor.checks import Verdict, run_checks

    session = click.get_current_context().ensure_object(Session)
    styles = {Verdict.OK: "32", Verdict.MISSING: "1;31", Verdict.NOTE: "33"}
    coloured = has_colour(sys.stdout)
    missing = 0
    for check in run_checks(session.project, target):
        word = f"{check.verdict:<7}"
        if coloured:
            word = f"\x1b[{styles[check.verdict]}m{word}\x1b[0m"
        write_result(f"{word}  {check.what}: {one_line(check.detail)}\n")
        if check.fix:
            write_result(f"         fix: {one_line(check.fix)}\n")
        missing += check.verdict is Verdict.MISSING
    return EXIT_ERROR if missing else EXIT_OK


command = Command(
    name="debug",
    callback=debug,
    help=(
        "Check that everything a run needs is there: a line each, with the fix.\n\n"
        "Asks BigQuery, or your own server, for `select 1`, and Secret Manager where the variable "
        "of a channel or a ping points there; with a target on BigQuery also Cloud Run, what each "
        "service runs. Sends, starts and changes nothing."
    ),
    params=[target_option()],
    examples=(
        Example("plumbline debug", "for the default target"),
        Example("plumbline debug --target bigquery", "credentials, project and roles on BigQuery"),
    ),
    exit_codes={0: "all is there", 3: "something is missing"},
)
