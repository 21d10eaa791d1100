"""``plumbline import dbt``: the files that it writes, and what a second import changes."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from plumbline.core.errors import ConfigError
from plumbline.dbt.importing import Import, plan_import, write_import
from plumbline.dbt.merge import LOCK_FILE
from plumbline.dbt.report import import_dict
from plumbline.lint.linter import lint
from plumbline.lint.rule import Severity
from plumbline.models import Compiler
from plumbline.project import Project
from plumbline.scaffold.project import make_project
from support.dbt_manifest import (
    Entry,
    generic_test,
    manifest,
    model,
    singular_test,
    source,
    write_manifest,
)
from support.each import for_each
from support.targets import bigquery_target

ORDERS = model(
    "orders",
    description="One row an order.",
    config={"materialized": "table", "meta": {"owner": "shop-data"}, "tags": ["finance"]},
)
LANDED = source(
    "landing",
    "raw_orders",
    loaded_at_field="landed_at",
    freshness={
        "warn_after": {"count": 12, "period": "hour"},
        "error_after": {"count": 1, "period": "day"},
    },
)
LOST = singular_test(
    "no_lost_orders",
    "select * from `shop-project`.`shop`.`orders` where state = '{{lost}}';",
    ORDERS[0],
    description="Each order has a state.",
)
ALL_ORDERS = "select * from `shop-project`.`shop`.`orders`"
EMPTY = "select 1 from (select * from `shop-project`.`shop`.`orders` where false limit 0)"
COLUMNS = "with a as (select 'ID' as name union all select 'AT') select * from a where name = 'X'"
"""As a test of dbt_expectations pastes the columns that a table had when dbt compiled it."""
UNIQUE = generic_test("unique", ORDERS[0], "order_id", changes={"description": "The key."})
STATES = generic_test("accepted_values", ORDERS[0], "state", values=["paid", "open"])
SHOP: tuple[Entry, ...] = (ORDERS, LANDED, UNIQUE, STATES, LOST)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A plumbline project that is a dbt project."""
    root = make_project(tmp_path / "shop", name="shop", example=False).root
    for folder in ("models", "tests"):
        (root / folder).mkdir(exist_ok=True)
    (root / "models" / "schema.yml").write_text("version: 2\n")
    (root / "models" / "orders.sql").write_text("{{ config(materialized='table') }}select 1")
    (root / "tests" / "no_lost_orders.sql").write_text("select 1")
    return root


def imported(root: Path, *entries: Entry, **others: Any) -> Import:
    """An import of these tests."""
    if entries:
        write_manifest(root, *entries, **others)
    found = plan_import(Project(root), dbt_dir=None, checkpoint="dbt")
    write_import(Project(root), found)
    return found


