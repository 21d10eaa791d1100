"""A project of Great Expectations as files of plumbline: what becomes what, and what is named.

The projects are written as GX 1.x or 0.x writes them; `tests/gx/test_import_gx.py` has one that GX
wrote itself.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from plumbline.core.errors import ConfigError
from plumbline.lint.linter import lint
from plumbline.lint.rule import Severity
from plumbline.project import Project
from plumbline.report.terminal import as_text
from plumbline.scaffold.import_gx.checkpoints import convert_checkpoints
from plumbline.scaffold.import_gx.destination import Plan, plan_import
from plumbline.scaffold.import_gx.gx_project import read_gx_project
from plumbline.scaffold.import_gx.monitors import MonitorConverter
from plumbline.scaffold.import_gx.pages import import_page
from plumbline.scaffold.import_gx.queries import as_template
from plumbline.scaffold.import_gx.report import Report
from plumbline.scaffold.project import make_project
from support.each import for_each
from support.gx_files import BIGQUERY, NOT_NULL, ORDERS, by, write, write_gx


def plan(folder: Path, **changes: Any) -> Plan:
    """The import into a new project."""
    return plan_import(folder, project=None, root=folder / "new", **changes)


def suite(planned: Plan, name: str) -> dict[str, Any]:
    """A suite that it would write."""
    content: dict[str, Any] = json.loads(planned.written[f"expectations/{name}.json"])
    return content


def left(planned: Plan) -> list[str]:
    """What is not converted, each with its reason and fix."""
    return [f"{one.what}: {one.why}; {one.fix}" for one in planned.report.not_converted]


def test_a_suite_over_a_table_becomes_one(tmp_path: Path) -> None:
    planned = plan(write_gx(tmp_path))
    assert left(planned) == []
    assert suite(planned, "orders")["meta"]["monitor"] == {"table": "shop.orders"}
    assert suite(planned, "orders")["expectations"] == [{**NOT_NULL, "severity": "critical"}]
    checkpoint = json.loads(planned.written["checkpoints/health_check.json"])
    assert checkpoint["validation_definitions"] == [{"name": "orders"}]


def test_the_new_project_has_no_fault_and_its_target_is_gxs_bigquery(tmp_path: Path) -> None:
    planned = plan(write_gx(tmp_path, source={"connection_string": f"{BIGQUERY}?location=EU"}))
    planned.write()
    project = Project(tmp_path / "new")
    assert [one.what for one in lint(project).findings if one.severity is Severity.ERROR] == []
    target = project.target()
    assert (target.name, target.project, target.location) == ("bigquery", "acme-data", "EU")
    assert project.identity == "new"


def test_batches_become_the_window_of_the_table(tmp_path: Path) -> None:
    kinds = {
        "daily": ("year_and_month_and_day", 1),
        "monthly": ("year_and_month", 31),
        "yearly": ("year", 366),
    }
    batches = {name: by(method) for name, (method, _) in kinds.items()}
    planned = plan(
        write_gx(
            tmp_path,
            assets={"orders": {**ORDERS, "batch_definitions": batches}},
            definitions={name: ("orders", "orders", name) for name in kinds},
        )
    )
    for name, (_, days) in kinds.items():
        rows = suite(planned, name)["meta"]["monitor"]["rows"]
        assert rows == {"date_column": "day", "days": days}


def test_the_last_line_says_that_only_a_part_was_converted(tmp_path: Path) -> None:
    unknown = {"type": "expect_the_unexpected", "kwargs": {}}
    planned = plan(write_gx(tmp_path, suites={"orders": [NOT_NULL, unknown]}))
    assert len(left(planned)) == 1
    last = import_page(planned, is_dry=False)[-1]
    assert last.blocks == ("Converted only in part: 1 part not converted, see above.",)


def test_a_suite_of_several_definitions_is_one_for_each(tmp_path: Path) -> None:
    planned = plan(
        write_gx(
            tmp_path,
            assets={"orders": ORDERS, "refunds": {**ORDERS, "table_name": "refunds"}},
            suites={"team.ids": [NOT_NULL]},
            definitions={
                "orders": ("team.ids", "orders", "all"),
                "back": ("team.ids", "refunds", "all"),
            },
        )
    )
    assert suite(planned, "orders")["meta"]["monitor"]["table"] == "shop.orders"
    assert suite(planned, "back")["meta"]["monitor"]["table"] == "shop.refunds"
    assert suite(planned, "back")["meta"]["imported_from_gx"]["suite"] == "team.ids"


def test_other_tables_of_an_expectation_get_their_dataset(tmp_path: Path) -> None:
    query = "with x as (select * from {batch}) select * from x join refunds using (id)"
    others = [
        {"type": "unexpected_rows_expectation", "kwargs": {"unexpected_rows_query": query}},
        {
            "type": "expect_table_row_count_to_equal_other_table",
            "kwargs": {"other_table_name": "refunds"},
        },
    ]
    planned = plan(write_gx(tmp_path, suites={"orders": others}))
    assert left(planned) == []
    first, second = suite(planned, "orders")["expectations"]
    assert first["kwargs"] == {"unexpected_rows_query": query.replace("refunds", "`shop.refunds`")}
    assert second["kwargs"] == {"other_table_name": "shop.refunds"}


def test_a_query_asset_by_day_becomes_a_model_that_can_be_replayed(tmp_path: Path) -> None:
    asset = {
        "type": "query",
        "query": "SELECT id, day FROM orders",
        "batch_definitions": {"daily": by("year_and_month_and_day")},
    }
    columns = {"type": "expect_table_column_count_to_equal", "kwargs": {"value": 2}}
    planned = plan(
        write_gx(
            tmp_path,
            assets={"orders": asset},
            suites={"orders": [NOT_NULL, columns]},
            definitions={"orders": ("orders", "orders", "daily")},
        )
    )
    sql = planned.written["models/monitors/orders.sql"]
    assert "SELECT id, day FROM {{ source('shop', 'orders') }}" in sql
    assert "var('as_of')" in sql
    # the model has as_of besides
    assert suite(planned, "orders")["expectations"][1]["kwargs"] == {"value": 3}
    planned.write()
    findings = lint(Project(tmp_path / "new")).findings
    assert [one.what for one in findings if one.severity is Severity.ERROR] == []


def of_query(folder: Path, query: str) -> Path:
    asset = {"type": "query", "query": query, "batch_definitions": {"all": {}}}
    return write_gx(folder, assets={"orders": asset}, variables="state: paid\n")


def test_a_variable_of_a_query_has_its_value_in_the_model(tmp_path: Path) -> None:
    planned = plan(of_query(tmp_path, "select id from orders where state = '${state}'"))
    assert "where state = 'paid'" in planned.written["models/monitors/orders.sql"]


def test_a_query_that_has_another_value_at_each_run_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("_day", "2026-02-02")
    query = "select id from orders where day = '$_day' and state = '${state}'"
    (said,) = left(plan(of_query(tmp_path, query)))
    assert "its query has a variable that GX fills in at each run: $_day; write a value" in said


def test_tables_of_a_query_become_sources_and_the_rest_stays() -> None:
    cases = {
        "select a from orders": "select a from <orders>",
        "SELECT a FROM `acme-data.shop.orders` -- from orders": (
            "SELECT a FROM <acme-data.shop.orders> -- from orders"
        ),
        "select * from acme-data.shop.orders o join x.y using (id)": (
            "select * from <acme-data.shop.orders> o join <x.y> using (id)"
        ),
        "with t as (select 1 as n) select n from t, shop.orders": (
            "with t as (select 1 as n) select n from t, <shop.orders>"
        ),
        "select sku from shop.orders as o, o.items": "select sku from <shop.orders> as o, o.items",
        "select extract(year from day) from shop.orders;": (
            "select extract(year from day) from <shop.orders>"
        ),
        "select 'from orders' as x, '{{ no }}' as y from orders": (
            "select 'from orders' as x, '{{ '{' }}{ no }}' as y from <orders>"
        ),
        "select * from shop.latest(3) join (select * from a.b), unnest([1]) as n": (
            "select * from shop.latest(3) join (select * from <a.b>), unnest([1]) as n"
        ),
        "select a.b.x from -- the table\n  a.b where b.x in (select y from c.d)": (
            "select a.b.x from -- the table\n  <a.b> where b.x in (select y from <c.d>)"
        ),
        "select * from shop.`events_*`": "select * from <shop.events_*>",
        "select table_name from shop.INFORMATION_SCHEMA.TABLES": (
            "select table_name from shop.INFORMATION_SCHEMA.TABLES"
        ),
    }
    for_each(
        cases.items(),
        lambda case: _same(as_template(case[0], lambda path: f"<{path}>"), case[1]),
        name=lambda case: case[0],
    )


def _same(found: str, wanted: str) -> None:
    assert found == wanted


def test_what_cant_be_converted_is_named_with_the_reason_and_the_fix(tmp_path: Path) -> None:
    other = {**ORDERS, "table_name": "other"}
    daily = {**ORDERS, "batch_definitions": {"all": by("column_value", "country")}}
    parameter = {
        "type": NOT_NULL["type"],
        "kwargs": {"column": "id", "mostly": {"$PARAMETER": "least"}},
    }
    cases: Mapping[str, tuple[Mapping[str, Any], str]] = {
        "another database": (
            {"source": {"type": "postgres", "connection_string": "postgresql://x/y"}},
            "data source 'db' is postgres, not BigQuery",
        ),
        "another database with a bracket in its password": (
            {"source": {"type": "sql", "connection_string": "postgresql://x:[y@z/w"}},
            "data source 'db' is postgresql, not BigQuery",
        ),
        "no valid connection": (
            {"source": {"connection_string": "bigquery://[acme-data/shop"}},
            "the connection of data source 'db' names no valid project or location",
        ),
        "SQL that is no BigQuery": (
            {"source": {"type": "sql", "connection_string": "sqlite:///x.db"}},
            "data source 'db' is sqlite, not BigQuery",
        ),
        "a variable without value": (
            {"source": {"connection_string": "${NOT_SET_ANYWHERE}"}},
            "variable 'NOT_SET_ANYWHERE' has no value; set the environment variable",
        ),
        "no dataset": (
            {"source": {"connection_string": "bigquery://acme-data"}},
            "neither table 'orders' nor the connection names a dataset",
        ),
        "batches by a value": (
            {"assets": {"orders": daily}},
            "its batches are not by day, month or year (column_value)",
        ),
        "no such asset": ({"assets": {"odrers": ORDERS}}, "did you mean 'odrers'"),
        "no such batch definition": (
            {"assets": {"orders": {**ORDERS, "batch_definitions": {"whole": {}}}}},
            "there is no batch definition 'all'",
        ),
        "no such suite": ({"suites": {"odrers": [NOT_NULL]}}, "there is no suite 'orders'"),
        "a suite that nothing runs": (
            {"suites": {"orders": [NOT_NULL], "spare": [NOT_NULL]}},
            "suite 'spare': no file of GX names the table that it checks; name the table: --table spare",
        ),
        "an unknown expectation": (
            {"suites": {"orders": [NOT_NULL, {"type": "expect_magic", "kwargs": {}}]}},
            "copy the class of a custom expectation to plugins/ and import again",
        ),
        "a wrong argument": (
            {
                "suites": {
                    "orders": [{**NOT_NULL, "kwargs": {"column": "id", "colour": 1}}, NOT_NULL]
                }
            },
            "has no argument 'colour'",
        ),
        "a parameter without value": (
            {"suites": {"orders": [parameter, NOT_NULL]}},
            "expectations[0] expect_column_values_to_not_be_null: parameter 'least' has no value; "
            "give it a value under suite_parameters (in GX 0.x: evaluation_parameters) of the "
            "suite in GX, and import again",
        ),
        "a parameter without value, over a query": (
            {
                "assets": {"orders": {**ORDERS, "type": "query", "query": "select id from x"}},
                "suites": {"orders": [parameter, NOT_NULL]},
            },
            "parameter 'least' has no value; give it a value under suite_parameters",
        ),
        "a comparison with another table": (
            {
                "assets": {"orders": {**ORDERS, "type": "query", "query": "select id from x"}},
                "suites": {
                    "orders": [
                        {
                            "type": "expect_table_row_count_to_equal_other_table",
                            "kwargs": {"other_table_name": "x"},
                        }
                    ]
                },
            },
            "compares the number of rows with that of another table",
        ),
        "what no suite over a table can have": (
            {
                "suites": {
                    "orders": [
                        NOT_NULL,
                        {
                            "type": "expect_column_values_to_be_increasing",
                            "kwargs": {"column": "a"},
                        },
                    ]
                }
            },
            "can't be part of a suite over a table",
        ),
        "failing rows by no query": (
            {
                "suites": {
                    "orders": [
                        NOT_NULL,
                        {
                            "type": "unexpected_rows_expectation",
                            "kwargs": {"unexpected_rows_query": "select (a from {batch}"},
                        },
                    ]
                }
            },
            "expectations[1] unexpected_rows_expectation: its query can't be parsed",
        ),
        "a query that is none": (
            {"assets": {"orders": {**ORDERS, "type": "query", "query": "select from from"}}},
            "its query can't be parsed as BigQuery SQL",
        ),
        "two names that become one": (
            {
                "assets": {"orders": ORDERS, "other": other},
                "definitions": {
                    "a b": ("orders", "orders", "all"),
                    "a_b": ("orders", "other", "all"),
                },
            },
            "validation definition 'a b' has the same name in plumbline, 'a_b'",
        ),
        "a receiver without a channel": (
            {"checkpoints": {"c": {"actions": [{"name": "ops", "type": "opsgenie"}]}}},
            "plumbline has no channel of GX's type 'opsgenie'",
        ),
        "a message about success": (
            {
                "checkpoints": {
                    "c": {
                        "actions": [
                            {"type": "slack", "slack_webhook": "${HOOK}", "notify_on": "success"}
                        ]
                    }
                }
            },
            "plumbline sends no message about a run without failures",
        ),
        "a checkpoint that lists what is gone": (
            {"checkpoints": {"c": {"validation_definitions": [{"name": "ordres"}]}}},
            "checkpoint 'c': 'ordres': there is no such validation definition",
        ),
    }

    def is_named(case: tuple[str, tuple[Mapping[str, Any], str]]) -> None:
        name, (changes, said) = case
        planned = plan(write_gx(tmp_path / name.replace(" ", "_"), **changes))
        assert any(said in one for one in left(planned)), left(planned)

    for_each(cases.items(), is_named, name=lambda case: case[0])


def test_a_file_of_variables_outside_of_the_project_is_named(tmp_path: Path) -> None:
    folder = write_gx(tmp_path / "old")
    write(tmp_path / "variables.yml", "a: b")
    file = folder / "gx/great_expectations.yml"
    named = {"config_variables_file_path": str(tmp_path / "variables.yml")}
    file.write_text(yaml.safe_dump(yaml.safe_load(file.read_text()) | named))
    (said,) = left(plan(folder))
    assert said.startswith("../../variables.yml: it can't be read: it is outside the project")


def test_a_store_that_is_not_in_files_is_named(tmp_path: Path) -> None:
    folder = write_gx(tmp_path)
    store = {"store_backend": {"class_name": "TupleGCSStoreBackend", "bucket": "suites"}}
    file = folder / "gx/great_expectations.yml"
    content = yaml.safe_load(file.read_text()) | {"stores": {"expectations_store": store}}
    file.write_text(yaml.safe_dump(content))
    assert left(plan(folder))[0] == (
        "store 'expectations_store': it is a TupleGCSStoreBackend, and only files are read; copy "
        "what it holds to expectations/"
    )


def test_a_suite_whose_table_no_file_names_is_run_over_the_one_that_is_given(
    tmp_path: Path,
) -> None:
    folder = write_gx(
        tmp_path,
        suites={"orders": [NOT_NULL], "spare.ids": [NOT_NULL]},
        checkpoints={"nightly": {}},
    )
    planned = plan(folder, tables={"spare.ids": "shop.spares"})
    assert left(planned) == []
    assert suite(planned, "spare_ids")["meta"]["monitor"] == {"table": "shop.spares"}
    assert list(planned.report.to_do) == [
        "list spare_ids in a checkpoint; no checkpoint of GX lists it"
    ]
    with pytest.raises(ConfigError, match="there is no suite 'spares'"):
        plan(folder, tables={"spares": "shop.spares"})


FILES_OF_GX_0 = {
    "class_name": "Datasource",
    "execution_engine": {"class_name": "PandasExecutionEngine"},
}


@pytest.mark.parametrize("source", [{"type": "pandas_filesystem"}, FILES_OF_GX_0], ids=["1", "0"])
def test_a_suite_over_files_is_run_over_the_table_that_is_given(
    tmp_path: Path, source: Mapping[str, Any]
) -> None:
    folder = write_gx(tmp_path, source={**source, "connection_string": None})
    (said,) = left(plan(folder))
    assert "not BigQuery; if BigQuery has the table too, name it: --table orders=" in said
    planned = plan(folder, tables={"orders": "shop.orders"})
    assert left(planned) == []
    assert suite(planned, "orders")["meta"]["monitor"] == {"table": "shop.orders"}


def test_suites_that_lack_their_table_are_named_in_one_fix(tmp_path: Path) -> None:
    folder = write_gx(
        tmp_path,
        source={"type": "pandas", "connection_string": None},
        suites={"orders": [NOT_NULL], "all.refunds": [NOT_NULL]},
        definitions={
            "orders": ("orders", "orders", "all"),
            "back": ("all.refunds", "orders", "all"),
        },
    )
    planned = plan(folder)
    assert "--table all.refunds=DATASET.TABLE; else" in planned.report.not_converted[0].fix
    text = " ".join(as_text(import_page(planned, is_dry=True)).split())
    assert "--table all.refunds=DATASET.TABLE --table orders=DATASET.TABLE" in text
    assert f"plumbline init {os.path.relpath(folder / 'gx')}`" in text
    assert "SUITE" not in text


def test_a_project_of_gx_0_is_not_sent_to_init(tmp_path: Path) -> None:
    folder = write_gx(tmp_path, source={**FILES_OF_GX_0, "connection_string": None})
    file = folder / "gx/great_expectations.yml"
    file.write_text(file.read_text().replace("config_version: 4.0", "config_version: 3.0"))
    (said,) = left(plan(folder))
    assert "data source 'db' is PandasExecutionEngine, not BigQuery" in said
    assert "plumbline init" not in said


def test_a_suite_is_called_as_its_file(tmp_path: Path) -> None:
    """GX reads it from there; a copied file has the name of the other inside."""
    copied = {"expectation_suite_name": "refunds", "expectations": [NOT_NULL]}
    planned = plan(
        write_gx(
            tmp_path,
            suites={"shop.orders": copied},
            definitions={"orders": ("shop.orders", "orders", "all")},
        )
    )
    assert left(planned) == []
    assert suite(planned, "orders")["meta"]["imported_from_gx"]["suite"] == "shop.orders"


def test_a_table_that_gx_names_itself_is_not_replaced_without_a_word(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="suite 'orders' has a table of BigQuery in GX"):
        plan(write_gx(tmp_path), tables={"orders": "shop.others"})


def test_if_nothing_can_be_converted_nothing_is_written(tmp_path: Path) -> None:
    planned = plan(write_gx(tmp_path, source={"connection_string": "sqlite:///x.db"}))
    planned.write()
    assert planned.report.converted == []
    assert not (tmp_path / "new").exists()


def test_a_project_without_suites_says_where_they_were_looked_for(tmp_path: Path) -> None:
    folder = write_gx(tmp_path / "bare", definitions={"x": ("orders", "orders", "all")})
    (folder / "gx/expectations/orders.json").unlink()
    (folder / "gx/validation_definitions/x.json").unlink()
    planned = plan(folder)
    (said,) = left(planned)
    assert said.startswith("suites: there are none in expectations/; ")
    text = as_text(import_page(planned, is_dry=False))
    assert text.startswith("Nothing was converted.\n")
    assert "in Great Expectations" not in text
    assert "- {}\n  fix  {}\n".format(*said.split("; ", 1)) in text


def test_what_several_definitions_leave_for_the_same_reason_is_one_line(tmp_path: Path) -> None:
    names = [f"d{number}" for number in range(5)]
    folder = write_gx(
        tmp_path,
        suites={"orders": [{"type": "expect_magic", "kwargs": {}}, NOT_NULL]},
        definitions=dict.fromkeys(names, ("orders", "orders", "all")),
    )
    planned = plan(folder)
    assert len(left(planned)) == len(names)
    text = as_text(import_page(planned, is_dry=True))
    line, fix = text.split("Not converted: 5\n")[1].splitlines()[:2]
    assert all(f"'{name}'" in line for name in names[:3])
    assert " and 2 more: there is no expectation 'expect_magic'" in line
    assert fix.startswith("  fix  ")


def test_a_file_that_cant_be_read_is_named_and_the_others_go_on(tmp_path: Path) -> None:
    folder = write_gx(tmp_path)
    write(folder / "gx/expectations/broken.json", "{")
    planned = plan(folder)
    assert any(one.startswith("expectations/broken.json: it is not JSON") for one in left(planned))
    assert "expectations/orders.json" in planned.written


SLACK = {"name": "to slack", "type": "slack", "notify_on": "failure"}


def alerts(planned: Plan) -> dict[str, Any]:
    """The file of channels and routes."""
    content: dict[str, Any] = yaml.safe_load(planned.written["checkpoints/alerts.yml"])
    return content


def test_actions_become_channels_and_routes(tmp_path: Path) -> None:
    actions = [
        {**SLACK, "slack_webhook": "${HOOK}"},
        {"name": "pager", "type": "pagerduty", "routing_key": "$KEY", "notify_on": "critical"},
        {"name": "teams", "type": "microsoft", "teams_webhook": "${TEAMS}", "notify_on": "warning"},
        {"name": "docs", "type": "update_data_docs"},
    ]
    planned = plan(write_gx(tmp_path, checkpoints={"nightly": {"actions": actions}, "quiet": {}}))
    assert left(planned) == []
    assert alerts(planned) == {
        "channels": {
            "to-slack": {"type": "slack", "webhook": "HOOK"},
            "pager": {"type": "pagerduty", "routing_key": "KEY"},
            "teams": {"type": "teams", "webhook": "TEAMS"},
        },
        "routes": [
            {"checkpoint": "nightly", "status": ["CRITICAL", "ERROR"], "to": ["to-slack", "pager"]},
            {"checkpoint": "nightly", "status": ["WARNING"], "to": ["to-slack", "teams"]},
        ],
    }
    nightly = json.loads(planned.written["checkpoints/nightly.json"])
    types = [action["type"] for action in nightly["actions"]]
    assert types == ["plumbline_alerts", "plumbline_docs"]
    assert json.loads(planned.written["checkpoints/quiet.json"])["actions"] == []


def test_no_secret_is_copied_and_its_variable_is_named(tmp_path: Path) -> None:
    secrets = {
        "hook": "https://hooks.slack.com/services/T000/B000/abcdefghij",
        "token": "xoxb-0123456789-abcdefghij",
        "password": "correct horse battery staple",
        "key": "0123456789abcdef0123456789abcdef",
    }
    mail = {
        "type": "email",
        "smtp_address": "smtp.example.com",
        "smtp_port": "465",
        "use_ssl": True,
        "sender_login": "login@example.com",
        "sender_password": "${password}",
        "receiver_emails": "a@example.com,b@example.com",
    }
    actions = [
        {**SLACK, "slack_webhook": "${hook}"},
        {**SLACK, "slack_token": secrets["token"], "slack_channel": "#dq"},
        {"name": "pager", "type": "pagerduty", "routing_key": "${stored}"},
        {"name": "mail", **mail},
    ]
    planned = plan(
        write_gx(
            tmp_path,
            source={"connection_string": f"{BIGQUERY}?credentials_base64={secrets['key']}"},
            checkpoints={"nightly": {"actions": actions}},
            variables=f"hook: {secrets['hook']}\npassword: {secrets['password']}\n"
            "stored: secret|projects/acme-data/secrets/pager\n",
        )
    )
    assert left(planned) == []
    said = [*planned.written.values(), *planned.report.to_do, repr(planned.report)]
    assert not [name for name, secret in secrets.items() if secret in "".join(said)]
    channels = alerts(planned)["channels"]
    assert channels["to-slack"] == {"type": "slack", "webhook": "hook"}
    assert channels["to-slack-2"]["token"] == "SLACK_BOT_TOKEN"
    assert (channels["mail"]["from"], channels["mail"]["port"]) == ("login@example.com", 465)
    assert list(planned.report.to_do) == [
        "data source 'db' has a service account's key in its connection: save the key to a file "
        "outside of the project, and set GOOGLE_APPLICATION_CREDENTIALS to its path",
        "set hook to the value that the GX project has in a file",
        "set SLACK_BOT_TOKEN to the value that the GX project has in a file",
        "set stored=sm://acme-data/pager",
        "set SMTP_USERNAME to the value that the GX project has in a file",
        "set password to the value that the GX project has in a file",
    ]


def test_two_receivers_whose_secrets_are_in_files_stay_two(tmp_path: Path) -> None:
    written = ["${HOOK}", "https://hooks/1", "https://hooks/2", "https://hooks/1"]
    hooks = [{**SLACK, "slack_webhook": one} for one in written]
    planned = plan(write_gx(tmp_path, checkpoints={"nightly": {"actions": hooks}}))
    (route,) = alerts(planned)["routes"]
    webhooks = [alerts(planned)["channels"][name]["webhook"] for name in route["to"]]
    assert webhooks == ["HOOK", "SLACK_WEBHOOK_URL", "SLACK_WEBHOOK_URL_2"]
    assert list(planned.report.to_do) == [
        f"set {name} to the value that the GX project has in a file" for name in webhooks[1:]
    ]


def test_a_check_that_failed_to_run_is_notified_where_only_warnings_are(tmp_path: Path) -> None:
    actions = [{**SLACK, "slack_webhook": "${HOOK}", "notify_on": "warning"}]
    planned = plan(write_gx(tmp_path, checkpoints={"nightly": {"actions": actions}}))
    (route,) = alerts(planned)["routes"]
    assert sorted(route["status"]) == ["ERROR", "WARNING"]


def test_an_action_without_a_receiver_is_named(tmp_path: Path) -> None:
    mail = {"name": "mail", "type": "email", "smtp_address": "smtp.example.com", "smtp_port": 25}
    cases: Mapping[str, tuple[Mapping[str, Any], str]] = {
        "no channel": ({**SLACK, "slack_token": "${TOKEN}"}, "the action has no slack_channel"),
        "no webhook": ({"name": "teams", "type": "microsoft"}, "the action has no teams_webhook"),
        "no recipient": ({**mail, "sender_login": "a@b.c"}, "the action has no receiver_emails"),
        "no sender": ({**mail, "receiver_emails": "a@b.c"}, "the action has no sender_login"),
    }

    def is_named(case: tuple[str, tuple[Mapping[str, Any], str]]) -> None:
        name, (action, said) = case
        planned = plan(write_gx(tmp_path / name, checkpoints={"c": {"actions": [action]}}))
        (one,) = left(planned)
        assert said in one, one
        assert not planned.report.to_do

    for_each(cases.items(), is_named, name=lambda case: case[0])


def test_a_fault_of_a_checkpoint_leaves_the_suite_of_the_same_name(tmp_path: Path) -> None:
    planned = plan(write_gx(tmp_path, checkpoints={"orders": {"result_format": "ALL"}}))
    assert left(planned) == []
    assert suite(planned, "orders")["expectations"] == [{**NOT_NULL, "severity": "critical"}]
    (said,) = planned.report.to_do
    assert said.startswith("correct result_format of checkpoints/orders.json: input should be ")


OLD = {
    "great_expectations.yml": """
