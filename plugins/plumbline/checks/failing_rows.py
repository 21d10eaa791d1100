"""What ``expect_no_failing_rows`` makes of the rows of a model that returns the failing ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from plumbline.checks.bounds import MeasuredGroup, MeasuredRow
from plumbline.checks.check import Check
from plumbline.checks.metric_result import judge_each
from plumbline.core.expectation_types import NO_FAILING_ROWS
from plumbline.core.failure import MOST_SAMPLES
from plumbline.core.group_key import GroupKey

_OF_THE_RUN = ("as_of", "verdict", "reason")
"""Columns that say nothing of the row itself."""


def count_failing_rows(
    rows: Sequence[Mapping[str, Any]], group_by: Sequence[str]
) -> list[MeasuredGroup]:
    """The number of rows in each group, ordered by key; without ``group_by`` one group of all.

    Raises:
        KeyError: a column of ``group_by`` is not there.
    """
    positions: dict[GroupKey, list[int]] = {} if group_by else {GroupKey.of({}): []}
    for position, row in enumerate(rows):
        key = GroupKey.of({name: row[name] for name in group_by})
        positions.setdefault(key, []).append(position)
    found = [
        MeasuredGroup(
            key=key,
            observed=len(members),
            numerator=None,
            denominator=None,
            rows=len(members),
            nulls=0,
            members=tuple(MeasuredRow(position, None, None, None) for position in members),
        )
        for key, members in positions.items()
    ]
    return sorted(found, key=lambda group: group.key.text)


def judge_failing_rows(
    groups: Sequence[MeasuredGroup], rows: Sequence[Mapping[str, Any]], check: Check
) -> dict[str, Any]:
    """``success`` and ``result`` as GX wants them.

    Args:
        groups: see `count_failing_rows`.
        rows: the failing rows; some of them are kept as samples.
    """
    judged = judge_each(groups, lambda _group: check.bounds, None)
    details = judged["result"]["details"]
    samples = [
        {name: value for name, value in row.items() if name not in _OF_THE_RUN}
        for row in rows[:MOST_SAMPLES]
    ]
    return {
        "success": not details["failing"],
        "result": {
            "observed_value": len(rows),
            "details": {**details, "unexpected_rows": samples},
        },
    }


def fault_of_limit(
    limit: int, expectations: Sequence[Mapping[str, Any]], *, instants: int = 1
) -> tuple[str, str] | None:
    """Why a model of failing rows may not end in a LIMIT: what it hides, and the fix.

    Args:
        limit: 0 where it is not known.
        expectations: the arguments of each.
        instants: how many the statement is asked for.
    """
    shown = f"LIMIT {limit}" if limit else "a LIMIT"
    if instants > 1:
        hidden = "instants"
    elif any(kwargs.get("group_by") for kwargs in expectations):
        hidden = "groups"
    elif any(limit <= _most(kwargs) for kwargs in expectations):
        return f"the model ends in {shown}, so max_value is never exceeded", "remove LIMIT"
    else:
        return None
    return (
        f"the model ends in {shown}, so {hidden} whose rows it cuts off look healthy",
        "remove LIMIT",
    )


def _most(kwargs: Mapping[str, Any]) -> float:
    most = kwargs.get("max_value", 0)
    return most if isinstance(most, int | float) else 0


def faults_of_failing_rows(
    observed: Mapping[str, Any] | None, types: Sequence[object]
) -> Iterator[tuple[int, str, str]]:
    """Expectations that can't judge the rows of their model: their position, what, and the fix.

    Args:
        observed: ``meta.monitor.observed``.
        types: of all expectations of the suite, in their order.
    """
    are_failing = bool(observed and observed.get("failing_rows"))
    for index, type_ in enumerate(types):
        if are_failing and type_ != NO_FAILING_ROWS:
            yield (
                index,
                f"the model returns the failing rows, which {type_} can't check",
                f"use {NO_FAILING_ROWS}, or remove failing_rows from observed",
            )
        elif type_ == NO_FAILING_ROWS and not are_failing:
            yield (
                index,
                f"{NO_FAILING_ROWS} needs a model that returns the failing rows",
                'write "observed": {"failing_rows": true} in meta.monitor',
            )
