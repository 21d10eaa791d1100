"""What ``expect_metric_to_be_between`` makes of groups: its result, without Great Expectations.

The expectation returns it. A backtest, which judges hundreds of instants, and calibrate and impact,
which judge stored numbers again, take it as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

from plumbline.checks.bounds import Bounds, MeasuredGroup, to_blame
from plumbline.checks.check import Check
from plumbline.checks.judged import JudgedExpectation, JudgedGroup


def judge_check(
    groups: Sequence[MeasuredGroup], check: Check, description: str | None = None
) -> JudgedExpectation:
    """The evaluated expectation, as a run reads it from GX's result."""
    judged = judge_metric(groups, check)
    details = judged["result"]["details"]
    return JudgedExpectation(
        type=check.type,
        severity=check.severity,
        kwargs=check.kwargs,
        success=judged["success"],
        observed=judged["result"]["observed_value"],
        groups=tuple(map(JudgedGroup.of, details["groups"])),
        failing=() if judged["success"] else tuple(details["failing_rows"]),
        description=description,
    )


def judge_metric(groups: Sequence[MeasuredGroup], check: Check) -> dict[str, Any]:
    """``success`` and ``result`` as GX wants them."""
    judged = judge_each(groups, check.bounds_of, check.aggregate)
    if check.per is not None:
        for entry, group in zip(judged["result"]["details"]["groups"], groups, strict=True):
            entry |= {"bounds": asdict(check.bounds_of(group)), "units": group.units}
    return judged


def judge_each(
    groups: Sequence[MeasuredGroup],
    bounds_for: Callable[[MeasuredGroup], Bounds],
    aggregate: str | None,
) -> dict[str, Any]:
    """The same, with the bounds of each group.

    Args:
        aggregate: how the rows of a group became one number.
    """
    listed, blamed = [], []
    for group in groups:
        bounds = bounds_for(group)
        broken = bounds.broken_by(group.observed)
        success = broken is None and group.observed is not None
        if not success:
            blamed += to_blame(group, bounds, aggregate)
        listed.append(
            {
                "key": group.key.as_dict(),
                "observed": group.observed,
                "numerator": group.numerator,
                "denominator": group.denominator,
                "rows": group.rows,
                "nulls": group.nulls,
                "threshold": bounds.first if broken is None else broken,
                "success": success,
            }
        )
    failing = sum(not entry["success"] for entry in listed)
    blamed.sort(key=lambda row: (-row[0], row[1]))
    return {
        "success": bool(listed) and failing == 0,
        "result": {
            "observed_value": _shown(groups),
            "details": {
                "groups": listed,
                "failing": failing,
                "failing_rows": [position for _, position in blamed],
            },
        },
    }


def _shown(groups: Sequence[MeasuredGroup]) -> object:
    if not groups:
        return None
    if len(groups) == 1 and not groups[0].key.items:
        return groups[0].observed
    if all(group.key.items for group in groups):
        labels = [group.key.label for group in groups]
        if len(set(labels)) == len(labels):
            return {group.key.label: group.observed for group in groups}
    return [group.observed for group in groups]
