"""What a report says of a monitor that needs attention, in the order a reader wants it.

The terminal and the Markdown report show the same findings; only their dress differs.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from plumbline.checks.failures import reported
from plumbline.core.failure import Failure
from plumbline.core.outcome import ExpectationOutcome, GroupOutcome, Outcome, RunReport
from plumbline.core.status import Status

SHOWN = 8
"""How many groups are named; JSON holds all."""

MOST_FAILURES = 20
"""How many failed expectations are named; JSON holds all."""


@dataclass(frozen=True)
class Findings:
    """One monitor's block in a report."""

    outcome: Outcome
    reason: str | None
    """Where the summary does not say it."""
    groups: tuple[GroupOutcome, ...]
    more_groups: int
    failures: tuple[Failure, ...]
    """What failed, the worst first."""
    more_failures: int
    expectations: tuple[ExpectationOutcome, ...]
    """What else could not be evaluated, besides what the reason names."""
    more_expectations: int
    advice: tuple[tuple[str, str], ...]
    """Label and text: impact, what to do, the runbook, the owner, notes."""

    def failure_text(self, failure: Failure) -> str:
        """A failure on one line; groups that are listed below are not named twice."""
        is_listed = bool(self.groups) and failure.counted == "groups"
        return failure.text(most=0) if is_listed else failure.text()

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing that the table does not say already."""
        found = self.groups or self.failures or self.expectations
        return not (self.reason or found or self.advice)


def findings(report: RunReport) -> list[Findings]:
    """A block for each monitor, in the report's order; of one that is well it may be empty."""
    statuses = {outcome.monitor: outcome.status for outcome in report.outcomes}
    return [_findings(outcome, statuses) for outcome in report.outcomes]


def failing(groups: Sequence[GroupOutcome]) -> list[GroupOutcome]:
    """The groups that are not well: worst status first, then farthest beyond the threshold."""
    bad = [group for group in groups if group.status.is_failing]
    return sorted(bad, key=lambda group: (-group.status.severity, -_beyond(group)))


def _findings(outcome: Outcome, statuses: dict[str, Status]) -> Findings:
    groups = failing(outcome.groups)
    if not outcome.status.is_failing:
        groups = []
    failures = reported(outcome.failures)
    # The first is the reason.
    unevaluated = [one for one in outcome.expectations if one.error][1:]
    reason = outcome.reason
    if reason and reason in outcome.summary:
        reason = None
    return Findings(
        outcome=outcome,
        reason=reason,
        groups=tuple(groups[:SHOWN]),
        more_groups=max(0, len(groups) - SHOWN),
        failures=tuple(failures[:MOST_FAILURES]),
        more_failures=max(0, len(failures) - MOST_FAILURES),
        expectations=tuple(unevaluated[:SHOWN]),
        more_expectations=max(0, len(unevaluated) - SHOWN),
        advice=tuple(_advice(outcome, statuses)),
    )


def _advice(outcome: Outcome, statuses: dict[str, Status]) -> list[tuple[str, str]]:
    advice: list[tuple[str, str | None]] = []
    if outcome.status in (Status.WARNING, Status.CRITICAL):
        advice += [("impact", outcome.impact), ("do", outcome.action)]
    elif outcome.status is Status.ERROR:
        advice.append(("impact", "The check could not be made: the data may be right or wrong."))
    if outcome.status.is_failing:
        advice += [("runbook", outcome.runbook), ("owner", outcome.owner)]
        for other in outcome.depends_on:
            status = statuses.get(other, Status.PASS)
            if status.is_failing:
                advice.append(("see also", f"{other}, on which this depends, is {status}"))
    advice += [("note", note) for note in outcome.notes]
    return [(label, text) for label, text in advice if text]


def _beyond(group: GroupOutcome) -> float:
    """How far beyond its threshold; what has no number is worse than any that has."""
    if group.observed is None or not math.isfinite(group.observed):
        return math.inf
    return abs(group.observed - group.threshold) if group.threshold is not None else 0.0
