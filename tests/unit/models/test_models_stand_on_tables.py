"""``ref`` of a model that dbt has built: its table, as dbt's manifest says, or one clear error."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from plumbline.core.errors import MonitorError
from plumbline.models import Compiler
from plumbline.project import Project
from plumbline.project.reading import Confined
from support.targets import bigquery_target

NOW = datetime(2026, 2, 3, 5, tzinfo=UTC)

EPHEMERAL = "{{ config(materialized='ephemeral') }}\n"
TABLE = "{{ config(materialized='table') }}\n"
# What plumbline could not render: it need not.
DBTS_OWN = (
    "{{ config(materialized='incremental') }}\n"
    "select * from {{ dbt_utils.union_relations([ref('raw')]) }}\n"
    "{% if is_incremental() %} where n > (select max(n) from {{ this }}) {% endif %}"
)


def node(
    name: str,
    *,
    kind: str = "model",
    package: str = "small",
    file: str | None = None,
    config: Mapping[str, Any] | None = None,
    **changes: Any,
) -> tuple[str, dict[str, Any]]:
    """One entry of a manifest, as dbt writes it, without what nobody reads."""
    version = changes.get("version")
    entry = {
        "name": name,
        "package_name": package,
        "resource_type": kind,
        "database": "shop-project",
        "schema": "shop",
        "alias": name,
        "original_file_path": file or f"models/{name}.sql",
        "config": {"materialized": "table", "alias": None, "schema": None} | dict(config or {}),
        **changes,
    }
    return f"{kind}.{package}.{name}" + ("" if version is None else f".v{version}"), entry


def manifest(*nodes: tuple[str, dict[str, Any]], **changes: Any) -> str:
    """A manifest's text."""
    metadata = {"dbt_version": "1.11.16", "adapter_type": "bigquery", "project_name": "small"}
    return json.dumps({"metadata": metadata, "nodes": dict(nodes), "disabled": {}} | changes)


Compiled = Callable[..., str]


@pytest.fixture
def sql_of(project: Any) -> Compiled:
    """The SQL of ``m``, in a project with these files and this manifest."""

    def compiled(sql: str, written: str | None, **files: str) -> str:
        named = {name.replace("__", "/") + ".sql": text for name, text in files.items()}
        if written is not None:
            named["target/manifest.json"] = written
        text = project({"models/m.sql": sql, **named}).compile().sql
        return " ".join(text.split())

    return compiled


def test_a_model_that_dbt_has_built_is_read_as_its_table(sql_of: Compiled) -> None:
    sql = sql_of("select 1 from {{ ref('built') }}", manifest(node("built")), models__built=TABLE)
    assert sql == "select 1 from `shop-project`.`shop`.`built`"


@pytest.mark.parametrize("kind", ["table", "view", "incremental", "materialized_view"])
def test_however_it_is_materialised(sql_of: Compiled, kind: str) -> None:
    written = manifest(node("built", config={"materialized": kind}))
    text = f"{{{{ config(materialized='{kind}') }}}} select 1"
    sql = sql_of("select 1 from {{ ref('built') }}", written, models__built=text)
    assert "`shop-project`.`shop`.`built`" in sql


def test_its_own_text_is_not_rendered(sql_of: Compiled) -> None:
    written = manifest(node("built", config={"materialized": "incremental"}))
    sql = sql_of("select 1 from {{ ref('built') }}", written, models__built=DBTS_OWN)
    assert "`shop-project`.`shop`.`built`" in sql


def test_its_table_counts_as_one_that_is_read(project: Any) -> None:
    files = {
        "models/m.sql": "select 1 from {{ ref('built') }}, {{ source('nba', 'games') }}",
        "models/built.sql": TABLE,
        "target/manifest.json": manifest(node("built")),
    }
    assert project(files).compile().sources == ("shop.built", "nba.games")


def test_project_dataset_and_name_are_those_of_the_manifest(sql_of: Compiled) -> None:
    written = manifest(
        node("built", database="third-project", schema="dbt_alice_marts", alias="daily")
    )
    sql = sql_of("select 1 from {{ ref('built') }}", written, models__built=TABLE)
    assert "`third-project`.`dbt_alice_marts`.`daily`" in sql


def test_a_target_may_call_its_dataset_otherwise(project: Any) -> None:
    files = {
        "models/m.sql": "select 1 from {{ ref('built') }}",
        "models/built.sql": TABLE,
        "target/manifest.json": manifest(node("built", schema="dbt_alice")),
    }
    target = bigquery_target(datasets={"dbt_alice": "marts"})
    assert "`shop-project`.`marts`.`built`" in project(files).compile(target=target).sql


