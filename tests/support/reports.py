"""Run reports made by hand: the seed's day, and the odd cases that reports must survive."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from plumbline.core.failure import Failure
from plumbline.core.group_key import GroupKey
from plumbline.core.outcome import ExpectationOutcome, GroupOutcome, Outcome, RunReport
from plumbline.core.revision import Revision
from plumbline.core.status import Status
from plumbline.report.json import as_dict
from plumbline.report.run import run_page
from plumbline.report.terminal import as_text
from plumbline.report.writers import as_json, as_markdown

NEW_YORK = ZoneInfo("America/New_York")
AS_OF = datetime(2026, 2, 3, tzinfo=NEW_YORK)
STARTED_AT = datetime(2026, 11, 23, 18, 15, 12, 345678, tzinfo=UTC)

# A name that an attacker, or a broken producer, could put into a table.
HOSTILE = "\x1b[31mred\x1b]0;title\x07 | `code` <img src=x> @everyone\n| PASS | [link](http://x)‮"


def outcome(monitor: str, status: Status = Status.PASS, **changes: object) -> Outcome:
    """A monitor's outcome with little in it."""
    blank = Outcome(
        monitor=monitor,
        status=status,
        summary="100.0 %",
        as_of=AS_OF,
        observed=100.0,
        unit="%",
        thresholds="mean of covered_pct: warning < 90 %, critical < 50 %",
        declared=2,
        evaluated=2,
        rows=1,
        job_ids=(f"job-{monitor}",),
        seconds=0.25,
        owner="data-platform",
        runbook=f"docs/runbooks/{monitor}.md",
    )
    return replace(blank, **changes)  # type: ignore[arg-type]


def group(
    value: str,
    status: Status,
    observed: float | None,
    *,
    of: tuple[float, float] | None = None,
    threshold: float | None = 50.0,
    unit: str = "%",
) -> GroupOutcome:
    """One prediction system."""
    return GroupOutcome(
        key=GroupKey.of({"system_id": value}),
        status=status,
        observed=observed,
        numerator=of[0] if of else None,
        denominator=of[1] if of else None,
        threshold=threshold,
        unit=unit,
    )


def failed(text: str, severity: str = "critical", error: str | None = None) -> ExpectationOutcome:
    """An expectation that did not hold."""
    return ExpectationOutcome(
        type="expect_metric_to_be_between",
        severity=severity,
        success=False,
        text=text,
        error=error,
    )


def failure(expected: str, severity: str = "critical", **changes: Any) -> Failure:
    """What failed, as reports are given it."""
    return replace(
        Failure("expect_column_values_to_be_unique", severity, expected, column="a"), **changes
    )


def report(*outcomes: Outcome, **changes: object) -> RunReport:
    """A run of ``outcomes``."""
    blank = RunReport(
        run_id="20261123T181512Z-1a2b3c",
        checkpoint="health_check",
        target="local",
        as_of=AS_OF,
        started_at=STARTED_AT,
        seconds=2.1234,
        outcomes=outcomes,
        revision=Revision(commit="0123456789abcdef0123456789abcdef01234567", dirty=False),
    )
    return replace(blank, **changes)  # type: ignore[arg-type]


def grading(groups: tuple[GroupOutcome, ...]) -> Outcome:
    """grading_completeness with these systems."""
    critical = sum(one.status is Status.CRITICAL for one in groups)
    return outcome(
        "grading_completeness",
        Status.CRITICAL,
        summary=f"{critical} of {len(groups)} systems critical",
        observed=float(critical),
        unit="systems",
        thresholds="graded_pct by system_id: warning < 80 %, critical < 50 %",
        groups=groups,
        expectations=(failed("graded_pct of each system_id must be at least 50 %"),),
        failures=(
            failure(
                "graded_pct of each system_id must be at least 50 %",
                expectation="expect_metric_to_be_between",
                column="graded_pct",
                counted="groups",
                unexpected_count=critical,
                element_count=len(groups),
                unexpected_percent=100 * critical / max(1, len(groups)),
                unit="%",
                threshold=50.0,
            ),
        ),
        failed=1,
        impact="Accuracy of the listed prediction systems is unknown.",
        action="Run the grading backfill for the dates named.",
        owner="ml-platform",
        depends_on=("game_status_lag",),
    )


def seed_day() -> RunReport:
    """The contract's day: two CRITICAL, three PASS, 60/100."""
    systems = (
        group("catboost_v9", Status.WARNING, 75.0, of=(450, 600), threshold=80.0),
        group("ensemble_v1", Status.CRITICAL, 30.5, of=(61, 200)),
        group("catboost_v8", Status.CRITICAL, 12.25, of=(49, 400)),
        group("moving_average", Status.PASS, 95.0, of=(190, 200), threshold=80.0),
    )
    return report(
        outcome(
            "line_coverage",
            Status.CRITICAL,
            summary="44.2 %; mean of coverage_pct must be at least 50 %",
            observed=44.2,
            thresholds="mean of coverage_pct: warning < 80 %, critical < 50 %",
            impact="Predictions are made without betting lines.",
            action="Deploy the merged fix of phase 4.",
        ),
        grading(systems),
        outcome(
            "phase_completion",
            summary="5 of 5 processors",
            observed=5.0,
            unit="processors",
            thresholds="sum of complete: warning < 5 processors, critical < 3 processors",
        ),
        outcome(
            "recent_predictions",
            summary="281 predictions",
            observed=281.0,
            unit="predictions",
            thresholds="max of primary_predictions: warning ≤ 100 predictions, "
            "critical ≤ 50 predictions",
        ),
        outcome("bdb_coverage"),
        notes=("Without --as-of, a run on the demo data checks its day, 2026-02-02.",),
    )


def text_of(report: RunReport, *, width: int | None = None, colour: bool = False) -> str:
    """What a terminal of ``width`` columns shows; None: a pipe."""
    return as_text(run_page(report), width=width, colour=colour)


def markdown_of(report: RunReport) -> str:
    """What a pull request shows."""
    return as_markdown(run_page(report, is_comment=True))


def json_of(report: RunReport) -> str:
    """What machines read."""
    return as_json(as_dict(report))
