"""The SQL that ``plumbline new monitor`` writes, on both witnesses."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from definitions.cases import PROJECT, Interview, Target
from definitions.tables import Row, World, at, prediction, world
from plumbline.models import Compiler
from plumbline.models.relations import Relation
from plumbline.project import Project
from plumbline.scaffold.monitor import NewMonitor, make_files
from plumbline.scaffold.project import make_project
from plumbline.scaffold.tables import Column, Table, find_table
from plumbline.scaffold.writing import write_new
from plumbline.warehouse.tables import SourceTable

PREDICTIONS: World = world(
    *(prediction(None, "2026-02-02", player=f"player {n}") for n in range(3)),
    prediction("a", "2026-02-02"),
    prediction("silent", "2026-02-01"),
)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """One of somebody's own, over the tables that the witnesses know."""
    made = Project(make_project(tmp_path / "mine", name=None, example=False).root)
    shutil.copy(PROJECT.root / "models/sources.yml", made.root / "models/sources.yml")
    return Project(made.root)


@pytest.mark.parametrize("kind", ["count", "ratio"])
def test_rows_without_a_group_are_a_group_of_their_own(
    project: Project, witness: Interview, kind: str
) -> None:
    asked = NewMonitor(
        name="by_system",
        table=find_table(
            project, project.target("local"), "nba_predictions.player_prop_predictions", _never
        ),
        kind="ratio" if kind == "ratio" else "count",
        date_column="game_date",
        warning=2,
        critical=1,
        owner="ana",
        condition="game_date is not null",
        group_by=("system_id",),
    )
    write_new(project.root, *make_files(asked, project, target="local"))
    model = Compiler(Project(project.root), Target(witness.witness.project)).compile(
        "by_system", as_of=[at("2026-02-03 12:00")], vars={}, where="here"
    )
    counted = "numerator" if kind == "ratio" else "rows_of_day"
    rows = witness.witness.ask(model, PREDICTIONS)
    found = {row["system_id"]: row[counted] for row in rows}
    assert found == {None: 3, "a": 1, "silent": 0}


KINDS = (
    Column("country", "STRING"),
    Column("is_good", "BOOL"),
    Column("day_date", "DATE"),
    Column("day_timestamp", "TIMESTAMP"),
    Column("day_datetime", "DATETIME"),
    Column("day_text", "STRING"),
    Column("day_dashes", "STRING"),
    Column("day_number", "INT64"),
    Column("arrived", "TIMESTAMP"),
)
MOMENTS = Table("kinds", "moments", KINDS, is_declared=False)
SHARDS = Table("kinds", "shards_*", KINDS, is_declared=False, pseudo={"_TABLE_SUFFIX": "STRING"})
INGESTED = Table(
    "kinds",
    "ingested",
    KINDS,
    is_declared=False,
    partition_by="_PARTITIONDATE",
    pseudo={"_PARTITIONDATE": "DATE", "_PARTITIONTIME": "TIMESTAMP"},
)


def _row(moment: str, country: str, *, good: bool = True, arrived: str = "2026-02-03") -> Row:
    """A row whose date every column says in its own way."""
    then = datetime.fromisoformat(moment)
    number = f"{then:%Y%m%d}"
    return {
        "country": country,
        "is_good": good,
        "day_date": then.date(),
        "day_timestamp": then.replace(tzinfo=UTC),
        "day_datetime": then,
        "day_text": number,
        "day_dashes": f"{then:%Y-%m-%d}",
        "day_number": int(number),
        "arrived": datetime.fromisoformat(arrived).replace(tzinfo=UTC),
        "_TABLE_SUFFIX": number,
        "_PARTITIONDATE": then.date(),
        "_PARTITIONTIME": then.replace(tzinfo=UTC),
    }


ROWS = (
    _row("2026-01-15 12:00", "fr"),
    _row("2026-01-31 23:59:59.999999", "at"),
    _row("2026-02-01 00:00", "at"),
    _row("2026-02-01 23:59:59.999999", "at", good=False),
    _row("2026-02-01 12:00", "de"),
    _row("2026-02-02 00:00", "at"),
    _row("2026-02-03 00:00", "at"),
    _row("2026-02-03 09:00", "at"),
)
UNREADABLE = {**_row("2026-02-02 01:00", "at"), "day_text": "20260202x", "day_dashes": "2026-02-0x",
              "day_number": 20260199}  # fmt: skip
