"""Write ``docs/detection-time.md``: how soon each incident of the demo season is found.

python scripts/make_detection_time.py            # write
python scripts/make_detection_time.py --check    # say whether it is stale; exit code 1

It re-lives the season every six hours on the embedded warehouse, which takes half a minute.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from plumbline.backtest.backtest import BacktestRequest, run_backtest
from plumbline.backtest.instants import choose_span
from plumbline.backtest.labels import project_labels
from plumbline.backtest.reports.detection_time import Issue, detection_time
from plumbline.project import Project
from plumbline.project.targets import Target

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "detection-time.md"

FIRST, LAST, EVERY = "2025-10-21", "2026-02-28", "6h"
CHECKPOINT = "health_check_full"
TARGET = timedelta(hours=6)
ISSUES = (
    Issue("Deployment drift", "stale_deployment"),
    Issue("Vegas lines missing", "line_coverage"),
    Issue("Grading gaps", "grading_outage"),
    Issue("Phase 3 failures", "processors_missing"),
)
HEAD = "<!-- made by scripts/make_detection_time.py from a backtest of the demo season -->\n"
FOOT = """
An incident is found when the first of its monitors fails. With a run every six hours, data that
become due between two runs are checked at the next one. Some incidents take longer because the
value stays above the threshold at first: grading is checked over three dates together, so if one
small date isn't graded, every share is still above 80 %. [Backtest](backtest.md) describes the
calculation; `checkpoints/incidents.yml` lists the incidents.
"""


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


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the page, or with ``--check`` only say whether it differs; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing")
    check = parser.parse_args(arguments).check
    page = make_page()
    if PAGE.is_file() and PAGE.read_text(encoding="utf-8") == page:
        return 0
    if check:
        print(f"{PAGE.name} is stale: run python scripts/make_detection_time.py")
        return 1
    PAGE.write_text(page, encoding="utf-8")
    print(f"wrote {PAGE.name}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
