"""``plumbline init``: a project of one's own."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from plumbline.cli.commands import Command, Example
from plumbline.cli.options import FOLDER, option, switch
from plumbline.cli.output import write_result, write_text
from plumbline.project.find import PROJECT_FILE

if TYPE_CHECKING:
    from plumbline.scaffold.project import Made


def init(folder: Path, name: str | None, example: bool) -> int:
    """Create a project: configuration, checkpoint, schedule, alerts, and an example that runs on
    the embedded BigQuery.

    Existing files are not changed. In a dbt project, the new files go into the folder plumbline,
    where monitors read dbt's models by ref(). To a project of Great Expectations 1.x, what it lacks
    is added, and its suites and checkpoints run as they are.
    """
    from plumbline.scaffold.project import make_project

    made = make_project(folder, name=name, example=example)
    if made.dbt is not None:
        write_text(
            f"{_shown(folder)} is a dbt project: its files are unchanged, the monitors are in "
            f"{made.root.name}/\n"
        )
    if made.added:
        write_text(
            f"{_shown(made.root)} is a project of Great Expectations. Added to "
            f"{PROJECT_FILE}, where nothing else is changed:\n"
            + "".join(f"  {one}\n" for one in made.added)
        )
    for path in made.written:
        changed = path.name == PROJECT_FILE and made.added
        write_result(f"{'changed' if changed else 'wrote'} {_shown(path)}\n")
    for path in made.kept:
        write_result(f"kept  {_shown(path)} (exists)\n")
    if example and not made.has_example and not made.added:
        write_text(
            "\nThe example is not written: great_expectations.yml was made without it. "
            "To see it: plumbline init NEW_FOLDER\n"
        )
    if made.dbt is not None and made.dbt.fault is not None:
        write_text(f"\nMonitors can't read dbt's models yet: {made.dbt.fault}\n")
    write_result("\nNext:\n" + "".join(f"  {line}\n" for line in _next(made)))
    if made.added:
        write_text(
            "In scripts of your own, write `import plumbline` before gx.get_context(): Great "
            "Expectations alone doesn't know the added data source.\n"
        )
    return 0


def _next(made: Made) -> list[str]:
    """The commands to type now."""
    new = "plumbline new monitor NAME --table DATASET.TABLE"
    is_here = made.root.resolve() == Path.cwd()
    if made.added:
        # No `cd`: paths of files in a data source are relative to the working directory.
        where = "" if is_here else f" --project-dir {_shown(made.root)}"
        return [f"{line}{where}" for line in ("plumbline list", "plumbline run CHECKPOINT", new)]
    go = [] if is_here else [f"cd {_shown(made.root)}"]
    if made.dbt is not None and made.dbt.tables is None and made.dbt.fault is None:
        is_here = made.root.parent.resolve() == Path.cwd()
        go = [
            *([] if is_here else [f"cd {_shown(made.root.parent)}"]),
            "dbt compile # monitors then read its models by ref()",
            f"cd {made.root.name}",
        ]
    return [*go, *_first(made, new)]


def _first(made: Made, new: str) -> list[str]:
    from plumbline.scaffold.project import GX_FOLDERS

    first = "plumbline run" if made.has_example else new
    if made.dbt is not None:
        return [
            *(["plumbline run"] if made.has_example else []),
            "plumbline new monitor NAME --table MODEL # a model of dbt",
            "plumbline import dbt --dry-run # dbt's tests as suites",
        ]
    found = next((one for one in GX_FOLDERS if (made.root / one / PROJECT_FILE).is_file()), None)
    if found is not None:
        return [first, f"plumbline import gx {found} --dry-run # its suites and checkpoints"]
    return [first]


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
