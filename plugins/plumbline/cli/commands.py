"""Command classes: help with examples and exit codes, groups loaded when used."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

import click

from plumbline.cli.faults import EXIT_SOFTWARE, EXIT_USAGE
from plumbline.cli.session import shared_options
from plumbline.core.folding import folded, folded_command

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

EXIT_CODES: Mapping[int, str] = {
    EXIT_USAGE: "wrong usage or configuration: nothing was run",
    EXIT_SOFTWARE: "a bug in plumbline",
}
"""What every command may end with."""

STOPPED = ("129, 130, 143", "stopped by SIGHUP, Ctrl-C or SIGTERM")
"""Beside them, unless it is the command's regular end; see `plumbline.cli.interrupts`."""


_OF_DEMO = re.compile(
    r"nba|prediction|grading_|(?:line|bdb)_coverage|health_check_full|daily_validation"
)
"""Names of the demo project, which a project of one's own has not."""


@dataclass(frozen=True)
class Example:
    """A command line for ``--help``, and what it is for."""

    line: str
    why: str

    @property
    def is_of_demo(self) -> bool:
        """Whether it names what only the demo project has."""
        return _OF_DEMO.search(self.line) is not None

    @property
    def purpose(self) -> str:
        """What it is for, and where it can be typed."""
        return f"{self.why} (in the demo project)" if self.is_of_demo else self.why


_UNBROKEN = "\N{NON-BREAKING HYPHEN}"


class _Formatter(click.HelpFormatter):
    """Ends no line within a word at its hyphen: an instant, an option and a name stay whole."""

    def write_text(self, text: str) -> None:
        """As click's."""
        super().write_text(text.replace("-", _UNBROKEN))

    def write_dl(
        self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2
    ) -> None:
        """As click's."""
        unbroken = [(name, text.replace("-", _UNBROKEN)) for name, text in rows]
        super().write_dl(unbroken, col_max, col_spacing)

    def getvalue(self) -> str:
        """The help."""
        return super().getvalue().replace(_UNBROKEN, "-")


class _Context(click.Context):
    formatter_class = _Formatter


class _WithHelp(click.Command):
    """Help from the callback's docstring that ends with examples and exit codes; errors of the
    parser know their command, so that they can point to its help."""

    context_class = _Context

    def __init__(
        self,
        *args: Any,
        examples: Sequence[Example] = (),
        exit_codes: Mapping[int, str] | None = None,
        is_endless: bool = False,
        **kwargs: Any,
    ) -> None:
        """``is_endless``: it runs until a signal stops it."""
        # Set on each command: click keeps the help option of the first caller, which may have
        # come without the group that says it for all.
        kwargs.setdefault("context_settings", {"help_option_names": ["-h", "--help"]})
        super().__init__(*args, **kwargs)
        if self.callback is not None:
            self.help = self.help or inspect.getdoc(self.callback)
        self.examples = tuple(examples)
        self.exit_codes = {0: "done", **(exit_codes or {}), **EXIT_CODES}
        self.is_endless = is_endless
        self.params.extend(shared_options())

    def format_epilog(
        self,
        ctx: click.Context,  # noqa: ARG002 - click calls it so
        formatter: click.HelpFormatter,
    ) -> None:
        """Examples and exit codes."""
        write_examples(formatter, self.examples)
        with formatter.section("Exit codes"):
            formatter.write_dl(exit_code_rows(self.exit_codes, is_endless=self.is_endless))

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As click's."""
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as fault:
            fault.ctx = fault.ctx or ctx
            raise


class Command(_WithHelp):
    """A command."""


class Group(_WithHelp, click.Group):
    """A group whose commands are imported when they are used, not to list them."""

    def __init__(
        self,
        *args: Any,
        lazy: Mapping[str, tuple[str, str]] | None = None,
        **kwargs: Any,
    ) -> None:
        """``lazy``: name to (``module:attribute``, one line of help), in the order of help."""
        super().__init__(*args, **kwargs)
        self.no_args_is_help = False  # `parse_args` shows it, with another exit code
        self.lazy = dict(lazy or {})

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As click's; without any argument, help and the exit code of wrong usage."""
        if not args and not ctx.resilient_parsing:
            click.echo(ctx.get_help(), err=True)
            ctx.exit(EXIT_USAGE)
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """In the order in which they were declared."""
        return [*self.lazy, *self.commands]

    def get_command(
        self,
        ctx: click.Context,  # noqa: ARG002 - click calls it so
        cmd_name: str,
    ) -> click.Command | None:
        """The command, imported if need be."""
        if cmd_name not in self.lazy:
            return self.commands.get(cmd_name)
        module, attribute = self.lazy[cmd_name][0].split(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click's, with an error that suggests other commands."""
        if ctx.resilient_parsing:  # completion: an incomplete word is not an error
            return super().resolve_command(ctx, args)
        if args and not args[0].startswith("-") and self.get_command(ctx, args[0]) is None:
            from plumbline.core.errors import ConfigError, did_you_mean

            raise ConfigError(
                f"there is no command {args[0]!r} of {ctx.command_path!r}",
                fix=did_you_mean(args[0], self.list_commands(ctx)),
            )
        return super().resolve_command(ctx, args)

    def format_commands(
        self,
        ctx: click.Context,  # noqa: ARG002 - click calls it so
        formatter: click.HelpFormatter,
    ) -> None:
        """One line a command, without importing it."""
        with formatter.section("Commands"):
            formatter.write_dl(self._summaries())

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """The commands, without importing them, and the options."""
        from click.shell_completion import CompletionItem

        commands = [
            CompletionItem(name, help=text)
            for name, text in self._summaries()
            if name.startswith(incomplete)
        ]
        return [*commands, *click.Command.shell_complete(self, ctx, incomplete)]

    def _summaries(self) -> list[tuple[str, str]]:
        rows = [(name, text) for name, (_, text) in self.lazy.items()]
        # The whole first sentence: by default click cuts it.
        rows += [
            (name, command.get_short_help_str(limit=1_000))
            for name, command in self.commands.items()
        ]
        return rows


def write_examples(formatter: click.HelpFormatter, examples: Sequence[Example]) -> None:
    """A line to copy, and below it what it is for."""
    if not examples:
        return
    with formatter.section("Examples"):
        indent, below = formatter.current_indent, formatter.current_indent + 4
        for example in examples:
            line = folded_command(example.line, formatter.width - indent, indent=indent + 2)
            formatter.write(f"{'':{indent}}{line}\n")
            purpose = folded(f"{'':{below}}{example.purpose}", formatter.width, indent=below)
            formatter.write(f"{purpose}\n")


def exit_code_rows(
    exit_codes: Mapping[int, str], *, is_endless: bool = False
) -> list[tuple[str, str]]:
    """Codes with their meanings, sorted by number."""
    rows = [(str(code), text) for code, text in sorted(exit_codes.items())]
    return rows if is_endless else [*rows, STOPPED]
