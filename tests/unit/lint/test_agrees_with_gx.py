"""What lint accepts GX builds: the catalogue, the rules and GX itself say the same of a suite."""

from __future__ import annotations

import contextlib
import io
import json
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from great_expectations.checkpoint.actions import _VALIDATION_ACTION_REGISTRY
from great_expectations.expectations import registry
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import plumbline  # noqa: F401 - our actions and expectations are among GX's
from plumbline.core.errors import MonitorError
from plumbline.evaluate.build_suite import build_suite
from plumbline.lint.facts import Facts
from plumbline.lint.known_types import ExpectationType
from plumbline.lint.plugins import Plugins
from plumbline.lint.type_lookup import KNOWN_ACTIONS, KnownTypes, known_expectations
from plumbline.project import Project
from plumbline.project.suites import read_suite
from support.documents import read_document
from support.lint_project import LintedProject, make_linted

pytestmark = pytest.mark.slow

TABLE = "expectations/whole_table.json"
WEIRD: list[Any] = [None, True, 0, -1, 150, "", "80", "abc", [], [1], ["a"], {}, {"a": 1}]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> LintedProject:
    return make_linted(tmp_path_factory.mktemp("agrees"))


@pytest.fixture(scope="module")
def types(project: LintedProject) -> KnownTypes[ExpectationType]:
    return known_expectations(Plugins(Facts(Project(project.root))))


@pytest.fixture(autouse=True)
def _no_traces(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test's plugins register is gone after it."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    registered = dict(registry._registered_expectations)
    monkeypatch.setattr(registry, "_registered_expectations", registered)


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        yield


def values(schema: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    """Values that fit a schema of the catalogue, roughly."""
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if "anyOf" in schema:
        return st.one_of([values(branch) for branch in schema["anyOf"]])
    kinds = schema.get("type", "string")
    kinds = [kinds] if isinstance(kinds, str) else kinds
    items = schema.get("items", {})
    simple: dict[str, st.SearchStrategy[Any]] = {
        "array": st.tuples(*map(values, items)).map(list)
        if isinstance(items, list)
        else st.deferred(lambda: st.lists(values(items), max_size=3)),
        "boolean": st.booleans(),
        "integer": st.sampled_from([0, 1, 5]),
        "null": st.none(),
        "number": st.sampled_from([0, 0.5, 1, 80]),
        "object": st.just({"$PARAMETER": "given"}),
        "string": st.sampled_from(["2026-01-01", "abc", 'col("a").notNull()']),
    }
    return st.one_of(
        [st.sampled_from(schema["examples"])] if "examples" in schema else []
    ) | st.one_of([simple[kind] for kind in kinds])


@st.composite
def expectations(draw: Callable[..., Any], types: KnownTypes[ExpectationType]) -> dict[str, Any]:
    name = draw(st.sampled_from(sorted(types.known)))
    found = types.known[name]
    kwargs = {
        argument: draw(values(schema))
        for argument, schema in found.arguments.items()
        if argument in found.required or draw(st.booleans())
    }
    if found.arguments and draw(st.booleans()):
        argument = draw(st.sampled_from(sorted(found.arguments)))
        kwargs[argument] = draw(st.sampled_from(WEIRD))
    return {"type": name, "kwargs": kwargs}


@given(data=st.data())
@settings(
    deadline=None,
    max_examples=settings().max_examples // 2,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_an_expectation_that_lint_accepts_is_one_that_gx_builds(
    project: LintedProject, types: KnownTypes[ExpectationType], data: st.DataObject
) -> None:
    expectation = data.draw(expectations(types))
    project.write(TABLE, json.dumps({"name": "whole_table", "expectations": [expectation]}))
    if project.lint("whole_table").errors == 0:
        build_suite(read_suite(read_document(project.root / TABLE)))


REFUSED: list[dict[str, Any]] = [
    {"type": "expect_column_value_to_exist", "kwargs": {"column": "a"}},
    {"type": "expect_column_to_exist", "kwargs": {}},
    {"type": "expect_column_to_exist", "kwargs": {"column": "a", "severity": "info"}},
    {"type": "expect_column_to_exist", "kwargs": {"colum": "a"}},
    {"type": "expect_column_values_to_be_between", "kwargs": {"column": "a"}},
    {"type": "expect_column_values_to_match_regex_list", "kwargs": {"column": "a", "regex_list": []}},
    {"type": "expect_compound_columns_to_be_unique", "kwargs": {"column_list": ["a"]}},
    {"type": "expect_table_row_count_to_be_between", "kwargs": {"min_value": 9, "max_value": 1}},
    {"type": "expect_metric_to_be_between", "kwargs": {"column": "a", "min_value": True}},
    {"type": "expect_metric_to_be_between", "kwargs": {"column": "a", "min_value": 1, "overrides": {"x": {"min_value": 2}}}},
    {"type": "expect_metric_to_be_between", "kwargs": {"column": "a", "min_value": 1, "retired": ["x"]}},
    {"type": "expect_metric_to_be_between", "kwargs": {"column": "a", "min_value": 1, "group_by": ["g"], "retired": ["x"], "overrides": {"x": {"min_value": 2}}}},
    {"type": "expect_metric_to_follow_history", "kwargs": {"column": "a", "group_by": ["g"], "min_value": 1, "max_value": 9, "since": "March"}},
    {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "a", "row_condition": {"type": "comparison"}}},
    {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "a", "row_condition": "b > ", "condition_parser": "great_expectations"}},
    {"type": "expect_metric_to_follow_history", "kwargs": {"column": "a", "aggregate": "mean", "min_value": 1, "max_value": 9}},
    {"type": "expect_no_failing_rows", "kwargs": {}},
]  # fmt: skip