"""Dates that are none: the row is of no day."""
COUNTED = {
    ("2026-02-01", "at"): 2, ("2026-02-01", "de"): 1, ("2026-02-01", "fr"): 0,
    ("2026-02-02", "at"): 1, ("2026-02-02", "de"): 0, ("2026-02-02", "fr"): 0,
}  # fmt: skip


def _ask(
    project: Project, witness: Interview, asked: NewMonitor, rows: Sequence[Row]
) -> list[dict[str, Any]]:
    """The rows of the SQL that is written for ``asked``, over these rows of its table."""
    table = asked.table
    columns = (*((one.name, one.type) for one in table.columns), *table.pseudo.items())
    witness.witness.tables[table.relation] = SourceTable(table.dataset, table.name, columns)  # type: ignore[attr-defined]
    write_new(project.root, *make_files(asked, project, target="local"))
    model = Compiler(Project(project.root), Target(witness.witness.project)).compile(
        asked.name, as_of=[at("2026-02-03 12:00")], vars={"days": 2} if asked.date_column else {},
        where="here",
    )  # fmt: skip
    names = [name for name, _ in columns]
    world = World({table.relation: [{name: row[name] for name in names} for row in rows]})
    return witness.witness.ask(model, world)


def _new(table: Table, column: str | None, **given: Any) -> NewMonitor:
    defaults: dict[str, Any] = {"kind": "count", "warning": 2, "critical": 1, "owner": "ana"}
    return NewMonitor(name="kinds", table=table, date_column=column, **(defaults | given))


@pytest.mark.parametrize(
    ("column", "form"),
    [
        ("day_date", "YYYYMMDD"),
        ("day_timestamp", "YYYYMMDD"),
        ("day_datetime", "YYYYMMDD"),
        ("day_text", "YYYYMMDD"),
        ("day_dashes", "YYYY-MM-DD"),
        ("day_number", "YYYYMMDD"),
    ],
)
def test_each_type_of_date_divides_the_rows_into_the_same_days(
    project: Project, witness: Interview, column: str, form: str
) -> None:
    asked = _new(MOMENTS, column, date_format=form, group_by=("country",))
    is_text = column in UNREADABLE and column not in ("day_date", "day_timestamp", "day_datetime")
    rows = (*ROWS, UNREADABLE) if is_text else ROWS
    found = _ask(project, witness, asked, rows)
    assert {(str(row["day"]), row["country"]): row["rows_of_day"] for row in found} == COUNTED


@pytest.mark.oracle
@pytest.mark.parametrize(
    ("table", "column"),
    [
        (SHARDS, "_TABLE_SUFFIX"),
        (INGESTED, "_PARTITIONDATE"),
        (INGESTED, "_PARTITIONTIME"),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_shards_and_partitions_by_ingestion_time_are_divided_too(
    project: Project, evaluator: Interview, table: Table, column: str
) -> None:
    """On stand-in columns: the evaluator has neither shards nor partitions."""
    found = _ask(project, evaluator, _new(table, column, group_by=("country",)), ROWS)
    assert {(str(row["day"]), row["country"]): row["rows_of_day"] for row in found} == COUNTED


def test_a_whole_table_is_one_row(project: Project, witness: Interview) -> None:
    asked = _new(MOMENTS, None, kind="ratio", condition="is_good")
    assert _ask(project, witness, asked, ROWS) == [
        {"kinds_pct": 87.5, "numerator": 7, "denominator": 8}
    ]
    asked = replace(asked, name="empty", table=replace(MOMENTS, is_declared=True))
    assert _ask(project, witness, asked, ()) == [{"empty_pct": 0, "numerator": 0, "denominator": 0}]


def test_a_whole_table_has_a_row_for_each_group(project: Project, witness: Interview) -> None:
    found = _ask(project, witness, _new(MOMENTS, None, group_by=("country",)), ROWS)
    assert {row["country"]: row["rows_of_table"] for row in found} == {"at": 6, "de": 1, "fr": 1}


def test_a_whole_table_as_it_had_arrived(project: Project, witness: Interview) -> None:
    late = _row("2026-02-02 10:00", "at", arrived="2026-02-04")
    asked = _new(MOMENTS, None, arrival="arrived")
    (row,) = _ask(project, witness, asked, (*ROWS, late))
    assert row["rows_of_table"] == len(ROWS)
    empty = replace(asked, name="empty", table=replace(MOMENTS, is_declared=True))
    (row,) = _ask(project, witness, empty, (late,))
    assert row["rows_of_table"] == 0


def _never(relation: Relation) -> Table:
    raise AssertionError(f"{relation.key} is declared")
