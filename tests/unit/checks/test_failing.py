"""Which rows are shown as failing, how many, and how their values are written."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import pytest

from plumbline.checks.bounds import Bounds, observe, to_blame
from plumbline.checks.failing import sample_failing
from plumbline.checks.judged import JudgedExpectation
from plumbline.core.cells import cell
from plumbline.core.failure import MOST_SAMPLES, FailingColumn, FailingRows


def failed(*positions: int, severity: str = "critical", **others: Any) -> JudgedExpectation:
    return JudgedExpectation(
        "expect_x", severity, success=False, kwargs={}, failing=positions, **others
    )


def rows(count: int) -> list[dict[str, Any]]:
    return [{"as_of": 1, "verdict": "judge", "reason": None, "at": at} for at in range(count)]


def test_rows_of_critical_failures_come_first_and_each_once() -> None:
    results = [failed(3, 1, severity="warning"), failed(2, 1)]
    assert sample_failing(results, rows(4)) == FailingRows(
        (FailingColumn("at"),), ((2,), (1,), (3,)), 3
    )


@pytest.mark.parametrize(
    "results",
    [
        [],
        [failed()],
        [failed(0, severity="info")],
        [failed(0, error="no column y")],
        [JudgedExpectation("expect_x", "critical", success=True, kwargs={}, failing=(0,))],
    ],
)
def test_nothing_is_shown_where_no_row_made_the_status(results: list[JudgedExpectation]) -> None:
    assert sample_failing(results, rows(2)) is None


def test_a_sample_is_short_and_says_of_how_many_it_is() -> None:
    found = sample_failing([failed(*range(200))], rows(200))
    assert found is not None
    assert (len(found.rows), found.total) == (MOST_SAMPLES, 200)


def test_a_reason_that_differs_is_a_column_and_personal_ones_are_marked() -> None:
    some = rows(2)
    some[1]["reason"] = "late"
    found = sample_failing([failed(0, 1)], some, {"at"})
    assert found is not None
    assert found.columns == (FailingColumn("reason"), FailingColumn("at", personal=True))


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, None), (True, True), (3, 3), (2.5, 2.5), (4.0, 4.0), ("a", "a"),
        (Decimal("1.25"), 1.25), (float("inf"), "inf"), (float("nan"), "NaN"),
        (Decimal("90071992547409.93"), "90071992547409.93"), (Decimal("0.1"), 0.1),
        (Decimal(10) ** 30, 10**30), (2**63 - 1, 2**63 - 1), (time(7, 30), "07:30:00"),
        (date(2026, 2, 2), "2026-02-02"),
        (datetime(2026, 2, 2, 5, tzinfo=UTC), "2026-02-02T05:00:00Z"),
        ([1.0, 2.0], "[1.0, 2.0]"),
        (list(range(34)), "[0, 1, 2, 3, 4, … 34 in all]"),
        ({"a": date(2026, 2, 2)}, '{"a": "2026-02-02"}'),
        (b"abc", "3 bytes"),
        ("x" * 300, "x" * 199 + "…"),
    ],
)  # fmt: skip
def test_values_are_plain_and_short(value: object, written: object) -> None:
    found = cell(value)
    assert found == written
    assert type(found) is type(written)
    json.dumps(found, allow_nan=False)


BLAMED = [
    ("those below the least, farthest first", "mean", {"min_value": 50}, [60, 20, 40], [1, 2]),
    ("those above the most", "max", {"max_value": 30}, [60, 20, 40], [0, 2]),
    ("each row that breaks it", None, {"min_value": 50}, [60, 20, 40], [1, 2]),
    ("the NULLs, where there are some", "mean", {"min_value": 50}, [60, None, 40], [1]),
    ("of a sum that is too low, those that are short", "sum", {"min_value": 200}, [9, 2, 3], [1, 2]),
    ("of a sum that is too high, those that add to it", "sum", {"max_value": 1}, [0, 2, 3], [2, 1]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("aggregate", "bounds", "values", "blamed"),
    [case[1:] for case in BLAMED],
    ids=[case[0] for case in BLAMED],
)
def test_who_is_to_blame(
    aggregate: str | None, bounds: dict[str, float], values: list[Any], blamed: list[int]
) -> None:
    columns = {"v": values, "numerator": values, "denominator": [9] * 3}
    held = Bounds(**bounds)
    groups = observe(columns, column="v", aggregate=aggregate, group_by=())
    failing = [group for group in groups if not held.keep(group.observed)]
    found = sorted(row for group in failing for row in to_blame(group, held, aggregate))
    assert [position for _, position in sorted(found, key=lambda row: -row[0])] == blamed


def test_where_no_row_stands_out_all_are_shown() -> None:
    groups = observe({"v": [1, 2]}, column="v", aggregate="sum", group_by=())
    assert [at for _, at in to_blame(groups[0], Bounds(min_value=9), "sum")] == [0, 1]
