"""`plumbline init` in a dbt project: monitors read its tables by ref() and source()."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from plumbline.cli.main import invoke
from plumbline.core.errors import ConfigError, MonitorError
from plumbline.lint.linter import lint
from plumbline.models import Compiler
from plumbline.models.named_table import find_table as find_named
from plumbline.models.references import Place
from plumbline.models.relations import Relation
from plumbline.models.workspace import Workspace
from plumbline.project import Project
from plumbline.scaffold.monitor import NewMonitor, check_written, make_files
from plumbline.scaffold.monitor_checks import check_monitor
from plumbline.scaffold.project import make_project
from plumbline.scaffold.tables import Column, Table, find_table
from plumbline.scaffold.writing import write_new
from support.dbt_manifest import model, source, write_manifest

AT = datetime(2026, 2, 3, 12, tzinfo=UTC)
COLUMNS = {
    "ordered_on": {"name": "ordered_on", "data_type": "date"},
    "email": {"name": "email", "data_type": "string", "meta": {"personal": True}},
}


@pytest.fixture
def dbt(tmp_path: Path) -> Path:
    """A dbt project whose manifest has models and a source."""
    root = tmp_path / "shop"
    (root / "models").mkdir(parents=True)
    (root / "dbt_project.yml").write_text("name: shop\nprofile: shop\n")
    for name in ("orders", "customers"):
        (root / f"models/{name}.sql").write_text("select 1 as n")
    write_manifest(
        root,
        model("orders", columns=COLUMNS),
        model("customers", alias="customers_v2"),
        source("raw", "events", identifier="events_1", relation_name="`other-one`.`raw_eu`.`events_1`",
               columns={"day": {"name": "day", "data_type": "DATE"}}),
    )  # fmt: skip
    return root


@pytest.fixture
def project(dbt: Path) -> Project:
    return Project(make_project(dbt, name=None, example=False).root)


def never(relation: Relation) -> Table:
    raise AssertionError(f"{relation.key} is described")


def counted(project: Project, table: Table, column: str) -> NewMonitor:
    return NewMonitor("counted", table, "count", column, None, 1, "ana")


def test_the_project_is_that_of_the_manifest(dbt: Path) -> None:
    made = make_project(dbt, name=None, example=False)
    project = Project(made.root)
    assert made.dbt is not None
    assert (made.dbt.tables, made.dbt.fault) == (3, None)
    assert project.identity == "shop"
    assert project.target(None).kind == "bigquery"
    assert project.target("bigquery").project == "shop-project"


@pytest.mark.parametrize("text", ["orders", "shop.orders", "shop-project.shop.orders"])
def test_a_monitor_of_a_model_reads_it_by_ref(project: Project, text: str) -> None:
    target = project.target("local")
    asked = counted(project, find_table(project, target, text, never), "ordered_on")
    check_monitor(asked, project)
    files, changed = make_files(asked, project, target="local")
    write_new(project.root, files, changed, check=lambda: check_written(project.root, "counted"))
    assert "{{ ref('orders') }}" in files["models/monitors/counted.sql"]
    assert "sources:" not in files["models/monitors/counted.yml"]
    compiled = Compiler(Project(project.root), target).compile(
        "counted", as_of=[AT], vars={}, where="here"
    )
    assert "`shop-project`.`shop`.`orders`" in compiled.sql
    assert [one.what for one in lint(Project(project.root)).findings] == []


def test_a_monitor_of_a_source_reads_it_by_source(project: Project) -> None:
    target = project.target("local")
    asked = counted(project, find_table(project, target, "raw.events", never), "day")
    files, changed = make_files(asked, project, target="local")
    write_new(project.root, files, changed, check=lambda: check_written(project.root, "counted"))
    compiled = Compiler(Project(project.root), target).compile(
        "counted", as_of=[AT], vars={}, where="here"
    )
    assert "`other-one`.`raw_eu`.`events_1`" in compiled.sql


def test_the_warehouse_says_what_the_manifest_does_not(project: Project) -> None:
    asked: list[str] = []

    def ask(relation: Relation) -> Table:
        asked.append(str(relation))
        return Table(relation.dataset, relation.table, (Column("id", "INT64"),), False)

    found = find_table(project, project.target("local"), "customers", ask)
    assert asked == ["`shop-project`.`shop`.`customers_v2`"]
    assert (found.call, found.types, found.is_declared) == (
        "ref('customers')",
        {"id": "INT64"},
        True,
    )
    find_table(project, project.target("local"), "orders", ask, named=["total"])
    assert asked[1:] == ["`shop-project`.`shop`.`orders`"]


def test_personal_columns_of_dbt_are_personal_in_suites(project: Project) -> None:
    workspace = Workspace(project, project.target("local"))
    for name in ("orders", "shop.orders"):
        found = find_named(name, workspace, Place("here", 1))
        assert (found.relation.table, found.personal) == ("orders", {"email"})


def test_a_monitor_is_not_called_as_the_model_that_it_reads(project: Project) -> None:
    table = find_table(project, project.target("local"), "orders", never)
    asked = replace(counted(project, table, "ordered_on"), name="orders")
    with pytest.raises(ConfigError, match="dbt has a model 'orders'"):
        check_monitor(asked, project)


def test_without_a_manifest_a_ref_says_what_to_do(dbt: Path) -> None:
    (dbt / "target/manifest.json").unlink()
    made = make_project(dbt, name=None, example=False)
    assert made.dbt is not None
    assert (made.dbt.tables, made.dbt.fault) == (None, None)
    project = Project(made.root)
    with pytest.raises(MonitorError, match="there is no model 'orders'") as caught:
        find_table(project, project.target("local"), "orders", never)
    assert "dbt compile" in str(caught.value.fix)


def test_the_next_steps_compile_dbt_where_it_is(
    dbt: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (dbt / "target/manifest.json").unlink()
    monkeypatch.chdir(dbt.parent)
    assert invoke(["init", dbt.name, "--no-example"]) == 0
    assert capsys.readouterr().out.partition("Next:\n")[2].splitlines() == [
        f"  cd {dbt.name}",
        "  dbt compile # monitors then read its models by ref()",
        "  cd plumbline",
        "  plumbline new monitor NAME --table MODEL # a model of dbt",
        "  plumbline import dbt --dry-run # dbt's tests as suites",
    ]
    monkeypatch.chdir(dbt)
    assert invoke(["init", "--no-example"]) == 0
    first = capsys.readouterr().out.partition("Next:\n")[2].splitlines()[0]
    assert first == "  dbt compile # monitors then read its models by ref()"


def test_a_manifest_for_another_warehouse_is_told_beside_the_next_steps(
    dbt: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = dbt / "target/manifest.json"
    file.write_text(file.read_text().replace('"bigquery"', '"duckdb"'))
    monkeypatch.chdir(dbt)
    assert invoke(["init", "--no-example"]) == 0
    before, _, steps = capsys.readouterr().out.partition("Next:\n")
    assert "Monitors can't read dbt's models yet: dbt's manifest is made for 'duckdb'" in before
    assert steps.splitlines()[0] == "  cd plumbline"
    assert "duckdb" not in steps


def test_a_source_is_named_where_only_its_table_was_given(project: Project) -> None:
    with pytest.raises(MonitorError, match="'events'") as caught:
        find_table(project, project.target("local"), "events", never)
    assert caught.value.fix == "name the source: raw.events"


def test_without_dbts_other_files_the_manifest_is_enough(dbt: Path, project: Project) -> None:
    """As in an image; with its models beside it, one that is gone makes the manifest stale."""
    write_new(project.root, {"models/m.sql": "select * from {{ ref('orders') }}"})
    (dbt / "models/orders.sql").unlink()
    with pytest.raises(MonitorError, match="which is gone"):
        Compiler(Project(project.root), project.target("local")).compile(
            "m", as_of=[AT], vars={}, where="here"
        )
    shutil.rmtree(dbt / "models")
    compiled = Compiler(Project(project.root), project.target("local")).compile(
        "m", as_of=[AT], vars={}, where="here"
    )
    assert list(compiled.sources) == ["shop.orders"]


def test_a_manifest_for_another_warehouse_is_told(dbt: Path) -> None:
    file = dbt / "target/manifest.json"
    file.write_text(file.read_text().replace('"bigquery"', '"duckdb"'))
    made = make_project(dbt, name=None, example=True)
    assert made.dbt is not None
    assert "is made for 'duckdb', not for BigQuery" in str(made.dbt.fault)
    assert Project(made.root).suite_names() == ("orders_with_email",)


def test_a_folder_that_is_no_dbt_project_is_told(project: Project) -> None:
    file = project.root / "dbt_project.yml"
    file.write_text(file.read_text().replace('".."', '"../models"'))
    with pytest.raises(MonitorError, match="is not the folder of a dbt project") as caught:
        Workspace(Project(project.root), project.target("local")).manifest  # noqa: B018
    assert caught.value.key == "vars.plumbline_dbt_project"


def test_an_unknown_model_is_told_of_the_option_once(project: Project) -> None:
    with pytest.raises(MonitorError, match="ordres") as caught:
        find_table(project, project.target("local"), "ordres", never)
    assert caught.value.where == "--table"
