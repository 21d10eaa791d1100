"""A suite over rows: results in GX's shape, and what looked at nothing is no success."""

from __future__ import annotations

from datetime import date, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from dateutil.relativedelta import relativedelta

from plumbline.core.errors import MonitorError
from plumbline.evaluate.build_suite import build_suite
from plumbline.evaluate.suite import Evaluated, evaluate_suite
from plumbline.evaluate.table import Table
from plumbline.project.suites import Suite, SuiteEntry
from plumbline.warehouse.result import ResultColumn

NAN = float("nan")
FORMATS = ["BOOLEAN_ONLY", "BASIC", "SUMMARY", "COMPLETE"]

TABLE = Table(
    [
        ResultColumn("id", "INT64"),
        ResultColumn("state", "STRING"),
        ResultColumn("nothing", "STRING"),
    ],
    [
        {"id": 1, "state": "paid", "nothing": None},
        {"id": 2, "state": "open", "nothing": None},
        {"id": 2, "state": "lost", "nothing": None},
        {"id": 4, "state": None, "nothing": None},
    ],
)


def evaluate(
    kind: str, table: Table = TABLE, *, form: Any = None, meta: Any = None, **kwargs: Any
) -> Evaluated:
    """One expectation on ``table``."""
    raw = {
        "name": "s",
        "meta": {"monitor": {"model": "s"}},
        "expectations": [{"type": kind, "kwargs": kwargs, "meta": meta}],
    }
    entry = SuiteEntry.model_validate(raw)
    built = build_suite(Suite("s", Path("expectations/s.json"), entry, raw))
    (found,) = evaluate_suite(
        built, entry.expectations, table, file="expectations/s.json", result_format=form
    )
    return found


def reason(found: Evaluated) -> str:
    info: Any = found.result.exception_info
    return str(info["exception_message"])


def values(kind: str, *found: Any) -> Table:
    """A table of one column ``x``."""
    return Table([ResultColumn("x", kind)], [{"x": value} for value in found])


def test_counts_and_samples_have_gxs_names() -> None:
    found = evaluate(
        "expect_column_values_to_be_in_set", column="state", value_set=["paid"], form="COMPLETE"
    )
    assert not found.result.success
    assert found.failing == (1, 2)
    assert found.result.result == {
        "element_count": 4,
        "unexpected_count": 2,
        "unexpected_percent": pytest.approx(66.666, abs=0.001),
        "partial_unexpected_list": ["open", "lost"],
        "missing_count": 1,
        "missing_percent": 25.0,
        "unexpected_percent_total": 50.0,
        "unexpected_percent_nonmissing": pytest.approx(66.666, abs=0.001),
        "partial_unexpected_counts": [
            {"value": "open", "count": 1},
            {"value": "lost", "count": 1},
        ],
        "partial_unexpected_index_list": [1, 2],
        "unexpected_list": ["open", "lost"],
        "unexpected_index_list": [1, 2],
    }


def test_boolean_only_says_the_verdict_alone() -> None:
    found = evaluate("expect_column_values_to_be_unique", column="id", form="BOOLEAN_ONLY")
    assert not found.result.success
    assert found.result.result == {}
    assert found.failing == (1, 2)


def test_failing_rows_can_be_told_by_other_columns_and_whole() -> None:
    form = {
        "result_format": "SUMMARY",
        "unexpected_index_column_names": ["id"],
        "include_unexpected_rows": True,
        "partial_unexpected_count": 1,
    }
    found = evaluate(
        "expect_column_values_to_be_in_set", column="state", value_set=["paid"], form=form
    )
    result: Any = found.result.result
    assert result["partial_unexpected_index_list"] == [{"state": "open", "id": 2}]
    assert result["unexpected_rows"] == [{"id": 2, "state": "open", "nothing": None}]
    assert result["partial_unexpected_list"] == ["open"]


