"""One project, two environments in one warehouse, whose datasets have a prefix or a suffix.

Both hold the same tables with other rows: what a target reads, records, sends and shows is its own.
"""

from __future__ import annotations

import json
import subprocess
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from plumbline.history.reader import open_history
from plumbline.project import Project
from support.dbt_manifest import model, write_manifest
from support.fake_receivers import FakeReceiver
from support.processes import environment
from support.projects import make_project
from support.targets import embedded_target
from support.warehouse import running_warehouse
from support.warm_python import warm_python

pytestmark = pytest.mark.warehouse

PAID = {"dev": 4, "prod": 1}
"""Of four orders; two are enough."""
SHOP = {"dev": "dev_shop", "prod": "shop_live"}
MARTS = {"dev": "dev_marts", "prod": "marts_live"}
TARGETS = """    default_target: dev
    targets:
      dev: {{kind: embedded, project: {project}, dataset_prefix: dev_}}
      prod: {{kind: embedded, project: {project}, dataset_suffix: _live}}
"""
SOURCES = """
sources:
  - name: shop
    tables:
      - {name: orders, columns: [{name: id, data_type: INT64}, {name: state, data_type: STRING}]}
"""
COUNT = (
    "select instant as as_of, (select count(*) from {table} where state = 'paid') as n\n"
    "from unnest({{{{ var('as_of') }}}}) as instant\n"
)
ALERTS = """
channels: {pager: {type: webhook, url: PAGER_URL}, team: {type: webhook, url: TEAM_URL}}
routes: [{target: prod, to: [pager]}, {target: dev, to: [team]}]
"""

Plumbline = Callable[..., str]


@pytest.fixture(scope="module")
def receiver() -> Iterator[FakeReceiver]:
    with FakeReceiver() as found:
        yield found


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("shop")