def suite(root: Path, name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((root / "expectations" / f"{name}.json").read_text())
    return content


def edit(root: Path, name: str, change: Callable[[dict[str, Any]], Any]) -> None:
    """Edit a suite as a person would."""
    content = suite(root, name)
    change(content)
    (root / "expectations" / f"{name}.json").write_text(json.dumps(content))


def verbs(found: Import) -> dict[str, str]:
    """Of each file other than the lock, which changes with each of them."""
    return {one.path: one.verb for one in found.files if one.verb and one.path != LOCK_FILE}


def test_the_tests_of_a_table_become_one_suite(root: Path) -> None:
    imported(root, *SHOP)
    skip = {"when_no_rows": "skip"}
    assert suite(root, "orders") == {
        "name": "orders",
        "meta": {"monitor": {"table": "orders", "owner": "shop-data", "tags": ["finance"]}},
        "notes": "One row an order.",
        "expectations": [
            {
                "type": "expect_column_values_to_be_unique",
                "severity": "critical",
                "kwargs": {"column": "order_id"},
                "notes": "The key.",
                "meta": {**skip, "dbt_test": "unique.order_id"},
            },
            {
                "type": "expect_column_values_to_be_in_set",
                "severity": "critical",
                "kwargs": {"column": "state", "value_set": ["paid", "open"]},
                "meta": {**skip, "dbt_test": "accepted_values.state"},
            },
        ],
    }


def test_what_fails_in_dbt_without_rows_is_not_skipped(root: Path) -> None:
    tests = {
        "dbt_utils.at_least_one": False,
        "dbt_utils.not_constant": True,
        "dbt_expectations.expect_column_values_to_be_null": True,
    }
    made = [generic_test(one, ORDERS[0], "a", config={"where": "b = 1"}) for one in tests]
    imported(root, ORDERS, *made)
    found = [one["meta"].get("when_no_rows") for one in suite(root, "orders")["expectations"]]
    assert found == ["skip" if is_skipped else None for is_skipped in tests.values()]


def test_source_freshness_becomes_two_expectations(root: Path) -> None:
    imported(root, *SHOP)
    found = suite(root, "landing_raw_orders")
    # no file of the project declares the source, so its place is named
    assert found["meta"]["monitor"]["table"] == "landing.raw_orders"
    assert [(one["severity"], one["kwargs"]) for one in found["expectations"]] == [
        ("warning", {"column": "landed_at", "max_hours": 12}),
        ("critical", {"column": "landed_at", "max_hours": 24}),
    ]


def test_a_singular_test_becomes_a_query_of_failing_rows(root: Path) -> None:
    imported(root, *SHOP)
    found = suite(root, "no_lost_orders")
    assert found["meta"]["monitor"] == {
        "model": "no_lost_orders",
        "observed": {"failing_rows": True, "unit": "rows"},
        "owner": "shop-data",
        "tags": ["finance"],
    }
    assert found["notes"] == "Each order has a state."
    compiler = Compiler(Project(root), bigquery_target())
    now = datetime(2026, 2, 3, tzinfo=UTC)
    sql = compiler.compile("no_lost_orders", as_of=[now], vars={}, where="the test").sql
    # through ref(), and with braces as they were
    assert sql.endswith("select * from `shop-project`.`shop`.`orders` where state = '{{lost}}'")


def test_what_was_imported_passes_lint_and_runs_by_one_checkpoint(root: Path) -> None:
    imported(root, *SHOP)
    project = Project(root)
    faults = [one for one in lint(project).findings if one.severity is Severity.ERROR]
    assert faults == []
    assert [*project.checkpoint("dbt").monitors] == [
        "landing_raw_orders",
        "no_lost_orders",
        "orders",
    ]


def test_severities_and_numbers_of_failures_carry_over(root: Path) -> None:
    cases: dict[str, tuple[dict[str, Any], list[tuple[str, int]]]] = {
        "an error": ({}, [("critical", 0)]),
        "a warning": ({"severity": "warn"}, [("warning", 0)]),
        "any is a warning, many are an error": (
            {"error_if": ">10"},
            [("warning", 0), ("critical", 10)],
        ),
        "both by number": (
            {"warn_if": ">= 5", "error_if": "> 10"},
            [("warning", 4), ("critical", 10)],
        ),
        "a warning that nobody would see": ({"warn_if": ">20"}, [("critical", 0)]),
    }

    def is_so(case: str) -> None:
        config, expected = cases[case]
        imported(root, ORDERS, singular_test("many", ALL_ORDERS, ORDERS[0], config=config))
        assert [
            (one["severity"], one.get("kwargs", {}).get("max_value", 0))
            for one in suite(root, "many")["expectations"]
        ] == expected

    (root / "tests" / "many.sql").write_text("select 1")
    for_each(cases, is_so)


def test_an_expectation_of_rows_allows_a_number_of_failures(root: Path) -> None:
    config = {"error_if": ">10"}
    rows = generic_test("dbt_utils.accepted_range", ORDERS[0], "total", config=config, min_value=0)
    values = generic_test("unique", ORDERS[0], "state", config=config)
    single = generic_test(
        "dbt_utils.recency", ORDERS[0], config=config, field="at", datepart="hour", interval=1
    )
    imported(root, ORDERS, rows, values, single)
    assert [
        (one["severity"], one["meta"].get("max_unexpected_count"))
        for one in suite(root, "orders")["expectations"]
    ] == [("warning", None), ("critical", 10), ("warning", None)]  # recency is one row at most
    assert [one for one in lint(Project(root)).findings if one.severity is Severity.ERROR] == []
    assert suite(root, "orders_unique_state")["meta"]["monitor"]["model"] == "orders_unique_state"


def test_limit_and_fail_calc_are_part_of_the_query(root: Path) -> None:
    query = "select * from {{ ref('orders') }}"
    for name, config, expected in (
        ("few", {"limit": 5}, f"select * from (\n\n{query}\n\n) limit 5"),
        (
            "calculated",
            {"fail_calc": "sum(n)", "limit": 5},
            "select * from (\n\nselect sum(n) as failures from (\n\nselect * from (\n\n"
            f"{query}\n\n) limit 5\n\n)\n\n) where failures is null or failures != 0",
        ),
    ):
        (root / "tests" / f"{name}.sql").write_text("select 1")
        imported(root, ORDERS, singular_test(name, ALL_ORDERS, ORDERS[0], config=config))
        assert expected in (root / "models" / "monitors" / f"{name}.sql").read_text()


def test_what_can_not_be_imported_is_named_with_its_fix_and_the_rest_is(root: Path) -> None:
    stale = {"generated_at": "2026-02-03T10:00:00Z"}
    text = manifest(
        *SHOP,
        generic_test("is_even", ORDERS[0], "total", compiled=None),
        generic_test("is_odd", ORDERS[0], "total", config={"error_if": "between 5 and 10"}),
        generic_test(
            "is_new", ORDERS[0], "total", compiled=f"{ALL_ORDERS} where day = '2026-02-02'"
        ),
        generic_test("is_in", ORDERS[0], "total", compiled=f"{ALL_ORDERS}_20260203"),
        generic_test("is_empty", ORDERS[0], "total", compiled=EMPTY),
        generic_test("has_columns", ORDERS[0], compiled=COLUMNS),
        singular_test("gone", ALL_ORDERS),
        source("a", "metadata", freshness={"warn_after": {"count": 1, "period": "day"}}),
        source(
            "a",
            "expression",
            loaded_at_field="cast(at as timestamp)",
            freshness={"warn_after": {"count": 1, "period": "day"}},
        ),
    )
    content = json.loads(text)
    content["metadata"] |= stale
    (root / "target").mkdir()
    (root / "target" / "manifest.json").write_text(json.dumps(content))
    found = import_dict(imported(root))
    left = {
        one["test"].split(".")[2 if one["test"].startswith("test") else 3]: one
        for one in found["tests"]
        if one["became"] == "not_imported"
    }
    reasons = {
        "is_even_orders_total": "no compiled SQL",
        "is_odd_orders_total": "error_if is 'between 5 and 10'",
        "is_new_orders_total": "holds 2026-02-02, the day of the compilation",
        "is_in_orders_total": "holds 20260203, the day of the compilation",
        "is_empty_orders_total": "dbt compiled it with --empty",
        "has_columns_orders": "its compiled SQL reads no table",
        "gone": "tests/gone.sql doesn't exist",
        "metadata": "BigQuery's metadata",
        "expression": "loaded_at_field is an expression",
    }
    assert left.keys() == reasons.keys()
    for name, reason in reasons.items():
        assert reason in left[name]["reason"]
        assert left[name]["fix"]
    assert found["counts"]["expectations"] == 3


def test_an_import_without_a_suite_writes_no_checkpoint(root: Path) -> None:
    found = imported(root, ORDERS)
    assert found.monitors == 0
    assert "checkpoints/dbt.json" not in verbs(found)
    assert [one for one in lint(Project(root)).findings if one.severity is Severity.ERROR] == []


def test_the_first_suite_of_a_later_import_brings_the_checkpoint(root: Path) -> None:
    imported(root, ORDERS)
    assert verbs(imported(root, *SHOP))["checkpoints/dbt.json"] == "create"


def test_a_checkpoint_goes_with_its_last_suite_and_comes_back_with_the_next(root: Path) -> None:
    imported(root, *SHOP)
    assert verbs(imported(root, ORDERS))["checkpoints/dbt.json"] == "remove"
    assert [one for one in lint(Project(root)).findings if one.severity is Severity.ERROR] == []
    assert verbs(imported(root, *SHOP))["checkpoints/dbt.json"] == "create"


def test_a_checkpoint_with_changes_of_people_outlives_its_last_suite(root: Path) -> None:
    imported(root, *SHOP)
    file = root / "checkpoints" / "dbt.json"
    changed = {**json.loads(file.read_text()), "docs": False}
    file.write_text(json.dumps(changed))
    imported(root, ORDERS)
    assert json.loads(file.read_text())["docs"] is False
    imported(root, *SHOP)
    assert json.loads(file.read_text()) == changed


def test_a_checkpoint_that_people_have_removed_stays_away(root: Path) -> None:
    imported(root, *SHOP)
    (root / "checkpoints" / "dbt.json").unlink()
    for _ in range(2):
        assert "checkpoints/dbt.json" not in verbs(imported(root, *SHOP))


def test_a_second_import_changes_nothing(root: Path) -> None:
    imported(root, *SHOP)
    before = {file: file.read_text() for file in root.rglob("*") if file.is_file()}
    assert verbs(imported(root)) == {}
    assert {file: file.read_text() for file in root.rglob("*") if file.is_file()} == before


def test_a_second_import_changes_only_what_changed_in_dbt(root: Path) -> None:
    imported(root, *SHOP)
    states = generic_test("accepted_values", ORDERS[0], "state", values=["paid", "open", "lost"])
    found = imported(root, ORDERS, LANDED, states, generic_test("not_null", ORDERS[0], "country"))
    assert verbs(found) == {
        "checkpoints/dbt.json": "change",
        "expectations/no_lost_orders.json": "remove",
        "expectations/orders.json": "change",
        "models/monitors/no_lost_orders.sql": "remove",
    }
    kwargs = [one["kwargs"] for one in suite(root, "orders")["expectations"]]
    assert kwargs == [
        {"column": "state", "value_set": ["paid", "open", "lost"]},
        {"column": "country"},
    ]
    assert not (root / "models" / "monitors" / "no_lost_orders.sql").exists()


def test_edits_of_people_stay(root: Path) -> None:
    imported(root, *SHOP)

    def change(content: dict[str, Any]) -> None:
        content["meta"]["monitor"] |= {"owner": "ana", "impact": "Reports are wrong."}
        content["expectations"][0]["severity"] = "warning"
        own = {"type": "expect_table_row_count_to_be_between", "kwargs": {"min_value": 10}}
        content["expectations"].insert(0, own)

    edit(root, "orders", change)
    (root / "expectations" / "no_lost_orders.json").unlink()
    edited = suite(root, "orders")
    found = imported(root)
    assert verbs(found) == {"checkpoints/dbt.json": "change"}  # it lists no suite that is gone
    assert suite(root, "orders") == edited
    assert import_dict(found)["edited"] == [
        {"path": "expectations/no_lost_orders.json", "part": "the file"},
        {"path": "expectations/orders.json", "part": "owner"},
        {"path": "expectations/orders.json", "part": "expectation unique.order_id"},
    ]

    states = generic_test("accepted_values", ORDERS[0], "state", values=["paid"])
    imported(root, ORDERS, LANDED, UNIQUE, states, LOST)
    after = suite(root, "orders")
    edited["expectations"][2]["kwargs"]["value_set"] = ["paid"]
    assert after == edited


def test_where_both_changed_the_person_wins_and_both_are_shown_once(root: Path) -> None:
    imported(root, *SHOP)
    edit(root, "orders", lambda content: content["expectations"][1].update(severity="warning"))
    states = generic_test("accepted_values", ORDERS[0], "state", values=["paid"])
    found = import_dict(imported(root, ORDERS, LANDED, UNIQUE, states, LOST))
    (conflict,) = found["conflicts"]
    assert conflict["part"] == "expectation accepted_values.state"
    assert conflict["here"]["severity"] == "warning"
    assert conflict["dbt"]["kwargs"]["value_set"] == ["paid"]
    assert suite(root, "orders")["expectations"][1] == conflict["here"]
    assert import_dict(imported(root))["conflicts"] == []


def test_what_was_imported_stays_while_dbt_cannot_say_how_it_is_now(root: Path) -> None:
    imported(root, *SHOP)
    stale = (
        generic_test("unique", ORDERS[0], "order_id", compiled=None),
        # the project redefines what only compiled SQL tells
        generic_test("accepted_values", ORDERS[0], "state", compiled=None, values=["paid"]),
        singular_test("no_lost_orders", None, ORDERS[0]),
    )
    redefined = {"macro.shop.get_where_subquery": {}}
    before = {file: file.read_text() for file in root.rglob("*.json") if file.is_file()}
    found = imported(root, ORDERS, LANDED, *stale, macros=redefined)
    assert {one.kind for one in found.became} == {"not_imported", "expectation"}
    assert verbs(found) == {}
    (root / "target" / "manifest.json").unlink()
    assert {file: before[file] for file in before if file.parent.name != "target"} == {
        file: file.read_text() for file in root.rglob("*.json")
    }
    # and it is still known what was imported
    assert verbs(imported(root, ORDERS, LANDED)) == {
        "checkpoints/dbt.json": "change",
        "expectations/no_lost_orders.json": "remove",
        "expectations/orders.json": "remove",
        "models/monitors/no_lost_orders.sql": "remove",
    }


def test_a_dry_run_writes_nothing(root: Path) -> None:
    write_manifest(root, *SHOP)
    before = sorted(root.rglob("*"))
    found = plan_import(Project(root), dbt_dir=None, checkpoint="dbt")
    assert "expectations/orders.json" in verbs(found)
    assert sorted(root.rglob("*")) == before


def test_a_suite_of_someone_is_left_alone(root: Path) -> None:
    own = '{"name": "orders", "expectations": []}'
    (root / "expectations" / "orders.json").write_text(own)
    found = imported(root, *SHOP)
    assert (root / "expectations" / "orders.json").read_text() == own
    assert suite(root, "orders_dbt")["meta"]["monitor"]["table"] == "orders"
    assert verbs(imported(root)) == {}
    assert "expectations/orders.json" not in verbs(found)


def test_after_the_lock_was_lost_suites_are_recognised(root: Path) -> None:
    imported(root, *SHOP)
    (root / "dbt-import.lock").unlink()
    assert verbs(imported(root)) == {}


def test_tests_of_one_macro_on_one_column_are_told_apart(root: Path) -> None:
    ranges = [
        generic_test("dbt_utils.accepted_range", ORDERS[0], "total", min_value=0),
        generic_test("dbt_utils.accepted_range", ORDERS[0], "total", max_value=9),
    ]
    imported(root, ORDERS, *ranges)
    found = suite(root, "orders")["expectations"]
    assert [one["kwargs"] for one in found] == [
        {"column": "total", "min_value": 0},
        {"column": "total", "max_value": 9},
    ]
    assert len({one["meta"]["dbt_test"] for one in found}) == 2


def test_tables_that_no_plain_name_means_are_named_by_where_they_are(root: Path) -> None:
    (root / "models" / "sources.yml").write_text(
        "version: 2\nsources: [{name: shop, schema: other, tables: [{name: orders_v1}]}]\n"
    )
    old, new = (
        model("orders", version=number, latest_version=2, alias=f"orders_v{number}")
        for number in (1, 2)
    )
    old = (f"{old[0]}.v1", old[1])
    new = (f"{new[0]}.v2", new[1])
    elsewhere = model("audit", database="other-project")
    tests = [generic_test("unique", one[0], "id") for one in (old, new, elsewhere)]
    found = imported(root, old, new, elsewhere, *tests)
    tables = {
        one.test.split(".")[2]: suite(root, str(one.suite))["meta"]["monitor"]["table"]
        for one in found.became
    }
    assert tables == {
        # a source `shop.orders_v1` is another table
        "unique_v1_id": "shop-project.shop.orders_v1",
        "unique_v2_id": "orders",
        "unique_audit_id": "audit",
    }
    assert {one.suite for one in found.became} == {"orders_v1", "orders_v2", "audit"}


def test_in_a_folder_of_a_dbt_project_tables_are_named_by_dataset(tmp_path: Path) -> None:
    (tmp_path / "dbt_project.yml").write_text("name: shop\n")
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "schema.yml").write_text("version: 2\n")
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "no_lost_orders.sql").write_text("select 1")
    write_manifest(tmp_path, *SHOP)
    root = make_project(tmp_path, name=None, example=False).root
    assert root == tmp_path / "plumbline"
    imported(root)
    # the project is the one of the target
    assert suite(root, "orders")["meta"]["monitor"]["table"] == "shop.orders"
    sql = (root / "models" / "monitors" / "no_lost_orders.sql").read_text()
    assert "from `shop`.`orders`" in sql


