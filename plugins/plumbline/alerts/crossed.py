"""How many groups are beyond their threshold, with the metric, its bound and the worst value.

``1 of 7 services more than 72 h behind, worst 158 h``. Used by `plumbline.alerts.compose`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from plumbline.alerts.channels.wording import figure
from plumbline.checks.bounds import Bounds
from plumbline.checks.failures import reported
from plumbline.core.expectation_types import FOLLOWS_HISTORY
from plumbline.core.failure import Failure
from plumbline.core.outcome import GroupOutcome, Outcome, ThresholdLine
from plumbline.core.safe_text import name
from plumbline.core.text import listing, plural

_HOURS = "hours_"
"""Columns that hold hours begin so: ``hours_behind``."""
_NAME_ENDINGS = ("_id", "_name", "_key", "_code")
_MOST_EXCEPTIONS = 3
"""Groups with a bound of their own that are named."""

_HOURS_BEYOND = {
    ("above", False): "more than",
    ("above", True): "at least",
    ("below", False): "less than",
    ("below", True): "at most",
}
"""By the side of the threshold and its strictness."""


def crossed_by_groups(outcome: Outcome) -> str:
    """The worst failed level of the groups; empty where it is not one metric of all of them."""
    for failure in reported(outcome.failures):
        if failure.status is outcome.status and failure.counted == "groups":
            return _in_words(failure, outcome)
    return ""


def _in_words(failure: Failure, outcome: Outcome) -> str:
    failing, every, column = failure.unexpected_count, failure.element_count, failure.column
    groups = [group for group in outcome.groups if group.status is outcome.status]
    # Where another metric made some of them fail, this one says less than half.
    if failure.is_whole or not failing or not every or len(groups) != failing:
        return ""
    head = f"{failing} of {every} {_noun(groups[0])}"
    if failure.expectation == FOLLOWS_HISTORY:
        what, each, _ = failure.expected.partition(" of each ")
        return f"{head} with {what if each else column} not as usual"
    if not column:
        return ""
    whole = f"{head} {'fails' if failing == 1 else 'fail'}: {failure.expected}"
    measured = [group for group in groups if _distance(group) is not None]
    if not measured:
        return whole
    worst = max(measured, key=lambda group: _distance(group) or 0.0)
    shown = figure(worst.observed, failure.unit, against=worst.threshold)
    lines = [_crossed(group, failure) for group in measured]
    if len({line.fails for line in lines}) > 1:
        return f"{whole}, worst {shown}"
    bounds = Counter(line for group in outcome.groups for line in group.lines)
    line = max(lines, key=lambda line: bounds[line])  # what most groups have, failing or not
    own = [group for group in measured if group.threshold != line.value]
    beyond = _beyond(column, line, figure(line.value, failure.unit))
    return f"{head} {beyond}{_exceptions(own, failure.unit)}, worst {shown}"


def _noun(group: GroupOutcome) -> str:
    """``systems`` of a group by ``system_id``."""
    if len(group.key.items) != 1:
        return "groups"
    column = group.key.items[0][0]
    ending = next((end for end in _NAME_ENDINGS if column.endswith(end)), "")
    return plural(column.removesuffix(ending).replace("_", " "))


def _distance(group: GroupOutcome) -> float | None:
    if group.observed is None or group.threshold is None:
        return None
    return abs(group.observed - group.threshold)


def _crossed(group: GroupOutcome, failure: Failure) -> ThresholdLine:
    """The line at the group's threshold that it is on the wrong side of."""
    observed, bound = group.observed or 0.0, group.threshold or 0.0
    for line in group.lines:
        is_level = line.severity == failure.severity and line.value == bound
        if is_level and not Bounds.of_line(line).keep(observed):
            return line
    return ThresholdLine("critical", bound, "above" if observed > bound else "below")


def _exceptions(groups: Sequence[GroupOutcome], unit: str) -> str:
    """`` (moving_average 60 %)``: failing groups with a bound of their own."""
    own = [f"{name(group.key.label)} {figure(group.threshold, unit)}" for group in groups]
    return f" ({listing(own, _MOST_EXCEPTIONS)})" if own else ""


def _beyond(column: str, line: ThresholdLine, bound: str) -> str:
    """``more than 72 h behind``; ``with graded_pct below 50 %``."""
    if column.startswith(_HOURS):
        what = column.removeprefix(_HOURS).replace("_", " ")
        return f"{_HOURS_BEYOND[line.fails, line.is_strict]} {bound} {what}"
    return f"with {column} {'at or ' if line.is_strict else ''}{line.fails} {bound}"
