"""The values that a number can have, by what is known of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from plumbline.checks.bounds import Bounds
from plumbline.checks.domain import Domain
from plumbline.checks.threshold_families import families_of
from plumbline.core.outcome import Outcome
from plumbline.core.status import Status
from support.projects import between
from unit.backtest.conftest import at, measured, write_suite


def domain(folder: Path, column: str, history: list[Outcome]) -> Domain:
    suite = write_suite(
        folder,
        between("warning", column=column, aggregate="sum", min_value=1),
        observed={"column": column, "aggregate": "sum"},
    )
    (family,) = families_of(suite)[0]
    return Domain.of(family, history)


def counted(*shares: tuple[float, float]) -> list[Outcome]:
    return [
        Outcome("coverage", Status.PASS, "", at(run), part, numerator=part, denominator=whole)
        for run, (part, whole) in enumerate(shares)
    ]


@pytest.mark.parametrize(
    ("column", "history", "expected"),
    [
        ("covered_pct", measured([50.0, 60.0]), Domain(0, 100)),
        ("covered_pct", measured([50.0, 130.0]), Domain(0, 100)),
        ("rows", measured([3.0, 0.0]), Domain(0, None)),
        ("rows", measured([3.0, 7.0]), Domain(0, None)),
        ("hours_late", measured([0.5, 14.6]), Domain(0, None)),
        ("hours_late", measured([-0.5, 14.6]), Domain(None, None)),
        ("balance", measured([-3.0, None]), Domain(None, None)),
        ("rows", measured([None]), Domain(None, None)),
        ("rows", [], Domain(None, None)),
        ("complete", counted((5, 5), (1, 5)), Domain(0, 5)),
        ("complete", counted((5, 5), (1, 7)), Domain(0, 7)),
        ("complete", [*counted((5, 5)), *measured([3.0])], Domain(0, None)),
        ("complete", counted((5, 5), (6, 5)), Domain(0, None)),
    ],
)
def test_what_is_possible(
    tmp_path: Path, column: str, history: list[Outcome], expected: Domain
) -> None:
    assert domain(tmp_path, column, history) == expected


@pytest.mark.parametrize(
    ("bounds", "can_break", "can_keep"),
    [
        (Bounds(min_value=0), False, True),
        (Bounds(min_value=0, strict_min=True), True, True),
        (Bounds(min_value=-3), False, True),
        (Bounds(min_value=0.1), True, True),
        (Bounds(min_value=100), True, True),
        (Bounds(min_value=100, strict_min=True), True, False),
        (Bounds(min_value=101), True, False),
        (Bounds(max_value=100), False, True),
        (Bounds(max_value=100, strict_max=True), True, True),
        (Bounds(max_value=99.9), True, True),
        (Bounds(max_value=0), True, True),
        (Bounds(max_value=0, strict_max=True), True, False),
        (Bounds(max_value=-1), True, False),
    ],
)
def test_bounds_of_a_percentage_that_some_value_breaks_and_keeps(
    bounds: Bounds, can_break: bool, can_keep: bool
) -> None:
    percentage = Domain(0, 100)
    assert (percentage.can_break(bounds), percentage.can_keep(bounds)) == (can_break, can_keep)


def test_without_known_ends_every_bound_can_break_and_be_kept() -> None:
    for bounds in (Bounds(min_value=-5), Bounds(max_value=1e9)):
        assert Domain().can_break(bounds)
        assert Domain().can_keep(bounds)
