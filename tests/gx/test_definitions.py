"""Validation definitions: each is a monitor of its own name, over tables and over models."""

from __future__ import annotations

import json
import re
import sqlite3
import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import great_expectations as gx
import pytest
import yaml

from plumbline.core.errors import ConfigError
from plumbline.core.instants import end_of
from plumbline.core.outcome import Outcome, RunReport
from plumbline.core.status import Status
from plumbline.gx.context import open_workspace
from plumbline.history.last_statuses import read_last_statuses
from plumbline.report import catalogue
from plumbline.run.request import AsOf, RunRequest
from plumbline.run.runner import dry_run, run_checkpoint
from plumbline.site import paths
from plumbline.site.records import META_KEY
from support.projects import NOW, SmallProject
from support.reports import json_of

pytestmark = pytest.mark.warehouse

ROWS = {"type": "expect_table_row_count_to_be_between", "kwargs": {"min_value": 1}}
EMAIL = {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "email"}}
DE, FR = ("shop", "orders_de", "all"), ("shop", "orders_fr", "all")


def write(small: SmallProject, path: str, content: Mapping[str, Any]) -> None:
    file = small.root / path
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps(content))


def suite(small: SmallProject, name: str, *expectations: Mapping[str, Any]) -> None:
    write(small, f"expectations/{name}.json", {"name": name, "expectations": list(expectations)})


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


BATCHES: dict[str, Any] = {
    "all": {},
    "daily": by_date("year_and_month_and_day"),
    "monthly": by_date("year_and_month"),
    "yearly": by_date("year"),
    "by_state": {
        "partitioner": {"column_name": "state", "method_name": "partition_on_column_value"}
    },
}


@pytest.fixture
def shop(small: SmallProject) -> SmallProject:
    """Orders of two countries in SQLite, loaded until 2026-02-01; the French without e-mail."""
    database = small.root / "shop.db"
    connection = sqlite3.connect(database)
    for table, email in (("orders_de", "a@b.example"), ("orders_fr", None)):
        connection.execute(
            f"create table {table} (id int, email text, state text, ordered_on date)"
        )
        for day in ("2025-12-31", "2026-01-31", "2026-02-01"):
            for number, state in enumerate(("open", "paid", "paid")):
                row = (number, email, state, day)
                connection.execute(f"insert into {table} values (?, ?, ?, ?)", row)
    connection.commit()
    connection.close()
    folder = small.root / "files"
    folder.mkdir()
    for day in ("2026-01-31", "2026-02-01"):
        (folder / f"orders_{day}.csv").write_text("id,email\n1,a@b.example\n")
    configuration = yaml.safe_load((small.root / "great_expectations.yml").read_text())
    configuration["fluent_datasources"] |= {
        "shop": {
            "type": "sqlite",
            "connection_string": f"sqlite:///{database}",
            "assets": {
                table: {"type": "table", "table_name": table, "batch_definitions": BATCHES}
                for table in ("orders_de", "orders_fr")
            },
        },
        "files": {
            "type": "pandas_filesystem",
            "base_directory": str(folder),
            "assets": {
                "orders": {
                    "type": "csv",
                    "batch_definitions": {
                        "daily": {
                            "partitioner": {
                                "regex": r"orders_(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)\.csv",
                                "param_names": ["year", "month", "day"],
                            }
                        }
                    },
                }
            },
        },
    }
    (small.root / "great_expectations.yml").write_text(yaml.safe_dump(configuration))
    return small


def run_on(small: SmallProject, day: str, **changes: Any) -> tuple[Outcome, ...]:
    """As ``--as-of`` of a day runs it."""
    as_of = AsOf(end_of(date.fromisoformat(day), small.project.timezone), "given")
    request = RunRequest(
        project=small.project, target=small.target, as_of=as_of, checkpoint="all", **changes
    )
    return run_checkpoint(request, now=NOW, open_workspace=open_workspace).outcomes


def found(report: RunReport) -> list[tuple[str, str]]:
    return [(outcome.monitor, str(outcome.status)) for outcome in report.outcomes]


# Names


