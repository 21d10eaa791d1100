"""A project of Great Expectations, written by it, runs after `plumbline import gx` and finds the
same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from plumbline.core.status import Status
from plumbline.project import Project, Target
from plumbline.scaffold.import_gx.destination import Plan, plan_import
from plumbline.warehouse.client import open_client
from support.gx_project import CONNECTION, TABLES, fill_sqlite, literal, make_gx_project
from support.projects import SmallProject
from support.warehouse import running_warehouse

pytestmark = pytest.mark.warehouse


@dataclass(frozen=True)
class Shop:
    """The GX project with its own results, and the warehouse with the same rows."""

    folder: Path
    successes: Mapping[str, Mapping[str, bool]]
    target: Target

    def plan(self, root: Path, *, overwrite: bool = False) -> Plan:
        """The import into ``root``."""
        project = Project(root) if (root / "great_expectations.yml").exists() else None
        return plan_import(self.folder, project=project, root=root, overwrite=overwrite)


@pytest.fixture(scope="module")
def shop(shared_state_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    folder = tmp_path_factory.mktemp("gx_project")
    fill_sqlite(folder / "shop.db")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(CONNECTION, f"sqlite:///{folder / 'shop.db'}")
        patch.setenv("SLACK_HOOK", "https://hooks.slack.com/services/not/a/hook")
        successes = make_gx_project(folder)
    target = running_warehouse(shared_state_dir)
    client = open_client(target)
    client.create_dataset("shop")
    for table, (columns, rows) in TABLES.items():
        client.query(f"create table shop.{table} ({columns})").result()
        values = ", ".join(f"({', '.join(map(literal, row))})" for row in rows)
        client.query(f"insert into shop.{table} values {values}").result()
    client.close()
    return Shop(folder, successes, target)


@pytest.fixture(autouse=True)
def of_bigquery(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CONNECTION, f"bigquery://{shop.target.project}/shop")


@pytest.fixture
def imported(shop: Shop, tmp_path: Path) -> SmallProject:
    """The plumbline project that the import makes."""
    root = tmp_path / "imported"
    shop.plan(root).write()
    return SmallProject(root, replace(shop.target, project_dir=root, seed=None))


def test_it_runs_with_docs_and_alerts_and_finds_what_gx_finds(
    shop: Shop, imported: SmallProject
) -> None:
    report = imported.run("nightly", alerts=True)
    outcomes = {outcome.monitor: outcome for outcome in report.outcomes}
    assert {name: outcome.status for name, outcome in outcomes.items()} == {
        "orders_daily": Status.CRITICAL,
        "orders_all": Status.CRITICAL,
        "customers": Status.PASS,
        "paid": Status.CRITICAL,
        "paid_daily": Status.PASS,
    }, [outcome.reason for outcome in report.outcomes]
    for definition, successes in shop.successes.items():
        outcome = outcomes[definition.replace(" ", "_")]
        failed = {each.expectation for each in outcome.failures}
        assert failed == {name for name, success in successes.items() if not success}, definition
    assert {line.channel for line in report.alerts} == {"slack", "pager", "mail"}
    assert (imported.root / ".plumbline/docs/local/index.html").is_file()
