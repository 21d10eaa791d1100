"""The groups of a monitor: each with its status, what was observed of it and the bound it broke."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from plumbline.checks.bounds import observe, to_number
from plumbline.checks.check import Check
from plumbline.checks.judged import JudgedExpectation
from plumbline.core.group_key import GroupKey
from plumbline.core.outcome import GroupOutcome, MetricOutcome
from plumbline.core.status import STATUS_OF_SEVERITY, Status, status_of_severity, worst
from plumbline.core.text import unit_of
from plumbline.project.suites import ObservedColumn, Suite


def judge_groups(
    suite: Suite,
    results: Sequence[JudgedExpectation],
    columns: Mapping[str, list[Any]],
    grain: Sequence[str],
) -> tuple[GroupOutcome, ...]:
    """The groups that expectations name by ``group_by``; else the rows that pull a whole down.

    Ordered worst first, then by key.

    Args:
        suite: whose ``observed`` says what the whole is.
        columns: the judged rows, by column.
        grain: the columns that say what a row is about; several rows may be about the same.
    """
    grouped = _by_group(results)
    if grouped:
        found = _of_group_expectations(suite, grouped)
    else:
        found = _contributing(suite, results, columns, grain)
    return tuple(sorted(found, key=lambda group: (-group.status.severity, group.key.text)))


def judged_keys(
    results: Sequence[JudgedExpectation],
    columns: Mapping[str, list[Any]],
    grain: Sequence[str],
) -> tuple[GroupKey, ...]:
    """The keys of the groups that were looked at, failing or not, ordered by text.

    Those that expectations name by ``group_by``; else those of the judged rows. What is not among
    them was not seen well: an incident must not take it for recovered.
    """
    grouped = _by_group(results)
    if grouped:
        keys = {
            group.key
            for result in grouped
            for group in result.groups
            # Where its rows are missing and that weighs nothing, nothing of it was looked at.
            if group.rows != 0 or result.severity in STATUS_OF_SEVERITY
        }
    elif grain and all(name in columns for name in grain):
        rows = zip(*(columns[name] for name in grain), strict=True)
        keys = {GroupKey.of(dict(zip(grain, row, strict=True))) for row in rows}
    else:
        keys = set()
    return tuple(sorted(keys, key=lambda key: key.text))


def table_metrics(
    results: Sequence[JudgedExpectation],
) -> dict[GroupKey, dict[str, MetricOutcome]]:
    """The numbers of a suite over a table that history keeps, by group (none: the table itself) and
    name. What several expectations judge has the worst status of theirs."""
    found: dict[GroupKey, dict[str, MetricOutcome]] = {}
    for result in results:
        if result.kept_as is None or result.error is not None or result.skipped is not None:
            continue
        for key, observed, success in _numbers(result):
            metrics = found.setdefault(key, {})
            status = Status.PASS if success else status_of_severity(result.severity)
            if result.kept_as in metrics:
                status = worst([status, metrics[result.kept_as].status])
            metrics[result.kept_as] = MetricOutcome(observed, status)
    return found


def units_of(
    results: Sequence[JudgedExpectation],
) -> dict[GroupKey, dict[str, MetricOutcome]]:
    """How many units each group had (no key: the whole), by column, where bounds are per unit.

    History keeps them, so that other bounds can judge its numbers.
    """
    found: dict[GroupKey, dict[str, MetricOutcome]] = {}
    for result in results:
        keys = {group.key.label: group.key for group in result.groups}
        for label, units in result.units.items():
            if result.per is not None:
                metrics = found.setdefault(keys[label], {})
                metrics[result.per.column] = MetricOutcome(units, Status.PASS)
    return found


def _numbers(result: JudgedExpectation) -> Iterator[tuple[GroupKey, float, bool]]:
    seen: Iterable[tuple[GroupKey, object, bool]] = (
        ((group.key, group.observed, group.success) for group in result.groups)
        if result.groups
        else [(GroupKey(()), result.observed, result.success)]
    )
    for key, value, success in seen:
        try:
            observed = to_number(value)
        except TypeError:
            continue  # a date, or a pseudonym
        if observed is not None:
            yield key, observed, success


def retired_groups(checks: Iterable[Check]) -> tuple[str, ...]:
    """The names of groups that an expectation calls gone for good, each once."""
    return tuple(dict.fromkeys(name for check in checks for name in check.retired))


def _by_group(results: Sequence[JudgedExpectation]) -> list[JudgedExpectation]:
    return [result for result in results if result.group_by and result.groups]


def _of_group_expectations(
    suite: Suite, grouped: Sequence[JudgedExpectation]
) -> list[GroupOutcome]:
    """Each group with the worst status that an expectation gives it, and what that one saw."""
    found: dict[GroupKey, GroupOutcome] = {}
    for result in grouped:
        for group in result.groups:
            status = Status.PASS if group.success else status_of_severity(result.severity)
            known = found.get(group.key)
            if known is None or status.severity > known.status.severity:
                found[group.key] = GroupOutcome(
                    key=group.key,
                    status=status,
                    observed=group.observed,
                    numerator=group.numerator,
                    denominator=group.denominator,
                    threshold=group.threshold,
                    usual=group.usual,
                    is_missing=group.rows == 0,
                    unit=result.unit(suite.monitor.observed) if group.unit is None else group.unit,
                )
    return list(found.values())


def _contributing(
    suite: Suite,
    results: Sequence[JudgedExpectation],
    columns: Mapping[str, list[Any]],
    grain: Sequence[str],
) -> list[GroupOutcome]:
    """The rows that pull a whole down: below the threshold themselves, or short in a sum.

    Rows that share a key are one group, aggregated as the whole is. The whole is what is judged: a
    group never weighs more than the expectation that failed.
    """
    declared = suite.monitor.observed
    if not isinstance(declared, ObservedColumn) or not columns:
        return []
    if not grain or any(name not in columns for name in (*grain, declared.column)):
        return []
    try:
        rows = observe(
            columns, column=declared.column, aggregate=declared.aggregate, group_by=grain
        )
    except TypeError:
        return []
    judging = [
        result for result in results if result.column == declared.column and result.error is None
    ]
    found = []
    for row in rows:
        status, threshold = Status.PASS, None
        short = False
        for result in judging:
            if declared.aggregate == "sum":
                below = any(member.is_short for member in row.members)
            else:
                below = not result.bounds.keep(row.observed)
            if not below:
                continue
            short = True
            if threshold is None or result.status.severity > status.severity:
                status = worst([status, result.status])
                threshold = result.bounds.broken_by(row.observed) or result.bounds.first
        if short:
            found.append(
                GroupOutcome(
                    key=row.key,
                    status=status,
                    observed=row.observed,
                    numerator=row.numerator,
                    denominator=row.denominator,
                    threshold=threshold,
                    unit=unit_of(
                        declared.column,
                        None if declared.aggregate == "sum" else declared.column,
                        declared.unit,
                    ),
                )
            )
    return found
