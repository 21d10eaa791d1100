"""A project of one's own: it has no fault, keeps what is there, and leaves a dbt project alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from plumbline.core.errors import ConfigError
from plumbline.lint.linter import lint
from plumbline.project import Project
from plumbline.scaffold.project import make_project


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize("example", [True, False], ids=["with its example", "without"])
def test_what_is_made_has_nothing_to_fix(tmp_path: Path, example: bool) -> None:
    made = make_project(tmp_path / "shop", name=None, example=example)
    assert [finding.what for finding in lint(Project(made.root)).findings] == []
    assert Project(made.root).suite_names() == (("orders_with_email",) if example else ())


def test_again_nothing_changes(tmp_path: Path) -> None:
    make_project(tmp_path / "shop", name=None, example=True)
    before = contents(tmp_path)
    again = make_project(tmp_path / "shop", name=None, example=True)
    assert (again.written, contents(tmp_path)) == ((), before)


def test_what_is_there_stays_and_what_is_missing_is_made(tmp_path: Path) -> None:
    made = make_project(tmp_path / "shop", name=None, example=True)
    alerts = made.root / "checkpoints/alerts.yml"
    alerts.write_text("# mine\n")
    (made.root / "README.md").unlink()
    again = make_project(made.root, name=None, example=True)
    assert [path.name for path in again.written] == ["README.md"]
    assert alerts in again.kept
    assert alerts.read_text() == "# mine\n"


def test_a_project_made_without_the_example_stays_without_it(tmp_path: Path) -> None:
    made = make_project(tmp_path / "shop", name=None, example=False)
    (made.root / "README.md").unlink()
    again = make_project(made.root, name=None, example=True)
    assert (again.has_example, [path.name for path in again.written]) == (False, ["README.md"])
    assert Project(made.root).suite_names() == ()


@pytest.mark.parametrize("example", [True, False], ids=["with its example", "without"])
def test_the_readme_names_the_example_only_where_it_is(tmp_path: Path, example: bool) -> None:
    made = make_project(tmp_path / "shop", name=None, example=example)
    text = (made.root / "README.md").read_text()
    assert ("example" in text, "`seeds/`" in text) == (example, example)
    assert "plumbline run" in text


def test_a_dbt_project_is_left_as_it_is(tmp_path: Path) -> None:
    dbt = tmp_path / "warehouse"
    (dbt / "models").mkdir(parents=True)
    (dbt / "dbt_project.yml").write_text("name: warehouse\nprofile: warehouse\n")
    (dbt / "models/orders.sql").write_text("select 1 as n")
    before = contents(dbt)
    made = make_project(dbt, name=None, example=True)
    assert (made.dbt is not None, made.root) == (True, dbt / "plumbline")
    after = contents(dbt)
    assert {name: text for name, text in after.items() if name in before} == before
    assert all(name.startswith("plumbline/") for name in after.keys() - before.keys())
    assert Project(made.root).dbt["name"] == "warehouse"
    assert [finding.what for finding in lint(Project(made.root)).findings] == []


@pytest.mark.parametrize("name", ["Shop", "1shop", "shop-dq"])
def test_a_name_that_dbt_would_refuse_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError, match="is not a valid project name"):
        make_project(tmp_path / "shop", name=name, example=True)
    assert not (tmp_path / "shop").exists()


def test_the_folders_name_becomes_one_that_dbt_takes(tmp_path: Path) -> None:
    made = make_project(tmp_path / "2 My-Shop!", name=None, example=False)
    assert Project(made.root).dbt["name"] == "project_2_my_shop"


@pytest.mark.parametrize("length", [1, 24, 25, 60])
def test_a_name_of_any_length_makes_a_project_without_a_fault(tmp_path: Path, length: int) -> None:
    name = ("shop_" * length)[:length]
    made = make_project(tmp_path / "dq", name=name, example=True)
    assert [finding.what for finding in lint(Project(made.root)).findings] == []
    assert Project(made.root).dbt["name"] == name


def test_a_file_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "shop").write_text("")
    with pytest.raises(ConfigError, match="is not a folder"):
        make_project(tmp_path / "shop", name=None, example=True)