@pytest.fixture
def two(shop: SmallProject) -> SmallProject:
    """One suite on two tables, under names of their own; that of the first is good, the second's
    CRITICAL."""
    suite(shop, "orders", EMAIL)
    define(shop, "orders_de", "orders", DE)
    define(shop, "orders_fr", "orders", FR)
    actions = [{"name": "docs", "type": "plumbline_docs"}]
    shop.checkpoint("orders_fr", "orders_de", actions=actions)
    # Tests in other processes run projects of the same name with the same folder of local state.
    return replace(shop, target=replace(shop.target, plumbline_project=f"two-{uuid.uuid4().hex}"))


def test_each_definition_of_a_suite_is_a_monitor_everywhere(two: SmallProject) -> None:
    report = two.run()

    both = [("orders_fr", "CRITICAL"), ("orders_de", "PASS")]
    assert found(report) == both
    assert (report.exit_code, report.score) == (2, 50)
    said = json.loads(json_of(report))
    assert [(one["name"], one["status"]) for one in said["monitors"]] == both
    last = read_last_statuses(two.target.state_files)
    assert {name: one.status for name, one in last.items()} == dict(both)
    listed = catalogue.read_catalogue(two.project).monitors
    assert [(one.name, one.suite, one.fault) for one in listed] == [
        ("orders_de", "expectations/orders.json", None),
        ("orders_fr", "expectations/orders.json", None),
    ]
    site = two.root / ".plumbline/docs/local"
    for name, status in both:
        page = (site / paths.monitor(name)).read_text()
        assert status in page
        assert f"../{paths.gx_suite('orders')}" in page
    assert not (site / paths.monitor("orders")).exists()


def test_select_exclude_and_mutes_use_the_definitions_name(two: SmallProject) -> None:
    assert found(two.run(select=("orders_de",))) == [("orders_de", "PASS")]
    assert found(two.run(exclude=("orders_de",))) == [("orders_fr", "CRITICAL")]
    with pytest.raises(ConfigError, match="there is no monitor 'orders'"):
        two.run(select=("orders",))
    mute = "mutes: [{monitor: %s, owner: us, reason: known, until: 2999-12-31}]"
    (two.root / "checkpoints/mutes.yml").write_text(mute % "orders_fr")
    assert any("orders_fr" in note for note in two.run().notes)


def test_incidents_have_the_definitions_name(two: SmallProject) -> None:
    define(two, "orders-fr too", "orders", FR)
    alerts = {"name": "alerts", "type": "plumbline_alerts"}
    two.checkpoint("orders_fr", "orders-fr too", actions=[alerts])
    report = two.run_at(datetime(2026, 2, 3, 6, tzinfo=UTC), "all")
    assert {line.incident.rsplit("-", 1)[0] for line in report.alerts} == {
        "orders_fr",
        "orders-fr too",
    }


def test_definitions_of_one_suite_on_one_batch_do_not_overwrite_each_other(
    two: SmallProject,
) -> None:
    names = ["orders", "orders_again", "orders_once_more"]
    for name in names:
        define(two, name, "orders", FR)
    two.checkpoint(*names)
    context = gx.get_context(mode="file", context_root_dir=str(two.root))
    checkpoint: Any = context.checkpoints.get("all")
    result = checkpoint.run()
    assert len(result.run_results) == 3
    assert len(context.validation_results_store.list_keys()) == 3
    assert [outcome.monitor for outcome in checkpoint.outcomes] == names


def test_a_suite_run_by_others_is_a_monitor_only_where_a_checkpoint_lists_it(
    two: SmallProject,
) -> None:
    two.add("coverage", "select 90.0 as pct")
    define(two, "coverage_again", "coverage", ("warehouse", "coverage", "rows"))
    assert two.project.monitor_names() == ("coverage_again", "orders_de", "orders_fr")
    two.checkpoint("coverage", "coverage_again", "orders")
    assert two.project.monitor_names() == (
        "coverage",
        "coverage_again",
        "orders",
        "orders_de",
        "orders_fr",
    )
    report = two.run()
    assert found(report)[:2] == [("coverage", "PASS"), ("coverage_again", "PASS")]
    orders = report.outcomes[2]
    assert orders.status is Status.ERROR
    assert "list the validation definitions that run it: orders_de, orders_fr" in orders.summary


