"""What the commands that change Google Cloud have in common."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from plumbline.cli.output import write_text

if TYPE_CHECKING:
    from plumbline.deploy.steps import Step


def dry_run_option() -> click.Option:
    return click.Option(
        ["--dry-run"], is_flag=True, help="Show the commands that would run, without changes."
    )


def write_steps(steps: Iterable[Step], *, dry_run: bool) -> list[Step]:
    """Report each step, and return all of them."""
    written = []
    for step in steps:
        write_text(step.render(dry_run=dry_run))
        written.append(step)
    return written
