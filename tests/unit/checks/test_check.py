"""What an expectation's arguments say: what it measures, of which groups, within which bounds."""

from __future__ import annotations

import math
from typing import Any

import pytest

from plumbline.checks.bounds import Bounds
from plumbline.checks.check import Check
from plumbline.core.expectation_types import FOLLOWS_HISTORY, OURS
from plumbline.project.suites import ObservedColumn, ObservedCount


def metric(**kwargs: Any) -> Check:
    return Check(OURS, "warning", kwargs)


@pytest.mark.parametrize(
    ("given", "number"),
    [
        (80, 80.0),
        (0.5, 0.5),
        (None, None),
        (True, None),
        ("2026-01-31", None),
        ({"$PARAMETER": "least"}, None),
        (math.nan, None),
        (10**400, math.inf),
        (-(10**400), -math.inf),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_a_bound_is_a_number_or_none(given: object, number: float | None) -> None:
    assert Bounds.of({"min_value": given, "max_value": given}) == Bounds(number, number)


def test_what_an_override_does_not_name_stays() -> None:
    check = metric(
        column="pct",
        min_value=80,
        max_value=99,
        strict_min=True,
        group_by=["system"],
        overrides={"a": {"min_value": 60}, "b": {"max_value": None, "strict_min": False}},
    )
    assert check.bounds == Bounds(80, 99, strict_min=True)
    assert check.bounds_for("a") == Bounds(60, 99, strict_min=True)
    assert check.bounds_for("b") == Bounds(80, None)
    assert check.bounds_for("c") == check.bounds


@pytest.mark.parametrize(
    ("check", "subject"),
    [
        (metric(column="pct"), "pct"),
        (metric(column="pct", aggregate="mean"), "mean of pct"),
        (metric(column="pct", aggregate="min", group_by=["a", "b"]), "min of pct by a, b"),
        (Check("expect_column_max_to_be_between", "critical", {"column": "n"}), "max of n"),
    ],
)
def test_the_subject_is_what_is_measured(check: Check, subject: str) -> None:
    assert check.subject == subject


def test_it_measures_the_declared_number_or_another_one() -> None:
    declared = ObservedColumn(column="pct", aggregate="mean")
    assert metric(column="pct", aggregate="mean").measures(declared)
    assert Check("expect_column_mean_to_be_between", "critical", {"column": "pct"}).measures(
        declared
    )
    assert not metric(column="pct").measures(declared)
    assert not metric(column="other", aggregate="mean").measures(declared)
    assert not metric(column="pct", aggregate="mean").measures(
        ObservedCount(count_failing="warning")
    )
    assert not metric(column="pct", aggregate="mean").measures(None)


def test_only_plumblines_own_judge_groups() -> None:
    assert Check(FOLLOWS_HISTORY, "warning", {}).is_metric
    assert not Check("expect_column_mean_to_be_between", "warning", {}).is_metric


@pytest.mark.parametrize(
    "kwargs",
    [{}, {"column": 7}, {"group_by": 3}, {"group_by": "a"}, {"overrides": [1]}, {"overrides": {"a": 1}}],
)  # fmt: skip
def test_malformed_arguments_say_nothing_and_never_raise(kwargs: dict[str, Any]) -> None:
    check = metric(**kwargs)
    assert (check.column, check.group_by, check.overrides) == (None, (), {})
    assert check.bounds == check.bounds_for("a") == Bounds()


@pytest.mark.parametrize(
    ("changed", "is_same"),
    [
        ({"min_value": 60}, True),
        ({"max_value": 99, "strict_min": True}, True),
        ({"overrides": {"a": {"min_value": 1}}, "retired": ["b"]}, True),
        ({"per": {"column": "games", "min_value": 12, "units": {"": 7}}}, True),
        ({"batch_id": "x"}, True),
        ({"column": "other"}, False),
        ({"aggregate": "sum"}, False),
        ({"group_by": ["system"]}, False),
        ({"row_condition": "n > 1"}, False),
    ],
)
def test_an_expectation_is_the_same_whatever_its_bounds_are(
    changed: dict[str, Any], is_same: bool
) -> None:
    before = {"column": "pct", "aggregate": "mean", "min_value": 80}
    assert (metric(**before).identity == metric(**(before | changed)).identity) is is_same


def test_levels_of_a_check_are_told_apart() -> None:
    levels = [Check(OURS, severity, {"column": "pct"}) for severity in ("warning", "critical")]
    assert len({level.identity for level in levels}) == 2
