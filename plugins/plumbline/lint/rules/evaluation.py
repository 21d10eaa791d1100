"""Rules for values, conditions and patterns: the expectation can be evaluated, and can fail.

The code of a run evaluates each expectation on sample rows, so lint and runs say the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from difflib import get_close_matches
from typing import Any

from plumbline.core.expectation_types import FOLLOWS_HISTORY, OURS
from plumbline.core.masking import domain_of
from plumbline.evaluate.catalogue import EVALUATIONS
from plumbline.evaluate.condition import ConditionError, columns_of, parse_condition
from plumbline.evaluate.domain import need_metric, rows_of
from plumbline.evaluate.errors import EvaluationError, NothingCheckedError
from plumbline.evaluate.table import Table
from plumbline.evaluate.vacuous import fault_of_meta, find_vacuous
from plumbline.lint.context import LintContext
from plumbline.lint.rule import Finding, Rules
from plumbline.models.batch import WITHOUT_BATCH
from plumbline.project.document import Document, KeyPath
from plumbline.project.parameters import has_parameter
from plumbline.warehouse.result import ResultColumn
from plumbline.warehouse.types import BigQueryType, parse_type

RULES = Rules()

JUDGES_NOTHING = RULES.error(
    "expectation-judges-nothing",
    "With these arguments nothing can fail, so a run ends in ERROR.",
    wrong='"type": "expect_column_mean_to_be_between", "kwargs": {"column": "coverage_pct"}',
    right='"kwargs": {"column": "coverage_pct", "min_value": 80}',
)
CONDITION = RULES.error(
    "row-condition-unsupported",
    "The row_condition can't be parsed, or it contains something that SQL would "
    "evaluate differently.",
    wrong='"row_condition": "name.str.len() > 3"',
    right='"row_condition": "name_length > 3"',
)
NOT_EVALUABLE = RULES.error(
    "expectation-not-evaluable",
    "A value doesn't have the column's type, or BigQuery has no such check for the type.",
    wrong='"column": "game_date", "value_set": ["1 Feb 2026"]',
    right='"column": "game_date", "value_set": ["2026-02-01"]',
)

_FIX = "change the value, or let the model return another type"

_SAMPLES: Mapping[str, tuple[Any, Any]] = {
    "BIGNUMERIC": (Decimal(1), Decimal(2)),
    "BOOL": (False, True),
    "BYTES": (b"a", b"b"),
    "DATE": (date(2026, 2, 1), date(2026, 2, 2)),
    "DATETIME": (datetime(2026, 2, 1), datetime(2026, 2, 2)),  # noqa: DTZ001 - it has no zone
    "FLOAT64": (1.0, 2.0),
    "GEOGRAPHY": ("POINT(1 1)", "POINT(2 2)"),
    "INT64": (1, 2),
    "JSON": ({}, []),
    "NUMERIC": (Decimal(1), Decimal(2)),
    "STRING": ("a", "b"),
    "TIME": (time(1), time(2)),
    "TIMESTAMP": (datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 2, 2, tzinfo=UTC)),
}
"""Two sample values of each type."""


def check(context: LintContext) -> Iterator[Finding]:
    for suite in context.facts.suites.values():
        for path, _ in suite.entries("expectations"):
            kind, kwargs = suite.text(*path, "type"), suite.mapping(*path, "kwargs")
            if kind in context.types.known:
                yield from _of_expectation(context, suite, path, str(kind), kwargs)


def _of_expectation(
    context: LintContext, suite: Document, path: KeyPath, kind: str, kwargs: Mapping[str, Any]
) -> Iterator[Finding]:
    known = context.types.known[kind].arguments.keys()
    misread = fault_of_meta(suite.mapping(*path, "meta"))
    if misread is not None:
        place = suite.place(*path, "meta", misread.argument)
        yield NOT_EVALUABLE.at(place, misread.what, misread.fix)
    found = find_vacuous(kind, kwargs, monitor=suite.file.stem)
    if found is not None and get_close_matches(found.argument, kwargs.keys() - known):
        return  # a misspelt argument, which the rule for arguments says
    if found is not None:
        argument = found.argument.partition(".")[0]
        at = (*path, "kwargs", argument) if argument in kwargs else (*path, "type")
        yield JUDGES_NOTHING.at(suite.place(*at), found.what, found.fix)
        return
    query = kwargs.get("unexpected_rows_query")
    if isinstance(query, str) and "{batch}" not in query:
        place = suite.place(*path, "kwargs", "unexpected_rows_query")
        yield NOT_EVALUABLE.at(place, *WITHOUT_BATCH)
    named = set(domain_of(kwargs))
    written = kwargs.get("row_condition")
    if written is not None and not has_parameter(written):
        place = suite.place(*path, "kwargs", "row_condition")
        if kwargs.get("condition_parser") == "spark":
            yield CONDITION.at(
                suite.place(*path, "kwargs", "condition_parser"),
                "condition_parser 'spark' is not supported",
                "write 'pandas'",
            )
            return
        try:
            named |= set(columns_of(parse_condition(written)))
        except ConditionError as fault:
            yield CONDITION.at(place, fault.what, fault.fix)
            return
    if has_parameter(kwargs):  # its value is known at a run only
        return
    types = context.column_types.of_suite(suite, frozenset(named))
    if not named or not named <= set(types):
        return
    if kind in EVALUATIONS:
        yield from _evaluated(suite, path, kind, kwargs, types)
    elif kind in (OURS, FOLLOWS_HISTORY):
        yield from _metric(suite, path, str(kwargs.get("column")), types)


def _metric(
    suite: Document, path: KeyPath, column: str, types: Mapping[str, str]
) -> Iterator[Finding]:
    """Plumbline's own expectations need a number as metric."""
    table = _sample_table(types)
    fault = None if table is None else _fault(lambda: need_metric(table.column(column)))
    if fault is not None:
        yield NOT_EVALUABLE.at(suite.place(*path, "kwargs", "column"), fault.what, fault.fix)


