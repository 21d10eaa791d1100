"""Great Expectations' result of a suite: made here, and read into the values that are judged."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from great_expectations import __version__ as gx_version
from great_expectations.core.expectation_suite import ExpectationSuite
from great_expectations.core.expectation_validation_result import (
    ExpectationSuiteValidationResult,
    ExpectationValidationResult,
)
from great_expectations.validator.validation_statistics import calc_validation_statistics

from plumbline.checks.check import Check
from plumbline.checks.judged import JudgedExpectation, JudgedGroup
from plumbline.core.expectation_types import FOLLOWS_HISTORY, NO_FAILING_ROWS, OURS
from plumbline.evaluate.errors import NOTHING_CHECKED
from plumbline.evaluate.suite import Evaluated, raised_result

_RETURN_ROWS = ("unexpected_rows_expectation", NO_FAILING_ROWS)
"""Expectations whose observed value is the number of unexpected rows."""
_JUDGE_GROUPS = (OURS, FOLLOWS_HISTORY)
"""Expectations that count groups. A suite over a table lists groups of the others as well, which
count rows."""
_PLACE = ("position", "expected", "found")
"""Of a column that is not where it should be, in GX's order."""


def suite_result(
    suite: ExpectationSuite, evaluated: Sequence[Evaluated]
) -> ExpectationSuiteValidationResult:
    """GX's result of a suite, from those of its expectations."""
    results = [one.result for one in evaluated]
    statistics = calc_validation_statistics(results)
    return ExpectationSuiteValidationResult(
        success=statistics.success,
        results=results,
        suite_name=suite.name,
        statistics={
            "evaluated_expectations": statistics.evaluated_expectations,
            "successful_expectations": statistics.successful_expectations,
            "unsuccessful_expectations": statistics.unsuccessful_expectations,
            "success_percent": statistics.success_percent,
        },
        meta={"great_expectations_version": gx_version},
    )


def read_results(
    suite: ExpectationSuite,
    result: ExpectationSuiteValidationResult,
    evaluated: Sequence[Evaluated] = (),
) -> list[JudgedExpectation]:
    """One value an expectation that was evaluated, in the suite's order.

    Args:
        suite: whose expectations they are.
        result: what was found, masked.
        evaluated: the same as plumbline found it; empty where GX did.
    """
    order = {expectation.id: index for index, expectation in enumerate(suite.expectations)}
    known = {id(one.result): one for one in evaluated}
    read = [(_id(entry), _read(entry, known.get(id(entry)))) for entry in result.results]
    read.sort(key=lambda pair: order.get(pair[0], len(order)))
    return [judged for _, judged in read]


def unjudged_result(
    suite: ExpectationSuite,
    *,
    success: bool,
    results: list[ExpectationValidationResult],
    note: str,
) -> ExpectationSuiteValidationResult:
    """The result of a suite that GX did not evaluate, with the reason as its note."""
    return ExpectationSuiteValidationResult(
        success=success,
        results=results,
        suite_name=suite.name,
        statistics={
            "evaluated_expectations": len(results),
            "successful_expectations": 0,
            "unsuccessful_expectations": len(results),
            "success_percent": 0.0 if results else None,
        },
        meta={"great_expectations_version": gx_version, "note": note},
    )


def failed_result(suite: ExpectationSuite, reason: str) -> ExpectationSuiteValidationResult:
    """The result of a suite that could not be evaluated: every expectation raised ``reason``."""
    results = [raised_result(expectation, reason) for expectation in suite.expectations]
    return unjudged_result(suite, success=False, results=results, note=reason)


def exception_message(info: Mapping[str, Any] | None) -> str | None:
    """Why an expectation raised; None where it did not.

    GX has two shapes: flat, or keyed by the id of each metric that raised.
    """
    if not info:
        return None
    shapes: Sequence[Any] = [info] if "raised_exception" in info else list(info.values())
    for shape in shapes:
        if isinstance(shape, Mapping) and shape.get("raised_exception"):
            message = str(shape.get("exception_message") or "it raised an exception")
            if message[:1] in ("'", '"') and message[-1:] == message[:1]:
                message = message[1:-1]  # GX writes some as Python does
            return " ".join(message.split())
    return None


