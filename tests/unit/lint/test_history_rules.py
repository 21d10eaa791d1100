"""``lint --history``: thresholds held against what was observed; off without a file."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from plumbline.lint.linter import lint
from plumbline.lint.rules.history import RULES
from plumbline.project import Project
from support.projects import SmallMonitor, SmallProject, between, make_project
from support.targets import embedded_target

START = datetime(2026, 1, 1, tzinfo=UTC)
SQL = "select instant as as_of, 1.0 as pct from unnest({{ var('as_of') }}) as instant\n"
LABELS = """
incidents:
  - {id: outage, title: Outage, dates: [2026-01-10], began: 2026-01-10T00:00:00Z, monitors: [coverage]}
"""
GROUPED = {"column": "pct", "group_by": ["system_id"]}


@pytest.fixture
def small(tmp_path: Path) -> SmallProject:
    return make_project(tmp_path / "project", embedded_target(tmp_path / "state"))


def history(
    file: Path,
    values: list[float],
    groups: dict[str, float] | None = None,
    *,
    games: float | None = None,
) -> Path:
    lines = []
    for run, value in enumerate(values):
        row = {
            "as_of": (START + run * timedelta(hours=6)).isoformat(),
            "monitor": "coverage",
            "status": "PASS",
        }
        if games is not None:
            row["metrics"] = json.dumps({"games": [games, "PASS"]})
        lines.append({**row, "observed": value})
        for name, observed in (groups or {}).items():
            lines.append(
                {**row, "group_key": json.dumps({"system_id": name}), "observed": observed}
            )
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return file


def codes(
    small: SmallProject, file: Path | None, *expectations: dict[str, Any], labels: str = ""
) -> list[str]:
    observed = {"column": "pct", "aggregate": "mean"}
    small.add("coverage", SmallMonitor(SQL, expectations, observed))
    if labels:
        (small.root / "checkpoints" / "incidents.yml").write_text(labels)
    known = {rule.code for rule in RULES.declared}
    found = lint(Project(small.root), history=file).findings
    return [f"{one.rule.code} {one.place.key}" for one in found if one.rule.code in known]


def mean(value: float) -> dict[str, Any]:
    return between("warning", column="pct", aggregate="mean", min_value=value)


def test_without_a_history_nothing_is_said(small: SmallProject) -> None:
    assert codes(small, None, mean(99)) == []


def test_a_bound_that_most_healthy_values_break_is_a_permanent_alarm(small: SmallProject) -> None:
    file = history(small.root / "h.jsonl", [44.0] * 80)
    key = "expectations[0].kwargs.min_value"
    assert codes(small, file, mean(80)) == [f"history-always-fires {key}"]


@pytest.mark.parametrize(
    ("games", "found"),
    [
        (9.0, ["history-always-fires expectations[0].kwargs.min_value"]),
        (4.0, []),
        (None, []),  # what the bound was for so many games nobody knows
    ],
)
def test_a_bound_per_unit_is_that_of_each_runs_units(
    small: SmallProject, games: float | None, found: list[str]
) -> None:
    file = history(small.root / "h.jsonl", [60.0] * 80, games=games)
    per = {"column": "games", "min_value": 12}
    expectation = between("warning", column="pct", aggregate="mean", min_value=100, per=per)
    assert codes(small, file, expectation) == found


def test_a_bound_that_kept_silent_through_an_incident_never_fires(small: SmallProject) -> None:
    file = history(small.root / "h.jsonl", [44.0] * 80)
    key = "expectations[0].kwargs.min_value"
    assert codes(small, file, mean(20), labels=LABELS) == [f"history-never-fires {key}"]


def test_a_bound_at_zero_of_what_is_never_below_can_not_fire(small: SmallProject) -> None:
    file = history(small.root / "h.jsonl", [44.0] * 80)
    assert codes(small, file, mean(0)) == ["history-never-fires expectations[0].kwargs.min_value"]


@pytest.mark.parametrize(("bound", "fires"), [(99.9, True), (100, False), (250, False)])
def test_a_bound_above_a_hundred_percent_can_not_fire(
    small: SmallProject, bound: float, fires: bool
) -> None:
    sql = SQL.replace("as pct", "as share_pct")
    observed = {"column": "share_pct", "aggregate": "mean"}
    expectation = between("warning", column="share_pct", aggregate="mean", max_value=bound)
    small.add("coverage", SmallMonitor(sql, [expectation], observed))
    found = lint(Project(small.root), history=history(small.root / "h.jsonl", [44.0] * 80)).findings
    said = [one.what for one in found if one.rule.code == "history-never-fires"]
    assert [("none can, because no value is above 100" in one) for one in said] == (
        [] if fires else [True]
    )


@pytest.mark.parametrize("runs", [8, 80])
def test_a_bound_that_nothing_broke_without_any_incident_is_right(
    small: SmallProject, runs: int
) -> None:
    assert codes(small, history(small.root / "h.jsonl", [44.0] * runs), mean(20)) == []


def test_a_short_history_says_nothing(small: SmallProject) -> None:
    assert codes(small, history(small.root / "h.jsonl", [44.0] * 8), mean(80)) == []


def test_a_group_that_is_gone_keeps_no_bounds_of_its_own(small: SmallProject) -> None:
    file = history(small.root / "h.jsonl", [1.0] * 80, {"v8": 90.0, "v9": 90.0})
    overrides = {"v7": {"min_value": 1}, "v8": {"min_value": 2}}
    found = codes(small, file, between("warning", **GROUPED, min_value=50, overrides=overrides))
    assert found == ["history-group-gone expectations[0].kwargs.overrides.v7"]


def test_a_group_that_was_never_seen_is_not_retired(small: SmallProject) -> None:
    file = history(small.root / "h.jsonl", [1.0] * 80, {"v8": 90.0, "v9": 90.0})
    found = codes(small, file, between("warning", **GROUPED, min_value=50, retired=["v9", "v10"]))
    assert found == ["history-retired-unknown expectations[0].kwargs.retired[1]"]
