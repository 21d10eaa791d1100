"""Validation definitions with names of their own: each is a monitor, over tables and models."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from datetime import date
from typing import Any

import great_expectations as gx
import pytest
import yaml

from plumbline.run.last_statuses import read_last_statuses
from plumbline.run.request import AsOf, RunRequest, end_of
from plumbline.run.runner import run_checkpoint
from plumbline.run.status import Status
from support.projects import NOW, SmallProject

pytestmark = pytest.mark.warehouse

ROWS = {"type": "expect_table_row_count_to_be_between", "kwargs": {"min_value": 2}}
EMAIL = {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "email"}}


def write(small: SmallProject, path: str, content: Mapping[str, Any]) -> None:
    file = small.root / path
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps(content))


def suite(small: SmallProject, name: str, *expectations: Mapping[str, Any], **meta: Any) -> None:
    content: dict[str, Any] = {"name": name, "expectations": list(expectations)}
    if meta:
        content["meta"] = {"monitor": meta}
    write(small, f"expectations/{name}.json", content)


def define(
    small: SmallProject, name: str, of: str, data: tuple[str, str, str], **more: Any
) -> None:
    keys = ("datasource", "asset", "batch_definition")
    content = {
        "name": name,
        "suite": {"name": of},
        "data": {key: {"name": said} for key, said in zip(keys, data, strict=True)},
        **more,
    }
    write(small, f"validation_definitions/{name}.json", content)


def by_date(method: str) -> dict[str, Any]:
    return {"partitioner": {"column_name": "ordered_on", "method_name": f"partition_on_{method}"}}


@pytest.fixture
def shop(small: SmallProject) -> SmallProject:
    """Orders of two countries in SQLite: two on each of the days, without an e-mail in France."""
    database = small.root / "shop.db"
    with sqlite3.connect(database) as connection:
        connection.execute("create table orders_de (id int, email text, ordered_on date)")
        connection.execute("create table orders_fr (id int, email text, ordered_on date)")
        for table, email in (("orders_de", "a@b.example"), ("orders_fr", None)):
            for day in ("2026-01-31", "2026-02-01"):
                rows = [(number, email, day) for number in (1, 2)]
                connection.executemany(f"insert into {table} values (?, ?, ?)", rows)
    connection.close()
    configuration = yaml.safe_load((small.root / "great_expectations.yml").read_text())
    configuration["fluent_datasources"]["shop"] = {
        "type": "sqlite",
        "connection_string": f"sqlite:///{database}",
        "assets": {
            table: {
                "type": "table",
                "table_name": table,
                "batch_definitions": {
                    "all": {},
                    "daily": by_date("year_and_month_and_day"),
                    "monthly": by_date("year_and_month"),
                    "yearly": by_date("year"),
                },
            }
            for table in ("orders_de", "orders_fr")
        },
    }
    (small.root / "great_expectations.yml").write_text(yaml.safe_dump(configuration))
    return small


def run_on(small: SmallProject, day: date, **changes: Any) -> Any:
    as_of = AsOf(end_of(day, small.project.timezone), "given")
    request = RunRequest(
        project=small.project, target=small.target, as_of=as_of, checkpoint="all", **changes
    )
    return run_checkpoint(request, now=NOW)


def test_each_definition_of_a_suite_is_a_monitor_of_its_own_name(shop: SmallProject) -> None:
    suite(shop, "orders", EMAIL)
    define(shop, "orders_de", "orders", ("shop", "orders_de", "all"))
    define(shop, "orders_fr", "orders", ("shop", "orders_fr", "all"))
    shop.checkpoint("orders_fr", "orders_de", actions=[{"name": "docs", "type": "plumbline_docs"}])

    report = shop.run()

    assert [(found.monitor, found.status) for found in report.outcomes] == [
        ("orders_fr", Status.CRITICAL),
        ("orders_de", Status.PASS),
    ]
    last = read_last_statuses(shop.project.state_dir)
    assert {name: one.status for name, one in last.items()} == {
        "orders_fr": "CRITICAL",
        "orders_de": "PASS",
    }
    assert report.docs is not None
    print(report.docs)


def test_two_definitions_of_one_suite_on_one_batch_do_not_overwrite_each_other(
    shop: SmallProject,
) -> None:
    suite(shop, "orders", EMAIL)
    for name in ("orders", "orders_again", "orders_once_more"):
        define(shop, name, "orders", ("shop", "orders_fr", "all"))
    shop.checkpoint("orders", "orders_again", "orders_once_more")
    context = gx.get_context(mode="file", context_root_dir=str(shop.root))
    checkpoint = context.checkpoints.get("all")
    result = checkpoint.run()
    assert len(result.run_results) == 3
    assert len(context.validation_results_store.list_keys()) == 3
    assert [outcome.monitor for outcome in checkpoint.outcomes] == [
        "orders",
        "orders_again",
        "orders_once_more",
    ]


def test_select(shop: SmallProject) -> None:
    suite(shop, "orders", EMAIL)
    define(shop, "orders_de", "orders", ("shop", "orders_de", "all"))
    define(shop, "orders_fr", "orders", ("shop", "orders_fr", "all"))
    shop.checkpoint("orders_fr", "orders_de")
    (only,) = shop.run(select=("orders_de",)).outcomes
    assert (only.monitor, only.status) == ("orders_de", Status.PASS)


@pytest.mark.parametrize("batches", ["daily", "monthly", "yearly"])
def test_day(shop: SmallProject, batches: str) -> None:
    suite(shop, "orders", ROWS)
    define(shop, "orders_de", "orders", ("shop", "orders_de", batches))
    shop.checkpoint("orders_de")
    for day in (date(2026, 1, 31), date(2026, 2, 1), date(2026, 2, 2)):
        (outcome,) = run_on(shop, day).outcomes
        print(
            batches,
            day,
            outcome.status,
            outcome.reason,
            outcome.observed,
            outcome.parameters,
            outcome.as_of,
            outcome.notes,
        )


def test_model(small: SmallProject) -> None:
    small.add("coverage", "select 44.2 + {{ var('days') }} as pct")
    define(
        small,
        "coverage_week",
        "coverage",
        ("warehouse", "coverage", "rows"),
        batch_parameters={"vars": {"days": 7}},
    )
    small.checkpoint("coverage", "coverage_week")
    for o in small.run().outcomes:
        print(o.monitor, o.status, o.observed, o.reason)
    assert 0
