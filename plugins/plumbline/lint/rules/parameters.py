"""Rules for suite parameters: each has a value, and each value is used."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from plumbline.core.errors import did_you_mean
from plumbline.lint.context import LintContext
from plumbline.lint.rule import Finding, Rules
from plumbline.project.document import Document
from plumbline.project.parameters import ParameterError, evaluate, names_read, parameters_in

RULES = Rules()

NO_VALUE = RULES.warning(
    "parameter-without-value",
    "A suite parameter has no value, so runs without `--param` end in ERROR.",
    wrong='"min_value": {"$PARAMETER": "least"}, and no "suite_parameters"',
    right='"suite_parameters": {"least": 80}',
)
MALFORMED = RULES.error(
    "parameter-malformed",
    "A suite parameter is neither a name nor valid arithmetic.",
    wrong='"min_value": {"$PARAMETER": "least *"}',
    right='"min_value": {"$PARAMETER": "least * 2"}',
)
UNREAD = RULES.warning(
    "parameter-unread",
    "No expectation uses a value under suite_parameters, so it has no effect.",
    wrong='"suite_parameters": {"leest": 80} beside {"$PARAMETER": "least"}',
    right='"suite_parameters": {"least": 80} beside {"$PARAMETER": "least"}',
)

_SOME_INSTANT = datetime(2026, 1, 1, tzinfo=UTC)


def check(context: LintContext) -> Iterator[Finding]:
    for suite in context.facts.documents.suites.values():
        values = suite.mapping("suite_parameters")
        read: set[str] = set()
        for path, entry in suite.entries("expectations"):
            for place, parameter in parameters_in(entry.get("kwargs"), (*path, "kwargs")):
                read |= names_read(parameter)
                try:
                    evaluate(parameter, values, _SOME_INSTANT)
                except ParameterError as fault:
                    rule = MALFORMED if fault.missing is None else NO_VALUE
                    yield rule.at(suite.place(*place), fault.what, fault.fix(values))
        yield from _unread(suite, read)


def _unread(suite: Document, read: set[str]) -> Iterator[Finding]:
    for name in suite.mapping("suite_parameters"):
        if name not in read:
            yield UNREAD.at(
                suite.place("suite_parameters", name),
                f"no expectation uses parameter {name!r}",
                did_you_mean(name, read) if read else "remove it",
            )
