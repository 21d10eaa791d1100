"""A project begins with an installed plumbline and an empty folder: the how-to is typed line by line."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = [pytest.mark.warehouse, pytest.mark.scenario]

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "ten-minutes.md").read_text()
LINES = [
    line for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()
]
ENDS = {"plumbline run": 2, "plumbline run --select orders_a_day": 0}
"""Exit codes; 0 where nothing is said. The example's last day is CRITICAL."""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package as the wheel has it, and nothing of the repository."""
    folder = tmp_path_factory.mktemp("wheel")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"),
            # it builds the wheel, and installs that
            *("--no-deps", "--no-index", "--no-build-isolation", "--target", str(folder), "."),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )
    assert done.returncode == 0, done.stderr
    return folder


class Shell:
    """Somebody's terminal, in an empty folder, with the package and no repository."""

    def __init__(self, folder: Path, installed: Path) -> None:
        self.folder = folder
        script = folder / "bin" / "plumbline"
        script.parent.mkdir(parents=True)
        script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m plumbline "$@"\n')
        script.chmod(0o755)
        ours = ("PLUMBLINE_TARGET", "PLUMBLINE_PROJECT", "BIGQUERY_EMULATOR_HOST")
        kept = {name: value for name, value in os.environ.items() if name not in ours}
        self.environment = kept | {
            "PYTHONPATH": str(installed),
            "PYTHONSAFEPATH": "1",
            "PATH": f"{script.parent}{os.pathsep}{os.environ['PATH']}",
            "PLUMBLINE_STATE_DIR": str(folder / "state"),
            "NO_COLOR": "1",
        }

    def type(self, line: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["sh", "-c", line],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=180,
        )


@pytest.fixture(scope="module")
def shell(installed: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    opened = Shell(tmp_path_factory.mktemp("empty"), installed)
    yield opened
    opened.type("plumbline warehouse stop")


def test_the_package_is_the_wheels(shell: Shell, installed: Path) -> None:
    said = shell.type(f"{sys.executable} -c 'import plumbline; print(plumbline.__file__)'").stdout
    assert said.startswith(str(installed))


def test_every_line_of_the_how_to_works_in_an_empty_folder(shell: Shell) -> None:
    assert len(LINES) > 6
    found = {}
    for line in LINES:
        if line.startswith("cd "):
            shell.folder = shell.folder / line.removeprefix("cd ")
            continue
        done = shell.type(line)
        assert done.returncode == ENDS.get(line, 0), f"{line}\n{done.stdout}{done.stderr}"
        assert "Traceback" not in done.stderr
        said = (done.stdout + done.stderr).casefold()
        assert not {"demo", "season", "basketball", "nba"} & set(re.findall(r"\w+", said)), line
        found[line] = done.stdout
    assert re.search(r"\bde +20.9 %", found["plumbline run"])
    assert "a run on the example data judges its day" in found["plumbline run"]
    assert "nothing to fix" in found["plumbline lint"]
    assert "orders_a_day" in found["plumbline list"]


def test_the_tests_that_it_wrote_pass(shell: Shell) -> None:
    done = shell.type(f"{sys.executable} -m pytest -q -p no:cacheprovider tests")
    assert done.returncode == 0, done.stdout
    assert "4 passed" in done.stdout


def test_in_a_dbt_project_the_first_run_judges_and_dbts_files_are_as_they_were(
    shell: Shell, installed: Path, tmp_path: Path
) -> None:
    dbt = tmp_path / "warehouse"
    (dbt / "models").mkdir(parents=True)
    (dbt / "dbt_project.yml").write_text("name: warehouse\nprofile: warehouse\n")
    (dbt / "models/orders.sql").write_text("select 1 as n")
    there = Shell(tmp_path / "there", installed)
    there.environment["PLUMBLINE_STATE_DIR"] = str(tmp_path / "state")
    there.folder = dbt
    try:
        assert there.type("plumbline init").returncode == 0
        there.folder = dbt / "plumbline"
        assert there.type("plumbline run").returncode == 2
    finally:
        there.type("plumbline warehouse stop")
    assert (dbt / "dbt_project.yml").read_text() == "name: warehouse\nprofile: warehouse\n"
    assert sorted(path.name for path in dbt.iterdir()) == ["dbt_project.yml", "models", "plumbline"]
