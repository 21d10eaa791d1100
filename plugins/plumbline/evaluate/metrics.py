"""Suites that ask for bounds alone, evaluated without results of Great Expectations' shape.

A backtest evaluates a suite thousands of times and stores no result. The numbers come from the code
that `expect_metric_to_be_between` itself calls.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from plumbline.checks.bounds import MeasuredGroup, observe
from plumbline.checks.check import Check
from plumbline.checks.metric_result import judge_check
from plumbline.core.errors import MonitorError
from plumbline.core.expectation_types import OURS
from plumbline.evaluate.evaluation import Evaluation
from plumbline.evaluate.monitors import LoadedMonitor
from plumbline.project.parameters import has_parameter


@dataclass(frozen=True)
class Metric(Check):
    """An ``expect_metric_to_be_between``, its arguments checked."""

    description: str | None


def metrics_of(monitor: LoadedMonitor) -> tuple[Metric, ...] | None:
    """The expectations of a monitor's suite; None: some are not ours, or take parameters, whose
    values may differ from one instant to the next.
    """
    entries = () if monitor.suite is None else monitor.suite.entry.expectations
    if monitor.fault is not None or not entries:
        return None
    if any(entry.type != OURS or has_parameter(entry.kwargs) for entry in entries):
        return None
    return tuple(
        Metric(
            type=entry.type,
            severity=entry.severity,
            kwargs={
                name: value
                for name, value in expectation.dict(include=set(expectation.success_keys)).items()
                if value is not None
            },
            description=entry.description,
        )
        for entry, expectation in zip(entries, monitor.built.expectations, strict=True)
    )


def evaluate_metrics(
    metrics: Sequence[Metric], rows: Sequence[Mapping[str, Any]]
) -> Evaluation | None:
    """What the expectations make of the rows; None where one of them raises."""
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    observed: dict[tuple[object, ...], list[MeasuredGroup]] = {}
    found = []
    for metric in metrics:
        units = None if metric.per is None else metric.per.column
        what = metric.column, metric.aggregate, tuple(metric.group_by), units
        if what not in observed:  # the bounds of a warning and of a critical judge the same
            try:
                observed[what] = observe(
                    columns,
                    column=str(metric.column),
                    aggregate=metric.aggregate,
                    group_by=metric.group_by,
                    units=units,
                )
            except (KeyError, TypeError, MonitorError):
                return None
        groups = observed[what]
        found.append(judge_check(groups, metric, metric.description))
    return Evaluation(tuple(found))
