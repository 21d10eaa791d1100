"""Rules for expectations: known types, with valid arguments.

GX drops an expectation with an unknown type or a wrong argument and only logs it, so the suite
passes without it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from plumbline.checks.check import PER_KEYS, fault_of_per
from plumbline.checks.failing_rows import faults_of_failing_rows
from plumbline.checks.follows import faults_of_following
from plumbline.evaluate.expectations.compared import FIX, why_not_compared
from plumbline.lint.context import LintContext
from plumbline.lint.known_types import BESIDE_ARGUMENTS, ExpectationType
from plumbline.lint.rule import Finding, Rules
from plumbline.project.document import Document, KeyPath, Place
from plumbline.project.json_schema import faults_of

RULES = Rules()

UNKNOWN_TYPE = RULES.error(
    "expectation-unknown-type",
    "The expectation type doesn't exist. GX would ignore it, and the suite would pass without it.",
    wrong='"type": "expect_metric_to_be_betwen"',
    right='"type": "expect_metric_to_be_between"',
)
UNKNOWN_ARGUMENT = RULES.error(
    "expectation-unknown-argument",
    "The expectation has no such argument.",
    wrong='"kwargs": {"column": "coverage_pct", "minimum": 80}',
    right='"kwargs": {"column": "coverage_pct", "min_value": 80}',
)
MISSING_ARGUMENT = RULES.error(
    "expectation-missing-argument",
    "A required argument is missing.",
    wrong='"kwargs": {"min_value": 80}',
    right='"kwargs": {"column": "coverage_pct", "min_value": 80}',
)
WRONG_ARGUMENT = RULES.error(
    "expectation-wrong-argument",
    "An argument has the wrong type.",
    wrong='"min_value": "80"',
    right='"min_value": 80',
)
MISPLACED_KEY = RULES.error(
    "expectation-misplaced-key",
    "A key of the expectation is among its arguments.",
    wrong='"kwargs": {"column": "coverage_pct", "severity": "warning"}',
    right='"severity": "warning", "kwargs": {"column": "coverage_pct"}',
)
NO_GROUPS = RULES.error(
    "expectation-overrides-without-groups",
    "overrides and retired need groups, but there is no group_by.",
    wrong='"overrides": {"moving_average": {"min_value": 60}}',
    right='"group_by": ["system_id"], "overrides": {"moving_average": {"min_value": 60}}',
)
RETIRED_OVERRIDES = RULES.error(
    "expectation-retired-overrides",
    "A retired group has its own bounds. Either it is retired or it is checked.",
    wrong='"retired": ["ridge_v1"], "overrides": {"ridge_v1": {"min_value": 60}}',
    right='"retired": ["ridge_v1"]',
)
FOLLOWS_ANOTHER = RULES.error(
    "expectation-follows-another",
    "The checked value is not the one that the history holds, so the comparison is meaningless.",
    wrong='"observed": {"column": "coverage_pct", "aggregate": "mean"}, followed "column": "rows"',
    right='"observed": {"column": "rows", "aggregate": "mean"}, followed "column": "rows"',
)
FAILING_ROWS = RULES.error(
    "expectation-failing-rows",
    "Only expect_no_failing_rows can check a model that returns the failing rows, and it can check "
    "no other model.",
    wrong='"observed": {"failing_rows": true}, "type": "expect_table_row_count_to_equal"',
    right='"observed": {"failing_rows": true}, "type": "expect_no_failing_rows"',
)
COMPARES = RULES.error(
    "expectation-compares-sources",
    "The expectation compares with another table or data source. A monitor over a model reads only "
    "the model's rows, so it ends in ERROR.",
    wrong='"type": "expect_table_row_count_to_equal_other_table"',
    right='a model that returns both counts, and "expect_column_pair_values_to_be_equal"',
)
BROKEN_PLUGIN = RULES.error(
    "plugin-broken",
    "A plugin's Python file can't be imported, so its definitions are unknown.",
    wrong="plugins/our_expectations.py: import panda",
    right="plugins/our_expectations.py: import pandas",
)
TWICE = RULES.warning(
    "expectation-twice",
    "The same expectation occurs twice. One of them is probably a mistake.",
    wrong='two entries {"type": "expect_column_to_exist", "kwargs": {"column": "game_id"}}',
    right="one of them, or each with its own column",
)

_LEAST_ENTRIES = {"column_list": 2, "like_pattern_list": 1, "regex_list": 1}
"""Minimum lengths that GX requires and its schemas don't declare."""

