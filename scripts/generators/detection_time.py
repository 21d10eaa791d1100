"""``docs/detection-time.md``: how soon each incident of the demo season is found.

It replays the season every six hours on the embedded warehouse, which takes half a minute.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from generators.cli import ROOT
from plumbline.backtest.backtest import BacktestRequest, run_backtest
from plumbline.backtest.instants import choose_span
from plumbline.backtest.reports.detection_time import Issue, detection_time
from plumbline.project import Project
from plumbline.project.labels import project_labels
from plumbline.project.targets import Target

PAGE = Path("docs/detection-time.md")

FIRST, LAST, EVERY = "2025-10-21", "2026-02-28", "6h"
CHECKPOINT = "health_check_full"
TARGET = timedelta(hours=6)
ISSUES = (
    Issue("Deployment drift", "stale_deployment"),
    Issue("Vegas lines missing", "line_coverage"),
    Issue("Grading gaps", "grading_outage"),
    Issue("Phase 3 failures", "processors_missing"),
)
HEAD = "<!-- made by scripts/generators from a backtest of the demo season -->\n"
FOOT = """
An incident is found when the first of its monitors fails. With a run every six hours, data that
become due between two runs are checked at the next one. Some incidents take longer because the
value stays above the threshold at first: grading is checked over three dates together, so if one
small date isn't graded, every share is still above 80 %. [Backtest](backtest.md) describes the
calculation; `checkpoints/incidents.yml` lists the incidents.
"""


def make_files() -> Mapping[Path, str]:
    """The page."""
    return {PAGE: make_page()}


def make_page(target: Target | None = None) -> str:
    """The page.

    Args:
        target: the warehouse that holds the season; None: the project's own.
    """
    project, now = Project(ROOT), datetime.now(UTC)
    chosen = target or replace(project.target("local"), emulator_host=None)
    span = choose_span(project, CHECKPOINT, first=FIRST, last=LAST, every=EVERY, now=now)
    request = BacktestRequest(project, chosen, CHECKPOINT, span, project_labels(project, None))
    done = run_backtest(request, now=now)
    return HEAD + detection_time(done, ISSUES, target=TARGET) + FOOT
