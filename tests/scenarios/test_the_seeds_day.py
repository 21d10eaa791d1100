"""The seed's day, to the digit, and the season around it: real processes, the shipped project."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from scenarios.conftest import ROOT, Finished, Plumbline

pytestmark = [pytest.mark.warehouse, pytest.mark.scenario]


@pytest.fixture(scope="module")
def seeds_day(plumbline: Plumbline) -> Finished:
    return plumbline(
        "run", "health_check", "--as-of", "2026-02-02", "--target", "local", "--format", "json"
    )


def test_it_is_critical_at_60_of_100(seeds_day: Finished) -> None:
    assert seeds_day.code == 2, seeds_day.stderr
    run = seeds_day.json
    assert (run["status"], run["score"], run["exit_code"]) == ("CRITICAL", 60, 2)
    assert run["counts"] == {"passed": 3, "warning": 0, "critical": 2, "error": 0, "skipped": 0}
    assert run["jobs"] == 5


@pytest.mark.parametrize(
    ("monitor", "status", "observed", "unit"),
    [
        ("line_coverage", "CRITICAL", 44.2, "%"),
        ("grading_completeness", "CRITICAL", 6, "systems"),
        ("phase_completion", "PASS", 5, "processors"),
        ("recent_predictions", "PASS", 281, "predictions"),
        ("bdb_coverage", "PASS", 100, "%"),
    ],
)
def test_each_monitor_reads_as_the_seed_tells(
    seeds_day: Finished, monitor: str, status: str, observed: float, unit: str
) -> None:
    found = seeds_day.monitor(monitor)
    assert (found["status"], found["observed"], found["unit"]) == (status, observed, unit)
    assert found["expectations"]["declared"] == found["expectations"]["evaluated"] > 0
    assert len(found["job_ids"]) == 1


def test_grading_names_six_systems_below_50_and_one_between(seeds_day: Finished) -> None:
    groups = seeds_day.monitor("grading_completeness")["groups"]
    by_status = {
        status: {g["key"]["system_id"] for g in groups if g["status"] == status}
        for status in ("PASS", "WARNING", "CRITICAL")
    }
    assert by_status["WARNING"] == {"catboost_v9"}
    assert by_status["CRITICAL"] == {
        "catboost_v8",
        "ensemble_v1",
        "ensemble_v1_1",
        "similarity_balanced_v1",
        "zone_matchup_v1",
        "moving_average",
    }
    assert by_status["PASS"] == set(), "catboost_v9_2026_02 has nothing gradable yet"


def test_line_coverage_names_both_dates(seeds_day: Finished) -> None:
    groups = seeds_day.monitor("line_coverage")["groups"]
    assert {g["key"]["game_date"]: (g["numerator"], g["denominator"]) for g in groups} == {
        "2026-02-01": (179, 375),
        "2026-02-02": (61, 150),
    }


def test_phase_completion_reads_5_of_5(seeds_day: Finished) -> None:
    assert seeds_day.monitor("phase_completion")["summary"].startswith("5 of 5")


def test_without_as_of_the_demo_data_is_judged_on_its_day_and_that_is_said(
    plumbline: Plumbline, seeds_day: Finished
) -> None:
    run = plumbline("run")
    assert run.code == 2
    assert "2026-02-02" in run.stdout
    assert "demo" in run.stdout
    assert "44.2 %" in run.stdout
    assert "60/100" in run.stdout


def test_a_run_touches_no_tracked_file(plumbline: Plumbline) -> None:
    def tree() -> str:
        done = subprocess.run(
            ["git", "-C", str(ROOT), "status", "--porcelain"],
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    before = tree()
    plumbline("run", "health_check_full")
    assert tree() == before


@pytest.mark.parametrize(
    ("day", "code", "said"),
    [
        ("2026-01-15", 0, {"line_coverage": "PASS", "grading_completeness": "PASS"}),
        ("2026-02-15", 0, {"recent_predictions": "SKIPPED", "bdb_coverage": "SKIPPED"}),
        ("2025-11-08", 2, {"line_coverage": "CRITICAL"}),
        ("2026-01-18", 2, {"bdb_coverage": "CRITICAL"}),
        ("2026-01-19", 2, {"grading_completeness": "CRITICAL"}),
        ("2026-01-27", 2, {"phase_completion": "CRITICAL"}),
        ("2026-01-29", 2, {"phase_completion": "CRITICAL"}),
    ],
)
def test_the_incidents_are_seen_on_their_days_and_healthy_days_are_healthy(
    plumbline: Plumbline, day: str, code: int, said: dict[str, str]
) -> None:
    run = plumbline("run", "--as-of", day, "--format", "json")
    found = {monitor["name"]: monitor["status"] for monitor in run.json["monitors"]}
    assert {name: found[name] for name in said} == said
    assert run.code == code


def test_in_the_break_there_is_no_score_and_every_reason_is_said(plumbline: Plumbline) -> None:
    run = plumbline("run", "--as-of", "2026-02-17", "--format", "json")
    assert (run.code, run.json["status"], run.json["score"]) == (0, "SKIPPED", None)
    assert all("All-Star break" in monitor["reason"] for monitor in run.json["monitors"])


def test_a_run_from_a_folder_below_finds_the_project(plumbline: Plumbline) -> None:
    assert plumbline("list", cwd=ROOT / "models").code == 0


def test_outside_a_project_it_says_where_it_looked(plumbline: Plumbline, tmp_path: Path) -> None:
    run = plumbline("run", cwd=tmp_path)
    assert run.code == 64
    assert "no great_expectations.yml" in run.stderr
    assert "Traceback" not in run.stderr
