"""A result as a DataFrame that GX's pandas expectations can compute with."""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal
from typing import Any

import pytest

from plumbline.warehouse.result import QueryResult, ResultColumn

NOON = dt.datetime(2026, 2, 2, 12, tzinfo=dt.UTC)
DAY = dt.date(2026, 2, 2)


def result_of(type_: str, values: list[Any]) -> QueryResult:
    return QueryResult(
        schema=(ResultColumn("it", type_),),
        rows=[{"it": value} for value in values],
        job_id="job",
        seconds=0.1,
    )


CASES = [
    ("INT64", [1, 2], "int64", [1, 2]),
    ("INT64", [1, None], "float64", [1.0, math.nan]),
    ("INT64", [2**60 + 1, None], "object", [2**60 + 1, None]),
    ("FLOAT64", [0.5, None], "float64", [0.5, math.nan]),
    ("FLOAT64", [None, None], "float64", [math.nan, math.nan]),
    ("NUMERIC", [Decimal("44.2"), None], "float64", [44.2, math.nan]),
    ("BIGNUMERIC", [Decimal("0.1")], "float64", [0.1]),
    ("BOOL", [True, False], "bool", [True, False]),
    ("BOOL", [True, None], "object", [True, None]),
    ("STRING", ["x", None], "object", ["x", None]),
    ("DATE", [DAY, None], "object", [DAY, None]),
    ("ARRAY<INT64>", [[1, 2], []], "object", [[1, 2], []]),
    ("STRUCT", [{"a": 1}], "object", [{"a": 1}]),
]


@pytest.mark.parametrize(("type_", "values", "dtype", "expected"), CASES)
def test_each_type_has_its_dtype_and_null_stays_visible(
    type_: str, values: list[Any], dtype: str, expected: list[Any]
) -> None:
    series = result_of(type_, values).to_dataframe()["it"]

    assert str(series.dtype) == dtype
    assert repr(series.tolist()) == repr(expected)
    assert series.isna().tolist() == [value is None for value in values]


def test_timestamps_have_a_zone() -> None:
    series = result_of("TIMESTAMP", [NOON, None]).to_dataframe()["it"]

    assert series[0] == NOON
    assert series[0].tzinfo is not None
    assert series.isna().tolist() == [False, True]


@pytest.mark.parametrize("type_", ["INT64", "FLOAT64", "STRING", "TIMESTAMP", "BOOL"])
def test_no_rows_give_an_empty_frame_with_its_columns(type_: str) -> None:
    frame = result_of(type_, []).to_dataframe()

    assert list(frame.columns) == ["it"]
    assert len(frame) == 0


def test_the_answer_to_a_query_without_columns_is_an_empty_frame() -> None:
    assert QueryResult(schema=(), rows=[], job_id="job", seconds=0.1).to_dataframe().empty
