"""What sqlglot is not given: SQL with which it would end the process."""

from __future__ import annotations

import pytest
from sqlglot.errors import SqlglotError

from plumbline.models.syntax import nests_deeply, parse_sql

DEEP = 6000
"""Ends Python 3.13 in sqlglot."""


@pytest.mark.parametrize(
    ("sql", "is_deep"),
    [
        ("select " + "(" * DEEP + "1" + ")" * DEEP, True),
        ("select " + "abs(" * DEEP + "1" + ")" * DEEP, True),
        ("select " + "[" * DEEP + "1" + "]" * DEEP, True),
        ("select " + "CASE when true then " * DEEP + "1" + " end" * DEEP, True),
        ("select " + "(" * DEEP, True),
        ("select " + ", ".join(["abs(1)"] * DEEP), False),
        ("select " + ", ".join(["case when a then b end"] * DEEP), False),
        ("select '" + "(" * DEEP + "' -- " + "[" * DEEP, False),
    ],
)
def test_brackets_and_cases_count_within_one_another(sql: str, is_deep: bool) -> None:
    assert nests_deeply(sql) is is_deep


@pytest.mark.parametrize("begins", ["(", "not ", "- ", "if(true, "])
def test_what_is_nested_too_deeply_is_a_fault_as_others(begins: str) -> None:
    with pytest.raises(SqlglotError, match="nested too deeply"):
        parse_sql(f"select {begins * 20_000}")