@pytest.fixture(scope="module")
def plumbline(shared_state_dir: Path, root: Path, receiver: FakeReceiver) -> Plumbline:
    """Type a command in the project; its standard output. Both targets have their tables."""
    project = f"test-{uuid.uuid4().hex[:12]}"
    running_warehouse(shared_state_dir)
    make_project(root, embedded_target(shared_state_dir))
    _write(root, project)
    env = environment(
        PLUMBLINE_STATE_DIR=str(shared_state_dir),
        PAGER_URL=f"{receiver.url}/pager",
        TEAM_URL=f"{receiver.url}/team",
    )

    def run(*arguments: str, code: int = 0) -> str:
        done = subprocess.run(
            [*warm_python(), "-m", "plumbline", *arguments],
            cwd=root,
            env={name: env[name] for name in env if name != "BIGQUERY_EMULATOR_HOST"},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout

    for target, paid in PAID.items():
        for dataset, table in ((SHOP[target], "orders"), (MARTS[target], "revenue")):
            run("warehouse", "query", "--target", target, f"create schema {dataset}")
            rows = (
                f"select id, if(id <= {paid}, 'paid', 'open') as state from unnest([1,2,3,4]) as id"
            )
            run(
                "warehouse",
                "query",
                "--target",
                target,
                f"create table {dataset}.{table} as {rows}",
            )
    return run


def _write(root: Path, project: str) -> None:
    text = (root / "great_expectations.yml").read_text()
    before = text[: text.index("    default_target: local")]
    (root / "great_expectations.yml").write_text(before + TARGETS.format(project=project))
    (root / "models" / "sources.yml").write_text(SOURCES)
    (root / "models" / "revenue.sql").write_text("{{ config(materialized='table') }}\nselect 1")
    revenue = model("revenue", schema="marts", database=project, project="small")
    write_manifest(root, revenue, project="small")
    tables = {"paid": "{{ source('shop', 'orders') }}", "revenue": "{{ ref('revenue') }}"}
    for name, table in tables.items():
        sql = COUNT.format(table=table)
        (root / "models" / "monitors" / f"{name}_rows.sql").write_text(sql)
        meta = {
            "model": f"{name}_rows",
            "observed": {"column": "n", "aggregate": "mean", "unit": "orders"},
            "drilldown": f"select id from {table} where state <> 'paid'",
        }
        enough = {"column": "n", "min_value": 2}
        _suite(root, f"{name}_rows", meta, "expect_metric_to_be_between", enough)
    paid = {"column": "state", "value_set": ["paid"]}
    _suite(root, "orders", {"table": "shop.orders"}, "expect_column_values_to_be_in_set", paid)
    checkpoint = {
        "name": "health",
        "validation_definitions": [
            {"name": name} for name in ("paid_rows", "revenue_rows", "orders")
        ],
        "actions": [{"name": "alerts", "type": "plumbline_alerts"}],
    }
    (root / "checkpoints" / "health.json").write_text(json.dumps(checkpoint))
    (root / "checkpoints" / "alerts.yml").write_text(ALERTS)


def _suite(root: Path, name: str, meta: object, kind: str, kwargs: object) -> None:
    suite = {
        "name": name,
        "meta": {"monitor": meta},
        "expectations": [{"type": kind, "severity": "critical", "kwargs": kwargs}],
    }
    (root / "expectations" / f"{name}.json").write_text(json.dumps(suite))


def test_each_target_reads_records_and_shows_its_own_datasets(
    plumbline: Plumbline,
    receiver: FakeReceiver,
    root: Path,
    shared_state_dir: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    live = ("run", "health", "--alerts", "--no-docs", "--format")
    prod = plumbline(*live, "markdown", "--target", "prod", code=2)
    dev = json.loads(plumbline(*live, "json", "--target", "dev"))

    # Rows of dev: the model over a source, that over dbt's manifest, and the suite over a table.
    assert [(one["name"], one["status"]) for one in dev["monitors"]] == [
        ("paid_rows", "PASS"),
        ("revenue_rows", "PASS"),
        ("orders", "PASS"),
    ]
    assert dev["monitors"][0]["observed"] == PAID["dev"]
    # Rows of prod, and the queries to copy.
    for name in ("paid_rows", "revenue_rows", "orders"):
        assert f"CRITICAL | `{name}`" in prod
    for table in (f"{SHOP['prod']}`.`orders`", f"{MARTS['prod']}`.`revenue`"):
        assert f"select id from `{_project(prod)}`.`{table}" in prod
    assert "dev_" not in prod
    # Incidents and messages of prod are none of dev's.
    assert "opened" in prod
    assert dev["alerts"] == []
    assert {request.path for request in receiver.requests} == {"/pager"}
    assert "pager" in plumbline("alerts", "list", "--target", "prod")
    assert plumbline("alerts", "list", "--target", "dev") == "No incident is open.\n"
    shown = plumbline("list", "--target", "dev"), plumbline("list", "--target", "prod")
    assert ["CRITICAL" in one for one in shown] == [False, True]
    # History of each: what a target recorded is read for that target alone.
    monkeypatch.setenv("PLUMBLINE_STATE_DIR", str(shared_state_dir))
    monkeypatch.delenv("BIGQUERY_EMULATOR_HOST", raising=False)
    for target, status in (("dev", "PASS"), ("prod", "CRITICAL")):
        of_target = {(name, status) for name in ("paid_rows", "revenue_rows", "orders")}
        assert _recorded(root, target) == of_target


def test_the_sql_of_a_target_names_its_datasets(plumbline: Plumbline) -> None:
    for target in PAID:
        for monitor, table in (
            ("paid_rows", f"{SHOP[target]}`.`orders`"),
            ("revenue_rows", f"{MARTS[target]}`.`revenue`"),
            ("orders", f"{SHOP[target]}`.`orders`"),
        ):
            assert table in plumbline("compile", monitor, "--target", target)


def test_a_table_that_only_one_target_has_is_named_as_that_target_names_it(
    plumbline: Plumbline,
) -> None:
    plumbline("warehouse", "query", "--target", "prod", f"drop table {SHOP['prod']}.orders")
    arguments = ("--no-alerts", "--no-docs", "--select", "paid_rows", "--format", "json")
    found = json.loads(plumbline("run", "health", *arguments, "--target", "prod", code=3))
    assert f"{SHOP['prod']}.orders" in found["monitors"][0]["reason"]
    assert json.loads(plumbline("run", "health", *arguments, "--target", "dev"))["status"] == "OK"


def _recorded(root: Path, target: str) -> set[tuple[str, str]]:
    """Monitors and statuses in the history of ``target``."""
    with open_history(Project(root).target(target)) as history:
        found = history.outcomes(since=datetime(2020, 1, 1, tzinfo=UTC)) or []
    return {(one.outcome.monitor, str(one.outcome.status)) for one in found}


def _project(report: str) -> str:
    return report.partition("from `")[2].partition("`")[0]
