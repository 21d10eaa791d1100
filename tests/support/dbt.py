"""The real dbt, as processes: it has an environment of its own, which `make unit` makes.

``PLUMBLINE_TEST_DBT`` names another. Offline: a made-up token is a credential that nobody checks, and
the flags below keep dbt from asking BigQuery anything.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

OFFLINE = ("--no-populate-cache", "--no-introspect")
"""What `dbt compile` needs so as not to wait for BigQuery."""

NOWHERE = "http://127.0.0.1:9"
"""Instead of BigQuery: nothing answers there."""

PARTS = ("dbt_project.yml", "macros", "models")
"""What dbt reads of the shipped project."""


@dataclass(frozen=True)
class Finished:
    """A dbt command that has ended."""

    code: int
    said: str


@dataclass(frozen=True)
class Dbt:
    """dbt in one project's folder."""

    project: Path
    profiles: Path

    @classmethod
    def open(
        cls, folder: Path, profiles: Path, *, project: str, dataset: str, endpoint: str = NOWHERE
    ) -> Dbt:
        """dbt for the project in ``folder``; its profile is made in the folder ``profiles``."""
        name = yaml.safe_load((folder / "dbt_project.yml").read_text())["profile"]
        output: dict[str, object] = {
            "type": "bigquery",
            "method": "oauth-secrets",
            "token": "made-up",
            "project": project,
            "dataset": dataset,
            "location": "US",
            "api_endpoint": endpoint,
            "threads": 1,
            "job_retries": 0,
            "job_execution_timeout_seconds": 60,
        }
        profiles.mkdir(parents=True, exist_ok=True)
        content = {name: {"target": "test", "outputs": {"test": output}}}
        (profiles / "profiles.yml").write_text(yaml.safe_dump(content))
        return cls(folder, profiles)

    def __call__(self, *arguments: str, warnings_are_errors: bool = True) -> Finished:
        """Run one command; a warning, or a deprecation, is an error unless said otherwise."""
        return _run(
            self.project,
            [
                *(["--warn-error"] if warnings_are_errors else []),
                "--no-use-colors",
                *arguments,
                *("--profiles-dir", str(self.profiles), "--project-dir", str(self.project)),
            ],
        )

    def succeed(self, *arguments: str) -> str:
        """Run one command that must end well; what it said."""
        done = self(*arguments)
        assert done.code == 0, f"dbt {' '.join(arguments)} ended with {done.code}:\n{done.said}"
        return done.said

    def compiled(self, model: Path) -> str:
        """What dbt made of a model, by its path from the project's folder."""
        name = yaml.safe_load((self.project / "dbt_project.yml").read_text())["name"]
        return (self.project / "target" / "compiled" / name / model).read_text()


_warm: subprocess.Popen[str] | None = None


def _run(folder: Path, arguments: Sequence[str]) -> Finished:
    """One command, of a dbt that is imported once (`warm_dbt`)."""
    global _warm
    if _warm is None:
        _warm = subprocess.Popen(
            [python(), "-P", str(Path(__file__).with_name("warm_dbt.py"))],
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
    assert _warm.stdin is not None
    assert _warm.stdout is not None
    with tempfile.NamedTemporaryFile("r") as output:
        asked = {"folder": str(folder), "arguments": arguments, "output": output.name}
        _warm.stdin.write(json.dumps(asked) + "\n")
        _warm.stdin.flush()
        code = int(_warm.stdout.readline())
        return Finished(code, output.read())


def stop() -> None:
    """Let go of the warm dbt."""
    global _warm
    if _warm is not None:
        _warm.communicate()
        _warm = None


def python() -> str:
    """The Python that dbt's own command names."""
    return executable().read_text().partition("\n")[0].removeprefix("#!")


def executable() -> Path:
    """dbt's own command; a test that needs it fails where there is none."""
    named = os.environ.get("PLUMBLINE_TEST_DBT")
    found = Path(named) if named else Path(sys.prefix) / "dbt" / "bin" / "dbt"
    if not found.is_file():
        pytest.fail(
            f"dbt is not at {found}: `make unit` installs it, or PLUMBLINE_TEST_DBT names it"
        )
    return found


def environment() -> Mapping[str, str]:
    """This process's, without what is meant for this Python, for a developer's dbt or for Google."""
    unwanted = ("PYTHON", "VIRTUAL_ENV", "DBT_", "GOOGLE_", "BIGQUERY_", "COV_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(unwanted)}
    # Bytecode is kept whatever the developer's setting: without it each start takes four times as long.
    return kept | {"DBT_SEND_ANONYMOUS_USAGE_STATS": "false", "DO_NOT_TRACK": "1"}


def copy_shipped_project(root: Path, into: Path) -> Path:
    """What dbt reads of the project in ``root``."""
    into.mkdir(parents=True)
    for name in PARTS:
        source = root / name
        if source.is_dir():
            shutil.copytree(source, into / name)
        else:
            shutil.copy(source, into / name)
    return into
