"""The table of a source whose name is calculated: what dbt would render, or one clear error."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from plumbline.core.errors import MonitorError
from plumbline.models import VariableError

SOURCE = "{{ source('stripe', 'charges') }}"
SQL = f"select 1 from {SOURCE}"


@dataclass(frozen=True)
class NamedTarget:
    """A target that Jinja can ask for all that it knows."""

    name: str = "prod"
    project: str = "acme-prod"
    location: str = "EU"
    dataset: str | None = "dbt_prod"
    datasets: Mapping[str, str] = field(default_factory=dict)


def files(
    source: str = "", table: str = "", *, variables: str = "{}", more: str = ""
) -> dict[str, str]:
    """A project whose source has these keys beside its name."""
    lines = "\n".join(f"    {line}" for line in source.splitlines())
    inner = "\n".join(f"        {line}" for line in table.splitlines())
    return {
        "models/m.sql": SQL,
        "dbt_project.yml": f"name: small\nvars: {variables}\n{more}",
        "models/sources.yml": (
            f"sources:\n  - name: stripe\n{lines}\n    tables:\n      - name: charges\n{inner}\n"
        ),
    }


def manifest(**changes: Any) -> dict[str, str]:
    """A manifest that knows the source."""
    node = {
        "package_name": "small",
        "source_name": "stripe",
        "name": "charges",
        "database": "acme-prod",
        "schema": "stripe",
        "identifier": "charges",
        **changes,
    }
    node.setdefault("relation_name", "`{database}`.`{schema}`.`{identifier}`".format(**node))
    metadata = {"adapter_type": "bigquery", "project_name": "small"}
    content = {"metadata": metadata, "nodes": {}, "sources": {"source.small.stripe.charges": node}}
    return {"target/manifest.json": json.dumps(content)}


RENDERED = [
    # the source's keys, the table's, vars, the environment, the table
    ("", "", "{}", {}, "acme-prod.stripe.charges"),
    ("schema: \"{{ var('raw') }}\"", "", "{raw: new}", {}, "acme-prod.new.charges"),
    ("dataset: \"{{ var('raw') }}\"", "", "{raw: new}", {}, "acme-prod.new.charges"),
    ("schema: \"{{ var('raw', 'other') }}\"", "", "{}", {}, "acme-prod.other.charges"),
    ("schema: \"raw_{{ var('n') }}_x\"", "", "{n: 2}", {}, "acme-prod.raw_2_x.charges"),
    ("schema: \"{{ var('raw') }}\"", "", "{raw: a, small: {raw: own}}", {}, "acme-prod.own.charges"),
    ("schema: \"{{ env_var('RAW') }}\"", "", "{}", {"RAW": "new"}, "acme-prod.new.charges"),
    ("schema: \"{{ env_var('RAW', 'x') }}\"", "", "{}", {}, "acme-prod.x.charges"),
    ("schema: \"{{ env_var('RAW', 'x') }}\"", "", "{}", {"RAW": "new"}, "acme-prod.new.charges"),
    ("schema: \"{{ target.schema }}\"", "", "{}", {}, "acme-prod.dbt_prod.charges"),
    ("schema: \"{{ target['dataset'] }}_raw\"", "", "{}", {}, "acme-prod.dbt_prod_raw.charges"),
    ("database: \"{{ target.project }}\"", "", "{}", {}, "acme-prod.stripe.charges"),
    ("project: \"{{ target.database }}-eu\"", "", "{}", {}, "acme-prod-eu.stripe.charges"),
    (
        "schema: \"{{ 'stripe_v2' if target.name == 'prod' else 'dev' }}\"",
        "", "{}", {}, "acme-prod.stripe_v2.charges",
    ),
    (
        "schema: \"{% if target.name == 'dev' %}a{% else %}b{% endif %}\"",
        "", "{}", {}, "acme-prod.b.charges",
    ),
    # an `if` without `else` gives nothing, and then the usual name counts, as in dbt
    ("schema: \"{{ 'x' if target.name == 'dev' else '' }}\"", "", "{}", {},
     "acme-prod.stripe.charges"),
    ("", "identifier: \"{{ var('v') }}_charges\"", "{v: v2}", {}, "acme-prod.stripe.v2_charges"),
    ("", "identifier: \"{{ 'charges' | upper }}\"", "{}", {}, "acme-prod.stripe.CHARGES"),
    ("", "identifier: events_*", "{}", {}, "acme-prod.stripe.events_*"),
    (
        "schema: \"{{ var('raw') }}\"", "",
        "{raw: \"{{ env_var('RAW', 'y') }}_{{ target.name }}\"}", {}, "acme-prod.y_prod.charges",
    ),
    (
        "schema: \"{{ var('raw') }}\"", "",
        "{raw: \"{{ var('base') }}_eu\", base: stripe}", {}, "acme-prod.stripe_eu.charges",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("source", "table", "variables", "environment", "relation"), RENDERED)
def test_a_name_is_what_dbt_renders(
    project: Any,
    monkeypatch: pytest.MonkeyPatch,
    source: str,
    table: str,
    variables: str,
    environment: dict[str, str],
    relation: str,
) -> None:
    monkeypatch.delenv("RAW", raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    made = project(files(source, table, variables=variables))
    quoted = ".".join(f"`{name}`" for name in relation.split("."))
    assert made.compile(target=NamedTarget()).sql == f"select 1 from {quoted}"


REFUSED = [
    # the source's keys, the table's, vars, what is said, the key, the fix
    ("schema: \"{{ env_var('RAW') }}\"", "", "{}", "RAW is not set", "sources.stripe.schema",
     "env_var('RAW', 'default')"),
    ("dataset: \"{{ env_var('RAW') }}\"", "", "{}", "RAW is not set", "sources.stripe.dataset",
     "set RAW"),
    ("schema: \"{{ env_var('DBT_ENV_SECRET_X', 'a') }}\"", "", "{}", "is a secret by its prefix",
     "sources.stripe.schema", "does not begin with DBT_ENV_SECRET"),
    ("schema: \"{{ env_var('SLACK_WEBHOOK_URL') }}\"", "", "{}", "is a secret by its name",
     "sources.stripe.schema", "another name"),
    ("schema: \"{{ var('a') }}\"", "", "{a: \"{{ env_var('Db_Password', 'x') }}\"}",
     "is a secret by its name", "vars.a", "another name"),
    ("schema: \"{{ var('rav') }}\"", "", "{raw: x}", "variable 'rav' has no value",
     "sources.stripe.schema", "did you mean 'raw'"),
    ("schema: \"{{ var('n') }}\"", "", "{n: 5}", "renders to 5", "sources.stripe.schema", "quotes"),
    ("schema: \"{{ env_var('EMPTY') }}\"", "", "{}", "renders to ''", "sources.stripe.schema", "name"),
    ("schema: \"{{ get_schema() }}\"", "", "{}", "'get_schema' is undefined",
     "sources.stripe.schema", "dbt compile"),
    ("schema: \"{{ var('x' }}\"", "", "{x: y}", "invalid Jinja", "sources.stripe.schema", "correct"),
    ("schema: \"{{ target.threads }}\"", "", "{}", "target.threads is not known",
     "sources.stripe.schema", "known:"),
    ("schema: \"{{ 1 / 0 }}\"", "", "{}", "division by zero", "sources.stripe.schema", "correct"),
    ("", "identifier: \"{{ var('t') }}\"", "{}", "variable 't' has no value",
     "sources.stripe.tables.charges.identifier", "vars in dbt_project.yml"),
    ("database: \"{{ var('p') }}\"", "", "{p: NOT_A_PROJECT}",
     "'NOT_A_PROJECT' is not a valid BigQuery project", "sources.stripe.database", "there"),
    ("schema: \"{{ var('a') }}\"", "", "{a: \"{{ var('b') }}\", b: \"{{ var('a') }}\"}",
     "in a cycle: a -> b -> a", "vars.a", "plain value"),
    ("schema: \"{{ var('a')[0] }}\"", "", "{a: [\"{{ env_var('RAW') }}\"]}",
     "Jinja inside a list or mapping", "vars.a", "plain values"),
    # keys by whose loss another table would be judged
    ("shcema: new", "", "{}", "unknown key 'shcema'", "sources.stripe.shcema",
     "did you mean 'schema'?"),
    ("datset: new", "", "{}", "unknown key 'datset'", "sources.stripe.datset", "'dataset'"),
    ("", "identifer: new", "{}", "unknown key 'identifer'", "sources.stripe.tables.charges.identifer",
     "'identifier'"),
    ("", "schema: new", "{}", "schema is set on a table", "sources.stripe.tables.charges.schema",
     "beside the source's name"),
    ("schema: a\ndataset: b", "", "{}", "mean the same", "sources.stripe.dataset", "one"),
    ("schema: 2024", "", "{}", "schema is 2024, not a text", "sources.stripe.schema", "quotes"),
    ("overrides: fivetran", "", "{}", "one of package 'fivetran'", "sources.stripe.overrides",
     "dbt compile"),
    ("config: {enabled: false}", "", "{}", "is not enabled",
     "sources.stripe.tables.charges.config.enabled", "enable it"),
]  # fmt: skip


@pytest.mark.parametrize(("source", "table", "variables", "what", "key", "fix"), REFUSED)
def test_what_cannot_be_told_is_an_error_with_its_key(
    project: Any,
    monkeypatch: pytest.MonkeyPatch,
    source: str,
    table: str,
    variables: str,
    what: str,
    key: str,
    fix: str,
) -> None:
    monkeypatch.delenv("RAW", raising=False)
    monkeypatch.setenv("EMPTY", "")
    for name in ("DBT_ENV_SECRET_X", "SLACK_WEBHOOK_URL", "Db_Password"):
        monkeypatch.setenv(name, "hush")
    with pytest.raises(MonitorError) as caught:
        project(files(source, table, variables=variables)).compile(target=NamedTarget())
    error = caught.value
    assert what in error.what
    assert error.key == key
    assert fix in str(error.fix)
    assert str(error.file).endswith("dbt_project.yml" if key == "vars.a" else "models/sources.yml")
    assert "hush" not in str(error)


def test_a_target_without_a_dataset_has_no_schema(project: Any) -> None:
    made = project(files('schema: "{{ target.schema }}"'))
    with pytest.raises(MonitorError, match=r"target\.schema is not known") as caught:
        made.compile(target=NamedTarget(dataset=None))
    assert "great_expectations.yml" in str(caught.value.fix)


def test_a_fault_of_one_table_is_not_that_of_another(project: Any) -> None:
    text = files('schema: "{{ get_schema() }}"')
    text["models/sources.yml"] += "  - name: nba\n    tables: [{name: games}]\n"
    text["models/other.sql"] = "select 1 from {{ source('nba', 'games') }}"
    assert "`nba`.`games`" in project(text).compile("other").sql


def test_a_suites_value_counts_in_names_too(project: Any) -> None:
    made = project(files("schema: \"{{ var('raw') }}\"", variables="{raw: stripe}"))
    compiled = made.compile(raw="stripe_eu")
    assert "`stripe_eu`.`charges`" in compiled.sql
    assert "raw" in compiled.variables
    assert compiled.parameters == ()


def test_a_target_may_call_the_rendered_dataset_otherwise(project: Any) -> None:
    made = project(files("schema: \"{{ var('raw') }}\"", variables="{raw: new}"))
    target = NamedTarget(datasets={"new": "new_dev"})
    assert "`new_dev`.`charges`" in made.compile(target=target).sql


def test_of_two_declarations_the_one_that_the_target_enables_counts(project: Any) -> None:
    one = (
        "  - name: stripe\n    schema: {schema}\n"
        "    config: {{enabled: \"{{{{ target.name {test} 'prod' }}}}\"}}\n"
        "    tables: [{{name: charges}}]\n"
    )
    text = files()
    text["models/sources.yml"] = (
        "sources:\n" + one.format(schema="live", test="==") + one.format(schema="dev", test="!=")
    )
    made = project(text)
    assert "`live`.`charges`" in made.compile(target=NamedTarget()).sql
    assert "`dev`.`charges`" in made.compile(target=NamedTarget(name="ci")).sql


# With dbt's manifest

ENV = "schema: \"{{ env_var('RAW') }}\""
BY_MANIFEST = [
    # the source's keys, vars, the manifest, the environment, the table
    (ENV, "{}", {"schema": "stripe_2026"}, {}, "acme-prod.stripe_2026.charges"),
    ('schema: "{{ get_schema() }}"', "{}", {"schema": "s"}, {}, "acme-prod.s.charges"),
    ("schema: \"{{ env_var('RAW', 'x') }}\"", "{}", {"schema": "s"}, {}, "acme-prod.s.charges"),
    ('schema: "{{ target.schema }}"', "{}", {"schema": "s"}, {}, "acme-prod.s.charges"),
    ("schema: \"{{ var('raw') }}\"", "{raw: s}", {"schema": "s"}, {}, "acme-prod.s.charges"),
    (ENV, "{}", {"relation_name": "`other-project`.`a`.`charges`"}, {}, "other-project.a.charges"),
    (ENV, "{}", {"relation_name": "other-project.a.charges"}, {}, "other-project.a.charges"),
    (ENV, "{}", {"schema": "s", "relation_name": None}, {}, "acme-prod.s.charges"),
    ("overrides: fivetran", "{}", {"schema": "s"}, {}, "acme-prod.s.charges"),
    # plain names need no manifest, and are what the file says now
    ("schema: plain", "{}", {"schema": "older"}, {}, "acme-prod.plain.charges"),
]


@pytest.mark.parametrize(("source", "variables", "node", "environment", "relation"), BY_MANIFEST)
def test_the_manifest_says_what_came_of_a_name(
    project: Any,
    monkeypatch: pytest.MonkeyPatch,
    source: str,
    variables: str,
    node: dict[str, Any],
    environment: dict[str, str],
    relation: str,
) -> None:
    monkeypatch.delenv("RAW", raising=False)
    made = project(files(source, variables=variables) | manifest(**node))
    quoted = ".".join(f"`{name}`" for name in relation.split("."))
    assert made.compile(target=NamedTarget()).sql == f"select 1 from {quoted}"


CONTRADICTED = [
    # the source's keys, the table's, vars, the manifest, the part that differs
    ("schema: \"{{ var('raw') }}\"", "", "{raw: new}", {"schema": "old"}, "schema"),
    ("schema: \"{{ env_var('SET') }}\"", "", "{}", {"schema": "old"}, "schema"),
    ("schema: \"{{ get_schema() }}\"", "", "{}", {"unrendered_schema": "{{ env_var('X') }}"},
     "schema"),
    ("schema: \"{{ get_schema() }}\"", "identifier: v2", "{}", {"identifier": "v1"}, "identifier"),
    ("schema: \"{{ get_schema() }}\"\ndatabase: new-project", "", "{}", {}, "database"),
]  # fmt: skip


@pytest.mark.parametrize(("source", "table", "variables", "node", "word"), CONTRADICTED)
def test_a_manifest_that_contradicts_the_files_is_an_error(
    project: Any,
    monkeypatch: pytest.MonkeyPatch,
    source: str,
    table: str,
    variables: str,
    node: dict[str, Any],
    word: str,
) -> None:
    monkeypatch.setenv("SET", "new")
    made = project(files(source, table, variables=variables) | manifest(**node))
    with pytest.raises(MonitorError, match="contradict each other") as caught:
        made.compile(target=NamedTarget())
    assert caught.value.key == f"sources.source.small.stripe.charges.{word}"
    assert "dbt compile" in str(caught.value.fix)


def test_a_value_that_only_this_run_gives_counts_before_the_manifest(project: Any) -> None:
    made = project(files("schema: \"{{ var('raw') }}\"", variables="{raw: stripe}") | manifest())
    assert "`stripe_eu`.`charges`" in made.compile(raw="stripe_eu").sql


BRANCH = "schema: \"{% if target.name == 'live' %}raw_{{ var('region') }}{% else %}dev{% endif %}\""
GIVEN_BESIDE_WHAT_DIFFERS_HERE = [
    # the source's keys, vars: another table than that of the manifest with the value changed
    (BRANCH, "{region: us}"),
    ("schema: \"{{ env_var('STAGE', 'dev') }}_{{ var('region') }}\"", "{region: us}"),
    ("schema: \"{{ target.name }}_{{ var('region') }}\"", "{region: us}"),
    (
        "schema: \"{{ var('raw') }}\"",
        "{region: us, raw: \"{{ env_var('STAGE', 'dev') }}_{{ var('region') }}\"}",
    ),
]


@pytest.mark.parametrize(("source", "variables"), GIVEN_BESIDE_WHAT_DIFFERS_HERE)
def test_a_given_value_is_an_error_where_the_rest_of_the_name_differs_from_the_manifest(
    project: Any, monkeypatch: pytest.MonkeyPatch, source: str, variables: str
) -> None:
    monkeypatch.delenv("STAGE", raising=False)
    made = project(files(source, variables=variables) | manifest(schema="raw_us"))
    assert "`raw_us`.`charges`" in made.compile(target=NamedTarget()).sql
    with pytest.raises(MonitorError, match="contradict each other"):
        made.compile(target=NamedTarget(), region="eu")


def test_a_given_value_is_not_dropped_where_another_variable_names_it(
    project: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PREFIX", raising=False)
    variables = "{region: us, raw: \"{{ env_var('PREFIX') }}_{{ var('region') }}\"}"
    text = files("schema: \"{{ var('raw') }}\"", variables=variables) | manifest(schema="p_us")
    made = project(text)
    assert "`p_us`.`charges`" in made.compile(target=NamedTarget()).sql
    with pytest.raises(MonitorError, match="PREFIX is not set"):
        made.compile(target=NamedTarget(), region="eu")


# Variables of models

VARIABLES = [
    # the text under vars, the type and the value of the parameter
    ("\"{{ env_var('X', 'phase3') }}\"", "STRING", "phase3"),
    ("\"{{ env_var('X', '7') | int }}\"", "INT64", 7),
    ("\"{{ env_var('X', '7') | as_number }}\"", "INT64", 7),
    ("\"{{ env_var('X', 'True') | as_bool }}\"", "BOOL", True),
    ("\"a {{ env_var('X', 'b') }} c\"", "STRING", "a b c"),
    ("\"{{ target.name }}\"", "STRING", "prod"),
    ("\"{{ [var('one'), 2] }}\"", "ARRAY<INT64>", (1, 2)),
]  # fmt: skip


@pytest.mark.parametrize(("text", "kind", "value"), VARIABLES)
def test_jinja_in_a_variable_is_rendered(
    project: Any, monkeypatch: pytest.MonkeyPatch, text: str, kind: str, value: object
) -> None:
    monkeypatch.delenv("X", raising=False)
    made = project(
        {
            "models/m.sql": "select {{ var('v') }} as v",
            "dbt_project.yml": f"name: small\nvars:\n  one: 1\n  v: {text}\n",
        }
    )
    (parameter,) = made.compile(target=NamedTarget()).parameters
    assert (parameter.type, parameter.value) == (kind, value)


def test_a_variable_that_cannot_be_rendered_is_the_fault_of_who_reads_it(project: Any) -> None:
    made = project(
        {
            "models/m.sql": "select {{ var('v') }} as v",
            "models/other.sql": "select 1 as v",
            "dbt_project.yml": "name: small\nvars:\n  v: \"{{ env_var('NOWHERE_SET') }}\"\n",
        }
    )
    assert made.compile("other").sql == "select 1 as v"
    with pytest.raises(VariableError, match="NOWHERE_SET is not set") as caught:
        made.compile()
    assert caught.value.key == "vars.v"


def test_a_suites_value_is_no_jinja(project: Any) -> None:
    with pytest.raises(VariableError, match="contains Jinja") as caught:
        project("select {{ var('primary') }} as v").compile(primary="{{ env_var('X') }}")
    assert "dbt_project.yml" in str(caught.value.fix)
