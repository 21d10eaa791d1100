"""Judges one monitor: its rows evaluated by its suite. Whatever goes wrong is its own ERROR.

The one way from rows to an outcome, for live runs, in a notebook, and for the past.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from great_expectations.core.expectation_suite import ExpectationSuite

from plumbline.checks import judge
from plumbline.core.errors import MonitorError
from plumbline.core.masking import Mask, explain_masked
from plumbline.evaluate.evaluation import Evaluation, evaluate
from plumbline.evaluate.metrics import evaluate_metrics, metrics_of
from plumbline.evaluate.monitors import LoadedMonitor
from plumbline.evaluate.parameters import with_parameters
from plumbline.project import Suite
from plumbline.project.masked_suite import masked_suite
from plumbline.run.baselines import past_of
from plumbline.run.compiling import table_of
from plumbline.run.jobs import MonitorData, MonitorJobs
from plumbline.run.monitor_result import MonitorResult
from plumbline.warehouse.result import QueryResult

logger = logging.getLogger(__name__)

EvaluateRows = Callable[[ExpectationSuite, Suite, MonitorData, MonitorJobs], Evaluation]
"""Evaluates a suite, as built and as read, on the rows of its monitor."""


def judge_monitor(
    monitor: LoadedMonitor,
    jobs: MonitorJobs,
    *,
    parameters: Mapping[str, object] | None = None,
    evaluate_rows: EvaluateRows,
) -> MonitorResult:
    """The outcome of a monitor, from the rows that its job brings.

    Args:
        monitor: whose suite is evaluated.
        jobs: of the run.
        parameters: values for parameters of the suite, before the suite's own.
        evaluate_rows: see `by_expectations`.
    """
    name, root = monitor.name, jobs.project.root
    try:
        if monitor.fault is not None or monitor.suite is None:
            raise monitor.fault or MonitorError(f"the suite of {name} can't be read")
        suite, built = with_parameters(monitor.suite, monitor.built, parameters, jobs.as_of)
        data = jobs.data(name)
        shown = masked_suite(suite, data.mask)
        # Of failing rows none is a finding, too, unless the model says that it could not look.
        found_none = suite.returns_failing_rows and not (data.shown.skipped or data.shown.unknown)
        if data.verdict.judge or found_none:
            evaluation = evaluate_rows(built, suite, data, jobs)
            evidence = jobs.evidence(name)
            outcome = judge.judge(shown, data.shown, evaluation.judged, evidence)
            return MonitorResult(
                outcome, monitor.built, shown, evidence, root, data.mask, evaluation
            )
        if data.shown.unknown:
            return MonitorResult.error(
                name,
                " ".join("; ".join(data.shown.unknown).split()),
                built=monitor.built,
                suite=shown,
                evidence=data.evidence,
                root=root,
                mask=data.mask,
            )
        outcome = judge.skip(shown, data.shown, data.evidence)
        return MonitorResult(outcome, monitor.built, shown, data.evidence, root, data.mask)
    except MonitorError as error:
        return _error(monitor, jobs, error)
    except Exception as raised:  # a fault of one monitor must not darken the others
        logger.debug("the suite of %s could not be evaluated", name, exc_info=True)
        fault = MonitorError(f"the suite could not be evaluated: {type(raised).__name__}: {raised}")
        return _error(monitor, jobs, fault)


def by_expectations(result_format: Any = None) -> EvaluateRows:
    """Evaluates every expectation, with results of Great Expectations' shape."""

    def evaluate_rows(
        built: ExpectationSuite, suite: Suite, data: MonitorData, jobs: MonitorJobs
    ) -> Evaluation:
        file = _below(jobs.project.root, suite.file)
        query_batch = partial(_query_batch, jobs, suite.monitor_name, data.mask)
        over = table_of(data.compiled)
        if over is not None:
            from plumbline.evaluate.table_suite import evaluate_table

            return evaluate_table(
                built,
                suite.entry.expectations,
                over,
                data.verdict.judge,
                jobs.as_of.astimezone(jobs.project.timezone),
                file=file,
                mask=data.mask,
                past=past_of(suite, jobs),
                query_batch=query_batch,
                result_format=result_format,
            )
        table = data.table()
        table.query_batch = query_batch
        return evaluate(
            built,
            suite.entry.expectations,
            table,
            file=file,
            mask=data.mask,
            past=past_of(suite, jobs),
            result_format=result_format,
        )

    return evaluate_rows


def by_bounds(monitor: LoadedMonitor, *, otherwise: EvaluateRows) -> EvaluateRows:
    """Evaluates a suite that asks for bounds alone, without results of Great Expectations' shape.

    Args:
        monitor: whose suite.
        otherwise: evaluates what asks for more.
    """
    metrics = metrics_of(monitor)
    if metrics is None:
        return otherwise

    def evaluate_rows(
        built: ExpectationSuite, suite: Suite, data: MonitorData, jobs: MonitorJobs
    ) -> Evaluation:
        # What is masked in results is masked by the other, which also words what raises.
        found = None if data.mask else evaluate_metrics(metrics, data.verdict.judge)
        return otherwise(built, suite, data, jobs) if found is None else found

    return evaluate_rows


def _error(monitor: LoadedMonitor, jobs: MonitorJobs, error: MonitorError) -> MonitorResult:
    suite, mask = monitor.suite, Mask()
    if suite is not None:
        mask = jobs.mask(suite)
        suite = masked_suite(suite, mask)
    return MonitorResult.error(
        monitor.name,
        explain_masked(error, mask),
        fix=error.fix and mask.text(" ".join(error.fix.split())),
        built=monitor.built,
        suite=suite,
        evidence=jobs.evidence(monitor.name),
        root=jobs.project.root,
        mask=mask,
    )


def _query_batch(jobs: MonitorJobs, monitor: str, mask: Mask, query: str) -> QueryResult:
    """As `MonitorJobs.query_batch`; what BigQuery says of a failure is shown without values."""
    try:
        return jobs.query_batch(monitor, query)
    except MonitorError as error:
        raise MonitorError(explain_masked(error, mask)) from None


def _below(root: Path, file: Path) -> str:
    return str(file.relative_to(root)) if file.is_relative_to(root) else file.name
