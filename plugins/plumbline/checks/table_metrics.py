"""The metrics of a table that `expect_metric_to_follow_history` can compare with their past.

Plain values; read by lint, by runs, and where the statement of a suite over a table is made.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from plumbline.core.errors import did_you_mean


@dataclass(frozen=True)
class TableMetric:
    """One metric."""

    has_column: bool = True
    unit: str = ""
    never: Mapping[str, Any] = field(default_factory=dict)
    """Bounds where the suite gives none: what is beyond them is normal for no table."""
    needs: tuple[str, ...] = ()
    """Bounds that the suite must give: for these a long outage could become normal."""


TABLE_METRICS: Mapping[str, TableMetric] = {
    "row_count": TableMetric(has_column=False, never={"min_value": 1}),
    "null_pct": TableMetric(unit="%", never={"min_value": 0, "max_value": 100, "strict_max": True}),
    "distinct_count": TableMetric(never={"min_value": 1}),
    "mean": TableMetric(needs=("min_value", "max_value")),
    "freshness_hours": TableMetric(unit="h", never={"min_value": 0}, needs=("max_value",)),
}


LEAST_DEVIATION = 1.0
"""In the metric's unit, where the suite gives none."""

COUNTED = ("distinct_count", "freshness_hours", "null_pct", "row_count")
"""Those that are no values of their column."""


def metric_of(kwargs: Mapping[str, Any]) -> TableMetric | None:
    """The metric that the arguments name; None: none, or one that is not known."""
    name = kwargs.get("metric")
    return TABLE_METRICS.get(name) if isinstance(name, str) else None


def faults_of_metric(kwargs: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """What is wrong with the arguments of an expectation that follows a table's history: the
    argument, what, and the fix."""
    name, metric = kwargs.get("metric"), metric_of(kwargs)
    if metric is None:
        listed = ", ".join(TABLE_METRICS)
        what = "there is no metric" if name is None else f"there is no metric {name!r}"
        fix = f"write one of {listed}"
        yield "metric", what, fix if name is None else did_you_mean(str(name), TABLE_METRICS)
        return
    if metric.has_column and not kwargs.get("column"):
        yield "column", f"{name} needs a column", "add column"
    if not metric.has_column and kwargs.get("column") is not None:
        yield "column", f"{name} is of the whole table and has no column", "remove column"
    for argument in ("aggregate", "group_by"):
        if kwargs.get(argument):
            fix = "write it in meta.monitor" if argument == "group_by" else f"remove {argument}"
            yield argument, f"{argument} is for models", fix
    given = {name: value for name, value in kwargs.items() if value is not None}
    bounds, least = {**metric.never, **given}, given.get("least_deviation", LEAST_DEVIATION)
    if _is_within(least, bounds.get("min_value"), bounds.get("max_value")):
        yield (
            "least_deviation",
            f"least_deviation {least:g} is as wide as min_value to max_value, so it is never "
            "compared with the history",
            "write a smaller least_deviation",
        )
    for bound in metric.needs:
        if kwargs.get(bound) is None:
            what = f"{bound} is missing: without it a long outage becomes normal"
            yield bound, what, f"add {bound}: a value that is never acceptable"


def _is_within(least: object, low: object, high: object) -> bool:
    """Whether each value between the bounds is at most ``least`` from each other."""
    if not all(isinstance(one, int | float) for one in (least, low, high)):
        return False
    return low < high <= low + least  # type: ignore[operator, no-any-return]