TAGS = "models/monitors/dbt_import.yml"
PERSONAL: dict[str, Any] = {
    "columns": {"email": {"config": {"meta": {"personal": True}}}, "total": {}}
}


def personal(root: Path, name: str) -> frozenset[str]:
    """The columns of a model that are masked."""
    now, compiler = datetime(2026, 2, 3, tzinfo=UTC), Compiler(Project(root), bigquery_target())
    return compiler.compile(name, as_of=[now], vars={}, where="the test").personal


def test_personal_columns_stay_masked_in_queries_and_in_tables_that_are_not_declared(
    root: Path,
) -> None:
    orders, landed = model("orders", **PERSONAL), source("landing", "raw_orders", **PERSONAL)
    table = "from `shop-project`.`shop`.`orders`"
    even = generic_test(
        "is_even", orders[0], "total", compiled=f"select email as of, count(*) as n {table}"
    )
    odd = generic_test("is_odd", orders[0], "total", compiled=f"select total as of {table}")
    missing = generic_test("not_null", landed[0], "email")
    imported(root, orders, landed, LOST, even, odd, missing)
    assert personal(root, "no_lost_orders") == {"email"}
    assert personal(root, "orders_is_even_total") == {"of"}
    assert personal(root, "orders_is_odd_total") == set()  # it returns none of them
    compiler = Compiler(Project(root), bigquery_target())
    assert compiler.table("landing.raw_orders", file="", key="").personal == {"email"}
    assert [one for one in lint(Project(root)).findings if one.severity is Severity.ERROR] == []
    assert verbs(imported(root)) == {}
    parsed = singular_test("no_lost_orders", None, orders[0])
    imported(root, orders, landed, parsed, even, missing)
    assert personal(root, "no_lost_orders") == {"email"}  # also while dbt has not compiled it
    imported(root, orders, landed, even, missing)
    assert "no_lost_orders" not in (root / TAGS).read_text()


