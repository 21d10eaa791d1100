"""Thresholds in words: what beyond which value is a WARNING, and what is CRITICAL.

Read from the suite's file alone, so that ``plumbline list`` needs no GX.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from plumbline.core.expectation_types import FOLLOWS_HISTORY, OURS, USUAL
from plumbline.core.group_key import GroupKey
from plumbline.core.outcome import ThresholdLine
from plumbline.project.parameters import expression_of, is_parameter
from plumbline.project.suites import ExpectationEntry, ObservedColumn, Suite

_AGGREGATES = {
    f"expect_column_{name}_to_be_between": name for name in ("max", "mean", "min", "sum")
}
"""Those of GX that judge a column as a whole."""


@dataclass(frozen=True)
class Threshold:
    """One measured thing: ``mean of coverage_pct: warning < 80, critical < 50``."""

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
    return _together(suite.entry.expectations)


def _together(expectations: Iterable[ExpectationEntry]) -> tuple[Threshold, ...]:
    levels: dict[str, list[str]] = {}
    columns: dict[str, str | None] = {}
    for expectation in expectations:
        subject = _subject(expectation)
        column = expectation.kwargs.get("column")
        columns[subject] = column if isinstance(column, str) else None
        levels.setdefault(subject, []).append(_level(expectation))
    return tuple(
        Threshold(subject=subject, column=columns[subject], levels=tuple(found))
        for subject, found in levels.items()
    )


def main_threshold(suite: Suite) -> str:
    """The levels that the monitor's one observed number stands for."""
    observed = suite.monitor.observed
    judging = suite.entry.expectations
    if isinstance(observed, ObservedColumn):
        judging = _judging(suite, observed)
    # A set or a pattern has no level that a number could be held against.
    found = _together(entry for entry in judging if entry.type == OURS or _bounds(entry.kwargs))
    return found[0].words if found else ""


def _judging(suite: Suite, observed: ObservedColumn) -> list[ExpectationEntry]:
    """The expectations that judge the observed number; else those of plumbline's that judge the
    rows or groups that it is made of. A bound on single values is none on their aggregate."""
    of_column = [
        entry for entry in suite.entry.expectations if entry.kwargs.get("column") == observed.column
    ]
    whole = [entry for entry in of_column if _aggregate(entry) == observed.aggregate]
    return whole or [entry for entry in of_column if entry.type in (OURS, FOLLOWS_HISTORY)]


def _aggregate(expectation: ExpectationEntry) -> str | None:
    """How the values of a column become the number that is judged."""
    if expectation.type in (OURS, FOLLOWS_HISTORY):
        return expectation.kwargs.get("aggregate")
    return _AGGREGATES.get(expectation.type)


def lines_of(suite: Suite) -> tuple[ThresholdLine, ...]:
    """The bounds of the number that stands for the monitor; none where that number is a count of
    failing groups, which has none of its own."""
    observed = suite.monitor.observed
    if not isinstance(observed, ObservedColumn):
        return ()
    return tuple(
        line
        for expectation in _judging(suite, observed)
        if not expectation.kwargs.get("group_by")
        for line in _lines(expectation, expectation.kwargs)
    )


def group_lines_of(suite: Suite, key: GroupKey) -> tuple[ThresholdLine, ...]:
    """The bounds of one group: those of the column that expectations name groups by, overridden
    where the suite says so; else those of the whole, which its rows are held against."""
    grouped = [entry for entry in suite.entry.expectations if entry.kwargs.get("group_by")]
    if not grouped:
        return lines_of(suite)
    column = grouped[0].kwargs.get("column")
    found: list[ThresholdLine] = []
    for expectation in grouped:
        if expectation.kwargs.get("column") != column:
            continue
        overrides = expectation.kwargs.get("overrides")
        own = overrides.get(key.label) if isinstance(overrides, Mapping) else None
        bounds = {**expectation.kwargs, **own} if isinstance(own, Mapping) else expectation.kwargs
        found += _lines(expectation, bounds)
    return tuple(found)


def _lines(expectation: ExpectationEntry, bounds: Mapping[str, Any]) -> Iterator[ThresholdLine]:
    severity = expectation.severity
    if severity not in ("warning", "critical"):
        return
    for name, fails in (("min_value", "below"), ("max_value", "above")):
        value = bounds.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool):
            yield ThresholdLine(severity, float(value), "below" if fails == "below" else "above")


def _subject(expectation: ExpectationEntry) -> str:
    kwargs = expectation.kwargs
    column = kwargs.get("column")
    if expectation.type != OURS:
        shown = expectation.type.removeprefix("expect_").replace("_", " ")
        return f"{column}: {shown}" if column else shown
    subject = str(column)
    if kwargs.get("aggregate"):
        subject = f"{kwargs['aggregate']} of {subject}"
    if kwargs.get("group_by"):
        subject += f" by {', '.join(_names(kwargs['group_by']))}"
    return subject


def _level(expectation: ExpectationEntry) -> str:
    kwargs = expectation.kwargs
    text: str = expectation.severity
    if USUAL in kwargs:
        return f"{text}: {kwargs[USUAL]}"
    bounds = _bounds(kwargs)
    if expectation.type == FOLLOWS_HISTORY:
        bounds = f"outside what is usual or {bounds}"
    if bounds:
        text += f" {bounds}"
    overrides = kwargs.get("overrides")
    if isinstance(overrides, Mapping):
        own = [
            f"{group} {_bounds({**kwargs, **bound})}"
            for group, bound in overrides.items()
            if isinstance(bound, Mapping)
        ]
        if own:
            text += f" ({', '.join(own)})"
    return text


def _bounds(kwargs: Mapping[str, Any]) -> str:
    """What fails: the other side of the bounds that hold."""
    low, high = kwargs.get("min_value"), kwargs.get("max_value")
    parts = []
    if low is not None:
        parts.append(f"{'≤' if kwargs.get('strict_min') else '<'} {_number(low)}")
    if high is not None:
        parts.append(f"{'≥' if kwargs.get('strict_max') else '>'} {_number(high)}")
    return " or ".join(parts)


def _number(value: object) -> str:
    if is_parameter(value):
        return expression_of(value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def _names(group_by: object) -> Iterable[str]:
    if isinstance(group_by, str):
        return (group_by,)
    return (str(name) for name in group_by) if isinstance(group_by, Iterable) else ()
