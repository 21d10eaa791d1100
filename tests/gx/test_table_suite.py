"""A suite over a table: all its expectations in one BigQuery job."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from plumbline.backtest.fetch import ask
from plumbline.backtest.judging import Judge
from plumbline.core.errors import MonitorError
from plumbline.core.outcome import Outcome
from plumbline.core.status import Status
from plumbline.models.relations import Relation
from plumbline.project import Target
from plumbline.scaffold.table_suite import Profile, profile_table, suite_text
from plumbline.warehouse import metadata
from plumbline.warehouse.client import open_client
from support.projects import NOW, SmallProject, make_project
from support.warehouse import running_warehouse

pytestmark = pytest.mark.warehouse

TABLES = {
    "orders": "order_id int64, country string, state string, email string, customer_id int64, "
    "total numeric, ordered_on date, created_at timestamp, address struct<city string>",
    "customers": "id int64",
    "open_days": "ordered_on date, note string",
}
ROWS = {
    "orders": [
        (1, "de", "paid", "a@x.org", 10, "9.50", "2026-02-02", "2026-02-02 18:00:00", "Berlin"),
        (2, "de", "open", None, 11, "20", "2026-02-02", "2026-02-02 19:00:00", "Bonn"),
        (2, "fr", "gone", "c@x.org", 12, "30", "2026-02-02", "2026-02-02 20:00:00", "Paris"),
        (4, "fr", "paid", "d@x.org", 99, "40", "2026-02-01", "2026-02-01 20:00:00", "Paris"),
        (5, "fr", "test", None, 99, "50", "2026-02-02", "2026-02-04 20:00:00", "Paris"),
    ],
    "customers": [(10,), (11,)],
    "open_days": [("2026-01-24", "a"), ("2026-01-26", "b")],
}
SHARDS = {"20260201": [1], "20260202": [1, 2], "20260203": [1], "intraday_20260202": [7]}
DAY = {"date_column": "ordered_on", "days": 1, "arrival": "created_at", "where": "state != 'test'"}


def literal(value: object) -> str:
    """As SQL; a city is a STRUCT."""
    if value in ("Berlin", "Bonn", "Paris"):
        return f"struct('{value}' as city)"
    return "null" if value is None else repr(value)


@pytest.fixture(scope="module")
def tables(shared_state_dir: Path) -> Target:
    """A warehouse with the tables of a shop, which no test changes."""
    target = running_warehouse(shared_state_dir)
    client = open_client(target)
    client.create_dataset("shop")
    for table, columns in TABLES.items():
        client.query(f"create table shop.{table} ({columns})").result()
        rows = ", ".join(f"({', '.join(map(literal, row))})" for row in ROWS[table])
        client.query(f"insert into shop.{table} values {rows}").result()
    for suffix, rows in SHARDS.items():
        client.query(f"create table shop.events_{suffix} (id int64)").result()
        client.query(f"insert into shop.events_{suffix} select * from unnest({rows})").result()
    client.query("create view shop.paid as select * from shop.orders where state = 'paid'").result()
    client.close()
    return target


@pytest.fixture
def shop(tmp_path: Path, tables: Target) -> SmallProject:
    """A project of its own over them."""
    return make_project(tmp_path / "project", tables)


def judged(
    shop: SmallProject,
    *expectations: Mapping[str, Any],
    table: str = "shop.orders",
    **monitor: Any,
) -> Outcome:
    """What a suite over a table finds at the end of 2026-02-02."""
    suite = {
        "name": "orders",
        "meta": {"monitor": {"table": table, **monitor}},
        "expectations": list(expectations),
    }
    (shop.root / "expectations" / "orders.json").write_text(json.dumps(suite))
    shop.checkpoint("orders")
    (outcome,) = shop.run().outcomes
    return outcome


def expect(name: str, severity: str = "critical", **kwargs: Any) -> dict[str, Any]:
    return {"type": f"expect_{name}", "severity": severity, "kwargs": kwargs}


CONTRACT = [
    expect("table_row_count_to_be_between", min_value=1),
    expect("column_values_to_not_be_null", "warning", column="email", mostly=0.95),
    expect("column_values_to_be_unique", column="order_id"),
    expect("column_values_to_be_in_set", column="state", value_set=["paid", "open"]),
    expect("foreign_key_to_exist", column="customer_id", to_table="shop.customers", to_column="id"),
    expect("table_to_be_fresh", column="created_at", max_hours=24),
]


def drilled(outcome: Outcome, shop: SmallProject) -> list[dict[str, Any]]:
    """What the query for the rows returns."""
    assert outcome.drilldown is not None
    assert not outcome.notes
    rows = open_client(shop.target).query(outcome.drilldown).result()
    return sorted((dict(row) for row in rows), key=lambda row: (row["order_id"], row["country"]))


def test_the_query_for_the_rows_returns_those_that_expectations_count(shop: SmallProject) -> None:
    outcome = judged(shop, *CONTRACT, rows=DAY)
    rows = drilled(outcome, shop)
    assert list(rows[0]) == [column.split()[0] for column in TABLES["orders"].split(", ")]
    assert [(row["order_id"], row["country"]) for row in rows] == [(2, "de"), (2, "fr")]
    missing = judged(shop, CONTRACT[1], rows=DAY)
    assert [(row["order_id"], row["email"]) for row in drilled(missing, shop)] == [(2, None)]


def test_the_query_for_the_rows_holds_the_failing_groups_alone(shop: SmallProject) -> None:
    outcome = judged(
        shop,
        expect("column_values_to_be_in_set", column="state", value_set=["paid"], mostly=0.5),
        group_by=["country"],
        rows=DAY,
    )
    assert [group.key.label for group in outcome.groups if group.status.is_failing] == ["fr"]
    assert [row["state"] for row in drilled(outcome, shop)] == ["gone"]


def test_a_query_for_the_rows_is_of_expectations_about_rows(shop: SmallProject) -> None:
    few = expect("table_row_count_to_be_between", min_value=1_000)
    assert judged(shop, few, rows=DAY).drilldown is None
    declared = "select * from shop.orders where {{ failing('country') }} and state != 'paid'"
    outcome = judged(shop, few, rows=DAY, group_by=["country"], drilldown=declared)
    assert {row["state"] for row in drilled(outcome, shop)} == {"open", "gone", "test"}


def test_values_of_a_personal_column_are_not_in_queries_to_copy(shop: SmallProject) -> None:
    (shop.root / "models" / "sources.yml").write_text(
        "version: 2\nsources:\n  - name: shop\n    tables:\n      - name: orders\n        columns:\n"
        "          - {name: email, config: {meta: {personal: true}}}\n"
    )
    outcome = judged(
        shop,
        expect("column_values_to_be_in_set", column="email", value_set=["ana@x.org"]),
        expect("column_values_to_be_in_set", column="state", value_set=["paid", "open"]),
        rows=DAY,
    )
    assert outcome.drilldown is not None
    assert "ana@x.org" not in outcome.drilldown
    assert "@e0_p0" in outcome.drilldown
    assert "not in unnest(['paid', 'open'])" in outcome.drilldown
    assert outcome.drilldown.startswith("-- @e0_p0 is not shown")


def test_all_expectations_are_one_job(shop: SmallProject) -> None:
    outcome = judged(shop, *CONTRACT, rows=DAY)
    assert outcome.status is Status.CRITICAL, outcome.reason
    assert len(outcome.job_ids) == 1
    assert (outcome.rows, outcome.declared, outcome.evaluated) == (3, 6, 6)
    failures = {
        one.expectation: (one.unexpected_count, one.element_count, one.samples)
        for one in outcome.failures
    }
    assert failures == {
        "expect_column_values_to_not_be_null": (1, 3, (None,)),
        "expect_column_values_to_be_unique": (2, 3, (2, 2)),
        "expect_column_values_to_be_in_set": (1, 3, ("gone",)),
        "expect_foreign_key_to_exist": (1, 3, (12,)),
    }


def test_each_group_is_judged(shop: SmallProject) -> None:
    outcome = judged(
        shop,
        expect("table_row_count_to_be_between", min_value=2),
        expect("column_values_to_not_be_null", "warning", column="email", mostly=0.95),
        rows=DAY,
        group_by=["country"],
    )
    groups = {
        group.key.label: (group.status, group.observed, group.threshold, group.unit)
        for group in outcome.groups
    }
    assert groups == {
        "de": (Status.WARNING, 50.0, 95.0, "%"),
        "fr": (Status.CRITICAL, 1, 2, ""),
    }
    assert len(outcome.job_ids) == 1


def test_rows_of_groups_are_counted_as_rows(shop: SmallProject) -> None:
    filled = expect("column_values_to_not_be_null", column="email")
    whole = judged(shop, filled, rows=DAY)
    grouped = judged(shop, filled, rows=DAY, group_by=["country"])
    (of_whole,), (of_groups,) = whole.failures, grouped.failures
    assert len(grouped.groups) > 1
    assert (of_groups.counts, of_groups.counted) == (of_whole.counts, "rows")
    assert of_groups.element_count == whole.rows


@pytest.mark.parametrize(
    "expectation",
    [
        expect("column_values_to_not_be_null", "info", column="email"),
        expect("table_row_count_to_be_between", "warning", max_value=9),
        expect("column_mean_to_be_between", "warning", column="total", min_value=1),
    ],
    ids=lambda one: one["type"],
)
def test_no_row_in_the_window_is_critical(shop: SmallProject, expectation: dict[str, Any]) -> None:
    rows = {"date_column": "ordered_on", "due_days": 9}
    outcome = judged(shop, expectation, expectation, rows=rows)
    assert (outcome.status, outcome.rows) == (Status.CRITICAL, 0)
    assert "no rows for 2026-01-25" in outcome.summary
    assert outcome.summary.count("no rows") == 1


@pytest.mark.parametrize(
    ("table", "rows", "found"),
    [
        ("shop.paid", {"date_column": "ordered_on"}, 1),
        ("shop.paid", {}, 2),
        ("shop.events_*", {"date_column": "_TABLE_SUFFIX"}, 2),
        ("shop.events_*", {"date_column": "_table_suffix", "days": 2}, 3),
        ("shop.events_*", {"where": "starts_with(_table_suffix, 'intraday')"}, 1),
    ],
)
def test_views_and_wildcard_tables_have_a_window(
    shop: SmallProject, table: str, rows: dict[str, Any], found: int
) -> None:
    count = expect("table_row_count_to_equal", value=found)
    outcome = judged(shop, count, table=table, rows=rows)
    assert outcome.status is Status.PASS, outcome.reason or outcome.summary


@pytest.mark.parametrize(
    ("rows", "is_refused"),
    [
        ({}, True),
        ({"where": "total > 0"}, True),
        ({"date_column": "ordered_on"}, False),
        ({"where": "Ordered_On > '2026-01-01'"}, False),
    ],
)
def test_a_table_that_requires_a_partition_filter_needs_a_window(
    shop: SmallProject, monkeypatch: pytest.MonkeyPatch, rows: dict[str, Any], is_refused: bool
) -> None:
    ask = metadata.table_metadata

    def filtered(client: Any, target: Target, relation: Relation) -> metadata.TableMetadata:
        found = ask(client, target, relation)
        return replace(found, partition_column="ordered_on", needs_filter="ordered_on")

    monkeypatch.setattr(metadata, "table_metadata", filtered)
    outcome = judged(shop, expect("table_row_count_to_be_between", min_value=1), rows=rows)
    assert (outcome.status is Status.ERROR) is is_refused
    if is_refused:
        assert 'write "date_column": "ordered_on"' in str(outcome.reason)


VALUES: Sequence[tuple[dict[str, Any], bool, object]] = [
    (expect("column_values_to_be_null", column="email"), False, (3, 4)),
    (expect("column_values_to_not_be_in_set", column="state", value_set=["gone"]), False, (1, 4)),
    (expect("column_values_to_be_between", column="total", min_value="9.5", max_value=30), False, (1, 4)),
    (expect("column_values_to_be_between", column="ordered_on", min_value="2026-02-02"), False, (1, 4)),
    (expect("column_value_lengths_to_equal", column="state", value=4), True, (0, 4)),
    (expect("column_value_lengths_to_be_between", column="country", max_value=1), False, (4, 4)),
    (expect("column_values_to_match_regex", column="email", regex="@x[.]org$"), True, (0, 4)),
    (expect("column_values_to_not_match_regex", column="email", regex="^c"), False, (1, 4)),
    (expect("column_values_to_match_like_pattern", column="state", like_pattern="p%"), False, (2, 4)),
    (expect("column_values_to_be_in_set", column="address.city", value_set=["Paris"]), False, (2, 4)),
    (
        expect("column_values_to_not_be_null", column="email", row_condition="country == 'fr'"),
        True,
        (0, 2),
    ),
    (
        expect("column_values_to_be_unique", column="order_id", row_condition="country == 'de'"),
        True,
        (0, 2),
    ),
    (expect("column_min_to_be_between", column="total", min_value=10), False, 9.5),
    (expect("column_max_to_be_between", column="total", max_value=40), True, 40),
    (expect("column_sum_to_be_between", column="total", min_value="99.5"), True, 99.5),
    (expect("column_mean_to_be_between", column="total", max_value=20), False, 24.875),
    (expect("column_median_to_be_between", column="order_id", min_value=2), True, 2.0),
    (expect("column_unique_value_count_to_be_between", column="state", min_value=4), False, 3),
    (expect("column_proportion_of_non_null_values_to_be_between", column="email", min_value=0.9), False, 0.75),
    (expect("column_distinct_values_to_contain_set", column="state", value_set=["new"]), False, None),
    (expect("column_distinct_values_to_be_in_set", column="state", value_set=["paid", "open"]), False, None),
    (expect("column_distinct_values_to_equal_set", column="country", value_set=["de", "fr"]), True, None),
    (expect("column_to_exist", column="emial"), False, None),
    (expect("column_pair_values_to_be_equal", column_A="order_id", column_B="customer_id"), False, (4, 4)),
    (expect("compound_columns_to_be_unique", column_list=["order_id", "country"]), True, (0, 4)),
    (expect("column_quantile_values_to_be_between", column="total",
            quantile_ranges={"quantiles": [0.5], "value_ranges": [[20, 20]]}), True,
     {"quantiles": [0.5], "values": [20]}),
    (expect("column_kl_divergence_to_be_less_than", column="country", threshold=0.01,
            partition_object={"values": ["de", "fr"], "weights": [0.5, 0.5]}), True, 0.0),
    (expect("column_kl_divergence_to_be_less_than", column="total", threshold=0.2,
            partition_object={"bins": [0, 10, 25, 50], "weights": [0.25, 0.25, 0.5]}), True, 0.0),
    (expect("table_row_count_to_equal_other_table", other_table_name="shop.customers"), False,
     {"self": 4, "other": 2}),
    (expect("column_values_to_be_of_type", column="total", type_="NUMERIC"), True, "NUMERIC"),
    (expect("table_row_count_to_equal", value=4), True, 4),
]  # fmt: skip


def test_each_type_finds_what_is_there(shop: SmallProject) -> None:
    outcome = judged(
        shop, *(one for one, _, _ in VALUES), rows={"where": "state != 'test' -- made up"}
    )
    assert outcome.evaluated == len(VALUES), outcome.reason
    failures = iter(outcome.failures)
    for (expectation, success, found), judged_one in zip(VALUES, outcome.expectations, strict=True):
        assert judged_one.success is success, expectation
        failure = None if success else next(failures)
        if not isinstance(found, tuple):
            observed = judged_one.observed
            assert (
                observed if isinstance(found, str | dict | None) else float(str(observed))
            ) == found
        elif failure is not None:
            assert (failure.unexpected_count, failure.element_count) == found, expectation
    assert len(outcome.job_ids) == 1


@pytest.mark.parametrize(
    ("expectation", "monitor", "reason"),
    [
        (expect("column_values_to_be_unique", column="order"), {}, "did you mean 'order_id'"),
        (expect("column_values_to_be_unique", column="order_id"), {"table": "shop.order"}, "shop.order"),
        (expect("column_mean_to_be_between", column="state", min_value=1), {}, "there is no mean"),
        (
            expect("column_values_to_be_unique", column="order_id"),
            {"rows": {"date_column": "state"}},
            "a window needs DATE",
        ),
        (
            expect("column_values_to_be_unique", column="email", row_condition="country == 'it'"),
            {},
            "no row meets row_condition",
        ),
        (expect("column_values_to_be_increasing", column="order_id"), {}, "rows have no order"),
    ],
)  # fmt: skip
def test_what_cannot_be_measured_is_an_error(
    shop: SmallProject, expectation: dict[str, Any], monitor: dict[str, Any], reason: str
) -> None:
    outcome = judged(shop, expectation, **monitor)
    assert outcome.status is Status.ERROR
    assert reason in str(outcome.reason)


def test_a_query_over_the_rows_is_a_job_of_its_own(shop: SmallProject) -> None:
    query = "select order_id from {batch} where total > 25"
    outcome = judged(
        shop, {"type": "unexpected_rows_expectation", "kwargs": {"unexpected_rows_query": query}},
        CONTRACT[0], rows=DAY,
    )  # fmt: skip
    assert outcome.status is Status.CRITICAL
    assert [one.observed for one in outcome.expectations] == [1, 3]
    assert len(outcome.job_ids) == 2


def test_a_query_with_a_fault_leaves_the_other_expectations(shop: SmallProject) -> None:
    query = "select nothing from {batch}"
    outcome = judged(
        shop, {"type": "unexpected_rows_expectation", "kwargs": {"unexpected_rows_query": query}},
        CONTRACT[0], rows=DAY,
    )  # fmt: skip
    assert outcome.status is Status.ERROR
    assert [one.success for one in outcome.expectations] == [False, True]


def test_what_is_too_large_for_a_statement_is_two_jobs(
    shop: SmallProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = judged(shop, *CONTRACT, rows=DAY, group_by=["country"])
    monkeypatch.setattr("plumbline.evaluate.pushdown.statement.MOST_COLUMNS", 25)
    together = judged(shop, *CONTRACT, rows=DAY, group_by=["country"])
    assert (len(alone.job_ids), len(together.job_ids)) == (1, 2)
    assert together.groups == alone.groups
    assert together.failures == alone.failures


WRONG_CONDITIONS = {
    "state === ": "can't be parsed: something is missing near '='",
    "stat = 'paid'": "table shop.orders has no column 'stat' (in ",
    "true) union all (select 1": "closes a bracket that it doesn't open",
}


def test_a_wrong_condition_is_told_with_its_key_and_without_values(shop: SmallProject) -> None:
    (shop.root / "models" / "sources.yml").write_text(
        "version: 2\nsources:\n  - name: shop\n    tables:\n      - name: orders\n"
        "        columns:\n          - {name: email, config: {meta: {personal: true}}}\n"
    )
    for where, reason in WRONG_CONDITIONS.items():
        unique = expect("column_values_to_be_unique", column="order_id")
        outcome = judged(shop, unique, rows={"where": where})
        assert outcome.status is Status.ERROR
        assert reason in str(outcome.reason)
        assert "expectations/orders.json: meta.monitor.rows.where" in str(outcome.reason)
    assert outcome.job_ids == (), "what would end its brackets is never sent"


SOURCES = "version: 2\nsources:\n  - {name: shop, tables: [{name: orders}, {name: customers}]}\n"


def test_a_missing_table_is_told_with_its_key_and_a_near_one(shop: SmallProject) -> None:
    (shop.root / "models" / "sources.yml").write_text(SOURCES)
    counted = expect("table_row_count_to_be_between", min_value=1)
    for table, monitor, key, near in (
        ("shop.orderz", {}, "meta.monitor.table", "shop.orders"),
        ("order", {}, "meta.monitor.table", "shop.orders"),
        ("shop.orders", {"rows": {"date_column": "ordered_on", "calendar": "shop.customer"}},
         "meta.monitor.rows.calendar", "shop.customers"),
    ):  # fmt: skip
        reason = str(judged(shop, counted, table=table, **monitor).reason)
        assert reason.startswith("there is no ")
        assert f"expectations/orders.json: {key}); did you mean '{near}'?" in reason


def test_a_proposal_for_a_missing_table_names_the_argument(shop: SmallProject) -> None:
    (shop.root / "models" / "sources.yml").write_text(SOURCES)
    for table in ("orders", "shop.orderz"):
        with pytest.raises(MonitorError) as raised:
            profile_table(
                shop.project, shop.target, name="orders", table=table, as_of=NOW, given="NAME"
            )
        assert raised.value.where == "NAME"
        assert raised.value.fix == "did you mean 'shop.orders'?"


KEY = {"column": "customer_id", "to_table": "shop.customers", "to_column": "id"}


@pytest.mark.parametrize(
    ("expectation", "reason"),
    [
        (expect("foreign_key_to_exist", **{**KEY, "to_table": "shop.customer"}), "shop.customer"),
        (expect("foreign_key_to_exist", **{**KEY, "to_column": "idd"}), "did you mean 'id'"),
        (expect("foreign_key_to_exist", **{**KEY, "column": "email"}), "shop.customers.id is INT64"),
        (expect("table_row_count_to_equal_other_table", other_table_name="shop.gone"), "shop.gone"),
        (expect("column_values_to_match_regex", column="email", regex="(?=x)"), "is refused"),
        (expect("column_values_to_match_like_pattern", column="email", like_pattern="a\\"), "escape"),
        (expect("column_values_to_not_be_null", column="email", row_condition="address < address"),
         "address"),
    ],
)  # fmt: skip
def test_what_bigquery_would_refuse_is_the_error_of_its_expectation_alone(
    shop: SmallProject, expectation: dict[str, Any], reason: str
) -> None:
    outcome = judged(shop, expectation, CONTRACT[0], rows=DAY)
    assert outcome.status is Status.ERROR
    assert reason in str(outcome.reason)
    assert [one.success for one in outcome.expectations] == [False, True]
    assert len(outcome.job_ids) == 1


@pytest.mark.parametrize(("hours", "status"), [(10, Status.PASS), (8, Status.CRITICAL)])
def test_freshness_is_the_age_at_the_instant(
    shop: SmallProject, hours: float, status: Status
) -> None:
    fresh = expect("table_to_be_fresh", column="created_at", max_hours=hours)
    outcome = judged(shop, fresh, rows={"date_column": "ordered_on"})
    assert outcome.status is status, outcome.reason
    if status is Status.PASS:
        assert outcome.expectations[0].observed == 9.0
        assert (outcome.observed, outcome.unit) == (9.0, "h")


def test_personal_values_are_masked(shop: SmallProject) -> None:
    (shop.root / "models" / "sources.yml").write_text(
        "version: 2\nsources:\n  - name: shop\n    tables:\n      - name: orders\n"
        "        columns:\n          - {name: email, config: {meta: {personal: true}}}\n"
    )
    outcome = judged(
        shop, expect("column_values_to_match_regex", column="email", regex="^z"), rows=DAY
    )
    assert outcome.status is Status.CRITICAL
    assert "x.org" not in json.dumps([str(outcome.failures), outcome.summary])


def test_a_replay_finds_at_each_instant_what_a_run_finds(shop: SmallProject) -> None:
    expectations = [
        expect("column_values_to_be_in_set", column="state", value_set=["paid", "open"]),
        expect("table_to_be_fresh", column="created_at", max_hours=24),
    ]
    alone = judged(shop, *expectations, rows=DAY)
    instants = [NOW - timedelta(days=1), NOW, NOW + timedelta(days=1)]
    (answer,) = ask(shop.project, shop.target, {"orders": instants}, labels={}).values()
    asked = answer.result()
    found = list(Judge(shop.project, shop.target).outcomes(asked, instants))
    assert asked.jobs == 1
    assert [(str(one.status), one.rows) for one in found] == [
        ("PASS", 1),
        ("CRITICAL", 3),
        ("CRITICAL", 0),
    ]
    assert found[1].summary == alone.summary
    assert "no rows for 2026-02-03" in found[2].summary


@pytest.mark.parametrize(
    ("due_days", "status", "reason"),
    [
        (10, Status.CRITICAL, None),  # 2026-01-24, which is expected
        (9, Status.SKIPPED, "no rows for 2026-01-25, and shop.open_days expects none"),
        (3, Status.ERROR, "no rows for 2026-01-31, and the calendar shop.open_days ends on"),
        (11, Status.ERROR, "no rows for 2026-01-23, and the calendar shop.open_days begins on"),
    ],
)
def test_a_calendar_says_when_rows_are_expected(
    shop: SmallProject, due_days: int, status: Status, reason: str | None
) -> None:
    outcome = judged(
        shop,
        expect("column_values_to_be_unique", column="order_id"),
        rows={"date_column": "ordered_on", "due_days": due_days, "calendar": "shop.open_days"},
    )
    assert outcome.status is status
    assert str(outcome.reason).startswith(str(reason))
    assert len(outcome.job_ids) == 1


WEEKDAYS = """
{{ config(materialized='ephemeral') }}
select day as {column}, 'open' as note
from unnest(generate_date_array('{{ var("first_date") }}', '{{ var("last_date") }}')) as day
where extract(dayofweek from day) not in (1, 7)
"""


@pytest.mark.parametrize(
    ("column", "due_days", "status", "reason"),
    [
        ("ordered_on", 10, Status.SKIPPED, "no rows for 2026-01-24, and weekdays expects none"),
        ("ordered_on", 8, Status.CRITICAL, "None"),
        ("day", 8, Status.ERROR, "ordered_on"),
    ],
)
def test_a_model_may_be_the_calendar(
    shop: SmallProject, column: str, due_days: int, status: Status, reason: str
) -> None:
    (shop.root / "models" / "staging" / "weekdays.sql").write_text(
        WEEKDAYS.replace("{column}", column)
    )
    rows = {"date_column": "ordered_on", "due_days": due_days, "calendar": "weekdays"}
    outcome = judged(shop, expect("column_values_to_be_unique", column="order_id"), rows=rows)
    assert outcome.status is status, outcome.reason
    assert reason in str(outcome.reason)


def test_a_calendar_does_not_depend_on_the_instant(shop: SmallProject) -> None:
    (shop.root / "models" / "staging" / "days.sql").write_text(
        "{{ config(materialized='ephemeral') }} select as_of from unnest({{ var('as_of') }}) as as_of"
    )
    rows = {"date_column": "ordered_on", "calendar": "days"}
    outcome = judged(shop, expect("column_values_to_be_unique", column="order_id"), rows=rows)
    assert outcome.status is Status.ERROR
    assert "calendar: model days reads as_of" in str(outcome.reason)


def proposed(shop: SmallProject) -> Profile:
    return profile_table(shop.project, shop.target, name="orders", table="shop.orders", as_of=NOW)


def test_what_holds_today_is_proposed(shop: SmallProject) -> None:
    found = {
        (one.expectation["type"].removeprefix("expect_"), one.expectation["kwargs"].get("column"))
        for one in proposed(shop).propose()
    }
    assert found >= {
        ("table_row_count_to_be_between", None),
        ("column_values_to_not_be_null", "order_id"),
        ("column_values_to_be_between", "total"),
    }
    assert ("column_values_to_not_be_null", "email") not in found
    assert ("column_values_to_be_unique", "order_id") not in found, "2 is there twice"


def test_a_profile_of_a_wildcard_reads_the_last_tables(shop: SmallProject) -> None:
    found = profile_table(
        shop.project, shop.target, name="events", table="shop.events_*", as_of=NOW
    )
    assert found.rows.date_column == "_TABLE_SUFFIX"
    assert found.propose()[0].found == "3 rows in 7 days"


def test_a_proposed_suite_passes_today(shop: SmallProject) -> None:
    profile = proposed(shop)
    text = suite_text(profile, "orders", profile.propose(), owner="shop-data")
    (shop.root / "expectations" / "orders.json").write_text(text)
    shop.checkpoint("orders")
    (outcome,) = shop.run().outcomes
    assert outcome.status is Status.PASS, outcome.summary


def test_values_of_personal_columns_are_not_proposed(shop: SmallProject) -> None:
    (shop.root / "models" / "sources.yml").write_text(
        "version: 2\nsources:\n  - name: shop\n    tables:\n      - name: orders\n"
        "        columns:\n          - {name: country, config: {meta: {personal: true}}}\n"
    )
    assert "'de'" not in str(proposed(shop).propose())


@pytest.mark.parametrize(
    "expectation",
    [
        expect("column_to_exist", "info", column="email"),
        expect("column_to_exist", "warning", column="gone"),
        expect("table_to_be_fresh", "warning", column="created_at", max_hours=24),
    ],
    ids=["passes", "fails", "fresh"],
)
def test_no_row_is_critical_also_where_no_expectation_needs_rows(
    shop: SmallProject, expectation: dict[str, Any]
) -> None:
    outcome = judged(shop, expectation, rows={"date_column": "ordered_on", "due_days": 9})
    assert outcome.status is Status.CRITICAL
    assert "no rows for 2026-01-25" in outcome.summary


@pytest.mark.parametrize(
    ("expectation", "reason"),
    [
        (
            expect("foreign_key_to_exist", column="customer_id", to_table="shop.customers",
                   to_column="id` from x; drop table y; select `id"),
            "to_column",
        ),
        (
            expect("column_mean_to_be_between", column="total",
                   min_value={"$PARAMETER": "least"}),
            "a suite over a table takes no parameters",
        ),
    ],
)  # fmt: skip
def test_what_the_statement_could_not_hold_is_an_error(
    shop: SmallProject, expectation: dict[str, Any], reason: str
) -> None:
    outcome = judged(shop, expectation)
    assert outcome.status is Status.ERROR
    assert reason in str(outcome.reason)
    assert outcome.job_ids == ()


def test_values_of_personal_columns_are_masked_where_the_table_is_missing(
    shop: SmallProject,
) -> None:
    (shop.root / "models" / "sources.yml").write_text(
        "version: 2\nsources:\n  - name: shop\n    tables:\n      - name: gone\n"
        "        columns:\n          - {name: email, config: {meta: {personal: true}}}\n"
    )
    known = expect("column_values_to_be_in_set", column="email", value_set=["ana@x.org"])
    outcome = judged(shop, known, table="shop.gone")
    assert outcome.status is Status.ERROR
    (file,) = (shop.project.state_dir / "results").rglob("*.json")
    assert "ana@x.org" not in file.read_text()


def test_a_definition_may_run_another_suite_over_the_table(shop: SmallProject) -> None:
    judged(shop, expect("table_row_count_to_be_between", min_value=1), rows=DAY)
    rules = {"name": "rules", "expectations": [expect("table_row_count_to_equal", value=3)]}
    (shop.root / "expectations" / "rules.json").write_text(json.dumps(rules))
    definition = {
        "name": "orders_rules",
        "suite": {"name": "rules"},
        "data": {
            "datasource": {"name": "warehouse"},
            "asset": {"name": "orders"},
            "batch_definition": {"name": "rows"},
        },
    }
    folder = shop.root / "validation_definitions"
    folder.mkdir(exist_ok=True)
    (folder / "orders_rules.json").write_text(json.dumps(definition))
    shop.checkpoint("orders", "orders_rules")
    found = [(one.monitor, one.status, one.rows) for one in shop.run().outcomes]
    assert found == [("orders", Status.PASS, 3), ("orders_rules", Status.PASS, 3)]


def test_metadata_is_asked_for_once(shop: SmallProject, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    ask = metadata.table_metadata

    def count(client: Any, target: Target, relation: Relation) -> metadata.TableMetadata:
        asked.append(relation.key)
        return ask(client, target, relation)

    monkeypatch.setattr(metadata, "table_metadata", count)
    judged(shop, expect("table_row_count_to_equal", value=3), rows=DAY)
    text = (shop.root / "expectations" / "orders.json").read_text()
    (shop.root / "expectations" / "more.json").write_text(text.replace('"orders"', '"more"'))
    asked.clear()
    shop.checkpoint("orders", "more")
    assert [one.status for one in shop.run().outcomes] == [Status.PASS, Status.PASS]
    assert asked == ["shop.orders"]


@pytest.mark.parametrize(
    ("expectation", "reason"),
    [
        (expect("column_values_to_be_unique"), "needs 'column'"),
        (expect("column_values_to_be_unique", colum="order_id"), "did you mean 'column'?"),
        (expect("column_values_to_be_in_set", column="state", valueset=["paid"]),
         "did you mean 'value_set'?"),
        (expect("column_values_to_be_unique", column="order_id", mostly=95),
         "write a number from 0 to 1"),
        (expect("table_to_be_fresh", column="created_at", max_hour=2), "did you mean 'max_hours'?"),
        (expect("column_values_to_be_uniqe", column="order_id"),
         "there is no expectation 'expect_column_values_to_be_uniqe' for suites over a table"),
        (expect("column_values_to_be_in_set", column="state", value_set=5), "value_set"),
        (expect("table_to_be_fresh", column="created_at", max_hours="a day"), "max_hours"),
        (expect("column_values_to_be_unique", column={"name": "state"}), "column"),
    ],
)  # fmt: skip
def test_a_wrong_argument_is_the_error_of_its_monitor_alone(
    shop: SmallProject, expectation: dict[str, Any], reason: str
) -> None:
    judged(shop, expect("table_row_count_to_equal", value=3), rows=DAY)
    bad = {
        "name": "bad",
        "meta": {"monitor": {"table": "shop.orders"}},
        "expectations": [expectation],
    }
    (shop.root / "expectations" / "bad.json").write_text(json.dumps(bad))
    shop.checkpoint("bad", "orders")
    wrong, other = shop.run().outcomes
    assert (wrong.status, other.status) == (Status.ERROR, Status.PASS)
    assert reason in str(wrong.reason)


def test_a_group_may_be_of_a_column_with_any_name(shop: SmallProject) -> None:
    client = open_client(shop.target)
    client.query(
        "create or replace table shop.odd as select 'ok' as verdict, 'x' as as_of"
    ).result()
    client.close()
    outcome = judged(
        shop,
        expect("table_row_count_to_equal", value=1),
        table="shop.odd",
        group_by=["verdict", "as_of"],
    )
    assert outcome.status is Status.PASS, outcome.reason
    assert [group.key.label for group in outcome.groups] == ["as_of=x, verdict=ok"]


def test_counts_of_groups_are_not_taken_for_values_of_a_personal_column(
    shop: SmallProject,
) -> None:
    (shop.root / "models" / "sources.yml").write_text(
        "version: 2\nsources:\n  - name: shop\n    tables:\n      - name: orders\n"
        "        columns:\n          - {name: customer_id, config: {meta: {personal: true}}}\n"
    )
    outcome = judged(
        shop,
        expect("column_values_to_not_be_null", column="customer_id"),
        expect("column_unique_value_count_to_be_between", column="customer_id", min_value=3),
        expect("column_max_to_be_between", "warning", column="customer_id", max_value=11),
        rows=DAY,
        group_by=["country"],
    )
    found = {group.key.label: group.observed for group in outcome.groups}
    assert found == {"de": 2, "fr": 1}, "distinct values, which are below 3"
    assert "12" not in json.dumps([str(outcome.failures), outcome.summary])
