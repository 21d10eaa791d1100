"""`plumbline import gx`: where it writes, and what it says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from plumbline.project import Project
from support.gx_files import NOT_NULL, write_gx
from support.projects import SmallProject
from unit.cli.conftest import Plumbline


@pytest.fixture
def gx_folder(tmp_path: Path) -> Path:
    suites = {"orders": [NOT_NULL, {"type": "expect_magic", "kwargs": {}}]}
    return write_gx(tmp_path / "quality", suites=suites, checkpoints={"nightly": {}})


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory without a project."""
    folder = tmp_path / "new"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def test_without_a_project_it_makes_one_and_says_what_became_what(
    gx_folder: Path, empty: Path, plumbline: Plumbline
) -> None:
    said = plumbline("import", "gx", str(gx_folder))
    assert (said.code, said.err) == (0, "")
    assert "expectations/orders.json" in said.out
    assert "expectations[1] expect_magic: there is no expectation 'expect_magic'\n  fix" in said.out
    assert "plumbline run nightly --no-alerts" in said.out
    assert Project(empty).checkpoint("nightly").monitors == ("orders",)


def test_it_writes_into_the_project_and_keeps_its_files(
    gx_folder: Path, project: SmallProject, plumbline: Plumbline
) -> None:
    before = (project.root / "great_expectations.yml").read_text()
    said = plumbline("import", "gx", str(gx_folder), "--format", "json")
    found = json.loads(said.out)
    assert {one["path"]: one["change"] for one in found["files"]} == {
        "expectations/orders.json": "new",
        "checkpoints/nightly.json": "new",
    }
    assert (project.root / "great_expectations.yml").read_text() == before


def test_a_dry_run_writes_nothing(gx_folder: Path, empty: Path, plumbline: Plumbline) -> None:
    said = plumbline("import", "gx", str(gx_folder), "--dry-run")
    assert said.code == 0
    assert "new expectations/orders.json" in said.out
    assert list(empty.iterdir()) == []


def test_inside_the_gx_project_a_new_folder_is_asked_for(
    gx_folder: Path, monkeypatch: pytest.MonkeyPatch, plumbline: Plumbline
) -> None:
    monkeypatch.chdir(gx_folder / "gx")
    said = plumbline("import", "gx", ".")
    assert said.code == 64
    assert "--project-dir FOLDER" in said.err
    said = plumbline("import", "gx", ".", "--project-dir", "../monitors")
    assert (said.code, said.err) == (0, "")
    assert Project(gx_folder / "monitors").suite_names() == ("orders",)


def test_a_folder_without_a_gx_project_is_refused(empty: Path, plumbline: Plumbline) -> None:
    said = plumbline("import", "gx", str(empty))
    assert said.code == 64
    assert "is not a project of Great Expectations" in said.err


def test_if_nothing_can_be_converted_the_exit_code_says_so(
    tmp_path: Path, empty: Path, plumbline: Plumbline
) -> None:
    folder = write_gx(tmp_path / "files", source={"type": "pandas", "connection_string": None})
    said = plumbline("import", "gx", str(folder))
    assert said.code == 3
    assert "data source 'db' is pandas, not BigQuery" in said.out


def test_a_table_that_is_not_one_is_refused(
    gx_folder: Path, empty: Path, plumbline: Plumbline
) -> None:
    said = plumbline("import", "gx", str(gx_folder), "--table", "orders")
    assert said.code == 64
    assert "write SUITE=DATASET.TABLE" in said.err