def _evaluated(
    suite: Document, path: KeyPath, kind: str, kwargs: Mapping[str, Any], types: Mapping[str, str]
) -> Iterator[Finding]:
    table = _sample_table(types)
    if table is None:
        return
    written = kwargs.get("row_condition")
    if written is not None:
        fault = _fault(lambda: rows_of(table, {"row_condition": written}, may_be_none=True))
        if fault is not None:
            yield NOT_EVALUABLE.at(
                suite.place(*path, "kwargs", "row_condition"), fault.what, fault.fix or _FIX
            )
            return
    plain = {name: value for name, value in kwargs.items() if name != "row_condition"}
    fault = _fault(lambda: EVALUATIONS[kind](table, plain))
    if fault is not None:
        argument = fault.what.partition(":")[0]
        at = (*path, "kwargs", argument) if argument in kwargs else path
        yield NOT_EVALUABLE.at(suite.place(*at), fault.what, fault.fix or _FIX)


def _fault(evaluate: Callable[[], object]) -> EvaluationError | None:
    try:
        evaluate()
    except NothingCheckedError:
        return None
    except EvaluationError as fault:
        return fault
    except Exception:  # noqa: BLE001 - a value of the wrong shape: the rules for arguments say it
        return None
    return None


def _sample_table(types: Mapping[str, str]) -> Table | None:
    """Rows of these columns; None where a type has no sample."""
    kinds = {name: parse_type(kind) for name, kind in types.items()}
    values = {name: _sample(kind) for name, kind in kinds.items() if kind is not None}
    if any(pair is None for pair in values.values()):
        return None
    schema = [ResultColumn(name, kind) for name, kind in types.items()]
    rows = [{name: pair[at] for name, pair in values.items() if pair} for at in range(2)]
    return Table(schema, rows)


def _sample(kind: BigQueryType) -> tuple[Any, Any] | None:
    if kind.name == "ARRAY":
        return ([], [])
    return _SAMPLES.get(kind.name)