NOTHING_CHECKED: list[tuple[str, dict[str, Any], str]] = [
    ("expect_column_values_to_be_in_set", {"column": "nothing", "value_set": ["a"]}, "NULL"),
    ("expect_column_values_to_be_unique", {"column": "nothing"}, "NULL"),
    ("expect_column_value_lengths_to_equal", {"column": "nothing", "value": 1}, "NULL"),
    ("expect_column_max_to_be_between", {"column": "nothing", "max_value": "2026-01-01"}, "NULL"),
    ("expect_column_unique_value_count_to_be_between", {"column": "nothing", "max_value": 9}, "NULL"),
    ("expect_column_distinct_values_to_be_in_set", {"column": "nothing", "value_set": ["a"]}, "NULL"),
    ("expect_column_most_common_value_to_be_in_set", {"column": "nothing", "value_set": ["a"]}, "NULL"),
    ("expect_column_pair_values_to_be_equal", {"column_A": "nothing", "column_B": "nothing"}, "NULL"),
    ("expect_compound_columns_to_be_unique", {"column_list": ["nothing", "nothing"]}, "NULL"),
    ("expect_column_values_to_not_be_null", {"column": "id", "row_condition": "id > 9"}, "no row"),
    ("expect_column_mean_to_be_between", {"column": "id", "min_value": 1, "row_condition": "id > 9"}, "no row"),
    ("expect_column_proportion_of_non_null_values_to_be_between", {"column": "id", "min_value": 0.1, "row_condition": "id > 9"}, "no row"),
    ("expect_multicolumn_sum_to_equal", {"column_list": ["id", "id"], "sum_total": 2, "row_condition": "id > 9"}, "no row"),
]  # fmt: skip


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize(("kind", "kwargs", "why"), NOTHING_CHECKED)
def test_an_expectation_that_looked_at_nothing_is_no_success(
    kind: str, kwargs: dict[str, Any], why: str, form: str
) -> None:
    if "row_condition" in kwargs:
        kwargs = {**kwargs, "condition_parser": "pandas"}
    found = evaluate(kind, form=form, **kwargs)
    assert not found.result.success
    assert reason(found).startswith("nothing was checked: ")
    assert why in reason(found)
    assert "expectations/s.json: expectations[0]" in reason(found)


def test_where_no_rows_are_expected_it_is_skipped() -> None:
    found = evaluate(
        "expect_column_values_to_not_be_null",
        column="id",
        row_condition="id > 9",
        condition_parser="pandas",
        meta={"when_no_rows": "skip"},
    )
    assert found.skipped == "nothing was checked: no row meets row_condition 'id > 9'"
    assert found.result.success


def test_as_many_values_may_fail_as_meta_says() -> None:
    for count, success in ((1, False), (2, True), (3, True)):
        found = evaluate(
            "expect_column_values_to_be_in_set",
            values("INT64", 1, 2, 3),
            column="x",
            value_set=[1],
            meta={"max_unexpected_count": count},
        )
        assert (found.result.success, found.result.result["unexpected_count"]) == (success, 2)


def test_a_count_of_no_row_is_a_count() -> None:
    found = evaluate(
        "expect_table_row_count_to_equal",
        value=0,
        row_condition="id > 9",
        condition_parser="pandas",
    )
    assert found.result.success
    assert found.result.result == {"observed_value": 0}


