"""The demo season lived through once more: what was found when, and what thresholds would do."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from jsonschema import Draft202012Validator

from generators import detection_time, message_volume
from plumbline.backtest.report import Backtest
from plumbline.core.text import span
from plumbline.project import Project
from scenarios.conftest import ROOT, Finished, Plumbline

pytestmark = [pytest.mark.warehouse, pytest.mark.scenario]

RANGE = ("--from", "2026-01-15", "--to", "2026-02-03")
PARTS = ("models", "macros", "expectations", "checkpoints", "scripts", "docs",
         "dbt_project.yml", "great_expectations.yml")  # fmt: skip


@pytest.fixture(scope="module")
def relived(plumbline: Plumbline, tmp_path_factory: pytest.TempPathFactory) -> Finished:
    history = tmp_path_factory.mktemp("history") / "history.jsonl"
    return plumbline("backtest", *RANGE, "--format", "json", "--export", str(history))


@pytest.fixture
def copy(tmp_path: Path) -> Iterator[Path]:
    """The shipped project in a repository of its own, to be changed."""
    root = tmp_path / "project"
    root.mkdir()
    for name in PARTS:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, root / name)
        else:
            shutil.copy(ROOT / name, root / name)
    git = ("git", "-C", str(root), "-c", "user.name=ann", "-c", "user.email=ann@example.com")
    for arguments in (("init", "-q"), ("add", "-A"), ("commit", "-q", "-m", "as shipped")):
        subprocess.run([*git, *arguments], check=True, capture_output=True)
    return root


def edit(root: Path, file: str, old: str, new: str) -> None:
    text = (root / file).read_text()
    assert old in text
    (root / file).write_text(text.replace(old, new))


def assert_published(said: Finished, name: str) -> None:
    schema = json.loads((ROOT / "schemas" / f"{name}.schema.json").read_text())
    Draft202012Validator(schema).validate(said.json)


def test_every_incident_of_late_january_is_found_without_a_false_alarm(relived: Finished) -> None:
    assert relived.code == 0
    assert_published(relived, "backtest")
    totals = relived.json["totals"]
    assert (totals["missed"], totals["false_alarms"], totals["precision"]) == (0, 0, 1.0)
    assert totals["found"] >= 11
    assert all(monitor["jobs"] == 1 for monitor in relived.json["monitors"])
    found = {one["id"]: one for one in relived.json["labels"]}
    lines = found["2026-01-26-few-lines"]
    assert (lines["found_at"], lines["monitor"]) == ("2026-01-26T15:15:00Z", "line_coverage")
    assert lines["delay_seconds"] == 15 * 60
    assert totals["found_within"] == totals["found"]
    checkpoints = [one["checkpoint"] for one in relived.json["schedules"]]
    assert checkpoints == ["health_check_full", "daily_validation"]


def test_what_is_seen_only_by_day_is_said(relived: Finished) -> None:
    seen = {one["table"]: one["seen"] for one in relived.json["tables"]}
    assert seen["nba_predictions.prediction_accuracy"] == "by arrival"
    assert seen["nba_raw.bigdataball_play_by_play"] == "by day"


def test_a_run_of_that_hour_finds_what_the_backtest_finds(
    relived: Finished, plumbline: Plumbline
) -> None:
    at = "2026-01-29T15:00:00-05:00"
    run = plumbline("run", "health_check_full", "--as-of", at, "--no-docs", "--format", "json")
    history = Path(relived.json["notes"][-1].split(" were written to ")[1].rstrip("."))
    rows = [json.loads(line) for line in history.read_text().splitlines()]
    then = {
        row["monitor"]: (row["status"], row["observed"], row["summary"])
        for row in rows
        if row["as_of"] == "2026-01-29T20:00:00Z" and row.get("group_key") is None
    }
    assert then == {
        one["name"]: (one["status"], pytest.approx(one["observed"], abs=1e-6), one["summary"])
        for one in run.json["monitors"]
    }


def test_of_all_players_eighty_is_found_to_be_a_permanent_alarm_and_mended(
    plumbline: Plumbline, copy: Path
) -> None:
    model = "models/monitors/line_coverage.sql"
    edit(
        copy, model, "safe_divide(100 * with_line, players)", "safe_divide(46 * with_line, players)"
    )
    range_ = ("--from", "2025-11-20", "--to", "2026-01-24", "--every", "12h")
    said = plumbline("calibrate", "line_coverage", *range_, "--write", cwd=copy)
    assert said.code == 0, said.stderr
    assert "80 % is a permanent alarm: 100 %" in said.stdout
    assert "the denominator looks wrong" in said.stdout
    changed = [line for line in said.stderr.splitlines() if re.match(r"[+-] ", line)]
    assert len(changed) == 4  # two numbers, before and after
    again = plumbline("calibrate", "line_coverage", *range_, "--format", "json", cwd=copy)
    assert_published(again, "calibrate")
    (threshold,) = again.json["thresholds"]
    assert threshold["warnings"] == []
    assert threshold["candidates"][0]["false_alarms_per_month"] == 0


def test_impact_says_what_a_pull_request_would_alert(
    relived: Finished, plumbline: Plumbline, copy: Path
) -> None:
    history = relived.json["notes"][-1].split(" were written to ")[1].rstrip(".")
    edit(copy, "expectations/line_coverage.json", '"min_value": 80', '"min_value": 40')
    edit(copy, "expectations/line_coverage.json", '"min_value": 50', '"min_value": 30')
    said = plumbline("impact", "--base", "HEAD", "--history", history, "--format", "json", cwd=copy)
    assert said.code == 0, said.stderr
    assert_published(said, "impact")
    (effect,) = said.json["monitors"]
    assert effect["source"].startswith("stored history")
    assert effect["before"]["found"] == ["2026-01-26-few-lines"]
    assert effect["after"]["missed"] == ["2026-01-26-few-lines"]
    edit(copy, "models/monitors/line_coverage.sql", "100 * with_line", "90 * with_line")
    unknown = plumbline("impact", "--base", "HEAD", "--history", history, cwd=copy)
    assert unknown.code == 3
    assert "both versions must be replayed; pass --from and --to" in unknown.stdout
    asked = plumbline(
        "impact", "--base", "HEAD", "--from", "2026-01-20", "--to", "2026-01-30", "--every", "12h",
        "--format", "markdown", cwd=copy,
    )  # fmt: skip
    assert asked.code == 0, asked.stderr
    assert "| line\\_coverage |" in asked.stdout
    assert "backtest of both versions" in asked.stdout


def page_rows(page: str) -> list[list[str]]:
    """The cells of each row of a page's tables, without what Markdown needs."""
    plain = page.replace("\\", "").replace("<!-- -->", "")
    return [line.strip("| ").split(" | ") for line in plain.splitlines() if line.startswith("| ")]


