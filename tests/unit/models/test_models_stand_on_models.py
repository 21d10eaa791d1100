"""``ref``, ``source`` and macros, as dbt has them."""

from __future__ import annotations

from typing import Any

import pytest

from plumbline.core.errors import MonitorError
from support.targets import bigquery_target

EPHEMERAL = "{{ config(materialized='ephemeral') }}\n"


def sql_of(project: Any, files: dict[str, str]) -> str:
    text = project(files).compile().sql
    return " ".join(text.split())


def test_a_source_becomes_the_full_name_of_its_table(project: Any) -> None:
    model = project("select * from {{ source('nba', 'games') }}").compile()
    assert model.sql == "select * from `small-project`.`nba`.`games`"
    assert model.sources == ("nba.games",)


def test_a_table_may_be_called_otherwise_and_lie_in_another_project(project: Any) -> None:
    sql = "select * from {{ source('nba', 'rows') }}, {{ source('elsewhere', 'games') }}"
    model = project(sql).compile()
    assert "`small-project`.`nba`.`rows_v3`" in model.sql
    assert "`other-project`.`warehouse`.`games`" in model.sql
    assert model.sources == ("nba.rows_v3", "warehouse.games")


def test_a_target_may_call_a_dataset_otherwise(project: Any) -> None:
    target = bigquery_target(datasets={"nba": "nba_staging"})
    model = project("select * from {{ source('nba', 'games') }}").compile(target=target)
    assert "`nba_staging`.`games`" in model.sql
    assert model.sources == ("nba_staging.games",)


def test_an_ephemeral_model_becomes_a_cte_as_dbt_names_it(project: Any) -> None:
    files = {
        "models/m.sql": "select * from {{ ref('base') }}",
        "models/base.sql": EPHEMERAL + "select 1 as n",
    }
    expected = "with __dbt__cte__base as ( select 1 as n ) select * from __dbt__cte__base"
    assert sql_of(project, files) == expected


def test_its_cte_stands_before_the_models_own(project: Any) -> None:
    files = {
        "models/m.sql": "-- what it is\nwith own as (select * from {{ ref('base') }})\n"
        "select * from own",
        "models/base.sql": EPHEMERAL + "select 1 as n -- one",
    }
    text = project(files).compile().sql
    assert " ".join(text.split()) == (
        "-- what it is with __dbt__cte__base as ( select 1 as n -- one ), "
        "own as (select * from __dbt__cte__base) select * from own"
    )
    assert "-- one\n)" in text, "a comment must not swallow the bracket"


def test_a_recursive_with_stays_one(project: Any) -> None:
    files = {
        "models/m.sql": "with recursive own as (select * from {{ ref('base') }}) select * from own",
        "models/base.sql": EPHEMERAL + "select 1 as n",
    }
    assert sql_of(project, files).startswith("with recursive __dbt__cte__base as (")


def test_models_that_share_a_base_get_it_once_and_first(project: Any) -> None:
    files = {
        "models/m.sql": "select * from {{ ref('left') }}, {{ ref('right') }}, {{ ref('base') }}",
        "models/left.sql": EPHEMERAL + "select * from {{ ref('base') }}",
        "models/right.sql": EPHEMERAL + "select * from {{ ref('base') }}",
        "models/base.sql": EPHEMERAL + "select {{ var('days') }} as n",
    }
    model = project(files).compile()
    places = [model.sql.index(f"__dbt__cte__{name} as (") for name in ("base", "left", "right")]
    assert places == sorted(places)
    assert model.sql.count("__dbt__cte__base as (") == 1
    assert [parameter.name for parameter in model.parameters] == ["days"]


@pytest.mark.parametrize(
    "files",
    [
        pytest.param({"models/staging/base.sql": EPHEMERAL + "select 1"}, id="in its file"),
        pytest.param(
            {
                "models/staging/base.sql": "select 1",
                "models/schema.yml": "models: [{name: base, config: {materialized: ephemeral}}]",
            },
            id="in its properties",
        ),
        pytest.param(
            {
                "models/staging/base.sql": "select 1",
                "dbt_project.yml": """
                    name: small
                    vars: {timezone: UTC}
                    models: {small: {+materialized: view, staging: {+materialized: ephemeral}}}
                """,
            },
            id="in the project file, for its folder",
        ),
    ],
)
def test_a_model_is_ephemeral_where_dbt_says_so(project: Any, files: dict[str, str]) -> None:
    assert "__dbt__cte__base as (" in sql_of(
        project, {"models/m.sql": "select * from {{ ref('base') }}", **files}
    )


