"""``expect_metric_to_be_between``: a model's metric, judged row by row, by group or as a whole.

GX has ``expect_column_values_to_be_between``, which passes on no rows and on NULLs and never
shows what it observed. This one shows the observed value of each group, with numerator and
denominator, fails on no rows and on NULL, and takes other bounds for single groups.

The metric (``plumbline.groups``) says what is there; the expectation judges it.
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from great_expectations.compatibility import pydantic
from great_expectations.core.metric_domain_types import MetricDomainTypes
from great_expectations.execution_engine.execution_engine import ExecutionEngine
from great_expectations.execution_engine.pandas_execution_engine import PandasExecutionEngine
from great_expectations.expectations.metrics.metric_provider import metric_value
from great_expectations.expectations.metrics.table_metric_provider import TableMetricProvider
from great_expectations.render.components import (
    CollapseContent,
    LegacyDiagnosticRendererType,
    RenderedTableContent,
)
from great_expectations.render.renderer.renderer import renderer

from plumbline.checks.bounds import MeasuredGroup, observe
from plumbline.checks.check import BOUND_KEYS, SIDES, Check, fault_of_per
from plumbline.checks.judged import JudgedGroup
from plumbline.checks.metric_result import judge_metric
from plumbline.core.errors import did_you_mean
from plumbline.core.text import count, makes, plain, unit_of, with_unit
from plumbline.evaluate.expectations.stated import StatedExpectation
from plumbline.project.parameters import is_parameter

METRIC = "plumbline.groups"


class GroupsMetric(TableMetricProvider):
    """The observed value of each group of a batch, as a list of ``Group``."""

    metric_name = METRIC
    value_keys = ("column", "aggregate", "group_by", "per")

    @metric_value(engine=PandasExecutionEngine)
    def _pandas(
        cls,  # noqa: N805 - GX makes a class method of it
        execution_engine: PandasExecutionEngine,
        metric_domain_kwargs: dict[str, Any],
        metric_value_kwargs: dict[str, Any],
        **_: Any,
    ) -> list[MeasuredGroup]:
        frame, _compute, _accessor = execution_engine.get_compute_domain(
            domain_kwargs=metric_domain_kwargs, domain_type=MetricDomainTypes.TABLE
        )
        return observe(
            {str(name): frame[name].tolist() for name in frame.columns},
            column=metric_value_kwargs["column"],
            aggregate=metric_value_kwargs.get("aggregate"),
            group_by=metric_value_kwargs.get("group_by") or (),
            units=(metric_value_kwargs.get("per") or {}).get("column"),
        )


class ExpectMetricToBeBetween(StatedExpectation):
    """Expect a metric to be between a minimum and a maximum: each row, each group, or all rows.

    ExpectMetricToBeBetween is a Batch Expectation.

    Args:
        column (str): The column that holds the metric.
        min_value (number or None): The minimum value that passes.
        max_value (number or None): The maximum value that passes.
        strict_min (boolean): If True, min_value itself fails. Default False.
        strict_max (boolean): If True, max_value itself fails. Default False.
        per (dict or None): Bounds per unit: the column that counts the units, and min_value or
            max_value for each unit: {"column": "games", "min_value": 12}. A value fails if it
            breaks both the fixed bound and the bound per unit: with min_value=100, the lower of
            100 and 12 per game applies. Without a fixed bound, only the bound per unit applies.
        aggregate (str or None): mean, min, max or sum over the rows (of each group). Default None:
            each row is checked.
        group_by (list of str or None): The columns that define a group.
        overrides (dict or None): Different bounds for single groups: from the group's name (its
            value; for several columns ``column=value``, joined by ", ") to a dict of min_value,
            max_value, strict_min, strict_max. Keys that are left out keep the common bound.
        retired (list of str or None): The names of groups that are permanently gone: an open
            incident does not wait for them.

    Notes:
        * It fails if there are no rows, or if a value is NULL, NaN or infinite.
        * observed_value is a number if there is one group, else {group: number}.
        * details.groups lists each group with its observed value, numerator and denominator
          (the sums of the columns of these names), bounds and whether it passed.
        * details.failing_rows are the positions of the failing rows, worst first.
        * Each bound, including those of overrides and per unit, can be a suite parameter.
        * strict_min and strict_max also apply to bounds per unit. Overrides change only fixed
          bounds.
        * The number of units must be the same on each row of a group, and not NULL.

    Examples:
        ExpectMetricToBeBetween(column="graded_pct", min_value=50, group_by=["system_id"],
                                overrides={"moving_average": {"min_value": 30}})
    """

    column: str = pydantic.Field(min_length=1, description="Column with the metric.")
    min_value: float | dict[str, Any] | None = pydantic.Field(
        None, description="Minimum value that passes."
    )
    max_value: float | dict[str, Any] | None = pydantic.Field(
        None, description="Maximum value that passes."
    )
    strict_min: bool | dict[str, Any] = pydantic.Field(
        False, description="Whether min_value itself fails."
    )
    strict_max: bool | dict[str, Any] = pydantic.Field(
        False, description="Whether `max_value` itself fails."
    )
    per: dict[str, Any] | None = pydantic.Field(
        None,
        description="Bounds for each unit that a column counts: {column: games, min_value: 12}. "
        "Beside a fixed bound, a value fails if it breaks both.",
    )
    aggregate: Literal["mean", "min", "max", "sum"] | None = pydantic.Field(
        None, description="How to aggregate the rows of a group; by default each row is checked."
    )
    group_by: list[str] | None = pydantic.Field(None, description="Columns that define a group.")
    overrides: dict[str, dict[str, Any]] | None = pydantic.Field(
        None, description="Different bounds for single groups: {group: {min_value: number, ...}}."
    )

    retired: list[str] | None = pydantic.Field(
        None, description="Groups that are permanently gone and no longer expected."
    )

    metric_dependencies: ClassVar[tuple[str, ...]] = (METRIC,)
    domain_keys: ClassVar[tuple[str, ...]] = ("batch_id",)
    success_keys: ClassVar[tuple[str, ...]] = (
        "column",
        "min_value",
        "max_value",
        "strict_min",
        "strict_max",
        "per",
        "aggregate",
        "group_by",
        "overrides",
        "retired",
    )
    args_keys: ClassVar[tuple[str, ...]] = success_keys

    library_metadata: ClassVar[dict[str, Any]] = {
        "maturity": "beta",
        "tags": ["plumbline", "batch expectation"],
        "contributors": ["plumbline"],
        "requirements": [],
        "has_full_test_suite": True,
        "manually_reviewed_code": True,
    }
    _library_metadata = library_metadata

    examples: ClassVar[list[dict[str, Any]]] = [
        {
            "data": {
                "system_id": ["a", "b"],
                "graded_pct": [88.2, 44.0],
                "empty": [None, None],
            },
            "only_for": ["pandas"],
            "tests": [
                {
                    "title": "mean_keeps_the_minimum",
                    "exact_match_out": False,
                    "include_in_gallery": True,
                    "in": {"column": "graded_pct", "aggregate": "mean", "min_value": 50},
                    "out": {"success": True, "observed_value": 66.1},
                },
                {
                    "title": "one_group_is_below",
                    "exact_match_out": False,
                    "include_in_gallery": True,
                    "in": {"column": "graded_pct", "group_by": ["system_id"], "min_value": 50},
                    "out": {"success": False, "observed_value": {"a": 88.2, "b": 44.0}},
                },
                {
                    "title": "null_is_no_pass",
                    "exact_match_out": False,
                    "include_in_gallery": True,
                    "in": {"column": "empty", "aggregate": "mean", "min_value": 50},
                    "out": {"success": False, "observed_value": None},
                },
            ],
        }
    ]

    class Config:
        title = "Expect metric to be between"

    @pydantic.validator("min_value", "max_value", pre=True)
    def _a_number(cls, value: object) -> object:  # noqa: N805 - a pydantic 1 class method
        if not is_parameter(value) and not _is_number_or_none(value):
            raise ValueError(f"{value!r} is not a number")
        return value

    @pydantic.validator("strict_min", "strict_max")
    def _true_or_false(cls, value: object) -> object:  # noqa: N805
        if not is_parameter(value) and not isinstance(value, bool):
            raise ValueError(f"{value!r} is neither true nor false")
        return value

    @pydantic.validator("per")
    def _per_is_whole(cls, value: dict[str, Any] | None) -> dict[str, Any] | None:  # noqa: N805
        fault = None if value is None else fault_of_per(value)
        if fault is not None:
            raise ValueError("; ".join(fault[1:]))
        return value

    @pydantic.root_validator(skip_on_failure=True)
    def _bounds_make_sense(cls, values: dict[str, Any]) -> dict[str, Any]:  # noqa: N805
        of_table = values.get("metric") is not None  # which has bounds and groups elsewhere
        has_none = all(values[side] is None for side in SIDES) and not values.get("per")
        if not of_table and has_none:
            raise ValueError("min_value or max_value is missing: without a bound nothing can fail")
        overrides = values.get("overrides") or {}
        if overrides and not of_table and not values.get("group_by"):
            raise ValueError("overrides need group_by")
        for group, override in overrides.items():
            for key, value in override.items():
                if key not in BOUND_KEYS:
                    raise ValueError(
                        f"overrides[{group!r}] has an unknown key {key!r}; "
                        + did_you_mean(key, BOUND_KEYS)
                    )
                if is_parameter(value):
                    continue
                strict = key.startswith("strict_")
                right = isinstance(value, bool) if strict else _is_number_or_none(value)
                if not right:
                    kind = "true or false" if strict else "a number"
                    raise ValueError(f"overrides[{group!r}].{key}: {value!r} is not {kind}")
        check = Check(cls.expectation_type, "", values)
        if check.per is not None and check.per.is_inverted:
            raise ValueError("per.min_value is above per.max_value: nothing can pass")
        for name, bounds in [("", check.bounds), *check.overrides.items()]:
            low, high = bounds.min_value, bounds.max_value
            if low is not None and high is not None and low > high:
                raise ValueError(
                    f"min_value {low:g} is above max_value {high:g}"
                    + (f" for {name!r}" if name else "")
                    + ": nothing can pass"
                )
        return values

    @pydantic.root_validator(skip_on_failure=True)
    def _retired_are_groups(cls, values: dict[str, Any]) -> dict[str, Any]:  # noqa: N805
        retired = values.get("retired") or []
        if retired and values.get("metric") is None and not values.get("group_by"):
            raise ValueError("retired needs group_by")
        for name in retired:
            if name in (values.get("overrides") or {}):
                raise ValueError(
                    f"{name!r} is in retired and in overrides: remove it from one of them"
                )
        return values

    @property
    def check(self) -> Check:
        """What plumbline judges by."""
        values = self.dict(include=set(self.success_keys))
        return Check(self.expectation_type, self.severity.value, values)

    def _validate(
        self,
        metrics: dict[str, Any],
        runtime_configuration: dict[str, Any] | None = None,
        execution_engine: ExecutionEngine[Any] | None = None,
    ) -> dict[str, Any]:
        return judge_metric(metrics[METRIC], self.check)

    @classmethod
    @renderer(renderer_type=LegacyDiagnosticRendererType.OBSERVED_VALUE)
    def _diagnostic_observed_value_renderer(
        cls,
        configuration: Any = None,
        result: Any = None,
        runtime_configuration: dict[str, Any] | None = None,
        **_: Any,
    ) -> str:
        groups = _groups(result)
        if not groups:
            return "no rows"
        if len(groups) == 1:
            return _shown_as(groups[0], _column(result))
        passing = sum(group.success for group in groups)
        what = "groups" if any(group.key.items for group in groups) else "rows"
        return f"{passing} of {len(groups)} {what} pass"

    @classmethod
    @renderer(renderer_type=LegacyDiagnosticRendererType.UNEXPECTED_TABLE)
    def _diagnostic_unexpected_table_renderer(
        cls,
        configuration: Any = None,
        result: Any = None,
        runtime_configuration: dict[str, Any] | None = None,
        **_: Any,
    ) -> list[Any] | None:
        """Each group with what was observed of it: those that fail open, the others in a fold."""
        groups = [group for group in _groups(result) if group.key.items]
        column = _column(result)
        failing = [group for group in groups if not group.success]
        passing = [group for group in groups if group.success]
        blocks: list[Any] = []
        if failing:
            blocks.append(_table_of(failing, column))
        if passing:
            what = f"{count(len(passing), 'groups')} {'passes' if len(passing) == 1 else 'pass'}"
            blocks.append(
                CollapseContent(collapse=[_table_of(passing, column)], collapse_toggle_link=what)
            )
        return blocks or None


def _is_number_or_none(value: object) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))


def _groups(result: Any) -> list[JudgedGroup]:
    details = (result.result or {}).get("details") or {}
    return [JudgedGroup.of(entry) for entry in details.get("groups") or ()]


def _column(result: Any) -> str:
    return str(result.expectation_config.kwargs.get("column") or "")


def _table_of(groups: list[JudgedGroup], column: str) -> RenderedTableContent:
    rows = [
        [
            ", ".join(f"{name}={value}" for name, value in group.key),
            _shown_as(group, column),
            group.usual or ("" if group.threshold is None else _number(group.threshold, column)),
        ]
        for group in groups
    ]
    return _table(["group", "observed", "threshold"], rows)


def _number(value: float, column: str, *, against: float | None = None) -> str:
    return with_unit(plain(value, against=against), unit_of(column, None, ""))


def _shown_as(group: JudgedGroup, column: str) -> str:
    """``44 % (44 of 100)``: with the fraction where the number is one."""
    if group.is_masked:
        return "masked"
    if group.rows == 0:
        return "no rows"
    observed, numerator, denominator = group.observed, group.numerator, group.denominator
    text = "NULL" if observed is None else _number(observed, column, against=group.threshold)
    if numerator is None or denominator is None or denominator == 1:  # of 1: a count, no share
        return text
    if not makes(observed, numerator, denominator, is_share=column.endswith("_pct")):
        return text
    return f"{text} ({plain(numerator)} of {plain(denominator)})"


def _table(header: list[str], rows: list[list[str]]) -> RenderedTableContent:
    return RenderedTableContent(
        content_block_type="table",
        header_row=header,
        table=rows,
        styling={"body": {"classes": ["table-sm", "table-bordered"]}},
    )