def test_the_page_of_detection_times_says_what_this_backtest_finds(relived: Finished) -> None:
    rows = page_rows((ROOT / "docs" / "detection-time.md").read_text())
    zone = ZoneInfo("America/New_York")
    compared = [one for one in relived.json["labels"] if one["resolved_at"]]
    for one in compared:
        told = datetime.fromisoformat(one["told_at"]).astimezone(zone)
        resolved = span(timedelta(seconds=one["seconds_to_resolve"]))
        said = [f"{told:%Y-%m-%d %H:%M}", one["monitor"], span(timedelta(seconds=one["delay_seconds"])),
                str(one["messages"]), resolved]  # fmt: skip
        (row,) = [row for row in rows if row[0] == one["title"]]
        assert row[2:] == said, "run python scripts/generators detection-time"
    assert len(compared) >= 11


@pytest.fixture(scope="module")
def season(plumbline: Plumbline, season_state_dir: Path) -> Backtest:
    """A backtest of the whole season."""
    assert plumbline("warehouse", "start").code == 0
    target = replace(Project(ROOT).target("local"), state_dir=season_state_dir, emulator_host=None)
    return detection_time.relive_season(target)


@pytest.mark.weekly
def test_the_page_of_detection_times_says_what_a_backtest_of_the_season_finds(
    season: Backtest,
) -> None:
    page = detection_time.page_of(season)
    assert page == (ROOT / detection_time.PAGE).read_text(), "run make generate"


@pytest.mark.weekly
def test_the_page_of_message_volume_says_what_the_season_sends(season: Backtest) -> None:
    share = season.score.messages.share
    assert share is not None
    assert 0 < share <= message_volume.MOST
    row = " | ".join(message_volume.row(message_volume.SEED, season))
    page = (ROOT / message_volume.PAGE).read_text()
    assert f"| {row} |" in page, "run python scripts/generators message-volume"


def test_an_incident_sends_at_most_three_messages_on_average(relived: Finished) -> None:
    assert 0 < relived.json["totals"]["messages_by_incidents"] <= message_volume.MOST
