"""``docs/detection-time.md``: how soon each incident of the demo season is found.

It replays the season every six hours on the embedded warehouse, which takes half a minute.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from generators.cli import ROOT
from plumbline.backtest.backtest import BacktestRequest, run_backtest
from plumbline.backtest.findings import LabelResult
from plumbline.backtest.instants import choose_span
from plumbline.backtest.report import Backtest
from plumbline.core.text import span
from plumbline.project import Project
from plumbline.project.labels import project_labels
from plumbline.project.targets import Target
from plumbline.report.page import Section, Table
from plumbline.report.wording import minute
from plumbline.report.writers import as_markdown


@dataclass(frozen=True)
class Issue:
    """A row of the page: a kind of incident."""

    name: str
    kind: str
    """As the labels have it."""


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
An incident is found when somebody is notified of the first of its monitors that fails, after as
many runs in a row as `confirm_after` asks for. An ERROR finds nothing, and neither does an alarm
that was open before. With a run every six hours, data that become due between two runs are checked
at the next one. Some incidents take longer because the value stays above the threshold at first:
grading is checked over three dates together, so if one small date isn't graded, every share is
still above 80 %. [Backtest](backtest.md) describes the calculation, and
[message volume](message-volume.md) what a message is; `checkpoints/incidents.yml` lists the
incidents.
"""


def make_files() -> Mapping[Path, str]:
    """The page."""
    return {PAGE: page_of(relive_season())}


def page_of(backtest: Backtest) -> str:
    """The page from a backtest of the season."""
    return HEAD + detection_time(backtest, ISSUES, target=TARGET) + FOOT


def relive_season(target: Target | None = None) -> Backtest:
    """The season as the schedule would have seen it.

    Args:
        target: the warehouse that holds the season; None: the project's own.
    """
    project, now = Project(ROOT), datetime.now(UTC)
    chosen = target or replace(project.target("local"), emulator_host=None)
    replayed = choose_span(project, CHECKPOINT, first=FIRST, last=LAST, every=EVERY, now=now)
    request = BacktestRequest(project, chosen, CHECKPOINT, replayed, project_labels(project, None))
    return run_backtest(request, now=now)


def detection_time(backtest: Backtest, issues: Sequence[Issue], *, target: timedelta) -> str:
    """The page as Markdown.

    Args:
        backtest: of a checkpoint that holds the monitors.
        issues: the rows.
        target: how soon after it is due an incident should be found.
    """
    judged, zone = backtest.span, backtest.zone
    how = (
        f"How soon the demo season's incidents are found, in a backtest of {backtest.checkpoint} "
        f"from {minute(judged.first, zone)} to {minute(judged.last, zone)} {zone.key}, "
        f"{judged.how}. "
        "The delay counts from when the data were due until somebody is notified, with the "
        "settings of the shipped alerts.yml."
    )
    kinds = Table(
        ("Issue", "Unnoticed before", "Found after", f"Within {span(target)}"),
        tuple(_row(backtest, issue, target) for issue in issues),
    )
    each = Table(
        ("Incident", "Due", "Found", "By", "Delay", "Messages", "Resolved in"),
        tuple(_incident(backtest, finding) for issue in issues for finding in _of(backtest, issue)),
    )
    page = [Section("Detection time", (how, kinds)), Section("Each incident", (each,))]
    return as_markdown(page, level=1)


def _row(backtest: Backtest, issue: Issue, target: timedelta) -> tuple[str, ...]:
    findings = _of(backtest, issue)
    before = ", ".join(dict.fromkeys(f.label.undetected for f in findings if f.label.undetected))
    delays = sorted(delay for finding in findings if (delay := finding.delay) is not None)
    untold = [finding for finding in findings if finding.first is None]
    if not delays:
        why = untold[0].reason if untold else "no such incident in the season"
        return (issue.name, before or "not known", f"not known: {why}", "not known")
    shown = span(delays[0])
    if delays[-1] != delays[0]:
        shown += f" to {span(delays[-1])}"
    within = sum(delay <= target for delay in delays)
    return (issue.name, before or "not known", shown, f"{within} of {len(findings)}")


def _incident(backtest: Backtest, finding: LabelResult) -> tuple[str, ...]:
    label, first = finding.label, finding.first
    if first is None:
        return (label.title, minute(label.due, backtest.zone), finding.result, finding.reason,
                "", "", "")  # fmt: skip
    return (
        label.title,
        minute(label.due, backtest.zone),
        minute(finding.told_at, backtest.zone),
        first.monitor,
        span(finding.delay),
        str(finding.messages),
        "open at the end" if finding.time_to_resolve is None else span(finding.time_to_resolve),
    )


def _of(backtest: Backtest, issue: Issue) -> list[LabelResult]:
    return [one for one in backtest.score.findings if one.label.kind == issue.kind]
