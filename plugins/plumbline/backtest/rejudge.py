"""Stored numbers held against other thresholds: outcomes, without a job on the monitored tables.

Used by calibrate (each candidate) and impact (before and after). What made a monitor fail besides
the thresholds in question (another column, a doubt) stays as it was found.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from plumbline.checks.groups import retired_groups
from plumbline.checks.judged import RANK, STATUS_OF_SEVERITY
from plumbline.checks.threshold_families import Family, families_of, judge_all
from plumbline.core.outcome import GroupOutcome, Outcome
from plumbline.core.status import Status
from plumbline.history.reader import Lines, Measured
from plumbline.project.suites import Suite

_UNJUDGED = (Status.ERROR, Status.SKIPPED)


def rejudge(
    suite: Suite,
    history: Sequence[Measured],
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
    return [_one(suite, measured, chosen, before) for measured in history]


def _one(
    suite: Suite, measured: Measured, families: Sequence[Family], stood: Sequence[Family]
) -> Outcome:
    status, by_group = measured.status, {key: one.status for key, one in measured.groups.items()}
    if status not in _UNJUDGED:
        values = {key: one.observed for key, one in measured.groups.items()}
        explained = max(
            judge_all(stood, measured.observed, values)[0],
            _by_lines(measured),
            key=RANK.__getitem__,
        )
        status, found = judge_all(families, measured.observed, values)
        if RANK[measured.status] > RANK[explained]:
            status = max(status, measured.status, key=RANK.__getitem__)
        grouped = any(family.group_by for family in families)
        by_group = found if grouped else by_group if status is not Status.PASS else {}
    return Outcome(
        monitor=suite.monitor_name,
        status=status,
        summary="",
        as_of=measured.as_of,
        observed=measured.observed,
        unit=measured.unit,
        groups=tuple(
            GroupOutcome(key=key, status=by_group[key], observed=one.observed)
            for key, one in measured.groups.items()
            if key in by_group
        ),
        judged=tuple(measured.groups),
        retired=retired_groups(entry.kwargs for entry in suite.entry.expectations),
        depends_on=tuple(suite.monitor.depends_on),
        owner=suite.monitor.owner,
    )


def _by_lines(measured: Measured) -> Status:
    """What the bounds that were in force then make of the numbers."""
    found = [_beyond(measured.observed, measured.lines)]
    found += [_beyond(one.observed, one.lines) for one in measured.groups.values()]
    return max(found, key=RANK.__getitem__)


def _beyond(value: float | None, lines: Lines) -> Status:
    broken = [
        STATUS_OF_SEVERITY.get(severity, Status.PASS)
        for severity, bound, side in lines
        if value is None or (value < bound if side == "below" else value > bound)
    ]
    return max(broken, key=RANK.__getitem__, default=Status.PASS)