def test_results_may_lie_in_a_store_of_gxs_own(two: SmallProject) -> None:
    file = two.root / "great_expectations.yml"
    configuration = yaml.safe_load(file.read_text())
    del configuration["stores"]["results"]["module_name"]
    file.write_text(yaml.safe_dump(configuration))
    report = two.run()
    assert found(report) == [("orders_fr", "CRITICAL"), ("orders_de", "PASS")]
    assert report.docs is not None


# Models


def test_a_suite_judges_a_model_twice_with_other_variables(small: SmallProject) -> None:
    small.add("coverage", "select 44.0 + {{ var('days') }} as pct")
    data = ("warehouse", "coverage", "rows")
    define(small, "coverage_month", "coverage", data, batch_parameters={"vars": {"days": 30}})
    small.checkpoint("coverage_month", "coverage")
    report = small.run()
    assert [(o.monitor, o.status, o.observed, o.model) for o in report.outcomes] == [
        ("coverage_month", Status.WARNING, 74.0, "coverage"),
        ("coverage", Status.CRITICAL, 45.0, "coverage"),
    ]
    assert report.jobs == 2


def test_a_variable_that_the_model_does_not_read_is_an_error_in_the_definition(
    small: SmallProject,
) -> None:
    small.add("coverage", "select 44.0 as pct")
    data = ("warehouse", "coverage", "rows")
    define(small, "coverage_month", "coverage", data, batch_parameters={"vars": {"days": 30}})
    small.checkpoint("coverage_month")
    (outcome,) = small.run().outcomes
    assert outcome.status is Status.ERROR
    assert outcome.reason is not None
    assert "model coverage reads no variable 'days'" in outcome.reason
    assert "coverage_month.json: batch_parameters.vars.days" in outcome.reason


def test_a_suite_judges_the_model_of_another_suite(small: SmallProject) -> None:
    small.add("coverage", "select 44.0 as pct")
    small.add("grading", "select 90.0 as pct")
    define(small, "grading_too", "coverage", ("warehouse", "grading", "rows"))
    small.checkpoint("coverage", "grading_too")
    first, second = small.run().outcomes
    assert (first.status, second.status) == (Status.CRITICAL, Status.PASS)
    assert (second.monitor, second.model) == ("grading_too", "grading")


# Days


@pytest.mark.parametrize(
    ("batches", "day", "status", "observed"),
    [
        ("daily", "2026-02-01", Status.PASS, 3),
        ("daily", "2026-01-31", Status.PASS, 3),
        ("daily", "2026-02-02", Status.ERROR, None),  # loading stopped the day before
        ("daily", "2025-02-01", Status.ERROR, None),  # the same day of another year
        ("monthly", "2026-02-02", Status.PASS, 3),
        ("monthly", "2025-11-30", Status.ERROR, None),
        ("yearly", "2026-02-02", Status.PASS, 6),
        ("yearly", "2024-02-02", Status.ERROR, None),
    ],
)
def test_as_of_chooses_the_batch_of_its_day(
    shop: SmallProject, batches: str, day: str, status: Status, observed: float | None
) -> None:
    suite(shop, "orders", ROWS)
    define(shop, "orders_de", "orders", ("shop", "orders_de", batches))
    shop.checkpoint("orders_de")
    (outcome,) = run_on(shop, day)
    assert (outcome.status, outcome.observed) == (status, observed)
    assert outcome.as_of == end_of(date.fromisoformat(day), shop.project.timezone)
    if status is Status.ERROR:
        shown = {"daily": day, "monthly": day[:7], "yearly": day[:4]}[batches]
        assert (outcome.reason or "").startswith(f"no rows for {shown} in shop.orders_de")


def test_files_by_day_are_chosen_as_tables_are(shop: SmallProject) -> None:
    suite(shop, "orders", ROWS)
    define(shop, "orders", "orders", ("files", "orders", "daily"))
    shop.checkpoint("orders")
    (outcome,) = run_on(shop, "2026-02-01")
    assert (outcome.status, outcome.parameters) == (
        Status.PASS,
        {"year": 2026, "month": 2, "day": 1},
    )
    (outcome,) = run_on(shop, "2026-02-02")
    assert outcome.status is Status.ERROR
    assert "no rows for 2026-02-02 in files.orders" in (outcome.reason or "")


