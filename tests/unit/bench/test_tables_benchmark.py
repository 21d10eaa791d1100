"""The benchmark of suites over tables makes the same checks for each tool, and compares them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from bench.health_check.measure import Asked, Measured, Process
from bench.tables import checks
from bench.tables.cli import DBT, PLUMBLINE, SODA, Found, as_markdown, command
from plumbline.lint.linter import lint
from plumbline.project import Project


def times(name: str, wall: float) -> Measured:
    return Measured(name, (Process(wall, wall / 2, 100.0),))


FOUND = Found(
    checks=20,
    failing=4,
    tables=5,
    asked={PLUMBLINE: Asked(5, 5, 5 * 2**20), DBT: Asked(20, 20, 20 * 2**20)},
    quick={PLUMBLINE: times(PLUMBLINE, 3.0), DBT: times(DBT, 5.0)},
    slow={PLUMBLINE: times(PLUMBLINE, 3.0), DBT: times(DBT, 8.0), SODA: times(SODA, 6.0)},
)


def test_there_are_twenty_checks_of_five_tables() -> None:
    assert [len(one) for one in checks.read().values()] == [4] * 5


def test_plumblines_project_has_a_suite_a_table_that_lint_accepts(tmp_path: Path) -> None:
    root = checks.write_plumbline(tmp_path / "project")
    assert len(list((root / "expectations").glob("*.json"))) == 5
    report = lint(Project(root))
    assert report.errors == 0, report.findings


def test_dbts_project_has_the_same_checks(tmp_path: Path) -> None:
    root = checks.write_dbt(tmp_path / "dbt", endpoint="http://x", project="p", threads=8)
    sources = yaml.safe_load((root / "models" / "sources.yml").read_text())["sources"]
    kinds = {"not_null": "not_null", "unique": "unique", "accepted_values": "in_set"}
    names = {
        f"{source['name']}.{table['name']}.{column['name']} {kinds[next(iter(test), '')]}"
        if isinstance(test := column["data_tests"][0], dict)
        else f"{source['name']}.{table['name']}.{column['name']} {kinds[test]}"
        for source in sources
        for table in source["tables"]
        for column in table["columns"]
    }
    assert names == {one.name for of_table in checks.read().values() for one in of_table}


def test_a_failure_in_plumblines_report_is_a_failed_check() -> None:
    failure = {"expectation": "expect_column_values_to_be_unique", "column": "game_id"}
    report = {"monitors": [{"name": "prediction_accuracy", "failures": [failure]}]}
    found = checks.found_by_plumbline(json.dumps(report))
    failed = [name for name, passed in found.items() if not passed]
    assert failed == ["nba_predictions.prediction_accuracy.game_id unique"]


def test_the_target_is_relative_to_the_best_other_tool() -> None:
    jobs, latency = FOUND.targets
    assert (jobs.value, jobs.is_met) == (5, True)
    assert (latency.value, latency.is_met) == (0.5, False)
    assert "Soda Core" in latency.about
    assert "| 0.50 | 0.33 | **missed** |" in as_markdown(FOUND)


@pytest.mark.parametrize("arguments", [["--rounds", "0"], ["--latency", "0"], ["--nonsense"]])
def test_wrong_usage_is_refused(arguments: list[str]) -> None:
    assert CliRunner().invoke(command, arguments).exit_code == 2, "64, by the group of benchmarks"
