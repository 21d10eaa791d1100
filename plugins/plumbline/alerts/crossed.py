"""How many groups are beyond their threshold, with the metric, its bound and the worst value.

``1 of 7 services more than 72 h behind, worst 158 h``. Used by `plumbline.alerts.compose`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from plumbline.checks.bounds import Bounds
from plumbline.checks.failures import reported
from plumbline.core.failure import Failure
from plumbline.core.outcome import GroupOutcome, Outcome, ThresholdLine
from plumbline.core.text import number

_HOURS = "hours_"
"""Columns that hold hours begin so: ``hours_behind``."""

_HOURS_BEYOND = {
    ("above", False): "more than",
    ("above", True): "at least",
    ("below", False): "less than",
    ("below", True): "at most",
}
"""By the side of the threshold and its strictness."""


def crossed_by_groups(outcome: Outcome) -> str:
    """The worst failed level of the groups; empty where it is not one bound of all of them."""
    for failure in reported(outcome.failures):
        if failure.status is outcome.status and failure.counted == "groups":
            return _in_words(failure, outcome)
    return ""


def _in_words(failure: Failure, outcome: Outcome) -> str:
    failing, every, bound = failure.unexpected_count, failure.element_count, failure.threshold
    groups = [group for group in outcome.groups if group.status is outcome.status]
    values = [group.observed for group in groups if group.observed is not None]
    same = {group.threshold for group in groups} == {bound}
    if not failing or not every or bound is None or not values or not same or not failure.column:
        return ""
    crossed = _crossed(groups[0].lines, bound, values[0])
    worst = max(values) if crossed.fails == "above" else min(values)
    unit = _unit(failure, groups[0])
    noun = outcome.unit if outcome.unit not in ("", "%") else "groups"
    return (
        f"{failing} of {every} {noun} {_beyond(failure.column, crossed, _number(bound, unit))}, "
        f"worst {_number(worst, unit, against=bound)}"
    )


def _crossed(lines: Iterable[ThresholdLine], bound: float, value: float) -> ThresholdLine:
    """The line at ``bound`` that ``value`` is on the wrong side of."""
    for line in lines:
        if line.value == bound and not Bounds.of_line(line).keep(value):
            return line
    return ThresholdLine("critical", bound, "above" if value > bound else "below")


def _number(value: float, unit: str, *, against: float | None = None) -> str:
    """A whole number has no decimals: ``50 %``."""
    text = number(value, unit, against=against)
    return re.sub(r"^(-?\d+)\.0+\b", r"\1", text) if float(value).is_integer() else text


def _unit(failure: Failure, group: GroupOutcome) -> str:
    return failure.unit or group.unit or ("h" if (failure.column or "").startswith(_HOURS) else "")


def _beyond(column: str, line: ThresholdLine, bound: str) -> str:
    """``more than 72 h behind``; ``with graded_pct below 50 %``."""
    if column.startswith(_HOURS):
        what = column.removeprefix(_HOURS).replace("_", " ")
        return f"{_HOURS_BEYOND[line.fails, line.is_strict]} {bound} {what}"
    return f"with {column} {'at or ' if line.is_strict else ''}{line.fails} {bound}"