def test_a_live_run_judges_today_in_the_projects_zone_or_days_back(shop: SmallProject) -> None:
    suite(shop, "orders", ROWS)
    daily = ("shop", "orders_de", "daily")
    define(shop, "today", "orders", daily)
    define(shop, "yesterday", "orders", daily, days_back=1)
    shop.checkpoint("today", "yesterday")
    # in New York it is still the first of February
    today, yesterday = shop.run_at(datetime(2026, 2, 2, 4, tzinfo=UTC), "all").outcomes
    assert today.parameters == {"year": 2026, "month": 2, "day": 1}
    assert yesterday.parameters == {"year": 2026, "month": 1, "day": 31}
    today, yesterday = shop.run_at(datetime(2026, 2, 2, 6, tzinfo=UTC), "all").outcomes
    assert (today.status, yesterday.status) == (Status.ERROR, Status.PASS)


def test_a_whole_table_is_judged_as_it_is_and_says_so_of_another_day(two: SmallProject) -> None:
    _, outcome = run_on(two, "2026-01-31")
    assert any("not the data as of 2026-01-31" in note for note in outcome.notes)


# Batch parameters


def test_batch_parameters_of_the_file_reach_gx(shop: SmallProject) -> None:
    suite(shop, "orders", ROWS)
    by_state = ("shop", "orders_de", "by_state")
    define(shop, "open", "orders", by_state, batch_parameters={"state": "open"})
    define(shop, "paid", "orders", by_state, batch_parameters={"state": "paid"})
    define(shop, "gone", "orders", by_state, batch_parameters={"state": "gone"})
    define(shop, "last", "orders", by_state)
    define(
        shop,
        "january",
        "orders",
        ("shop", "orders_de", "daily"),
        batch_parameters={"year": 2026, "month": 1, "day": 31},
    )
    shop.checkpoint("open", "paid", "gone", "last", "january")
    first, second, gone, last, january = shop.run().outcomes
    assert (first.observed, second.observed) == (3, 6)
    assert (gone.status, last.status) == (Status.ERROR, Status.PASS)
    assert "no rows for state 'gone' in shop.orders_de" in (gone.reason or "")
    assert any("has no state in batch_parameters" in note for note in last.notes)
    assert january.parameters == {"year": 2026, "month": 1, "day": 31}


def test_a_single_file_is_a_batch_without_parameters(shop: SmallProject) -> None:
    csv = {
        "type": "csv",
        "filepath_or_buffer": str(shop.root / "files/orders_2026-02-01.csv"),
        "batch_definitions": {"all": {}},
    }
    file = shop.root / "great_expectations.yml"
    configuration = yaml.safe_load(file.read_text())
    configuration["fluent_datasources"]["single"] = {"type": "pandas", "assets": {"orders": csv}}
    file.write_text(yaml.safe_dump(configuration))
    suite(shop, "orders", ROWS)
    define(shop, "plain", "orders", ("single", "orders", "all"))
    define(shop, "letter", "orders", ("single", "orders", "all"), batch_parameters={"d": 1})
    shop.checkpoint("plain", "letter")
    plain, letter = shop.run().outcomes
    assert plain.status is Status.PASS
    assert not any("batch_parameters" in note for note in plain.notes)
    assert letter.status is Status.ERROR
    assert "takes no parameter 'd'" in (letter.reason or "")
    assert "the batch definition has only one batch: remove the parameter" in (letter.reason or "")


def test_batch_parameters_of_a_notebook_reach_gx(shop: SmallProject) -> None:
    suite(shop, "orders", ROWS)
    define(shop, "orders_de", "orders", ("shop", "orders_de", "daily"))
    context = gx.get_context(mode="file", context_root_dir=str(shop.root))
    definition: Any = context.validation_definitions.get("orders_de")
    for parameters in ({"year": 2026, "month": 1, "day": 31}, {"as_of": "2026-01-31"}):
        assert definition.run(batch_parameters=parameters).success
        assert definition.outcome.parameters == {"year": 2026, "month": 1, "day": 31}
    assert not definition.run().success  # of today nothing is there


