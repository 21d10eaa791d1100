"""The examples in the help of every command, and a place where each can be typed for real.

They are collected from the commands themselves, so that a new one can't be forgotten.
"""

from __future__ import annotations

import os
import select
import shutil
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import click

from plumbline.cli.commands import Command, Group
from plumbline.cli.main import build_root
from support.dbt_manifest import generic_test, source, write_manifest
from support.gx_files import write_gx
from support.processes import environment
from support.warm_python import warm_python

ROOT = Path(__file__).parents[2]

CHEAP = ("compile", "debug", "list", "schedule", "upgrade")
"""Commands that ask no warehouse; whatever is not named here is typed where there is one."""

OFFLINE = (
    *(("deploy", "init"), ("deploy", "render"), ("deploy", "image")),
    *(("import", "dbt"), ("import", "gx"), ("record", "dbt")),
)
"""Commands of other groups that ask nobody."""

GCLOUD = (("deploy", "apply"), ("deploy", "secrets"), ("deploy", "test-chain"), ("docs", "host"))
"""Commands that run gcloud, which a `Terminal` has, but without an account."""

ENDLESS = (("schedule", "run"),)
"""Commands that run until they are told to stop."""

FRESHNESS = ROOT / "tests" / "unit" / "dbt" / "artifacts" / "sources.json"
"""What dbt left of a source that is fresh."""

PROJECT_PARTS = (
    ".gitignore",
    "checkpoints",
    "dbt_project.yml",
    "deploy",
    "docs",
    "expectations",
    "great_expectations.yml",
    "macros",
    "models",
    "schemas",
    "scripts",
    "validation_definitions",
)


@dataclass(frozen=True)
class Shown:
    """One example, and the command in whose help it stands."""

    path: tuple[str, ...]
    line: str
    exit_codes: frozenset[int]

    def __str__(self) -> str:
        return self.line

    @property
    def typed(self) -> str:
        """The line without placeholders."""
        return self.line.replace("COMMAND", "run")

    @property
    def is_cheap(self) -> bool:
        """Whether it needs no warehouse."""
        words = self.typed.split()
        asks = "--costs" in words or self.path == ("schedule", "check")
        return (
            "--help" in words
            or (words[1] in CHEAP and not asks)
            or self.asks_bigquery
            or self.asks_gcloud
            or tuple(words[1:3]) in OFFLINE
        )

    @property
    def is_endless(self) -> bool:
        """Whether it runs until it is told to stop."""
        return self.path in ENDLESS

    @property
    def asks_bigquery(self) -> bool:
        """Whether it needs BigQuery itself, which no test has."""
        if self.path == ("schedule", "export"):  # writes files only
            return False
        return "--target bigquery" in self.line or "--all-targets" in self.line

    @property
    def installs(self) -> bool:
        """Whether it writes how to install plumbline as it is here: a `Terminal` has its sources."""
        return self.path == ("deploy", "init") or "--format github-actions" in self.line

    @property
    def asks_gcloud(self) -> bool:
        """Whether it runs gcloud, for which no test has an account."""
        return tuple(self.typed.split()[1:3]) in GCLOUD


def commands() -> list[tuple[tuple[str, ...], Command | Group]]:
    """Every command and group with its path, the root first."""
    root = build_root()
    return [((), root), *_below(root, ())]


def examples() -> list[Shown]:
    """Every example; a line that stands in two helps is there once."""
    found: dict[str, Shown] = {}
    for path, command in commands():
        for example in command.examples:
            shown = Shown(path, example.line, frozenset(command.exit_codes))
            found.setdefault(example.line, shown)
    return list(found.values())


def _below(group: Group, path: tuple[str, ...]) -> list[tuple[tuple[str, ...], Command | Group]]:
    context = click.Context(group, help_option_names=["-h", "--help"])
    found: list[tuple[tuple[str, ...], Command | Group]] = []
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert isinstance(command, Command | Group)
        found.append(((*path, name), command))
        if isinstance(command, Group):
            found += _below(command, (*path, name))
    return found


