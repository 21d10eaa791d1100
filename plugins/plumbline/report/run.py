"""The page of a run: a table of all monitors, then what failed where, and what to do about it."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterator, Sequence

from plumbline.checks.failures import reported, unmeasured_failure
from plumbline.core.outcome import GroupOutcome, Outcome, RunReport, worst_groups_first
from plumbline.core.status import IMPACT_OF_ERROR, Status
from plumbline.core.text import capped, fraction, metric_and_levels, moment
from plumbline.report import wording
from plumbline.report.page import (
    Break,
    Code,
    Command,
    Dim,
    Facts,
    Items,
    Line,
    Name,
    Note,
    Section,
    Table,
    Verdict,
    action,
    fix_facts,
    runbook,
)

SHOWN = 8
"""How many groups are named; JSON has all."""

MOST_FAILURES = 20
"""How many failed expectations are named; JSON has all."""

MOST_PASSING = 50
"""How many monitors are listed that don't fail; JSON has all."""

MOST_SQL = 4000
"""Characters of a query in a comment: GitHub takes one of 65,536, and ten monitors may fail."""

Fact = tuple[str, Line | Table]


def run_page(report: RunReport, *, is_comment: bool = False) -> list[Section]:
    """The page of ``report``.

    Args:
        is_comment: whether it is read away from where it was run, as in a pull request: then it
            begins with the status, and says how to ask the same again.
    """
    sections = [_comment_head(report) if is_comment else _head(report)]
    listed, others = _listed(report.outcomes)
    if listed:
        table = _table(listed, has_summary=is_comment)
        sections.append(Section("", (table, *_unlisted(others))))
    statuses = {outcome.monitor: outcome.status for outcome in report.outcomes}
    for outcome in listed:
        facts = [*_found(outcome), *_advice(outcome, statuses)]
        if not (is_comment or _is_said(outcome)):
            checked = outcome.status in (Status.WARNING, Status.CRITICAL)
            facts.insert(0, ("found" if checked else "why", _without_fix(outcome)))
        if facts and is_comment and not report.is_recorded:
            facts.append(("again", Command(_again(outcome.monitor, report))))
        if facts:
            title = (outcome.status, "  ", Name(outcome.monitor))
            query = _drilldown(outcome) if is_comment else ()
            sections.append(Section(title, (Facts(tuple(facts)), *query)))
    if report.alerts:
        told = tuple(wording.alerts(report.alerts))
        sections.append(Section("Alerts", (Items(told),)))
    if report.cost:
        sections.append(Section("", (Dim(report.cost),)))
    if report.docs and not is_comment:
        sections.append(Section("", (Dim(f"Data docs: {wording.docs(report.docs)}"),)))
    sections.append(Section("", (Verdict(wording.verdict(report), report.status),)))
    return sections


def _drilldown(outcome: Outcome) -> tuple[Code, ...]:
    """The query for the rows behind what failed, folded; none that is too long for a comment."""
    found = outcome.drilldown
    if found is None or len(found) > MOST_SQL:
        return ()
    return (Code(found, "sql", summary="Query for the rows"),)


def failing(groups: Sequence[GroupOutcome]) -> list[GroupOutcome]:
    """The failing groups, worst first."""
    return worst_groups_first(group for group in groups if group.status.is_failing)


def _head(report: RunReport) -> Section:
    revision = f"suites at commit {report.revision}" if report.revision else "suites not in git"
    judged = (report.checkpoint, f"target {report.target}", moment(report.as_of), revision)
    return Section(" · ".join(judged), report.notes)


def _comment_head(report: RunReport) -> Section:
    revision = Name(str(report.revision)) if report.revision else "not in git"
    at = "at commit " if report.revision else ""
    when = f" · {moment(report.as_of)} · suites {at}"
    return Section(
        (report.status, ": ", Name(report.checkpoint)),
        (("Target ", Name(report.target), when, revision), *map(Note, report.notes)),
    )


def _is_said(outcome: Outcome) -> bool:
    """Whether the table and what failed say all that the summary does."""
    if outcome.status is Status.PASS:
        return True
    return outcome.status.is_judged and bool(reported(outcome.failures))


def _without_fix(outcome: Outcome) -> str:
    """The summary; what it says to do has a label of its own."""
    return outcome.summary.removesuffix(f"; {outcome.fix}") if outcome.fix else outcome.summary


def _listed(outcomes: Sequence[Outcome]) -> tuple[list[Outcome], list[Outcome]]:
    """Those that the report has, and the others: of many that are fine, the first are enough."""
    fine = [one for one in outcomes if not (one.status.is_failing or one.notes)]
    others = fine[MOST_PASSING:]
    names = {one.monitor for one in others}
    return [one for one in outcomes if one.monitor not in names], others


