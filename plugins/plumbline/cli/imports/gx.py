"""``plumbline import gx``: a project of Great Expectations as a plumbline project."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from plumbline.cli.commands import Command, Example
from plumbline.cli.options import flag, format_option, option
from plumbline.cli.output import write_report
from plumbline.cli.session import Session, current_session
from plumbline.core.errors import ConfigError

if TYPE_CHECKING:
    from plumbline.project import Project


def import_gx(
    folder: Path,
    name: str | None,
    tables: tuple[str, ...],
    dry_run: bool,
    overwrite: bool,
    form: str,
) -> int:
    """Convert a project of Great Expectations over BigQuery.

    Suites, batch definitions, checkpoints and their actions become files of this project. Without a
    project, a new one is made in --project-dir or the working directory. DIR is only read.

    What can't be converted is listed with the reason and a fix. Files that exist with other content
    are kept. If only a part could be converted, the last line says so.
    """
    from plumbline.core.status import EXIT_ERROR, EXIT_OK
    from plumbline.scaffold.import_gx.destination import plan_import
    from plumbline.scaffold.import_gx.pages import import_dict, import_page

    session = current_session()
    project = _project(session)
    root = project.root if project else (session.project_dir or Path()).absolute()
    plan = plan_import(
        folder,
        project=project,
        root=root,
        name=name,
        tables=dict(map(_table, tables)),
        overwrite=overwrite,
    )
    if not dry_run:
        plan.write()
    page = partial(import_page, is_dry=dry_run, where=session.project_option)
    write_report(form, plan, data=import_dict, page=page)
    return EXIT_OK if plan.report.converted else EXIT_ERROR


def _table(text: str) -> tuple[str, str]:
    """The suite and the table of ``--table SUITE=TABLE``."""
    suite, equals, table = text.partition("=")
    if not (suite and equals and "." in table):
        raise ConfigError(
            f"{text!r} is not a suite and a table", key="--table", fix="write SUITE=DATASET.TABLE"
        )
    return suite, table


def _project(session: Session) -> Project | None:
    """The plumbline project to write into; None: there is none, also where GX has its own."""
    from plumbline.project.stores import has_targets

    try:
        project = session.project()
    except ConfigError:
        return None
    return project if has_targets(project.documents.configuration.mapping()) else None


command = Command(
    name="gx",
    callback=import_gx,
    params=[
        click.Argument(["folder"], metavar="DIR", type=click.Path(path_type=Path), required=True),
        option("--name", "NAME", "Name of a new project; default: the folder's name."),
        option(
            "--table",
            "SUITE=TABLE",
            "Table (DATASET.TABLE) of a suite for which GX names none in BigQuery; repeatable.",
            name="tables",
            multiple=True,
        ),
        flag("--dry-run", "Show the result without writing files."),
        flag("--overwrite", "Replace files that exist with other content."),
        format_option("text", "markdown", "json"),
    ],
    examples=(
        Example("plumbline import gx ../quality --dry-run", "show what each file becomes"),
        Example("plumbline import gx ../quality", "write it into this project"),
    ),
    exit_codes={3: "ERROR: nothing could be converted"},
)
