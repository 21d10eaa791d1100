"""``plumbline init``: a project of one's own."""

from __future__ import annotations

import os
from pathlib import Path

import click

from plumbline.cli.commands import Command, Example
from plumbline.cli.options import FOLDER, option, switch
from plumbline.cli.output import write_result


def init(folder: Path, name: str | None, example: bool) -> int:
    """Create a project: configuration, checkpoint, schedule, alerts, and an example that runs on
    the embedded BigQuery.

    Existing files are not changed. In a dbt project, the new files go into a separate folder.
    """
    from plumbline.scaffold.project import make_project

    made = make_project(folder, name=name, example=example)
    if made.is_inside_dbt:
        write_result(
            f"{folder} is a dbt project: its files are unchanged, the monitors are in "
            f"{made.root.name}/\n"
        )
    for path in made.written:
        write_result(f"wrote {_shown(path)}\n")
    for path in made.kept:
        write_result(f"kept  {_shown(path)} (exists)\n")
    if example and not made.has_example:
        write_result(
            "\nThe example is not written: great_expectations.yml was made without it. "
            "To see it: plumbline init NEW_FOLDER\n"
        )
    where = "" if made.root.resolve() == Path.cwd() else f"cd {_shown(made.root)}\n  "
    new = "plumbline new monitor NAME --table DATASET.TABLE"
    first = "plumbline run" if made.has_example else new
    write_result(f"\nNext:\n  {where}{first}\n")
    return 0


def _shown(path: Path) -> str:
    try:
        return os.path.relpath(path)
    except ValueError:  # another drive
        return str(path)


command = Command(
    name="init",
    callback=init,
    params=[
        click.Argument(
            ["folder"],
            metavar="[DIR]",
            default=Path(),
            type=FOLDER,
        ),
        option("--name", "NAME", "Name of the project; default: the folder's name."),
        switch(
            "--example/--no-example",
            "Include an example table with a monitor, or not.",
            default=True,
        ),
    ],
    examples=(
        Example("plumbline init .plumbline/try", "create a project in a new folder"),
        Example(
            "plumbline init .plumbline/bare --no-example", "create a project without the example"
        ),
    ),
)