def test_a_materialised_model_cannot_be_referred_to(project: Any) -> None:
    files = {"models/m.sql": "select * from {{ ref('base') }}", "models/base.sql": "select 1"}
    with pytest.raises(MonitorError, match="materialised as 'view'") as caught:
        project(files).compile()
    assert caught.value.key == "line 1"


def test_models_in_a_circle_are_told_the_way_round(project: Any) -> None:
    files = {
        "models/m.sql": "select * from {{ ref('a') }}",
        "models/a.sql": EPHEMERAL + "select * from {{ ref('b') }}",
        "models/b.sql": EPHEMERAL + "select * from {{ ref('a') }}",
    }
    with pytest.raises(MonitorError, match="in a cycle: a -> b -> a") as caught:
        project(files).compile()
    assert str(caught.value.file).endswith("models/b.sql")


def test_a_macro_is_known_to_every_model_and_to_other_macros(project: Any) -> None:
    files = {
        "models/m.sql": "select {{ later(3) }} from {{ table() }}",
        "macros/z_later.sql": "{% macro later(n) %}{{ n }} + {{ twice(var('days')) }}{% endmacro %}",
        "macros/a_twice.sql": "{% macro twice(x, by=2) -%} {{ x }} * {{ by }} {%- endmacro %}"
        "{% macro table() %}{{ source('nba', 'games') }}{% endmacro %}",
    }
    model = project(files).compile()
    assert model.sql == "select 3 + @days * 2 from `small-project`.`nba`.`games`"
    assert model.sources == ("nba.games",)


def test_a_variable_may_be_built_into_a_text_of_sql(project: Any) -> None:
    files = {
        "models/m.sql": "select {{ shifted(var('days') ~ ' + 1') }}",
        "macros/shifted.sql": "{% macro shifted(n) %}{{ n }} - {{ var('da' ~ 'ys') }}{% endmacro %}",
    }
    assert project(files).compile().sql == "select @days + 1 - @days"


def test_comments_of_jinja_leave_no_trace_and_set_and_do_work(project: Any) -> None:
    sql = (
        "{# var('nothing') #}{% set columns = ['a'] %}{% do columns.append('b') %}"
        "select {{ columns | join(', ') }}"
    )
    with pytest.raises(MonitorError, match="append"):
        project(sql).compile()
    assert project("{% set c = ['a', 'b'] %}select {{ c | join(', ') }}").compile().sql == (
        "select a, b"
    )


def test_the_grain_comes_from_the_properties(project: Any) -> None:
    files = {
        "models/m.sql": "select 1",
        "models/schema.yml": "models: [{name: m, config: {meta: {grain: [a, b]}}}]",
    }
    assert project(files).compile().grain == ("a", "b")


def test_the_personal_columns_come_from_the_properties_in_dbts_new_and_old_way(
    project: Any,
) -> None:
    columns = (
        "{name: a, config: {meta: {personal: true}}}, {name: b, meta: {personal: true}}, "
        "{name: c, config: {meta: {personal: false}}, meta: {personal: true}}, "
        "{name: d, config: {meta: {personal: false}}}, {name: e}"
    )
    files = {
        "models/m.sql": "select 1",
        "models/schema.yml": f"models: [{{name: m, columns: [{columns}]}}]",
    }
    assert project(files).compile().personal == {"a", "b", "c"}


def test_a_column_that_is_described_twice_is_personal_if_one_of_the_two_says_so(
    project: Any,
) -> None:
    columns = (
        "{name: a, meta: {personal: true}}, {name: a}, {name: b}, {name: b, meta: {personal: true}}"
    )
    files = {
        "models/m.sql": "select 1",
        "models/schema.yml": f"models: [{{name: m, columns: [{columns}]}}]",
    }
    assert project(files).compile().personal == {"a", "b"}
