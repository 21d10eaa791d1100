"""A drilldown is a template like a model's, with a condition that holds for the failing groups."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from plumbline.core.errors import MonitorError
from plumbline.core.group_key import GroupKey
from plumbline.models.compiler import Compiler
from plumbline.models.copied_sql import with_values
from plumbline.models.drilldown import MOST_GROUPS, FailingGroups
from plumbline.project import Project
from support.projects import make_project
from support.targets import embedded_target

AS_OF = datetime(2026, 2, 3, 5, tzinfo=UTC)


def failing(*keys: Mapping[str, object], **changes: Any) -> FailingGroups:
    columns = sorted({name for key in keys for name in key}) or ["team"]
    return FailingGroups([GroupKey.of(key) for key in keys], **{"columns": columns, **changes})


@pytest.mark.parametrize(
    ("groups", "asked", "expected"),
    [
        (failing({"team": "a"}), {"team": "team"}, "team = 'a'"),
        (failing({"team": "a"}, {"team": "it's"}), {"team": "t.team"}, "t.team in ('a', 'it\\'s')"),
        (failing({"team": None}), {"team": "team"}, "team is null"),
        (
            failing({"team": "a"}, {"team": None}),
            {"team": "team"},
            "(team = 'a' or team is null)",
        ),
        (failing({"n": 3}, {"n": -1}), {"n": "n"}, "n in (3, (-1))"),
        (failing({"on": "2026-02-02"}, types={"on": "DATE"}), {"on": "d"}, "d = date '2026-02-02'"),
        (failing({"x": 0.5}, types={"x": "NUMERIC"}), {"x": "x"}, "x = numeric '0.5'"),
        (
            failing({"a": "1", "b": "2"}, {"a": "3", "b": None}),
            {"a": "a", "b": "t.b"},
            "((a = '1' and t.b = '2') or (a = '3' and t.b is null))",
        ),
        (
            failing({"a": "1", "b": "2"}, {"a": "1", "b": "3"}),
            {"a": "a"},
            "a = '1'",
        ),
        # nothing of these groups is known that would choose rows
        (failing(), {"team": "team"}, "true"),
        (failing({"other": "a"}, columns=["team", "other"]), {"team": "team"}, "true"),
        (
            failing({"team": "masked-0123456789"}, personal={"team"}),
            {"team": "team"},
            "true /* every group: values of team are masked */",
        ),
    ],
)
def test_the_condition_of_failing_groups(
    groups: FailingGroups, asked: dict[str, str], expected: str
) -> None:
    assert groups.condition(asked) == expected


def test_of_very_many_groups_the_worst_are_named() -> None:
    groups = failing(*({"n": number} for number in range(MOST_GROUPS + 7)))
    condition = groups.condition({"n": "n"})
    assert condition.endswith(
        f", {MOST_GROUPS - 1}) /* {MOST_GROUPS} of {MOST_GROUPS + 7} groups */"
    )


@pytest.fixture
def compiled(tmp_path: Path) -> Any:
    small = make_project(tmp_path, embedded_target(tmp_path / "state"))
    (small.root / "macros" / "late.sql").write_text(
        "{% macro late(days) %}{{ failing('team') }} and d > {{ days }}{% endmacro %}"
    )
    (small.root / "models" / "staging" / "games.sql").write_text(
        "{{ config(materialized='ephemeral') }}select {{ var('days') }} as d"
    )
    compiler = Compiler(Project(small.root), small.target)

    def compile_(text: str, groups: FailingGroups) -> str:
        found = compiler.drilldown(
            "coverage", text, groups, as_of=AS_OF, vars={"days": 3}, file=small.root / "suite.json"
        )
        return with_values(found)

    return compile_


def test_it_has_what_a_model_has_and_its_values(compiled: Any) -> None:
    sql = compiled(
        "select * from {{ ref('games') }}\nwhere {{ late(var('days')) }}",
        failing({"team": "{{ x }}"}),
    )
    assert sql == (
        "with __dbt__cte__games as (\nselect 3 as d\n)\n\n"
        "select * from __dbt__cte__games\nwhere team = '{{ x }}' and d > 3"
    )


def test_a_fault_names_the_key_and_the_line_within_it(compiled: Any) -> None:
    with pytest.raises(MonitorError) as raised:
        compiled("select 1\nwhere {{ failing('teem') }}", failing({"team": "a"}))
    assert raised.value.key == "meta.monitor.drilldown, line 2"
    assert Path(str(raised.value.file)).name == "suite.json"
    assert raised.value.fix == "did you mean 'team'?"
