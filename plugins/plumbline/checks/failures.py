"""What failed, as every output says it: how many of how many, the share, values, bound, condition.

Made once from the evaluated expectations, with what is personal masked before. Read by reports,
messages, records of runs and pages.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from plumbline.checks.expected import column_of, columns_of, condition, expected
from plumbline.checks.judged import JudgedExpectation, JudgedGroup
from plumbline.core.cells import Cell, cell, value_in_words
from plumbline.core.expectation_types import (
    FOLLOWS_HISTORY,
    NO_FAILING_ROWS,
    OURS,
    SAME_SCHEMA,
    USUAL,
)
from plumbline.core.failure import MOST_SAMPLES, Failure, Sample
from plumbline.core.outcome import Outcome
from plumbline.core.status import status_of_severity
from plumbline.core.text import listing, metric_and_levels
from plumbline.project.suites import Suite

_SIDES = ("min_value", "max_value", "mostly", "overrides")
_LEVEL = frozenset(
    {*_SIDES, "per", "strict_min", "strict_max", "deviations", "least_deviation", "batch_id"}
)
"""Arguments in which the two levels of one check differ."""
_OF_METRICS = (OURS, FOLLOWS_HISTORY, NO_FAILING_ROWS)
"""Expectations of models, whose suites say which number stands for the monitor."""


def failures_of(suite: Suite, results: Sequence[JudgedExpectation]) -> tuple[Failure, ...]:
    """What ``results`` failed of, in their order; what could not be evaluated is not among them."""
    failed = [result for result in results if result.error is None and not result.success]
    return tuple(_failure(suite, result, failed) for result in failed)


def reported(failures: Sequence[Failure]) -> list[Failure]:
    """Those that are notified, the worst first; of the two levels of a check the worse one."""
    shown = [failure for failure in failures if not failure.is_covered]
    return sorted(shown, key=lambda failure: -status_of_severity(failure.severity).severity)


def unmeasured_failure(outcome: Outcome) -> Failure | None:
    """The worst failure, if it is of something else than the monitor's number; else None.

    A suite that declares no number has that of the first expectation that observed one. If another
    expectation fails, readers would take that number and its thresholds for the cause.
    """
    worst = [one for one in reported(outcome.failures) if one.status is outcome.status]
    if not worst or not outcome.status.is_judged:
        return None
    is_known = outcome.observed is not None
    metric, _ = metric_and_levels(outcome.thresholds)
    is_measured = (is_known and outcome.evaluated == 1) or any(
        one.expectation in _OF_METRICS
        or (is_known and metric and one.expected.startswith(f"{metric} must "))
        for one in worst
    )
    return None if is_measured else worst[0]


def _failure(
    suite: Suite, result: JudgedExpectation, failed: Sequence[JudgedExpectation]
) -> Failure:
    kwargs, unit = result.kwargs, result.unit(suite.monitor.observed)
    common: dict[str, Any] = {
        "expectation": result.type,
        "severity": result.severity,
        "expected": expected(result.type, kwargs, unit),
        "column": column_of(result.type, kwargs),
        "description": result.description,
        "row_condition": condition(kwargs),
        "is_covered": result.is_covered or any(_is_worse_level(other, result) for other in failed),
        "unit": unit,
    }
    if result.type in (OURS, FOLLOWS_HISTORY):
        return Failure(**common, **_of_ours(result))
    if result.unexpected_count is None or result.element_count is None:
        return Failure(**common, **_of_a_whole(result))
    return Failure(
        **common,
        unexpected_count=result.unexpected_count,
        element_count=result.element_count,
        missing_count=result.missing_count,
        unexpected_percent=result.unexpected_percent,
        samples=_samples(result),
    )


def _of_a_whole(result: JudgedExpectation) -> dict[str, Any]:
    """Of an aggregate, a set of distinct values, a table: what was observed, what is missing."""
    samples, absent = _samples(result), tuple(map(_sample, result.absent[:MOST_SAMPLES]))
    common = {
        "unexpected_count": result.unexpected_count,
        "samples": samples,
        "absent": absent,
        "absent_count": max(len(result.absent), result.missing_count or 0) if absent else 0,
    }
    if result.type in ("unexpected_rows_expectation", NO_FAILING_ROWS):
        return {**common, "counted": "rows"}
    if result.type == SAME_SCHEMA:
        return {**common, "counted": "columns", "unexpected_count": len(result.unexpected)}
    if result.type.startswith("expect_table_columns_") and (samples or absent):
        return {**common, **_of_columns(result)}
    is_set = bool(samples or absent or result.unexpected_count is not None)
    return {
        **common,
        "counted": "values",
        "observed": None if is_set else _observed(result.observed),
        "threshold": _threshold(result),
    }


def _of_columns(result: JudgedExpectation) -> dict[str, Any]:
    unexpected = len(result.unexpected)
    columns = len(result.observed) if isinstance(result.observed, list | tuple) else 0
    elements = max(unexpected, columns)
    return {
        "counted": "columns",
        "unexpected_count": unexpected,
        "element_count": elements,
        "unexpected_percent": 100 * unexpected / elements if elements else None,
    }


def _of_ours(result: JudgedExpectation) -> dict[str, Any]:
    column = result.column or result.aggregate or ""
    failing = sorted((one for one in result.groups if not one.success), key=_how_bad)
    thresholds = {one.threshold for one in failing}
    elements = len(result.groups)
    if not elements and result.element_count is None:  # BOOLEAN_ONLY
        return {}
    is_whole = elements == 1 and not result.groups[0].key.items and bool(result.aggregate)
    return {
        "counted": "groups" if is_whole or _are_groups(result) else "rows",
        "unexpected_count": len(failing),
        "element_count": elements,
        "unexpected_percent": 100 * len(failing) / elements if elements else None,
        "samples": tuple(_group(one, column) for one in failing[:MOST_SAMPLES]),
        "threshold": thresholds.pop() if len(thresholds) == 1 else None,
    }


def _are_groups(result: JudgedExpectation) -> bool:
    """Whether each group is judged once; without an aggregate it may be judged row by row."""
    keys = {group.key for group in result.groups}
    return bool(result.group_by) and len(keys) == len(result.groups)


def _how_bad(group: JudgedGroup) -> tuple[bool, float]:
    """NULL first, then the farthest beyond its threshold."""
    if group.observed is None or group.threshold is None:
        return (group.observed is not None, 0.0)
    return (True, -abs(group.observed - group.threshold))


def _group(group: JudgedGroup, column: str) -> Sample:
    observed = "masked" if group.is_masked else cell(group.observed)
    if not group.key.items:
        return observed
    if group.rows == 0:
        observed = "no rows"
    usual = ((USUAL, group.usual),) if group.usual else ()
    return (*((name, cell(value)) for name, value in group.key), (column, observed), *usual)


def _samples(result: JudgedExpectation) -> tuple[Sample, ...]:
    columns = columns_of(result.type, result.kwargs)
    found: list[Sample] = []
    for value in result.unexpected[:MOST_SAMPLES]:
        if result.type == "expect_column_values_to_not_be_null":
            found.append(None)  # pandas has no NULL of its own, and gives NaN
        elif isinstance(value, list | tuple) and len(columns) == len(value) > 1:
            found.append(_sample(dict(zip(columns, value, strict=True))))
        elif len(columns) == 1 and isinstance(value, Mapping):
            found.append(cell(value))  # a STRUCT
        else:
            found.append(_sample(value))
    return tuple(found)


def _sample(value: object) -> Sample:
    if isinstance(value, Mapping):
        return tuple((str(name), cell(inner)) for name, inner in value.items())
    return cell(value)


def _observed(value: object) -> Cell:
    """One value as it is; several in words."""
    if isinstance(value, Mapping) and {"quantiles", "values"} <= value.keys():
        pairs = zip(value["quantiles"], value["values"], strict=False)
        return listing([f"{one} {value_in_words(seen)}" for one, seen in pairs], MOST_SAMPLES)
    if isinstance(value, Mapping):
        return value_in_words(value)
    if isinstance(value, list | tuple | set | frozenset):
        return listing([value_in_words(one) for one in value], MOST_SAMPLES)
    return cell(value)


def _threshold(result: JudgedExpectation) -> float | None:
    seen = result.observed
    if isinstance(seen, bool) or not isinstance(seen, int | float):
        return None
    return result.bounds.broken_by(float(seen))


def _is_worse_level(other: JudgedExpectation, result: JudgedExpectation) -> bool:
    """Whether both are levels of one check, bounds on the same side, and ``other`` is worse."""
    if status_of_severity(other.severity).severity <= status_of_severity(result.severity).severity:
        return False
    return (
        other.type == result.type
        and _apart_from_level(other) == _apart_from_level(result)
        and bool(_sides(other) & _sides(result))
    )


def _apart_from_level(result: JudgedExpectation) -> dict[str, Any]:
    return {
        name: value
        for name, value in result.kwargs.items()
        if name not in _LEVEL and value is not None
    }


def _sides(result: JudgedExpectation) -> set[str]:
    given = {**(result.arguments.get("per") or {}), **result.arguments}
    return {name for name in _SIDES if given.get(name) is not None}
