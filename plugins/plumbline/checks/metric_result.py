"""What ``expect_metric_to_be_between`` makes of groups: its result, without Great Expectations.

The expectation returns it, and the backtest, which judges hundreds of instants, takes it as it is:
one judgement, two callers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from plumbline.checks.bounds import Bounds, Group, to_blame

BOUND_KEYS = ("min_value", "max_value", "strict_min", "strict_max")


def judge_metric(groups: Sequence[Group], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """``success`` and ``result`` as GX wants them.

    Args:
        groups: what was observed.
        kwargs: the arguments of the expectation, checked.
    """
    default, overridden = bounds_of(kwargs), overridden_bounds(kwargs)

    def bounds(group: Group) -> Bounds:
        return overridden.get(group.key.label, default)

    return judge_groups(groups, bounds, kwargs.get("aggregate"))


def judge_groups(
    groups: Sequence[Group], bounds_for: Callable[[Group], Bounds], aggregate: str | None
) -> dict[str, Any]:
    """The same, with the bounds of each group.

    Args:
        groups: what was observed.
        bounds_for: says what passes.
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


def bounds_of(kwargs: Mapping[str, Any]) -> Bounds:
    """The bounds of all groups that have none of their own."""
    return Bounds(
        min_value=kwargs.get("min_value"),
        max_value=kwargs.get("max_value"),
        strict_min=bool(kwargs.get("strict_min")),
        strict_max=bool(kwargs.get("strict_max")),
    )


def overridden_bounds(kwargs: Mapping[str, Any]) -> dict[str, Bounds]:
    """The bounds of single groups, by label; what an override does not name stays."""
    base = {key: kwargs.get(key) for key in BOUND_KEYS}
    overrides = kwargs.get("overrides") or {}
    return {group: bounds_of({**base, **override}) for group, override in overrides.items()}


def _shown(groups: Sequence[Group]) -> object:
    if not groups:
        return None
    if len(groups) == 1 and not groups[0].key.items:
        return groups[0].observed
    if all(group.key.items for group in groups):
        labels = [group.key.label for group in groups]
        if len(set(labels)) == len(labels):
            return {group.key.label: group.observed for group in groups}
    return [group.observed for group in groups]
