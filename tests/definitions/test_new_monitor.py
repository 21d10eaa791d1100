"""The SQL that ``plumbline new monitor`` writes, on both witnesses."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from definitions.cases import PROJECT, Interview, Target
from definitions.tables import World, at, prediction, world
from plumbline.models import Compiler
from plumbline.project import Project
from plumbline.scaffold.monitor import NewMonitor, find_table, make_files
from plumbline.scaffold.project import make_project
from plumbline.scaffold.writing import write_new

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
        table=find_table(project, "nba_predictions.player_prop_predictions", _never),
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


def _never(dataset: str, table: str) -> None:
    raise AssertionError(f"{dataset}.{table} is declared")
