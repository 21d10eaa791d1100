"""Thresholds in words: what beyond which value is a WARNING, and what is CRITICAL.

Read from the suite's file alone, so that ``plumbline list`` needs no GX.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from plumbline.project.suites import ExpectationEntry, ObservedColumn, Suite

OURS = "expect_metric_to_be_between"


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
    levels: dict[str, list[str]] = {}
    columns: dict[str, str | None] = {}
    for expectation in suite.entry.expectations:
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
    found = thresholds_of(suite)
    if not found:
        return ""
    observed = suite.monitor.observed
    if isinstance(observed, ObservedColumn):
        for threshold in found:
            if threshold.column == observed.column:
                return threshold.words
    return found[0].words


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
    bounds = _bounds(kwargs)
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
    return f"{value:g}" if isinstance(value, float) else str(value)


def _names(group_by: object) -> Iterable[str]:
    if isinstance(group_by, str):
        return (group_by,)
    return (str(name) for name in group_by) if isinstance(group_by, Iterable) else ()
