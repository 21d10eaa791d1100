"""``expect_no_failing_rows``: a model that returns the bad rows, as a singular test of dbt does."""

from __future__ import annotations

from typing import Any, ClassVar

from great_expectations.compatibility import pydantic
from great_expectations.core.metric_domain_types import MetricDomainTypes
from great_expectations.execution_engine.execution_engine import ExecutionEngine
from great_expectations.execution_engine.pandas_execution_engine import PandasExecutionEngine
from great_expectations.expectations.metrics.metric_provider import metric_value
from great_expectations.expectations.metrics.table_metric_provider import TableMetricProvider

from plumbline.checks.check import Check
from plumbline.checks.failing_rows import count_failing_rows, judge_failing_rows
from plumbline.core.expectation_types import NO_FAILING_ROWS
from plumbline.evaluate.expectations.stated import StatedExpectation

METRIC = "plumbline.failing_rows"


class FailingRowsMetric(TableMetricProvider):
    """The rows of a batch, all of which are failing ones."""

    metric_name = METRIC

    @metric_value(engine=PandasExecutionEngine)
    def _pandas(
        cls,  # noqa: N805 - GX makes a class method of it
        execution_engine: PandasExecutionEngine,
        metric_domain_kwargs: dict[str, Any],
        **_: Any,
    ) -> list[dict[str, Any]]:
        frame, _compute, _accessor = execution_engine.get_compute_domain(
            domain_kwargs=metric_domain_kwargs, domain_type=MetricDomainTypes.TABLE
        )
        rows: list[dict[str, Any]] = frame.to_dict("records")
        return rows


class ExpectNoFailingRows(StatedExpectation):
    """Expect a model that returns the failing rows to return none, or few.

    ExpectNoFailingRows is a Batch Expectation.

    Args:
        max_value (integer): The maximum number of rows that pass. Default 0.
        group_by (list of str or None): The columns that define a group. max_value then applies to
            each group, and a group without rows passes.

    Notes:
        * The suite needs `"observed": {"failing_rows": true}` in `meta.monitor`.
        * observed_value is the number of rows.
        * details.unexpected_rows are up to 20 of them.
        * details.groups lists each group with its number of rows and whether it passed.

    Examples:
        ExpectNoFailingRows()
        ExpectNoFailingRows(max_value=10, group_by=["country"])
    """

    max_value: int = pydantic.Field(0, ge=0, description="Maximum number of rows that pass.")
    group_by: list[str] | None = pydantic.Field(None, description="Columns that define a group.")

    metric_dependencies: ClassVar[tuple[str, ...]] = (METRIC,)
    domain_keys: ClassVar[tuple[str, ...]] = ("batch_id",)
    success_keys: ClassVar[tuple[str, ...]] = ("max_value", "group_by")
    args_keys: ClassVar[tuple[str, ...]] = success_keys

    class Config:
        title = "Expect no failing rows"

    @property
    def check(self) -> Check:
        """What plumbline judges by."""
        values = self.dict(include=set(self.success_keys))
        return Check(NO_FAILING_ROWS, self.severity.value, values)

    def _validate(
        self,
        metrics: dict[str, Any],
        runtime_configuration: dict[str, Any] | None = None,
        execution_engine: ExecutionEngine[Any] | None = None,
    ) -> dict[str, Any]:
        rows, check = metrics[METRIC], self.check
        return judge_failing_rows(count_failing_rows(rows, check.group_by), rows, check)
