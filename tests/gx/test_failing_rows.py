"""`expect_no_failing_rows`: a model that returns the bad rows; no row is a PASS."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from plumbline.backtest.fetch import ask
from plumbline.backtest.judging import Judge
from plumbline.core.outcome import Outcome
from plumbline.core.status import Status
from plumbline.warehouse.client import open_client
from support.projects import NOW, SmallMonitor, SmallProject

pytestmark = pytest.mark.warehouse

ORDERS = """
with orders as (
    select 1 as id, 'de' as country, -5 as total
    union all select 2, 'de', -1
    union all select 3, 'fr', -7
    union all select 4, 'it', 9
)

select id, country, total from orders where total < {limit}
"""
OBSERVED = {"failing_rows": True, "unit": "orders"}


def none_failing(severity: str = "critical", **kwargs: Any) -> dict[str, Any]:
    return {"type": "expect_no_failing_rows", "severity": severity, "kwargs": kwargs}


def monitor(*expectations: dict[str, Any], limit: int = 0, **meta: Any) -> SmallMonitor:
    return SmallMonitor(ORDERS.format(limit=limit), list(expectations), OBSERVED, meta)


def outcome_of(small: SmallProject, *expectations: dict[str, Any], limit: int = 0) -> Outcome:
    return small.outcome(monitor(*expectations, limit=limit))


def test_no_row_is_a_pass(small: SmallProject) -> None:
    outcome = outcome_of(small, none_failing(), limit=-99)
    assert (outcome.status, outcome.observed, outcome.reason) == (Status.PASS, 0, None)
    assert outcome.summary == "0 orders"


def test_rows_are_counted_and_kept_as_samples(small: SmallProject) -> None:
    outcome = outcome_of(small, none_failing())
    assert (outcome.status, outcome.observed, outcome.unit) == (Status.CRITICAL, 3, "orders")
    (failure,) = outcome.failures
    assert failure.unexpected_count == 3
    assert failure.samples[0] == (("id", 1), ("country", "de"), ("total", -5))
    assert outcome.summary.startswith("3 orders; failing rows must be none: 3 rows fail")


def test_the_query_for_the_rows_is_the_models_own(small: SmallProject) -> None:
    outcome = outcome_of(small, none_failing())
    assert outcome.drilldown is not None
    rows = open_client(small.target).query(outcome.drilldown).result()
    assert sorted(row["id"] for row in rows) == [1, 2, 3]


@pytest.mark.parametrize(
    ("warning", "critical", "status"),
    [(0, 2, Status.CRITICAL), (2, 3, Status.WARNING), (3, 9, Status.PASS)],
)
def test_two_severities_are_two_expectations(
    small: SmallProject, warning: int, critical: int, status: Status
) -> None:
    outcome = outcome_of(
        small,
        none_failing("warning", max_value=warning),
        none_failing("critical", max_value=critical),
    )
    assert outcome.status is status
    levels = f"warning > {warning} orders, critical > {critical} orders"
    assert outcome.thresholds == f"failing rows: {levels}"


def test_of_two_levels_that_fail_the_worse_is_told(small: SmallProject) -> None:
    outcome = outcome_of(small, none_failing("warning"), none_failing(max_value=1))
    assert outcome.status is Status.CRITICAL
    assert outcome.summary.count("failing rows must be") == 1
    assert "must be at most 1 order" in outcome.summary


def test_each_group_has_the_bound(small: SmallProject) -> None:
    outcome = outcome_of(small, none_failing(max_value=1, group_by=["country"]))
    groups = {group.key.label: (group.status, group.observed) for group in outcome.groups}
    assert groups == {"de": (Status.CRITICAL, 2), "fr": (Status.PASS, 1)}
    assert outcome.failing is not None
    assert outcome.failing.total == 2, "the rows of the failing group alone"


def test_at_most_twenty_rows_are_kept(small: SmallProject) -> None:
    sql = "select n from unnest(generate_array(1, 60)) as n"
    outcome = small.outcome(SmallMonitor(sql, [none_failing()], OBSERVED))
    (failure,) = outcome.failures
    assert outcome.observed == 60
    assert len(failure.samples) == 20
    assert outcome.failing is not None
    assert (len(outcome.failing.rows), outcome.failing.total) == (20, 60)


def test_personal_columns_are_masked_in_the_samples(small: SmallProject) -> None:
    (small.root / "models" / "schema.yml").write_text(
        "version: 2\nmodels:\n  - name: only\n    columns:\n"
        "      - {name: country, config: {meta: {personal: true}}}\n"
    )
    outcome = outcome_of(small, none_failing(group_by=["country"]))
    written = json.dumps([str(outcome.failures), str(outcome.failing), str(outcome.groups)])
    assert "'de'" not in written
    assert "'fr'" not in written
    assert outcome.observed == 3


def test_a_model_may_say_that_it_could_not_look(small: SmallProject) -> None:
    sql = "select 'unknown' as verdict, 'the export is late' as reason"
    outcome = small.outcome(SmallMonitor(sql, [none_failing()], OBSERVED))
    assert (outcome.status, outcome.reason) == (Status.ERROR, "the export is late")


@pytest.mark.parametrize(
    ("observed", "expectation", "what"),
    [
        (None, none_failing(), "needs a model that returns the failing rows"),
        (
            OBSERVED,
            {"type": "expect_table_row_count_to_equal", "kwargs": {"value": 0}},
            "which expect_table_row_count_to_equal can't check",
        ),
    ],
)
def test_the_expectation_and_the_model_belong_together(
    small: SmallProject, observed: dict[str, Any] | None, expectation: dict[str, Any], what: str
) -> None:
    sql = ORDERS.format(limit=0)
    outcome = small.outcome(SmallMonitor(sql, [expectation], observed))
    assert outcome.status is Status.ERROR
    assert what in str(outcome.reason)
    assert "expectations[0].type" in str(outcome.reason)


LIMITED = ORDERS.replace("< {limit}", "< 0") + "limit {most} -- enough\n"


@pytest.mark.parametrize(
    ("most", "kwargs", "what"),
    [
        (2, {"group_by": ["country"]}, "so groups whose rows it cuts off look healthy"),
        (2, {"max_value": 2}, "so max_value is never exceeded"),
        ("cast(2 as int64)", {}, "the model ends in a LIMIT, so max_value is never exceeded"),
    ],
)
def test_a_limit_that_hides_failing_rows_is_an_error(
    small: SmallProject, most: object, kwargs: dict[str, Any], what: str
) -> None:
    sql = LIMITED.format(most=most)
    outcome = small.outcome(SmallMonitor(sql, [none_failing(**kwargs)], OBSERVED))
    assert (outcome.status, outcome.job_ids) == (Status.ERROR, ())
    assert what in str(outcome.reason)


@pytest.mark.parametrize(("most", "is_said"), [(2, True), (9, False)])
def test_a_limit_that_is_reached_is_noted(small: SmallProject, most: int, is_said: bool) -> None:
    sql = LIMITED.format(most=most)
    outcome = small.outcome(SmallMonitor(sql, [none_failing()], OBSERVED))
    assert outcome.status is Status.CRITICAL
    assert ("there may be more rows" in str(outcome.notes)) is is_said


def test_a_replay_finds_the_rows_of_each_instant(small: SmallProject) -> None:
    sql = (
        "select as_of, n from unnest({{{{ var('as_of') }}}}) as as_of, unnest([1, 2]) as n "
        "where n <= 3 - extract(day from as_of){limit}"
    )
    instants = [NOW - timedelta(days=days) for days in (2, 1, 0)]

    def found(limit: str) -> list[Outcome]:
        small.add("only", SmallMonitor(sql.format(limit=limit), [none_failing()], OBSERVED))
        (sent,) = ask(small.project, small.target, {"only": instants}, labels={}).values()
        return list(Judge(small.project, small.target).outcomes(sent.result(), instants))

    assert [(one.status, one.observed) for one in found("")] == [
        (Status.CRITICAL, 2),
        (Status.CRITICAL, 1),
        (Status.PASS, 0),
    ]
    limited = found(" limit 2")
    assert {one.status for one in limited} == {Status.ERROR}
    assert "so instants whose rows it cuts off look healthy" in str(limited[0].reason)
