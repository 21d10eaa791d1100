"""Stored numbers held against other thresholds: outcomes, without a job on the monitored tables.

Used by calibrate (each candidate) and impact (before and after). The stored numbers are judged like
rows that a model has just returned. What made a monitor fail besides the thresholds in question
(another column, a doubt) stays as it was found.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, replace

from plumbline.checks.bounds import Bounds, MeasuredGroup
from plumbline.checks.check import Check, checks_of
from plumbline.checks.groups import judge_groups, retired_groups
from plumbline.checks.judged import JudgedExpectation
from plumbline.checks.metric_result import judge_check
from plumbline.checks.threshold_families import Family, families_of
from plumbline.core.expectation_types import OURS
from plumbline.core.group_key import GroupKey
from plumbline.core.outcome import GroupOutcome, Outcome, ThresholdLine
from plumbline.core.status import Status, worst
from plumbline.project.suites import Suite

_WHOLE = GroupKey(())


def rejudge(
    suite: Suite,
    history: Sequence[Outcome],
    families: Iterable[Family],
    *,
    stood: Iterable[Family] | None = None,
) -> list[Outcome]:
    """The outcomes of ``suite``'s monitor had ``families`` judged.

    Args:
        stood: the thresholds by which the history was judged; None: the suite's own.

    Raises:
        KeyError: `without_units` says why.
    """
    checks = _checks(families)
    before = _checks(families_of(suite)[0] if stood is None else stood)
    return [_one(suite, found, checks, before) for found in history]


def without_units(families: Iterable[Family], history: Iterable[Outcome]) -> str | None:
    """Why ``families`` can't judge ``history``: it lacks the units of a bound per unit.

    What an earlier version stored, or what was judged before the suite had such bounds, lacks
    them; the monitor must be replayed instead. None: they can.
    """
    checks = [check for check in _checks(families) if check.per is not None]
    for found in history:
        for check in checks if found.status.is_judged else ():
            column = check.per.column if check.per is not None else ""
            if any(column not in one.metrics for one in _of(check, found)):
                return f"the history does not hold {column}, which bounds per unit need"
    return None


def _one(suite: Suite, found: Outcome, checks: Sequence[Check], stood: Sequence[Check]) -> Outcome:
    status, groups = found.status, found.groups
    if status.is_judged:
        results = list(_judged(checks, found))
        status = _worst(results)
        if found.status.severity > status.severity and not _is_explained(found, stood):
            status = found.status
        if any(check.group_by for check in checks):
            groups = judge_groups(suite, results, {}, ())
        elif status is Status.PASS:
            groups = ()
    return Outcome(
        monitor=suite.monitor_name,
        status=status,
        summary="",
        as_of=found.as_of,
        observed=found.observed,
        unit=found.unit,
        groups=groups,
        judged=tuple(group.key for group in found.groups),
        retired=retired_groups(checks_of(suite)),
        depends_on=tuple(suite.monitor.depends_on),
        owner=suite.monitor.owner,
    )


def _is_explained(found: Outcome, stood: Sequence[Check]) -> bool:
    """Whether thresholds alone made it fail as badly as it did: those in ``stood``, or the bounds
    that were in force then."""
    explained = _worst([*_judged(stood, found), *_judged_by_lines(found)])
    return explained.severity >= found.status.severity


def _checks(families: Iterable[Family]) -> tuple[Check, ...]:
    return tuple(member for family in families for member in family.members)


def _judged(checks: Iterable[Check], found: Outcome) -> Iterator[JudgedExpectation]:
    for check in checks:
        of = _of(check, found)
        measured = [one for each in of if (one := _of_check(each, check)) is not None]
        if measured:
            yield judge_check(measured, check)


def _of(check: Check, found: Outcome) -> Sequence[Outcome | GroupOutcome]:
    return found.groups if check.group_by else [found]


def _of_check(found: Outcome | GroupOutcome, check: Check) -> MeasuredGroup | None:
    """The number that ``check`` judges; None: of a table, history holds no such number."""
    key = found.key if isinstance(found, GroupOutcome) else _WHOLE
    measured = _measured(key, found)
    if check.per is not None:
        return replace(measured, units=found.metrics[check.per.column].observed)
    if check.kept_as is None:
        return measured
    metric = found.metrics.get(check.kept_as)
    return None if metric is None else replace(measured, observed=metric.observed)


def _judged_by_lines(found: Outcome) -> Iterator[JudgedExpectation]:
    yield from _judged_by(found.lines, _measured(_WHOLE, found))
    for group in found.groups:
        yield from _judged_by(group.lines, _measured(group.key, group))


def _judged_by(
    lines: Iterable[ThresholdLine], measured: MeasuredGroup
) -> Iterator[JudgedExpectation]:
    for line in lines:
        yield judge_check([measured], Check(OURS, line.severity, asdict(Bounds.of_line(line))))


def _measured(key: GroupKey, found: Outcome | GroupOutcome) -> MeasuredGroup:
    return MeasuredGroup(
        key,
        observed=found.observed,
        numerator=found.numerator,
        denominator=found.denominator,
        rows=1,
        nulls=int(found.observed is None),
    )


def _worst(results: Iterable[JudgedExpectation]) -> Status:
    return worst(result.status for result in results)
