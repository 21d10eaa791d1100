"""plumbline in a dbt project that someone already has: dbt builds the tables, plumbline judges them.

The project is in the folder `shop`: a seed, an ephemeral model, and three that dbt builds (a table, an
incremental model with a dataset and a name of its own, a view) into the embedded BigQuery.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from plumbline.core.masking import PREFIX
from plumbline.core.outcome import Outcome
from plumbline.dbt.record import RecordRequest, record_dbt
from plumbline.gx.context import open_workspace
from plumbline.lint.linter import lint
from plumbline.lint.rule import Severity
from plumbline.models import CompiledModel, Compiler
from plumbline.project import Project
from plumbline.project.targets import Target
from plumbline.run.request import AsOf, RunRequest
from plumbline.run.runner import run_checkpoint
from plumbline.warehouse.client import open_client
from plumbline.warehouse.embedded import EmbeddedWarehouse
from support.dbt import Dbt
from support.processes import environment
from support.same_query import differences
from support.targets import embedded_target
from support.warm_python import warm_python

pytestmark = [pytest.mark.dbt, pytest.mark.warehouse]

SHOP = Path(__file__).parent / "shop"
TESTS_OF_DBT = Path(__file__).parent / "shop_tests"
"""Tests of the project, some of which fail."""
MONITORS = ("lost_orders", "paid_orders")


@dataclass(frozen=True)
class Shop:
    """A copy of the project, whose models dbt has built."""

    dbt: Dbt
    target: Target
    said: str
    """What dbt said of it."""

    @property
    def project(self) -> Project:
        """As plumbline reads it."""
        return Project(self.dbt.project)

    def compiled(self, model: str) -> CompiledModel:
        """One of its models, at the instant that dbt_project.yml gives to dbt."""
        as_of = [datetime.fromisoformat(text) for text in self.project.vars["as_of"]]
        compiler = Compiler(self.project, self.target)
        return compiler.compile(model, as_of=as_of, vars={}, where="the test")

    def copy(self, folder: Path) -> Shop:
        """Another, to be changed: the same tables."""
        shutil.copytree(self.dbt.project, folder)
        return Shop(Dbt(folder, self.dbt.profiles), self.target, self.said)

    def type(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """One command of plumbline, as a process."""
        return subprocess.run(
            [*warm_python(), "-m", "plumbline", *arguments],
            cwd=self.dbt.project,
            env=environment(
                PLUMBLINE_TARGET="local",
                PLUMBLINE_PROJECT=self.target.project,
                PLUMBLINE_STATE_DIR=str(self.target.state_dir),
            ),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def run(self) -> Mapping[str, Outcome]:
        """What plumbline finds at the end of 2026-02-02, by monitor."""
        request = RunRequest(
            project=self.project,
            target=self.target,
            as_of=AsOf(datetime(2026, 2, 3, tzinfo=UTC), "given"),
            checkpoint="health_check",
        )
        report = run_checkpoint(request, now=datetime.now(UTC), open_workspace=open_workspace)
        return {outcome.monitor: outcome for outcome in report.outcomes}


@pytest.fixture(scope="session")
def shop(shared_state_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """Built once."""
    folder = tmp_path_factory.mktemp("shop")
    target = embedded_target(shared_state_dir, project=f"shop-{uuid.uuid4().hex[:12]}")
    server = EmbeddedWarehouse.of(target).start()
    project = shutil.copytree(SHOP, folder / "project")
    dbt = Dbt.open(
        project, folder / "profiles", project=target.project, dataset="shop", endpoint=server.url
    )
    return Shop(dbt, target, dbt.succeed("build"))


def test_dbt_builds_its_models_and_nothing_of_the_monitors(shop: Shop) -> None:
    client = open_client(shop.target)
    built = {
        f"{dataset.dataset_id}.{table.table_id}": table.table_type
        for dataset in client.list_datasets()
        for table in client.list_tables(dataset.reference)
    }
    assert built == {
        "shop.raw_orders": "TABLE",
        "shop.orders": "TABLE",
        "shop.customers": "VIEW",
        "shop_reporting.daily": "TABLE",
    }, shop.said


def test_plumbline_judges_what_dbt_has_built(shop: Shop) -> None:
    done = shop.type("run", "--as-of", "2026-02-02", "--format", "json")
    assert done.returncode == 2, done.stderr
    paid, lost = json.loads(done.stdout)["monitors"]
    assert (paid["name"], paid["status"]) == ("paid_orders", "WARNING")
    assert paid["observed"] == pytest.approx((100 + 100 / 3) / 2)
    assert (lost["name"], lost["status"], lost["observed"]) == ("lost_orders", "CRITICAL", 1)
    failing = [group for group in lost["groups"] if group["status"] == "CRITICAL"]
    assert [(group["key"], group["numerator"], group["denominator"]) for group in failing] == [
        ({"customer": "bob"}, 1, 2)
    ]


def test_plumbline_records_what_dbt_has_tested(shop: Shop) -> None:
    request = RecordRequest(shop.project, shop.target, checkpoint="tests", alerts=False)
    report = record_dbt(request, now=datetime.now(UTC), open_docs=None)
    assert [(one.monitor, str(one.status), one.summary) for one in report.outcomes] == [
        ("tests.not_null_orders_order_id", "PASS", "0 failing rows")
    ]
    assert report.outcomes[0].expectations[0].text == "not_null on orders.order_id"


def test_a_table_is_where_dbt_says_and_an_ephemeral_model_is_inlined(shop: Shop) -> None:
    paid, lost = (shop.compiled(name) for name in ("paid_orders", "lost_orders"))
    assert f"`{shop.target.project}`.`shop_reporting`.`daily`" in paid.sql
    assert paid.sources == ("shop_reporting.daily",)
    assert "__dbt__cte__stg_orders as (" in lost.sql
    assert sorted(lost.sources) == ["shop.customers", "shop.orders", "shop.raw_orders"]


@pytest.mark.parametrize("name", MONITORS)
def test_dbt_makes_the_same_query_of_a_monitor(shop: Shop, name: str) -> None:
    pasted = shop.dbt.compiled(Path("models", "monitors", f"{name}.sql"))
    assert differences(shop.compiled(name), pasted, shop.project.vars) == []


def test_a_model_that_dbt_compiles_is_taken_as_dbt_has_compiled_it(shop: Shop) -> None:
    made = shop.compiled("odd_orders")
    assert made.sql == shop.dbt.compiled(Path("models", "staging", "odd_orders.sql")).strip()
    assert "'test' as target" in made.sql
    assert made.sources == ("shop.orders",)


def test_lint_finds_nothing_wrong_and_leaves_dbts_models_to_dbt(shop: Shop) -> None:
    assert lint(shop.project).findings == ()


def test_before_dbt_has_run_each_check_is_an_error_that_says_so(shop: Shop, tmp_path: Path) -> None:
    fresh = shop.copy(tmp_path / "fresh")
    shutil.rmtree(fresh.dbt.project / "target")
    outcomes = fresh.run()
    for name in MONITORS:
        assert outcomes[name].status == "ERROR"
        assert "run `dbt compile`" in str(outcomes[name].reason)


def test_a_table_that_was_moved_since_is_an_error_of_the_monitors_that_read_it(
    shop: Shop, tmp_path: Path
) -> None:
    moved = shop.copy(tmp_path / "moved")
    file = moved.dbt.project / "models" / "marts" / "orders_by_day.sql"
    file.write_text(file.read_text().replace("alias='daily'", "alias='by_day'"))
    outcomes = moved.run()
    assert outcomes["lost_orders"].status == "CRITICAL"
    assert outcomes["paid_orders"].status == "ERROR"
    reason = str(outcomes["paid_orders"].reason)
    assert "it has alias 'daily', and now it is 'by_day'" in reason
    assert "target/manifest.json" in reason


def test_a_table_that_dbt_knows_and_has_not_built_is_an_error(shop: Shop, tmp_path: Path) -> None:
    ahead = shop.copy(tmp_path / "ahead")
    manifest = ahead.dbt.project / "target" / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"shop_reporting"', '"shop_next"'))
    outcome = ahead.run()["paid_orders"]
    assert outcome.status == "ERROR"
    assert "Not found" in str(outcome.reason)
    assert "shop_next" in str(outcome.reason)
    assert "--target with a BigQuery target: the dataset of dbt's models" in str(outcome.reason)


@dataclass(frozen=True)
class Findings:
    """What dbt and plumbline find by the same tests on the same tables."""

    shop: Shop
    dbt: Mapping[str, str]
    """``pass``, ``warn`` or ``fail`` by the id of a test."""
    imported: Sequence[Mapping[str, Any]]
    """What each test became."""
    monitors: Mapping[str, Mapping[str, Any]]


@pytest.fixture(scope="module")
def findings(shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> Findings:
    """Typed as a newcomer would."""
    copy = shop.copy(tmp_path_factory.mktemp("tested") / "project")
    root = copy.dbt.project
    (root / "models" / "marts" / "schema.yml").unlink()  # orders may be described once
    shutil.copytree(TESTS_OF_DBT, root, dirs_exist_ok=True)
    done = copy.dbt("test", warnings_are_errors=False)
    assert done.code == 1, done.said  # some fail
    results = json.loads((root / "target" / "run_results.json").read_text())["results"]
    imported = copy.type("import", "dbt", "--format", "json")
    run = copy.type("run", "dbt_tests", "--format", "json")
    return Findings(
        copy,
        {one["unique_id"]: one["status"] for one in results},
        json.loads(imported.stdout)["tests"],
        {one["name"]: one for one in json.loads(run.stdout)["monitors"]},
    )


def test_each_test_of_dbt_is_imported(findings: Findings) -> None:
    became = {one["test"]: one["became"] for one in findings.imported}
    assert became.keys() == findings.dbt.keys()
    queries = {name.split(".")[2] for name, kind in became.items() if kind == "failing_rows"}
    assert queries == {"few_other_customers", "no_cheap_orders", "no_unknown_customers"}
    assert "not_imported" not in became.values()


def test_what_was_imported_passes_lint(findings: Findings) -> None:
    found = lint(findings.shop.project).findings
    assert [one for one in found if one.severity is Severity.ERROR] == []


def test_plumbline_finds_what_dbt_finds(findings: Findings) -> None:
    words = {"pass": "PASS", "warn": "WARNING", "fail": "CRITICAL"}
    statuses: dict[str, list[str]] = {}
    for one in findings.imported:
        statuses.setdefault(one["suite"], []).append(words[findings.dbt[one["test"]]])
    worst = {
        suite: max(found, key=["PASS", "WARNING", "CRITICAL"].index)
        for suite, found in statuses.items()
    }
    assert {name: one["status"] for name, one in findings.monitors.items()} == worst
    for suite, found in statuses.items():
        failed = sum(status != "PASS" for status in found)
        assert (suite, len(findings.monitors[suite]["failures"])) == (suite, failed)
    assert worst == {
        "orders": "CRITICAL",
        "customers": "PASS",
        "raw_orders": "CRITICAL",
        "few_other_customers": "WARNING",
        "no_cheap_orders": "WARNING",
        "no_unknown_customers": "PASS",
    }


def test_personal_columns_are_masked_under_the_names_that_dbt_gives_them(
    findings: Findings,
) -> None:
    said = json.dumps(findings.monitors["few_other_customers"])
    assert "value_field" in said
    assert PREFIX in said
    assert [name for name in ("cleo", "dan") if name in said] == []


def test_all_tests_of_a_table_are_one_job(findings: Findings) -> None:
    assert {len(one["job_ids"]) for one in findings.monitors.values()} == {1}
    assert findings.monitors["orders"]["expectations"]["evaluated"] == 9
