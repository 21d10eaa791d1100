"""Rules for thresholds: they can pass, they can fail, and warnings come before criticals."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from plumbline.checks.bounds import Bounds
from plumbline.checks.check import BOUND_KEYS, SIDES, Check
from plumbline.core.expectation_types import FOLLOWS_HISTORY, OURS
from plumbline.lint.context import LintContext
from plumbline.lint.rule import Finding, Rule, Rules
from plumbline.project.document import Document, KeyPath
from plumbline.project.suites import MAX_UNEXPECTED

RULES = Rules()

MISSING = RULES.error(
    "threshold-missing",
    "There is neither a minimum nor a maximum, so nothing can fail.",
    wrong='"kwargs": {"column": "coverage_pct"}',
    right='"kwargs": {"column": "coverage_pct", "min_value": 80}',
)
OPEN_SIDE = RULES.error(
    "threshold-open-side",
    "An expectation that follows history has only one bound. On the other side, a long "
    "outage would become normal.",
    wrong='"type": "expect_metric_to_follow_history", "kwargs": {"min_value": 50}',
    right='"type": "expect_metric_to_follow_history", "kwargs": {"min_value": 50, "max_value": 99}',
)
INVERTED = RULES.error(
    "threshold-inverted",
    "The minimum is above the maximum, so nothing can pass.",
    wrong='"min_value": 80, "max_value": 50',
    right='"min_value": 50, "max_value": 80',
)
UNREACHABLE = RULES.error(
    "threshold-unreachable",
    "No percentage can meet the bound, so it always fails.",
    wrong='"column": "coverage_pct", "min_value": 800',
    right='"column": "coverage_pct", "min_value": 80',
)
NEVER_FIRES = RULES.error(
    "threshold-never-fires",
    "Every percentage meets the bound, so the check can't fail.",
    wrong='"column": "coverage_pct", "min_value": 0',
    right='"column": "coverage_pct", "min_value": 50',
)
LEVELS_INVERTED = RULES.error(
    "threshold-levels-inverted",
    "The critical bound fails no later than the warning bound, so the warning never shows.",
    wrong='warning "min_value": 50 beside critical "min_value": 80',
    right='warning "min_value": 80 beside critical "min_value": 50',
)

_PERCENTAGE = "_pct"
# Of values or of averages of values: a sum of percentages may be anything.
_OF_VALUES = frozenset(
    {
        OURS,
        FOLLOWS_HISTORY,
        "expect_column_values_to_be_between",
        "expect_column_min_to_be_between",
        "expect_column_max_to_be_between",
        "expect_column_mean_to_be_between",
        "expect_column_median_to_be_between",
    }
)
_NEED_A_BOUND = frozenset(
    {
        OURS,
        FOLLOWS_HISTORY,
        "expect_column_values_to_be_between",
        "expect_column_value_lengths_to_be_between",
    }
)
Side = Literal["min", "max"]
_Level: TypeAlias = tuple[KeyPath, Check]
"""An expectation that makes a monitor WARNING or CRITICAL, and where it stands."""


@dataclass(frozen=True)
class _Judged:
    """The bounds of one expectation for one group, or for all that have none of their own."""

    suite: Document
    path: KeyPath
    """Of the kwargs, or of the group's override in them."""
    bounds: Bounds
    is_percentage: bool
    is_whole: bool
    """Whether every bound that is given is a number that is known here."""
    group: str | None

    def place_path(self, side: Side) -> KeyPath:
        """Of the bound itself, where it stands here and not in the kwargs above."""
        name = f"{side}_value"
        if self.suite.has(*self.path, name):
            return (*self.path, name)
        return (*self.path[:3], name)

    @property
    def of_group(self) -> str:
        return "" if self.group is None else f" for {self.group!r}"


