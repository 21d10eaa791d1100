"""plumbline's own verdicts, in this process and without a warehouse."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from great_expectations.core.expectation_suite import ExpectationSuite

import plumbline.gx.register  # noqa: F401 - plumbline's own expectations
from matrix.cells import ERROR, FAIL, PASS, Question
from plumbline.core.errors import MonitorError
from plumbline.evaluate.build_suite import build_suite
from plumbline.evaluate.suite import evaluate_suite
from plumbline.evaluate.table import Table
from plumbline.project.suites import Suite, SuiteEntry
from plumbline.warehouse.result import ResultColumn

_FILE = Path("expectations/matrix.json")


@dataclass(frozen=True)
class Judged:
    """What plumbline says of an expectation."""

    verdict: str
    reason: str = ""
    """Of an ERROR."""


def judge(question: Question) -> dict[str, Judged]:
    """A suite of this one expectation over each table, by condition."""
    suite = _suite([{"type": question.expectation, "kwargs": dict(question.kwargs)}])
    try:
        built = build_suite(suite)
    except MonitorError as fault:
        return {cell.condition: Judged(ERROR, str(fault)) for cell in question.cells}
    return {
        cell.condition: _evaluate(built, suite, cell.table.schema, cell.table.python)[0]
        for cell in question.cells
    }


def judge_suite(
    expectations: Sequence[Mapping[str, Any]],
    schema: Sequence[ResultColumn],
    rows: Sequence[Mapping[str, Any]],
) -> list[Judged]:
    """A suite of several expectations over one table.

    Raises:
        MonitorError: the suite can't be built.
    """
    suite = _suite([dict(one) for one in expectations])
    return _evaluate(build_suite(suite), suite, schema, rows)


def _suite(expectations: list[dict[str, Any]]) -> Suite:
    meta = {"monitor": {"model": "matrix"}}
    raw = {"name": "matrix", "meta": meta, "expectations": expectations}
    return Suite("matrix", _FILE, SuiteEntry.model_validate(raw), raw)


def _evaluate(
    built: ExpectationSuite,
    suite: Suite,
    schema: Sequence[ResultColumn],
    rows: Sequence[Mapping[str, Any]],
) -> list[Judged]:
    found = evaluate_suite(built, suite.entry.expectations, Table(schema, rows), file=_FILE)
    return [_read(one.result) for one in found]


def _read(result: Any) -> Judged:
    raised = result.exception_info
    if raised["raised_exception"]:
        return Judged(ERROR, str(raised["exception_message"]))
    return Judged(PASS if result.success else FAIL)
