"""A project of an earlier version is changed where this one needs it, and only there."""

from __future__ import annotations

from support.projects import SmallProject
from unit.cli.conftest import Plumbline


def test_a_project_of_this_version_stays_as_it_is(
    project: SmallProject, plumbline: Plumbline
) -> None:
    before = (project.root / "great_expectations.yml").read_text()
    said = plumbline("upgrade")
    assert said.code == 0
    assert "No file needs a change" in said.err
    assert (project.root / "great_expectations.yml").read_text() == before


def test_a_project_without_a_name_gets_one_once(
    project: SmallProject, plumbline: Plumbline
) -> None:
    file = project.root / "great_expectations.yml"
    (project.root / "dbt_project.yml").unlink()
    before = file.read_text()
    shown = plumbline("upgrade", "--dry-run")
    assert "+    plumbline_project: project" in shown.out
    assert file.read_text() == before
    plumbline("upgrade")
    after = file.read_text()
    assert "    plumbline_project: project\n" in after
    assert project.project.identity == "project"
    assert "No file needs a change" in plumbline("upgrade").err
    assert file.read_text() == after
