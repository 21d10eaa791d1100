"""Help: there for every command, with examples and exit codes, and instant."""

from __future__ import annotations

import resource
import subprocess
import sys

import click
import pytest

from plumbline.cli.commands import Command, Group
from plumbline.cli.main import build_root
from support.each import for_each
from support.processes import PLUMBLINE, environment
from unit.cli.conftest import Plumbline

HEAVY = {"great_expectations", "google.cloud", "google.auth", "pandas", "rich", "pydantic", "yaml"}


def walk(group: Group, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """The paths of all commands and groups below ``group``."""
    context = click.Context(group)
    found = []
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        found.append((*path, name))
        if isinstance(command, Group):
            found += walk(command, (*path, name))
    return found


COMMANDS = [(), *walk(build_root())]


def test_these_are_the_commands() -> None:
    assert [" ".join(path) for path in COMMANDS if path] == [
        "run",
        "record",
        "record dbt",
        "list",
        "lint",
        "compile",
        "accept",
        "backtest",
        "calibrate",
        "impact",
        "alerts",
        "alerts list",
        "alerts show",
        "alerts ack",
        "alerts close",
        "alerts mute",
        "alerts unmute",
        "alerts test",
        "alerts flush",
        "alerts drop",
        "schedule",
        "schedule show",
        "schedule run",
        "schedule check",
        "schedule export",
        "deploy",
        "deploy drift",
        "deploy check",
        "deploy verify",
        "deploy init",
        "deploy render",
        "deploy image",
        "deploy apply",
        "deploy secrets",
        "deploy test-chain",
        "docs",
        "docs build",
        "docs open",
        "docs serve",
        "docs host",
        "debug",
        "smoke",
        "warehouse",
        "warehouse start",
        "warehouse stop",
        "warehouse status",
        "warehouse seed",
        "warehouse query",
        "warehouse reset",
        "new",
        "new monitor",
        "new table",
        "import",
        "import dbt",
        "import gx",
        "upgrade",
        "init",
    ]


@pytest.mark.parametrize("option", ["--help", "-h"])
def test_help_describes_and_shows_examples_and_exit_codes(
    plumbline: Plumbline, option: str
) -> None:
    def is_so(path: tuple[str, ...]) -> None:
        said = plumbline(*path, option)
        assert said.code == 0
        assert said.err == ""
        assert f"Usage: {' '.join(('plumbline', *path))} " in said.out
        assert "Examples:\n  plumbline" in said.out
        assert "...\n" not in said.out.partition("Commands:")[2]  # summaries are whole
        for code in ("0 ", "64", "70"):
            assert f"\n  {code}  " in said.out.split("Exit codes:")[1]
        assert "--project-dir" in said.out
        assert "--debug" in said.out

    for_each(COMMANDS, is_so, name=" ".join)


def test_no_line_of_an_example_is_wider_than_the_terminal(
    plumbline: Plumbline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")

    def is_so(path: tuple[str, ...]) -> None:
        examples = plumbline(*path, "--help").out.split("Examples:\n")[1].split("Exit codes:")[0]
        assert max(map(len, examples.splitlines())) <= 80

    for_each(COMMANDS, is_so, name=" ".join)


def test_every_option_is_explained() -> None:
    def is_so(path: tuple[str, ...]) -> None:
        command: click.Command = build_root()
        for name in path:
            assert isinstance(command, Group)
            found = command.get_command(click.Context(command), name)
            assert found is not None
            command = found
        options = [one for one in command.params if isinstance(one, click.Option)]
        assert [one.name for one in options if not one.help] == []

    for_each(COMMANDS, is_so, name=" ".join)


def test_the_exit_codes_of_run_are_those_of_nagios(plumbline: Plumbline) -> None:
    codes = plumbline("run", "--help").out.split("Exit codes:")[1]
    assert [line.split()[:2] for line in codes.strip().splitlines()] == [
        ["0", "OK,"],
        ["1", "WARNING"],
        ["2", "CRITICAL:"],
        ["3", "ERROR:"],
        ["64", "wrong"],
        ["70", "a"],
        ["129,", "130,"],
    ]


@pytest.mark.parametrize("path", [(), ("warehouse",)], ids=["plumbline", "warehouse"])
def test_a_group_alone_shows_its_help_and_is_no_success(
    plumbline: Plumbline, path: tuple[str, ...]
) -> None:
    said = plumbline(*path)
    assert (said.code, said.out) == (64, "")
    assert "Commands:" in said.err


def test_every_command_has_its_line_in_the_help_of_all(plumbline: Plumbline) -> None:
    listed = plumbline("--help").out.split("Commands:")[1].split("Examples:")[0]
    names = [line.split()[0] for line in listed.splitlines() if line.strip()]
    assert names == [path[0] for path in COMMANDS if len(path) == 1]


def test_commands_and_groups_are_ours(plumbline: Plumbline) -> None:
    root = build_root()
    context = click.Context(root)
    for name in root.list_commands(context):
        assert isinstance(root.get_command(context, name), Command | Group)


def test_the_version_is_said(plumbline: Plumbline) -> None:
    said = plumbline("--version")
    assert said.code == 0
    assert said.out.startswith("plumbline ")


@pytest.mark.parametrize(
    "arguments", [["--help"], ["run", "--help"], ["warehouse", "--help"], ["--version"], ["nope"]]
)
def test_nothing_heavy_is_imported_to_say_this(arguments: list[str]) -> None:
    script = (
        "import sys\n"
        "from plumbline.cli.main import invoke\n"
        f"invoke({arguments!r})\n"
        f"print(sorted({HEAVY!r} & set(sys.modules)), file=sys.stderr)\n"
    )
    finished = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        env=environment(),
    )
    assert finished.stderr.splitlines()[-1] == "[]"


def test_help_answers_in_well_under_a_second() -> None:
    fastest = min(_cpu_seconds("--help") for _ in range(3))
    assert fastest < 0.6, f"{fastest:.2f} s"


def _cpu_seconds(*arguments: str) -> float:
    """Of the command: what it waits for on a busy machine does not count."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([*PLUMBLINE, *arguments], capture_output=True, check=True, env=environment())
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def test_a_command_asked_for_help_without_its_group_has_the_short_option_too() -> None:
    from plumbline.cli.run import command

    option = command.get_help_option(command.make_context("run", [], resilient_parsing=True))
    assert option is not None
    assert option.opts == ["-h", "--help"]


@pytest.mark.parametrize(
    "word", ["2026-02-02T15:00:00-05:00", "--project-dir", "nginx-unprivileged", "a-b-c-d-e-f-g"]
)
@pytest.mark.parametrize("width", range(60, 80, 3))
def test_help_breaks_no_word_at_its_hyphens(word: str, width: int) -> None:
    text = f"An instant with a time zone, an option or the name of an image ({word}) then more."
    command = Command(name="x", help=text, params=[click.Option(["--as-of"], help=text)])
    context = command.context_class(command, terminal_width=width, max_content_width=width)
    assert command.get_help(context).count(word) >= 2


@pytest.mark.parametrize("width", [60, 80, 120])
def test_no_line_of_help_is_wider_than_the_terminal(width: int) -> None:
    def wide(group: click.Command, context: click.Context) -> list[str]:
        found = [line for line in group.get_help(context).splitlines() if len(line) > width]
        for name in group.list_commands(context) if isinstance(group, Group) else ():
            command = group.get_command(context, name)
            assert command is not None
            inner = command.context_class(command, parent=context, info_name=name)
            found += wide(command, inner)
        return found

    root = build_root()
    top = root.context_class(
        root, info_name="plumbline", terminal_width=width, max_content_width=width
    )
    # An address of the cloud has no place to end a line at.
    assert [line for line in wide(root, top) if " " in line.strip(" \\")] == []
