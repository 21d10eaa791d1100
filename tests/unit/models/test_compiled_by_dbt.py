"""A model with ``compiled_by: dbt`` is what dbt has made of it, as long as that is of today."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from plumbline.core.errors import MonitorError
from plumbline.lint.linter import lint
from plumbline.lint.rule import Severity
from plumbline.project import Project
from support.dbt_manifest import manifest, model
from support.targets import bigquery_target

SQL = "select {{ dbt_utils.star(ref('orders')) }} from {{ ref('orders') }} where '{{ target.name }}' = 'x'"
COMPILED = "select `a` from `shop-project`.`dbt_alice`.`orders` where 'prod' = 'x'"
DESCRIBED = """
version: 2
models:
  - name: m
    description: Failing rows.
    config: {meta: {compiled_by: dbt}}
"""


def written(sql: str = SQL, **changes: Any) -> dict[str, str]:
    """The files of the project, and dbt's manifest of them."""
    entry: dict[str, Any] = {
        "original_file_path": "models/m.sql",
        "config": {"materialized": "ephemeral"},
        "compiled_code": COMPILED,
        "checksum": {"name": "sha256", "checksum": hashlib.sha256(sql.encode()).hexdigest()},
    }
    made = model("m", project="small", **entry | changes)
    return {
        "models/m.sql": f"{sql}\n",
        "models/m.yml": DESCRIBED,
        "target/manifest.json": manifest(made, project="small"),
    }


def test_it_takes_the_sql_of_dbt_with_the_datasets_of_the_target(project: Any) -> None:
    made = project(written())
    assert made.compile().sql == COMPILED
    moved = made.compile(target=bigquery_target(datasets={"dbt_alice": "marts"}))
    assert "`shop-project`.`marts`.`orders`" in moved.sql
    assert moved.sources == ("marts.orders",)


def test_lint_leaves_what_it_calls_to_dbt(project: Any) -> None:
    found = lint(Project(project(written()).root)).findings
    faults = [one for one in found if one.severity is Severity.ERROR]
    assert [one for one in faults if one.place.file.parent.name == "models"] == []


@pytest.mark.parametrize(
    ("files", "what", "fix"),
    [
        pytest.param(
            written(compiled_code=None), "dbt has not compiled it", "dbt compile", id="parsed only"
        ),
        pytest.param(
            written() | {"target/manifest.json": manifest(project="small")},
            "dbt has not compiled it",
            "dbt compile",
            id="not known to dbt",
        ),
        pytest.param(
            written() | {"models/m.sql": "select 2"}, "has changed since", "dbt compile", id="stale"
        ),
        pytest.param(
            written(compiled_code=COMPILED.replace("orders`", "orders` where false limit 0)")),
            "compiled it with --empty",
            "without --empty",
            id="so that it reads no rows",
        ),
        pytest.param(
            written("select 1 from unnest({{ var('as_of') }})"),
            "pastes its own value of 'as_of'",
            "write the value",
            id="with a value that dbt pastes",
        ),
    ],
)
def test_a_model_that_dbt_has_not_compiled_as_it_is_now_is_an_error(
    project: Any, files: dict[str, str], what: str, fix: str
) -> None:
    with pytest.raises(MonitorError, match=what) as refused:
        project(files).compile()
    assert fix in str(refused.value.fix)


def test_without_the_tag_plumbline_compiles_the_template(project: Any) -> None:
    files = written() | {"models/m.yml": DESCRIBED.replace("compiled_by: dbt", "grain: [a]")}
    with pytest.raises(MonitorError, match="'dbt_utils', which is not a macro"):
        project(files).compile()