def test_tables_that_a_query_names_without_ref_are_masked_too(root: Path) -> None:
    orders, plain = model("orders", **PERSONAL), model("plain")
    for place in ("shop.orders", "`shop.orders`", "`shop-project.shop.orders`"):
        sql = f"select email as mail, count(*) as n from {place} group by email"
        imported(root, orders, plain, singular_test("no_lost_orders", sql, plain[0]))
        assert personal(root, "no_lost_orders") == {"mail"}, place


def test_a_table_whose_tags_a_suite_would_not_see_is_checked_by_queries(root: Path) -> None:
    raw, events = model("raw", **PERSONAL), source("landing", "events", **PERSONAL)
    (root / "models" / "raw.sql").write_text("{{ config(materialized='table') }}select 1")
    declared = "version: 2\nsources: [{name: landing, tables: [{name: events}]}]\n"
    (root / "models" / "schema.yml").write_text(declared)
    tests = [
        generic_test(
            "not_null", one[0], "email", compiled=f"select email from `shop-project`.{place}"
        )
        for one, place in ((raw, "`shop`.`raw`"), (events, "`landing`.`events`"))
    ]
    for one in imported(root, raw, events, *tests).became:
        assert (one.kind, personal(root, str(one.suite))) == ("failing_rows", {"email"}), one.test
        assert "would not mask" in one.why
    (root / "models" / "schema.yml").write_text(
        declared.replace("events}", "events, columns: [&e {name: email, meta: {personal: true}}]}")
        + "models: [{name: raw, columns: [*e]}]\n"
    )
    kinds = {one.test.split(".")[2]: one.kind for one in imported(root).became}
    assert kinds["not_null_raw_email"] == kinds["not_null_events_email"] == "expectation"


