"""A condition from a file stays within the brackets that it is put into."""

from __future__ import annotations

import pytest

from plumbline.evaluate.pushdown.faults import find_table_faults
from plumbline.models.condition import fault_of_condition, fault_of_syntax, unknown_column
from support.each import for_each


@pytest.mark.parametrize(
    "sql",
    [
        "status != 'test'",
        "(a = 1 or b = 2) and c in (1, 2)",
        "note = ');' -- a comment with ) and ;",
        'note = """);""" and `odd)` is null',
        "a = 1 /* ) */",
        "a like any ('x', 'y') and date_trunc(d, week(monday)) > @since",
    ],
)
def test_a_condition_is_accepted(sql: str) -> None:
    assert fault_of_condition(sql) is None
    assert fault_of_syntax(sql) is None


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


SYNTAX = [
    ("country === ", "near '='"),
    ("country = 'de' and", "at its end"),
    ("country = 'de'\n\nand -- later", "at its end"),
    ("where country = 'de'", "near 'where'"),
    ("country = 'de' limit 1", "near 'limit'"),
    ("email 'ana@x.org'", "unexpected text"),
    ("total between 1", "at its end"),
]


def test_a_condition_that_can_not_be_parsed_is_an_error_without_its_values() -> None:
    def is_told(case: tuple[str, str]) -> None:
        sql, where = case
        assert fault_of_condition(sql) is None, "BigQuery decides"
        found = fault_of_syntax(sql)
        assert found is not None
        assert found[0].startswith("the condition can't be parsed: ")
        assert found[0].endswith(where)
        assert "ana@x.org" not in found[0]
        assert "<class" not in found[0]

    for_each(SYNTAX, is_told)


def test_a_run_leaves_to_bigquery_what_sqlglot_can_not_parse() -> None:
    def is_sent(where: str) -> None:
        assert fault_of_syntax(where) is not None, "sqlglot knows it by now"
        assert list(find_table_faults({"table": "shop.orders", "rows": {"where": where}}, [])) == []

    for_each(["with(x as total + 1, x > 3)", "country not like some unnest(['d%'])"], is_sent)


COLUMNS = ["country", "address", "address.city", "tags", "ordered_on"]
KNOWN = [
    "`Country` = 'de' or orders.country is null",
    "address.city = 'Bonn' and orders.address.zip = '1'",
    "exists(select 1 from unnest(tags) as tag where tag.label = 'x')",
    "country in (select code from shop.countries)",
    "extract(dayofweek from ordered_on) = 1 and date_trunc(ordered_on, isoweek) > @since",
    "safe.parse_json(country) is null and 'x' in unnest(tags)",
]
UNKNOWN = {
    "countri = 'de'": "countri",
    "orders.countri = 'de'": "countri",
    "upper(contry) > ''": "contry",
}


def test_a_column_of_a_condition_is_one_of_the_table() -> None:
    def found(sql: str) -> tuple[str, str] | None:
        return unknown_column(sql, COLUMNS, table="orders", holder="table shop.orders")

    for_each(KNOWN, lambda sql: _is(found(sql), None))
    for_each(
        UNKNOWN.items(),
        lambda case: _is(
            found(case[0]),
            (f"table shop.orders has no column {case[1]!r}", "did you mean 'country'?"),
        ),
    )


def _is(found: object, expected: object) -> None:
    assert found == expected
