"""The fix of a missing table that dbt builds is dbt's command; of any other, dbt is not named."""

from __future__ import annotations

from pathlib import Path

import pytest

from plumbline.core.errors import WarehouseError
from plumbline.models import Compiler
from plumbline.models.relations import Relation
from plumbline.project import Project
from plumbline.scaffold.project import make_project
from plumbline.scaffold.tables import Table, find_table
from support.dbt_manifest import model, source, write_manifest
from unit.models.conftest import SmallTarget

ORDERS = "run `dbt build --select orders`, which creates dbt's model orders"


@pytest.fixture
def dbt(tmp_path: Path) -> Path:
    """A dbt project whose manifest has models and a source."""
    root = tmp_path / "shop"
    (root / "models").mkdir(parents=True)
    (root / "models" / "orders.sql").write_text("{{ config(alias='orders_v2') }} select 1 as n")
    (root / "dbt_project.yml").write_text("name: shop\nprofile: shop\n")
    write_manifest(
        root,
        model("orders", alias="orders_v2"),
        model("inlined", config={"materialized": "ephemeral"}),
        source("raw", "events"),
    )
    return root


@pytest.mark.parametrize(
    ("what", "fix"),
    [
        ("Not found: Table shop-project:shop.orders_v2 was not found in location US", ORDERS),
        ("Not found: Table shop-project.shop.orders_v2", ORDERS),
        ("404 Not found: Table shop-project:shop.orders_v2", ORDERS),
        ("Not found: Table shop-project:shop.orders", None),
        ("Not found: Table other-project:shop.orders_v2", None),
        ("Not found: Table shop-project:other.orders_v2", None),
        ("Not found: Table shop-project:shop.inlined", None),
        ("Not found: Table shop-project:raw.events", None),
        (
            "Not found: Dataset shop-project:shop was not found in location US",
            "run `dbt build`, which creates the dataset of dbt's models",
        ),
        ("Not found: Dataset shop-project:raw", None),
        ("Not found: Project shop-project", None),
        ("Access Denied: Table shop-project:shop.orders_v2", None),
    ],
)
def test_only_what_dbt_builds_is_sent_to_dbt(dbt: Path, what: str, fix: str | None) -> None:
    project = Project(make_project(dbt, name=None, example=False).root)
    assert Compiler(project, project.target("bigquery")).fix_of_unbuilt(what) == fix


def test_the_embedded_warehouse_has_no_table_of_dbt(dbt: Path) -> None:
    project = Project(make_project(dbt, name=None, example=False).root)
    what = "Not found: Table shop-project.shop.orders_v2"
    fix = "pass --target with a BigQuery target: dbt's model orders is not in the embedded BigQuery"
    assert Compiler(project, project.target("local")).fix_of_unbuilt(what) == fix


@pytest.mark.parametrize("manifest", [None, "{"], ids=["none", "broken"])
def test_without_a_readable_manifest_dbt_is_not_named(dbt: Path, manifest: str | None) -> None:
    file = dbt / "target" / "manifest.json"
    project = Project(make_project(dbt, name=None, example=False).root)
    file.unlink() if manifest is None else file.write_text(manifest)
    what = "Not found: Table shop-project:shop.orders_v2"
    assert Compiler(project, SmallTarget()).fix_of_unbuilt(what) is None


def test_a_new_monitor_of_a_model_that_is_not_built_names_the_command(dbt: Path) -> None:
    project = Project(make_project(dbt, name=None, example=False).root)

    def ask(relation: Relation) -> Table:
        what = f"Not found: Table {relation.project}:{relation.key}"
        raise WarehouseError(what, key="--table", fix="look around", reason="notFound")

    for name, fix in (("orders", ORDERS), ("shop.other", "look around")):
        with pytest.raises(WarehouseError) as raised:
            find_table(project, project.target("bigquery"), name, ask)
        assert (raised.value.fix, raised.value.key) == (fix, "--table")