config_variables_file_path: uncommitted/config_variables.yml
datasources:
  warehouse:
    class_name: Datasource
    execution_engine:
      class_name: SqlAlchemyExecutionEngine
      connection_string: ${connection}
    data_connectors:
      runtime: {class_name: RuntimeDataConnector, batch_identifiers: [run]}
      inferred: {class_name: InferredAssetSqlDataConnector, include_schema_name: true}
      configured:
        class_name: ConfiguredAssetSqlDataConnector
        assets:
          by_day:
            table_name: orders
            schema_name: shop
            splitter_method: split_on_year_and_month_and_day
            splitter_kwargs: {column_name: ordered_on}
""",
    "uncommitted/config_variables.yml": "connection: bigquery://acme-data\n",
    "expectations/shop/orders.json": json.dumps(
        {
            "data_asset_type": None,
            "expectation_suite_name": "shop.orders",
            "ge_cloud_id": None,
            "evaluation_parameters": {"least": 0.5},
            "meta": {"great_expectations_version": "0.15.50", "citations": [{"x": 1}]},
            "expectations": [
                {
                    "expectation_type": "expect_column_values_to_not_be_null",
                    "ge_cloud_id": None,
                    "kwargs": {
                        "column": "id",
                        "mostly": {"$PARAMETER": "least"},
                        "result_format": "BASIC",
                        "row_condition": None,
                    },
                    "meta": {"notes": {"format": "markdown", "content": ["why"]}},
                }
            ],
        }
    ),
    "checkpoints/nightly.yml": """
