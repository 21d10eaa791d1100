"""``plumbline debug``: is everything there that a run needs?"""

from __future__ import annotations

import sys

from plumbline.cli.commands import Command, Example
from plumbline.cli.options import flag, target_option
from plumbline.cli.output import has_colour, terminal_width, write_result
from plumbline.cli.session import current_session
from plumbline.core.errors import ConfigError


def debug(target: str | None, every_target: bool) -> int:
    """Check everything that a run needs, and show a fix for each problem.

    Reads the project's files as a run does. Runs `select 1` on BigQuery or your own server, and
    reads Secret Manager if a channel's or a ping's variable refers to it. With a target on BigQuery
    it also reads the deployed commit of each service from Cloud Run. Sends, starts and changes
    nothing.
    """
    from plumbline.core.status import EXIT_ERROR, EXIT_OK
    from plumbline.doctor.checkup import check_all
    from plumbline.doctor.diagnosis import Level

    if target is not None and every_target:
        raise ConfigError(
            "--all-targets checks every target", key="--target", fix="leave one of them out"
        )
    session = current_session()
    coloured, width = has_colour(sys.stdout), terminal_width(sys.stdout)
    code = EXIT_OK
    for diagnosis in check_all(
        session.project, target, now=session.clock(), every_target=every_target
    ):
        write_result(diagnosis.render(has_colour=coloured, width=width))
        if diagnosis.level is Level.MISSING:
            code = EXIT_ERROR
    return code


command = Command(
    name="debug",
    callback=debug,
    params=[
        target_option(),
        flag("--all-targets", "Check every target in great_expectations.yml.", name="every_target"),
    ],
    examples=(
        Example("plumbline debug", "check the default target"),
        Example("plumbline debug --all-targets", "check dev, staging and prod"),
        Example(
            "plumbline debug --target bigquery", "check credentials, project and roles on BigQuery"
        ),
    ),
    exit_codes={0: "nothing is missing", 3: "something is missing"},
)
