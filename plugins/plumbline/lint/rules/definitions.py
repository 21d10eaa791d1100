"""Rules for validation definitions: what they name exists, and a checkpoint runs them."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.core.errors import MonitorError, did_you_mean
from plumbline.lint.context import LintContext
from plumbline.lint.facts import Facts
from plumbline.lint.rule import Finding, Rules
from plumbline.lint.rules.document_shape import value_findings
from plumbline.project.definitions import find_model_faults, read_definition
from plumbline.project.document import Document
from plumbline.project.parsing import ValueFaultKind

RULES = Rules()

UNKNOWN_SUITE = RULES.error(
    "definition-unknown-suite",
    "The validation definition's suite doesn't exist.",
    wrong='validation_definitions/games.json: "suite": {"name": "gmes"}',
    right='"suite": {"name": "games"}',
)
UNKNOWN_DATA = RULES.error(
    "definition-unknown-data",
    "The validation definition's data source, asset or batch definition is not in "
    "great_expectations.yml.",
    wrong='"data": {"datasource": {"name": "shpo"}, ...}',
    right='"data": {"datasource": {"name": "shop"}, ...}',
)
NAME_TWICE = RULES.error(
    "definition-name-twice",
    "Two validation definitions have the same name, so their results would be mixed up.",
    wrong='orders_fr.json and orders_de.json, both with "name": "orders_de"',
    right='orders_fr.json with "name": "orders_fr"',
)
UNFIT = RULES.error(
    "definition-unfit",
    "The validation definition has settings that its data source does not support.",
    wrong='"datasource": {"name": "warehouse"}, ..., "batch_parameters": {"day": 2}',
    right='"datasource": {"name": "warehouse"}, ..., "batch_parameters": {"vars": {"days": 2}}',
)
UNUSED = RULES.warning(
    "definition-in-no-checkpoint",
    "No checkpoint lists the validation definition, so it never runs.",
    wrong='checkpoints/health_check.json without {"name": "orders_fr"}',
    right='"validation_definitions": [{"name": "orders_fr"}]',
)


def check(context: LintContext) -> Iterator[Finding]:
    facts = context.facts
    for name, definition in facts.documents.definitions.items():
        if not definition.is_readable:
            continue
        yield from _name(facts, name, definition)
        suite = definition.text("suite", "name")
        if suite and suite not in facts.suites:
            yield UNKNOWN_SUITE.unknown(
                definition.place("suite", "name"), "there is no suite", suite, facts.suites
            )
        if definition.text("data", "datasource", "name") == facts.documents.datasource:
            yield from _of_model(facts, definition)
        elif facts.documents.configuration.is_readable:
            yield from _of_asset(facts, definition)
        if facts.is_listed_known and name not in facts.documents.listed:
            yield UNUSED.at(
                definition.place(),
                f"no checkpoint lists {name!r}, so it never runs",
                f'add {{"name": "{name}"}} to a checkpoint',
            )


def _name(facts: Facts, name: str, definition: Document) -> Iterator[Finding]:
    own = definition.text("name")
    others = [
        other
        for other, document in facts.documents.definitions.items()
        if other != name and document.text("name") == own
    ]
    if own is not None and own != name and others:
        yield NAME_TWICE.at(
            definition.place("name"),
            f"{' and '.join(f'{other}.json' for other in others)} is named {own!r} too",
            "give each the name of its own file",
        )


def _of_model(facts: Facts, definition: Document) -> Iterator[Finding]:
    path = ("data", "asset", "name")
    asset = definition.text(*path)
    if asset is not None and asset not in facts.suites:
        yield UNKNOWN_DATA.at(
            definition.place(*path),
            f"there is no suite {asset!r} to take the model from",
            did_you_mean(asset, facts.suites),
        )
    elif asset is not None and facts.suites[asset].text("meta", "monitor", "model") is None:
        yield UNKNOWN_DATA.at(
            definition.place(*path),
            f"suite {asset!r} has no model",
            "name a suite that has a model",
        )
    try:
        read = read_definition(definition)
    except MonitorError:
        return  # other rules say what is wrong with its shape or its name
    faults = find_model_faults(read)
    yield from value_findings(definition, faults, {ValueFaultKind.WRONG_VALUE: UNFIT})


def _of_asset(facts: Facts, definition: Document) -> Iterator[Finding]:
    path: tuple[str, ...] = ("fluent_datasources",)
    for kind, below in (("datasource", "assets"), ("asset", "batch_definitions")):
        name = definition.text("data", kind, "name")
        if name is None:
            return
        known = facts.documents.configuration.mapping(*path)
        if isinstance(facts.documents.configuration.get(*path), list):
            return  # GX says what is wrong with it
        if name not in known:
            yield _unknown(definition, kind, name, list(known))
            return
        path = (*path, name, below)
    name = definition.text("data", "batch_definition", "name")
    known = facts.documents.configuration.mapping(*path)
    if name is not None and name not in known:
        yield _unknown(definition, "batch_definition", name, list(known))
        return
    is_whole = not facts.documents.configuration.get(*path, name or "", "partitioner")
    if name is not None and definition.get("days_back") and is_whole:
        yield UNFIT.at(
            definition.place("days_back"),
            f"batch definition {name!r} is not by day, month or year, so days_back has no meaning",
            "remove days_back, or name a batch definition that is",
        )


def _unknown(definition: Document, kind: str, name: str, known: list[str]) -> Finding:
    return UNKNOWN_DATA.at(
        definition.place("data", kind, "name"),
        f"there is no {kind.replace('_', ' ')} {name!r}",
        did_you_mean(name, known) if known else "add it to great_expectations.yml",
    )
