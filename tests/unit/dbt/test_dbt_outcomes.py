"""Results of dbt as outcomes: statuses, names, words, and why a test was skipped."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from plumbline.core.outcome import Outcome
from plumbline.core.status import Status
from plumbline.dbt.manifest import DbtManifest, read_dbt_manifest
from plumbline.dbt.outcomes import OutcomeMaker, monitor_names, monitored_ids
from plumbline.dbt.run_results import Invocation, NodeResult, read_invocations
from plumbline.project.files import Files
from support.dbt_manifest import model, singular_test, write_manifest
from support.each import for_each

ARTIFACTS = Path(__file__).parent / "artifacts"
AT = datetime(2026, 12, 1, 15, tzinfo=UTC)
TEST = "test.shop.not_null_orders_id.0123456789"
SOURCE = "source.shop.raw.orders"


def invocation(*results: NodeResult, kind: Any = "tests") -> Invocation:
    return Invocation(Path("f"), kind, "1", AT, "build", False, results)


def outcomes(made_of: Invocation, manifest: DbtManifest | None = None) -> dict[str, Outcome]:
    names = monitor_names("dbt", monitored_ids(made_of))
    maker = OutcomeMaker(made_of, names, ZoneInfo("UTC"), manifest)
    return {one.monitor: one for one in maker.outcomes()}


def outcome(id_: str, status: str, kind: str = "tests", **values: Any) -> Outcome:
    (found,) = outcomes(invocation(NodeResult(id_, status, AT, **values), kind=kind)).values()
    return found


@pytest.fixture(scope="module")
def manifest() -> DbtManifest:
    return read_dbt_manifest(ARTIFACTS / "manifest.json", Files())


@pytest.fixture(scope="module")
def build() -> Invocation:
    return read_invocations(ARTIFACTS)[0]


def test_statuses_of_tests_and_of_freshness() -> None:
    cases = {
        ("tests", "pass"): Status.PASS,
        ("tests", "warn"): Status.WARNING,
        ("tests", "fail"): Status.CRITICAL,
        ("tests", "error"): Status.ERROR,
        ("tests", "skipped"): Status.ERROR,
        ("tests", "success"): Status.ERROR,
        ("tests", "runtime error"): Status.ERROR,
        ("tests", "PASS"): Status.ERROR,
        ("freshness", "pass"): Status.PASS,
        ("freshness", "warn"): Status.WARNING,
        ("freshness", "error"): Status.CRITICAL,
        ("freshness", "runtime error"): Status.ERROR,
        ("freshness", "stale"): Status.ERROR,
    }

    def is_made(case: tuple[str, str]) -> None:
        kind, status = case
        found = outcome(TEST if kind == "tests" else SOURCE, status, kind)
        assert found.status is cases[case]
        assert (found.reason is not None) is (found.status is Status.ERROR)
        assert found.evaluated == (found.status is not Status.ERROR)

    for_each(cases, is_made)


def test_an_unknown_status_is_named() -> None:
    assert outcome(TEST, "maybe").reason == "dbt's status 'maybe' is unknown"


def test_a_failing_test_says_how_many_rows_fail_and_how_to_run_it_again() -> None:
    found = outcome(TEST, "fail", failures=3, message="Got 3 results, configured to fail if > 1")
    assert (found.monitor, found.summary) == ("dbt.not_null_orders_id", "3 failing rows (fail)")
    assert (found.observed, found.unit) == (3, "failing rows")
    assert found.thresholds == "failing rows: critical > 1"
    assert found.action == "dbt test --select not_null_orders_id"
    assert [failure.text() for failure in found.failures] == ["not_null_orders_id: 3 rows fail"]
    assert found.notes == (f"dbt: {TEST}",)


def test_the_age_of_a_source_is_a_number_with_its_thresholds() -> None:
    criteria = {"warn_after": {"count": 90, "period": "minute"}, "error_after": {"count": 2, "period": "day"}}  # fmt: skip
    found = outcome(SOURCE, "warn", "freshness", age_seconds=9000.0, criteria=criteria)
    assert (found.monitor, found.observed) == ("dbt.freshness.raw.orders", 2.5)
    assert found.thresholds == "age of the newest row: warning > 1.5 h, critical > 48 h"
    assert [(line.value, line.fails) for line in found.lines] == [(1.5, "above"), (48, "above")]
    assert found.action == "dbt source freshness --select source:raw.orders"


def test_tests_of_one_name_are_told_apart_by_the_rest_of_their_ids() -> None:
    ids = [
        "test.shop.no_gaps.0123456789",
        "test.shop.no_gaps.abcdef0123",
        "test.shop.one_row",
        "test.shop.fewer.rows",
    ]
    assert [*monitor_names("shop", ids).values()] == [
        "shop.shop.no_gaps.0123456789",
        "shop.shop.no_gaps.abcdef0123",
        "shop.one_row",
        "shop.fewer.rows",
    ]


def test_run_results_alone_suffice(build: Invocation) -> None:
    found = outcomes(build)
    assert {name: str(one.status) for name, one in found.items()} == {
        "dbt.no_negative_amounts": "PASS",
        "dbt.not_null_raw_orders_order_id": "PASS",
        "dbt.not_null_broken_order_id": "ERROR",
        "dbt.accepted_values_orders_state__paid__open": "CRITICAL",
        "dbt.not_null_orders_amount": "WARNING",
        "dbt.not_null_orders_customer": "WARNING",
        "dbt.not_null_orders_order_id": "PASS",
        "dbt.unique_orders_order_id": "CRITICAL",
        "dbt.cannot_run": "ERROR",
        "dbt.not_null_per_customer_customer": "CRITICAL",
        "dbt.unique_per_customer_customer": "PASS",
        "dbt.unique_after_broken_order_id": "ERROR",
        "dbt.not_null_revenue_amount": "ERROR",
        "dbt.revenue_is_positive": "ERROR",
    }
    reason = str(found["dbt.cannot_run"].reason)
    assert reason.startswith("Database Error in test cannot_run")
    assert "compiled code" not in reason


def test_a_skipped_test_names_what_failed_above_it(
    build: Invocation, manifest: DbtManifest
) -> None:
    found = outcomes(build, manifest)
    broken = "dbt skipped it: upstream model.shop.broken (error)"
    assert found["dbt.not_null_broken_order_id"].reason == broken
    assert found["dbt.unique_after_broken_order_id"].reason == broken
    assert found["dbt.revenue_is_positive"].reason == (
        "dbt skipped it: upstream test.shop.accepted_values_orders_state__paid__open.1309e815b1 "
        "(fail), test.shop.unique_orders_order_id.fed79b3a6e (fail)"
    )
    assert found["dbt.revenue_is_positive"].depends_on == (
        "dbt.accepted_values_orders_state__paid__open",
        "dbt.unique_orders_order_id",
    )


def test_without_a_manifest_a_skipped_test_names_all_that_failed(build: Invocation) -> None:
    reason = str(outcomes(build)["dbt.not_null_broken_order_id"].reason)
    assert "model.shop.broken (error)" in reason
    assert "unique_orders_order_id" in reason


def test_a_manifest_adds_owners_tags_columns_and_words(
    build: Invocation, manifest: DbtManifest
) -> None:
    found = outcomes(build, manifest)
    amount, state = (
        found[f"dbt.{name}"]
        for name in ("not_null_orders_amount", "accepted_values_orders_state__paid__open")
    )
    assert (amount.owner, state.owner) == ("shop-data", "billing"), "the test's, else the model's"
    assert amount.tags == ("daily",)
    assert amount.thresholds == "failing rows: warning >= 1, critical >= 3"
    assert amount.expectations[0].text == "not_null on orders.amount"
    (failure,) = state.failures
    assert (failure.column, failure.severity) == ("state", "critical")
    assert failure.text() == (
        "The shop knows two states (accepted_values on orders.state): 1 row fails"
    )


def test_values_in_messages_are_withheld_where_the_test_reads_personal_columns(
    tmp_path: Path,
) -> None:
    told = {
        "Query error: Bad int64 value: bob@x.org at [1:8]": False,
        "Bad int64 value: bob@x.org": False,
        "Invalid timestamp: 'bob@x.org'": False,
        "Unrecognized name: nmae at [3:8]": True,
    }
    personal = {"columns": {"email": {"name": "email", "config": {"meta": {"personal": True}}}}}

    def is_so(message: str) -> None:
        text = (
            f"Database Error in test even (tests/even.sql)\n  {message}\n  compiled code at a.sql"
        )
        for columns, is_whole in (({}, True), (personal, told[message])):
            orders = model("orders", **columns)
            test = singular_test("even", "select 1", orders[0])
            file = write_manifest(tmp_path, orders, test)
            ran = invocation(NodeResult(test[0], "error", AT, message=text))
            (found,) = outcomes(ran, read_dbt_manifest(file, Files())).values()
            assert str(found.reason).startswith("Database Error in test even (tests/even.sql) ")
            assert (message in str(found.reason)) is is_whole
            assert is_whole or "bob" not in repr(found)

    for_each(told, is_so)
