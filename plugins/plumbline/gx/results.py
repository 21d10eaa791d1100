"""Great Expectations' stored results: what plumbline adds to one, and how it is stored."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from great_expectations.core.expectation_validation_result import (
    ExpectationSuiteValidationResult,
)
from great_expectations.core.run_identifier import RunIdentifier
from great_expectations.core.validation_definition import ValidationDefinition
from great_expectations.data_context.types.resource_identifiers import (
    ExpectationSuiteIdentifier,
    ValidationResultIdentifier,
)

from plumbline.core.outcome import Outcome
from plumbline.site.records import META_KEY, Record, RunStamp, to_meta

logger = logging.getLogger(__name__)


def put_record(
    result: ExpectationSuiteValidationResult,
    stamp: RunStamp,
    outcome: Outcome,
    *,
    sql: str | None = None,
) -> None:
    """What the data docs need of a run, into the meta of GX's result, before that is stored."""
    record = Record(stamp, outcome, ended_at=datetime.now(UTC), sql=sql)
    meta: Any = result.meta  # GX's type knows its own keys only
    meta[META_KEY] = to_meta(record)


def store_result(
    definition: ValidationDefinition,
    result: ExpectationSuiteValidationResult,
    run_id: RunIdentifier,
    batch_id: str,
) -> None:
    """Put a result into GX's store; what can't be stored is logged, so that it stays a finding."""
    suite_key = ExpectationSuiteIdentifier(name=definition.suite.name)
    key = ValidationResultIdentifier(
        batch_identifier=batch_id, expectation_suite_identifier=suite_key, run_id=run_id
    )
    try:
        definition._validation_results_store.store_validation_results(
            suite_validation_result=result,
            suite_validation_result_identifier=key,
            expectation_suite_identifier=suite_key,
        )
    except OSError as fault:
        # A full disk must not turn a finding into a crash.
        logger.warning("the result of %s could not be stored: %s", definition.name, fault)


def keep_or_fail(
    result: ExpectationSuiteValidationResult,
    keep: Callable[[ExpectationSuiteValidationResult], None],
    fail: Callable[[str], ExpectationSuiteValidationResult],
) -> ExpectationSuiteValidationResult:
    """``result``, kept; what can't be stored or recorded is its own monitor's fault, no other's.

    Args:
        result: of one monitor.
        keep: stores it.
        fail: makes the outcome an ERROR for a reason, and gives the result that says so.
    """
    try:
        keep(result)
    except Exception as raised:
        logger.debug("a result could not be stored", exc_info=True)
        failed = fail(f"the result could not be stored: {type(raised).__name__}: {raised}")
        told: Any = {**result.meta, **failed.meta}  # GX's type knows its own keys only
        failed.meta = told
        try:
            keep(failed)
        except Exception:
            logger.warning("the error of %s could not be stored", failed.suite_name, exc_info=True)
        return failed
    return result
