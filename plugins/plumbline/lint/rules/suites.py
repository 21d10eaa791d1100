"""Rules for suites: each has a model, expectations, and a checkpoint that runs it."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from plumbline.evaluate.pushdown.faults import find_table_faults
from plumbline.lint.context import LintContext
from plumbline.lint.facts import Facts
from plumbline.lint.rule import Finding, Rules
from plumbline.models.condition import fault_of_condition, fault_of_syntax
from plumbline.project.document import Document

RULES = Rules()

_NEAR = 0.85
"""How similar two names of tables are if one is a typo of the other."""

NO_EXPECTATIONS = RULES.error(
    "suite-without-expectations",
    "The suite has no expectations, so its monitor ends in ERROR.",
    wrong='"expectations": []',
    right='"expectations": [{"type": "expect_metric_to_be_between", ...}]',
)
NO_MODEL = RULES.error(
    "suite-without-model",
    "The suite has no model, and no validation definition runs it on a table.",
    wrong='"meta": {"monitor": {"owner": "data-platform"}}',
    right='"meta": {"monitor": {"model": "coverage", "owner": "data-platform"}}',
)
UNKNOWN_MODEL = RULES.error(
    "suite-unknown-model",
    "The suite's model doesn't exist.",
    wrong='"model": "coverge"',
    right='"model": "coverage"',
)
TABLE = RULES.error(
    "suite-table-unsupported",
    "A suite over a table has a key or an expectation that only a model can have, or the reverse.",
    wrong='"model": "orders", "table": "shop.orders"',
    right='"table": "shop.orders"',
)
UNDECLARED = RULES.warning(
    "suite-undeclared-table",
    "No source declares the suite's table, but one declares a table with a similar name.",
    wrong='"table": "shop.orderz"',
    right='"table": "shop.orders"',
)
UNUSED = RULES.warning(
    "suite-in-no-checkpoint",
    "No checkpoint lists the suite, so it never runs.",
    wrong='checkpoints/health_check.json without {"name": "coverage"}',
    right='"validation_definitions": [{"name": "coverage"}]',
)


def check(context: LintContext) -> Iterator[Finding]:
    facts = context.facts
    for name, suite in facts.suites.items():
        if not suite.is_readable:
            continue
        if suite.get("expectations") == []:
            yield NO_EXPECTATIONS.at(
                suite.place("expectations"),
                f"suite {name!r} has no expectations",
                "add an expectation",
            )
        yield from _model(facts, name, suite)
        yield from _table(context, facts.documents.suites[name])
        yield from _undeclared(context, suite)
        is_run = name in facts.documents.listed or name in facts.documents.definitions_of
        if facts.is_listed_known and not is_run:
            yield UNUSED.at(
                suite.place(),
                f"no checkpoint lists {name!r}, so it never runs",
                f'add {{"name": "{name}"}} to a checkpoint',
            )


def _model(facts: Facts, name: str, suite: Document) -> Iterator[Finding]:
    path = ("meta", "monitor", "model")
    model = suite.text(*path)
    if model is not None and model not in facts.models.files:
        yield UNKNOWN_MODEL.unknown(
            suite.place(*path), "there is no model", model, facts.models.files
        )
    definitions = facts.documents.definitions_of.get(name, ())
    is_own = name in facts.documents.listed and name not in facts.documents.definitions
    has_rows = suite.has(*path) or suite.has("meta", "monitor", "table")
    if model is None and not has_rows and (is_own or not definitions):
        yield NO_MODEL.at(
            suite.place(*path),
            f"suite {name!r} has no model",
            f"list {' and '.join(definitions)} in the checkpoint instead"
            if definitions
            else "add meta.monitor.model, or meta.monitor.table",
        )


def _table(context: LintContext, suite: Document) -> Iterator[Finding]:
    entries = list(suite.entries("expectations"))
    for fault in find_table_faults(suite.mapping("meta", "monitor"), entries):
        if fault.path[-1] == "type" and not _may_exist(context, suite.text(*fault.path) or ""):
            continue  # the rule for unknown types says it
        yield TABLE.at(suite.place(*fault.path), fault.what, fault.fix)
    path = ("meta", "monitor", "rows", "where")
    where = suite.text(*path)
    if where is not None and fault_of_condition(where) is None:
        syntax = fault_of_syntax(where)
        if syntax is not None:
            yield TABLE.at(suite.place(*path), *syntax)


def _may_exist(context: LintContext, type_: str) -> bool:
    return context.types.find(type_) is not None or context.plugins.may_define(type_)


def _undeclared(context: LintContext, suite: Document) -> Iterator[Finding]:
    """A near miss only: a table need not be declared."""
    path = ("meta", "monitor", "table")
    name = suite.text(*path)
    if name is None or "." not in name or context.tables.named(name) is not None:
        return
    near = get_close_matches(name, context.tables.names, n=1, cutoff=_NEAR)
    if near:
        yield UNDECLARED.at(
            suite.place(*path),
            f"models/sources.yml declares no table {name}",
            f"did you mean {near[0]!r}? If not, declare it",
        )
