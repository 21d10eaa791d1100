"""Thresholds in words, read from a suite's file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from plumbline.checks.check import checks_of
from plumbline.checks.thresholds import lines_of, main_threshold, thresholds_of
from plumbline.core.outcome import ThresholdLine
from plumbline.project.suites import Suite, SuiteEntry


def suite(*expectations: dict[str, Any], observed: dict[str, Any] | None = None) -> Suite:
    raw = {
        "name": "s",
        "meta": {"monitor": {"model": "s", **({"observed": observed} if observed else {})}},
        "expectations": list(expectations),
    }
    return Suite("s", Path("s.json"), SuiteEntry.model_validate(raw), raw)


def metric(severity: str, **kwargs: Any) -> dict[str, Any]:
    return {"type": "expect_metric_to_be_between", "severity": severity, "kwargs": kwargs}


def main(read: Suite) -> str:
    return main_threshold(checks_of(read), read.monitor.observed)


def lines(read: Suite) -> tuple[ThresholdLine, ...]:
    return lines_of(checks_of(read), read.monitor.observed)


@pytest.mark.parametrize(
    ("bound", "words"),
    [
        ({"min_value": 80}, "warning < 80"),
        ({"min_value": 100, "strict_min": True}, "warning ≤ 100"),
        ({"max_value": 1}, "warning > 1"),
        ({"max_value": 1.5, "strict_max": True}, "warning ≥ 1.5"),
        ({"min_value": 1, "max_value": 2}, "warning < 1 or > 2"),
        ({}, "warning"),
    ],
)
def test_a_bound_is_said_by_what_breaks_it(bound: dict[str, Any], words: str) -> None:
    assert main(suite(metric("warning", column="a", **bound))) == f"a: {words}"


def test_a_bound_as_a_line_says_whether_it_is_strict() -> None:
    bounds = {"min_value": 1, "strict_min": True, "max_value": 2}
    observed = {"column": "a", "aggregate": "mean"}
    read = suite(metric("warning", column="a", aggregate="mean", **bounds), observed=observed)
    assert lines(read) == (
        ThresholdLine("warning", 1, "below", is_strict=True),
        ThresholdLine("warning", 2, "above"),
    )


def test_the_levels_of_one_thing_stand_together() -> None:
    found = thresholds_of(
        suite(
            metric("warning", column="graded_pct", min_value=80, group_by=["system_id"]),
            metric("warning", column="not_final_games", max_value=0, aggregate="max"),
            metric("critical", column="graded_pct", min_value=50, group_by=["system_id"]),
        )
    )
    assert [str(threshold) for threshold in found] == [
        "graded_pct by system_id: warning < 80 %, critical < 50 %",
        "max of not_final_games: warning > 0",
    ]


@pytest.mark.parametrize(
    ("name", "kwargs", "words"),
    [
        ("table_to_be_fresh", {"max_hours": 24}, "newest a: critical > 24 h"),
        ("column_values_to_be_unique", {}, "a must be unique: critical"),
        (
            "column_values_to_be_in_set",
            {"value_set": ["x", "y"], "row_condition": "b > 1", "condition_parser": "pandas"},
            "a must be one of 'x', 'y' where b > 1: critical",
        ),
        ("column_values_to_be_unique", {"mostly": 1}, "a must be unique: critical"),
        (
            "column_values_to_not_be_null",
            {"mostly": 0.995},
            "a must not be NULL: critical < 99.5 %",
        ),
        (
            "column_values_to_be_between",
            {"min_value": 1, "max_value": 5, "mostly": 0.93},
            "a: critical < 1 or > 5 in more than 7 % of values",
        ),
    ],
)
def test_an_age_and_a_share_of_values_are_levels(
    name: str, kwargs: dict[str, Any], words: str
) -> None:
    one = {"type": f"expect_{name}", "severity": "critical", "kwargs": {"column": "a", **kwargs}}
    assert [str(threshold) for threshold in thresholds_of(suite(one))] == [words]


def test_overrides_are_named() -> None:
    overridden = metric(
        "warning",
        column="graded_pct",
        min_value=80,
        group_by=["system_id"],
        overrides={"moving_average": {"min_value": 60}},
    )
    assert main(suite(overridden)) == (
        "graded_pct by system_id: warning < 80 % (moving_average < 60 %)"
    )


def test_the_main_threshold_is_that_of_the_observed_column() -> None:
    shown = main(
        suite(
            metric("warning", column="predictions", min_value=1, group_by=["system_id"]),
            metric("critical", column="primary", min_value=50, aggregate="max"),
            observed={"column": "primary", "aggregate": "max", "unit": "lines"},
        )
    )
    assert shown == "max of primary: critical < 50 lines"


def test_an_expectation_of_gx_is_named_by_what_it_expects() -> None:
    found = thresholds_of(
        suite(
            {
                "type": "expect_column_values_to_not_be_null",
                "severity": "warning",
                "kwargs": {"column": "a"},
            },
            {"type": "expect_table_row_count_to_be_between", "kwargs": {"min_value": 1}},
        )
    )
    assert [str(threshold) for threshold in found] == [
        "a must not be NULL: warning",
        "row count: critical < 1",
    ]


@pytest.mark.parametrize(
    "kwargs",
    [
        {"column": 7},
        {"column": ["a"], "group_by": 3},
        {"overrides": [1]},
        {"overrides": {"a": 1}},
        {"min_value": "x"},
        {"group_by": "system_id"},
    ],
)
def test_malformed_arguments_are_shown_not_raised(kwargs: dict[str, Any]) -> None:
    assert thresholds_of(suite(metric("warning", **kwargs)))


def test_a_suite_that_expects_nothing_has_no_threshold() -> None:
    assert main(suite()) == ""


@pytest.mark.parametrize(
    ("expression", "values", "words"),
    [
        ("least", {"least": 80}, "warning < 80"),
        ("least * 2", {"least": 40}, "warning < 80"),
        ("least", {}, "warning < $least"),
        ("least * 2", {}, "warning < $(least * 2)"),
        ("now()", {}, "warning < $(now())"),
    ],
)
def test_a_parameter_is_said_by_its_value_where_it_has_one(
    expression: str, values: dict[str, Any], words: str
) -> None:
    read = suite(metric("warning", column="a", min_value={"$PARAMETER": expression}))
    raw = {**read.raw, "suite_parameters": values}
    assert main(Suite("s", Path("s.json"), SuiteEntry.model_validate(raw), raw)) == f"a: {words}"


def test_a_bound_on_single_values_is_no_threshold_of_their_aggregate() -> None:
    observed = {"column": "amount", "aggregate": "max"}
    of_values = {
        "type": "expect_column_values_to_be_between",
        "severity": "critical",
        "kwargs": {"column": "amount", "min_value": 0},
    }
    of_the_whole = {
        "type": "expect_column_max_to_be_between",
        "severity": "critical",
        "kwargs": {"column": "amount", "max_value": 100},
    }
    assert main(suite(of_values, of_the_whole, observed=observed)) == (
        "max of amount: critical > 100"
    )
    assert main(suite(of_values, observed=observed)) == ""
    assert lines(suite(of_values, observed=observed)) == ()


@pytest.mark.parametrize(
    ("aggregate", "kwargs", "threshold"),
    [
        ("min", {"min_value": 50}, "a: critical < 50 %"),
        ("max", {"max_value": 50, "strict_max": True}, "a: critical ≥ 50 %"),
        ("min", {"min_value": 50, "mostly": 1}, "a: critical < 50 %"),
    ],
    ids=["min", "max", "mostly 1"],
)
def test_the_lowest_and_the_highest_value_have_the_bound_of_all_values(
    aggregate: str, kwargs: dict[str, Any], threshold: str
) -> None:
    read = between_suite(aggregate, kwargs)
    assert main(read) == threshold
    assert len(lines(read)) == 1


@pytest.mark.parametrize(
    ("aggregate", "kwargs"),
    [
        ("max", {"min_value": 50}),
        ("min", {"min_value": 50, "max_value": 60}),
        ("min", {"min_value": 50, "mostly": 0.9}),
        ("min", {"min_value": 50, "row_condition": "b > 1", "condition_parser": "pandas"}),
        ("mean", {"min_value": 50}),
    ],
    ids=["the other side", "both sides", "mostly", "some rows", "another aggregate"],
)
def test_other_bounds_on_single_values_draw_no_line(aggregate: str, kwargs: dict[str, Any]) -> None:
    assert lines(between_suite(aggregate, kwargs)) == ()


def between_suite(aggregate: str, kwargs: dict[str, Any]) -> Suite:
    values = {
        "type": "expect_column_values_to_be_between",
        "severity": "critical",
        "kwargs": {"column": "a", **kwargs},
    }
    return suite(values, observed={"column": "a", "aggregate": aggregate, "unit": "%"})


def test_a_number_that_is_not_judged_has_the_threshold_that_is_with_its_own_metric() -> None:
    of_hours = {
        "type": "expect_metric_to_be_between",
        "severity": "warning",
        "kwargs": {"column": "hours_behind", "max_value": 6, "group_by": ["service"]},
    }
    observed = {"column": "drifted", "aggregate": "sum", "unit": "services"}
    assert main(suite(of_hours, observed=observed)) == "hours_behind by service: warning > 6 h"
    assert lines(suite(of_hours, observed=observed)) == ()


@pytest.mark.parametrize(
    ("column", "observed", "words"),
    [
        ("graded_pct", None, "graded_pct: warning > 1 %"),
        ("hours_behind", None, "hours_behind: warning > 1 h"),
        (
            "hours_late",
            {"column": "hours_late", "aggregate": "max", "unit": "hours"},
            "hours_late: warning > 1 hour",
        ),
        (
            "errors",
            {"column": "errors", "aggregate": "sum", "unit": "errors"},
            "errors: warning > 1 error",
        ),
        ("errors", {"column": "runs", "aggregate": "sum", "unit": "runs"}, "errors: warning > 1"),
    ],
)
def test_a_threshold_names_its_metric_and_unit(
    column: str, observed: dict[str, Any] | None, words: str
) -> None:
    (found,) = thresholds_of(
        suite(metric("warning", column=column, max_value=1), observed=observed)
    )
    assert str(found) == words


def test_an_aggregate_of_gx_is_named_as_ours_is() -> None:
    of_gx = {
        "type": "expect_column_mean_to_be_between",
        "severity": "critical",
        "kwargs": {"column": "coverage_pct", "min_value": 50},
    }
    assert [str(one) for one in thresholds_of(suite(of_gx))] == [
        "mean of coverage_pct: critical < 50 %"
    ]
