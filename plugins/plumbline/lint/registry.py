"""All rules, grouped by what they look at: for the linter, and for the page that lists them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from plumbline.lint.context import LintContext
from plumbline.lint.rule import Finding, Rule
from plumbline.lint.rules import (
    alerts,
    analyzer,
    checkpoints,
    columns,
    definitions,
    descriptions,
    evaluation,
    expectations,
    files,
    history,
    incidents,
    models,
    monitors,
    parameters,
    runbooks,
    schedules,
    services,
    shapes,
    sources,
    sql,
    suites,
    targets,
    thresholds,
    variables,
)


@dataclass(frozen=True)
class RuleGroup:
    """Rules that look at the same thing."""

    title: str
    rules: tuple[Rule, ...]


GROUPS = (
    RuleGroup("Any file", files.RULES),
    RuleGroup("Suites", suites.RULES),
    RuleGroup("Monitors", monitors.RULES),
    RuleGroup("Validation definitions", definitions.RULES),
    RuleGroup("Expectations", expectations.RULES + columns.RULES + evaluation.RULES),
    RuleGroup("Suite parameters", parameters.RULES),
    RuleGroup("Thresholds", thresholds.RULES),
    RuleGroup("Variables", variables.RULES),
    RuleGroup("Checkpoints and the schedule", checkpoints.RULES + schedules.RULES),
    RuleGroup("Alerts and mutes", alerts.RULES),
    RuleGroup("Services", services.RULES),
    RuleGroup("Runbooks", runbooks.RULES),
    RuleGroup("Targets and stores", targets.RULES),
    RuleGroup("Models", models.RULES),
    RuleGroup("Descriptions of models", descriptions.RULES),
    RuleGroup("Source tables", sources.RULES),
    RuleGroup("SQL", sql.RULES),
    RuleGroup("Google's analyzer (`--analyzer`)", analyzer.RULES),
    RuleGroup("History (`--history FILE`)", history.RULES),
)

RULES: tuple[Rule, ...] = tuple(rule for group in GROUPS for rule in group.rules)

CHECKS: tuple[Callable[[LintContext], Iterator[Finding]], ...] = (
    files.check,
    shapes.check,
    suites.check,
    definitions.check,
    monitors.check,
    expectations.check,
    columns.check,
    evaluation.check,
    parameters.check,
    thresholds.check,
    variables.check,
    checkpoints.check,
    schedules.check,
    alerts.check,
    incidents.check,
    services.check,
    runbooks.check,
    targets.check,
    models.check,
    descriptions.check,
    sources.check,
    sql.check,
)
"""In the order in which one finding hides another of the same line and words: the first stays."""