@pytest.mark.parametrize(
    ("kind", "file"),
    [("seed", "seeds/raw.csv"), ("snapshot", "snapshots/raw.yml"), ("model", "models/raw.py")],
)
def test_what_is_no_sql_model_is_known_from_the_manifest(
    project: Any, kind: str, file: str
) -> None:
    files = {
        "models/m.sql": "select 1 from {{ ref('raw') }}",
        file: "",
        "target/manifest.json": manifest(node("raw", kind=kind, file=file)),
    }
    assert project(files).compile().sql == "select 1 from `shop-project`.`shop`.`raw`"


def test_an_ephemeral_model_is_inlined_and_what_it_stands_on_is_a_table(sql_of: Compiled) -> None:
    sql = sql_of(
        "select 1 from {{ ref('stg') }}",
        manifest(
            node("built"), node("stg", config={"materialized": "ephemeral"}, relation_name=None)
        ),
        models__stg=EPHEMERAL + "select * from {{ ref('built') }}",
        models__built=TABLE,
    )
    assert sql == (
        "with __dbt__cte__stg as ( select * from `shop-project`.`shop`.`built` ) "
        "select 1 from __dbt__cte__stg"
    )


def test_dbt_knows_whether_a_model_is_ephemeral_where_its_file_calculates_it(
    sql_of: Compiled,
) -> None:
    calculated = "{{ config(materialized='ephemeral' if 1 == 1 else 'table') }} select 1"
    sql = "select 1 from {{ ref('base') }}"
    inlined = manifest(node("base", config={"materialized": "ephemeral"}))
    assert "__dbt__cte__base as (" in sql_of(sql, inlined, models__base=calculated)
    built = manifest(node("base"))
    assert "`shop`.`base`" in sql_of(sql, built, models__base=calculated)


def test_a_model_of_ones_own_comes_before_a_packages(sql_of: Compiled) -> None:
    written = manifest(
        node("built", package="a_package", schema="theirs"), node("built", schema="ours")
    )
    sql = "select 1 from {{ ref('built') }}, {{ ref('a_package', 'built') }}"
    text = sql_of(sql, written, models__built=TABLE)
    assert text == ("select 1 from `shop-project`.`ours`.`built`, `shop-project`.`theirs`.`built`")


def test_a_packages_model_needs_no_file_here(sql_of: Compiled) -> None:
    written = manifest(node("theirs", package="a_package", file="models/x/theirs.sql"))
    assert "`shop`.`theirs`" in sql_of("select 1 from {{ ref('theirs') }}", written)


@pytest.mark.parametrize(
    ("call", "table"),
    [("ref('dims')", "now"), ("ref('dims', v=1)", "dims_v1"), ("ref('dims', version=2)", "now")],
)
def test_of_versions_the_latest_is_meant_unless_one_is_named(
    sql_of: Compiled, call: str, table: str
) -> None:
    written = manifest(
        node("dims", version=1, latest_version=2, alias="dims_v1", file="models/dims_v1.sql"),
        node("dims", version=2, latest_version=2, alias="now", file="models/dims_v2.sql"),
    )
    sql = sql_of(
        f"select 1 from {{{{ {call} }}}}", written, models__dims_v1=TABLE, models__dims_v2=TABLE
    )
    assert sql.endswith(f"`{table}`")


def test_dbts_folder_may_be_called_otherwise(project: Any, monkeypatch: Any) -> None:
    files = {"models/m.sql": "select 1 from {{ ref('built') }}", "models/built.sql": TABLE}
    named = "name: small\ntarget-path: out\n"
    small = project(
        {**files, "dbt_project.yml": named, "out/manifest.json": manifest(node("built"))}
    )
    assert "`shop`.`built`" in small.compile().sql
    monkeypatch.setenv("DBT_TARGET_PATH", "elsewhere")
    small.write({"elsewhere/manifest.json": manifest(node("built", schema="there"))})
    assert "`there`.`built`" in small.compile().sql


