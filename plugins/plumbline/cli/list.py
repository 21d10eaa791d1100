"""``plumbline list``: what is watched, how, and how it was last."""

from __future__ import annotations

import sys

import click

from plumbline.cli.commands import Command, Example
from plumbline.cli.options import format_option
from plumbline.cli.output import has_colour, terminal_width, write_result
from plumbline.cli.session import Session


def list_all(form: str) -> int:
    """List monitors and checkpoints; the exit code."""
    from plumbline.run.reports import catalogue
    from plumbline.run.status import EXIT_ERROR, EXIT_OK

    project = click.get_current_context().ensure_object(Session).project()
    found = catalogue.read_catalogue(project)
    if form == "json":
        write_result(catalogue.render_json(found), as_utf8=True)
    else:
        width, colour = terminal_width(sys.stdout), has_colour(sys.stdout)
        write_result(catalogue.render_text(found, width=width, colour=colour))
    return EXIT_ERROR if found.faults else EXIT_OK


command = Command(
    name="list",
    callback=list_all,
    help=(
        "List monitors and checkpoints: model, suite, thresholds, owner, schedule, last status.\n\n"
        "The last status is that of the last run from here; no warehouse is asked."
    ),
    params=[format_option("text", "json")],
    examples=(
        Example("plumbline list", "what is watched"),
        Example("plumbline list --format json", "for machines"),
    ),
    exit_codes={3: "ERROR: a file has a fault; the others are listed"},
)
