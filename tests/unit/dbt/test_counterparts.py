"""Which expectation a generic test of dbt becomes, and which tests none can stand for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from plumbline.dbt.counterparts import counterparts
from plumbline.dbt.errors import NoCounterpartError
from plumbline.dbt.manifest import read_dbt_manifest
from plumbline.dbt.tables import Tables
from plumbline.evaluate.pushdown.catalogue import MEASURES
from plumbline.models.manifest import tables_of
from plumbline.project.files import Files
from support.dbt_manifest import generic_test, model, source, write_manifest
from support.each import for_each

ORDERS, CUSTOMERS, DRAFTS = (
    model("orders"),
    model("customers"),
    model("drafts", config={"materialized": "ephemeral"}),
)
LANDED = source("landing", "orders")


def found(
    folder: Path,
    macro: str,
    column: str | None = "x",
    *,
    where: str | None = None,
    compiled: str | None = "select x from t",
    macros: tuple[str, ...] = (),
    **arguments: Any,
) -> tuple[str, dict[str, Any]]:
    """The counterpart of a test on ``orders``."""
    test = generic_test(
        macro, ORDERS[0], column, config={"where": where}, compiled=compiled, **arguments
    )
    own = {f"macro.shop.{name}": {} for name in macros}
    file = write_manifest(folder, ORDERS, CUSTOMERS, DRAFTS, LANDED, test, macros=own)
    manifest = read_dbt_manifest(file, Files())
    tables = Tables(tables_of(manifest.content, file, project="shop"), "shop", {}, is_inside=True)
    (first, *others) = counterparts(manifest.tests[0], tables, manifest.macros)
    if others:  # the arguments of one with a second: that NULL fails
        assert others == [("expect_column_values_to_not_be_null", {"column": first[1]["column"]})]
        first[1]["and"] = "not NULL"
    return first


VALUES = "expect_column_values_to_"
UTILS, EXPECT = "dbt_utils.", "dbt_expectations."
COUNTERPARTS: list[tuple[str, Mapping[str, Any], str, dict[str, Any]]] = [
    ("not_null", {}, f"{VALUES}not_be_null", {}),
    ("unique", {}, f"{VALUES}be_unique", {}),
    # dbt pastes a quoted value as a text, whatever YAML makes of it
    ("accepted_values", {"values": [1, "b"]}, f"{VALUES}be_in_set", {"value_set": ["1", "b"]}),
    (
        "accepted_values",
        {"values": [1, "2", "'b'", "true"], "quote": False},
        f"{VALUES}be_in_set",
        {"value_set": [1, 2, "b", True]},
    ),
    (
        "relationships",
        {"to": "ref('customers')", "field": "id"},
        "expect_foreign_key_to_exist",
        {"to_table": "customers", "to_column": "id"},
    ),
    (
        "relationships",
        {"to": "{{ source('landing', 'orders') }}", "field": "id"},
        "expect_foreign_key_to_exist",
        {"to_table": "landing.orders", "to_column": "id"},
    ),
    (
        f"{UTILS}relationships_where",
        {"to": "ref('customers')", "field": "id", "from_condition": "state <> 'test'"},
        "expect_foreign_key_to_exist",
        {"to_table": "customers", "to_column": "id", "row_condition": 'state != "test"'},
    ),
    (f"{UTILS}not_accepted_values", {"values": ["a"]}, f"{VALUES}not_be_in_set", {"value_set": ["a"]}),
    (
        f"{UTILS}accepted_range",
        {"min_value": 0, "max_value": "1.5", "inclusive": False},
        f"{VALUES}be_between",
        {"min_value": 0, "max_value": 1.5, "strict_min": True, "strict_max": True},
    ),
    (f"{UTILS}expression_is_true", {"expression": ">= 0"}, f"{VALUES}be_between", {"min_value": 0}),
    (
        f"{UTILS}expression_is_true",
        {"expression": "< 1.5"},
        f"{VALUES}be_between",
        {"max_value": 1.5, "strict_max": True},
    ),
    (
        f"{UTILS}not_null_proportion",
        {"at_least": 0.9},
        "expect_column_proportion_of_non_null_values_to_be_between",
        {"min_value": 0.9},
    ),
    (
        f"{UTILS}at_least_one",
        {},
        "expect_column_proportion_of_non_null_values_to_be_between",
        {"min_value": 0, "strict_min": True},
    ),
    (
        f"{UTILS}not_constant",
        {},
        "expect_column_unique_value_count_to_be_between",
        {"min_value": 2},
    ),
    (
        f"{EXPECT}expect_column_values_to_be_between",
        {"min_value": 1, "strictly": True, "row_condition": "y is not null"},
        f"{VALUES}be_between",
        {"min_value": 1, "strict_min": True, "row_condition": "y.notnull()"},
    ),
    (
        f"{EXPECT}expect_column_values_to_match_regex",
        {"regex": "^[A-Z]\\\\d+$"},
        f"{VALUES}match_regex",
        {"regex": "^[A-Z]\\d+$"},
    ),
    (
        f"{EXPECT}expect_column_values_to_match_regex",
        {"regex": "^(a|b)$"},
        f"{VALUES}match_regex",
        {"regex": "^(a|b)$"},
    ),
    (
        f"{EXPECT}expect_column_values_to_not_match_regex",
        {"regex": "(?i)(?:a|b)c"},
        f"{VALUES}not_match_regex",
        {"regex": "(?i)(?:a|b)c"},
    ),
    (
        f"{EXPECT}expect_column_values_to_match_regex",
        {"regex": "^\\d+$", "is_raw": True},
        f"{VALUES}match_regex",
        {"regex": "^\\d+$"},
    ),
    (
        f"{EXPECT}expect_column_distinct_count_to_be_greater_than",
        {"value": 2},
        "expect_column_unique_value_count_to_be_between",
        {"min_value": 3},
    ),
    (
        f"{EXPECT}expect_column_values_to_be_in_set",
        {"value_set": ["a"]},
        f"{VALUES}be_in_set",
        {"value_set": ["a"], "and": "not NULL"},
    ),
    (f"{EXPECT}expect_column_values_to_not_be_in_set", {"value_set": ["a"]}, f"{VALUES}not_be_in_set", {"value_set": ["a"]}),
    (
        f"{EXPECT}expect_column_values_to_be_of_type",
        {"column_type": "int64"},
        f"{VALUES}be_of_type",
        {"type_": "INT64"},
    ),
]  # fmt: skip


def test_a_test_of_a_column_becomes_the_expectation_that_checks_the_same(tmp_path: Path) -> None:
    def is_so(case: tuple[str, Mapping[str, Any], str, dict[str, Any]]) -> None:
        macro, arguments, type_, kwargs = case
        given, has = found(tmp_path, macro, **arguments)
        has.pop("condition_parser", None)
        assert (given, has) == (type_, {"column": "x", **kwargs})

    for_each(COUNTERPARTS, is_so, name=lambda case: f"{case[0]} {json.dumps(case[1])}")


def test_a_test_of_a_table_becomes_the_expectation_that_checks_the_same(tmp_path: Path) -> None:
    cases = [
        (
            f"{UTILS}recency",
            {"field": "at", "datepart": "day", "interval": 2},
            ("expect_table_to_be_fresh", {"column": "at", "max_hours": 48}),
        ),
        (
            f"{UTILS}expression_is_true",
            {"expression": "a = b and c > 1"},
            (
                "expect_table_row_count_to_equal",
                {
                    "value": 0,
                    "row_condition": "not (((a == b) and (c > 1)))",
                    "condition_parser": "pandas",
                },
            ),
        ),
        (
            f"{UTILS}equal_rowcount",
            {"compare_model": "ref('customers')"},
            ("expect_table_row_count_to_equal_other_table", {"other_table_name": "customers"}),
        ),
        (
            f"{UTILS}unique_combination_of_columns",
            {"combination_of_columns": ["a", "b"]},
            (
                "expect_compound_columns_to_be_unique",
                {"column_list": ["a", "b"], "ignore_row_if": "never"},
            ),
        ),
        (
            f"{EXPECT}expect_column_pair_values_A_to_be_greater_than_B",
            {"column_A": "a", "column_B": "b", "or_equal": True},
            (
                "expect_column_pair_values_a_to_be_greater_than_b",
                {
                    "column_A": "a",
                    "column_B": "b",
                    "ignore_row_if": "either_value_is_missing",
                    "or_equal": True,
                },
            ),
        ),
        (
            f"{EXPECT}expect_table_row_count_to_be_between",
            {"min_value": 1},
            ("expect_table_row_count_to_be_between", {"min_value": 1}),
        ),
        (
            f"{EXPECT}expect_table_columns_to_contain_set",
            {"column_list": ["a", "b"]},
            (
                "expect_table_columns_to_match_set",
                {"column_set": ["a", "b"], "exact_match": False},
            ),
        ),
    ]

    def is_so(case: tuple[str, dict[str, Any], tuple[str, dict[str, Any]]]) -> None:
        macro, arguments, expected = case
        assert found(tmp_path, macro, None, **arguments) == expected

    for_each(cases, is_so, name=lambda case: case[0])


def test_where_becomes_a_row_condition(tmp_path: Path) -> None:
    cases = {
        "state = 'paid'": 'state == "paid"',
        "total >= 5 and not (state in ('a', 'b') or is_test)": (
            '(total >= 5) and (not (((state in ["a", "b"]) or (is_test))))'
        ),
        "paid_at is null": "paid_at.isnull()",
        "total between -1 and 1.5": "total >= -1 and total <= 1.5",
        "`from` <> other": "`from` != other",
        "is_test = false": "is_test == False",
        "1 = 1": None,
        "2=2": None,
        "true": None,
    }

    def is_so(sql: str) -> None:
        _, kwargs = found(tmp_path, "not_null", where=sql)
        assert kwargs.get("row_condition") == cases[sql]

    for_each(cases, is_so)


def test_what_no_expectation_means_has_no_counterpart(tmp_path: Path) -> None:
    cases: dict[str, dict[str, Any]] = {
        "a macro that nobody knows": {"macro": "is_even"},
        "a column that is an expression": {"macro": "not_null", "column": "a || b"},
        "an argument that nobody reads": {
            "macro": f"{UTILS}at_least_one",
            "group_by_columns": ["country"],
        },
        "a bound that is an expression": {
            "macro": f"{UTILS}accepted_range",
            "max_value": "current_date()",
        },
        "a value with an escape of SQL": {"macro": "accepted_values", "values": ["it's"]},
        "a condition without a column": {"macro": "not_null", "where": "1 = 2"},
        "values by Jinja": {"macro": "accepted_values", "values": "{{ var('states') }}"},
        "an expression that calculates": {
            "macro": f"{UTILS}expression_is_true",
            "column": None,
            "expression": "a + b = c",
        },
        "a reference to an ephemeral model": {
            "macro": "relationships",
            "to": "ref('drafts')",
            "field": "id",
        },
        "a reference to nothing": {"macro": "relationships", "to": "ref('gone')", "field": "id"},
        "a type by Jinja": {
            "macro": f"{EXPECT}expect_column_values_to_be_of_type",
            "column_type": "{{ dbt.type_string() }}",
        },
        "a condition that calls a function": {
            "macro": "not_null",
            "where": "day >= date_sub(current_date(), interval 3 day)",
        },
        "a condition by Jinja": {"macro": "not_null", "where": "day >= '{{ var('day') }}'"},
        "a condition on another table": {
            "macro": "not_null",
            "where": "id in (select id from other)",
        },
        "a condition of freshness": {
            "macro": f"{UTILS}recency",
            "column": None,
            "field": "at",
            "datepart": "day",
            "interval": 1,
            "where": "x = 1",
        },
        "a time without a fixed length": {
            "macro": f"{UTILS}recency",
            "column": None,
            "field": "at",
            "datepart": "month",
            "interval": 1,
        },
        "flags of a regex": {
            "macro": f"{EXPECT}expect_column_values_to_match_regex",
            "regex": "a",
            "flags": "i",
        },
        # else the whole suite of the table would be an ERROR
        "one that can't fail": {
            "macro": f"{EXPECT}expect_column_values_to_match_like_pattern",
            "like_pattern": "%",
        },
        "a condition that is nested too deeply": {
            "macro": "not_null",
            "where": " or ".join(f"y = {number}" for number in range(60)),
        },
        # pasted behind an `and` without brackets
        "an or in the condition of relationships": {
            "macro": f"{UTILS}relationships_where",
            "to": "ref('customers')",
            "field": "id",
            "from_condition": "a = 1 or b = 1",
        },
        "an or in the condition of a macro": {
            "macro": f"{EXPECT}expect_compound_columns_to_be_unique",
            "column_list": ["x", "y"],
            "row_condition": "a = 1 or b = 1",
        },
        # regexp_instr of them is 0 where regexp_contains is true
        "a regex that an empty text matches": {
            "macro": f"{EXPECT}expect_column_values_to_match_regex",
            "regex": "^[a-z]*$",
        },
        "a group that may be no part of the match": {
            "macro": f"{EXPECT}expect_column_values_to_match_regex",
            "regex": "^(x)?b",
        },
        "a group behind a backslash that is matched literally": {
            "macro": f"{EXPECT}expect_column_values_to_match_regex",
            "regex": r"a\\(x)?b",
            "is_raw": True,
        },
        "one of several groups": {
            "macro": f"{EXPECT}expect_column_values_to_not_match_regex",
            "regex": "(a)|(?P<other>b)",
        },
        "a regex that RE2 refuses": {
            "macro": f"{EXPECT}expect_column_values_to_match_regex",
            "regex": "(?=a)",
        },
        "a test that the project redefines": {"macro": "unique", "macros": ("test_unique",)},
        "one that it dispatches to its own": {
            "macro": f"{UTILS}at_least_one",
            "macros": ("bigquery__test_at_least_one",),
        },
    }

    def is_so(case: str) -> None:
        with pytest.raises(NoCounterpartError):
            found(tmp_path, **cases[case])

    for_each(cases, is_so)


def test_where_a_project_redefines_the_subquery_only_compiled_sql_tells(tmp_path: Path) -> None:
    redefined = ("get_where_subquery",)
    as_usual = "select x from (select * from t where y = 1) dbt_subquery where x is null"
    sampled = "select x from (select * from t where y = 1 and day = '2026-01-01') s"
    cases = {
        (None, "select x from t"): True,
        (None, sampled): False,
        (None, None): False,
        ("y = 1", as_usual): True,
        ("y = 1", sampled): False,
    }

    def is_so(case: tuple[str | None, str | None]) -> None:
        where, compiled = case
        try:
            found(tmp_path, "not_null", where=where, compiled=compiled, macros=redefined)
        except NoCounterpartError:
            assert not cases[case]
        else:
            assert cases[case]

    for_each(cases, is_so, name=str)


def test_an_expectation_that_suites_over_tables_lack_has_no_counterpart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lacking = {key: one for key, one in MEASURES.items() if not key.endswith("be_unique")}
    monkeypatch.setattr("plumbline.dbt.counterparts.MEASURES", lacking)
    with pytest.raises(NoCounterpartError, match="can't be part of a suite over a table"):
        found(tmp_path, "unique")
