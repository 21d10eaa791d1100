"""``plumbline lint`` as it is typed: exit codes, formats, lightness, and the shipped project."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from plumbline.cli.main import invoke
from support.lint_project import LintedProject
from support.processes import PLUMBLINE, environment
from unit.lint.test_rules import LAG

ROOT = Path(__file__).parents[3]
HEAVY = ("great_expectations", "google", "pandas", "numpy", "rich", "zetasql", "bqemulator")


@pytest.fixture(autouse=True)
def _inside(linted: LintedProject, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(linted.root)


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("{", "{", 0),
        ('"owner": "data-platform",', "", 1),
        ('"owner"', '"onwer"', 2),
    ],
    ids=["nothing to fix", "a warning", "an error"],
)
@pytest.mark.parametrize("form", ["text", "json", "github"])
def test_the_exit_code_says_how_bad_it_is(
    linted: LintedProject, old: str, new: str, code: int, form: str
) -> None:
    linted.replace(LAG, old, new)
    assert invoke(["lint", "--format", form]) == code


def test_a_name_that_is_nothing_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["lint", "nothing"]) == 64
    assert "'nothing' is not a monitor, file or folder" in capsys.readouterr().err


def test_no_project_is_wrong_usage(tmp_path: Path) -> None:
    assert invoke(["--project-dir", str(tmp_path), "lint"]) == 64


def test_names_limit_what_is_said(
    linted: LintedProject, capsys: pytest.CaptureFixture[str]
) -> None:
    linted.replace(LAG, '"owner"', '"onwer"')
    assert invoke(["lint", "coverage"]) == 0
    assert capsys.readouterr().out == "nothing to fix\n"


def test_json_goes_to_standard_output_alone(
    linted: LintedProject, capsys: pytest.CaptureFixture[str]
) -> None:
    linted.replace(LAG, '"owner"', '"onwer"')
    invoke(["lint", "--format", "json"])
    said = capsys.readouterr()
    assert json.loads(said.out)["counts"]["errors"] == 1
    assert said.err == ""


def test_fix_says_what_it_wrote(linted: LintedProject, capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["lint", "--fix", LAG]) == 0
    assert capsys.readouterr().out == f"fixed {LAG}\nnothing to fix\n"


def test_malformed_project_files_are_findings_and_not_refused(linted: LintedProject) -> None:
    for name in ("great_expectations.yml", "dbt_project.yml"):
        linted.write(name, "a: [")
    assert invoke(["lint"]) == 2


@pytest.mark.parametrize(
    "name", ["checkpoints/mutes.yml", "checkpoints/incidents.yml", "deploy/services.yml"]
)
def test_a_file_that_is_no_regular_file_is_a_finding(
    linted: LintedProject, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    file = linted.root / name
    file.parent.mkdir(exist_ok=True)
    file.unlink(missing_ok=True)
    os.mkfifo(file)
    assert invoke(["lint"]) == 2
    said = capsys.readouterr().out
    assert f"{name}:1: error: the file can't be read: it is not a regular file" in said


def test_it_needs_no_warehouse_library_and_no_gx(linted: LintedProject) -> None:
    linted.replace(LAG, "expect_metric_to_be_between", "expect_metric_to_be_betwen")
    code = (
        "import sys; from plumbline.cli.main import invoke; code = invoke(['lint']);"
        f"print([name for name in {HEAVY} if name in sys.modules]); sys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=linted.root,
        env=environment(),
    )
    assert done.returncode == 2, done.stderr
    assert done.stdout.splitlines()[-1] == "[]"


def test_the_shipped_project_has_nothing_to_fix(monkeypatch: pytest.MonkeyPatch) -> None:
    done = subprocess.run(
        [*PLUMBLINE, "--project-dir", str(ROOT), "lint"],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=ROOT,
        env=environment(),
    )
    assert (done.stdout, done.stderr, done.returncode) == ("nothing to fix\n", "", 0)
