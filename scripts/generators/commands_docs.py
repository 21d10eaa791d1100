"""``docs/commands``: a page for each command, from the command line itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import click

from generators.markdown import code, plain, table
from plumbline.cli.commands import EXIT_CODES, Command, Group, exit_code_rows
from plumbline.cli.main import build_root
from plumbline.cli.session import shared_options

FOLDER = Path("docs/commands")

CommandPath = tuple[str, ...]
"""``("plumbline", "alerts", "ack")``."""

_NOTE = "<!-- made by scripts/generators from the commands in plugins/plumbline/cli -->\n"

_SHARED = {option.name for option in shared_options()}

NEXT: Mapping[str, str] = {
    "upgrade": "[configuration](../configuration.md)",
    "run": "[statuses and exit codes](../statuses-and-exit-codes.md)",
    "record": "[dbt projects](../dbt.md#record-dbts-results)",
    "list": "[writing a monitor](../writing-a-monitor.md)",
    "lint": "[every rule](../lint.md)",
    "compile": "[writing a monitor](../writing-a-monitor.md)",
    "accept": "[suites over tables](../table-suites.md)",
    "backtest": "[backtest, calibrate, impact](../backtest.md)",
    "calibrate": "[backtest, calibrate, impact](../backtest.md)",
    "impact": "[backtest, calibrate, impact](../backtest.md)",
    "alerts": "[alerts](../alerts.md) and [channels](../channels.md)",
    "schedule": "[schedules](../schedules.md)",
    "deploy": "[deployments](../deployments.md) and [deploy to Cloud Run](../deploy.md)",
    "docs": "[data docs](../data-docs.md)",
    "debug": "[configuration](../configuration.md)",
    "smoke": "[not tested on real BigQuery](../unproven.md)",
    "warehouse": "[the embedded warehouse](../embedded-warehouse.md)",
    "new": "[a monitor in ten minutes](../ten-minutes.md)",
    "import": "[dbt projects](../dbt.md) and [GX projects](../import-gx.md)",
    "init": "[a monitor in ten minutes](../ten-minutes.md)",
}
"""The page about what a command is for."""


def make_files() -> Mapping[Path, str]:
    """The pages, and one that lists them."""
    root = build_root()
    context = click.Context(root, info_name="plumbline")
    pages = {FOLDER / "README.md": _overview(root, context)}
    for name in root.list_commands(context):
        sections = [_section(command, path) for path, command in commands(root) if path[1] == name]
        end = f"Next: {NEXT[name]}, [all commands](README.md).\n"
        pages[FOLDER / f"{name}.md"] = _NOTE + "\n".join([*sections, end])
    return pages


def commands(root: Group) -> Iterator[tuple[CommandPath, Command | Group]]:
    """All commands below ``root`` with their paths, a group before its commands, in the order of
    ``--help``."""

    def below(group: Group, path: CommandPath) -> Iterator[tuple[CommandPath, Command | Group]]:
        context = click.Context(group, info_name=" ".join(path))
        for name in group.list_commands(context):
            command = group.get_command(context, name)
            assert isinstance(command, Command | Group)
            yield (*path, name), command
            if isinstance(command, Group):
                yield from below(command, (*path, name))

    return below(root, ("plumbline",))


def _overview(root: Group, context: click.Context) -> str:
    rows = []
    for path, command in commands(root):
        if isinstance(command, Group):
            continue
        line = " ".join(path)
        anchor = "" if len(path) == 2 else f"#{line.replace(' ', '-')}"
        rows.append((f"[`{line}`]({path[1]}.md{anchor})", _summary(root, path, command)))
    return "\n\n".join(
        [
            _NOTE + "# Commands",
            "Each page has a command's options, examples and exit codes: what `--help` prints. "
            'Examples marked "in the demo project" need a clone of plumbline\'s repository. In a '
            "project of your own, use names of your own.",
            table(("command", "does"), rows),
            "## Options of every command",
            _options(root, context, shared=True),
            "## Exit codes of every command",
            _exit_codes({0: "done", **EXIT_CODES}),
            "Next: [statuses and exit codes](../statuses-and-exit-codes.md), "
            "[glossary](../glossary.md), [shell completion]"
            "(../shell-completion.md).\n",
        ]
    )


def _summary(root: Group, path: CommandPath, command: Command | Group) -> str:
    text = root.lazy[path[1]][1] if len(path) == 2 else command.get_short_help_str(200)
    return plain(text)


def _section(command: Command | Group, path: CommandPath) -> str:
    line = " ".join(path)
    context = click.Context(command, info_name=line, **command.context_settings)
    level = "#" * (len(path) - 1)
    usage = " ".join([line, *command.collect_usage_pieces(context)])
    parts = [f"{level} {line}", *map(plain, (command.help or "").split("\n\n"))]
    parts.append(f"```text\n{usage}\n```")
    if isinstance(command, Group):
        parts.append(_subcommands(command, context, line))
    if options := _options(command, context, shared=False):
        parts.append(options)
    if command.examples:
        lines = "\n".join(f"# {one.purpose}\n{one.line}" for one in command.examples)
        parts.append(f"```sh\n{lines}\n```")
    parts.append(_exit_codes(command.exit_codes, is_endless=command.is_endless))
    return "\n\n".join(parts) + "\n"


def _subcommands(group: Group, context: click.Context, line: str) -> str:
    rows = []
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        anchor = f"{line} {name}".replace(" ", "-")
        rows.append((f"[`{name}`](#{anchor})", plain(command.get_short_help_str(200))))
    return table(("command", "does"), rows)


def _options(command: click.Command, context: click.Context, *, shared: bool) -> str:
    """A table, of the options that all commands have or of the others; empty without any."""
    rows = []
    for parameter in command.get_params(context):
        is_shared = parameter.name in _SHARED or "--help" in parameter.opts
        record = parameter.get_help_record(context)
        if isinstance(parameter, click.Option) and record and is_shared == shared:
            rows.append((code(record[0]), plain(record[1])))
    return table(("option", "meaning"), rows) if rows else ""


def _exit_codes(codes: Mapping[int, str], *, is_endless: bool = False) -> str:
    rows = [(code, plain(text)) for code, text in exit_code_rows(codes, is_endless=is_endless)]
    return table(("exit code", "meaning"), rows)
