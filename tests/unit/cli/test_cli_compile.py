"""`plumbline compile`: the SQL that BigQuery gets, and beside it the parameters."""

from __future__ import annotations

import hashlib
import json

import pytest

from support.projects import SmallProject
from unit.cli.conftest import Plumbline


def test_standard_output_is_the_sql_to_the_byte(
    project: SmallProject, plumbline: Plumbline
) -> None:
    said = plumbline("compile", "coverage")
    dry = json.loads(plumbline("run", "--dry-run", "--format", "json").out)["monitors"][0]
    assert said.code == 0
    assert said.out == dry["sql"]
    assert hashlib.sha256(said.out.encode()).hexdigest() == dry["sql_hash"]
    assert "@days" in said.out


def test_a_terminal_gets_no_colours_of_a_file(
    project: SmallProject, plumbline: Plumbline, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = next((project.root / "models").rglob("coverage.sql"))
    model.write_text(model.read_text() + "\n-- \x1b[8mhidden\n")
    assert "\x1b[8mhidden" in plumbline("compile", "coverage").out
    monkeypatch.setattr("plumbline.cli.compile.is_terminal", lambda _: True)
    assert "-- \\x1b[8mhidden\n" in plumbline("compile", "coverage").out


def test_the_parameters_are_comments_on_standard_error(
    project: SmallProject, plumbline: Plumbline
) -> None:
    said = plumbline("compile", "coverage", "--as-of", "2026-02-01", "--var", "days=7")
    assert said.err.splitlines() == [
        "-- @days INT64 = 7",
        "-- @as_of ARRAY<TIMESTAMP> = [2026-02-02T05:00:00Z]",
    ]


def test_a_value_changes_no_sql(project: SmallProject, plumbline: Plumbline) -> None:
    one = plumbline("compile", "coverage", "--var", "days=7", "--as-of", "2026-02-01")
    assert one.out == plumbline("compile", "coverage").out


def test_a_monitor_needs_no_checkpoint(project: SmallProject, plumbline: Plumbline) -> None:
    for file in (project.root / "checkpoints").iterdir():
        file.unlink()
    assert plumbline("compile", "volume").code == 0


@pytest.mark.parametrize(
    ("sql", "what"),
    [
        ("select {{ var('dais') }}", "variable 'dais'"),
        ("select {{ nope", "volume.sql"),
        ("select * from {{ ref('stagin') }}", "stagin"),
    ],
)
def test_a_fault_of_the_model_is_an_error_with_its_file(
    project: SmallProject, plumbline: Plumbline, sql: str, what: str
) -> None:
    (project.root / "models" / "monitors" / "volume.sql").write_text(sql)
    said = plumbline("compile", "volume")
    assert said.code == 3
    assert said.out == ""
    assert what in said.err
    assert "models/monitors/volume.sql" in said.err


def test_a_malformed_suite_is_an_error_with_its_file(
    project: SmallProject, plumbline: Plumbline
) -> None:
    (project.root / "expectations" / "volume.json").write_text("{")
    said = plumbline("compile", "volume")
    assert said.code == 3
    assert "expectations/volume.json: line 1" in said.err


def test_a_window_out_of_bounds_in_the_suite_is_the_monitors_error(
    project: SmallProject, plumbline: Plumbline
) -> None:
    file = project.root / "expectations" / "coverage.json"
    suite = json.loads(file.read_text())
    suite["meta"]["monitor"]["vars"] = {"days": 10_000}
    file.write_text(json.dumps(suite))
    said = plumbline("compile", "coverage")
    assert said.code == 3
    assert "days" in said.err
    assert "expectations/coverage.json" in said.err
