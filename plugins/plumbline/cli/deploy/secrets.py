"""``plumbline deploy secrets``: the values of channels' variables into Secret Manager."""

from __future__ import annotations

import os
import sys

import click

from plumbline.cli.commands import Command, Example
from plumbline.cli.deploy.steps import dry_run_option, write_steps
from plumbline.cli.options import option
from plumbline.cli.output import write_result
from plumbline.cli.session import current_session


def secrets(variable: str | None, dry_run: bool) -> int:
    """Store the values of channels' variables in Secret Manager.

    Reads values from the environment or standard input, never from the command line, and never
    shows them. Adds a version only if the value changed.
    """
    from plumbline.deploy.apply.declaration import read_declaration
    from plumbline.deploy.apply.secrets import check_variable, find_values, put_secrets
    from plumbline.deploy.gcloud import Gcloud

    declared = read_declaration(current_session().project())
    if variable is None:
        values = find_values(declared, os.environ)
    else:
        check_variable(declared, variable)
        values = {variable: _ask(variable)}
    gcloud = Gcloud(declared.values.project, dry_run=dry_run)
    write_steps(put_secrets(declared, gcloud, values), dry_run=dry_run)
    if dry_run:
        write_result(f"\n{gcloud.commands()}\n")
    return 0


def _ask(variable: str) -> str:
    if sys.stdin.isatty():
        return str(click.prompt(variable, hide_input=True, err=True))
    return sys.stdin.read()


command = Command(
    name="secrets",
    callback=secrets,
    params=[
        option(
            "--stdin",
            "VARIABLE",
            "Store only this variable, with its value from standard input.",
            name="variable",
        ),
        dry_run_option(),
    ],
    examples=(
        Example("plumbline deploy secrets", "store the values that are set in the environment"),
        Example(
            "plumbline deploy secrets --stdin SLACK_WEBHOOK_URL_ERROR < webhook.txt",
            "store one value; on a terminal it prompts without showing it",
        ),
    ),
    exit_codes={3: "ERROR: a step failed; earlier steps are done"},
)
