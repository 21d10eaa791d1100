"""Rules for columns that expectations name: the model has them."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.evaluate.condition import ConditionError, columns_of, parse_condition
from plumbline.lint.context import LintContext
from plumbline.lint.rule import Finding, Rules
from plumbline.lint.rules.expectations import WHOLE_TABLE
from plumbline.project.document import Document, KeyPath

RULES = Rules()

UNKNOWN = RULES.error(
    "expectation-unknown-column",
    "The column is neither in the model's description nor in its SQL, so the monitor "
    "would end in ERROR.",
    wrong='"column": "covrage_pct", or "group_by": ["system"]',
    right='"column": "coverage_pct", or "group_by": ["system_id"]',
)

_ONE = ("column", "column_A", "column_B")
_SEVERAL = ("group_by", "column_list")


def check(context: LintContext) -> Iterator[Finding]:
    for suite in context.facts.suites.values():
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
    written = suite.get(*kwargs, "row_condition")
    if written is not None:
        try:
            condition = parse_condition(written)
        except ConditionError:
            return  # the rule for conditions says it
        for column in dict.fromkeys(columns_of(condition)):
            yield (*kwargs, "row_condition"), column