name: nightly
config_version: 1.0
class_name: Checkpoint
expectation_suite_name: shop.orders
action_list:
  - {name: store, action: {class_name: StoreValidationResultAction}}
  - {name: docs, action: {class_name: UpdateDataDocsAction}}
  - name: slack
    action: {class_name: SlackNotificationAction, slack_webhook: "${HOOK}", notify_on: all}
validations:
  - batch_request: {datasource_name: warehouse, data_connector_name: inferred, data_asset_name: shop.orders}
  - batch_request: {datasource_name: warehouse, data_connector_name: configured, data_asset_name: by_day}
  - batch_request:
      datasource_name: warehouse
      data_connector_name: runtime
      data_asset_name: paid
      runtime_parameters: {query: "select id from shop.orders where state = 'paid'"}
""",
}


def test_a_project_of_gx_0_is_converted(tmp_path: Path) -> None:
    for name, text in OLD.items():
        write(tmp_path / "great_expectations" / name, text)
    planned = plan(tmp_path)
    assert left(planned) == []
    assert suite(planned, "shop_orders") == {
        "name": "shop_orders",
        "meta": {
            "monitor": {"table": "shop.orders"},
            "imported_from_gx": {
                "suite": "shop.orders",
                "validation_definition": "shop.orders",
            },
        },
        "expectations": [
            {
                "type": "expect_column_values_to_not_be_null",
                "severity": "critical",
                "kwargs": {"column": "id", "mostly": 0.5},
                "notes": ["why"],
            }
        ],
    }
    by_day = suite(planned, "shop_orders_by_day")["meta"]["monitor"]
    assert by_day["rows"] == {"date_column": "ordered_on", "days": 1}
    assert (
        "from {{ source('shop', 'orders') }} where state"
        in (planned.written["models/monitors/shop_orders_paid.sql"])
    )
    nightly = json.loads(planned.written["checkpoints/nightly.json"])
    assert len(nightly["validation_definitions"]) == 3
    assert alerts(planned)["channels"]["slack"] == {"type": "slack", "webhook": "HOOK"}


def write_old(folder: Path, checkpoint: Mapping[str, Any]) -> Path:
    """A project of GX 0.x, with another checkpoint."""
    for name, text in {**OLD, "checkpoints/nightly.yml": yaml.safe_dump(checkpoint)}.items():
        write(folder / "great_expectations" / name, text)
    return folder


def old_request(connector: str, asset: str, **others: Any) -> dict[str, Any]:
    names = {"data_connector_name": connector, "data_asset_name": asset}
    return {"batch_request": {"datasource_name": "warehouse", **names, **others}}


NIGHTLY = {"name": "nightly", "expectation_suite_name": "shop.orders"}


def test_the_parameters_of_an_old_checkpoint_are_those_of_its_suite(tmp_path: Path) -> None:
    orders = old_request("inferred", "shop.orders")
    validations = [orders, {**orders, "evaluation_parameters": {"least": 0.9}}, orders]
    nightly = {**NIGHTLY, "evaluation_parameters": {"least": 0.8}, "validations": validations}
    planned = plan(write_old(tmp_path, nightly))
    assert left(planned) == []
    found = {
        Path(one.file).stem: suite(planned, Path(one.file).stem)["expectations"][0]["kwargs"]
        for one in planned.report.converted
        if one.file.startswith("expectations/")
    }
    assert {name: kwargs["mostly"] for name, kwargs in found.items()} == {
        "shop_orders": 0.8,
        "shop_orders_shop_orders": 0.9,
    }


def test_an_old_connector_says_which_rows_are_checked(tmp_path: Path) -> None:
    file = "great_expectations/great_expectations.yml"
    folder = write_old(
        tmp_path,
        {
            **NIGHTLY,
            "validations": [old_request("inferred", "shop.orders"), old_request("other", "by_day")],
        },
    )
    content = yaml.safe_load((folder / file).read_text())
    connectors = content["datasources"]["warehouse"]["data_connectors"]
    daily = {"splitter_method": "split_on_year", "splitter_kwargs": {"column_name": "ordered_on"}}
    connectors["inferred"].update(daily)
    connectors["other"] = {"assets": {"by_day": {"table_name": "shop.refunds"}}}
    write(folder / file, yaml.safe_dump(content))
    planned = plan(folder)
    assert left(planned) == []
    assert suite(planned, "shop_orders")["meta"]["monitor"]["rows"]["days"] == 366
    assert suite(planned, "shop_orders_by_day")["meta"]["monitor"] == {"table": "shop.refunds"}


def test_what_an_old_checkpoint_has_and_plumbline_has_not_is_named(tmp_path: Path) -> None:
    orders = old_request("inferred", "shop.orders")
    newest = old_request("inferred", "shop.orders", data_connector_query={"index": -1})
    filtered = {"batch_filter_parameters": {"country": "de"}}
    cases: Mapping[str, tuple[Mapping[str, Any], Sequence[str]]] = {
        "the newest batch": ({"validations": [newest]}, []),
        "a batch by a query": (
            {
                "validations": [
                    old_request("inferred", "shop.orders", data_connector_query=filtered)
                ]
            },
            ["data_connector_query of its batch_request chooses the rows"],
        ),
        "a batch by options": (
            {"batch_request": {"options": {"year": 2020}}, "validations": [orders]},
            ["options of its batch_request chooses the rows"],
        ),
        "a template": (
            {"template_name": "base", "validations": [orders]},
            ["checkpoint 'nightly': it takes what it lacks from checkpoint 'base'"],
        ),
    }

    def is_named(case: tuple[str, tuple[Mapping[str, Any], Sequence[str]]]) -> None:
        name, (changes, said) = case
        planned = plan(write_old(tmp_path / name, {**NIGHTLY, **changes}))
        found = left(planned)
        assert bool(found) == bool(said), found
        assert all(any(one in line for line in found) for one in said), found

    for_each(cases.items(), is_named, name=lambda case: case[0])


def test_the_actions_of_an_old_validation_are_those_of_its_checkpoint(tmp_path: Path) -> None:
    slack = {"class_name": "SlackNotificationAction", "slack_webhook": "${HOOK}"}
    validation = {
        **old_request("inferred", "shop.orders"),
        "action_list": [{"name": "slack", "action": slack}],
    }
    planned = plan(write_old(tmp_path, {**NIGHTLY, "validations": [validation]}))
    assert alerts(planned)["routes"] == [{"checkpoint": "nightly", "to": ["slack"]}]


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_again_nothing_changes_and_an_edit_stays_unless_told(tmp_path: Path) -> None:
    folder, root = write_gx(tmp_path / "old", checkpoints={"nightly": {}}), tmp_path / "new"
    before = contents(folder)
    plan_import(folder, project=None, root=root).write()
    assert contents(folder) == before
    again = plan_import(folder, project=Project(root), root=root)
    assert (again.written, again.changed, again.kept) == ({}, {}, ())
    file = root / "expectations/orders.json"
    written = file.read_text()
    file.write_text(written.replace('"critical"', '"warning"'))
    again = plan_import(folder, project=Project(root), root=root)
    assert (again.written, again.kept) == ({}, ("expectations/orders.json",))
    again.write()
    assert file.read_text() != written
    plan_import(folder, project=Project(root), root=root, overwrite=True).write()
    assert file.read_text() == written


def test_into_an_existing_project_its_files_stay(tmp_path: Path) -> None:
    root = tmp_path / "shop"
    make_project(root, name=None, example=True)
    before = contents(root)
    actions = [{**SLACK, "slack_webhook": "${HOOK}"}]
    asset = {
        "type": "query",
        "query": "select order_id as id from orders",
        "batch_definitions": {"all": {}},
    }
    folder = write_gx(
        tmp_path / "old",
        assets={"orders": asset},
        checkpoints={"nightly": {"actions": actions}},
    )
    planned = plan_import(folder, project=Project(root), root=root)
    planned.write()
    assert {name: text for name, text in contents(root).items() if name in before} == before
    # the example declares the table
    assert set(planned.written) == {
        "expectations/orders.json",
        "models/monitors/orders.sql",
        "checkpoints/nightly.json",
    }
    project_of, channels = planned.report.to_do
    assert project_of == "set PLUMBLINE_PROJECT=acme-data, for targets without a project"
    assert channels.startswith("add to checkpoints/alerts.yml:\nchannels:\n  to-slack:")
    text = as_text(import_page(planned, is_dry=False))
    assert "\n- add to checkpoints/alerts.yml:\nchannels:\n  to-slack:\n    type: slack\n" in text
    # Its other channels and routes would be lost.
    planned = plan_import(folder, project=Project(root), root=root, overwrite=True)
    assert (planned.changed, planned.kept) == ({}, ("checkpoints/alerts.yml",))


def query_of(table: str) -> dict[str, Any]:
    return {"type": "query", "query": f"select id from {table}", "batch_definitions": {"all": {}}}


def test_a_later_import_adds_the_tables_that_it_reads(tmp_path: Path) -> None:
    root, folder = tmp_path / "new", tmp_path / "old"
    first = {"orders": query_of("orders")}
    plan_import(write_gx(folder, assets=first), project=None, root=root).write()
    both = {**first, "refunds": query_of("`other-project.shop.refunds`")}
    definitions = {name: ("orders", name, "all") for name in both}
    write_gx(folder, assets=both, definitions=definitions)
    planned = plan_import(folder, project=Project(root), root=root)
    assert set(planned.changed) == {"models/sources_gx.yml"}
    assert planned.kept == ("checkpoints/health_check.json",)
    todo = "list refunds in checkpoints/health_check.json, so that it is run"
    assert list(planned.report.to_do) == [todo]
    assert "plumbline run" not in as_text(import_page(planned, is_dry=False))
    planned.write()
    sources = yaml.safe_load((root / "models/sources_gx.yml").read_text())["sources"]
    found = {one["name"]: (one.get("database"), one["tables"][0]["name"]) for one in sources}
    assert found == {
        "shop": (None, "orders"),
        "other_project_shop": ("other-project", "refunds"),
    }
    # An edited one stays.
    (root / "models/sources_gx.yml").write_text("# mine\nsources: []\n")
    planned = plan_import(folder, project=Project(root), root=root)
    assert "models/sources_gx.yml" in planned.kept


def test_in_a_dbt_project_the_new_one_is_beside_it(tmp_path: Path) -> None:
    root, folder = tmp_path / "shop", write_gx(tmp_path / "old")
    write(root / "dbt_project.yml", "name: shop\nprofile: shop\n")
    plan_import(folder, project=None, root=root).write()
    assert sorted(path.name for path in root.iterdir()) == ["dbt_project.yml", "plumbline"]
    assert Project(root / "plumbline").identity == "shop"
    again = plan_import(folder, project=None, root=root)
    assert (again.written, again.kept) == ({}, ())


def test_a_readme_of_ones_own_is_never_replaced(tmp_path: Path) -> None:
    root, folder = tmp_path / "shop", write_gx(tmp_path / "old")
    write(root / "README.md", "mine")
    plan_import(folder, project=None, root=root, overwrite=True).write()
    assert (root / "README.md").read_text() == "mine"


WRONG: tuple[object, ...] = (None, 7, "$X", [], [1], {}, {"a": 1})


def test_a_value_of_the_wrong_kind_is_named_and_raises_nothing(tmp_path: Path) -> None:
    actions = [{**SLACK, "slack_webhook": "${HOOK}"}, {"type": "email", "smtp_address": "x"}]
    expectation = {**NOT_NULL, "meta": {"a": 1}, "notes": "why", "severity": "warning"}
    daily = {**ORDERS, "batch_definitions": {"all": by("year_and_month_and_day")}}
    folder = write_gx(
        tmp_path,
        assets={"orders": daily},
        suites={"orders": {"name": "orders", "meta": {"a": 1}, "expectations": [expectation]}},
        checkpoints={"nightly": {"actions": actions}},
    )
    for name, text in OLD.items():
        write(folder / "old/great_expectations" / name, text)
    files = [file for file in folder.rglob("*") if file.suffix in (".json", ".yml")]

    def raises_nothing(case: tuple[Path, tuple[str | int, ...], object]) -> None:
        file, path, wrong = case
        before = file.read_text()
        file.write_text(json.dumps(_changed(yaml.safe_load(before), path, wrong)))
        try:
            report = Report()
            root = folder / "old" if "old" in file.parts else folder
            converter = MonitorConverter(read_gx_project(root, report), report, None)
            converter.convert()
            convert_checkpoints(converter.gx, converter.monitors, report)
        except ConfigError:
            pass
        finally:
            file.write_text(before)

    places = [
        (file, path)
        for file in sorted(files)
        for path in _paths(yaml.safe_load(file.read_text()))
        if path[-1] != "$PARAMETER"  # an expression, which GX evaluates
    ]
    # Each place with one of the wrong values: with all of them it would take long.
    cases = [(*place, WRONG[at % len(WRONG)]) for at, place in enumerate(places)]
    for_each(cases, raises_nothing, name=lambda case: f"{case[0].name} {case[1:]}")


def _paths(value: object, at: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Of each value in ``value``."""
    inner = value.items() if isinstance(value, dict) else ()
    for key, one in enumerate(value) if isinstance(value, list) else inner:
        yield (*at, key)
        yield from _paths(one, (*at, key))