@pytest.mark.parametrize("expectation", REFUSED, ids=lambda each: json.dumps(each)[9:90])
def test_what_gx_or_a_run_refuses_lint_refuses(
    project: LintedProject, expectation: dict[str, Any]
) -> None:
    project.write(TABLE, json.dumps({"name": "whole_table", "expectations": [expectation]}))
    with pytest.raises(MonitorError):
        build_suite(read_suite(read_document(project.root / TABLE)))
    assert project.lint("whole_table").errors > 0


def test_the_table_of_actions_is_what_gx_registers() -> None:
    registered = {
        str(name): action.__fields__
        for name, action in _VALIDATION_ACTION_REGISTRY._registered_actions.items()
    }
    assert set(KNOWN_ACTIONS) == set(registered)
    for name, fields in registered.items():
        assert KNOWN_ACTIONS[name].keys == set(fields), name
        required = {key for key, field in fields.items() if field.required}
        assert KNOWN_ACTIONS[name].required == required, name


def test_an_expectation_of_the_projects_own_is_known_once_gx_knows_it(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    linted = make_linted(tmp_path_factory.mktemp("own"))
    own = {"type": "expect_our_own_thing", "kwargs": {"column": "a", "least": 3}}
    linted.write(TABLE, json.dumps({"name": "whole_table", "expectations": [own]}))
    suite = '"meta": {"monitor": {"owner": "x", "runbook": "https://x"}}, "expectations"'
    linted.replace(TABLE, '"expectations"', suite)
    assert linted.codes() == ["expectation-unknown-type"]
    linted.write(
        "plugins/our_own.py",
        """
        from great_expectations.expectations.expectation import ColumnMapExpectation


        class ExpectOurOwnThing(ColumnMapExpectation):
            map_metric = "column_values.nonnull"
            least: int
        """,
    )
    assert linted.codes() == []
    linted.replace(TABLE, '"least": 3', '"least": "many"')
    (finding,) = linted.lint().findings
    assert finding.rule.code == "expectation-wrong-argument"
    assert "integer" in finding.what
    linted.replace(TABLE, '"least": "many"', '"most": 3')
    assert linted.codes() == ["expectation-missing-argument", "expectation-unknown-argument"]


def test_an_action_of_the_projects_own_is_known_once_gx_knows_it(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = _VALIDATION_ACTION_REGISTRY._registered_actions
    monkeypatch.setattr(_VALIDATION_ACTION_REGISTRY, "_registered_actions", dict(known))
    linted = make_linted(tmp_path_factory.mktemp("own_action"))
    linted.replace("checkpoints/health_check.json", '"type": "slack"', '"type": "pigeon"')
    assert linted.codes() == ["checkpoint-unknown-action"]
    linted.write(
        "plugins/our_own_action.py",
        """
        from typing import Literal

        from great_expectations.checkpoint.actions import ValidationAction


        class PigeonAction(ValidationAction):
            type: Literal["pigeon"] = "pigeon"
            slack_webhook: str
            wings: int
        """,
    )
    (finding,) = linted.lint().findings
    assert (finding.rule.code, finding.what) == ("missing-key", "key 'wings' is missing")


def test_a_plugin_that_can_not_be_imported_is_a_finding(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    linted = make_linted(tmp_path_factory.mktemp("broken"))
    linted.write("plugins/broken_plugin.py", "import no_such_module_at_all")
    assert linted.codes() == []  # nobody asked
    linted.replace(TABLE, "expect_column_to_exist", "expect_our_own_thing_too")
    assert sorted(linted.codes()) == ["expectation-unknown-type", "plugin-broken"]
    (finding,) = linted.found("plugin-broken")
    assert "no_such_module_at_all" in finding.what
    assert finding.place.file == linted.root / "plugins/broken_plugin.py"
