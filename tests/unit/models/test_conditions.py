"""A condition from a file stays within the brackets that it is put into."""

from __future__ import annotations

import pytest

from plumbline.evaluate.pushdown.faults import find_table_faults
from plumbline.models.condition import fault_of_condition


@pytest.mark.parametrize(
    "sql",
    [
        "status != 'test'",
        "(a = 1 or b = 2) and c in (1, 2)",
        "note = ');' -- a comment with ) and ;",
        'note = """);""" and `odd)` is null',
        "a = 1 /* ) */",
    ],
)
def test_a_condition_is_accepted(sql: str) -> None:
    assert fault_of_condition(sql) is None


@pytest.mark.parametrize(
    ("sql", "what"),
    [
        ("true)) as t on true; drop table shop.orders; select ((true", "doesn't open"),
        ("true; drop table shop.orders", "more than one statement"),
        ("true) union all (select 1", "doesn't open"),
        ("(true", "never closes"),
        ("note = 'a", "opens ' and never closes it"),
        ("true /* a", "opens /* and never closes it"),
        ("-- a = 1", "is empty"),
        ("''')''' = a or r'\\') = 1", "never closes"),
    ],
)
def test_what_would_end_the_brackets_is_refused(sql: str, what: str) -> None:
    found = fault_of_condition(sql)
    assert found is not None
    assert what in found[0]


def test_lint_and_a_run_name_the_key() -> None:
    monitor = {"table": "shop.orders", "rows": {"date_column": "d", "where": "true); select (1"}}
    (fault,) = find_table_faults(monitor, [])
    assert fault.path == ("meta", "monitor", "rows", "where")
