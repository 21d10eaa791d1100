"""Rules for any file: readable, with valid keys and values, named as it says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from plumbline.lint.rule import Finding, Rules
from plumbline.project.document import Fault, FaultKind, Place

if TYPE_CHECKING:
    from plumbline.lint.context import LintContext

RULES = Rules()

UNREADABLE = RULES.error(
    "file-unreadable",
    "The file can't be opened or is not UTF-8, so it isn't checked.",
    wrong="expectations/coverage.json saved as UTF-16",
    right="the same file saved as UTF-8",
)
MALFORMED_JSON = RULES.error(
    "json-malformed",
    "The file is not valid JSON, so it is ignored.",
    wrong='{"name": "coverage",}',
    right='{"name": "coverage"}',
)
MALFORMED_YAML = RULES.error(
    "yaml-malformed",
    "The file is not valid YAML, so it is ignored.",
    wrong="vars: {days: 1",
    right="vars: {days: 1}",
)
DUPLICATE_KEY = RULES.error(
    "duplicate-key",
    "A key occurs twice. JSON and YAML silently keep the last one.",
    wrong='{"min_value": 80, "min_value": 50}',
    right='{"min_value": 80}',
)
UNKNOWN_KEY = RULES.error(
    "unknown-key",
    "Nothing reads this key. It is often a typo, so the intended setting is missing.",
    wrong='"severty": "warning"',
    right='"severity": "warning"',
)
MISSING_KEY = RULES.error(
    "missing-key",
    "A required key is missing.",
    wrong='{"kwargs": {"column": "coverage_pct"}}',
    right='{"type": "expect_metric_to_be_between", "kwargs": {"column": "coverage_pct"}}',
)
WRONG_VALUE = RULES.error(
    "wrong-value",
    "A value has the wrong type or is not one of the allowed values.",
    wrong='"severity": "urgent"',
    right='"severity": "critical"',
)
OTHER_NAME = RULES.error(
    "name-differs-from-file",
    "The name of a suite, checkpoint or validation definition must match its file.",
    wrong='expectations/coverage.json with "name": "line_coverage"',
    right='expectations/coverage.json with "name": "coverage"',
)


def text_finding(file: Path, fault: Fault) -> Finding:
    """A finding of what is wrong with a file's text."""
    mark = fault.mark
    place = Place(file) if mark is None else Place(file, mark.line, mark.column, fault.key)
    match fault.kind:
        case FaultKind.UNREADABLE:
            return UNREADABLE.at(place, fault.text("the file"), fault.fix)
        case FaultKind.DUPLICATE_KEY:
            return DUPLICATE_KEY.at(place, fault.text("this"), fault.fix)
    rule = MALFORMED_JSON if file.suffix == ".json" else MALFORMED_YAML
    return rule.at(place, fault.text("this"), fault.fix)


def check(context: LintContext) -> Iterator[Finding]:
    facts = context.facts
    for document in facts.all_documents:
        for fault in document.faults:
            yield text_finding(document.file, fault)
