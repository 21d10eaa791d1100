"""The files of a new monitor: none where something is wrong, and none over another."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from plumbline.errors import ConfigError
from plumbline.lint.linter import lint
from plumbline.project import Project
from plumbline.project.runbooks import Heading, headings_of
from plumbline.scaffold.monitor import (
    Column,
    NewMonitor,
    Table,
    check_monitor,
    find_table,
    make_files,
)
from plumbline.scaffold.project import make_project
from plumbline.scaffold.writing import write_new

ORDERS = Table(
    "shop",
    "orders",
    (
        Column("ordered_on", "DATE"),
        Column("seen_at", "TIMESTAMP"),
        Column("country", "STRING"),
        Column("email", "STRING"),
    ),
    is_declared=False,
    partition_by="ordered_on",
)
GOOD = NewMonitor("fresh", ORDERS, "ratio", "ordered_on", 95, 80, "email is not null")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(make_project(tmp_path / "shop", name=None, example=False).root)


def never(dataset: str, table: str) -> Table:
    raise AssertionError(f"{dataset}.{table} is declared")


@pytest.mark.parametrize(
    ("changes", "key", "mend"),
    [
        ({"name": "Fresh Orders"}, "NAME", "small letters"),
        ({"date_column": "orderd_on"}, "--date-column", "did you mean 'ordered_on'?"),
        ({"date_column": "country"}, "--date-column", "known: ordered_on, seen_at"),
        ({"group_by": ("county",)}, "--group-by", "did you mean 'country'?"),
        ({"arrival": "seen"}, "--arrival", "did you mean 'seen_at'?"),
        ({"condition": None}, "--condition", "--kind count"),
        ({"condition": "emial is not null"}, "--condition", "did you mean 'email'?"),
        ({"condition": "email is not null and ("}, "--condition", "as after `where`"),
        ({"condition": "email in (select 1)"}, "--condition", "columns of this one"),
        ({"warning": None, "critical": None}, "--warning", "--critical or both"),
        ({"warning": 50, "critical": 80}, "--critical", "the lower one"),
    ],
)
def test_what_cannot_be_made_is_said_with_its_mend(
    project: Project, changes: dict[str, object], key: str, mend: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        check_monitor(replace(GOOD, **changes), project)  # type: ignore[arg-type]
    assert caught.value.key == key
    assert mend in str(caught.value.mend)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"kind": "count", "condition": None},
        {"group_by": ("country",), "arrival": "seen_at"},
        {"group_by": ("country", "email")},
        {"date_column": "seen_at"},
        {"date_column": "seen_at", "group_by": ("country",), "arrival": "seen_at"},
        {"critical": None, "days": 7},
    ],
    ids=lambda changes: ", ".join(changes) or "plain",
)
def test_what_is_made_passes_lint(project: Project, changes: dict[str, object]) -> None:
    asked = replace(GOOD, owner="ana", **changes)  # type: ignore[arg-type]
    if asked.date_column == "seen_at":
        asked = replace(asked, table=replace(ORDERS, partition_by="DATE(seen_at)"))
    files, changed = make_files(asked, project, target="local")
    write_new(project.root, files, changed)
    found = lint(Project(project.root)).findings
    assert [f"{one.place.file.name}: {one.what}" for one in found] == []


def test_its_runbook_has_the_headings_of_all_runbooks(project: Project) -> None:
    files, _ = make_files(GOOD, project, target="local")
    assert headings_of(files["docs/runbooks/fresh.md"])[1:] == [*Heading]


def test_a_second_one_is_a_line_more_in_the_checkpoint(project: Project) -> None:
    for name in ("fresh", "fresher"):
        files, changed = make_files(replace(GOOD, name=name), project, target="local")
        write_new(project.root, files, changed)
    content = json.loads((project.checkpoints_dir / "health_check.json").read_text())
    assert content["validation_definitions"] == [{"name": "fresh"}, {"name": "fresher"}]


def test_a_line_goes_in_as_its_neighbours_stand(project: Project) -> None:
    file = project.checkpoints_dir / "mine.json"
    text = '{\n  "name": "mine",\n  "validation_definitions": [\n    {"name": "a"}\n  ]\n}\n'
    file.write_text(text)
    _, changed = make_files(replace(GOOD, checkpoint="mine"), project, target="local")
    expected = text.replace('{"name": "a"}', '{"name": "a"},\n    {"name": "fresh"}')
    assert changed == {"checkpoints/mine.json": expected}


def test_nothing_is_written_over_and_nothing_is_left_half(project: Project) -> None:
    files, changed = make_files(GOOD, project, target="local")
    there = project.root / "docs/runbooks/fresh.md"
    there.parent.mkdir(parents=True)
    there.write_text("mine")
    with pytest.raises(ConfigError, match=r"docs/runbooks/fresh\.md is there already"):
        write_new(project.root, files, changed)
    assert there.read_text() == "mine"
    assert not (project.root / "models/monitors/fresh.sql").exists()


def test_a_disk_that_fails_half_way_leaves_nothing(project: Project) -> None:
    (project.root / "tests").write_text("a file where a folder must be")
    files, changed = make_files(GOOD, project, target="local")
    with pytest.raises(ConfigError, match="nothing was changed|can't be written"):
        write_new(project.root, files, changed)
    assert not (project.root / "models/monitors/fresh.sql").exists()
    assert not (project.root / "checkpoints/health_check.json").exists()


def test_a_declared_table_needs_no_warehouse(tmp_path: Path) -> None:
    shop = Project(make_project(tmp_path / "shop", name=None, example=True).root)
    found = find_table(shop, "shop.orders", never)
    assert (found.is_declared, found.types["created_at"]) == (True, "TIMESTAMP")


@pytest.mark.parametrize("text", ["orders", "a.b.c.d", "shop.", ""])
def test_what_names_no_table_is_refused(project: Project, text: str) -> None:
    with pytest.raises(ConfigError, match="names no table"):
        find_table(project, text, never)
