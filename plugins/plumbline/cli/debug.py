"""``plumbline debug``: is everything there that a run needs?"""

from __future__ import annotations

import sys

from plumbline.cli.commands import Command, Example
from plumbline.cli.options import target_option
from plumbline.cli.output import has_colour, write_result
from plumbline.cli.session import current_session


def debug(target: str | None) -> int:
    """Check everything that a run needs, and show a fix for each problem.

    Runs `select 1` on BigQuery or your own server, and reads Secret Manager if a channel's or a
    ping's variable refers to it. With a target on BigQuery it also reads the deployed commit of
    each service from Cloud Run. Sends, starts and changes nothing.
    """
    from plumbline.core.status import EXIT_ERROR, EXIT_OK
    from plumbline.doctor.checkup import check_all
    from plumbline.doctor.diagnosis import Level

    session = current_session()
    coloured = has_colour(sys.stdout)
    code = EXIT_OK
    for diagnosis in check_all(session.project, target):
        write_result(diagnosis.render(has_colour=coloured))
        if diagnosis.level is Level.MISSING:
            code = EXIT_ERROR
    return code


command = Command(
    name="debug",
    callback=debug,
    params=[target_option()],
    examples=(
        Example("plumbline debug", "check the default target"),
        Example(
            "plumbline debug --target bigquery", "check credentials, project and roles on BigQuery"
        ),
    ),
    exit_codes={0: "nothing is missing", 3: "something is missing"},
)
