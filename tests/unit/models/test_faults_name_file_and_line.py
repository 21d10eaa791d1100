"""Whatever is wrong with a model is one error of that monitor: file, line where known, fix."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import pytest

from plumbline.core.errors import ConfigError, MonitorError

EPHEMERAL = "{{ config(materialized='ephemeral') }}\n"


@pytest.mark.parametrize(
    ("files", "message", "where", "fix"),
    [
        pytest.param(
            {"models/m.sql": "select 1\nfrom {{ ref('bse') }}", "models/base.sql": "select 1"},
            "there is no model 'bse'",
            "models/m.sql: line 2",
            "did you mean 'base'?",
            id="an unknown model",
        ),
        pytest.param(
            {"models/m.sql": "select 1\n\nfrom {{ source('nbaa', 'games') }}"},
            "there is no source 'nbaa'",
            "models/m.sql: line 3",
            "did you mean 'nba'?",
            id="an unknown source",
        ),
        pytest.param(
            {"models/m.sql": "select 1 from {{ source('nba', 'gamse') }}"},
            "source 'nba' has no table 'gamse'",
            "models/m.sql: line 1",
            "did you mean 'games'?",
            id="an unknown table",
        ),
        pytest.param(
            {
                "models/m.sql": "select\n{{ anchr() }}",
                "macros/anchor.sql": "{% macro anchor() %}1{% endmacro %}",
            },
            "the template uses 'anchr', which is not a macro or function",
            "models/m.sql: line 2",
            "did you mean 'anchor'?",
            id="an unknown macro",
        ),
        pytest.param(
            {
                "models/m.sql": "select {{ outer() }}",
                "macros/outer.sql": "{% macro outer() %}\n\n{{ source('nba', 'x') }}{% endmacro %}",
            },
            "source 'nba' has no table 'x'",
            "macros/outer.sql: line 3",
            "known: games, rows",
            id="a fault inside a macro",
        ),
        pytest.param(
            {"models/m.sql": "select {{ env_var('HOME') }}"},
            "the template uses 'env_var', which is not a macro or function",
            "models/m.sql: line 1",
            "env_var exists only in dbt",
            id="a function that only dbt has",
        ),
        pytest.param(
            {"models/m.sql": "select 1\n{% if %}"},
            "Jinja can't parse the template",
            "models/m.sql: line 2",
            "fix the template",
            id="broken Jinja",
        ),
        pytest.param(
            {"models/m.sql": "select 1\n{{ var('days') }"},
            "Jinja can't parse the template",
            "models/m.sql: line 2",
            "fix the template",
            id="an open bracket",
        ),
        pytest.param(
            {
                "models/m.sql": "select {{ broken() }}",
                "macros/broken.sql": "\n{% macro broken() %}{{ 1 + }}{% endmacro %}",
            },
            "Jinja can't parse the template",
            "macros/broken.sql: line 2",
            "fix the template",
            id="a broken macro",
        ),
        pytest.param(
            {"models/m.sql": "select\n{{ 1 / 0 }}"},
            "the template fails: division by zero",
            "models/m.sql: line 2",
            "fix the template",
            id="a template that fails",
        ),
        pytest.param(
            {"models/m.sql": "select {{ ''.__class__.__mro__ }}"},
            "the template fails: access to attribute '__class__'",
            "models/m.sql: line 1",
            "fix the template",
            id="a template that breaks out",
        ),
        pytest.param(
            {"models/m.sql": "select 1\n{% include '/etc/passwd.txt' %}"},
            "the template includes another file",
            "models/m.sql: line 2",
            "write a macro",
            id="an included file",
        ),
        pytest.param(
            {"models/m.sql": "  \n-- nothing\n{# at all #}"},
            "the model is empty",
            "models/m.sql",
            "write one SELECT",
            id="an empty model",
        ),
        pytest.param(
            {"models/m.sql": "select 1;\nselect 2"},
            "the model holds more than one statement",
            "models/m.sql: line 1",
            "write one SELECT",
            id="two statements",
        ),
        pytest.param(
            {"models/m.sql": "-- harmless\ndelete from t where true"},
            "the model begins with 'delete'",
            "models/m.sql: line 2",
            "write one SELECT",
            id="not a SELECT",
        ),
        pytest.param(
            {"models/m.sql": "select 'open\nfrom t"},
            "' is opened and never closed",
            "models/m.sql: line 1",
            "close it",
            id="an open quote",
        ),
        pytest.param(
            {"models/m.sql": "select 1 /* open\nfrom t"},
            "/* is opened and never closed",
            "models/m.sql: line 1",
            "close it",
            id="an open comment",
        ),
        pytest.param(
            {"models/a/m.sql": "select 1", "models/b/m.sql": "select 2"},
            "there are 2 files for model 'm'",
            "models/a/m.sql",
            "rename it here or in",
            id="a model twice",
        ),
        pytest.param(
            {
                "models/m.sql": "select {{ one() }}",
                "macros/a.sql": "{% macro one() %}1{% endmacro %}",
                "macros/b.sql": "{% macro one() %}2{% endmacro %}",
            },
            "there are 2 files for macro 'one'",
            "macros/a.sql",
            "rename it here or in",
            id="a macro twice",
        ),
        pytest.param(
            {"models/m.sql": "select 1", "models/schema.yml": "models:\n  - nam: m"},
            "an entry of models has no name",
            "models/schema.yml: models",
            "add `name:`",
            id="properties without a name",
        ),
        pytest.param(
            {"models/m.sql": "select 1", "models/schema.yml": "models: [m]"},
            "models[0] is not a mapping",
            "models/schema.yml: models[0]",
            "write `key: value` lines",
            id="properties of another shape",
        ),
        pytest.param(
            {"models/m.sql": "select 1", "models/schema.yml": "models: [\n"},
            "the properties file is not YAML",
            "models/schema.yml: line",
            "fix the YAML",
            id="properties that are no YAML",
        ),
        pytest.param(
            {
                "models/m.sql": "select {{ var('days') }}",
                "models/schema.yml": "models: [{name: m, config: {meta: {vars: {days: {mim: 1}}}}}]",
            },
            "unknown bound 'mim'",
            "models/schema.yml: models.m.config.meta.vars.days",
            "write min, max, form or entries",
            id="an unknown bound",
        ),
        pytest.param(
            {
                "models/m.sql": "select {{ var('days') }}",
                "models/schema.yml": "models: [{name: m, config: {meta: {vars: {days: {entries: name}}}}}]",
            },
            "unknown form 'name'",
            "models/schema.yml: models.m.config.meta.vars.days.entries",
            "write text, time, name_from_date, period",
            id="an unknown form of entries",
        ),
        pytest.param(
            {
                "models/m.sql": "select {{ var('days') }}",
                "models/schema.yml": "models: [{name: m, config: {meta: {vars: {days: {min: a}}}}}]",
            },
            "the bounds of variable 'days' can't be compared with 3",
            "models/schema.yml",
            "write bounds of type INT64",
            id="a bound of another type",
        ),
        pytest.param(
            {
                "models/m.sql": "select 1",
                "models/schema.yml": "models: [{name: m, config: {meta: {grain: game_date}}}]",
            },
            "grain is not a list of columns",
            "models/schema.yml: models.m.config.meta.grain",
            "write grain: [column, ...]",
            id="a grain that is no list",
        ),
        pytest.param(
            {
                "models/m.sql": "select 1",
                "models/schema.yml": "models: [{name: m, columns: [{name: a, meta: {personal: often}}]}]",
            },
            "personal is 'often', not true or false",
            "models/schema.yml: models.m.columns.a.meta.personal",
            "write personal: true",
            id="a personal that is neither true nor false",
        ),
        pytest.param(
            {
                "models/m.sql": "select 1 from {{ source('bad', 't') }}",
                "models/bad.yml": "sources: [{name: bad, schema: 'a`b', tables: [{name: t}]}]",
            },
            "'a`b' is not a valid BigQuery dataset",
            "models/bad.yml: sources.bad.t",
            "fix the name",
            id="a dataset that would end its backtick",
        ),
    ],
)
def test_a_fault(project: Any, files: dict[str, str], message: str, where: str, fix: str) -> None:
    with pytest.raises(MonitorError) as caught:
        project(files).compile()
    assert caught.value.what.startswith(message)
    assert where in str(caught.value.where)
    assert fix in str(caught.value.fix)


def test_an_unknown_model_is_told_with_the_suite_that_names_it(project: Any) -> None:
    with pytest.raises(MonitorError, match="there is no model 'mm'") as caught:
        project("select 1").compile("mm")
    assert caught.value.file == "expectations/m.json"
    assert caught.value.fix == "did you mean 'm'?"


def test_a_fault_in_one_model_leaves_the_others_alone(project: Any) -> None:
    files = {"models/m.sql": "select 1", "models/broken.sql": "{% if %}"}
    assert project(files).compile().sql == "select 1"


def test_paths_that_are_no_list_are_a_fault_of_the_project(project: Any) -> None:
    small = project("select 1").write({"dbt_project.yml": "model-paths: models"})
    with pytest.raises(ConfigError, match="model-paths is not a list of folders"):
        small.compile()


def test_one_semicolon_at_the_end_does_no_harm(project: Any) -> None:
    assert project("select 1; -- done\n").compile().sql == "select 1"


def test_compiling_imports_nothing_heavy() -> None:
    heavy = ("google", "great_expectations", "pandas", "sqlglot", "numpy")
    code = f"import sys, plumbline.models; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout.strip() == "[]"