@pytest.mark.parametrize(
    ("kind", "table", "kwargs", "success"),
    [
        ("expect_column_values_to_be_unique", values("FLOAT64", NAN, NAN), {}, False),
        ("expect_column_max_to_be_between", values("FLOAT64", NAN, 1.0), {"max_value": 9}, False),
        ("expect_column_mean_to_be_between", values("NUMERIC", Decimal("0.1"), Decimal("0.2"), Decimal("0.3")), {"min_value": 0.2, "max_value": 0.2}, True),
        ("expect_column_sum_to_be_between", values("NUMERIC", *[Decimal("0.1")] * 3), {"min_value": 0.3, "max_value": 0.3}, True),
        ("expect_column_sum_to_be_between", values("FLOAT64", 0.1, 0.2), {"max_value": 0.3}, False),
        ("expect_column_sum_to_be_between", values("INT64", 2**53, 1), {"min_value": 2**53 + 1, "max_value": 2**53 + 1}, True),
        ("expect_column_median_to_be_between", values("INT64", 1, 2), {"min_value": 1.5, "max_value": 1.5}, True),
        ("expect_column_quantile_values_to_be_between", values("INT64", *range(1, 101)), {"quantile_ranges": {"quantiles": [0.28], "value_ranges": [[28, 28]]}}, True),
        ("expect_column_stdev_to_be_between", values("INT64", 1, 3), {"min_value": 1.41, "max_value": 1.42}, True),
        ("expect_column_value_z_scores_to_be_less_than", values("INT64", 5, 5, 5), {"threshold": 1, "double_sided": True}, True),
        ("expect_column_values_to_not_be_outliers", values("INT64", 1, 2, 3, 100), {"method": "iqr"}, False),
        ("expect_column_values_to_be_increasing", values("DATE", None, None), {}, None),
    ],
)  # fmt: skip
def test_numbers_are_those_of_bigquery(
    kind: str, table: Table, kwargs: dict[str, Any], success: bool | None
) -> None:
    found = evaluate(kind, table, column="x", **kwargs)
    assert (found.result.success if not reason(found).startswith("nothing") else None) is success


@pytest.mark.parametrize(
    ("type_", "values_", "bounds", "success"),
    [
        ("TIME", (time(9), time(17)), ("08:00:00", "18:00:00"), True),
        ("TIME", (time(7),), ("08:00:00", None), False),
        ("STRING", ("b", "m"), ("a", "z"), True),
        ("STRING", ("b",), ("c", None), False),
        ("NUMERIC", (Decimal("90071992547409.93"),), ("90071992547409.93", None), True),
        ("NUMERIC", (Decimal("90071992547409.93"),), ("90071992547409.94", None), False),
        ("DATE", (date(2026, 2, 1),), ("2026-02-01", "2026-02-01"), True),
        ("INTERVAL", (relativedelta(days=3),), ("0-0 3 0:0:0", "0-1 0 0:0:0"), True),
    ],
)
@pytest.mark.parametrize(
    "kind",
    [
        "expect_column_values_to_be_between",
        "expect_column_min_to_be_between",
        "expect_column_max_to_be_between",
    ],
)
def test_a_bound_is_a_text_of_the_columns_type(
    kind: str,
    type_: str,
    values_: tuple[Any, ...],
    bounds: tuple[str, str | None],
    success: bool,
) -> None:
    low, high = bounds
    found = evaluate(kind, values(type_, *values_), column="x", min_value=low, max_value=high)
    assert found.result.success is success
    assert found.result.expectation_config is not None
    assert found.result.expectation_config.kwargs["min_value"] == low


@pytest.mark.parametrize(
    ("type_", "written", "says"),
    [
        ("INT64", "INTEGER", True),
        ("INT64", "bigint", True),
        ("FLOAT64", "FLOAT", True),
        ("BOOL", "BOOLEAN", True),
        ("NUMERIC", "DECIMAL(10, 2)", True),
        ("BIGNUMERIC", "NUMERIC", False),
        ("ARRAY<STRING>", "ARRAY<STRING>", True),
        ("ARRAY<STRING>", "ARRAY<INT64>", False),
        ("ARRAY<STRING>", "ARRAY", True),
        ("STRUCT<`a b` INT64>", "STRUCT", True),
        ("STRUCT<a INT64>", "RECORD", True),
        ("STRUCT<a INT64>", "STRUCT<a STRING>", False),
        ("RANGE<DATE>", "RANGE<DATE>", True),
        ("TIMESTAMP", "DATETIME", False),
    ],
)
def test_types_are_named_as_bigquery_names_them(type_: str, written: str, says: bool) -> None:
    table = values(type_, None)
    for kind, argument in [
        ("expect_column_values_to_be_of_type", {"type_": written}),
        ("expect_column_type_to_be", {"type_": written}),
        ("expect_column_values_to_be_in_type_list", {"type_list": [written]}),
    ]:
        assert evaluate(kind, table, column="x", **argument).result.success is says