def check(context: LintContext) -> Iterator[Finding]:
    for suite in context.facts.suites.values():
        by_subject: dict[str, list[_Level]] = {}
        for path, entry in suite.entries("expectations"):
            kind = suite.text(*path, "type")
            if kind is None:
                continue
            severity = str(entry.get("severity", "critical"))
            check = Check(kind, severity, suite.mapping(*path, "kwargs"))
            is_of_table = "metric" in check.kwargs  # the rules for suites say what it needs
            has_none = check.per is None and all(
                check.arguments.get(name) is None for name in SIDES
            )
            if kind in _NEED_A_BOUND and has_none and not is_of_table:
                yield MISSING.at(
                    suite.place(*path, "kwargs"),
                    "neither min_value nor max_value is given, so nothing can fail",
                    "add min_value or max_value",
                )
            elif kind == FOLLOWS_HISTORY and not is_of_table:
                yield from _open_sides(suite, path, check)
            yield from _bounds_alone(_judged(suite, path, check))
            if severity in ("warning", "critical"):
                # Two levels may have the same bounds and differ in how many values may fail.
                allowed = suite.get(*path, "meta", MAX_UNEXPECTED)
                by_subject.setdefault(f"{_subject(check)} {allowed}", []).append((path, check))
        for levels in by_subject.values():
            yield from _levels(suite, levels)


def _open_sides(suite: Document, path: KeyPath, check: Check) -> Iterator[Finding]:
    """Of all groups; where they have both bounds, of those that take one of them away."""
    found = [(name, (*path, "kwargs"), "") for name in SIDES if check.kwargs.get(name) is None]
    found = found or [
        (name, (*path, "kwargs", "overrides", group, name), f" for {group!r}")
        for group, kwargs in check.overridden.items()
        for name in SIDES
        if kwargs.get(name) is None
    ]
    for name, where, of_group in found:
        yield OPEN_SIDE.at(
            suite.place(*where),
            f"{name} is missing{of_group}: a long outage becomes normal on that side",
            f"add {name}: a value that is never acceptable",
        )


def _subject(check: Check) -> str:
    """What is measured, whatever its bounds."""
    measured = {
        name: value
        for name, value in check.kwargs.items()
        if name not in (*BOUND_KEYS, "per", "overrides", "retired")
    }
    return json.dumps([check.type, measured], sort_keys=True)


def _judged(suite: Document, path: KeyPath, check: Check) -> Iterator[_Judged]:
    column = (check.aggregate if check.table_metric else check.column) or ""
    is_percentage = (
        column.endswith(_PERCENTAGE) and check.type in _OF_VALUES and check.aggregate != "sum"
    )
    inner: KeyPath = (*path, "kwargs")
    if check.per is not None:
        of_units = _per_unit(check, check.bounds)
        yield _Judged(suite, (*inner, "per"), of_units, False, False, None)
    for group, kwargs in (None, check.kwargs), *check.overridden.items():
        bounds = Bounds.of(kwargs)
        yield _Judged(
            suite,
            inner if group is None else (*inner, "overrides", group),
            bounds,
            is_percentage,
            all((kwargs.get(side) is None) == (getattr(bounds, side) is None) for side in SIDES),
            group,
        )


def _bounds_alone(all_judged: Iterable[_Judged]) -> Iterator[Finding]:
    """What is wrong with bounds by themselves; a group inherits, but need not repeat, a fault."""
    told: set[Rule] = set()
    for judged in all_judged:
        found = [finding for finding in _alone(judged) if finding.rule not in told]
        if judged.group is None:
            told = {finding.rule for finding in found}
        yield from found


def _alone(judged: _Judged) -> Iterator[Finding]:
    """What is wrong with one pair of bounds."""
    bounds, suite = judged.bounds, judged.suite
    low, high = bounds.min_value, bounds.max_value
    is_empty = low == high and bounds.is_strict
    if low is not None and high is not None and (low > high or is_empty):
        yield INVERTED.at(
            suite.place(*judged.place_path("min")),
            f"no value can be {bounds.words()}{judged.of_group}, so nothing can pass",
            "swap the two, or remove one",
        )
        return
    if not judged.is_percentage:
        return
    if low is not None and (low > 100 or (low == 100 and bounds.strict_min)):
        yield UNREACHABLE.at(
            suite.place(*judged.place_path("min")),
            f"no percentage can be {Bounds(low, None, bounds.strict_min).words()}{judged.of_group}",
            "write a percentage between 0 and 100",
        )
    elif high is not None and (high < 0 or (high == 0 and bounds.strict_max)):
        yield UNREACHABLE.at(
            suite.place(*judged.place_path("max")),
            f"no percentage can be {Bounds(None, high, False, bounds.strict_max).words()}"
            f"{judged.of_group}",
            "write a percentage between 0 and 100",
        )
    elif judged.is_whole:
        yield from _idle(judged)