def _changed(value: Any, path: Sequence[str | int], wrong: object) -> Any:
    """``value`` with ``wrong`` at ``path``."""
    if not path:
        return wrong
    value[path[0]] = _changed(value[path[0]], path[1:], wrong)
    return value


def test_tables_of_another_google_project_are_named_with_it(tmp_path: Path) -> None:
    root = tmp_path / "shop"
    made = make_project(root, name=None, example=False)
    file = made.root / "great_expectations.yml"
    file.write_text(
        file.read_text().replace("kind: bigquery\n", "kind: bigquery\n        project: mine\n")
    )
    planned = plan_import(write_gx(tmp_path / "old"), project=Project(root), root=root)
    assert suite(planned, "orders")["meta"]["monitor"]["table"] == "acme-data.shop.orders"


def test_what_is_no_gx_project_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ConfigError, match="is not a project of Great Expectations"):
        plan(tmp_path / "empty")
    with pytest.raises(ConfigError, match="is not a project of Great Expectations"):
        plan(tmp_path / "missing")
    make_project(tmp_path / "ours", name=None, example=False)
    with pytest.raises(ConfigError, match="is already a plumbline project") as refused:
        plan(tmp_path / "ours")
    command = f"plumbline list --project-dir {os.path.relpath(tmp_path / 'ours')}"
    assert command in str(refused.value.fix)


def test_the_folder_of_gxs_configuration_is_no_place_for_the_new_project(tmp_path: Path) -> None:
    folder = write_gx(tmp_path) / "gx"
    with pytest.raises(
        ConfigError, match=r"has the great_expectations.yml of Great Expectations"
    ) as at:
        plan_import(folder, project=Project(folder), root=folder)
    assert "--project-dir FOLDER" in str(at.value.fix)