@dataclass(frozen=True)
class Terminal:
    """A shell in a copy of the shipped project: what is typed there changes nothing here."""

    project: Path
    bin: Path
    state_dir: Path

    @classmethod
    def open(cls, folder: Path) -> Terminal:
        """A copy below ``folder``, under git as a user's would be."""
        project = folder / "project"
        project.mkdir(parents=True)
        for name in PROJECT_PARTS:
            part = ROOT / name
            if part.is_dir():
                ignored = shutil.ignore_patterns("__pycache__")
                shutil.copytree(part, project / name, ignore=ignored)
            elif part.exists():
                shutil.copy(part, project / name)
        of_dbt = source("nba_predictions", "player_prop_predictions", project="plumbline_nba")
        checks = generic_test("not_null", of_dbt[0], "system_id", project="plumbline_nba")
        write_manifest(project, of_dbt, checks, project="plumbline_nba")
        write_gx(folder / "quality")
        shutil.copy(FRESHNESS, project / "target")
        subprocess.run(["git", "init", "-q"], cwd=project, check=True)
        command = folder / "bin" / "plumbline"
        command.parent.mkdir()
        words = " ".join(f"'{word}'" for word in [*warm_python(), "-m", "plumbline"])
        command.write_text(f'#!/bin/sh\nexec {words} "$@"\n')
        command.chmod(0o755)
        for name in ("gcloud", "bq"):
            program = folder / "bin" / name
            program.write_text("#!/bin/sh\necho 'ERROR: run gcloud auth login' >&2; exit 1\n")
            program.chmod(0o755)
        terminal = cls(project, command.parent, folder / "state")
        terminal.commit("As shipped")
        return terminal

    def commit(self, message: str) -> None:
        """Commit whatever was written: an image is only built of a clean working tree."""
        git = ["git", "-c", "user.name=A", "-c", "user.email=a@example.org"]
        for arguments in (["add", "."], ["commit", "-q", "--allow-empty", "-m", message]):
            subprocess.run([*git, *arguments], cwd=self.project, check=True)

    def type(self, line: str, **changes: str) -> subprocess.CompletedProcess[str]:
        """One line, as the shell reads it."""
        return subprocess.run(
            ["sh", "-c", line],
            cwd=self.project,
            env=self._environment(changes),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def type_and_stop(
        self, line: str, number: signal.Signals, **changes: str
    ) -> subprocess.CompletedProcess[str]:
        """One line that runs on: a signal follows its first line on either stream."""
        with subprocess.Popen(
            ["sh", "-c", f"exec {line}"],
            cwd=self.project,
            env=self._environment(changes),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as process:
            assert process.stdout is not None
            assert process.stderr is not None
            first, _, _ = select.select([process.stdout, process.stderr], [], [], 120)
            assert first, "it has said nothing for two minutes"
            process.send_signal(number)
            said, complained = process.communicate(timeout=120)
        return subprocess.CompletedProcess(
            line, process.returncode, said.decode(), complained.decode()
        )

    def _environment(self, changes: Mapping[str, str]) -> dict[str, str]:
        ours = {"PLUMBLINE_TARGET", "PLUMBLINE_PROJECT", "BIGQUERY_EMULATOR_HOST"}
        kept = {name: value for name, value in environment().items() if name not in ours}
        return (
            kept
            | {
                "PATH": f"{self.bin}{os.pathsep}{os.environ['PATH']}",
                "PLUMBLINE_STATE_DIR": str(self.state_dir),
                # never a developer's own
                "GOOGLE_APPLICATION_CREDENTIALS": str(self.project / "no-credentials.json"),
                "NO_COLOR": "1",
                "BROWSER": "true",  # a command that opens nothing
            }
            | changes
        )