def _idle(judged: _Judged) -> Iterator[Finding]:
    """Bounds of a percentage that nothing breaks.

    At the very end of the range a bound beside one that works is a harmless way to say "a
    percentage"; alone, or beyond the range, it is a mistake.
    """
    bounds = judged.bounds
    low, high = bounds.min_value, bounds.max_value
    low_works = low is not None and (low > 0 or (low == 0 and bounds.strict_min))
    high_works = high is not None and (high < 100 or (high == 100 and bounds.strict_max))
    sides: list[tuple[Side, float]] = []
    if low is not None and not low_works and (low < 0 or not high_works):
        sides.append(("min", low))
    if high is not None and not high_works and (high > 100 or not low_works):
        sides.append(("max", high))
    for side, value in sides:
        yield NEVER_FIRES.at(
            judged.suite.place(*judged.place_path(side)),
            f"every percentage is {'at least' if side == 'min' else 'at most'} {value:g}, "
            f"so {side}_value never fires{judged.of_group}",
            "write a percentage between 0 and 100, or remove the bound",
        )


def _levels(suite: Document, levels: Sequence[_Level]) -> Iterator[Finding]:
    """A warning that a critical always hides; levels of one measured thing."""
    groups = {group: None for _, check in levels for group in (None, *check.overridden)}
    told: set[KeyPath] = set()
    for group in groups:
        warned = [_bounds_for(one, group) for _, one in levels if one.severity == "warning"]
        for path, check in levels:
            if check.severity != "critical":
                continue
            critical = _bounds_for(check, group)
            for side in ("min", "max"):
                of_units = _per_unit(check, critical)
                if _edge(of_units, side) is None:
                    judged, others, where = critical, warned, (*path, "kwargs")
                else:  # the fixed bounds hold where there are many units, these where there are few
                    judged, where = of_units, (*path, "kwargs", "per")
                    others = [
                        _per_unit(one, _bounds_for(one, group))
                        for _, one in levels
                        if one.severity == "warning"
                    ]
                if path not in told and _hides(judged, others, side):
                    told.add(path)
                    yield _hidden(suite, where, side, judged, others, group)


def _bounds_for(check: Check, group: str | None) -> Bounds:
    return check.bounds if group is None else check.bounds_for(group)


def _per_unit(check: Check, fixed: Bounds) -> Bounds:
    """The bounds for one unit; none where ``check`` has no such bounds."""
    return (
        Bounds()
        if check.per is None
        else check.per.relax(replace(fixed, min_value=None, max_value=None), 1)
    )


def _hides(critical: Bounds, warned: list[Bounds], side: Side) -> bool:
    """Whether every warning on this side breaks no earlier than ``critical``."""
    edge = _edge(critical, side)
    edges = [other for bounds in warned if (other := _edge(bounds, side)) is not None]
    return edge is not None and bool(edges) and all(other <= edge for other in edges)


def _edge(bounds: Bounds, side: Side) -> tuple[float, bool] | None:
    """How early the bound breaks: the greater, the earlier."""
    if side == "min":
        return None if bounds.min_value is None else (bounds.min_value, bounds.strict_min)
    return None if bounds.max_value is None else (-bounds.max_value, bounds.strict_max)


def _hidden(
    suite: Document,
    path: KeyPath,
    side: Side,
    critical: Bounds,
    warned: list[Bounds],
    group: str | None,
) -> Finding:
    name = f"{side}_value"
    values = [getattr(bounds, name) for bounds in warned if getattr(bounds, name) is not None]
    warning = max(values) if side == "min" else min(values)
    of_group = "" if group is None else f" for {group!r}"
    return LEVELS_INVERTED.at(
        suite.place(*path, name),
        f"whatever fails the warning's {name} {warning:g} also fails critical {name} "
        f"{getattr(critical, name):g}{of_group}: the status is never WARNING",
        f"set the warning's {name} {'above' if side == 'min' else 'below'} the critical one",
    )