def _unlisted(others: Sequence[Outcome]) -> Iterator[Dim]:
    if others:
        found = Counter(outcome.status.value for outcome in others)
        said = ", ".join(f"{number:,} {status}" for status, number in sorted(found.items()))
        yield Dim(f"Not listed: {said}")


def _table(outcomes: Sequence[Outcome], *, has_summary: bool) -> Table:
    """A row for each monitor. In text the summaries stand below it, where lines are not cut up by
    columns."""
    return Table(
        ("Status", "Monitor", "Observed", "Threshold", *(["Summary"] if has_summary else [])),
        tuple(
            (
                outcome.status,
                Name(outcome.monitor),
                wording.observed(outcome),
                _threshold(outcome),
                *([_without_fix(outcome)] if has_summary else []),
            )
            for outcome in outcomes
        ),
        below=3,
    )


def _threshold(outcome: Outcome) -> Line:
    """The metric and the levels; of an ERROR none, as nothing was held against it. If something
    else than the monitor's number failed, what was required."""
    if outcome.status is Status.ERROR:
        return ""
    failure = unmeasured_failure(outcome)
    if failure is not None:
        return failure.head
    metric, levels = metric_and_levels(outcome.thresholds)
    return (f"{metric}:", Break(" "), levels) if metric else levels


def _found(outcome: Outcome) -> Iterator[Fact]:
    """What the table leaves out: why, what failed, where."""
    if outcome.reason and outcome.reason not in outcome.summary:
        yield "why", outcome.reason
    groups = failing(outcome.groups) if outcome.status.is_failing else []
    yield from _labelled("fails", _failures(outcome, has_groups=bool(groups)))
    if groups:
        yield "where", _groups(outcome, groups)


def _failures(outcome: Outcome, *, has_groups: bool) -> Iterator[str]:
    """A line for each expectation that failed or could not be evaluated, the worst first."""
    failures = reported(outcome.failures)
    for failure in failures[:MOST_FAILURES]:
        # Groups that are listed below are not named twice.
        is_listed = has_groups and failure.counted == "groups"
        text = failure.text(most=0) if is_listed else failure.text()
        yield f"{failure.severity}: {text}"
    if len(failures) > MOST_FAILURES:
        yield f"and {len(failures) - MOST_FAILURES:,} more failed expectations"
    lines, before = [], None
    for one in outcome.expectations:
        if one.error is None:
            continue
        cause = one.error.partition(" (in ")[0]
        if before is not None:  # the first is the monitor's reason
            why = " for the same reason" if cause == before else f": {one.error}"
            lines.append(f"{one.severity}: {one.text} (could not be evaluated{why})")
        before = cause
    yield from capped(lines, SHOWN, of=" that could not be evaluated")


def _groups(outcome: Outcome, groups: Sequence[GroupOutcome]) -> Table:
    shown = groups[:SHOWN]
    differ = any(group.status is not outcome.status for group in shown)
    return Table(
        ("Where", "Observed", "Of", *(["Status"] if differ else [])),
        tuple(
            (
                Name(group.key.label),
                wording.group_observed(group),
                fraction(group.observed, group.unit, group.numerator, group.denominator),
                *([group.status if group.status is not outcome.status else ""] if differ else []),
            )
            for group in shown
        ),
        right=frozenset({1, 2}),
        more=len(groups) - len(shown),
    )


def _advice(outcome: Outcome, statuses: dict[str, Status]) -> Iterator[Fact]:
    if outcome.status in (Status.WARNING, Status.CRITICAL):
        if outcome.impact:
            yield "impact", outcome.impact
        if outcome.action:
            yield "do", action(outcome.action)
    elif outcome.status is Status.ERROR:
        yield from fix_facts(outcome.fix)
        yield "impact", IMPACT_OF_ERROR
    if outcome.status.is_failing:
        if outcome.runbook:
            yield "runbook", runbook(outcome.runbook)
        if outcome.owner:
            yield "owner", outcome.owner
        found = ((other, statuses.get(other, Status.PASS)) for other in outcome.depends_on)
        failing_ones = [
            f"this depends on {other}, which is {status.value}"
            for other, status in found
            if status.is_failing
        ]
        yield from _labelled("see also", failing_ones)
    yield from _labelled("note", outcome.notes)


def _labelled(label: str, lines: Iterator[str] | Sequence[str]) -> Iterator[Fact]:
    for place, line in enumerate(lines):
        yield ("" if place else label), line


def _again(monitor: str, report: RunReport) -> str:
    """The command that runs this monitor again as in the run."""
    run = ["plumbline", "run", report.checkpoint, "--select", monitor, "--target", report.target]
    return shlex.join([*run, *report.given])
