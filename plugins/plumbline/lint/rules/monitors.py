"""Rules for what an alert needs of a monitor: owner, runbook, dependencies, observed value."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.core.errors import did_you_mean
from plumbline.lint.context import LintContext
from plumbline.lint.cycles import find_cycles
from plumbline.lint.facts import Facts
from plumbline.lint.rule import Finding, Rules
from plumbline.project.document import Document

RULES = Rules()

NO_OWNER = RULES.warning(
    "monitor-without-owner",
    "The monitor has no owner who acts on its alerts.",
    wrong='"monitor": {"model": "coverage"}',
    right='"monitor": {"model": "coverage", "owner": "data-platform"}',
)
NO_RUNBOOK = RULES.warning(
    "monitor-without-runbook",
    "The monitor has no runbook, so the alert does not say what to do.",
    wrong='"monitor": {"model": "coverage"}',
    right='"monitor": {"model": "coverage", "runbook": "docs/runbooks/coverage.md"}',
)
RUNBOOK_MISSING = RULES.error(
    "monitor-runbook-missing",
    "The runbook doesn't exist, so links in alerts are broken.",
    wrong='"runbook": "docs/runbooks/coverge.md"',
    right='"runbook": "docs/runbooks/coverage.md", or a link that begins with https://',
)
UNKNOWN_DEPENDENCY = RULES.error(
    "monitor-unknown-dependency",
    "depends_on names a monitor that doesn't exist.",
    wrong='"depends_on": ["game_status"]',
    right='"depends_on": ["game_status_lag"]',
)
RENAMED_FROM_EXISTING = RULES.error(
    "monitor-renamed-from-existing",
    "renamed_from names a monitor that still exists, so its incident can't be carried over.",
    wrong='"renamed_from": ["coverage"] beside a suite coverage.json',
    right='"renamed_from": ["coverage"], and coverage.json is removed',
)
DEPENDENCY_CYCLE = RULES.error(
    "monitor-dependency-cycle",
    "Monitors depend on each other in a cycle, so plumbline can't tell which one is the cause.",
    wrong='grading depends on lag, and lag has "depends_on": ["grading"]',
    right='"depends_on": [] in one of the two',
)
UNKNOWN_OBSERVED = RULES.error(
    "monitor-unknown-column",
    "The observed column doesn't exist in the model.",
    wrong='"observed": {"column": "covrage_pct", "aggregate": "mean"}',
    right='"observed": {"column": "coverage_pct", "aggregate": "mean"}',
)
PERSONAL_OBSERVED = RULES.error(
    "monitor-observes-personal-column",
    "The observed column is tagged as personal, so its value is withheld.",
    wrong='"observed": {"column": "height_cm", "aggregate": "max"}, with height_cm tagged personal',
    right='"observed": {"column": "players", "aggregate": "sum"}',
)
COUNTS_NOTHING = RULES.warning(
    "monitor-counts-nothing",
    "The observed value counts failures of a severity that no expectation has, so it is always 0.",
    wrong='"observed": {"count_failing": "critical"} beside expectations of severity warning only',
    right='"observed": {"count_failing": "warning"}',
)

_META = ("meta", "monitor")


def check(context: LintContext) -> Iterator[Finding]:
    facts = context.facts
    for name, suite in facts.suites.items():
        if not suite.is_readable:
            continue
        yield from _owner_and_runbook(facts, name, suite)
        yield from _dependencies(facts, name, suite)
        yield from _earlier_names(facts, name, suite)
        yield from _observed(context, suite)
    yield from _cycles(facts)


def _owner_and_runbook(facts: Facts, name: str, suite: Document) -> Iterator[Finding]:
    if not suite.get(*_META, "owner"):
        yield NO_OWNER.at(
            suite.place(*_META, "owner"),
            f"monitor {name!r} has no owner",
            "add meta.monitor.owner: who acts on its alerts",
        )
    runbook = suite.get(*_META, "runbook")
    if not runbook:
        yield NO_RUNBOOK.at(
            suite.place(*_META, "runbook"),
            f"monitor {name!r} has no runbook",
            f'write one and add "runbook": "docs/runbooks/{name}.md"',
        )
    elif (
        isinstance(runbook, str)
        and not runbook.startswith(("https://", "http://"))
        and facts.runbook_of(suite) is None
    ):
        yield RUNBOOK_MISSING.at(
            suite.place(*_META, "runbook"),
            f"there is no runbook {runbook!r}",
            "add the file, or name another file of the project or a URL",
        )


def _dependencies(facts: Facts, name: str, suite: Document) -> Iterator[Finding]:
    named = suite.get(*_META, "depends_on")
    others = facts.documents.monitors - {name}
    for index, other in enumerate(named if isinstance(named, list) else ()):
        if isinstance(other, str) and other not in facts.documents.monitors:
            yield UNKNOWN_DEPENDENCY.at(
                suite.place(*_META, "depends_on", index),
                f"{name!r} depends on {other!r}, which is not a monitor",
                did_you_mean(other, others) if others else "remove it",
            )


def _earlier_names(facts: Facts, name: str, suite: Document) -> Iterator[Finding]:
    named = suite.get(*_META, "renamed_from")
    for index, other in enumerate(named if isinstance(named, list) else ()):
        if other in facts.documents.monitors:
            yield RENAMED_FROM_EXISTING.at(
                suite.place(*_META, "renamed_from", index),
                f"{name!r} is renamed from {other!r}, which is still a monitor",
                f"remove the monitor {other!r}, or take it out of renamed_from",
            )


def _cycles(facts: Facts) -> Iterator[Finding]:
    edges: dict[str, list[str]] = {}
    for name in sorted(facts.documents.monitors):
        suite = facts.suite_of(name)
        named = None if suite is None else suite.get(*_META, "depends_on")
        others = named if isinstance(named, list) else []
        edges[name] = [other for other in others if isinstance(other, str)]
    for cycle in find_cycles(edges):
        suite = facts.suite_of(cycle[0])
        assert suite is not None  # what has no suite depends on nothing
        yield DEPENDENCY_CYCLE.at(
            suite.place(*_META, "depends_on"),
            f"monitors depend on each other in a cycle: {' -> '.join(cycle)}",
            "remove one of them from depends_on",
        )


def _observed(context: LintContext, suite: Document) -> Iterator[Finding]:
    path = (*_META, "observed")
    column = suite.text(*path, "column")
    known = context.columns.of_suite(suite)
    if column is not None and known is not None and column not in known:
        yield UNKNOWN_OBSERVED.unknown(
            suite.place(*path, "column"), "the model has no column", column, known
        )
    described = context.facts.described.get(suite.text(*_META, "model") or "")
    tagged = described.columns.get(column or "") if described else None
    if tagged is not None and tagged.is_personal:
        yield PERSONAL_OBSERVED.at(
            suite.place(*path, "column"),
            f"column {column!r} is tagged as personal in {tagged.document.file.name}",
            "observe another column, or count the groups that fail",
        )
    counted = suite.text(*path, "count_failing")
    severities = {
        entry.get("severity", "critical")
        for _, entry in suite.entries("expectations")
        if isinstance(entry.get("severity", "critical"), str)
    }
    if counted in ("warning", "critical") and severities and counted not in severities:
        yield COUNTS_NOTHING.at(
            suite.place(*path, "count_failing"),
            f"no expectation has severity {counted!r}, so this is always 0",
            f"count another severity, or add an expectation of severity {counted!r}",
        )
