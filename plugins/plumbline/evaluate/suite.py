"""A suite held against rows: one result of Great Expectations' shape an expectation."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from great_expectations.core.expectation_suite import ExpectationSuite
from great_expectations.core.expectation_validation_result import ExpectationValidationResult
from great_expectations.expectations.core.unexpected_rows_expectation import (
    UnexpectedRowsExpectation,
)
from great_expectations.expectations.expectation import Expectation

from plumbline.checks.bounds import observe
from plumbline.checks.failing_rows import count_failing_rows, judge_failing_rows
from plumbline.core.errors import MonitorError
from plumbline.evaluate.domain import need_metric, rows_of
from plumbline.evaluate.errors import EvaluationError, NothingCheckedError
from plumbline.evaluate.expectations.compared import FIX, why_not_compared
from plumbline.evaluate.expectations.metric_between import METRIC, ExpectMetricToBeBetween
from plumbline.evaluate.expectations.no_failing_rows import ExpectNoFailingRows
from plumbline.evaluate.found import Found, MapFound
from plumbline.evaluate.on_frame import evaluate_on_frame
from plumbline.evaluate.results import map_result, read_format
from plumbline.evaluate.table import Table
from plumbline.evaluate.vacuous import allowed_failures, may_look_at_nothing
from plumbline.project.suites import ExpectationEntry
from plumbline.warehouse.result import to_dataframe

logger = logging.getLogger(__name__)

KL_DIVERGENCE = "expect_column_kl_divergence_to_be_less_than"
_QUIET: dict[str, Any] = {
    "raised_exception": False,
    "exception_traceback": None,
    "exception_message": None,
}


@dataclass(frozen=True)
class Evaluated:
    """One expectation of a suite, evaluated or not."""

    result: ExpectationValidationResult
    """Why it could not be evaluated stands in its ``exception_info``, as GX has it."""
    failing: tuple[int, ...] = ()
    """Positions of the rows that made it fail, worst first; empty where that is not known."""
    skipped: str | None = None
    """Why it looked at nothing, where its suite says that this may be."""


def evaluate_suite(
    suite: ExpectationSuite,
    entries: Sequence[ExpectationEntry],
    table: Table,
    *,
    file: Path | str,
    result_format: Any = None,
) -> list[Evaluated]:
    """Every expectation of ``suite`` on the rows of ``table``, in its order.

    An expectation that can't be evaluated is a result that says so, and the others are evaluated.

    Args:
        suite: built from ``entries``.
        entries: as the suite's file has them, with exact values.
        table: the judged rows.
        file: the suite's, for messages.
        result_format: GX's; the default is ``SUMMARY``.
    """
    form = read_format(result_format)
    return [
        _evaluate(expectation, entry, table, form, f"{file}: expectations[{index}]")
        for index, (expectation, entry) in enumerate(zip(suite.expectations, entries, strict=True))
    ]


def _evaluate(
    expectation: Expectation,
    entry: ExpectationEntry,
    table: Table,
    form: Mapping[str, Any],
    where: str,
) -> Evaluated:
    try:
        return _found(expectation, entry, table, form)
    except NothingCheckedError as nothing:
        if may_look_at_nothing(entry.meta):
            return Evaluated(validation_result(expectation, success=True), skipped=nothing.what)
        return Evaluated(raised_result(expectation, f"{nothing} (in {where})"))
    except EvaluationError as fault:
        return Evaluated(raised_result(expectation, f"{fault} (in {where})"))
    except MonitorError as fault:
        return Evaluated(raised_result(expectation, f"{fault.one_line()} (in {where})"))
    except Exception as raised:  # a fault of one expectation must not hide the others
        logger.debug("%s could not be evaluated", where, exc_info=True)
        return Evaluated(
            raised_result(expectation, f"{type(raised).__name__}: {raised} (in {where})")
        )


def _found(
    expectation: Expectation, entry: ExpectationEntry, table: Table, form: Mapping[str, Any]
) -> Evaluated:
    refused = why_not_compared(entry.type)
    if refused is not None:
        raise MonitorError(refused, fix=FIX)
    if isinstance(expectation, ExpectMetricToBeBetween):
        return _of_metric(expectation, table)
    if isinstance(expectation, ExpectNoFailingRows):
        return _of_failing_rows(expectation, table)
    # Many suites have none but plumbline's own, and need none of what evaluates the others.
    from plumbline.evaluate.aggregates import kl_divergence_values
    from plumbline.evaluate.catalogue import EVALUATIONS

    evaluate = EVALUATIONS.get(entry.type)
    if evaluate is not None:
        return _shaped(expectation, evaluate(table, entry.kwargs), entry, table, form)
    if isinstance(expectation, UnexpectedRowsExpectation):
        return of_query(expectation, table, form)
    if entry.type == KL_DIVERGENCE:
        values = kl_divergence_values(table, entry.kwargs)
        frame = pd.DataFrame({str(entry.kwargs["column"]): pd.Series(values)})
        return Evaluated(evaluate_on_frame(expectation, frame, form))
    return _of_plugin(expectation, entry, table, form)


def _shaped(
    expectation: Expectation,
    found: Found,
    entry: ExpectationEntry,
    table: Table,
    form: Mapping[str, Any],
) -> Evaluated:
    if isinstance(found, MapFound):
        mostly = entry.kwargs.get("mostly")
        success = found.keeps(
            1.0 if mostly is None else float(mostly), allowed_failures(entry.meta)
        )
        result = validation_result(
            expectation, success=success, result=map_result(found, table, form)
        )
        return Evaluated(result, () if success else tuple(found.unexpected))
    told = {} if form["result_format"] == "BOOLEAN_ONLY" else dict(found.result)
    return Evaluated(
        validation_result(expectation, success=found.success, result=told), found.failing
    )


def _of_metric(expectation: ExpectMetricToBeBetween, table: Table) -> Evaluated:
    """plumbline's own, which judges groups of rows."""
    group_by = expectation.group_by or ()
    need_metric(table.column(expectation.column))
    units = None if expectation.check.per is None else expectation.check.per.column
    if units is not None:
        need_metric(table.column(units))
    named = (expectation.column, *group_by, *([] if units is None else [units]))
    columns = {name: table.column(name).values for name in named}
    for name in ("numerator", "denominator"):
        if name in table.names:
            columns[name] = table.column(name).values
    groups = observe(
        columns,
        column=expectation.column,
        aggregate=expectation.aggregate,
        group_by=group_by,
        units=units,
    )
    judged = expectation._validate({METRIC: groups})
    result = validation_result(expectation, success=judged["success"], result=judged["result"])
    failing = judged["result"]["details"]["failing_rows"]
    return Evaluated(result, () if judged["success"] else tuple(failing))


