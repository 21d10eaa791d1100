"""Rules for columns that suites name: the model or the table has them."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.core.expectation_types import IS_FRESH
from plumbline.evaluate.condition import ConditionError, columns_of, parse_condition
from plumbline.lint.context import LintContext
from plumbline.lint.rule import Finding, Rules
from plumbline.lint.rules.expectations import WHOLE_TABLE
from plumbline.lint.tables import KnownTable
from plumbline.models.condition import fault_of_condition, unknown_column
from plumbline.models.properties import PSEUDO_COLUMNS
from plumbline.project.document import Document, KeyPath

RULES = Rules()

UNKNOWN = RULES.error(
    "expectation-unknown-column",
    "The column doesn't exist, so the monitor would end in ERROR: neither the model's description "
    "nor its SQL has it, or it is missing among the table's columns in models/sources.yml, which "
    "declares a type for each.",
    wrong='"column": "covrage_pct", or "group_by": ["system"]',
    right='"column": "coverage_pct", or "group_by": ["system_id"]',
)

_MONITOR = ("meta", "monitor")
_ONE = ("column", "column_A", "column_B")
_SEVERAL = ("group_by", "column_list")


def check(context: LintContext) -> Iterator[Finding]:
    for suite in context.facts.suites.values():
        yield from _of_table(context, suite)
        known = context.columns.of_suite(suite)
        if known is None:
            continue
        folded = {name.casefold() for name in known}
        for path, entry in suite.entries("expectations"):
            if str(entry.get("type")).startswith(WHOLE_TABLE):
                continue
            for place, column in _named(suite, (*path, "kwargs")):
                if column.casefold() not in folded:  # BigQuery does not mind the case
                    model = suite.text("meta", "monitor", "model")
                    yield UNKNOWN.unknown(
                        suite.place(*place), f"model {model!r} has no column", column, known
                    )


def _of_table(context: LintContext, suite: Document) -> Iterator[Finding]:
    name = suite.text(*_MONITOR, "table")
    table = context.tables.named(name or "")
    if name is None or suite.has(*_MONITOR, "model"):  # of both, the rule for suites says it
        return
    if table is not None and table.has_types:
        for place, column in _named_of_table(suite):
            yield from _unknown(suite, place, column, name, table)
        yield from _of_condition(suite, name, table)
    for path, _ in suite.entries("expectations"):
        other = suite.text(*path, "kwargs", "to_table") or ""
        key, known = suite.text(*path, "kwargs", "to_column"), context.tables.named(other)
        if key is not None and known is not None and known.has_types:
            yield from _unknown(suite, (*path, "kwargs", "to_column"), key, other, known)


def _named_of_table(suite: Document) -> Iterator[tuple[KeyPath, str]]:
    for key in ("date_column", "arrival"):
        column = suite.text(*_MONITOR, "rows", key)
        if column is not None:
            yield (*_MONITOR, "rows", key), column
    yield from suite.texts(*_MONITOR, "group_by")
    for path, entry in suite.entries("expectations"):
        if entry.get("type") == IS_FRESH or not str(entry.get("type")).startswith(WHOLE_TABLE):
            yield from _named(suite, (*path, "kwargs"))


def _unknown(
    suite: Document, place: KeyPath, column: str, name: str, table: KnownTable
) -> Iterator[Finding]:
    """Of a field, or of the elements of an array, the column that has them."""
    known = {_outermost(one) for one in table.columns}
    if _outermost(column) not in known and column.upper() not in PSEUDO_COLUMNS:
        yield UNKNOWN.unknown(
            suite.place(*place), f"table {name} has no column", column, table.columns
        )


def _of_condition(suite: Document, name: str, table: KnownTable) -> Iterator[Finding]:
    where = suite.text(*_MONITOR, "rows", "where")
    if where is None or fault_of_condition(where):
        return
    known = [_outermost(one) for one in table.columns]
    fault = unknown_column(
        where, [*known, *PSEUDO_COLUMNS], table=table.name, holder=f"table {name}"
    )
    if fault is not None:
        yield UNKNOWN.at(suite.place(*_MONITOR, "rows", "where"), *fault)


def _outermost(column: str) -> str:
    return column.replace("[", ".").partition(".")[0].casefold()


def _named(suite: Document, kwargs: KeyPath) -> Iterator[tuple[KeyPath, str]]:
    for argument in _ONE:
        column = suite.text(*kwargs, argument)
        if column is not None:
            yield (*kwargs, argument), column
    for argument in _SEVERAL:
        columns = suite.get(*kwargs, argument)
        for index, column in enumerate(columns if isinstance(columns, list) else ()):
            if isinstance(column, str):
                yield (*kwargs, argument, index), column
    units = suite.text(*kwargs, "per", "column")
    if units is not None:
        yield (*kwargs, "per", "column"), units
    written = suite.get(*kwargs, "row_condition")
    if written is not None:
        try:
            condition = parse_condition(written)
        except ConditionError:
            return  # the rule for conditions says it
        for column in dict.fromkeys(columns_of(condition)):
            yield (*kwargs, "row_condition"), column
