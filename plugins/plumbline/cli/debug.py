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
    from plumbline.core.status import EXIT_ERROR, EXIT_OK
    from plumbline.doctor.checkup import check_all
    from plumbline.doctor.diagnosis import Level

    session = click.get_current_context().ensure_object(Session)
    coloured = has_colour(sys.stdout)
    code = EXIT_OK
    for diagnosis in check_all(session.project, target):
        write_result(diagnosis.render(coloured=coloured))
        if diagnosis.level is Level.MISSING:
            code = EXIT_ERROR
    return code


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