def why_unjudged(entry: ExpectationValidationResult) -> str | None:
    """Why an expectation says nothing of the data, whatever its ``success``; None where it does."""
    return exception_message(entry.exception_info) or _nothing_checked(entry)


def _nothing_checked(entry: ExpectationValidationResult) -> str | None:
    """Why a success of GX's own says nothing: it passes over NULLs, and all were; or no row met
    its condition."""
    elements, missing = ((entry.result or {}).get(k) for k in ("element_count", "missing_count"))
    if not entry.success or elements is None:
        return None
    if elements == 0:
        return f"{NOTHING_CHECKED}no rows to check"
    if elements == missing:
        return f"{NOTHING_CHECKED}all {elements} values are NULL"
    return None


def _id(entry: ExpectationValidationResult) -> str | None:
    return entry.expectation_config.id if entry.expectation_config else None


def _usual(kwargs: Mapping[str, Any], result: Mapping[str, Any]) -> str | None:
    """What an expectation that follows history compared with, so that a person can check it."""
    said = (result.get("details") or {}).get("usual")
    if not said:
        return None
    check = Check(FOLLOWS_HISTORY, "", kwargs)
    what = check.subject if check.table_metric else check.column
    return f"{what} is {said}"


def _read(entry: ExpectationValidationResult, evaluated: Evaluated | None) -> JudgedExpectation:
    config = entry.expectation_config
    assert config is not None
    result = entry.result or {}
    severity = getattr(config.severity, "value", config.severity) or "critical"
    details = result.get("details") or {}
    unexpected, absent = _unexpected(config.type, result)
    return JudgedExpectation(
        type=config.type,
        severity=str(severity),
        success=bool(entry.success),
        kwargs=config.kwargs,
        observed=result.get("observed_value"),
        groups=tuple(map(JudgedGroup.of, details.get("groups") or ())),
        failing=evaluated.failing if evaluated else (),
        error=why_unjudged(entry),
        skipped=evaluated.skipped if evaluated else None,
        description=config.description or _usual(config.kwargs, result),
        element_count=_count(
            len(details["groups"])
            if "groups" in details and config.type in _JUDGE_GROUPS
            else result.get("element_count")
        ),
        missing_count=_count(result.get("missing_count")),
        unexpected_count=_count(
            result.get("observed_value")
            if config.type in _RETURN_ROWS
            else result.get("unexpected_count")
        ),
        unexpected_percent=_percent(result.get("unexpected_percent")),
        unexpected=tuple(unexpected),
        absent=tuple(absent),
    )


def _unexpected(kind: str, result: Mapping[str, Any]) -> tuple[Sequence[object], Sequence[object]]:
    """The unexpected values that GX names, and those that it misses: of rows, sets and columns."""
    details = result.get("details") or {}
    mismatched = details.get("mismatched") or ()
    if isinstance(mismatched, Mapping):  # expect_table_columns_to_match_set
        return mismatched.get("unexpected") or (), mismatched.get("missing") or ()
    if mismatched:  # expect_table_columns_to_match_ordered_list
        return [dict(zip(_PLACE, one.values(), strict=True)) for one in mismatched], ()
    if kind in _RETURN_ROWS:
        return list(details.get("unexpected_rows") or ()), ()
    return (
        result.get("partial_unexpected_list") or (),
        result.get("partial_missing_list") or (),
    )


def _count(value: object) -> int | None:
    """A count; NumPy's as well."""
    number = _percent(value)
    return None if number is None else int(number)


def _percent(value: Any) -> float | None:
    if isinstance(value, bool) or not hasattr(value, "__float__"):
        return None
    number = float(value)
    return number if math.isfinite(number) else None
