"""What all commands of one invocation share: the project, the clock, whether to debug."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from plumbline.project import Project


def read_clock() -> datetime:
    """Now: the only place in which plumbline reads the clock to judge by."""
    return datetime.now(UTC)


@dataclass
class Session:
    """One invocation; filled by the options that every command knows."""

    clock: Callable[[], datetime] = read_clock
    debug: bool = False
    project_dir: Path | None = None

    def project(self) -> Project:
        """The project of ``--project-dir``, else of the working directory.

        Raises:
            ConfigError: there is none.
        """
        from plumbline.project import Project

        return Project.find(self.project_dir)

    @property
    def project_option(self) -> str:
        """What a command needs after it to find the same project: `` --project-dir FOLDER``."""
        if self.project_dir is None or self.project_dir.resolve() == Path.cwd():
            return ""
        return f" --project-dir {shlex.quote(str(self.project_dir))}"


def current_session() -> Session:
    """That of the command that runs."""
    return click.get_current_context().ensure_object(Session)


def shared_options() -> list[click.Option]:
    """``--project-dir`` and ``--debug``: understood before the command and after it."""
    return [
        click.Option(
            ["--project-dir"],
            type=click.Path(path_type=Path, file_okay=False),
            metavar="FOLDER",
            expose_value=False,
            callback=_keep_project_dir,
            help="Folder with great_expectations.yml; default: the nearest one in the working "
            "directory or above.",
        ),
        click.Option(
            ["--debug"],
            is_flag=True,
            expose_value=False,
            callback=_keep_debug,
            help="Show the traceback of errors.",
        ),
    ]


def _keep_project_dir(context: click.Context, _: click.Parameter, value: Path | None) -> None:
    if value is not None:
        context.ensure_object(Session).project_dir = value


def _keep_debug(context: click.Context, _: click.Parameter, value: bool) -> None:
    if value:
        context.ensure_object(Session).debug = True
