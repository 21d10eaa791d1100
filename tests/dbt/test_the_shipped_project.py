"""The shipped models are a dbt project: the real dbt reads it, and makes the same queries of it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest

from plumbline.models import CompiledModel, Compiler
from plumbline.project import Project
from support.dbt import OFFLINE, Dbt, Finished, copy_shipped_project
from support.same_query import differences
from support.targets import bigquery_target

pytestmark = pytest.mark.dbt

ROOT = Path(__file__).parents[2]
REMEMBERED = Path("target", "partial_parse.msgpack")
TARGET = bigquery_target(
    project="nba-props-platform", plumbline_project="plumbline_nba", name="local"
)
"""With the names that `dbt_project.yml` gives dbt."""
MODELS = {file.stem: file.relative_to(ROOT) for file in sorted((ROOT / "models").rglob("*.sql"))}


def compiled(model: str, project: Project) -> CompiledModel:
    """A model as plumbline sees it, at the instant that dbt_project.yml gives to dbt."""
    as_of = [datetime.fromisoformat(text) for text in project.vars["as_of"]]
    return Compiler(project, TARGET).compile(model, as_of=as_of, vars={}, where="the test")


def dbt_for(project: Path, folder: Path) -> Dbt:
    """dbt, which is to find the tables where plumbline's target has them."""
    return Dbt.open(project, folder / "profiles", project=TARGET.project, dataset="monitors")


@dataclass(frozen=True)
class Copy:
    """A copy of the shipped project, and what dbt says of it."""

    dbt: Dbt
    compile: Finished

    @property
    def project(self) -> Project:
        """As plumbline reads it."""
        return Project(self.dbt.project)

    @classmethod
    def made_in(cls, folder: Path) -> Copy:
        """Parsed and compiled, without a network."""
        project = copy_shipped_project(ROOT, folder / "project")
        dbt = dbt_for(project, folder)
        return cls(dbt, dbt("compile", *OFFLINE))


@pytest.fixture(scope="session")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    """Made once: dbt takes its time."""
    return Copy.made_in(tmp_path_factory.mktemp("shipped"))


@pytest.fixture
def changed(shipped: Copy, tmp_path: Path) -> Callable[[str, str, str], Project]:
    """A copy of the project in which one place of one file is another.

    With what dbt remembers of the files that it has parsed: it parses only the changed one again.
    """

    def change(file: str, old: str, new: str) -> Project:
        project = copy_shipped_project(ROOT, tmp_path / "project")
        (project / "target").mkdir()
        shutil.copy(shipped.dbt.project / REMEMBERED, project / REMEMBERED)
        text = (project / file).read_text()
        assert old in text
        (project / file).write_text(text.replace(old, new, 1))
        return Project(project)

    return change


def test_dbt_parses_and_compiles_it_without_a_warning_and_without_a_network(shipped: Copy) -> None:
    assert shipped.compile.code == 0, shipped.compile.said


@pytest.mark.parametrize("model", MODELS)
def test_dbt_makes_the_same_query_of_it(shipped: Copy, model: str) -> None:
    pasted = shipped.dbt.compiled(MODELS[model])
    assert "@" not in pasted
    ours = shipped.project
    assert differences(compiled(model, ours), pasted, ours.vars) == []


@pytest.mark.parametrize(
    ("model", "file", "old", "new"),
    [
        pytest.param(
            "phase_completion",
            "models/monitors/phase_completion.sql",
            "status = 'success'",
            "status = 'succes'",
            id="a text",
        ),
        pytest.param(
            "line_coverage",
            "models/monitors/line_coverage.sql",
            "left join features using",
            "inner join features using",
            id="a join",
        ),
        pytest.param(
            "bdb_coverage", "macros/anchor_date.sql", "<= as_of", "< as_of", id="in a macro"
        ),
        pytest.param(
            "grading_completeness",
            "models/staging/calendar.sql",
            "game_status = 3",
            "game_status = 2",
            id="in an inlined model",
        ),
        pytest.param(
            "recent_predictions", "dbt_project.yml", "catboost_v9", "catboost_v8", id="a value"
        ),
        pytest.param(
            "duplicate_rows",
            "models/sources.yml",
            "- name: nba_predictions",
            "- name: nba_predictions\n    schema: elsewhere",
            id="a dataset",
        ),
    ],
)
def test_a_query_that_differs_is_seen_to_differ(
    shipped: Copy,
    changed: Callable[[str, str, str], Project],
    model: str,
    file: str,
    old: str,
    new: str,
) -> None:
    ours = changed(file, old, new)
    pasted = shipped.dbt.compiled(MODELS[model])
    assert differences(compiled(model, ours), pasted, ours.vars)


def test_what_only_pasting_breaks_is_seen_too(
    shipped: Copy, changed: Callable[[str, str, str], Project], tmp_path: Path
) -> None:
    model, quoted, bare = "phase_completion", "'{{ var(\"phase\") }}'", "{{ var('phase') }}"
    project = changed(f"models/monitors/{model}.sql", quoted, bare)
    ours = compiled(model, project)
    assert ours.sql == compiled(model, shipped.project).sql  # a parameter needs no quotes
    dbt = dbt_for(project.root, tmp_path)
    dbt.succeed("compile", *OFFLINE, "--select", model)
    found = differences(ours, dbt.compiled(MODELS[model]), project.vars)
    assert "+    AND phase = phase3" in found


def test_what_dbt_warns_of_is_an_error(
    changed: Callable[[str, str, str], Project], tmp_path: Path
) -> None:
    described, deprecated = "- name: evaluations", "- name: evaluations\n    meat: deprecated"
    project = changed("models/schema.yml", described, deprecated)
    done = dbt_for(project.root, tmp_path)("parse")
    assert done.code != 0
    assert "meat" in done.said
