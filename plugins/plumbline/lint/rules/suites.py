"""Suites: has each a model, expectations, and a checkpoint that runs it?"""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.errors import did_you_mean
from plumbline.lint.document import Document
from plumbline.lint.facts import Facts
from plumbline.lint.linted import Linted
from plumbline.lint.rule import Finding, error, warning

NO_EXPECTATIONS = error(
    "suite-without-expectations",
    "A suite that expects nothing checks nothing, and its monitor ends in ERROR.",
    wrong='"expectations": []',
    right='"expectations": [{"type": "expect_metric_to_be_between", ...}]',
)
NO_MODEL = error(
    "suite-without-model",
    "A suite names no model, and no validation definition holds it against a table.",
    wrong='"meta": {"monitor": {"owner": "data-platform"}}',
    right='"meta": {"monitor": {"model": "coverage", "owner": "data-platform"}}',
)
UNKNOWN_MODEL = error(
    "suite-unknown-model",
    "The model that a suite names is not there.",
    wrong='"model": "coverge"',
    right='"model": "coverage"',
)
UNUSED = warning(
    "suite-in-no-checkpoint",
    "No checkpoint lists the suite, so nothing ever runs it.",
    wrong='checkpoints/health_check.json without {"name": "coverage"}',
    right='"validation_definitions": [{"name": "coverage"}]',
)
DEFINITION_SUITE = error(
    "definition-unknown-suite",
    "The suite that a validation definition names is not there.",
    wrong='validation_definitions/games.json: "suite": {"name": "gmes"}',
    right='"suite": {"name": "games"}',
)

RULES = (NO_EXPECTATIONS, NO_MODEL, UNKNOWN_MODEL, UNUSED, DEFINITION_SUITE)


def check(linted: Linted) -> Iterator[Finding]:
    """What is wrong with suites as wholes."""
    facts = linted.facts
    listed = _listed(facts)
    for name, suite in facts.suites.items():
        if not suite.is_readable:
            continue
        if suite.get("expectations") == []:
            yield NO_EXPECTATIONS.at(
                suite.place("expectations"), f"suite {name!r} expects nothing", "add an expectation"
            )
        yield from _model(facts, name, suite)
        if listed is not None and name not in listed:
            yield UNUSED.at(
                suite.place(),
                f"no checkpoint lists {name!r}, so nothing runs it",
                f'add {{"name": "{name}"}} to a checkpoint',
            )
    for definition in facts.definitions.values():
        suite_name = definition.text("suite", "name")
        if suite_name and suite_name not in facts.suites:
            yield DEFINITION_SUITE.at(
                definition.place("suite", "name"),
                f"there is no suite {suite_name!r}",
                did_you_mean(suite_name, facts.suites),
            )


def _model(facts: Facts, name: str, suite: Document) -> Iterator[Finding]:
    path = ("meta", "monitor", "model")
    model = suite.text(*path)
    if model is not None and model not in facts.models.files:
        yield UNKNOWN_MODEL.at(
            suite.place(*path),
            f"there is no model {model!r}",
            did_you_mean(model, facts.models.files),
        )
    if model is None and not suite.has(*path) and name not in facts.suites_on_assets:
        yield NO_MODEL.at(
            suite.place(*path),
            f"suite {name!r} names no model",
            "name one as meta.monitor.model, or add a validation definition for a table",
        )


def _listed(facts: Facts) -> frozenset[str] | None:
    """The suites that checkpoints run; None where that can't be known."""
    if not facts.checkpoints or not all(each.is_readable for each in facts.checkpoints.values()):
        return None
    names = {
        checkpoint.text(*path, "name")
        for checkpoint in facts.checkpoints.values()
        for path, _ in checkpoint.entries("validation_definitions")
    }
    by_definition = {
        definition.text("suite", "name")
        for name, definition in facts.definitions.items()
        if name in names
    }
    return frozenset(name for name in names | by_definition if name)
