"""What BigQuery can order and compare, and what it only groups."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from plumbline.evaluate.catalogue import EVALUATIONS
from plumbline.evaluate.errors import EvaluationError
from plumbline.evaluate.table import Table
from plumbline.warehouse.result import ResultColumn

NAN, INF = float("nan"), float("inf")


def success(kind: str, type_: str, *rows: tuple[Any, ...], **kwargs: Any) -> bool:
    """Whether an expectation of ``kind`` holds over columns ``x``, ``y`` of ``type_``."""
    names = ("x", "y")[: len(rows[0])]
    table = Table(
        [ResultColumn(name, type_) for name in names],
        [dict(zip(names, row, strict=True)) for row in rows],
    )
    found: Any = EVALUATIONS[kind](table, kwargs)
    return bool(found.keeps(kwargs.get("mostly", 1)) if hasattr(found, "keeps") else found.success)


def days(start: str | None, end: str | None) -> dict[str, date | None]:
    return {
        "start": date.fromisoformat(start) if start else None,
        "end": date.fromisoformat(end) if end else None,
    }


ASCENDING = [
    days(None, "2024-01-01"),
    days(None, None),
    days("2024-01-01", "2024-01-02"),
    days("2024-01-01", None),
    days("2024-02-01", "2024-02-02"),
]


def test_a_range_is_ordered_by_its_start_then_its_end() -> None:
    rows = [(one,) for one in ASCENDING]
    increasing = "expect_column_values_to_be_increasing"
    assert success(increasing, "RANGE<DATE>", *rows, column="x", strictly=True)
    assert not success(increasing, "RANGE<DATE>", *rows[::-1], column="x")


@pytest.mark.parametrize(
    ("one", "other"), list(zip(ASCENDING[1:], ASCENDING[:-1], strict=True)), ids=str
)
def test_a_range_is_greater_than_another(one: Any, other: Any) -> None:
    greater = "expect_column_pair_values_a_to_be_greater_than_b"
    assert success(greater, "RANGE<DATE>", (one, other), column_A="x", column_B="y")
    assert not success(greater, "RANGE<DATE>", (other, one), column_A="x", column_B="y")


@pytest.mark.parametrize("type_", ["ARRAY<INT64>", "STRUCT<a ARRAY<INT64>>"])
@pytest.mark.parametrize(
    ("kind", "kwargs"),
    [
        ("expect_column_pair_values_to_be_equal", {"column_A": "x", "column_B": "y"}),
        ("expect_multicolumn_values_to_be_equal", {"column_list": ["x", "y"]}),
        ("expect_select_column_values_to_be_unique_within_record", {"column_list": ["x", "y"]}),
    ],
)
def test_arrays_are_not_compared(type_: str, kind: str, kwargs: Any) -> None:
    value = [1] if type_.startswith("ARRAY") else {"a": [1]}
    with pytest.raises(EvaluationError, match="BigQuery"):
        success(kind, type_, (value, value), **kwargs)


@pytest.mark.parametrize("fields", [("a", "b"), ("start", "end")])
def test_structs_with_a_null_in_a_field_are_not_equal(fields: tuple[str, str]) -> None:
    equal = "expect_column_pair_values_to_be_equal"
    first, second = fields
    type_ = f"STRUCT<{first} INT64, `{second}` INT64>"
    null, known = {first: 1, second: None}, {first: 1, second: 2}
    assert success(equal, type_, (known, known), column_A="x", column_B="y")
    assert not success(equal, type_, (null, null), column_A="x", column_B="y")


def test_ranges_without_an_end_are_equal() -> None:
    equal = "expect_column_pair_values_to_be_equal"
    pair = (days("2024-01-01", None), days("2024-01-01", None))
    assert success(equal, "RANGE<DATE>", pair, column_A="x", column_B="y")
    structs = tuple({"a": one} for one in pair)
    assert success(equal, "STRUCT<a RANGE<DATE>>", structs, column_A="x", column_B="y")


def test_arrays_are_grouped() -> None:
    unique = "expect_column_values_to_be_unique"
    assert success(unique, "ARRAY<INT64>", ([1],), ([1, 2],), column="x")
    assert not success(unique, "ARRAY<INT64>", ([1],), ([1],), column="x")


@pytest.mark.parametrize("method", ["iqr", "std"])
def test_a_multiplier_of_0_leaves_no_room(method: str) -> None:
    outliers = "expect_column_values_to_not_be_outliers"
    rows = [(5,), (6,), (9,)]
    assert not success(outliers, "INT64", *rows, column="x", method=method, multiplier=0)
    assert success(outliers, "INT64", *rows, column="x", method=method, multiplier=1.5)


@pytest.mark.parametrize("value", [NAN, INF, -INF])
def test_among_nan_and_infinities_no_quartile_is_a_number(value: float) -> None:
    outliers = "expect_column_values_to_not_be_outliers"
    rows = [(5.0,), (value,)]
    assert not success(outliers, "FLOAT64", *rows, column="x", mostly=0.5)
