"""Values of a suite become values of the column's BigQuery type, or are an error that says why."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import pytest
from dateutil.relativedelta import relativedelta

from plumbline.evaluate.values import (
    ConversionError,
    common_type,
    convert,
    equal,
    exact_sum,
    key,
    length,
)
from plumbline.warehouse.types import BigQueryType, parse_type

NAN = float("nan")


def kind(text: str) -> BigQueryType:
    found = parse_type(text)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("type_", "written", "value"),
    [
        ("INT64", 5, 5),
        ("INT64", 0.5, 0.5),
        ("INT64", 2**53 + 1, 2**53 + 1),
        ("FLOAT64", 0.1, 0.1),
        ("FLOAT64", 3, 3),
        ("NUMERIC", 0.3, Decimal("0.3")),
        ("NUMERIC", 7, Decimal(7)),
        ("NUMERIC", "90071992547409.93", Decimal("90071992547409.93")),
        ("BIGNUMERIC", "1e-30", Decimal("1e-30")),
        ("STRING", "1", "1"),
        ("BOOL", True, True),
        ("DATE", "2026-02-01", date(2026, 2, 1)),
        ("DATE", "2026-2-1", date(2026, 2, 1)),
        ("TIME", "09:30:00", time(9, 30)),
        ("TIME", "9:30:0.25", time(9, 30, 0, 250_000)),
        ("DATETIME", "2026-02-01", datetime.fromisoformat("2026-02-01")),
        ("DATETIME", "2026-02-01T09:30:00", datetime.fromisoformat("2026-02-01T09:30")),
        ("DATETIME", "2026-02-01 09:30:00.5", datetime.fromisoformat("2026-02-01T09:30:00.5")),
        ("TIMESTAMP", "2026-02-01", datetime(2026, 2, 1, tzinfo=UTC)),
        ("TIMESTAMP", "2026-02-01 09:30:00", datetime(2026, 2, 1, 9, 30, tzinfo=UTC)),
        ("TIMESTAMP", "2026-02-01T09:30:00Z", datetime(2026, 2, 1, 9, 30, tzinfo=UTC)),
        ("TIMESTAMP", "2026-02-01 09:30:00+05:30", datetime(2026, 2, 1, 4, tzinfo=UTC)),
        ("TIMESTAMP", "2026-02-01 09:30:00-5", datetime(2026, 2, 1, 14, 30, tzinfo=UTC)),
        (
            "TIMESTAMP",
            "2026-02-01 09:30:00 America/New_York",
            datetime(2026, 2, 1, 14, 30, tzinfo=UTC),
        ),
        ("INTERVAL", "0-0 3 4:30:0", relativedelta(days=3, hours=4, minutes=30)),
        (
            "INTERVAL",
            "-1-2 0 -0:0:1.5",
            relativedelta(years=-1, months=-2, microseconds=-1_500_000),
        ),
    ],
)
def test_a_value_is_read_as_its_columns_type(type_: str, written: Any, value: Any) -> None:
    found = convert(written, kind(type_))
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("type_", "written", "says"),
    [
        ("INT64", "5", "'5' is not an INT64; write a number"),
        ("INT64", True, "True is not an INT64"),
        ("FLOAT64", "1.5", "is not a FLOAT64"),
        ("NUMERIC", "five", "is not a NUMERIC"),
        ("NUMERIC", "NaN", "is not a NUMERIC"),
        ("NUMERIC", 90071992547409.93, "more digits than a number in JSON keeps; write it as a"),
        ("STRING", 1, "1 is not a STRING; write a text"),
        ("BOOL", 1, "1 is not a BOOL; write true or false"),
        ("BOOL", "true", "is not a BOOL"),
        ("DATE", "2026-02-30", "is not a DATE"),
        ("DATE", "2026-02-01 00:00:00", "is not a DATE"),
        ("DATE", 20260201, "is not a DATE"),
        ("TIME", "25:00:00", "is not a TIME"),
        ("TIME", "09:30", "is not a TIME"),
        ("DATETIME", "2026-02-01 09:30:00+00:00", "is not a DATETIME"),
        ("TIMESTAMP", "2026-02-01 09:30:00+15:00", "is not a TIMESTAMP"),
        ("TIMESTAMP", "2026-02-01 09:30:00 Mars/Olympus", "is not a TIMESTAMP"),
        ("TIMESTAMP", "yesterday", "is not a TIMESTAMP"),
        ("INTERVAL", "3 days", "is not an INTERVAL"),
        ("BYTES", "abc", "a value in a suite can't be compared with BYTES"),
        ("JSON", {}, "can't be compared with JSON"),
        ("GEOGRAPHY", "POINT(1 1)", "can't be compared with GEOGRAPHY"),
        ("ARRAY<INT64>", [1], "can't be compared with ARRAY<INT64>"),
        ("STRUCT<a INT64>", {"a": 1}, "can't be compared with STRUCT<a INT64>"),
        ("RANGE<DATE>", "[2026-02-01, 2026-02-02)", "can't be compared with RANGE<DATE>"),
    ],
)
def test_what_is_not_of_the_type_is_an_error_with_the_fix(
    type_: str, written: Any, says: str
) -> None:
    with pytest.raises(ConversionError) as raised:
        convert(written, kind(type_))
    assert says in str(raised.value)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (NAN, float("nan"), True),
        (NAN, None, False),
        (0.0, -0.0, True),
        (Decimal("1.0"), Decimal("1.00"), True),
        (Decimal("12345678901234567890"), Decimal("12345678901234567891"), False),
        (relativedelta(days=30), relativedelta(months=1), True),
        ({"a": 1, "b": None}, {"a": 1, "b": None}, True),
        ({"a": 1}, {"a": None}, False),
        ([1, NAN], [1, NAN], True),
        ([1, 2], [2, 1], False),
    ],
)
def test_values_are_grouped_as_bigquery_groups_them(one: Any, other: Any, same: bool) -> None:
    assert (key(one) == key(other)) is same


def test_nan_equals_nothing_not_even_itself() -> None:
    assert not equal(NAN, NAN, BigQueryType("FLOAT64"))
    assert equal(1, 1.0, BigQueryType("FLOAT64"))


@pytest.mark.parametrize(
    ("types", "shared"),
    [
        (["INT64", "INT64"], "INT64"),
        (["INT64", "NUMERIC"], "NUMERIC"),
        (["NUMERIC", "BIGNUMERIC"], "BIGNUMERIC"),
        (["NUMERIC", "FLOAT64"], "FLOAT64"),
        (["DATE", "DATETIME"], "DATETIME"),
        (["DATETIME", "TIMESTAMP"], None),
        (["DATE", "TIMESTAMP"], None),
        (["STRING", "DATE"], None),
        (["BOOL", "INT64"], None),
    ],
)
def test_two_types_are_compared_in_the_one_that_bigquery_coerces_them_to(
    types: list[str], shared: str | None
) -> None:
    found = common_type([kind(name) for name in types])
    assert (found.name if found else None) == shared


def test_sums_of_bignumeric_keep_all_their_digits() -> None:
    large = Decimal("1" * 38 + "." + "1" * 38)
    assert exact_sum([large, large]) == Decimal("2" * 38 + "." + "2" * 38)


def test_an_interval_is_as_long_as_bigquery_says() -> None:
    assert length(relativedelta(months=1)) == length(relativedelta(days=30))
    assert length(relativedelta(days=1)) == 24 * 3600 * 1_000_000
