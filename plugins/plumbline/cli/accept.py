"""``plumbline accept``: the present columns of a table become the accepted ones."""

from __future__ import annotations

import click

from plumbline.cli.commands import Command, Example
from plumbline.cli.completion import complete_suites
from plumbline.cli.options import check_monitor, target_option
from plumbline.cli.output import write_message, write_result
from plumbline.cli.session import current_session


def accept(monitor: str, target: str | None) -> int:
    """Accept the columns of MONITOR's table as they are now.

    Writes them into expect_schema_not_to_change of the suite and prints the diff. Commit the file,
    so that a pull request shows which columns were added, removed or changed.
    """
    from plumbline.scaffold.accepted_schema import accept_schema
    from plumbline.warehouse.ready import ensure_ready

    session = current_session()
    project = session.project()
    check_monitor(project, monitor)
    diff = accept_schema(project, ensure_ready(project.target(target), write_message), monitor)
    if diff:
        write_result(diff)
    else:
        write_message("The suite already has these columns.")
    return 0


command = Command(
    name="accept",
    callback=accept,
    params=[click.Argument(["monitor"], shell_complete=complete_suites), target_option()],
    examples=(Example("plumbline accept orders", "accept the columns of the table of orders"),),
    exit_codes={3: "ERROR: the table doesn't exist"},
)
