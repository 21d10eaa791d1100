"""``plumbline backtest``, ``calibrate`` and ``impact``: what is refused before anything is asked."""

from __future__ import annotations

import json
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from support.projects import SmallProject
from unit.cli.conftest import Plumbline

RANGE = ("--from", "2026-01-01", "--to", "2026-01-31", "--every", "6h")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("backtest",), "--from"),
        (("backtest", *RANGE[:4], "--checkpoint", "daily"), "--every 6h"),
        (("backtest", *RANGE, "--checkpoint", "dialy"), "there is no checkpoint 'dialy'"),
        (("backtest", *RANGE, "--checkpoint", "daily", "-s", "coverege"), "'coverege'"),
        (("backtest", *RANGE, "--checkpoint", "daily", "--incidents", "none.yml"), "is missing"),
        (("backtest", *RANGE, "--checkpoint", "daily", "--export", "no/where/h.jsonl"), "can't be written"),
        (("calibrate", "coverege"), "did you mean 'coverage'?"),
        (("calibrate", "coverage", "--from", "2026-01-01"), "--from and --to belong together"),
        (("calibrate", "coverage", *RANGE, "--history", "none.jsonl"), "the history file is missing"),
        (("calibrate", "coverage", "--history", "none.jsonl"), "the history file is missing"),
        (("impact",), "such as origin/main"),
        (("impact", "--base", "HEAD"), "not in a git repository"),
        (("impact", "--base", "HEAD", "--to", "2026-01-01"), "--from and --to belong together"),
        (("lint", "--history", "none.jsonl"), "the history file is missing"),
    ],
)  # fmt: skip
def test_what_can_not_be_is_refused_before_anything_is_asked(
    plumbline: Plumbline, project: SmallProject, arguments: tuple[str, ...], says: str
) -> None:
    _checkpoint(project)
    said = plumbline(*arguments)
    assert said.code == 64, said.err
    assert says in said.err
    assert said.out == ""


@pytest.fixture
def history(project: SmallProject) -> Path:
    """Sixty days, four runs a day, a third of a point apart."""
    _checkpoint(project)
    start = datetime(2026, 1, 1, tzinfo=UTC)
    file = project.root / "h.jsonl"
    rows = [
        {
            "as_of": (start + run * timedelta(hours=6)).isoformat(),
            "monitor": "coverage",
            "status": "PASS",
            "observed": 90 + run % 3,
        }
        for run in range(240)
    ]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return file


def test_calibrate_needs_no_warehouse_where_there_is_a_history(
    plumbline: Plumbline, history: Path
) -> None:
    said = plumbline("calibrate", "coverage", "--history", str(history), "--format", "json")
    assert said.code == 0, said.err
    (threshold,) = json.loads(said.out)["thresholds"]
    assert threshold["proposed"]["critical"] < threshold["proposed"]["warning"] <= 90


def test_calibrate_takes_of_a_file_what_it_has_of_the_range(
    plumbline: Plumbline, history: Path
) -> None:
    file = ("--history", str(history))
    range_ = ("--from", "2026-01-21", "--to", "2026-03-20")
    said = plumbline("calibrate", "coverage", *file, *range_, "--format", "json")
    assert said.code == 0, said.err
    found = json.loads(said.out)
    assert (found["from"], found["to"]) == ("2026-01-21T06:00:00Z", "2026-03-01T18:00:00Z")
    assert found["notes"] == ["the history has a gap from 2026-03-01 to 2026-03-21"]
    elsewhere = plumbline(
        "calibrate", "coverage", *file, "--from", "2025-01-01", "--to", "2025-02-01"
    )
    assert elsewhere.code == 64
    assert "coverage has no history in that range" in elsewhere.err


def test_calibrate_ends_with_3_where_the_history_is_too_short(
    plumbline: Plumbline, history: Path
) -> None:
    history.write_text("".join(history.read_text().splitlines(keepends=True)[:20]))
    said = plumbline("calibrate", "coverage", "--history", str(history))
    assert said.code == 3
    assert "the history is too short for a proposal: 6 healthy days" in said.out


def test_calibrate_write_shows_the_diff_on_standard_error(
    plumbline: Plumbline, project: SmallProject, history: Path
) -> None:
    suite = project.root / "expectations" / "coverage.json"
    before = suite.read_text()
    said = plumbline("calibrate", "coverage", "--history", str(history), "--write")
    assert said.code == 0
    assert "--- expectations/coverage.json" in said.err
    assert suite.read_text() != before


def test_impact_needs_no_warehouse_where_there_is_a_history(
    plumbline: Plumbline, project: SmallProject, history: Path
) -> None:
    git = ("git", "-C", str(project.root), "-c", "user.name=a", "-c", "user.email=a@example.com")
    for arguments in (("init", "-q"), ("add", "-A"), ("commit", "-q", "-m", "x")):
        subprocess.run([*git, *arguments], check=True, capture_output=True)
    suite = project.root / "expectations" / "coverage.json"
    suite.write_text(suite.read_text().replace('"min_value": 80', '"min_value": 91'))
    said = plumbline("impact", "--base", "HEAD", "--history", str(history), "--format", "json")
    assert said.code == 0, said.err
    (monitor,) = json.loads(said.out)["monitors"]
    assert (monitor["kind"], monitor["before"]["alerts"]) == ("thresholds", 0)
    assert monitor["after"]["alerts"] > 0


def test_impact_takes_of_a_file_what_it_has_of_the_range(
    plumbline: Plumbline, project: SmallProject, history: Path
) -> None:
    git = ("git", "-C", str(project.root), "-c", "user.name=a", "-c", "user.email=a@example.com")
    for arguments in (("init", "-q"), ("add", "-A"), ("commit", "-q", "-m", "x")):
        subprocess.run([*git, *arguments], check=True, capture_output=True)
    suite = project.root / "expectations" / "coverage.json"
    suite.write_text(suite.read_text().replace('"min_value": 80', '"min_value": 91'))
    range_ = ("--from", "2026-02-20", "--to", "2026-03-10", "--every", "6h", "--format", "json")
    said = plumbline("impact", "--base", "HEAD", "--history", str(history), *range_)
    assert said.code == 0, said.err
    (monitor,) = json.loads(said.out)["monitors"]
    assert monitor["basis"] == {
        "kind": "stored history",
        "from": "2026-02-20T06:00:00Z",
        "to": "2026-03-01T18:00:00Z",
        "runs": 39,
        "missing": [{"from": "2026-03-01T18:00:00Z", "to": "2026-03-11T04:00:00Z"}],
    }


def _checkpoint(project: SmallProject) -> None:
    project.checkpoint("coverage", name="daily")
