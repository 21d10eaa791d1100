"""Suite parameters: what they read, and which values they have."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from plumbline.core.errors import MonitorError
from plumbline.project.parameters import ParameterError, evaluate, filled_in, names_read
from plumbline.project.suites import Suite, SuiteEntry

NOW = datetime(2026, 2, 2, 15, 30, tzinfo=timezone(timedelta(hours=-5)))


def parameter(expression: Any) -> dict[str, Any]:
    return {"$PARAMETER": expression}


@pytest.mark.parametrize(
    ("expression", "names"),
    [
        ("least", {"least"}),
        (" least ", {"least"}),
        ("least * 2", {"least"}),
        ("most - least", {"most", "least"}),
        ("round(least * 1.5)", {"least"}),
        ("trunc(a$b / c_1)", {"a$b", "c_1"}),
        ("1e5 + 2", set()),
        ("2 * PI * E", set()),
        ("now() - timedelta(days=back)", {"back"}),
        ("datetime(2026, 2, 1)", set()),
        ("round", {"round"}),
        (7, set()),
    ],
)
def test_an_expression_reads_the_names_in_it(expression: Any, names: set[str]) -> None:
    assert names_read(parameter(expression)) == names


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("least", 80),
        (" least ", 80),
        ("names", ["a", "b"]),
        ("share", 0.5),
        ("nothing", None),
        ("least * 2", 160),
        ("least / 3 - 1", 80 / 3 - 1),
        ("-least", -80),
        ("trunc(least / 3)", 26),
        ("abs(least - 100)", 20),
        ("2 + 3", 5),
        ("day", "2026-02-01"),
        ("day - timedelta(hours=1)", "2026-01-31T23:00:00"),
        ("datetime(2026, 2, 1)", "2026-02-01T00:00:00"),
        ("now()", "2026-02-02T20:30:00"),
        ("now() - timedelta(days=1)", "2026-02-01T20:30:00"),
        ("now ( ) - timedelta(hours=least)", "2026-01-30T12:30:00"),
    ],
)
def test_it_has_the_value_that_gx_gives_it_at_the_judged_instant(
    expression: str, value: object
) -> None:
    values = {"least": 80, "share": 0.5, "names": ["a", "b"], "day": "2026-02-01", "nothing": None}
    assert evaluate(parameter(expression), values, NOW) == value


def test_a_value_beside_the_expression_is_taken_as_in_gx() -> None:
    assert evaluate({"$PARAMETER": "least", "$PARAMETER.least": 7}, {"least": 80}) == 7


@pytest.mark.parametrize(
    ("expression", "what", "missing"),
    [
        ("least", "parameter 'least' has no value", "least"),
        ("share * least", "parameter 'least' has no value", "least"),
        # GX takes such a word for a month of this year.
        ("may + timedelta(days=1)", "parameter 'may' has no value", "may"),
        ("share *", "'share *' can't be evaluated: its syntax is wrong", None),
        ("share-", "can't be evaluated", None),
        ("share / 0", "can't be evaluated: float division by zero", None),
        ("names * 2", "can't be evaluated", None),
        ("5", "'5' can't be evaluated", None),
        ("", "'' is not the name of a parameter", None),
        (7, "7 is not the name of a parameter", None),
        (None, "None is not the name of a parameter", None),
        ("now()", "has a value only in a run", None),
    ],
)
def test_what_has_no_value_is_said(expression: Any, what: str, missing: str | None) -> None:
    with pytest.raises(ParameterError) as caught:
        evaluate(parameter(expression), {"share": 0.5, "names": ["a"]})
    assert what in caught.value.what
    assert "\n" not in caught.value.what
    assert caught.value.missing == missing


def test_parameters_are_filled_in_wherever_they_stand_and_what_has_no_value_stays() -> None:
    kwargs = {
        "column": "pct",
        "min_value": parameter("least"),
        "max_value": parameter("most"),
        "value_set": ["a", parameter("least")],
        "overrides": {"b": {"min_value": parameter("least * 2")}},
    }
    assert filled_in(kwargs, {"least": 40}) == {
        "column": "pct",
        "min_value": 40,
        "max_value": parameter("most"),
        "value_set": ["a", 40],
        "overrides": {"b": {"min_value": 80}},
    }


def suite(expression: str, **values: Any) -> Suite:
    raw = {
        "name": "s",
        "suite_parameters": values,
        "expectations": [
            {"type": "a", "kwargs": {}},
            {"type": "a", "kwargs": {"overrides": {"b": {"min_value": parameter(expression)}}}},
        ],
    }
    return Suite("s", Path("expectations/s.json"), SuiteEntry.model_validate(raw), raw)


def test_what_is_given_to_a_run_goes_before_the_suites_own() -> None:
    found = suite("least + most", least=1, most=2).with_parameters({"most": 40}, NOW)
    assert found.entry.expectations[1].kwargs == {"overrides": {"b": {"min_value": 41}}}


@pytest.mark.parametrize(
    ("expression", "fix"),
    [
        ("least", "give it a value under suite_parameters, or with --param least=VALUE"),
        ("mst", "did you mean 'most'? Else give it a value under suite_parameters"),
        ("most *", "write a parameter's name, or arithmetic over names and numbers"),
    ],
)
def test_a_parameter_without_a_value_is_an_error_that_names_file_and_key(
    expression: str, fix: str
) -> None:
    with pytest.raises(MonitorError) as caught:
        suite(expression, most=2).with_parameters({}, datetime.now(UTC))
    assert caught.value.where == (
        "expectations/s.json: expectations[1].kwargs.overrides.b.min_value"
    )
    assert fix in str(caught.value.fix)


def test_a_name_alone_needs_no_great_expectations() -> None:
    code = (
        "import sys; from plumbline.project.parameters import evaluate\n"
        "assert evaluate({'$PARAMETER': 'least'}, {'least': 7}) == 7\n"
        "assert 'great_expectations' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
