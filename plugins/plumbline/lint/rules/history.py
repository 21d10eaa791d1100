"""Rules for thresholds compared with history: never or always firing, and groups that are gone.

Checked only with ``lint --history FILE``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from plumbline.checks.expected import limit
from plumbline.checks.rejudge import without_units
from plumbline.core.cells import short
from plumbline.core.errors import MonitorError, did_you_mean
from plumbline.core.masking import PREFIX
from plumbline.lint.context import LintContext
from plumbline.lint.rule import Finding, Rules
from plumbline.project.document import Document

if TYPE_CHECKING:
    from plumbline.checks.check import Check
    from plumbline.checks.threshold_families import Family, FamilyMember
    from plumbline.core.outcome import Outcome
    from plumbline.project.labels import Label
    from plumbline.project.project import Project

RULES = Rules()

NEVER = RULES.warning(
    "history-never-fires",
    "No value in the history breaks the bound, although there was an incident, or the "
    "bound can never fail.",
    wrong='"min_value": 0 on a number of rows',
    right='"min_value": 100',
)
ALWAYS = RULES.warning(
    "history-always-fires",
    "Most values outside known incidents break the bound, so it is a permanent alarm.",
    wrong='"min_value": 80 where half of the values are below 45',
    right='"min_value": 35, or another denominator',
)
GROUP_GONE = RULES.warning(
    "history-group-gone",
    "A group with its own bounds has not been in the history for four weeks.",
    wrong='"overrides": {"catboost_v7": {"min_value": 60}}',
    right="no override for the group",
)

RETIRED_UNKNOWN = RULES.warning(
    "history-retired-unknown",
    "A retired group has never been in the history. It is probably a typo.",
    wrong='"retired": ["catbost_v7"]',
    right='"retired": ["catboost_v7"]',
)

_DAYS = 14
"""Minimum history for a finding."""
_GONE = timedelta(days=28)
_MOST = 0.5


def check(
    context: LintContext, history: Mapping[str, Sequence[Outcome]], labels: Sequence[Label]
) -> Iterator[Finding]:
    """The suites, compared with ``history``.

    Args:
        history: stored numbers by monitor.
        labels: known incidents; empty where there is no file of them.
    """
    from plumbline.checks.threshold_families import families_of

    project = context.facts.project
    for name in sorted(context.facts.documents.monitors):
        document = context.facts.suite_of(name)
        measured = history.get(name, ())
        if document is None or not measured or _days(project, measured) < _DAYS:
            continue
        try:
            suite = project.suite_of(name)
        except MonitorError:
            continue  # said by the other rules
        for family in families_of(suite)[0]:
            yield from _levels(document, name, family, measured, labels)
            yield from _groups(document, family, measured)
        yield from _retired(document, measured)


def _levels(
    document: Document,
    monitor: str,
    family: Family,
    measured: Sequence[Outcome],
    labels: Sequence[Label],
) -> Iterator[Finding]:
    first = _first(family)
    if first is None or without_units([family], measured):
        return
    side = family.bound_key
    place = document.place("expectations", first.index, "kwargs", side)
    values = [(one, value, label) for one in measured for label, value in _values(family, one)]
    if not values:
        return
    bound, _ = limit(first.kwargs, side, "", short)
    broken = [value for one, value, label in values if not _keeps(first, one, label, value)]
    known = [label for label in labels if monitor in label.monitors]
    healthy = [
        (one, value, label)
        for one, value, label in values
        if not any(label_.covers(monitor, one.as_of) for label_ in known)
    ]
    if not broken:
        missed = [
            label.id
            for label in known
            if any(label.covers(monitor, one.as_of) for one, _, _ in values)
        ]
        numbers = [value for _, value, _ in values]
        from plumbline.checks.domain import Domain

        domain = Domain.of(family, measured)
        if missed or (first.per is None and not domain.can_break(first.bounds)):
            edge = (
                f"no value is below {domain.least:g}"
                if family.side == "below"
                else f"no value is above {domain.greatest:g}"
            )
            why = (
                f"although {', '.join(missed)} happened in that time"
                if missed
                else f"and none can, because {edge}"
            )
            yield NEVER.at(
                place,
                f"no value of {family.subject} in the history breaks {bound}, {why} "
                f"({min(numbers):g} to {max(numbers):g})",
                f"plumbline calibrate {monitor} proposes a bound",
            )
        return
    wrong = sum(not _keeps(first, one, label, value) for one, value, label in healthy)
    if healthy and wrong > _MOST * len(healthy):
        yield ALWAYS.at(
            place,
            f"{100 * wrong / len(healthy):.0f} % of the values of {family.subject} outside known "
            f"incidents break {bound}: a permanent alarm",
            f"plumbline calibrate {monitor} proposes a bound",
        )


def _groups(document: Document, family: Family, measured: Sequence[Outcome]) -> Iterator[Finding]:
    seen: Mapping[str, object] = {
        label: True
        for one in measured
        if measured[-1].as_of - one.as_of <= _GONE
        for label, _ in _values(family, one)
    }
    if not seen or any(PREFIX in label for label in seen):
        return  # of a personal column: the history holds pseudonyms, the suite names
    for member in family.members:
        for label in member.overrides:
            if label not in seen:
                path = ("expectations", member.index, "kwargs", "overrides", label)
                yield GROUP_GONE.at(
                    document.place(*path),
                    f"group {label!r} has its own bounds, but has not been in the history for "
                    f"{_GONE.days} days",
                    f"remove it; {did_you_mean(label, seen)}",
                )


def _retired(document: Document, measured: Sequence[Outcome]) -> Iterator[Finding]:
    seen = {group.key.label for one in measured for group in one.groups}
    if not seen or any(PREFIX in label for label in seen):
        return  # of a personal column: the history holds pseudonyms, the suite names
    for path, _ in document.entries("expectations"):
        retired = document.mapping(*path, "kwargs").get("retired")
        for index, label in enumerate(retired if isinstance(retired, list) else ()):
            if label not in seen:
                yield RETIRED_UNKNOWN.at(
                    document.place(*path, "kwargs", "retired", index),
                    f"retired group {label!r} has never been in the history",
                    f"remove it; {did_you_mean(str(label), seen)}",
                )


def _values(family: Family, one: Outcome) -> Iterator[tuple[str, float]]:
    if not family.group_by and not one.status.is_judged:
        return
    for key, value in family.numbers(one):
        if value is not None:
            yield key.label if family.group_by else "", value


def _keeps(check: Check, found: Outcome, label: str, value: float) -> bool:
    """Whether ``value`` keeps the bounds; for the units of the run, where they are per unit."""
    bounds = check.bounds_for(label)
    if check.per is None:
        return bounds.keep(value)
    of = [one for one in found.groups if one.key.label == label] if check.group_by else [found]
    return check.per.relax(bounds, of[0].metrics[check.per.column].observed).keep(value)


def _first(family: Family) -> FamilyMember | None:
    """The level that fails first: the warning, if there is one."""
    counted = [one for one in family.members if one.severity in ("warning", "critical")]
    counted.sort(key=lambda one: one.severity != "warning")
    return counted[0] if counted else None


def _days(project: Project, measured: Sequence[Outcome]) -> int:
    zone = project.timezone
    return len({one.as_of.astimezone(zone).date() for one in measured})
