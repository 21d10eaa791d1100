"""A project's name: dbt's, else that of the data source; without one, state has nowhere to go."""

from __future__ import annotations

from pathlib import Path

import pytest

from plumbline.core.errors import ConfigError
from plumbline.project import Project

SOURCE = """
fluent_datasources:
  warehouse:
    type: bigquery_models
    targets: {{local: {{kind: embedded, project: g}}}}
{named}
"""
NAMED = "    plumbline_project: source_name"


def make(root: Path, *, dbt: str | None, named: bool = False) -> Project:
    (root / "great_expectations.yml").write_text(SOURCE.format(named=NAMED if named else ""))
    if dbt is not None:
        (root / "dbt_project.yml").write_text(dbt)
    return Project(root)


@pytest.mark.parametrize(
    ("dbt", "named", "expected"),
    [
        pytest.param("name: shop", False, "shop", id="dbt's name"),
        pytest.param("name: shop\nvars: {plumbline_project: tills}", True, "tills", id="variable"),
        pytest.param(
            "name: shop\nvars: {shop: {plumbline_project: tills}}", False, "tills", id="own scope"
        ),
        pytest.param(
            "name: s\nvars: {plumbline_project: \"{{ 'a' ~ 'b' }}\"}", False, "ab", id="Jinja"
        ),
        pytest.param("name: shop", True, "shop", id="dbt goes first"),
        pytest.param(None, True, "source_name", id="without dbt"),
        pytest.param("vars: {}", True, "source_name", id="dbt without a name"),
    ],
)
def test_where_the_name_comes_from(
    tmp_path: Path, dbt: str | None, named: bool, expected: str
) -> None:
    assert make(tmp_path, dbt=dbt, named=named).target("local").plumbline_project == expected


@pytest.mark.parametrize(
    ("dbt", "key"),
    [
        pytest.param(None, "fluent_datasources.warehouse.plumbline_project", id="none"),
        pytest.param("name: 3", "name", id="a number"),
        pytest.param("vars: {plumbline_project: ' '}", "vars.plumbline_project", id="blank"),
    ],
)
def test_a_project_without_a_name_is_refused_with_the_key_to_write(
    tmp_path: Path, dbt: str | None, key: str
) -> None:
    with pytest.raises(ConfigError) as raised:
        make(tmp_path, dbt=dbt).target("local")

    assert raised.value.key == key
    assert raised.value.fix
