"""``row_condition``: three ways to write it, one meaning, SQL's three-valued logic."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from plumbline.evaluate.condition import (
    Compare,
    ConditionError,
    parse_condition,
    rows_that_meet,
)
from plumbline.evaluate.errors import EvaluationError
from plumbline.evaluate.table import Table
from plumbline.warehouse.result import ResultColumn

NAN = float("nan")

TABLE = Table(
    schema=[
        ResultColumn("state", "STRING"),
        ResultColumn("amount", "NUMERIC"),
        ResultColumn("day", "DATE"),
        ResultColumn("ok", "BOOL"),
        ResultColumn("share", "FLOAT64"),
        ResultColumn("paid", "INT64"),
        ResultColumn("due", "INT64"),
        ResultColumn("Zip Code", "STRING"),
        ResultColumn("doc", "JSON"),
    ],
    rows=[
        dict(zip(("state", "amount", "day", "ok", "share", "paid", "due", "Zip Code", "doc"), row, strict=True))
        for row in [
            ("paid", Decimal("0.3"), date(2026, 2, 1), True, 0.5, 5, 5, "1", {}),
            ("open", Decimal("1.5"), date(2026, 2, 2), False, NAN, 1, 5, "2", {}),
            (None, None, None, None, None, None, None, None, None),
            ("it's", Decimal("-2"), date(2024, 12, 25), True, float("inf"), 7, 5, "1", {}),
        ]
    ],
)  # fmt: skip


def comparison(column: str, operator: str, parameter: object) -> dict[str, Any]:
    return {
        "type": "comparison",
        "column": {"name": column},
        "operator": operator,
        "parameter": parameter,
    }


@pytest.mark.parametrize(
    ("condition", "rows"),
    [
        # pandas
        ("state == 'paid'", [0]),
        ('state == "it\'s"', [3]),
        ("state != 'paid'", [1, 3]),  # SQL drops NULL, pandas kept it
        ("'paid' == state", [0]),
        ("not state == 'paid'", [1, 3]),
        ("~(state == 'paid')", [1, 3]),
        ("amount == 0.3", [0]),
        ("amount > 0 and amount < 1", [0]),
        ("0 < amount < 2", [0, 1]),
        ("0 < amount & amount < 1", [0]),
        ("amount < 0 | state == 'paid'", [0, 3]),
        ("amount < 0 or state == 'nothing'", [3]),
        ("amount >= -2", [0, 1, 3]),
        ("day == '2024-12-25'", [3]),
        ("day > '2026-02-01'", [1]),
        ("state in ['paid', 'open']", [0, 1]),
        ("state == ['paid', 'open']", [0, 1]),
        ("state not in ('paid', 'open')", [3]),
        ("state in ['paid', None]", [0]),
        ("`state` == 'paid'", [0]),
        ("state.isnull()", [2]),
        ("state.isna() or amount < 0", [2, 3]),
        ("state.notnull()", [0, 1, 3]),
        ("share.isnull()", [2]),  # NaN is a value
        ("share > 0", [0, 3]),
        ("share != share", [1]),
        ("not share < 1", [1, 3]),  # NaN < 1 is false, so its opposite is true
        ("ok", [0, 3]),
        ("not ok", [1]),
        ("ok == True and paid == due", [0]),
        ("paid < due", [1]),
        ("`Zip Code` == '1'", [0, 3]),
        ("STATE == 'paid'", [0]),
        # GX's text
        ('col("state") == "paid"', [0]),
        ('col("state").notNull()', [0, 1, 3]),
        ('col("amount") <= 0.3', [0, 3]),
        ('col("day") >= date("2026-02-02")', [1]),
        # GX's objects
        (comparison("state", "==", "paid"), [0]),
        (comparison("state", "!=", "paid"), [1, 3]),
        (comparison("state", "IN", ["paid", "open"]), [0, 1]),
        (comparison("state", "NOT_IN", ["paid"]), [1, 3]),
        ({"type": "nullity", "column": {"name": "state"}, "is_null": True}, [2]),
        ({"type": "nullity", "column": {"name": "state"}, "is_null": False}, [0, 1, 3]),
        (
            {
                "type": "and",
                "conditions": [comparison("amount", ">", 0), comparison("day", "<", "2026-02-02")],
            },
            [0],
        ),
        (
            {
                "type": "or",
                "conditions": [comparison("amount", "<", 0), comparison("paid", "==", 1)],
            },
            [1, 3],
        ),
        ({"type": "pass_through", "pass_through_filter": "state == 'open'"}, [1]),
    ],
)
def test_a_condition_is_met_by_the_rows_for_which_sql_says_true(
    condition: Any, rows: list[int]
) -> None:
    assert rows_that_meet(parse_condition(condition), TABLE) == rows


@pytest.mark.parametrize(
    "condition",
    [
        "",
        "state ==",
        "state.str.len() > 3",
        "amount + 1 > 2",
        "day.dt.year == 2026",
        "@threshold < amount",
        "len(state) > 3",
        "state like 'a%'",
        "amount > 1 if ok else amount < 1",
        "5",
        "5 == 5",
        "__import__('os').system('true')",
        "lambda: True",
        "state in other",
        "not " * 200 + "ok",
        "state not in ['paid', None]",  # never true
        "state != ['paid', None]",
        "ok or not (state in ['paid', None])",
        {"type": "comparison", "column": {"name": "state"}, "operator": "~", "parameter": 1},
        {"type": "nullity", "column": {"name": "state"}},
        {"type": "and", "conditions": []},
        {"type": "or", "conditions": ["ok"]},
        {"type": "exists"},
        {},
        7,
    ],
)
def test_every_other_construct_is_refused(condition: Any) -> None:
    with pytest.raises(ConditionError):
        parse_condition(condition)


@pytest.mark.parametrize(
    ("condition", "says"),
    [
        ("day == 'yesterday'", "column 'day' is DATE: 'yesterday' is not a DATE; write a text"),
        ("paid == '5'", "column 'paid' is INT64: '5' is not an INT64"),
        ("state == 5", "column 'state' is STRING: 5 is not a STRING"),
        ("state == None", "a comparison of 'state' with NULL is never true; write state.isnull()"),
        ("stat == 'paid'", "no column 'stat'; did you mean 'state'?"),
        ("index > 3", "no column 'index'"),
        ("state", "column 'state' is STRING, not BOOL"),
        ("doc == 'a'", "JSON, which BigQuery does not compare"),
        ("state == amount", "'state' is STRING and 'amount' is NUMERIC, which BigQuery does not"),
    ],
)
def test_a_value_of_another_type_names_column_type_and_fix(condition: str, says: str) -> None:
    with pytest.raises(EvaluationError) as raised:
        rows_that_meet(parse_condition(condition), TABLE)
    assert says in str(raised.value)


@pytest.mark.parametrize("text", ["x`y`", "`state`", "it\\'s `a`"])
def test_backticks_within_a_text_name_no_column(text: str) -> None:
    found = parse_condition(f"`Zip Code` == '{text}'")
    assert found == Compare("Zip Code", "==", text.replace("\\", ""))


STRUCTS = Table(
    schema=[
        ResultColumn("a", "STRUCT<x FLOAT64, y INT64>"),
        ResultColumn("b", "STRUCT<x FLOAT64, y INT64>"),
    ],
    rows=[
        {"a": {"x": x, "y": 1}, "b": {"x": x_b, "y": y_b}}
        for x, x_b, y_b in [(1.0, 1.0, 1), (NAN, NAN, 1), (None, None, 1), (None, 1.0, 2)]
    ],
)


@pytest.mark.parametrize(("condition", "rows"), [("a == b", [0]), ("a != b", [1, 3])])
def test_structs_are_compared_field_by_field(condition: str, rows: list[int]) -> None:
    assert rows_that_meet(parse_condition(condition), STRUCTS) == rows
