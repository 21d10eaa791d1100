"""The morning's page: every question in order, and for each that is not well what to do."""

from __future__ import annotations

import re

import pytest

from plumbline.project import Project
from scenarios.conftest import ROOT, Plumbline

pytestmark = [pytest.mark.warehouse, pytest.mark.scenario]

ORDER = [
    "line_coverage",
    "grading_completeness",
    "grading_latest",
    "recent_predictions",
    "player_coverage",
    "prediction_freshness",
    "phase_completion",
    "bdb_coverage",
    "game_status_lag",
    "duplicate_rows",
    "usage_rate",
    "feature_quality",
    "box_score_coverage",
    "processor_success",
    "deployment_drift",
]


@pytest.fixture(scope="module")
def page(plumbline: Plumbline) -> str:
    done = plumbline("run", "daily_validation", "--format", "markdown", "--no-docs")
    assert done.code == 2, done.stderr
    return done.stdout


def test_the_questions_stand_in_their_order_each_with_its_severity(page: str) -> None:
    rows = re.findall(r"^\| (\S+) (\w+) \| `(\w+)` \|", page, re.MULTILINE)
    assert [name for _, _, name in rows] == ORDER
    statuses = {name: status for _, status, name in rows}
    assert statuses["line_coverage"] == statuses["deployment_drift"] == "CRITICAL"
    assert statuses["phase_completion"] == "PASS"


def test_each_that_is_not_well_says_what_to_do_and_how_to_ask_again(page: str) -> None:
    blocks = re.split(r"^### ", page, flags=re.MULTILINE)[1:]
    rows = re.findall(r"^\| \S+ (\w+) \| `\w+` \|", page, re.MULTILINE)
    assert len(blocks) == sum(status not in ("PASS", "SKIPPED") for status in rows)
    for block in blocks:
        name = re.findall(r"`(\w+)`", block)[0]
        action = Project(ROOT).suite(name).monitor.action
        assert action is not None
        assert action.startswith(("gcloud ", "bq ", "plumbline "))
        assert f"\n- **do**: `{action}`\n" in block
        assert (
            f"- **again**: `plumbline run daily_validation --select {name} --target local`" in block
        )
        assert "- **runbook**: `docs/runbooks/" in block
        assert "- **owner**: " in block


def test_another_mornings_page_asks_again_of_that_morning(plumbline: Plumbline) -> None:
    done = plumbline(
        *("run", "daily_validation", "--select", "line_coverage", "--var", "days=2"),
        *("--as-of", "2026-01-28", "--format", "markdown", "--no-docs"),
    )
    assert re.findall(r"^- \*\*again\*\*: `(.+)`$", done.stdout, re.MULTILINE) == [
        "plumbline run daily_validation --select line_coverage --target local "
        "--as-of 2026-01-28 --var days=2"
    ]


def test_a_failing_monitor_takes_twenty_lines_at_most_beside_its_folded_query(page: str) -> None:
    failing = page.count("\n### ")
    shown = re.sub(r"<details>.*?</details>", "", page, flags=re.DOTALL)
    assert len(shown.splitlines()) - len(ORDER) < 20 * failing
