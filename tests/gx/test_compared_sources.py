"""What compares with another source is ERROR in the words of lint; a model says the same."""

from __future__ import annotations

from typing import Any

import pytest

from plumbline.core.status import Status
from plumbline.lint.linter import lint
from support.projects import SmallMonitor, SmallProject, between

pytestmark = pytest.mark.warehouse

COMPARED: list[dict[str, Any]] = [
    {
        "type": "expect_table_row_count_to_equal_other_table",
        "kwargs": {"other_table_name": "games"},
    },
    {
        "type": "expect_query_results_to_match_comparison",
        "kwargs": {
            "base_query": "select 1",
            "comparison_data_source_name": "warehouse",
            "comparison_query": "select 1",
        },
    },
]


@pytest.mark.parametrize("expectation", COMPARED, ids=lambda one: one["type"])
@pytest.mark.parametrize("severity", ["critical", "info"])
def test_it_is_an_error_in_the_words_of_lint(
    small: SmallProject, expectation: dict[str, Any], severity: str
) -> None:
    monitor = SmallMonitor("select 1 as id", [{**expectation, "severity": severity}], None)
    found = small.outcome(monitor)
    assert found.status is Status.ERROR
    (finding,) = [
        one
        for one in lint(small.project, names=["only"]).findings
        if one.rule.code == "expectation-compares-sources"
    ]
    assert f"{finding.what}; {finding.fix}" in str(found.reason)
    assert "(in expectations/only.json: expectations[0])" in str(found.reason)


@pytest.mark.parametrize(("copied", "status"), [(2, Status.PASS), (1, Status.CRITICAL)])
def test_a_model_that_returns_both_counts_is_what_to_write_instead(
    small: SmallProject, copied: int, status: Status
) -> None:
    equal = {
        "type": "expect_column_pair_values_to_be_equal",
        "kwargs": {"column_A": "orders", "column_B": "copied"},
    }
    sql = f"select 2 as orders, {copied} as copied"
    assert small.outcome(SmallMonitor(sql, [equal], None)).status is status


def test_so_is_a_model_that_counts_the_rows_on_one_side_only(small: SmallProject) -> None:
    sql = """
with orders as (select 1 as order_id, 5 as amount union all select 2, null union all select 3, 7),

copied as (select 1 as order_id, 5 as amount union all select 2, 6 union all select 4, 8)

select
    countif(copied.order_id is null) as missing,
    countif(orders.order_id is null) as surplus,
    countif(
        orders.order_id is not null and copied.order_id is not null
        and orders.amount is distinct from copied.amount
    ) as different
from orders
full join copied using (order_id)
"""
    names = ("missing", "surplus", "different")
    found = small.outcome(
        SmallMonitor(sql, [between(column=n, aggregate="sum", max_value=0) for n in names], None)
    )
    assert [one.observed for one in found.expectations] == [1, 1, 1]