WHOLE_TABLE = "expect_table_"
"""Expectations about a table's columns may name columns that the model doesn't have."""


def check(context: LintContext) -> Iterator[Finding]:
    for name, suite in context.facts.suites.items():
        is_on_model = context.facts.judges_models(name)
        seen: dict[str, int] = {}
        for number, (path, entry) in enumerate(suite.entries("expectations")):
            found = list(_type_and_arguments(context, suite, path))
            yield from found
            if is_on_model and not suite.get("meta", "monitor", "table"):
                yield from _compared(suite, path)
            if not found:
                yield from _as_gx_builds_it(context, suite, path)
            said = _canonical(entry)
            if said in seen:
                yield TWICE.at(
                    suite.place(*path),
                    f"the same expectation as expectations[{seen[said]}]",
                    "remove one of the two, or change one",
                )
            seen.setdefault(said, number)
        yield from _followed(suite)
        yield from _failing_rows(suite)
    for file, fault in context.plugins.faults:
        yield BROKEN_PLUGIN.at(
            Place(file if file.is_file() else file / "__init__.py"),
            f"this can't be imported: {type(fault).__name__}: {fault}",
            "correct the file, or move it out of plugins/",
        )


def _type_and_arguments(context: LintContext, suite: Document, path: KeyPath) -> Iterator[Finding]:
    name = suite.text(*path, "type")
    if name is None:
        return
    found = context.types.find(name)
    if found is None and context.plugins.may_define(name):
        return
    if found is None:
        yield UNKNOWN_TYPE.unknown(
            suite.place(*path, "type"), "there is no expectation", name, context.types.names
        )
        return
    kwargs = (*path, "kwargs")
    if suite.has(*kwargs) and not isinstance(suite.get(*kwargs), dict):
        return  # a wrong value: the rules for keys say it
    given = suite.mapping(*kwargs)
    for argument in given:
        if argument in BESIDE_ARGUMENTS:
            yield MISPLACED_KEY.at(
                suite.place(*kwargs, argument),
                f"{argument!r} is among the kwargs",
                "move it out of kwargs",
            )
        elif argument not in found.arguments:
            yield UNKNOWN_ARGUMENT.unknown(
                suite.place(*kwargs, argument), f"{name} has no argument", argument, found.arguments
            )
        else:
            yield from _value(suite, (*kwargs, argument), found, argument)
    unknown = [argument for argument in given if argument not in found.arguments]
    for argument in found.required:
        # A misspelt argument is unknown and leaves another missing: the unknown one has the fix.
        if argument not in given and not get_close_matches(argument, unknown):
            yield MISSING_ARGUMENT.at(
                suite.place(*kwargs), f"{name} needs {argument!r}", f"add {argument!r} to kwargs"
            )
    if "group_by" in found.arguments:
        yield from _of_groups(suite, kwargs, given)


def _of_groups(suite: Document, kwargs: KeyPath, given: Mapping[str, Any]) -> Iterator[Finding]:
    overrides, retired = given.get("overrides"), given.get("retired")
    for name, need in (("overrides", "need"), ("retired", "needs")):
        if given.get(name) and not given.get("group_by") and not given.get("metric"):
            yield NO_GROUPS.at(
                suite.place(*kwargs, name),
                f"{name} {need} group_by",
                f"add group_by, or remove {name}",
            )
    if not (isinstance(retired, list) and isinstance(overrides, Mapping)):
        return
    for group in retired:
        if isinstance(group, str) and group in overrides:
            yield RETIRED_OVERRIDES.at(
                suite.place(*kwargs, "overrides", group),
                f"{group!r} is retired but has its own bounds",
                "remove it from overrides or from retired",
            )


