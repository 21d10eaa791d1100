"""The files of a new monitor: none where something is wrong, and none over another."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest

from plumbline.core.errors import ConfigError, MonitorError, PlumblineError, SeveralFaultsError
from plumbline.lint.linter import lint
from plumbline.models.relations import Relation
from plumbline.project import Project
from plumbline.project.runbooks import Heading, headings_of
from plumbline.scaffold.monitor import NewMonitor, check_written, make_files
from plumbline.scaffold.monitor_checks import check_monitor
from plumbline.scaffold.project import make_project
from plumbline.scaffold.tables import Column, Table, find_table
from plumbline.scaffold.writing import write_new

ORDERS = Table(
    "shop",
    "orders",
    (
        Column("ordered_on", "DATE"),
        Column("seen_at", "TIMESTAMP"),
        Column("country", "STRING"),
        Column("email", "STRING"),
        Column("numerator", "INT64"),
        Column("items", "ARRAY<STRING>"),
        Column("text", "STRING"),
        Column("moment", "DATETIME"),
    ),
    is_declared=False,
    partition_by="ordered_on",
)
LOOSE = replace(ORDERS, partition_by=None)
SHARDS = replace(LOOSE, name="orders_*", pseudo={"_TABLE_SUFFIX": "STRING"})
INGESTED = replace(
    ORDERS,
    partition_by="_PARTITIONDATE",
    pseudo={"_PARTITIONDATE": "DATE", "_PARTITIONTIME": "TIMESTAMP"},
)
FILTERED = replace(ORDERS, require_filter=True)
FRESH: dict[str, object] = {
    "kind": "freshness", "date_column": None, "condition": None, "columns": ("seen_at",),
    "warning": None, "critical": None, "warning_above": 24,
}  # fmt: skip
UNIQUE: dict[str, object] = {
    "kind": "unique", "date_column": None, "condition": None, "columns": ("email",),
    "warning": None, "critical": 100,
}  # fmt: skip
GOOD = NewMonitor("fresh", ORDERS, "ratio", "ordered_on", 95, 80, "ana", "email is not null")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(make_project(tmp_path / "shop", name=None, example=False).root)


def never(relation: Relation) -> Table:
    raise AssertionError(f"{relation.key} is declared")


@pytest.mark.parametrize(
    ("changes", "about"),
    [
        ({}, "Share of rows of shop.orders per day where email is not null."),
        (
            {"kind": "count", "condition": None, "group_by": ("country", "text")},
            "Rows of shop.orders per country, text and day.",
        ),
        (
            UNIQUE | {"group_by": ("country",)},
            "Rows of shop.orders per country whose email no other row has.",
        ),
        (FRESH, "Age of the newest seen_at of shop.orders."),
    ],
)
def test_what_is_made_says_what_it_is_about(changes: dict[str, object], about: str) -> None:
    assert replace(GOOD, **changes).about == about


@pytest.mark.parametrize(
    ("changes", "key", "fix"),
    [
        ({"name": "Fresh Orders"}, "NAME", "lower-case letters"),
        ({"checkpoint": "../../escape"}, "--checkpoint", "lower-case letters"),
        ({"checkpoint": "a b"}, "--checkpoint", "lower-case letters"),
        ({"date_column": "orderd_on"}, "--date-column", "did you mean 'ordered_on'?"),
        (
            {"date_column": "items"},
            "--date-column",
            "known: moment, ordered_on, seen_at; or --no-date",
        ),
        ({"date_column": "numerator", "date_format": "YYYY-MM-DD"}, "--date-format", "YYYYMMDD"),
        ({"table": FILTERED, "date_column": None}, "--date-column", "--date-column ordered_on"),
        (
            {"table": FILTERED, "date_column": "seen_at"},
            "--date-column",
            "--date-column ordered_on",
        ),
        (
            {"table": replace(INGESTED, require_filter=True), "date_column": None},
            "--date-column",
            "--date-column _PARTITIONDATE",
        ),
        (
            UNIQUE | {"table": FILTERED},
            "--date-column",
            "--date-column ordered_on",
        ),
        ({"group_by": ("county",)}, "--group-by", "did you mean 'country'?"),
        ({"group_by": ("ordered_on",)}, "--group-by", "remove it"),
        ({"group_by": ("country", "country")}, "--group-by", "list it once"),
        ({"group_by": ("numerator",)}, "--group-by", "choose another column"),
        ({"group_by": ("items",)}, "--group-by", "choose another column"),
        ({"arrival": "ordered_on"}, "--arrival", "known: seen_at"),
        ({"arrival": "seen"}, "--arrival", "did you mean 'seen_at'?"),
        ({"condition": None}, "--condition", "--kind count"),
        ({"condition": "emial is not null"}, "--condition", "did you mean 'email'?"),
        ({"condition": "email is not null and ("}, "--condition", "what follows `where`"),
        ({"condition": "email is not null -- yes"}, "--condition", "remove it"),
        ({"condition": "email is not null; true"}, "--condition", "what follows `where`"),
        ({"condition": "email = '{{ var(\"days\") }}'"}, "--condition", "without a template"),
        ({"condition": "email in (select 1)"}, "--condition", "columns of this table"),
        ({"warning": None, "critical": None}, "--warning", "--critical or both"),
        ({"warning": math.nan}, "--warning", "a number"),
        ({"critical": math.inf}, "--critical", "a number"),
        ({"warning": 50, "critical": 80}, "--critical", "the lower one"),
        ({"warning_above": 90}, "--warning", "make --warning the lower one"),
        ({"warning_above": 99, "critical_above": 97}, "--warning-above", "the lower one"),
        ({"columns": ("email",)}, "--column", "--kind freshness"),
        ({"to": (ORDERS, "email")}, "--to", "leave it out"),
        (FRESH | {"columns": ()}, "--column", "known: moment, ordered_on, seen_at"),
        (FRESH | {"columns": ("email",)}, "--column", "known: moment, ordered_on, seen_at"),
        (FRESH | {"columns": ("seen_at", "ordered_on")}, "--column", "a monitor for each"),
        (FRESH | {"group_by": ("country",)}, "--group-by", "--kind count"),
        (FRESH | {"warning_above": None}, "--warning", "--warning-above, --critical-above"),
        (FRESH | {"warning": 24}, "--warning", "--warning-above, in hours"),
        (FRESH | {"warning_above": 0}, "--warning-above", "hours above 0"),
        (UNIQUE | {"columns": ()}, "--column", "--column"),
        (UNIQUE | {"columns": ("emial",)}, "--column", "did you mean 'email'?"),
        (UNIQUE | {"warning_above": 99}, "--warning-above", "--warning, above 0 up to 100"),
        (UNIQUE | {"critical": 101}, "--critical", "above 0 up to 100"),
        (UNIQUE | {"kind": "references"}, "--to", "DATASET.TABLE.COLUMN"),
        (
            UNIQUE | {"date_column": "country"},
            "--date-column",
            "known: moment, ordered_on, seen_at",
        ),
        (
            UNIQUE | {"kind": "references", "to": (ORDERS, "emial")},
            "--to",
            "did you mean 'email'?",
        ),
        ({"table": replace(ORDERS, model="fresh")}, "NAME", "another name"),
    ],
)
def test_what_cannot_be_made_is_said_with_its_fix(
    project: Project, changes: dict[str, object], key: str, fix: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        check_monitor(replace(GOOD, **changes), project)  # type: ignore[arg-type]
    assert not isinstance(caught.value, SeveralFaultsError)  # one cause is one fault
    assert caught.value.key == key
    assert fix in str(caught.value.fix)


def test_either_name_of_the_arrival_filters_what_must_be_filtered(project: Project) -> None:
    table = replace(INGESTED, require_filter=True)
    check_monitor(replace(GOOD, table=table, date_column="_PARTITIONTIME"), project)


def test_all_that_cannot_be_made_is_said_at_once(project: Project) -> None:
    wrong = replace(
        GOOD,
        name="Fresh",
        date_column="orderd_on",
        arrival="seen",
        group_by=("county", "items"),
        condition="emial = country2",
        warning=math.nan,
        columns=("email",),
    )
    with pytest.raises(SeveralFaultsError) as caught:
        check_monitor(wrong, project)
    assert [fault.key for fault in caught.value.faults] == [
        "NAME",
        "--group-by",
        "--date-column",
        "--arrival",
        "--group-by",
        "--column",
        "--warning",
        "--condition",
        "--condition",
    ]


@pytest.mark.parametrize(
    ("condition", "says"),
    [
        ("email", "is STRING, not BOOL"),
        ("length(email)", "is INT64"),
        ("count(*) > 1", "aggregates rows"),
        ("countif(email is null) > 1", "aggregates rows"),
        ("row_number() over (partition by country) = 1", "aggregates rows"),
        ("email is not null as there", "not one expression"),
    ],
)
def test_what_is_no_question_to_a_row_is_no_condition(
    project: Project, condition: str, says: str
) -> None:
    with pytest.raises(ConfigError, match=says):
        check_monitor(replace(GOOD, condition=condition), project)


@pytest.mark.parametrize(
    "condition",
    [
        "email is not null",
        "email like '%@%' and not starts_with(country, 'x')",
        "date_diff(date(seen_at), ordered_on, day) <= 3",
        "if(country = 'at', email is not null, true)",
        "mine.looks_well(email)",
        "email = '-- no comment'",
    ],
)
def test_a_condition_that_only_the_warehouse_can_judge_is_left_to_it(
    project: Project, condition: str
) -> None:
    check_monitor(replace(GOOD, condition=condition), project)


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
        {"warning_above": 98, "critical_above": 99, "days": 7},
        {"warning": None, "critical": None, "critical_above": 90, "group_by": ("country",)},
        {"date_column": "moment"},
        {"date_column": "text", "date_format": "YYYYMMDD"},
        {"date_column": "text", "date_format": "YYYY-MM-DD"},
        {"date_column": "numerator", "group_by": ("country",)},
        {"table": SHARDS, "date_column": "_TABLE_SUFFIX"},
        {"table": INGESTED, "date_column": "_PARTITIONDATE"},
        {"table": INGESTED, "date_column": "_PARTITIONTIME", "group_by": ("country",)},
        {"table": LOOSE, "date_column": None},
        {"table": LOOSE, "date_column": None, "kind": "count", "group_by": ("country",)},
        {"table": LOOSE, "date_column": None, "arrival": "seen_at", "group_by": ("country",)},
        FRESH,
        FRESH | {"arrival": "seen_at", "condition": "country = 'at'", "critical_above": 48.5},
        UNIQUE,
        UNIQUE | {"columns": ("email", "country"), "warning": 100, "critical": 99.5},
        UNIQUE | {"date_column": "ordered_on", "days": 7, "group_by": ("country",)},
        UNIQUE | {"kind": "references", "to": (SHARDS, "email"), "condition": "email != ''"},
        {"table": replace(ORDERS, project="elsewhere-1")},
    ],
    ids=lambda changes: ", ".join(map(str, changes)) or "plain",
)
def test_what_is_made_passes_lint(project: Project, changes: dict[str, object]) -> None:
    asked = replace(GOOD, **changes)  # type: ignore[arg-type]
    if asked.table is ORDERS and asked.date_column != "ordered_on":
        partition = "DATE(seen_at)" if asked.date_column == "seen_at" else None
        asked = replace(asked, table=replace(ORDERS, partition_by=partition))
    check_monitor(asked, project)
    files, changed = make_files(asked, project, target="local")
    write_new(project.root, files, changed)
    found = lint(Project(project.root)).findings
    assert [f"{one.place.file.name}: {one.what}" for one in found] == []


def test_a_checkpoint_that_is_there_keeps_its_name(project: Project) -> None:
    (project.checkpoints_dir / "Each-Morning.json").write_text(
        '{"name": "Each-Morning", "validation_definitions": [], "actions": []}'
    )
    check_monitor(replace(GOOD, checkpoint="Each-Morning"), project)


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
    with pytest.raises(ConfigError, match=r"docs/runbooks/fresh\.md already exists"):
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


def test_what_would_not_pass_lint_is_taken_back(project: Project) -> None:
    files, changed = make_files(GOOD, project, target="local")
    write_new(project.root, files, changed)
    before = {path: path.read_bytes() for path in project.root.rglob("*") if path.is_file()}
    of_no_percentage = replace(GOOD, name="fresher", warning=950, group_by=("country",))
    files, changed = make_files(of_no_percentage, project, target="local")
    with pytest.raises(ConfigError, match="no percentage can be at least 950"):
        write_new(
            project.root,
            files,
            changed,
            check=lambda: check_written(project.root, "fresher"),
        )
    after = {path: path.read_bytes() for path in project.root.rglob("*") if path.is_file()}
    assert after == before


def test_folders_that_nothing_came_into_are_taken_back_too(tmp_path: Path) -> None:
    def refuse() -> None:
        raise ConfigError("no")

    with pytest.raises(ConfigError):
        write_new(tmp_path, {"a/b/c.txt": "c"}, check=refuse)
    assert list(tmp_path.iterdir()) == []


def test_a_declared_table_needs_no_warehouse(tmp_path: Path) -> None:
    shop = Project(make_project(tmp_path / "shop", name=None, example=True).root)
    found = find_table(shop, shop.target("local"), "shop.orders", never)
    assert (found.is_declared, found.types["created_at"]) == (True, "TIMESTAMP")


@pytest.mark.parametrize("text", ["a.b.c.d", "shop.", ""])
def test_what_names_no_table_is_refused(project: Project, text: str) -> None:
    with pytest.raises(ConfigError, match="is not a table name"):
        find_table(project, project.target("local"), text, never)


@pytest.mark.parametrize("text", ["a.b.c.d", "orders"])
def test_the_option_that_names_no_table_is_named(project: Project, text: str) -> None:
    with pytest.raises(PlumblineError) as refused:
        find_table(project, project.target("local"), text, never, option="--to")
    assert "--to" in str(refused.value)
    assert "--table" not in str(refused.value)


def test_one_word_is_a_model_of_dbt(project: Project) -> None:
    with pytest.raises(MonitorError, match="there is no model 'orders'"):
        find_table(project, project.target("local"), "orders", never)