def _of_failing_rows(expectation: ExpectNoFailingRows, table: Table) -> Evaluated:
    """plumbline's own, for models that return the failing rows."""
    check = expectation.check
    named = [table.column(name).name for name in check.group_by]
    judged = judge_failing_rows(count_failing_rows(table.rows, named), table.rows, check)
    result = validation_result(expectation, success=judged["success"], result=judged["result"])
    return Evaluated(result, tuple(judged["result"]["details"]["failing_rows"]))


def of_query(
    expectation: UnexpectedRowsExpectation, table: Table, form: Mapping[str, Any]
) -> Evaluated:
    """GX's, or a project's own: a query whose rows are the unexpected ones."""
    if table.query_batch is None:
        raise EvaluationError("it is a query, which needs a warehouse")
    answer = table.query_batch(str(expectation.unexpected_rows_query))
    rows = [dict(row) for row in answer.rows]
    count = len(rows) if answer.row_count is None else answer.row_count
    metrics = {"unexpected_rows_query.table": rows, "unexpected_rows_query.row_count": count}
    judged: Any = expectation._validate(metrics, {"result_format": dict(form)})
    told = dict(judged.get("result") or {})
    if form["result_format"] != "BOOLEAN_ONLY":
        told.setdefault("details", {"unexpected_rows": rows})
    return Evaluated(validation_result(expectation, success=judged["success"], result=told))


def _of_plugin(
    expectation: Expectation, entry: ExpectationEntry, table: Table, form: Mapping[str, Any]
) -> Evaluated:
    rows = rows_of(table, entry.kwargs)
    frame = to_dataframe(table.schema, [table.rows[at] for at in rows])
    # The positions of failing rows are given by GX only where it is asked for everything.
    result = evaluate_on_frame(expectation, frame, {**form, "result_format": "COMPLETE"})
    found = result.result or {}
    if result.success and found.get("element_count", -1) == found.get("missing_count"):
        raise NothingCheckedError(f"all {found['element_count']} values are NULL")
    listed = found.get("unexpected_index_list") or ()
    failing = tuple(rows[at] for at in listed if isinstance(at, int) and at < len(rows))
    return Evaluated(evaluate_on_frame(expectation, frame, form), () if result.success else failing)


def validation_result(
    expectation: Expectation, *, success: bool, result: Mapping[str, Any] | None = None
) -> ExpectationValidationResult:
    """What GX returns of an expectation that was evaluated."""
    return ExpectationValidationResult(
        success=bool(success),
        expectation_config=expectation.configuration,
        result=dict(result or {}),
        exception_info=dict(_QUIET),
    )


def raised_result(expectation: Expectation, reason: str) -> ExpectationValidationResult:
    """What GX returns of an expectation that raised ``reason``."""
    return ExpectationValidationResult(
        success=False,
        expectation_config=expectation.configuration,
        result={},
        exception_info={
            "raised_exception": True,
            "exception_traceback": "",  # as a text, which GX's own site renders
            "exception_message": reason,
        },
    )
