"""What is read of GX's results: real ones of each shape, as plain values."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import great_expectations as gx
import great_expectations.expectations as gxe
import pandas as pd
import pytest
from great_expectations.core.expectation_suite import ExpectationSuite
from great_expectations.expectations.expectation import Expectation
from great_expectations.expectations.row_conditions import Column

from plumbline.checks.failures import failures_of
from plumbline.core.failure import Failure
from plumbline.evaluate.suite_results import read_results
from plumbline.project.suites import Suite, SuiteEntry

FRAME = pd.DataFrame(
    {
        "n": [1, 2, 3, 4, 5, 6],
        "m": [1, 3, 2, 4, 5, 1],
        "state": ["x", "y", None, "zz", "x", "q"],
        "day": [date(2026, 1, day) for day in range(1, 7)],
        "price": [Decimal("1.10"), Decimal("90071992547409.93"), None, *map(Decimal, (3, 4, 5))],
    }
)
RAW: dict[str, Any] = {"name": "orders", "meta": {"monitor": {}}, "expectations": []}
SUITE = Suite("orders", Path("orders.json"), SuiteEntry.model_validate(RAW), RAW)


@pytest.fixture(scope="module")
def batch() -> Any:
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    asset = context.data_sources.add_pandas("pandas").add_dataframe_asset("rows")
    return asset.add_batch_definition_whole_dataframe("all").get_batch({"dataframe": FRAME})


def failure_of(batch: Any, expectation: Expectation, result_format: str = "SUMMARY") -> Failure:
    suite = ExpectationSuite(name="orders", expectations=[expectation])
    result = batch.validate(suite, result_format=result_format)
    (failure,) = failures_of(SUITE, read_results(suite, result))
    return failure


CASES = [
    (
        gxe.ExpectColumnValuesToBeInSet(column="state", value_set=["x"]),
        "state must be 'x': 3 of 6 rows (60 % of 5 non-NULL) fail: 'y', 'zz', 'q'",
    ),
    (
        gxe.ExpectColumnValuesToNotBeNull(column="state"),
        "state must not be NULL: 1 of 6 rows (16.7 %) fails",
    ),
    (
        gxe.ExpectColumnValuesToBeBetween(column="price", min_value=2, max_value=4),
        "price must be between 2 and 4: 3 of 6 rows (60 % of 5 non-NULL) fail: "
        "1.1, '90071992547409.93', 5",
    ),
    (
        gxe.ExpectColumnValuesToBeBetween(column="day", min_value=date(2026, 1, 2)),
        "day must be at least 2026-01-02: 1 of 6 rows (16.7 %) fails: '2026-01-01'",
    ),
    (
        gxe.ExpectColumnPairValuesToBeEqual(column_A="n", column_B="m"),
        "n must equal m: 3 of 6 rows (50 %) fail: (n=2, m=3), (n=3, m=2), (n=6, m=1)",
    ),
    (
        gxe.ExpectSelectColumnValuesToBeUniqueWithinRecord(
            column_list=["n", "m"], row_condition=(Column("n") > 1) & Column("state").is_not_null()
        ),
        "n, m must differ from each other in each row where n > 1 and state is not null: "
        "2 of 4 rows (50 %) fail: (n=4, m=4), (n=5, m=5)",
    ),
    (
        gxe.ExpectColumnDistinctValuesToEqualSet(column="state", value_set=["x", "nope"]),
        "distinct values of state must be exactly 'x', 'nope': 3 values fail: 'q', 'y', 'zz'; "
        "missing 'nope'",
    ),
    (
        gxe.ExpectColumnDistinctValuesToContainSet(column="state", value_set=["x", "nope"]),
        "distinct values of state must include 'x', 'nope': missing 'nope'",
    ),
    (
        gxe.ExpectTableRowCountToBeBetween(min_value=10),
        "row count must be at least 10: observed 6",
    ),
    (
        gxe.ExpectTableColumnsToMatchSet(column_set=["n", "m", "state", "nope"]),
        "columns must be n, m, state, nope: 2 of 5 columns (40 %) fail: day, price; missing nope",
    ),
    (
        gxe.ExpectTableColumnsToMatchOrderedList(column_list=["m", "n", "state", "day", "price"]),
        "columns must be, in this order, m, n, state, day, price: 2 of 5 columns (40 %) fail: "
        "(position=0, expected=m, found=n), (position=1, expected=n, found=m)",
    ),
    (gxe.ExpectColumnToExist(column="nope"), "column nope must exist: not met"),
    (
        gxe.ExpectColumnProportionOfNonNullValuesToBeBetween(column="state", min_value=1),
        "share of non-NULL values in state (0 to 1) must be at least 1: observed 0.833",
    ),
    (
        gxe.ExpectColumnQuantileValuesToBeBetween(
            column="m", quantile_ranges={"quantiles": [0.5], "value_ranges": [[5, 6]]}
        ),
        "quantiles of m must be: 0.5 between 5 and 6: observed 0.5 2",
    ),
]


@pytest.mark.parametrize(
    ("expectation", "text"), CASES, ids=[type(case[0]).__name__ for case in CASES]
)
def test_each_shape_of_a_result_is_a_line(batch: Any, expectation: Expectation, text: str) -> None:
    assert failure_of(batch, expectation).text() == text


def test_the_counts_are_gxs(batch: Any) -> None:
    failure = failure_of(batch, CASES[0][0])
    counts = (failure.unexpected_count, failure.element_count, failure.missing_count)
    assert (counts, failure.unexpected_percent) == ((3, 6, 1), 60.0)


@pytest.mark.parametrize("expectation", [CASES[0][0], CASES[4][0], CASES[8][0]])
def test_of_a_bare_boolean_nothing_is_made_up(batch: Any, expectation: Expectation) -> None:
    failure = failure_of(batch, expectation, "BOOLEAN_ONLY")
    counts = (failure.unexpected_count, failure.element_count, failure.unexpected_percent)
    assert (counts, failure.samples, failure.observed) == ((None, None, None), (), None)
    assert failure.text().endswith(": not met")
