"""Defaults of variables, where dbt has them too."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from plumbline.core.errors import ConfigError
from plumbline.project import Project


def project(folder: Path, text: str) -> Project:
    (folder / "dbt_project.yml").write_text(dedent(text))
    return Project(folder)


def test_they_stand_under_vars(tmp_path: Path) -> None:
    assert project(tmp_path, "name: shop\nvars: {days: 3}").vars == {"days": 3}


def test_those_under_the_projects_name_count_first(tmp_path: Path) -> None:
    text = """
        name: shop
        vars:
          days: 3
          timezone: UTC
          shop: {days: 7, timezone: Europe/Berlin}
          a_package: {days: 1}
    """
    found = project(tmp_path, text)
    assert found.vars["days"] == 7
    assert str(found.timezone) == "Europe/Berlin"


def test_a_variable_may_have_the_projects_name(tmp_path: Path) -> None:
    assert project(tmp_path, "name: shop\nvars: {shop: 1}").vars == {"shop": 1}


def test_vars_that_are_no_mapping_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="vars is not a mapping"):
        _ = project(tmp_path, "name: shop\nvars: [days]").vars


def test_without_a_dbt_project_there_are_none(tmp_path: Path) -> None:
    assert Project(tmp_path).vars == {}


def test_the_zone_and_the_name_may_hold_jinja(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = """
        name: "{{ env_var('SHOP') }}"
        vars:
          timezone: UTC
          shop: {timezone: "{{ env_var('ZONE', 'Europe/Berlin') }}"}
    """
    monkeypatch.setenv("SHOP", "shop")
    assert str(project(tmp_path, text).timezone) == "Europe/Berlin"


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("name: \"{{ env_var('NOT_SET') }}\"", "name"),
        ("name: shop\nmodel-paths: [\"{{ env_var('NOT_SET') }}\"]", "model-paths"),
        ("name: shop\nvars: {timezone: \"{{ env_var('NOT_SET') }}\"}", "vars.timezone"),
        ('name: shop\nvars: {timezone: "{{ target.name }}"}', "vars.timezone"),
    ],
)
def test_what_the_project_itself_needs_is_refused_where_it_cannot_be_rendered(
    tmp_path: Path, text: str, key: str
) -> None:
    with pytest.raises(ConfigError, match="can't be rendered") as caught:
        _ = project(tmp_path, text).timezone
    assert caught.value.key == key
