"""What a run links at its commit: the suite of each monitor, and the SQL of those that have one."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from plumbline.alerts.compose import NO_LINKS, SourceLinks
from plumbline.alerts.factory import source_links
from plumbline.core.outcome import Outcome
from plumbline.core.status import Status
from plumbline.project import Project
from support.projects import GREAT_EXPECTATIONS_YML
from support.repositories import git

AT = datetime(2026, 2, 3, tzinfo=UTC)
SUITES = {
    "coverage": {"meta": {"monitor": {"model": "coverage"}}},
    "orders": {"meta": {"monitor": {"table": "shop.orders"}}},
}
FOUND = [
    Outcome("coverage", Status.CRITICAL, "", AT, model="coverage"),
    Outcome("orders", Status.CRITICAL, "", AT),
    Outcome("gone", Status.ERROR, "", AT),
]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    root = tmp_path / "repository" / "quality"
    for folder in ("expectations", "checkpoints", "models/monitors"):
        (root / folder).mkdir(parents=True)
    (root / "great_expectations.yml").write_text(GREAT_EXPECTATIONS_YML)
    (root / "dbt_project.yml").write_text("name: small\nversion: 1.0.0\n")
    (root / "models/monitors/coverage.sql").write_text("select 1 as n")
    for name, suite in SUITES.items():
        written = {"name": name, **suite, "expectations": []}
        (root / "expectations" / f"{name}.json").write_text(json.dumps(written))
    git(root.parent, "init", "--quiet")
    git(root.parent, "add", "quality")
    git(root.parent, "commit", "--quiet", "--message", "first")
    return Project(root)


def test_suites_and_sql_are_linked_at_the_commit(project: Project) -> None:
    git(project.root, "remote", "add", "origin", "git@git.example:acme/data.git")
    commit = git(project.root, "rev-parse", "HEAD").strip()
    assert source_links(project, FOUND) == SourceLinks(
        f"https://git.example/acme/data/blob/{commit}/quality/",
        models={"coverage": "models/monitors/coverage.sql"},
        suites={"coverage": "expectations/coverage.json", "orders": "expectations/orders.json"},
    )


def test_without_a_remote_nothing_is_linked(project: Project) -> None:
    assert source_links(project, FOUND) == NO_LINKS
