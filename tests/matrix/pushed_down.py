"""The questions of the matrix as suites over a table: one statement a type of column.

The rows of every condition are one table, and a condition is a group of it. What the statement
finds is what `plumbline.evaluate` finds in the rows, whose verdicts are those of Google's
evaluator.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from dateutil.relativedelta import relativedelta

from definitions.cases import PROJECT
from definitions.tables import at
from matrix.cells import ERROR, Question, questions
from matrix.kinds import Kind
from matrix.tables import ALL
from plumbline.evaluate.catalogue import EVALUATIONS
from plumbline.evaluate.errors import EvaluationError
from plumbline.evaluate.found import CountFound, Found, MapFound, Measured
from plumbline.evaluate.pushdown.catalogue import MEASURES
from plumbline.evaluate.pushdown.measure import Measure
from plumbline.evaluate.pushdown.statement import CompiledTable, compile_table
from plumbline.evaluate.table import Table
from plumbline.evaluate.vacuous import find_vacuous
from plumbline.evaluate.values import length
from plumbline.models.relations import Relation
from plumbline.project.suites import Suite, SuiteEntry
from plumbline.warehouse.metadata import TableMetadata
from plumbline.warehouse.result import ResultColumn

AS_OF = at("2026-02-02")
_NOT_EVALUATED = ("expect_column_quantile_values_to_be_between / INTERVAL",)
"""Neither witness has PERCENTILE_DISC of it."""
_TABLE = Relation("evaluated-project", "matrix", "rows")


class PushedDown:
    """All questions of a type of column that a statement can answer."""

    def __init__(self, kind: Kind, without: Sequence[str] = ()) -> None:
        self.tables = {
            name: table
            for name, table in ALL[kind.name].items()
            if table.rows and name not in without
        }
        self.questions = [
            one
            for one in questions()
            if one.kind == kind.name
            and one.tables is None
            and one.expectation in EVALUATIONS.keys() & MEASURES.keys()
            and not find_vacuous(one.expectation, one.kwargs)
            and one.group not in _NOT_EVALUATED
        ]
        schema = next(iter(self.tables.values())).schema
        self.compiled = _compile([ResultColumn("held", "STRING"), *schema], self.questions)

    @cached_property
    def sql(self) -> str:
        """The statement over literal rows."""
        rows = " union all ".join(
            f"select '{name}' as held, * from ({table.sql})" for name, table in self.tables.items()
        )
        return self.compiled.sql.replace(str(_TABLE), f"(select * from ({rows}))")

    def differences(self, answers: Sequence[Mapping[str, Any]]) -> list[str]:
        """Where the statement finds something else than there is in the rows."""
        by_condition = {row["g0"]: row for row in answers}
        assert by_condition.keys() == self.tables.keys()
        wrong = []
        for index, question in enumerate(self.questions):
            for cell in question.cells:
                measure = self.compiled.measures[index]
                if cell.condition not in self.tables or is_of_schema(measure):
                    continue
                found = self._by_statement(by_condition[cell.condition], index)
                expected = _by_rows(Table(cell.table.schema, cell.table.python), question)
                if found != expected:
                    wrong.append(f"{cell.name}: {found}, and the rows hold {expected}")
        return wrong

    def _by_statement(self, answer: Mapping[str, Any], index: int) -> object:
        measure = self.compiled.measures[index]
        if not isinstance(measure, Measure):
            return ERROR
        try:
            return comparable(measure.read(self.compiled.answer(answer, index), AS_OF))
        except EvaluationError:
            return ERROR


def _compile(schema: Sequence[ResultColumn], asked: Sequence[Question]) -> CompiledTable:
    raw = {
        "name": "matrix",
        "meta": {"monitor": {"table": _TABLE.key, "group_by": ["held"]}},
        "expectations": [{"type": one.expectation, "kwargs": dict(one.kwargs)} for one in asked],
    }
    return compile_table(
        Suite("matrix", Path("expectations/matrix.json"), SuiteEntry.model_validate(raw), raw),
        _TABLE,
        schema,
        as_of=[AS_OF],
        zone=PROJECT.timezone,
        resolve=lambda name: (_TABLE, TableMetadata(tuple(schema))),
    )


def _by_rows(table: Table, question: Question) -> object:
    try:
        return comparable(EVALUATIONS[question.expectation](table, question.kwargs), table)
    except EvaluationError:
        return ERROR


def comparable(found: Found | Measured, table: Table | None = None) -> object:
    """What was found, so that a statement's and that of rows are equal."""
    if isinstance(found, CountFound):
        values = [
            tuple(one.values()) if isinstance(one, dict) and len(found.columns) > 1 else one
            for one in found.samples
        ]
        return found.elements, found.missing, found.count, sorted(map(_text, values))
    if isinstance(found, MapFound):
        assert table is not None
        rows = (tuple(table.rows[at_][name] for name in found.columns) for at_ in found.unexpected)
        values = [row if len(row) > 1 else row[0] for row in rows]
        return found.elements, found.missing, found.count, sorted(map(_text, values))
    return found.success, {name: _near(value) for name, value in found.result.items()}


def _text(value: Any) -> str:
    """The same for values that BigQuery takes for one."""
    if isinstance(value, tuple | list):
        return ", ".join(map(_text, value))
    if isinstance(value, float | Decimal):
        return str(float(value) + 0)  # no -0
    if isinstance(value, relativedelta):
        return str(length(value))
    return str(value).replace("'", '"').replace(" ", "")  # JSON within a STRUCT is a text


def is_of_schema(measure: Measure | EvaluationError) -> bool:
    """Whether the rows make no difference."""
    return isinstance(measure, Measure) and not measure.needs_rows


def _near(value: Any) -> Any:
    if isinstance(value, float | Decimal):
        if not math.isfinite(value):
            return "not finite"  # the evaluator's mean of an infinity is NaN
        return pytest.approx(float(value))
    if isinstance(value, Mapping):
        return {name: _near(inner) for name, inner in value.items()}
    return sorted(map(_text, value)) if isinstance(value, list) else value
