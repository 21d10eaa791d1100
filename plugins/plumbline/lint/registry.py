"""All rules, grouped by what they look at: for the linter, and for the page that lists them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import ModuleType

from plumbline.lint.context import LintContext
from plumbline.lint.rule import Finding, Rule
from plumbline.lint.rules import (
    alerts,
    analyzer,
    checkpoints,
    columns,
    definitions,
    descriptions,
    drilldowns,
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
    modules: tuple[ModuleType, ...]

    @property
    def rules(self) -> tuple[Rule, ...]:
        return tuple(rule for module in self.modules for rule in module.RULES.declared)


_ALWAYS = (
    RuleGroup("Any file", (files, shapes)),
    RuleGroup("Suites", (suites,)),
    RuleGroup("Validation definitions", (definitions,)),
    RuleGroup("Monitors", (monitors, drilldowns)),
    RuleGroup("Expectations", (expectations, columns, evaluation)),
    RuleGroup("Suite parameters", (parameters,)),
    RuleGroup("Thresholds", (thresholds,)),
    RuleGroup("Variables", (variables,)),
    RuleGroup("Checkpoints and the schedule", (checkpoints, schedules)),
    RuleGroup("Alerts and mutes", (alerts, incidents)),
    RuleGroup("Services", (services,)),
    RuleGroup("Runbooks", (runbooks,)),
    RuleGroup("Targets and stores", (targets,)),
    RuleGroup("Models", (models,)),
    RuleGroup("Descriptions of models", (descriptions,)),
    RuleGroup("Source tables", (sources,)),
    RuleGroup("SQL", (sql,)),
)
"""In the order in which one finding hides another of the same line and words: the first stays."""

GROUPS = (
    *_ALWAYS,
    RuleGroup("Google's analyzer (`--analyzer`)", (analyzer,)),
    RuleGroup("History (`--history FILE`)", (history,)),
)

RULES: tuple[Rule, ...] = tuple(rule for group in GROUPS for rule in group.rules)

CHECKS: tuple[Callable[[LintContext], Iterator[Finding]], ...] = tuple(
    module.check for group in _ALWAYS for module in group.modules
)
