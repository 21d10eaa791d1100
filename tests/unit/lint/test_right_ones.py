"""What looks like a fault and is none: lint says nothing of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from support.lint_project import LintedProject
from unit.lint.test_rules import (
    CHECKPOINT,
    DBT,
    DEFINITION,
    GX,
    LAG,
    LAG_MODEL,
    MODEL,
    RUNBOOK,
    SCHEMA,
    SERVICES,
    SOURCES,
    SUITE,
    TABLE,
)

Edits = tuple[tuple[str, str, str], ...]


def lag_judged_by(kwargs: str) -> Edits:
    return ((LAG, '{"column": "not_final", "aggregate": "sum", "max_value": 3}', kwargs),)


def coverage_judged_by(kwargs: str) -> Edits:
    old = '{"column": "coverage_pct", "group_by": ["team"], "min_value": 50}'
    return ((SUITE, old, kwargs),)


RIGHT: dict[str, Edits] = {
    "a loop that is left early": ((LAG_MODEL, "1 as not_final", "{% for one in [1, 2] %}{% if one > 1 %}{% break %}{% endif %}{{ one }}{% endfor %} as not_final"),),
    "keys of the user's own in meta": ((SUITE, '"monitor": {', '"team": "ours", "monitor": {'),),
    "a schema for editors": ((SUITE, '"name": "coverage",', '"$schema": "../x.json", "name": "coverage",'),),
    "notes as a text and as a list": ((SUITE, '"expectations": [', '"notes": "why", "expectations": ['), (LAG, '"expectations": [', '"notes": ["why"], "expectations": [')),
    "an expectation of GX's": ((LAG, '"expectations": [', '"expectations": [{"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "game_date"}},'),),
    "a threshold given at run time": lag_judged_by('{"column": "not_final", "max_value": 3, "min_value": null}'),
    "a GX threshold that is a parameter": ((LAG, '"expectations": [', '"suite_parameters": {"most": 3}, "expectations": [{"type": "expect_column_max_to_be_between", "kwargs": {"column": "not_final", "max_value": {"$PARAMETER": "most"}}},'),),
    "a comparison of two tables by GX's own data asset": ((TABLE, '"expectations": [', '"expectations": [{"type": "expect_table_row_count_to_equal_other_table", "kwargs": {"other_table_name": "games"}},'),),
    "thresholds by arithmetic over a parameter": ((SUITE, '"expectations": [', '"suite_parameters": {"low": 40}, "expectations": ['), (SUITE, '"min_value": 80,', '"min_value": {"$PARAMETER": "low * 2"},')),
    "a parameter that is the judged instant": ((LAG, '"expectations": [', '"expectations": [{"type": "expect_column_max_to_be_between", "kwargs": {"column": "game_date", "max_value": {"$PARAMETER": "now()"}}},'),),
    "a percentage between a threshold and 100": coverage_judged_by('{"column": "coverage_pct", "min_value": 50, "max_value": 100}'),
    "a percentage that must be above 0": coverage_judged_by('{"column": "coverage_pct", "min_value": 0, "strict_min": true}'),
    "a percentage that must be below 100": coverage_judged_by('{"column": "coverage_pct", "max_value": 100, "strict_max": true}'),
    "a sum of percentages above 100": coverage_judged_by('{"column": "coverage_pct", "aggregate": "sum", "min_value": 300}'),
    "a count of at least 0 and at most 0": lag_judged_by('{"column": "not_final", "min_value": 0, "max_value": 0}'),
    "levels of different groups": coverage_judged_by('{"column": "coverage_pct", "min_value": 90}'),
    "a critical of the other side": coverage_judged_by('{"column": "coverage_pct", "group_by": ["team"], "max_value": 99}'),
    "a warning at the same value, but strict": (
        (SUITE, '"min_value": 80,', '"min_value": 50, "strict_min": true,'),
    ),
    "a critical below the weaker of two warnings": (
        (SUITE, '"expectations": [', '"expectations": [{"type": "expect_metric_to_be_between", "severity": "warning", "kwargs": {"column": "coverage_pct", "group_by": ["team"], "min_value": 40}},'),
    ),
    "info beside critical": ((SUITE, '"severity": "warning"', '"severity": "info"'),),
    "an expectation about the columns of the table": ((LAG, '"expectations": [', '"expectations": [{"type": "expect_table_columns_to_match_set", "kwargs": {"column_set": ["nothing"]}},'),),
    "a runbook on the web": ((SUITE, "docs/runbooks/coverage.md#what-to-do", "http://wiki/coverage"),),
    "headings of a runbook deeper, in capitals, and more of them": ((RUNBOOK, "## Fix\n", "### FIX\n## Ours\n"),),
    "a heading of a runbook underlined, and one closed": ((RUNBOOK, "## Fix\n## Roll back\n", "Fix\n----\n\n## Roll back ##\n"),),
    "a runbook that is no Markdown": ((SUITE, "docs/runbooks/coverage.md#what-to-do", "deploy/services.yml"),),
    "a place in a service's runbook": ((SERVICES, "docs/runbooks/coverage.md", "docs/runbooks/coverage.md#what-to-do"),),
    "a severity left out is critical": ((LAG, '"severity": "critical",', ""),),
    "a variable that only the suite gives": ((SUITE, '"vars": {"days": 7}', '"vars": {"days": 7, "threshold": 3}'), (MODEL, "count(*) as denominator", "count(*) + {{ var('threshold') }} as denominator")),
    "a variable with a fall-back": ((MODEL, "count(*) as denominator", "count(*) + {{ var('more', 0) }} as denominator"),),
    "a default out of bounds that every suite overrides": ((DBT, "days: 3", "days: 400"),),
    "a name that is asked for first": ((MODEL, "select * from final", "{% if later is defined %}{{ later }}{% endif %}select * from final"),),
    "a variable of the template's own": ((MODEL, "select * from final", "{% set last = 'final' %}select * from {{ last }}"),),
    "dbt's own keys": ((SCHEMA, "- name: lag", "- name: lag\n    access: public\n    data_tests: []\n    config: {meta: {team: ours}}"), (DBT, "profile: small", "profile: small\nflags: {}\nseeds: {}")),
    "personal columns, as dbt has them now and had them": ((SCHEMA, "description: The team.}", "description: The team., config: {meta: {personal: true, team: ours}}}"), (SCHEMA, "description: Its status.}", "description: Its status., meta: {personal: false}}")),
    "other datasources of GX's": ((GX, "fluent_datasources:", "fluent_datasources:\n  others: {type: pandas, assets: []}"),),
    "a target that is not resolved here": ((GX, "project: some-project", "location: EU"),),
    "types by their other names": ((SOURCES, "data_type: INT64", "data_type: integer"), (SOURCES, "data_type: \"ARRAY<NUMERIC(5,1)>\"", "data_type: \"array<struct<a numeric(5, 1), b string(10)>>\"")),
    "a partition by an expression": ((SOURCES, "partition_by: game_date,", "partition_by: DATE(game_date),"),),
    "a star over a table of columns": ((MODEL, "as_of, game_date, team,\n        100 * numerator / denominator as coverage_pct,\n        numerator, denominator", "evaluations.*, counted.* except (denominator), 100.0 as coverage_pct, denominator"),),
    "a star over a source": (("models/staging/calendar.sql", "select game_id, game_date, game_status", "select *"),),
    "a filter in a join": ((MODEL, "cross join counted", "left join counted on counted.game_date > current_game_date"), (MODEL, "select as_of\n", "select as_of, cast(as_of as date) as current_game_date\n")),
    "countif without an element of an array": ((MODEL, "sum(if(has_line, 1, 0))", "countif(has_line)"),),
    "an element of an array without countif": ((MODEL, "sum(if(has_line, 1, 0))", "sum(if(weights[offset(0)] > 0, 1, 0))"),),
    "a result format": ((CHECKPOINT, '"actions"', '"result_format": "SUMMARY", "actions"'),),
    "a definition of another name than its suite": (
        (DEFINITION, '"name": "whole_table",', '"name": "table_a",'),
        (CHECKPOINT, '{"name": "whole_table"}', '{"name": "table_a"}'),
    ),
    "no actions": ((CHECKPOINT, ',\n  "actions": [\n    {"type": "slack", "name": "tell", "slack_webhook": "${SLACK_WEBHOOK}"}\n  ]', ""),),
}  # fmt: skip


@pytest.mark.parametrize("edits", RIGHT.values(), ids=RIGHT.keys())
def test_nothing_is_said_of_what_is_right(linted: LintedProject, edits: Edits) -> None:
    for file, old, new in edits:
        linted.replace(file, old, new)
    if any('"name": "table_a",' in new for _, _, new in edits):
        (linted.root / DEFINITION).rename(linted.root / "validation_definitions/table_a.json")
    assert [f"{f.rule.code}: {f.place} {f.what}" for f in linted.lint().findings] == []


def test_models_that_no_monitor_stands_on_are_left_to_dbt(linted: LintedProject) -> None:
    linted.write(
        "models/marts/orders.sql",
        "{{ config(materialized='incremental') }}\n"
        "{% if is_incremental() %} {{ this }} {% endif %} select {{ dbt_utils.star('x') }}",
    )
    linted.write("macros/dbt_only.sql", "{% test fresh(model) %} select 1 {% endtest %}")
    assert linted.codes() == []


ORDERS = {
    "name": "orders",
    "package_name": "small",
    "database": "some-project",
    "schema": "marts",
    "alias": "orders",
    "config": {"materialized": "table"},
    "original_file_path": "models/marts/orders.sql",
}


def test_a_model_that_dbt_has_built_is_a_table_and_its_sql_dbts_own(linted: LintedProject) -> None:
    linted.write(
        "models/marts/orders.sql",
        "{{ config(materialized='table') }} select {{ dbt_utils.star('x') }} from {{ this }}",
    )
    linted.replace(LAG_MODEL, "{{ ref('calendar') }}", "{{ ref('orders') }}")
    (finding,) = linted.lint().findings
    assert finding.rule.code == "model-not-compilable"
    assert "there is no target/manifest.json" in finding.what
    manifest = {"metadata": {"project_name": "small"}, "nodes": {"model.small.orders": ORDERS}}
    linted.write("target/manifest.json", json.dumps(manifest))
    assert linted.codes() == []
    linted.replace(LAG_MODEL, "calendar.game_date", "calendar.*")
    orders = "  - name: orders\n    columns: [{name: game_dat, data_type: DATE}]\n  - name: lag"
    linted.replace(SCHEMA, "  - name: lag", orders)
    assert set(linted.codes()) == {"column-not-returned", "column-without-description"}
    linted.replace(SCHEMA, "{name: game_dat,", "{name: game_date,")
    assert linted.codes() == []
    linted.replace(LAG_MODEL, "{{ ref('orders') }}", "{{ ref('order') }}")
    (finding,) = linted.lint().findings
    assert finding.rule.code == "model-unknown-ref"
    assert "did you mean 'orders'?" in finding.fix


def test_a_project_without_dbt_project_yml_or_schedule_is_one(linted: LintedProject) -> None:
    (linted.root / "checkpoints/schedule.yml").unlink()
    assert linted.codes() == []
    (linted.root / DBT).unlink()
    assert set(linted.codes()) == {
        "model-not-compilable",  # without +materialized: ephemeral
        "project-nameless",
        "variable-unknown",
    }


def test_the_paths_of_a_repository_that_is_not_here_are_not_looked_at(
    linted: LintedProject, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    linted.replace(
        "deploy/services.yml", "paths: [macros,", "repository: PLATFORM\n    paths: [src,"
    )
    assert linted.codes() == []
    monkeypatch.setenv("PLATFORM", str(tmp_path))
    assert set(linted.codes()) == {"service-path-missing"}


def test_paths_of_services_are_of_the_repository_that_holds_the_project(
    linted: LintedProject,
) -> None:
    top = linted.root.parent
    for name in (".git", "loader"):
        (top / name).mkdir()
    linted.replace("deploy/services.yml", "paths: [macros,", "paths: [loader,")
    assert "loader" not in str(linted.found("service-path-missing"))
    linted.replace("deploy/services.yml", "paths: [loader,", "paths: [macros,")
    assert "'macros' is not in the repository" in str(linted.found("service-path-missing"))


def test_a_model_is_described_beside_it_where_there_is_no_schema_file(
    linted: LintedProject,
) -> None:
    (linted.root / "models/schema.yml").rename(linted.root / "models/all.yml")
    linted.replace("models/all.yml", "- name: calendar", "- name: calendars")
    (found,) = linted.found("model-without-description")
    assert found.fix.startswith("describe it in models/staging/calendar.yml: `")
    text = found.fix.partition("`")[2].partition("`")[0]
    linted.write("models/staging/calendar.yml", text)
    assert linted.found("model-without-description") == []


def test_an_empty_project_has_no_monitors_and_no_faults(linted: LintedProject) -> None:
    for folder in ("expectations", "checkpoints", "validation_definitions", "models", "deploy"):
        for file in sorted((linted.root / folder).rglob("*"), reverse=True):
            file.unlink() if file.is_file() else file.rmdir()
    assert linted.codes() == []
