"""Evaluates a suite, over rows or over a batch of a data asset of Great Expectations' own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from great_expectations.core.batch_definition import BatchDefinition
from great_expectations.core.expectation_suite import ExpectationSuite
from great_expectations.core.expectation_validation_result import (
    ExpectationSuiteValidationResult,
)
from great_expectations.validator.v1_validator import Validator

from plumbline.checks.baseline import Past, with_past
from plumbline.checks.judged import JudgedExpectation
from plumbline.core.masking import Mask
from plumbline.evaluate.masking import mask_result
from plumbline.evaluate.results import storable
from plumbline.evaluate.suite import evaluate_suite
from plumbline.evaluate.suite_results import read_results, suite_result
from plumbline.evaluate.table import Table
from plumbline.project.suites import ExpectationEntry


@dataclass(frozen=True)
class Evaluation:
    """What a suite found."""

    judged: tuple[JudgedExpectation, ...]
    """What a status is decided from: a value an expectation, in the suite's order."""
    result: ExpectationSuiteValidationResult | None = None
    """The same as Great Expectations stores it; None: it was not asked for."""


def evaluate(
    suite: ExpectationSuite,
    entries: Sequence[ExpectationEntry],
    table: Table,
    *,
    file: Path | str,
    mask: Mask | None = None,
    past: Past | None = None,
    result_format: Any = None,
) -> Evaluation:
    """What ``suite`` finds in the rows of ``table``.

    Args:
        suite: built from ``entries``.
        entries: as the suite's file has them, with exact values.
        table: the judged rows.
        file: the suite's, for messages.
        mask: of the rows; the values of personal columns are masked in what is returned.
        past: what expectations that follow history compare with.
        result_format: GX's; the default is ``SUMMARY``.
    """
    with with_past(past):
        evaluated = evaluate_suite(suite, entries, table, file=file, result_format=result_format)
    result = suite_result(suite, evaluated)
    mask_result(result, mask or Mask())
    judged = tuple(read_results(suite, result, evaluated))
    for entry in result.results:
        entry.result = storable(entry.result)
    return Evaluation(judged, result)


def evaluate_batch(
    suite: ExpectationSuite,
    batch_definition: BatchDefinition[Any],
    parameters: Mapping[str, Any],
    *,
    result_format: Any = None,
) -> Evaluation:
    """What ``suite`` finds in a batch of a data asset of Great Expectations' own, by its engines.

    Args:
        suite: with a value for every parameter.
        batch_definition: of the data asset.
        parameters: name the batch.
        result_format: GX's; at least ``BASIC``.

    Raises:
        NoAvailableBatchesError: there is no such batch.
    """
    validator = Validator(
        batch_definition=batch_definition,
        batch_parameters=dict(parameters),
        result_format=_with_counts(result_format),
    )
    result = validator.validate_expectation_suite(suite)
    return Evaluation(tuple(read_results(suite, result)), result)


def _with_counts(result_format: Any) -> Any:
    """At least ``BASIC``: without counts nothing says whether anything was looked at."""
    name = result_format.get("result_format") if isinstance(result_format, dict) else result_format
    if getattr(name, "value", name) != "BOOLEAN_ONLY":
        return result_format
    return (
        {**result_format, "result_format": "BASIC"} if isinstance(result_format, dict) else "BASIC"
    )
