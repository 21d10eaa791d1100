"""What sqlglot is not given: SQL with which it would end the process."""

from __future__ import annotations

import pytest
from sqlglot.errors import SqlglotError

from plumbline.models.syntax import parse_sql

DEEP = 6000
"""Ends Python 3.13 in sqlglot."""


@pytest.mark.parametrize(
    "sql",
    [
        "select " + "(" * DEEP + "1" + ")" * DEEP,
        "select " + "abs(" * DEEP + "1" + ")" * DEEP,
        "select " + "[" * DEEP + "1" + "]" * DEEP,
        "select " + "CASE when true then " * DEEP + "1" + " end" * DEEP,
        "select " + "(" * DEEP,
        "select " + "if(true, " * DEEP,
        "select " + "not " * 20_000 + "true",
        "select " + "- " * 20_000 + "1",
    ],
    ids=["brackets", "functions", "arrays", "cases", "not closed", "if", "not", "minus"],
)
def test_what_is_nested_too_deeply_is_a_fault_as_others(sql: str) -> None:
    with pytest.raises(SqlglotError, match="nested too deeply"):
        parse_sql(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "select " + ", ".join(["abs(1)"] * DEEP),
        "select " + ", ".join(["case when a then b end"] * DEEP),
        "select '" + "(" * DEEP + "' -- " + "[" * DEEP,
    ],
    ids=["functions", "cases", "text and comment"],
)
def test_brackets_and_cases_count_within_one_another(sql: str) -> None:
    assert parse_sql(sql) is not None


def test_structs_within_one_another_are_not_parsed() -> None:
    """Each doubles sqlglot's time."""
    assert parse_sql("select " + "struct(" * 40 + "1" + ")" * 40) is None
