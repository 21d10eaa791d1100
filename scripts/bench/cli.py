"""The command line: ``python scripts/bench``."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module

import click

from bench.shared import NOT_MEASURED, USAGE, BenchmarkError
from plumbline.core.errors import PlumblineError

COMMANDS = ("health-check", "tables", "docs", "soak", "installed")


class _Benchmarks(click.Group):
    """Each benchmark is imported when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's
        """In the order in which they are described."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The command of that name."""
        if cmd_name not in COMMANDS:
            return None
        found: click.Command = import_module(f"bench.{cmd_name.replace('-', '_')}.cli").command
        return found


command = _Benchmarks(help="What plumbline takes, beside a reference, and whether that grows.")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one; the exit code."""
    try:
        command.main(args=arguments, prog_name="python scripts/bench", standalone_mode=False)
    except click.ClickException as fault:
        fault.show()
        return USAGE
    except click.Abort:
        return 130
    except (BenchmarkError, PlumblineError) as fault:
        click.echo(f"error: {fault}", err=True)
        return NOT_MEASURED
    return 0