def test_a_tag_of_a_new_query_lands_in_a_file_that_people_have_edited(root: Path) -> None:
    orders = model("orders", **PERSONAL)
    first = singular_test("no_lost_orders", LOST[1]["compiled_code"], orders[0])
    new = singular_test(
        "no_new_orders", "select email as mail from `shop-project`.`shop`.`orders`", orders[0]
    )
    (root / "tests" / "no_new_orders.sql").write_text("select 1")
    imported(root, orders, first)

    def rewrite(text: str) -> str:
        return "# ours\n" + text.replace(
            "- name: email", "- name: email\n        description: Mail."
        )

    def untag(text: str) -> str:
        return text.replace("personal: true", "personal: false")

    edits: dict[str, Callable[[str], str]] = {"more words": rewrite, "an own tag": untag}
    for edit_of in edits.values():
        (root / TAGS).write_text(edit_of((root / TAGS).read_text()))
    found = import_dict(imported(root, orders, first, new))
    assert personal(root, "no_new_orders") == {"mail"}
    assert personal(root, "no_lost_orders") == set()  # as a person has it
    assert found["edited"] == [{"path": TAGS, "part": "models.no_lost_orders.email"}]
    assert found["conflicts"] == []
    text = (root / TAGS).read_text()
    assert "# ours" in text
    assert "description: Mail." in text
    assert verbs(imported(root)) == {}

    (root / TAGS).unlink()
    changed = {"email": PERSONAL["columns"]["email"], "total": PERSONAL["columns"]["email"]}
    imported(root, model("orders", columns=changed), first, new)
    assert personal(root, "no_lost_orders") == {"total"}  # what came after it was removed


