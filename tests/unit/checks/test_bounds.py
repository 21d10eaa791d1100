"""Bounds and groups: what is within, what is NULL, what is not there."""

import math
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plumbline.checks.bounds import Bounds, observe, to_number


@pytest.mark.parametrize(
    ("bounds", "value", "broken"),
    [
        (Bounds(min_value=80), 80.0, None),
        (Bounds(min_value=80), 79.99999, 80),
        (Bounds(min_value=80, strict_min=True), 80.0, 80),
        (Bounds(max_value=6), 6.0, None),
        (Bounds(max_value=6), 6.000001, 6),
        (Bounds(max_value=6, strict_max=True), 6.0, 6),
        (Bounds(min_value=1, max_value=2), 0.0, 1),
        (Bounds(min_value=1, max_value=2), 3.0, 2),
        (Bounds(min_value=0), None, 0),
        (Bounds(max_value=6), None, 6),
    ],
)
def test_a_value_breaks_the_bound_that_it_is_beyond(
    bounds: Bounds, value: float | None, broken: float | None
) -> None:
    assert bounds.broken_by(value) == broken


def test_null_keeps_no_bound() -> None:
    assert not Bounds().keep(None)
    assert not Bounds(min_value=-math.inf).keep(None)


@pytest.mark.parametrize(
    ("bounds", "words"),
    [
        (Bounds(min_value=80), "at least 80"),
        (Bounds(min_value=100, strict_min=True), "above 100"),
        (Bounds(max_value=6), "at most 6"),
        (Bounds(max_value=0.5, strict_max=True), "below 0.5"),
        (Bounds(min_value=1, max_value=2), "between 1 and 2"),
        (Bounds(min_value=1, max_value=2, strict_min=True), "above 1 and at most 2"),
    ],
)
def test_bounds_have_words(bounds: Bounds, words: str) -> None:
    assert bounds.words() == words


@pytest.mark.parametrize("value", [None, math.nan, math.inf, -math.inf])
def test_what_is_no_finite_number_is_no_observation(value: float | None) -> None:
    assert to_number(value) is None


def test_text_is_not_a_number_even_when_it_looks_like_one() -> None:
    with pytest.raises(TypeError, match="'80' is not a number"):
        to_number("80")


ROWS = {
    "system_id": ["b", "a", "b"],
    "pct": [10.0, 90.0, 30.0],
    "numerator": [1, 9, 3],
    "denominator": [10, 10, 10],
}


def test_without_an_aggregate_each_row_is_a_group() -> None:
    groups = observe(ROWS, column="pct", aggregate=None, group_by=["system_id"])
    assert [(group.key.label, group.observed) for group in groups] == [
        ("a", 90.0),
        ("b", 10.0),
        ("b", 30.0),
    ]


@pytest.mark.parametrize(
    ("aggregate", "of_b"), [("mean", 20.0), ("min", 10.0), ("max", 30.0), ("sum", 40.0)]
)
def test_an_aggregate_makes_one_number_of_a_group(aggregate: str, of_b: float) -> None:
    groups = observe(ROWS, column="pct", aggregate=aggregate, group_by=["system_id"])
    assert [(group.key.label, group.observed) for group in groups] == [("a", 90.0), ("b", of_b)]
    assert (groups[1].numerator, groups[1].denominator, groups[1].rows) == (4.0, 20.0, 2)


def test_one_null_makes_the_aggregate_unknown() -> None:
    rows = {"pct": [100.0, None]}
    (group,) = observe(rows, column="pct", aggregate="mean", group_by=())
    assert group.observed is None
    assert group.nulls == 1


def test_no_rows_are_no_groups() -> None:
    assert observe({"pct": []}, column="pct", aggregate="mean", group_by=()) == []


def test_a_missing_column_is_an_error_that_names_those_that_are_there() -> None:
    with pytest.raises(KeyError, match="'pc' is not among"):
        observe(ROWS, column="pc", aggregate=None, group_by=())


def test_a_date_groups_by_its_iso_text() -> None:
    rows = {"game_date": [date(2026, 2, 2)], "pct": [1.0]}
    (group,) = observe(rows, column="pct", aggregate=None, group_by=["game_date"])
    assert group.key.as_dict() == {"game_date": "2026-02-02"}


@given(st.lists(st.floats(0, 100), min_size=1), st.floats(0, 100))
def test_the_mean_keeps_a_minimum_that_every_row_keeps(values: list[float], low: float) -> None:
    if all(value >= low for value in values):
        (group,) = observe({"pct": values}, column="pct", aggregate="mean", group_by=())
        assert group.observed is not None
        assert group.observed >= low or math.isclose(group.observed, low)


@pytest.mark.parametrize("aggregate", ["mean", "min", "max", "sum", None])
def test_an_integer_beyond_2_53_is_compared_exactly(aggregate: str | None) -> None:
    (group,) = observe({"id": [2**53 + 1]}, column="id", aggregate=aggregate, group_by=())
    assert group.observed == 2**53 + 1 or aggregate == "mean"  # a mean is a FLOAT64
    if aggregate != "mean":
        assert Bounds(max_value=2**53).broken_by(group.observed) == 2**53


def test_a_bound_that_no_float_holds_stays_exact() -> None:
    assert Bounds.of({"min_value": 2**53 + 1}).broken_by(2**53) == 2**53 + 1
    assert Bounds.of({"min_value": 2**53 + 1}).keep(2**53 + 1)
    assert repr(Bounds.of({"min_value": 80}).min_value) == "80.0"
