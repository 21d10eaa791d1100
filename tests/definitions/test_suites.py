"""The shipped suites: thresholds at equality, and names that exist."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from definitions.cases import PROJECT
from definitions.monitors import MONITORS
from plumbline.checks.bounds import observe
from plumbline.checks.check import checks_of
from plumbline.checks.metric_result import judge_check
from plumbline.models import Compiler
from plumbline.project.suites import ObservedColumn
from support.targets import bigquery_target

SHIPPED = PROJECT.checkpoint("health_check_full").monitors
"""The monitors of the definitions."""


def worst(suite: str, rows: Mapping[str, Sequence[Any]]) -> str:
    """The worst severity that fails on these judged rows."""
    failed = {
        check.severity
        for check in checks_of(PROJECT.suite(suite))
        if not judge_check(
            observe(
                rows,
                column=str(check.column),
                aggregate=check.aggregate,
                group_by=check.group_by,
                units=None if check.per is None else check.per.column,
            ),
            check,
        ).success
    }
    return next((level for level in ("critical", "warning") if level in failed), "pass")


def graded(pct: float, *, other: float = 100.0, not_final: int = 0) -> dict[str, list[Any]]:
    """Two systems."""
    return {
        "system_id": ["a", "b"],
        "graded_pct": [other, pct],
        "not_final_games": [not_final, not_final],
    }


def predicted(primary: int, *, other: int = 5, games: int = 9) -> dict[str, list[Any]]:
    """The primary system and another."""
    return {
        "system_id": ["catboost_v9", "b"],
        "predictions": [primary, other],
        "primary_predictions": [primary, primary],
        "games": [games, games],
    }


def covered(*pct: float, not_final: int = 0) -> dict[str, list[Any]]:
    """Games."""
    return {"covered_pct": list(pct), "not_final_games": [not_final] * len(pct)}


def lag(not_final: int) -> dict[str, list[Any]]:
    """Ten games."""
    return {"not_final": [1] * not_final + [0] * (10 - not_final)}


def phase(done: int) -> dict[str, list[Any]]:
    """Five processors."""
    return {"complete": [1] * done + [0] * (5 - done)}


def repeated(pct: float) -> dict[str, list[Any]]:
    """Two tables."""
    return {"table_name": ["a", "b"], "duplicate_pct": [0.0, pct]}


def behind(*hours: float) -> dict[str, list[Any]]:
    """A service each."""
    return {"service": [f"s{n}" for n in range(len(hours))], "hours_behind": list(hours)}


def succeeded(runs: int, *, of: int) -> dict[str, list[Any]]:
    """A row for each run."""
    return {"success_pct": [100.0] * runs + [0.0] * (of - runs)}


def ran(*, failed: int, still_failing: int) -> dict[str, list[Any]]:
    """Two processors, of which one runs well."""
    return {
        "processor_name": ["a", "b"],
        "failed": [0, failed],
        "still_failing": [0, still_failing],
    }


@pytest.mark.parametrize(
    ("suite", "rows", "status"),
    [
        ("line_coverage", {"coverage_pct": [80.0]}, "pass"),
        ("line_coverage", {"coverage_pct": [79.99]}, "warning"),
        ("line_coverage", {"coverage_pct": [100.0, 60.0]}, "pass"),
        ("line_coverage", {"coverage_pct": [50.0]}, "warning"),
        ("line_coverage", {"coverage_pct": [49.99]}, "critical"),
        ("line_coverage", {"coverage_pct": [100.0, 0.0]}, "warning"),
        ("grading_completeness", graded(80.0), "pass"),
        ("grading_completeness", graded(79.99), "warning"),
        ("grading_completeness", graded(50.0), "warning"),
        ("grading_completeness", graded(49.99), "critical"),
        ("grading_completeness", graded(100.0, not_final=1), "warning"),
        ("grading_completeness", graded(0.0, not_final=1), "critical"),
        ("grading_latest", graded(80.0), "pass"),
        ("grading_latest", graded(79.99), "warning"),
        ("grading_latest", graded(50.0), "warning"),
        ("grading_latest", graded(49.99), "critical"),
        ("grading_latest", graded(100.0, not_final=1), "warning"),
        ("phase_completion", phase(5), "pass"),
        ("phase_completion", phase(4), "warning"),
        ("phase_completion", phase(3), "warning"),
        ("phase_completion", phase(2), "critical"),
        ("recent_predictions", predicted(101), "pass"),
        ("recent_predictions", predicted(100), "warning"),
        ("recent_predictions", predicted(51), "warning"),
        ("recent_predictions", predicted(50), "critical"),
        ("recent_predictions", predicted(0), "critical"),
        # 12 and 6 a game, of at most 8 games
        ("recent_predictions", predicted(97, games=8), "pass"),
        ("recent_predictions", predicted(96, games=8), "warning"),
        ("recent_predictions", predicted(101, games=8), "pass"),
        ("recent_predictions", predicted(99, games=6), "pass"),
        ("recent_predictions", predicted(86, games=5), "pass"),
        ("recent_predictions", predicted(73, games=6), "pass"),
        ("recent_predictions", predicted(72, games=6), "warning"),
        ("recent_predictions", predicted(37, games=6), "warning"),
        ("recent_predictions", predicted(36, games=6), "critical"),
        ("recent_predictions", predicted(13, games=1), "pass"),
        ("recent_predictions", predicted(12, games=1), "warning"),
        ("recent_predictions", predicted(7, games=1), "warning"),
        ("recent_predictions", predicted(6, games=1), "critical"),
        ("recent_predictions", predicted(281, other=0), "warning"),
        ("recent_predictions", predicted(281, other=1), "pass"),
        ("player_coverage", {"players_per_game": [12.0]}, "pass"),
        ("player_coverage", {"players_per_game": [11.99]}, "warning"),
        ("player_coverage", {"players_per_game": [6.0]}, "warning"),
        ("player_coverage", {"players_per_game": [5.99]}, "critical"),
        ("player_coverage", {"players_per_game": [0.0]}, "critical"),
        ("bdb_coverage", covered(*[100.0] * 9, 0.0), "pass"),
        ("bdb_coverage", covered(*[100.0] * 8, 0.0), "warning"),
        ("bdb_coverage", covered(100.0, 0.0), "warning"),
        ("bdb_coverage", covered(100.0, 0.0, 0.0), "critical"),
        ("bdb_coverage", covered(100.0, not_final=1), "warning"),
        ("game_status_lag", lag(0), "pass"),
        ("game_status_lag", lag(1), "warning"),
        ("game_status_lag", lag(3), "warning"),
        ("game_status_lag", lag(4), "critical"),
        ("prediction_freshness", {"hours_late": [1.0]}, "pass"),
        ("prediction_freshness", {"hours_late": [1.01]}, "warning"),
        ("prediction_freshness", {"hours_late": [6.0]}, "warning"),
        ("prediction_freshness", {"hours_late": [6.01]}, "critical"),
        ("prediction_freshness", {"hours_late": [-3.0]}, "pass"),
        ("duplicate_rows", repeated(1.0), "pass"),
        ("duplicate_rows", repeated(1.01), "warning"),
        ("duplicate_rows", repeated(5.0), "warning"),
        ("duplicate_rows", repeated(5.01), "critical"),
        ("deployment_drift", behind(6.0), "pass"),
        ("deployment_drift", behind(6.01), "warning"),
        ("deployment_drift", behind(72.0, 0.0), "warning"),
        ("deployment_drift", behind(0.0, 72.01), "critical"),
        ("usage_rate", {"usage_rate_pct": [80.0]}, "pass"),
        ("usage_rate", {"usage_rate_pct": [79.99]}, "warning"),
        ("usage_rate", {"usage_rate_pct": [50.0]}, "warning"),
        ("usage_rate", {"usage_rate_pct": [49.99]}, "critical"),
        ("feature_quality", {"quality": [70.0]}, "pass"),
        ("feature_quality", {"quality": [69.99]}, "warning"),
        ("feature_quality", {"quality": [50.0]}, "warning"),
        ("feature_quality", {"quality": [49.99]}, "critical"),
        ("processor_success", succeeded(9, of=14), "pass"),
        ("processor_success", succeeded(61, of=100), "pass"),
        ("processor_success", succeeded(12, of=20), "warning"),
        ("processor_success", succeeded(14, of=26), "warning"),
        ("processor_success", succeeded(7, of=14), "critical"),
        ("box_score_coverage", {"coverage_pct": [80.0]}, "pass"),
        ("box_score_coverage", {"coverage_pct": [79.99]}, "warning"),
        ("box_score_coverage", {"coverage_pct": [50.0]}, "warning"),
        ("box_score_coverage", {"coverage_pct": [49.99]}, "critical"),
        ("phase4_line_coverage", {"coverage_pct": [90.0]}, "pass"),
        ("phase4_line_coverage", {"coverage_pct": [89.9]}, "warning"),
        ("phase4_line_coverage", {"coverage_pct": [49.9]}, "critical"),
        ("prediction_worker_predictions", {"predictions": [101], "games": [9]}, "pass"),
        ("prediction_worker_predictions", {"predictions": [100], "games": [9]}, "warning"),
        ("prediction_worker_predictions", {"predictions": [50], "games": [9]}, "critical"),
        ("prediction_worker_predictions", {"predictions": [49], "games": [4]}, "pass"),
        ("prediction_worker_predictions", {"predictions": [48], "games": [4]}, "warning"),
        ("prediction_worker_predictions", {"predictions": [24], "games": [4]}, "critical"),
        ("phase3_errors", {"errors": [0]}, "pass"),
        ("phase3_errors", {"errors": [1]}, "warning"),
        ("phase3_errors", {"errors": [11]}, "critical"),
        ("phase3_runs", ran(failed=0, still_failing=0), "pass"),
        ("phase3_runs", ran(failed=1, still_failing=0), "warning"),
        ("phase3_runs", ran(failed=1, still_failing=1), "critical"),
    ],
)
def test_a_threshold_itself_still_holds(
    suite: str, rows: Mapping[str, Sequence[Any]], status: str
) -> None:
    assert worst(suite, rows) == status


def test_each_monitor_of_the_definitions_is_shipped() -> None:
    assert set(MONITORS) <= set(SHIPPED) <= set(PROJECT.suite_names())


@pytest.mark.parametrize("name", PROJECT.suite_names())
def test_a_suite_names_columns_that_its_model_has(name: str) -> None:
    monitor = PROJECT.suite(name).monitor
    properties = Compiler(PROJECT, bigquery_target()).properties(monitor.model or name)
    assert properties is not None
    named = {
        column
        for expectation in PROJECT.suite(name).entry.expectations
        for column in (
            expectation.kwargs["column"],
            *expectation.kwargs.get("group_by", ()),
            expectation.kwargs.get("per", {}).get("column", expectation.kwargs["column"]),
        )
    }
    if isinstance(monitor.observed, ObservedColumn):
        named.add(monitor.observed.column)
    assert named <= properties.columns.keys()
    assert set(properties.grain) <= properties.columns.keys()
    assert set(monitor.vars) <= PROJECT.vars.keys()


@pytest.mark.parametrize("name", SHIPPED)
def test_a_suite_says_whom_to_call_and_what_to_do(name: str) -> None:
    suite = PROJECT.suite(name)
    assert suite.monitor.owner
    assert suite.monitor.impact
    assert suite.monitor.action
    assert suite.monitor.runbook == f"docs/runbooks/{name}.md"
    assert set(suite.monitor.depends_on) <= set(SHIPPED)
    assert all(expectation.notes for expectation in suite.entry.expectations)


@pytest.mark.parametrize("name", SHIPPED)
def test_a_suite_is_formatted_as_lint_formats_it(name: str) -> None:
    text = PROJECT.suite(name).file.read_text()
    assert text == json.dumps(json.loads(text), indent=2, ensure_ascii=False) + "\n"