def test_tags_stay_with_a_query_that_people_have_edited(root: Path) -> None:
    orders = model("orders", **PERSONAL)
    imported(root, orders, LOST)
    sql = root / "models" / "monitors" / "no_lost_orders.sql"
    sql.write_text(sql.read_text() + "-- ours\n")
    none = singular_test("no_lost_orders", f"select 1 as n from ({ALL_ORDERS})", orders[0])
    imported(root, orders, none)
    assert personal(root, "no_lost_orders") == {"email"}
    imported(root, orders)  # and while the file stays, though dbt has the test no more
    assert personal(root, "no_lost_orders") == {"email"}


def test_what_is_wrong_with_a_manifest_as_a_whole_is_a_note(root: Path) -> None:
    def aged(entries: tuple[Entry, ...], seconds: int = 0, **others: Any) -> tuple[str, ...]:
        file = write_manifest(root, *entries, **others)
        os.utime(file, (file.stat().st_mtime - seconds,) * 2)
        return plan_import(Project(root), dbt_dir=None, checkpoint="dbt").notes

    assert aged(SHOP) == ()
    (newer,) = aged(SHOP, schema=13)
    assert "plumbline knows manifests of version 9 to 12" in newer
    (older,) = aged(SHOP, seconds=3600)
    assert "manifest.json is older than dbt_project.yml" in older
    (parsed,) = aged((ORDERS, generic_test("unique", ORDERS[0], "x", compiled=None)))
    assert "no compiled SQL" in parsed
    assert "`dbt source freshness` don't compile" in parsed


def test_without_a_manifest_the_fix_is_to_compile(root: Path) -> None:
    with pytest.raises(ConfigError) as refused:
        plan_import(Project(root), dbt_dir=None, checkpoint="dbt")
    assert "dbt compile" in str(refused.value.fix)


def test_a_manifest_for_another_warehouse_is_refused(root: Path) -> None:
    content = json.loads(manifest(*SHOP))
    content["metadata"]["adapter_type"] = "snowflake"
    (root / "target").mkdir()
    (root / "target" / "manifest.json").write_text(json.dumps(content))
    with pytest.raises(ConfigError, match="made for 'snowflake'"):
        plan_import(Project(root), dbt_dir=None, checkpoint="dbt")


def test_a_generic_test_of_an_expression_is_named_by_its_package(root: Path) -> None:
    """dbt attaches a test whose `model` is an expression, not a ref(), to no table."""
    loose = generic_test(
        "dbt_utils.at_least_one", ORDERS[0], "state", changes={"attached_node": None}
    )
    imported(root, ORDERS, loose)
    (file,) = (root / "expectations").glob("*.json")
    assert file.stem.startswith("shop_")
    assert suite(root, file.stem)["meta"]["monitor"]["observed"]["failing_rows"]
