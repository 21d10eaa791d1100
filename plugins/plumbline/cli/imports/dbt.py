"""``plumbline import dbt``: suites from the tests of a dbt project."""

from __future__ import annotations

from pathlib import Path

import click

from plumbline.cli.commands import Command, Example
from plumbline.cli.options import FOLDER, flag, format_option, option
from plumbline.cli.output import write_report
from plumbline.cli.session import Session


def import_dbt(dbt_dir: Path | None, checkpoint: str, dry_run: bool, form: str) -> int:
    """Write suites from the tests and source freshness of a dbt project.

    Reads target/manifest.json, which `dbt compile` and `dbt build` write. Generic tests of dbt,
    dbt_utils and dbt_expectations become expectations of one suite per table. Singular tests, and
    tests without a counterpart, become monitors of their failing rows.

    Repeat it after changes in dbt: it takes over what changed there, keeps what you edited, and
    shows where both changed. dbt-import.lock holds what was imported; commit it.
    """
    from plumbline.core.status import EXIT_ERROR, EXIT_OK
    from plumbline.dbt.importing import plan_import, write_import
    from plumbline.dbt.report import import_dict, import_page
    from plumbline.scaffold.monitor_checks import check_name

    session = click.get_current_context().ensure_object(Session)
    check_name(checkpoint, "checkpoint", "--checkpoint")
    project = session.project()
    found = plan_import(project, dbt_dir=dbt_dir, checkpoint=checkpoint)
    if not dry_run:
        write_import(project, found)
    write_report(
        form,
        data=lambda: import_dict(found),
        page=lambda: import_page(
            found, checkpoint=checkpoint, is_dry=dry_run, where=session.project_option
        ),
    )
    kinds = {one.kind for one in found.became}
    return EXIT_ERROR if kinds == {"not_imported"} else EXIT_OK


command = Command(
    name="dbt",
    callback=import_dbt,
    params=[
        option(
            "--dbt-dir",
            "FOLDER",
            "Folder of the dbt project; default: the project's, or the nearest above it, that has "
            "a target/manifest.json.",
            type=FOLDER,
        ),
        option(
            "--checkpoint",
            "NAME",
            "Checkpoint that lists the monitors; created if it doesn't exist.",
            default="dbt_tests",
            show_default=True,
        ),
        flag("--dry-run", "Show the result without writing files."),
        format_option("text", "markdown", "json"),
    ],
    examples=(
        Example("plumbline import dbt --dry-run", "show what the tests become"),
        Example("plumbline import dbt", "write suites, models and the checkpoint"),
    ),
    exit_codes={3: "ERROR: there are tests, and none could be imported"},
)
