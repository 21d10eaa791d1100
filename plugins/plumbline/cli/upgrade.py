"""``plumbline upgrade``: a project of an earlier version, for this one."""

from __future__ import annotations

import sys

from plumbline.cli.commands import Command, Example
from plumbline.cli.options import flag
from plumbline.cli.output import has_colour, terminal_width, write_message, write_result
from plumbline.cli.session import current_session


def upgrade(dry_run: bool) -> int:
    """Change a project's files where this version of plumbline needs it, and check the others.

    Adds to great_expectations.yml what earlier versions did without, and shows the diff. Changes
    nothing else; you can repeat the command. State and history in the warehouse are upgraded by the
    next live run.
    """
    from plumbline.core.status import EXIT_ERROR, EXIT_OK
    from plumbline.doctor.diagnosis import Level
    from plumbline.doctor.project_checks import check_files
    from plumbline.project import Project
    from plumbline.scaffold.upgrade import upgrade_project

    project = current_session().project()
    diff = upgrade_project(project, write=not dry_run)
    write_result(diff)
    if not diff:
        write_message("No file needs a change for this version.")
    elif dry_run:
        write_message("Not written (--dry-run).")
        return EXIT_OK
    code = EXIT_OK
    for diagnosis in check_files(Project(project.root)):
        write_result(
            diagnosis.render(has_colour=has_colour(sys.stdout), width=terminal_width(sys.stdout))
        )
        if diagnosis.level is Level.MISSING:
            code = EXIT_ERROR
    return code


command = Command(
    name="upgrade",
    callback=upgrade,
    params=[flag("--dry-run", "Show the diff without writing it.")],
    examples=(
        Example("plumbline upgrade --dry-run", "show what would change"),
        Example("plumbline upgrade", "change it, and check the project's files"),
    ),
    exit_codes={0: "the files fit this version", 3: "ERROR: a file has a fault"},
)
