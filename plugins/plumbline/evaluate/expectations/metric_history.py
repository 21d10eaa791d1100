"""``expect_metric_to_follow_history``: a metric against what is usual of it.

A threshold by hand is wrong when the data change slowly; a baseline alone makes a long outage
normal. So both: a band around the median of earlier good runs, and bounds that are never given up.

The band has two sides, and nothing says on which of them bad lies: rows that are missing are too
few, rows that came twice too many. So both bounds must be given. With one, a source that is dead
from its first day would pass on the other side, and teach that nothing is normal.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, ClassVar, Literal

from great_expectations.compatibility import pydantic
from great_expectations.execution_engine.execution_engine import ExecutionEngine

from plumbline.checks.baseline import (
    WHOLE,
    Past,
    Usual,
    current_past,
    expected_groups,
    known_groups,
    usual_of,
)
from plumbline.checks.bounds import Bounds, MeasuredGroup
from plumbline.checks.check import Check
from plumbline.checks.expected import range_of
from plumbline.checks.metric_result import judge_each
from plumbline.checks.table_metrics import LEAST_DEVIATION, faults_of_metric
from plumbline.core.errors import did_you_mean
from plumbline.core.expectation_types import FOLLOWS_HISTORY
from plumbline.core.group_key import GroupKey
from plumbline.evaluate.expectations.metric_between import (
    METRIC,
    ExpectMetricToBeBetween,
)


class ExpectMetricToFollowHistory(ExpectMetricToBeBetween):
    """Expect a metric to be near the median of the monitor's own earlier good runs.

    ExpectMetricToFollowHistory is a Batch Expectation.

    Args:
        column (str): The column with the metric. It must be the column of the monitor's observed
            value, or of its groups'.
        metric (str or None): In a suite over a table, what to compare: row_count, null_pct,
            distinct_count, mean or freshness_hours; all but row_count need column.
        min_value (number): The minimum value that passes, whatever the baseline.
        max_value (number): The maximum value that passes, whatever the baseline.
        strict_min (boolean): If True, min_value itself fails. Default False.
        strict_max (boolean): If True, max_value itself fails. Default False.
        aggregate (str or None): mean, min, max or sum over the rows (of each group).
        group_by (list of str or None): The columns that define a group; each has its own baseline.
        overrides (dict or None): Different min_value and max_value for single groups.
        runs (int): Number of earlier good runs in the baseline, one per day. Default 28.
        minimum (int): Minimum number of runs for a baseline. Default 14.
        deviations (number): Allowed distance from the median, in spreads. Default 5.
        least_deviation (number): Minimum allowed distance, in the metric's unit. Default 1.
        same_weekday (boolean): If True, compare only runs of the same weekday.
        since (str or None): First day of the baseline, such as 2026-01-31, after a new level was
            accepted.
        retired (list of str or None): Groups that are permanently gone and no longer expected.
        until_then (str): With too few runs, apply only min_value and max_value (floor, the
            default) or report an error. Runs that end in an error don't count for the baseline.

    Notes:
        * Earlier runs come from plumbline's own history of the same target. Runs in which the
          monitor (or the group) was not PASS are left out, and so is the current day.
        * A day counts once, with the run closest in time of day to the current one.
        * min_value and max_value are required, so that a long outage can't become the baseline. In
          a suite over a table, mean needs both, freshness_hours max_value, the others none.
        * The spread is the median absolute deviation, scaled like a standard deviation.
        * If no run of the baseline was 0 or had the opposite sign, 0 fails however wide the spread
          is, unless it is within least_deviation of the median.
        * A group that was evaluated on at least minimum of the last runs days and is missing from
          the rows fails, with no observed value, until it is back or retired.

    Examples:
        ExpectMetricToFollowHistory(column="coverage_pct", aggregate="mean", min_value=50,
                                    max_value=100)
    """

    # None: the rows of a table are counted.
    column: str | None = pydantic.Field(  # type: ignore[assignment]
        None, min_length=1, description="Column with the metric."
    )
    metric: Literal["row_count", "null_pct", "distinct_count", "mean", "freshness_hours"] | None = (
        pydantic.Field(None, description="In a suite over a table: what to compare.")
    )
    runs: int = pydantic.Field(
        28, ge=2, description="Number of earlier good runs in the baseline, one per day."
    )
    minimum: int = pydantic.Field(14, ge=2, description="Minimum number of runs for a baseline.")
    deviations: float = pydantic.Field(
        5.0, gt=0, description="Allowed distance from the median, in spreads."
    )
    least_deviation: float = pydantic.Field(
        LEAST_DEVIATION, ge=0, description="Minimum allowed distance, in the metric's unit."
    )
    same_weekday: bool = pydantic.Field(
        False, description="Whether to compare only runs of the same weekday."
    )
    since: str | None = pydantic.Field(
        None,
        description="First day of the baseline, after a new level was accepted.",
        format="date",
    )
    until_then: Literal["error", "floor"] = pydantic.Field(
        "floor", description="With too few runs: apply only the bounds, or report an error."
    )

    success_keys: ClassVar[tuple[str, ...]] = (
        *(key for key in ExpectMetricToBeBetween.success_keys if key != "per"),
        "metric",
        "runs",
        "minimum",
        "deviations",
        "least_deviation",
        "same_weekday",
        "since",
        "until_then",
    )
    args_keys: ClassVar[tuple[str, ...]] = success_keys
    examples: ClassVar[list[dict[str, Any]]] = []

    class Config:
        title = "Expect metric to follow history"

    @pydantic.root_validator(skip_on_failure=True)
    def _never_open(cls, values: dict[str, Any]) -> dict[str, Any]:  # noqa: N805
        if values["metric"] is not None:
            for _, what, fix in faults_of_metric(values):
                raise ValueError(f"{what}; {fix}")
            return values
        if values["column"] is None:
            raise ValueError("column is missing; over a table, write metric")
        overridden = Check(FOLLOWS_HISTORY, "", values).overridden
        for name, kwargs in [("", values), *overridden.items()]:
            for side in ("min_value", "max_value"):
                if kwargs.get(side) is None:
                    raise ValueError(
                        f"{side} is missing{f' for {name!r}' if name else ''}: without it a long "
                        "outage becomes normal on that side"
                    )
        return values

    @pydantic.root_validator(skip_on_failure=True)
    def _a_minimum_of_what_counts(cls, values: dict[str, Any]) -> dict[str, Any]:  # noqa: N805
        if values["minimum"] > values["runs"]:
            raise ValueError(
                f"minimum {values['minimum']} is above runs {values['runs']}, so there are never "
                "enough runs"
            )
        return values

    @pydantic.validator("since")
    def _a_day(cls, value: str | None) -> str | None:  # noqa: N805 - a pydantic 1 class method
        if value is not None:
            _day(value)
        return value

    def _validate(
        self,
        metrics: dict[str, Any],
        runtime_configuration: dict[str, Any] | None = None,
        execution_engine: ExecutionEngine[Any] | None = None,
    ) -> dict[str, Any]:
        return self.judge(metrics[METRIC], current_past(), self.group_by or ())

    def judge(
        self, measured: Sequence[MeasuredGroup], past: Past | None, group_by: Sequence[str]
    ) -> dict[str, Any]:
        """``success`` and ``result`` as GX wants them.

        Args:
            measured: what was observed.
            past: of the metric; None: not known.
            group_by: the columns that name a group.

        Raises:
            ValueError: it can't be compared.
        """
        values = {**self.dict(include=set(self.success_keys)), "group_by": list(group_by)}
        if past is None:
            raise ValueError(
                "expect_metric_to_follow_history needs the history, which only a run of a monitor "
                "has: use plumbline run, or the checkpoint"
            )
        _refuse_a_later_day(values["since"], past)
        missing = _missing(measured, past, values)
        groups = sorted([*measured, *missing], key=lambda one: one.key.text)
        check = self.check
        bands = [_band(one, past, values, check.bounds_for(one.key.label)) for one in groups]
        in_order = iter(bands)
        result = judge_each(groups, lambda _group: next(in_order).bounds, values.get("aggregate"))
        details = result["result"]["details"]
        for entry, band in zip(details["groups"], bands, strict=True):
            entry |= {
                "bounds": asdict(band.bounds),
                "usual": band.said(entry["observed"]),
                "compared_with": band.words(entry["observed"]),
            }
        words = {entry["compared_with"] for entry in details["groups"]}
        if len(words) == 1 and not values["group_by"]:
            (details["usual"],) = words
        return result

    @classmethod
    def _stated(cls, kwargs: Mapping[str, Any]) -> str:
        spreads, runs = kwargs.get("deviations", 5), kwargs.get("runs", 28)
        never = range_of(Check(FOLLOWS_HISTORY, "", kwargs).arguments, cls._unit(kwargs))
        days = " of the same weekday" if kwargs.get("same_weekday") else ""
        since = f" since {kwargs['since']}" if kwargs.get("since") else ""
        return (
            f"{super()._stated(kwargs)}: within {spreads:g} spreads of the median of the last "
            f"{runs} good runs{days}{since}, and {never} in any case"
        )


# Bounds per unit are not what a past is compared with: it takes no such argument.
del ExpectMetricToFollowHistory.__fields__["per"]


@dataclass(frozen=True)
class _Band:
    """What one group is held against."""

    never: Bounds
    """What is never given up."""
    usual: Usual | None
    """None: there are too few comparable good runs."""
    so_far: str

    @property
    def bounds(self) -> Bounds:
        return self.never if self.usual is None else self.usual.bounds(self.never)

    def said(self, observed: float | None) -> str:
        """What judged, in short: ``usually 92 ± 4``."""
        if self.usual is None:
            return f"{self.never.words()} ({self.so_far})"
        return self._in_any_case(observed, self.usual.short())

    def words(self, observed: float | None) -> str:
        """The same with what it was made of, so that a person can check it."""
        if self.usual is None:
            return f"checked by min_value and max_value only: {self.so_far}"
        return self._in_any_case(observed, self.usual.words())

    def _in_any_case(self, observed: float | None, text: str) -> str:
        """What is usual, and bad all the same."""
        assert self.usual is not None
        if self.usual.holds(observed) and not self.never.keep(observed):
            return f"{text} and must be {self.never.words()} in any case"
        return text


def _band(group: MeasuredGroup, past: Past, values: dict[str, Any], never: Bounds) -> _Band:
    """What ``group`` is held against.

    Args:
        group: what was observed.
        past: what history holds.
        values: the arguments of the expectation.
        never: its bounds, beyond which nothing is usual.

    Raises:
        ValueError: there are too few runs, and that is to be an error.
    """
    key = past.named(group.key)
    usual = usual_of(
        past,
        key.text if key.items else WHOLE,
        deviations=values["deviations"],
        least_deviation=values["least_deviation"],
        **_compared(values),
    )
    if isinstance(usual, Usual):
        return _Band(never, usual, "")
    since = f" since {values['since']}" if values["since"] else ""
    is_there = group.rows > 0  # one that is missing fails whatever is usual of it
    if values["until_then"] == "error" and is_there:
        named = f" of {group.key.label}" if group.key.items else ""
        raise ValueError(
            f"there are {usual} comparable good runs{named}{since} before, and "
            f"{values['minimum']} are needed. ERROR runs don't count, so write "
            '"until_then": "floor" until there are enough: only min_value and max_value then '
            "apply. `plumbline backtest --record` adds good runs of the past"
        )
    so_far = f"{usual} of {values['minimum']} comparable good runs so far{since}"
    return _Band(never, None, so_far)


def _missing(
    groups: Sequence[MeasuredGroup], past: Past, values: dict[str, Any]
) -> list[MeasuredGroup]:
    """The groups that the history expects and the rows do not have.

    Raises:
        ValueError: ``retired`` names a group that was never there.
    """
    group_by = values.get("group_by") or ()
    if not group_by:
        return []
    there = {past.named(group.key) for group in groups}
    known = {key.label for key in (*there, *known_groups(past, group_by))}
    retired = {_as_named(name, group_by, past): name for name in values["retired"] or ()}
    for label, name in retired.items():
        if past.judged and label not in known:
            raise ValueError(
                f"retired names the group {name!r}, which was in no run; "
                + did_you_mean(name, sorted(known))
            )
    excused = {
        past.named(GroupKey.of({name: row[name] for name in group_by}))
        for row in past.unjudged
        if all(name in row for name in group_by)
    }
    expected = expected_groups(past, group_by, **_compared(values))
    return [
        MeasuredGroup(key, observed=None, numerator=None, denominator=None, rows=0, nulls=0)
        for key in expected
        if key not in there | excused and key.label not in retired
    ]


def _as_named(label: str, group_by: Sequence[str], past: Past) -> str:
    """The name of a group as the history has it: a pseudonym where its one column is personal."""
    if len(group_by) != 1:
        return label
    return past.named(GroupKey.of({group_by[0]: label})).label


def _compared(values: dict[str, Any]) -> dict[str, Any]:
    """Which runs are compared with."""
    return {
        "runs": values["runs"],
        "minimum": values["minimum"],
        "same_weekday": values["same_weekday"],
        "since": _day(values["since"]) if values["since"] else None,
    }


def _day(text: str) -> date:
    try:
        if len(text) == len("2026-01-31"):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise ValueError(f"since {text!r} is not a date: write one such as 2026-01-31")


def _refuse_a_later_day(since: str | None, past: Past) -> None:
    if since and _day(since) > past.day:
        raise ValueError(
            f"since {since} is after the evaluated day, {past.day}, so no run counts; write an "
            "earlier day"
        )
