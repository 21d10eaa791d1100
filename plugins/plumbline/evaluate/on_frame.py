"""Expectations that Great Expectations itself evaluates, on a pandas frame of the rows.

For what BigQuery has no SQL for: the Kullback-Leibler divergence, and expectations of a project's
plugins, which are written for GX's pandas engine.
"""

from __future__ import annotations

from typing import Any

from great_expectations.core.expectation_validation_result import ExpectationValidationResult
from great_expectations.execution_engine.pandas_execution_engine import PandasExecutionEngine
from great_expectations.expectations.expectation import Expectation
from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
from great_expectations.validator.validator import Validator

_BATCH = "rows"


class _QuietValidator(Validator):
    """Without progress bars, which GX shows where no context says otherwise."""

    def _determine_progress_bars(self) -> bool:
        return False


_OF_ROWS = ("row_condition", "condition_parser", "batch_id")


def evaluate_on_frame(
    expectation: Expectation, frame: Any, form: Any
) -> ExpectationValidationResult:
    """GX's result of ``expectation`` on ``frame``, which holds the rows that it looks at.

    Args:
        expectation: its own ``row_condition`` has been applied already.
        frame: a pandas frame.
        form: a result format of GX's.
    """
    configuration = expectation.configuration
    kwargs = {name: value for name, value in configuration.kwargs.items() if name not in _OF_ROWS}
    engine = PandasExecutionEngine(batch_data_dict={_BATCH: frame})
    [result] = _QuietValidator(execution_engine=engine).graph_validate(
        configurations=[
            ExpectationConfiguration(
                type=configuration.type,
                kwargs={**kwargs, "batch_id": _BATCH},
                meta=configuration.meta,
                severity=configuration.severity,
            )
        ],
        runtime_configuration={"result_format": dict(form)},
    )
    result.expectation_config = configuration
    return result