@pytest.mark.parametrize("written", ["str", "int64_t", "NUMBER", "STRUCT<a>"])
def test_a_type_that_bigquery_does_not_have_is_an_error(written: str) -> None:
    found = evaluate(
        "expect_column_values_to_be_of_type", values("STRING", "a"), column="x", type_=written
    )
    assert f"type_: BigQuery has no type '{written}'" in reason(found)


@pytest.mark.parametrize(
    ("kind", "type_", "kwargs", "says"),
    [
        ("expect_column_values_to_match_regex", "INT64", {"regex": "1"}, "BigQuery has regular expressions for STRING only"),
        ("expect_column_values_to_match_regex", "STRING", {"regex": "(?=a)"}, "regex '(?=a)' is refused"),
        ("expect_column_values_to_match_like_pattern", "STRING", {"like_pattern": "a\\"}, "ends with its escape"),
        ("expect_column_value_lengths_to_equal", "INT64", {"value": 1}, "LENGTH for STRING and BYTES only"),
        ("expect_column_max_to_be_between", "JSON", {"max_value": 1}, "BigQuery does not support < for it"),
        ("expect_column_values_to_be_unique", "GEOGRAPHY", {}, "BigQuery does not support = for it"),
        ("expect_column_mean_to_be_between", "STRING", {"max_value": 1}, "there is no mean of it"),
        ("expect_column_values_to_be_in_set", "DATE", {"value_set": ["x"]}, "value_set: column 'x' is DATE: 'x' is not a DATE"),
        ("expect_column_values_to_not_be_in_set", "INT64", {"value_set": [1, None]}, "NOT IN a set with NULL is never true"),
        ("expect_column_values_to_be_between", "DATE", {"min_value": 5}, "min_value: column 'x' is DATE"),
        ("expect_column_stdev_to_be_between", "INT64", {"max_value": 5}, "a standard deviation needs at least two"),
    ],
)  # fmt: skip
def test_what_bigquery_can_not_judge_is_an_error_with_column_type_and_value(
    kind: str, type_: str, kwargs: dict[str, Any], says: str
) -> None:
    sample = {"INT64": 1, "STRING": "a", "JSON": {}, "GEOGRAPHY": "POINT(1 1)"}.get(type_, "2026")
    found = evaluate(kind, values(type_, sample), column="x", **kwargs)
    assert says in reason(found)


def test_a_column_that_is_not_there_is_an_error_with_the_nearest() -> None:
    found = evaluate("expect_column_values_to_not_be_null", column="stat")
    assert "the model returns no column 'stat'; did you mean 'state'?" in reason(found)


def test_one_expectation_that_can_not_be_evaluated_leaves_the_others_their_results() -> None:
    raw = {
        "name": "s",
        "expectations": [
            {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "gone"}},
            {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "id"}},
        ],
    }
    entry = SuiteEntry.model_validate(raw)
    built = build_suite(Suite("s", Path("s.json"), entry, raw))
    found = evaluate_suite(built, entry.expectations, TABLE, file="s.json")
    assert [one.result.success for one in found] == [False, True]


@pytest.mark.parametrize(
    ("per", "what", "fix"),
    [
        (
            {"colum": "games", "min_value": 1},
            "per has an unknown key 'colum'",
            "did you mean 'column'?",
        ),
        (
            {"column": "games", "min_vale": 1},
            "per has an unknown key 'min_vale'",
            "did you mean 'min_value'?",
        ),
        (
            {"column": "games"},
            "per has neither min_value nor max_value",
            "add the bound for each unit",
        ),
    ],
)
def test_what_is_wrong_with_bounds_per_unit_has_its_fix_once(
    per: dict[str, Any], what: str, fix: str
) -> None:
    with pytest.raises(MonitorError) as caught:
        evaluate("expect_metric_to_be_between", column="id", per=per)
    assert caught.value.what == f"expect_metric_to_be_between: {what}"
    assert caught.value.fix == fix
