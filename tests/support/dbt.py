"""The real dbt, as a process: it has an environment of its own, which `make unit` makes.

``PLUMBLINE_TEST_DBT`` names another. Offline: a made-up token is a credential that nobody checks, and
the flags below keep dbt from asking BigQuery anything.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
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
        done = subprocess.run(
            [
                str(executable()),
                *(["--warn-error"] if warnings_are_errors else []),
                "--no-use-colors",
                *arguments,
                *("--profiles-dir", str(self.profiles), "--project-dir", str(self.project)),
            ],
            cwd=self.project,
            env=environment(),
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        return Finished(done.returncode, done.stdout + done.stderr)

    def succeed(self, *arguments: str) -> str:
        """Run one command that must end well; what it said."""
        done = self(*arguments)
        assert done.code == 0, f"dbt {' '.join(arguments)} ended with {done.code}:\n{done.said}"
        return done.said

    def compiled(self, model: Path) -> str:
        """What dbt made of a model, by its path from the project's folder."""
        name = yaml.safe_load((self.project / "dbt_project.yml").read_text())["name"]
        return (self.project / "target" / "compiled" / name / model).read_text()


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