# Faults


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"suite": {"name": "order"}}, "there is no suite 'order'"),
        ({"name": "other"}, "the name is 'other', but the file is 'broken.json'"),
        ({"batch_parmeters": {}}, "did you mean 'batch_parameters'?"),
        ({"data": {}}, "key 'datasource' is missing"),
        ({"days_back": 1}, "'all' is not by day, month or year"),
        ({"batch_parameters": {"state": "open"}}, "'all' takes no parameter 'state'"),
        ({"datasource": "shpo"}, "there is no datasource 'shpo'"),
        ({"asset": "orders_it"}, "there is no asset 'orders_it'"),
        ({"batch_definition": "al"}, "there is no batch definition 'al'"),
        ({"datasource": "warehouse"}, "a model has no batch definition 'all'"),
        (
            {"datasource": "warehouse", "asset": "nothing", "batch_definition": "rows"},
            "there is no asset 'nothing'",
        ),
        (
            {"datasource": "warehouse", "asset": "orders", "batch_definition": "rows"},
            "suite 'orders' has no model",
        ),
    ],
)
def test_a_fault_of_a_definition_is_its_own_error(
    two: SmallProject, change: dict[str, Any], said: str
) -> None:
    data = dict(zip(("datasource", "asset", "batch_definition"), DE, strict=True))
    data |= {key: change.pop(key) for key in list(change) if key in data}
    content = {
        "name": "broken",
        "suite": {"name": "orders"},
        "data": {key: {"name": name} for key, name in data.items()},
        **change,
    }
    write(two, "validation_definitions/broken.json", content)
    two.checkpoint("broken", "orders_de")
    broken, healthy = two.run().outcomes
    assert (broken.monitor, broken.status) == ("broken", Status.ERROR)
    assert said in (broken.reason or "")
    assert healthy.status is Status.PASS


def test_a_database_that_cannot_be_reached_is_its_monitors_error(two: SmallProject) -> None:
    file = two.root / "great_expectations.yml"
    file.write_text(file.read_text().replace("/shop.db", "/gone/shop.db"))
    two.add("coverage", "select 90.0 as pct")
    two.checkpoint("orders_de", "coverage")
    broken, healthy = two.run().outcomes
    assert broken.status is Status.ERROR
    assert "unable to open database file" in (broken.reason or "")
    assert healthy.status is Status.PASS


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("type: sqlite", "type: sqlight", "type sqlight was not found"),
        ("connection_string", "conection_string", "conection_string"),
    ],
)
def test_a_configuration_that_gx_cannot_load_is_refused(
    two: SmallProject, right: str, wrong: str, said: str
) -> None:
    file = two.root / "great_expectations.yml"
    file.write_text(file.read_text().replace(right, wrong))
    with pytest.raises(ConfigError, match=said) as caught:
        two.run()
    assert caught.value.file == str(file)


def test_a_dry_run_says_that_a_table_has_no_sql(two: SmallProject) -> None:
    request = RunRequest(
        project=two.project, target=two.target, as_of=AsOf(NOW, "given"), checkpoint="all"
    )
    first, _ = dry_run(request).models
    assert "shop.orders_fr, a data asset of Great Expectations" in (first.fault or "")


@pytest.mark.parametrize(
    ("parameters", "as_of"),
    [
        ({"as_of": "2026-01-31"}, "2026-02-01"),  # its end
        ({"year": 2026, "month": 1, "day": 31}, None),
    ],
)
def test_a_batch_of_another_day_is_not_kept_as_the_result_of_today(
    shop: SmallProject, parameters: dict[str, Any], as_of: str | None
) -> None:
    suite(shop, "orders", ROWS)
    define(shop, "orders_de", "orders", ("shop", "orders_de", "daily"))
    shop.checkpoint("orders_de")
    context = gx.get_context(mode="file", context_root_dir=str(shop.root))
    result = context.checkpoints.get("all").run(batch_parameters=parameters)
    (one,) = result.run_results.values()
    record = one.meta.get(META_KEY)
    assert (record is not None) == (as_of is not None)
    if as_of is not None:
        run = result.checkpoint_config.last_run.run
        assert str(run.as_of).startswith(as_of)
        assert re.fullmatch(r"\d{8}T\d{6}Z-[0-9a-f]{8}", run.run_id), "each run has its own id"
        assert (run.checkpoint, record["run"]["run_id"]) == ("all", run.run_id)
