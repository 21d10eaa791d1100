"""A suite over a table against its past: `expect_metric_to_follow_history` and accepted columns."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from plumbline.backtest.fetch import ask
from plumbline.backtest.judging import Judge
from plumbline.core.errors import ConfigError
from plumbline.core.outcome import Outcome
from plumbline.core.status import Status
from plumbline.project import Target
from plumbline.scaffold.accepted_schema import accept_schema
from plumbline.warehouse.client import open_client
from support.projects import NOW, SmallProject, make_project
from support.warehouse import running_warehouse

pytestmark = pytest.mark.warehouse

LAST = date(2026, 2, 2)
"""The day that is judged at `NOW`; the only one on which something is wrong."""
DAYS = 12
ROWS = {"date_column": "day", "arrival": "created_at"}
ACTIONS = [{"name": "alerts", "type": "plumbline_alerts"}]


def visits() -> list[str]:
    """Four rows of de and two of fr a day; on the last three of de, late, without an address."""
    found = []
    for ago in range(DAYS, 0, -1):
        day = LAST - timedelta(days=ago)
        for number in range(6):
            country = "fr" if number > 3 else "de"
            email = "null" if number == 0 else f"'{number}@x.org'"
            found.append(f"('{day}', '{country}', {email}, {50 + number}, '{day} 20:00:00')")
    return found + [f"('{LAST}', 'de', null, 500, '{LAST - timedelta(days=1)} 20:00:00')"] * 3


@pytest.fixture(scope="module")
def tables(shared_state_dir: Path) -> Target:
    target = running_warehouse(shared_state_dir)
    client = open_client(target)
    client.create_dataset("shop_history")
    columns = "day date, country string, email string, total int64, created_at timestamp"
    client.query(f"create table shop_history.visits ({columns})").result()
    client.query(f"insert into shop_history.visits values {', '.join(visits())}").result()
    client.close()
    return target


@pytest.fixture
def shop(tmp_path: Path, tables: Target) -> SmallProject:
    return make_project(tmp_path / "project", tables)


def follows(metric: str, **kwargs: Any) -> dict[str, Any]:
    given = {"metric": metric, "minimum": 4, "runs": 10, **kwargs}
    return {"type": "expect_metric_to_follow_history", "severity": "critical", "kwargs": given}


def write(shop: SmallProject, *expectations: Mapping[str, Any], **monitor: Any) -> None:
    meta = {"table": "shop_history.visits", "rows": ROWS, **monitor}
    suite = {"name": "visits", "meta": {"monitor": meta}, "expectations": list(expectations)}
    (shop.root / "expectations" / "visits.json").write_text(json.dumps(suite))
    shop.checkpoint("visits", name="health", actions=ACTIONS)


def replayed(shop: SmallProject, days: int = DAYS) -> Sequence[Outcome]:
    """What a backtest finds on each of the last days, in one job."""
    instants = [NOW - timedelta(days=ago) for ago in range(days - 1, -1, -1)]
    (sent,) = ask(shop.project, shop.target, {"visits": instants}, labels={}).values()
    asked = sent.result()
    assert asked.jobs == 1, asked.fault
    return list(Judge(shop.project, shop.target).outcomes(asked, instants))


FOLLOWED = [
    (follows("row_count"), "row_count is usually 6 ± 1 (median of 10 runs", 3),
    (follows("null_pct", column="email"), "null_pct of email is usually 16.67 ± 1", 100),
    (follows("distinct_count", column="country", least_deviation=0.5),
     "distinct_count of country is usually 2 ± 0.5", 1),
    (follows("mean", column="total", min_value=0, max_value=1000),
     "mean of total is usually 52.5 ± 1", 500),
    (follows("freshness_hours", column="created_at", max_value=48),
     "freshness_hours of created_at is usually 9 ± 1", 33),
]  # fmt: skip


def test_each_metric_of_a_table_is_held_against_its_own_past_in_one_job(
    shop: SmallProject,
) -> None:
    write(shop, *(one for one, _, _ in FOLLOWED))
    *before, last = replayed(shop)
    assert {one.status for one in before} == {Status.PASS}, before[-1].summary
    assert last.status is Status.CRITICAL
    for (_, usual, observed), one in zip(FOLLOWED, last.expectations, strict=True):
        assert not one.success, usual
        assert one.observed == observed
        assert one.text.startswith(usual), one.text


def test_live_runs_record_what_later_runs_are_held_against(shop: SmallProject) -> None:
    unique = {"type": "expect_column_values_to_be_unique", "kwargs": {"column": "country"}}
    write(shop, follows("row_count", minimum=2), unique)
    for ago in (2, 1):
        shop.run_at(NOW - timedelta(days=ago))
    (outcome,) = shop.run_at(NOW).outcomes
    assert outcome.metrics["row_count"] == (3, Status.CRITICAL)
    assert "row_count is usually 6 ± 1 (median of 2 runs" in outcome.summary, (
        "that another expectation fails teaches row_count nothing"
    )


def test_each_group_has_its_own_past_and_is_missed(shop: SmallProject) -> None:
    write(shop, follows("row_count"), group_by=["country"])
    *before, last = replayed(shop)
    assert {one.status for one in before} == {Status.PASS}
    assert "row_count of each country must be as usual: 1 of 2 groups (50 %) fails: fr no rows" in (
        last.summary
    )
    retired = follows("row_count", retired=["fr"], overrides={"de": {"min_value": 4}})
    write(shop, retired, group_by=["country"])
    *_, last = replayed(shop)
    assert "fr" not in last.summary
    assert last.status is Status.CRITICAL, "3 rows are usual of de, but below 4"


def test_a_group_that_may_hold_nothing_does_not_hide_the_others(shop: SmallProject) -> None:
    emails = follows("distinct_count", column="email") | {"meta": {"when_no_rows": "skip"}}
    write(shop, emails, group_by=["country"])
    *before, last = replayed(shop)
    assert {one.status for one in before} == {Status.PASS}
    assert last.status is Status.CRITICAL, "of de all are NULL, and fr has no row"
    assert [one.key.label for one in last.groups if one.is_missing] == ["fr"]
    assert [key.label for key in last.judged] == ["fr"]


def test_an_override_for_a_group_of_a_personal_column_is_masked(shop: SmallProject) -> None:
    (shop.root / "models" / "sources.yml").write_text(
        "version: 2\nsources:\n  - name: shop_history\n    tables:\n      - name: visits\n"
        "        columns:\n          - {name: country, config: {meta: {personal: true}}}\n"
    )
    write(
        shop,
        follows("row_count", retired=["fr"], overrides={"de": {"min_value": 4}}),
        group_by=["country"],
    )
    *_, last = replayed(shop)
    assert last.status is Status.CRITICAL
    assert "4" in last.groups[0].usual, "the override counts"
    assert not re.search(r"\b(de|fr)\b", f"{last.thresholds} {last.retired} {last.notes}")
    assert last.retired[0].startswith("masked-")


ITEMS = "id int64 not null, name string, price numeric, tags array<string>, day date, "
NESTED = "address struct<city string, zip string>, items array<struct<sku string, n int64>>"
ACCEPTED = {
    "id": "INT64 NOT NULL",
    "name": "STRING",
    "price": "NUMERIC",
    "tags": "ARRAY<STRING>",
    "day": "DATE",
    "address": "STRUCT",
    "address.city": "STRING",
    "address.zip": "STRING",
    "items": "ARRAY<STRUCT>",
    "items.sku": "STRING",
    "items.n": "INT64",
}


def test_a_schema_changes_only_when_a_person_accepts_it(shop: SmallProject) -> None:
    def make(columns: str) -> None:
        client = open_client(shop.target)
        client.query(f"create or replace table shop_history.items ({columns})").result()
        client.query("insert into shop_history.items (id) values (1)").result()
        client.close()

    def found(**kwargs: Any) -> Outcome:
        expectation = {"type": "expect_schema_not_to_change", "kwargs": kwargs}
        write(shop, expectation, table="shop_history.items", rows={})
        (outcome,) = shop.run(name="health", docs=False).outcomes
        return outcome

    make(ITEMS + NESTED)
    first = found()
    assert first.status is Status.ERROR
    assert "no columns are accepted yet" in str(first.reason)
    assert "run plumbline accept visits" in str(first.reason)
    diff = accept_schema(shop.project, shop.target, "visits")
    assert '+          "address.zip": "STRING"' in diff
    written = json.loads((shop.root / "expectations" / "visits.json").read_text())
    assert written["expectations"][0]["kwargs"]["columns"] == ACCEPTED
    assert accept_schema(shop.project, shop.target, "visits") == ""
    assert found(columns=ACCEPTED).status is Status.PASS
    make("id int64, Name string, price float64, tags string, note string, other struct<a int64>, "
         "address struct<city string>, items array<struct<sku string, n int64>>")  # fmt: skip
    changed = found(columns=ACCEPTED)
    assert changed.status is Status.CRITICAL
    (failure,) = changed.failures
    assert failure.samples == (
        "note STRING added",
        "other STRUCT added",
        "address.zip STRING removed",
        "day DATE removed",
        "id changed from INT64 NOT NULL to INT64",
        "price changed from NUMERIC to FLOAT64",
        "tags changed from ARRAY<STRING> to STRING",
    )
    assert "columns must not change: 7 columns fail: note STRING added, " in changed.summary
    assert "note" not in found(columns=ACCEPTED, allow_added=True).summary


def test_a_table_without_a_row_in_the_freshness_window_is_older_than_max_value(
    shop: SmallProject,
) -> None:
    write(shop, follows("freshness_hours", column="created_at", max_value=20))
    (outcome,) = shop.run(name="health", docs=False).outcomes
    assert outcome.status is Status.CRITICAL
    assert "freshness_hours of created_at is older than 20 h" in outcome.summary
    assert outcome.metrics == {}


def test_an_empty_window_shows_and_teaches_no_number(shop: SmallProject) -> None:
    rows = {"date_column": "day", "due_days": 90}
    fresh = follows("freshness_hours", column="created_at", max_value=48)
    write(shop, fresh, rows=rows)
    (outcome,) = shop.run(name="health", docs=False).outcomes
    assert (outcome.status, outcome.observed, outcome.metrics) == (Status.CRITICAL, None, {})
    assert "no rows for 2025-11-05" in outcome.summary


def test_only_a_suite_over_a_table_that_asks_for_it_has_accepted_columns(
    shop: SmallProject,
) -> None:
    write(shop, follows("row_count"))
    with pytest.raises(ConfigError, match="the suite has no expect_schema_not_to_change"):
        accept_schema(shop.project, shop.target, "visits")
    shop.add("model", "select 1 as pct")
    with pytest.raises(ConfigError, match="model is not a suite over a table"):
        accept_schema(shop.project, shop.target, "model")
