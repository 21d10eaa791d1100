"""A project at another revision has what it needs to be compiled there."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from plumbline.backtest.revision_files import project_at
from plumbline.models import Compiler
from plumbline.project import Project
from plumbline.scaffold.project import make_project
from support.dbt_manifest import model, write_manifest
from support.repositories import git


@pytest.mark.parametrize("folder", [".", "platform"])
def test_in_a_dbt_project_the_base_reads_dbts_tables(tmp_path: Path, folder: str) -> None:
    """git has no manifest, and of the dbt project only what is in the folder plumbline."""
    dbt = tmp_path / "repository" / folder
    (dbt / "models").mkdir(parents=True)
    (dbt / "dbt_project.yml").write_text("name: shop\nprofile: shop\n")
    (dbt / "models/orders.sql").write_text("select 1 as n")
    (dbt / ".gitignore").write_text("target/\n")
    write_manifest(dbt, model("orders"))
    root = make_project(dbt, name=None, example=False).root
    (root / "models").mkdir(exist_ok=True)
    (root / "models/m.sql").write_text("select * from {{ ref('orders') }}")
    repository = tmp_path / "repository"
    git(repository, "init", "--quiet")
    git(repository, "add", "--all")
    git(repository, "commit", "--quiet", "--message", "first")
    with project_at(Project(root), "HEAD") as base:
        compiled = Compiler(base, base.target("bigquery")).compile(
            "m", as_of=[datetime(2026, 2, 3, tzinfo=UTC)], vars={}, where="here"
        )
    assert list(compiled.sources) == ["shop.orders"]
