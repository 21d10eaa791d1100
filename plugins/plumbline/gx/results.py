"""GX's store of validation results."""

from __future__ import annotations

import logging

from great_expectations.core.expectation_validation_result import (
    ExpectationSuiteValidationResult,
)
from great_expectations.core.run_identifier import RunIdentifier
from great_expectations.core.validation_definition import ValidationDefinition
from great_expectations.data_context.types.resource_identifiers import (
    ExpectationSuiteIdentifier,
    ValidationResultIdentifier,
)

logger = logging.getLogger(__name__)


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
