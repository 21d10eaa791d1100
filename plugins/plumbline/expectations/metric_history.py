"""``expect_metric_to_follow_history``: a metric against what is usual of it.

A threshold by hand is wrong when the data change slowly; a baseline alone makes a long outage
normal. So both: a band around the median of earlier good runs, and bounds that are never given up.

The band has two sides, and nothing says on which of them bad lies: rows that are missing are too
few, rows that came twice too many. So both bounds must be given. With one, a source that is dead
from its first day would pass on the other side, and teach that nothing is normal.
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from great_expectations.compatibility import pydantic
from great_expectations.execution_engine.execution_engine import ExecutionEngine
from great_expectations.expectations.expectation import render_suite_parameter_string
from great_expectations.render.components import (
    LegacyRendererType,
    RenderedStringTemplateContent,
)
from great_expectations.render.renderer.renderer import renderer
from great_expectations.render.renderer_configuration import (
    RendererConfiguration,
    RendererValueType,
)

from plumbline.expectations.bounds import Bounds, Group
from plumbline.expectations.metric_between import METRIC, ExpectMetricToBeBetween, bounds_in_words
from plumbline.expectations.metric_result import bounds_of, judge_groups, overridden_bounds
from plumbline.expectations.usual import WHOLE, Past, Usual, current_past, usual_of


class ExpectMetricToFollowHistory(ExpectMetricToBeBetween):
    """Expect a metric to be as usual: near the median of the monitor's own earlier good runs.

    ExpectMetricToFollowHistory is a Batch Expectation.

    Args:
        column (str): The column that holds the metric, which is also what the monitor's observed
            number, or its groups', is made of.
        min_value (number): The least that passes, whatever is usual.
        max_value (number): The most that passes, whatever is usual.
        strict_min (boolean): If True, min_value itself fails. Default False.
        strict_max (boolean): If True, max_value itself fails. Default False.
        aggregate (str or None): mean, min, max or sum over the rows (of each group).
        group_by (list of str or None): The columns that name a group; each has a past of its own.
        overrides (dict or None): Other min_value and max_value for single groups.
        runs (int): How many of the last comparable good runs count, one a day. Default 28.
        minimum (int): With fewer nothing is judged. Default 14.
        deviations (number): How many spreads from the median are usual still. Default 5.
        least_deviation (number): But never less than this, in the metric's unit. Default 1.
        same_weekday (boolean): If True, only runs of the same day of the week are comparable.
        until_then (str): floor (default) or error: while there are too few runs, whether
            min_value and max_value alone are held, or that is an error. An error teaches nothing:
            with it the past must come from elsewhere.

    Notes:
        * Earlier runs come from plumbline's own history of the same target. Runs in which the
          monitor (or the group) was not PASS are left out, and so is the day that is judged.
        * A day counts once, by its run nearest in hour to the one that is judged: many looks at
          one state are no witnesses of what is usual.
        * min_value and max_value must be given: a long outage can't become normal beyond them.
        * The spread is the median absolute deviation, scaled as a standard deviation is.

    Examples:
        ExpectMetricToFollowHistory(column="coverage_pct", aggregate="mean", min_value=50,
                                    max_value=100)
    """

    runs: int = pydantic.Field(28, ge=2, description="How many earlier good runs count, one a day.")
    minimum: int = pydantic.Field(14, ge=2, description="With fewer nothing is judged.")
    deviations: float = pydantic.Field(
        5.0, gt=0, description="How many spreads from the median are usual still."
    )
    least_deviation: float = pydantic.Field(
        1.0, ge=0, description="But never less than this, in the metric's unit."
    )
    same_weekday: bool = pydantic.Field(
        False, description="Whether only runs of the same day of the week are comparable."
    )
    until_then: Literal["error", "floor"] = pydantic.Field(
        "floor", description="While there are too few runs: the bounds alone, or an error."
    )

    success_keys: ClassVar[tuple[str, ...]] = (
        *ExpectMetricToBeBetween.success_keys,
        "runs",
        "minimum",
        "deviations",
        "least_deviation",
        "same_weekday",
        "until_then",
    )
    args_keys: ClassVar[tuple[str, ...]] = success_keys
    examples: ClassVar[list[dict[str, Any]]] = []

    class Config:
        title = "Expect metric to follow history"

    @pydantic.root_validator(skip_on_failure=True)
    def _never_open(cls, values: dict[str, Any]) -> dict[str, Any]:  # noqa: N805
        for name, bounds in [("", bounds_of(values)), *overridden_bounds(values).items()]:
            for side in ("min_value", "max_value"):
                if getattr(bounds, side) is None:
                    raise ValueError(
                        f"{side} is missing{f' for {name!r}' if name else ''}: without it a long "
                        "outage becomes normal on that side"
                    )
        return values

    @pydantic.root_validator(skip_on_failure=True)
    def _a_minimum_of_what_counts(cls, values: dict[str, Any]) -> dict[str, Any]:  # noqa: N805
        if values["minimum"] > values["runs"]:
            raise ValueError(
                f"minimum {values['minimum']} is above runs {values['runs']}: there are never "
                "enough"
            )
        return values

    def _validate(
        self,
        metrics: dict[str, Any],
        runtime_configuration: dict[str, Any] | None = None,
        execution_engine: ExecutionEngine[Any] | None = None,
    ) -> dict[str, Any]:
        values = self.dict(include=set(self.success_keys))
        past = current_past()
        if past is None:
            raise ValueError(
                "expect_metric_to_follow_history knows the history in a monitor's run only: run it "
                "by plumbline, or by the checkpoint"
            )
        floor, overridden = bounds_of(values), overridden_bounds(values)
        found: list[Usual] = []
        too_few: list[int] = []

        def bounds(group: Group) -> Bounds:
            never = overridden.get(group.key.label, floor)
            usual = _usual(past, group, values)
            if isinstance(usual, Usual):
                found.append(usual)
                return usual.bounds(never)
            if values["until_then"] == "floor":
                too_few.append(usual)
                return never
            named = f" of {group.key.label}" if group.key.items else ""
            raise ValueError(
                f"there are {usual} comparable good runs{named} before, and {values['minimum']} "
                'are needed; an ERROR teaches nothing: write "until_then": "floor", and min_value '
                "and max_value are held alone while good runs teach, also those of "
                "`plumbline backtest --record`"
            )

        result = judge_groups(metrics[METRIC], bounds, values.get("aggregate"))
        if len(found) == 1:
            result["result"]["details"]["usual"] = found[0].words()
        elif len(too_few) == 1 and not found:
            result["result"]["details"]["usual"] = (
                f"held by min_value and max_value alone: {too_few[0]} of {values['minimum']} "
                "comparable good runs so far"
            )
        return result

    @classmethod
    def _prescriptive_template(
        cls, renderer_configuration: RendererConfiguration[Any]
    ) -> RendererConfiguration[Any]:
        renderer_configuration.add_param("column", RendererValueType.STRING)
        renderer_configuration.template_str = _template(renderer_configuration.kwargs)
        return renderer_configuration

    @classmethod
    @renderer(renderer_type=LegacyRendererType.PRESCRIPTIVE)
    @render_suite_parameter_string
    def _prescriptive_renderer(
        cls,
        configuration: Any = None,
        result: Any = None,
        runtime_configuration: dict[str, Any] | None = None,
        **_: Any,
    ) -> list[Any]:
        kwargs = configuration.kwargs
        return [
            RenderedStringTemplateContent(
                content_block_type="string_template",
                string_template={
                    "template": _template(kwargs),
                    "params": {"column": kwargs.get("column")},
                    "styling": (runtime_configuration or {}).get("styling"),
                },
            )
        ]


def _usual(past: Past, group: Group, values: dict[str, Any]) -> Usual | int:
    return usual_of(
        past,
        group.key.text if group.key.items else WHOLE,
        runs=values["runs"],
        minimum=values["minimum"],
        deviations=values["deviations"],
        least_deviation=values["least_deviation"],
        same_weekday=values["same_weekday"],
    )


def _template(kwargs: dict[str, Any]) -> str:
    what = f"the {kwargs['aggregate']} of $column" if kwargs.get("aggregate") else "$column"
    if kwargs.get("group_by"):
        what += f" of each {' and '.join(kwargs['group_by'])}"
    never = bounds_in_words(kwargs)
    days = " of the same weekday" if kwargs.get("same_weekday") else ""
    return (
        f"{what} must be as usual: within {kwargs.get('deviations', 5):g} spreads of the median of "
        f"the last {kwargs.get('runs', 28)} good runs{days}, and {never} in any case."
    )
