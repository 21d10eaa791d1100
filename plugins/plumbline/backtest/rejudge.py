"""Stored numbers held against other thresholds: outcomes, without a job on the monitored tables.

Used by calibrate (each candidate) and impact (before and after). What made a monitor fail besides
the thresholds in question (another column, a doubt) stays as it was found.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from plumbline.checks.check import checks_of
from plumbline.checks.groups import retired_groups
from plumbline.checks.threshold_families import Family, families_of, judge_all
from plumbline.core.outcome import GroupOutcome, Outcome, ThresholdLine
from plumbline.core.status import Status, status_of_severity, worst
from plumbline.project.suites import Suite


def rejudge(
    suite: Suite,
    history: Sequence[Outcome],
    families: Iterable[Family],
    *,
    stood: Iterable[Family] | None = None,
) -> list[Outcome]:
    """The outcomes of ``suite``'s monitor had ``families`` judged.

    Args:
        suite: for its dependencies and owner.
        history: of the monitor.
        families: the thresholds to judge by.
        stood: the thresholds by which the history was judged; None: the suite's own.
    """
    chosen = tuple(families)
    before = families_of(suite)[0] if stood is None else tuple(stood)
    return [_one(suite, found, chosen, before) for found in history]


def _one(
    suite: Suite, found: Outcome, families: Sequence[Family], stood: Sequence[Family]
) -> Outcome:
    status, by_group = found.status, {group.key: group.status for group in found.groups}
    if status.is_judged:
        values = {group.key: group.observed for group in found.groups}
        explained = worst([judge_all(stood, found.observed, values)[0], _by_lines(found)])
        status, judged = judge_all(families, found.observed, values)
        if found.status.severity > explained.severity:
            status = worst([status, found.status])
        grouped = any(family.group_by for family in families)
        by_group = judged if grouped else by_group if status is not Status.PASS else {}
    return Outcome(
        monitor=suite.monitor_name,
        status=status,
        summary="",
        as_of=found.as_of,
        observed=found.observed,
        unit=found.unit,
        groups=tuple(
            GroupOutcome(key=group.key, status=by_group[group.key], observed=group.observed)
            for group in found.groups
            if group.key in by_group
        ),
        judged=tuple(group.key for group in found.groups),
        retired=retired_groups(checks_of(suite)),
        depends_on=tuple(suite.monitor.depends_on),
        owner=suite.monitor.owner,
    )


def _by_lines(found: Outcome) -> Status:
    """What the bounds that were in force then make of the numbers."""
    statuses = [_beyond(found.observed, found.lines)]
    statuses += [_beyond(group.observed, group.lines) for group in found.groups]
    return worst(statuses)


def _beyond(value: float | None, lines: Sequence[ThresholdLine]) -> Status:
    broken = [
        status_of_severity(severity)
        for severity, bound, side in lines
        if value is None or (value < bound if side == "below" else value > bound)
    ]
    return worst(broken)
