"""Thresholds in words: what beyond which value is a WARNING, and what is CRITICAL.

Read from the suite's file alone, so that ``plumbline list`` needs no GX.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from plumbline.checks.bounds import Bounds
from plumbline.checks.check import Check, checks_of, subject_of
from plumbline.checks.expected import condition, expected, limit
from plumbline.core.expectation_types import (
    FOLLOWS_HISTORY,
    NO_FAILING_ROWS,
    OURS,
    USUAL,
)
from plumbline.core.group_key import GroupKey
from plumbline.core.outcome import ThresholdLine
from plumbline.core.status import STATUS_OF_SEVERITY
from plumbline.core.text import with_unit
from plumbline.project.parameters import expression_of, is_parameter
from plumbline.project.suites import Observed, ObservedColumn, ObservedFailingRows, Suite


@dataclass(frozen=True)
class Threshold:
    """One measured thing: ``mean of coverage_pct: warning < 80 %, critical < 50 %``."""

    subject: str
    column: str | None
    levels: tuple[str, ...]

    @property
    def words(self) -> str:
        """The levels alone."""
        return ", ".join(self.levels)

    def __str__(self) -> str:
        return f"{self.subject}: {self.words}"


def thresholds_of(suite: Suite) -> tuple[Threshold, ...]:
    """One for each measured thing, in the order of the file, its levels together."""
    return _together(checks_of(suite), suite.monitor.observed)


def _together(checks: Iterable[Check], observed: Observed) -> tuple[Threshold, ...]:
    levels: dict[str, list[str]] = {}
    columns: dict[str, str | None] = {}
    for check in checks:
        subject = _subject(check)
        columns[subject] = check.column
        levels.setdefault(subject, []).append(_level(check, check.unit(observed)))
    return tuple(
        Threshold(subject=subject, column=columns[subject], levels=tuple(found))
        for subject, found in levels.items()
    )


def main_threshold(checks: Sequence[Check], observed: Observed) -> str:
    """The metric that the monitor's one observed number stands for, with its levels; where no check
    judges its column (a count of services, judged by their hours), the first that is judged.

    Args:
        observed: what its suite declares as that number.
    """
    judging = checks
    if isinstance(observed, ObservedColumn):
        judging = _judging(checks, observed) or [
            one for one in checks if one.column != observed.column
        ]
    # A set or a pattern has no level that a number could be held against.
    judged = (one for one in judging if one.type == OURS or _bounds(one.arguments))
    found = _together(judged, observed)
    return str(found[0]) if found else ""


def _judging(checks: Sequence[Check], observed: ObservedColumn) -> Sequence[Check]:
    """The checks that judge the observed number; else those of plumbline's that judge the
    rows or groups that it is made of. A bound on single values is one on their minimum or maximum
    at most."""
    return [one for one in checks if one.judges(observed)] or [
        one for one in checks if one.is_metric and one.column == observed.column
    ]


def lines_of(checks: Sequence[Check], observed: Observed) -> tuple[ThresholdLine, ...]:
    """The bounds of the number that stands for the monitor; none where that number is a count of
    failing groups, which has none of its own."""
    if isinstance(observed, ObservedFailingRows):
        judging: Iterable[Check] = (one for one in checks if one.type == NO_FAILING_ROWS)
    elif isinstance(observed, ObservedColumn):
        judging = _judging(checks, observed)
    else:
        return ()
    return tuple(
        line for check in judging if not check.group_by for line in _lines(check, check.bounds)
    )


def group_lines_of(
    checks: Sequence[Check], observed: Observed, key: GroupKey
) -> tuple[ThresholdLine, ...]:
    """The bounds of one group: those of the column that checks name groups by, overridden
    where the suite says so; else those of the whole, which its rows are held against."""
    grouped = [check for check in checks if check.group_by]
    if not grouped:
        return lines_of(checks, observed)
    return tuple(
        line
        for check in grouped
        if check.column == grouped[0].column
        for line in _lines(check, check.bounds_for(key.label))
    )


def _lines(check: Check, bounds: Bounds) -> Iterator[ThresholdLine]:
    if check.severity not in STATUS_OF_SEVERITY:
        return
    severity: Literal["warning", "critical"] = (
        "critical" if check.severity == "critical" else "warning"
    )
    if bounds.min_value is not None:
        yield ThresholdLine(severity, bounds.min_value, "below", bounds.strict_min)
    if bounds.max_value is not None:
        yield ThresholdLine(severity, bounds.max_value, "above", bounds.strict_max)


def _subject(check: Check) -> str:
    if check.is_metric or check.aggregate:
        return check.subject
    if check.type == NO_FAILING_ROWS:
        return subject_of("failing rows", None, check.group_by)
    if _bounds(check.arguments):
        return expected(check.type, check.kwargs).partition(" must be ")[0]
    # The share of ``mostly`` is the level.
    of = {name: value for name, value in check.kwargs.items() if name != "mostly"}
    rows = condition(check.kwargs)
    return expected(check.type, of) + (f" where {rows}" if rows else "")


def _level(check: Check, unit: str) -> str:
    text = check.severity
    if USUAL in check.kwargs:
        usual = str(check.kwargs[USUAL])
        return f"{text}: {with_unit(usual, unit) if usual[-1:].isdigit() else usual}"
    bounds = _bounds(check.arguments, unit)
    if check.type == FOLLOWS_HISTORY:
        bounds = f"outside what is usual or {bounds}"
    mostly = check.kwargs.get("mostly")
    if isinstance(mostly, int | float) and mostly < 1:
        few = f"in more than {100 - 100 * mostly:.9g} % of values"
        bounds = f"{bounds} {few}" if bounds else f"< {100 * mostly:.9g} %"
    if bounds:
        text += f" {bounds}"
    own = [f"{group} {_bounds(kwargs, unit, group)}" for group, kwargs in check.overridden.items()]
    return f"{text} ({', '.join(own)})" if own else text


def _bounds(kwargs: Mapping[str, Any], unit: str = "", group: str = "") -> str:
    """What fails: the other side of the bounds that hold."""
    parts = []
    for side, strict, signs in (
        ("min_value", "strict_min", ("<", "≤")),
        ("max_value", "strict_max", (">", "≥")),
    ):
        text, units = limit(kwargs, side, group, _number)
        if text is not None:
            parts.append(f"{signs[bool(kwargs.get(strict))]} {with_unit(text, unit)}{units}")
    return " or ".join(parts)


def _number(value: object) -> str:
    if is_parameter(value):
        return expression_of(value)
    return f"{value:g}" if isinstance(value, float) else str(value)