def _compared(suite: Document, path: KeyPath) -> Iterator[Finding]:
    refused = why_not_compared(suite.text(*path, "type") or "")
    if refused is not None:
        yield COMPARES.at(suite.place(*path, "type"), refused, FIX)


def _followed(suite: Document) -> Iterator[Finding]:
    entries = suite.get("expectations")
    if suite.mapping("meta", "monitor").get("table"):
        return  # the rules for suites say it
    for fault in faults_of_following(
        suite.mapping("meta", "monitor", "observed") or None,
        [entry if isinstance(entry, dict) else {} for entry in entries]
        if isinstance(entries, list)
        else [],
    ):
        place = suite.place("expectations", fault.index, "kwargs", fault.argument)
        yield FOLLOWS_ANOTHER.at(place, fault.what, fault.fix)


def _failing_rows(suite: Document) -> Iterator[Finding]:
    paths = [
        (*path, "type") for path, _ in suite.entries("expectations") if suite.text(*path, "type")
    ]
    for index, what, fix in faults_of_failing_rows(
        suite.mapping("meta", "monitor", "observed"), [suite.text(*path) for path in paths]
    ):
        yield FAILING_ROWS.at(suite.place(*paths[index]), what, fix)


def _as_gx_builds_it(context: LintContext, suite: Document, path: KeyPath) -> Iterator[Finding]:
    """Faults that only GX can find: in a project's own expectations, and in row conditions, whose
    language is not part of the catalogue.
    """
    name = suite.text(*path, "type")
    condition = suite.get(*path, "kwargs", "row_condition")
    is_language = isinstance(condition, dict) or (
        isinstance(condition, str)
        and str(suite.get(*path, "kwargs", "condition_parser")).startswith("great_expectations")
    )
    is_left_to_gx = is_language or _has_text_bound_over_a_table(context, suite, path)
    if name is None or (name in context.types.known and not is_left_to_gx):
        return
    if context.types.find(name) is None:
        return  # defined by a plugin that is not imported
    from plumbline.lint.registered import fault_of

    fault = fault_of(suite.file, suite.get(*path))
    if fault is not None:
        key = (fault.key or "").partition("kwargs.")[2]
        place = suite.place(*path, "kwargs", *([key] if key else []))
        yield WRONG_ARGUMENT.at(place, fault.what, fault.fix or "fix the value")


def _has_text_bound_over_a_table(context: LintContext, suite: Document, path: KeyPath) -> bool:
    """Whether a bound is a text that GX has to read; over a model it is of the column's type."""
    bounds = (suite.get(*path, "kwargs", name) for name in ("min_value", "max_value"))
    has_text = any(isinstance(bound, str) for bound in bounds)
    return has_text and not context.facts.judges_models(suite.file.stem)


def _value(
    suite: Document, path: KeyPath, found: ExpectationType, argument: str
) -> Iterator[Finding]:
    schema = found.arguments[argument]
    value, least = suite.get(*path), _LEAST_ENTRIES.get(argument, 0)
    if isinstance(value, list) and len(value) < least and not found.name.startswith(WHOLE_TABLE):
        yield WRONG_ARGUMENT.at(
            suite.place(*path),
            f"{argument} has {len(value)} entries and needs at least {least}",
            "add one" if least - len(value) == 1 else f"add {least}",
        )
    if argument == "per" and isinstance(value, Mapping):
        yield from _per(suite, path, value)
        return
    for fault in faults_of(suite.get(*path), schema):
        rule = WRONG_ARGUMENT if fault.unknown_key is None else UNKNOWN_ARGUMENT
        yield rule.at(suite.place(*path, *fault.path), fault.what, fault.fix)


def _per(suite: Document, path: KeyPath, per: Mapping[str, Any]) -> Iterator[Finding]:
    fault = fault_of_per(per)
    if fault is not None:
        key, what, fix = fault
        rule = UNKNOWN_ARGUMENT if key and key not in PER_KEYS else WRONG_ARGUMENT
        yield rule.at(suite.place(*path, *([key] if key else [])), what, fix)


def _canonical(entry: Mapping[str, Any]) -> str:
    said = [entry.get("type"), entry.get("severity", "critical"), entry.get("kwargs", {})]
    return json.dumps(said, sort_keys=True)
