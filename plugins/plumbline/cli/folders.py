"""Completion of folders, for options that name one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


def complete_folders(
    _: click.Context, __: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """The shell knows its folders itself."""
    from click.shell_completion import CompletionItem

    return [CompletionItem(incomplete, type="dir")]
