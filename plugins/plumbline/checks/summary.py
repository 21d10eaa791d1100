"""The one line that a person reads first: what was found, what should have been, who fails."""

from __future__ import annotations

from collections.abc import Sequence

from plumbline.checks.check import checks_of
from plumbline.checks.judged import JudgedExpectation
from plumbline.core.expectation_types import OURS
from plumbline.core.failure import Failure
from plumbline.core.outcome import Outcome
from plumbline.core.status import Status
from plumbline.core.text import listing, number
from plumbline.project.suites import ObservedColumn, ObservedCount, Suite

_NAMED = 5
"""Groups or values of a failure that the line has room for; the report names more."""


def summarise(outcome: Outcome, suite: Suite, failed: Sequence[JudgedExpectation]) -> str:
    """The summary of an outcome whose status and groups are known."""
    if not outcome.status.is_judged:
        return outcome.reason or ""
    parts = [_headline(outcome, suite)]
    counted = [
        (result, failure)
        for result, failure in zip(failed, outcome.failures, strict=True)
        if failure.status is not Status.PASS and not failure.is_covered
    ]
    counted.sort(key=lambda one: -one[0].status.severity)
    parts += [_failure(outcome, suite, result, failure) for result, failure in counted]
    parts += [note for note in outcome.notes if note not in parts]
    return "; ".join(part for part in parts if part)


def _headline(outcome: Outcome, suite: Suite) -> str:
    declared = suite.monitor.observed
    if declared is None and (outcome.observed is None or outcome.evaluated > 1):
        pass_ = "expectation passes" if outcome.evaluated == 1 else "expectations pass"
        return f"{outcome.evaluated - outcome.failed} of {outcome.evaluated} {pass_}"
    if isinstance(declared, ObservedColumn):
        whole = outcome.denominator
        if declared.aggregate == "sum" and whole and outcome.numerator == outcome.observed:
            return f"{outcome.observed:.0f} of {whole:.0f} {outcome.unit}".rstrip()
    if isinstance(declared, ObservedCount):
        of = f"{outcome.observed:,.0f} of {len(outcome.groups):,} {outcome.unit}"
        if declared.count_failing == "warning":
            return f"{of} at warning or worse"
        warned = sum(group.status is Status.WARNING for group in outcome.groups)
        return f"{of} critical" + (f", {warned:,} at warning" if warned else "")
    return number(outcome.observed, outcome.unit)


def _failure(outcome: Outcome, suite: Suite, result: JudgedExpectation, failure: Failure) -> str:
    if result.type != OURS or result.description:
        return failure.text(most=_NAMED)
    declared = suite.monitor.observed
    if result.group_by:
        names = list(map(failure.sample_in_words, failure.samples))
        listed = listing(names, _NAMED, total=failure.unexpected_count)
        return f"{failure.head}: {listed}"
    if not isinstance(declared, ObservedColumn) or not result.measures(declared):
        return failure.text(most=_NAMED)
    # Where another expectation names groups, they are its groups and not parts of this whole.
    named = any(check.group_by for check in checks_of(suite))
    worse = [] if named else [g for g in outcome.groups if g.status is not Status.PASS]
    names = [
        group.key.label
        if declared.aggregate == "sum"
        else f"{group.key.label} {number(group.observed, failure.unit, against=group.threshold)}"
        for group in worse
    ]
    return failure.head + (f": {listing(names, _NAMED)}" if names else "")