def test_the_manifest_is_read_once_and_only_for_a_ref_that_needs_it(
    project: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {
        "models/m.sql": "select 1 from {{ ref('built') }}, {{ ref('built') }}",
        "models/light.sql": "select 1 from {{ ref('stg') }}, {{ source('nba', 'games') }}",
        "models/stg.sql": EPHEMERAL + "select 1",
        "models/built.sql": TABLE,
        "target/manifest.json": manifest(node("built")),
    }
    small = project(files)
    reads: list[Path] = []
    read = Confined.read_bytes

    def counted(confined: Confined, path: Path, **named: Any) -> bytes:
        if path.name == "manifest.json":
            reads.append(path)
        return read(confined, path, **named)

    monkeypatch.setattr(Confined, "read_bytes", counted)
    compiler = Compiler(Project(small.root), bigquery_target())

    def compile_(model: str) -> None:
        compiler.compile(model, as_of=[NOW], vars={}, where="the test")

    compile_("light")
    assert reads == []
    compile_("m")
    compile_("m")
    assert len(reads) == 1


@pytest.mark.parametrize(
    ("config", "project_file"),
    [
        pytest.param("{{ config(alias='daily') }}", "", id="in its file"),
        pytest.param("{{ config(dataset='marts') }}", "", id="in its file, in BigQuery's words"),
        pytest.param("{{ config({'schema': 'marts'}) }}", "", id="in its file, as a mapping"),
        pytest.param("", "models: {small: {+database: other-project}}", id="in the project file"),
        pytest.param("", "models: {small: {built: {+schema: marts}}}", id="for it alone"),
    ],
)
def test_a_place_that_has_changed_since_makes_the_manifest_stale(
    project: Any, config: str, project_file: str
) -> None:
    files = {
        "models/m.sql": "select 1 from {{ ref('built') }}",
        "models/built.sql": f"{config} select 1",
        "dbt_project.yml": f"name: small\n{project_file}",
        "target/manifest.json": manifest(node("built", config={"materialized": "view"})),
    }
    with pytest.raises(MonitorError, match="manifest is out of date") as caught:
        project(files).compile()
    assert str(caught.value.file).endswith("target/manifest.json")
    assert str(caught.value.key).startswith("nodes.model.small.built.config.")
    assert "dbt compile" in str(caught.value.fix)


@pytest.mark.parametrize(
    "config",
    [
        "{{ config(alias='daily', schema='marts') }}",
        "{{ config(alias=target.name) }}",
        "{% if target.name == 'x' %}{{ config(alias='x') }}{% endif %}",
        "{{ config(tags=['daily']) }}",
    ],
)
def test_one_that_says_the_same_or_that_only_dbt_can_calculate_does_not(
    sql_of: Compiled, config: str
) -> None:
    place = {"alias": "daily", "schema": "marts"}
    written = manifest(node("built", alias="daily", schema="shop_marts", config=place))
    sql = sql_of("select 1 from {{ ref('built') }}", written, models__built=f"{config} select 1")
    assert "`shop_marts`.`daily`" in sql


def test_a_calculated_folder_setting_is_dbts_to_know(project: Any) -> None:
    files = {
        "models/m.sql": "select 1 from {{ ref('built') }}",
        "models/built.sql": "select 1",
        "dbt_project.yml": "name: small\nmodels: {+schema: \"{{ env_var('X') }}\"}",
        "target/manifest.json": manifest(node("built", config={"schema": "x"})),
    }
    assert "`shop`.`built`" in project(files).compile().sql


@pytest.mark.parametrize(
    ("written", "files", "message", "where", "fix"),
    [
        pytest.param(
            None,
            {"models/built.sql": TABLE},
            "ref('built') names a model that is materialised as 'table', and there is no "
            "target/manifest.json to say where its table is",
            "models/m.sql: line 1",
            "run `dbt compile`",
            id="dbt has not been run",
        ),
        pytest.param(
            None,
            {"models/built.sql": "{{ config(materialized=target.name) }}"},
            "ref('built') names a model that is materialised as only dbt knows",
            "models/m.sql: line 1",
            "run `dbt compile`",
            id="dbt has not been run, and the file calculates",
        ),
        pytest.param(
            None,
            {"models/bilt.sql": TABLE},
            "there is no model 'built'",
            "models/m.sql: line 1",
            "did you mean 'bilt'? (seeds, snapshots, versions and packages are known once",
            id="nothing of the name, and dbt has not been run",
        ),
        pytest.param(
            manifest(node("bilt")),
            {},
            "there is no model, seed or snapshot 'built'",
            "models/m.sql: line 1",
            "did you mean 'bilt'?",
            id="nothing of the name",
        ),
        pytest.param(
            manifest(*(node(f"other_{n}") for n in range(1000))),
            {},
            "there is no model, seed or snapshot 'built'",
            "models/m.sql: line 1",
            "fix the name (if it is new, run `dbt compile`",
            id="nothing of the name, among a thousand",
        ),
        pytest.param(
            manifest(),
            {"models/built.sql": TABLE},
            "target/manifest.json does not have the model of ref('built'): it is out of date",
            "models/m.sql: line 1",
            "run `dbt compile`",
            id="a model newer than the manifest",
        ),
        pytest.param(
            manifest(disabled={"model.small.built": []}),
            {"models/built.sql": TABLE},
            "ref('built') names a model that is disabled in dbt",
            "models/m.sql: line 1",
            "enable it",
            id="a disabled model",
        ),
        pytest.param(
            manifest(node("built", config={"materialized": "ephemeral"})),
            {"models/built.sql": TABLE},
            "dbt's manifest is out of date: for ref('built') it has materialized "
            "ephemeral, and now it is 'table'",
            "target/manifest.json: nodes.model.small.built.materialized",
            "run `dbt compile`",
            id="a model that was ephemeral",
        ),
        pytest.param(
            manifest(node("built", package="other", config={"materialized": "ephemeral"})),
            {},
            "ref('built') names an ephemeral model, which has no table",
            "models/m.sql: line 1",
            "materialise it as a view",
            id="an ephemeral model of a package",
        ),
        pytest.param(
            manifest(node("built")),
            {},
            "dbt's manifest is out of date: for ref('built') it has "
            "original_file_path models/built.sql, which is gone",
            "target/manifest.json: nodes.model.small.built.original_file_path",
            "run `dbt compile`",
            id="a model that is gone",
        ),
        pytest.param(
            '{"nodes": {',
            {"models/built.sql": TABLE},
            "dbt's manifest is not JSON",
            "target/manifest.json: line 1",
            "run `dbt compile`",
            id="half a manifest",
        ),
        pytest.param(
            "[]",
            {"models/built.sql": TABLE},
            "dbt's manifest is malformed: this is not a mapping",
            "target/manifest.json",
            "run `dbt compile`",
            id="a list",
        ),
        pytest.param(
            "[" * 100_000,
            {"models/built.sql": TABLE},
            "dbt's manifest is nested too deeply",
            "target/manifest.json",
            "run `dbt compile`",
            id="without end",
        ),
        pytest.param(
            json.dumps({"metadata": {}}),
            {"models/built.sql": TABLE},
            "dbt's manifest is malformed",
            "target/manifest.json: nodes",
            "run `dbt compile`",
            id="without nodes",
        ),
        pytest.param(
            manifest(node("built", schema=None)),
            {"models/built.sql": TABLE},
            "dbt's manifest has no 'schema'",
            "target/manifest.json: nodes.model.small.built.schema",
            "run `dbt compile`",
            id="a node without a dataset",
        ),
        pytest.param(
            manifest(node("built"), metadata={"adapter_type": "snowflake"}),
            {"models/built.sql": TABLE},
            "dbt's manifest is made for 'snowflake', not for BigQuery",
            "target/manifest.json: metadata.adapter_type",
            "`dbt compile --target NAME`, with a target of type bigquery",
            id="of another warehouse",
        ),
        pytest.param(
            manifest(node("built"), metadata={"project_name": "large"}),
            {"models/built.sql": TABLE},
            "dbt's manifest is of the project 'large', not of 'small'",
            "target/manifest.json: metadata.project_name",
            "run `dbt compile`",
            id="of another project",
        ),
        pytest.param(
            manifest(node("built", alias="a` where 1=1 --")),
            {"models/built.sql": TABLE},
            "'a` where 1=1 --' is not a valid BigQuery table",
            "target/manifest.json: nodes.model.small.built",
            "fix the name",
            id="a name that would end its backtick",
        ),
        pytest.param(
            manifest(node("built", version=1, latest_version=1)),
            {"models/m.sql": "select 1 from {{ ref('built', v=3) }}"},
            "there is no version 3 of 'built'",
            "models/m.sql: line 1",
            "known: 1",
            id="a version that is not there",
        ),
    ],
)
def test_a_fault(
    project: Any,
    written: str | None,
    files: dict[str, str],
    message: str,
    where: str,
    fix: str,
) -> None:
    made = {"models/m.sql": "select 1 from {{ ref('built') }}", **files}
    if written is not None:
        made["target/manifest.json"] = written
    with pytest.raises(MonitorError) as caught:
        project(made).compile()
    assert caught.value.what.startswith(message)
    assert where in str(caught.value.where)
    assert fix in str(caught.value.fix)
