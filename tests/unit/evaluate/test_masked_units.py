"""Where the units of bounds are of a personal column, no number says how many there were."""

from __future__ import annotations

from great_expectations.core.expectation_suite import ExpectationSuite
from great_expectations.core.expectation_validation_result import ExpectationSuiteValidationResult

from plumbline.checks.bounds import observe
from plumbline.checks.check import Check
from plumbline.checks.metric_result import judge_metric
from plumbline.core.expectation_types import OURS
from plumbline.core.masking import Mask
from plumbline.evaluate.expectations.metric_between import ExpectMetricToBeBetween
from plumbline.evaluate.masking import mask_result
from plumbline.evaluate.suite import validation_result

ROWS = [{"rows_made": 40, "age": 37}]
KWARGS = {"column": "rows_made", "aggregate": "max", "per": {"column": "age", "min_value": 2}}


def test_the_threshold_of_units_of_a_personal_column_is_masked() -> None:
    columns = {name: [row[name] for row in ROWS] for name in ROWS[0]}
    found = observe(columns, column="rows_made", aggregate="max", group_by=(), units="age")
    judged = judge_metric(found, Check(OURS, "critical", KWARGS))
    assert judged["result"]["details"]["groups"][0]["threshold"] == 74
    expectation = ExpectMetricToBeBetween(**KWARGS)
    entry = validation_result(expectation, success=False, result=judged["result"])
    result = ExpectationSuiteValidationResult(
        success=False, results=[entry], suite_name=ExpectationSuite("volume").name
    )
    mask_result(result, Mask.of({"age"}, "some-project", ROWS))
    (group,) = result.results[0].result["details"]["groups"]
    assert (group["observed"], group["success"]) == (40, False)
    assert (group["threshold"], group["units"], group["bounds"]) == (None, None, None)
