"""Rules for variables: declared, of the right type, within bounds, and used."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from plumbline.core.errors import MonitorError
from plumbline.core.instants import find_zone, no_zone
from plumbline.core.parameter import Parameter
from plumbline.lint.context import LintContext
from plumbline.lint.facts import Facts
from plumbline.lint.rule import Finding, Rule, Rules
from plumbline.models.compilation import BUILT_IN
from plumbline.models.properties import ModelProperties
from plumbline.models.variables import VariableError, check_bounds, parameter, typed_like
from plumbline.project.document import Document
from plumbline.project.jinja import render_settings

RULES = Rules()

UNKNOWN = RULES.error(
    "variable-unknown",
    "The variable doesn't exist, or plumbline sets it itself.",
    wrong='"vars": {"dayz": 3}',
    right='"vars": {"days": 3}',
)
WRONG = RULES.error(
    "variable-wrong-value",
    "The value can't be a query parameter, or its type differs from the variable's default.",
    wrong='"vars": {"days": "three"}',
    right='"vars": {"days": 3}',
)
OUT_OF_BOUNDS = RULES.error(
    "variable-out-of-bounds",
    "The value, or an entry of a list, is outside the bounds or not of the form that the model's "
    "description declares.",
    wrong='"vars": {"days": 10000}, where schema.yml says days: {min: 1, max: 366}',
    right='"vars": {"days": 30}',
)
UNUSED = RULES.warning(
    "variable-unused",
    "The model doesn't use the variable, so the value has no effect.",
    wrong='"vars": {"line_feature": 25} for a model that reads no line_feature',
    right='"vars": {}',
)

_PATH = ("meta", "monitor", "vars")


def check(context: LintContext) -> Iterator[Finding]:
    facts = context.facts
    if facts.documents.dbt is not None:
        yield from _defaults(facts, facts.documents.dbt)
    for suite in facts.suites.values():
        yield from _values(context, suite, _PATH, facts.model_of(suite), UNUSED)
    for definition in facts.documents.definitions.values():
        asset = facts.suites.get(definition.text("data", "asset", "name") or "")
        is_of_model = definition.text("data", "datasource", "name") == facts.documents.datasource
        if asset is not None and is_of_model:
            # A run refuses what the model does not read.
            path = ("batch_parameters", "vars")
            yield from _values(context, definition, path, facts.model_of(asset), UNKNOWN)
    for model in facts.described.values():
        yield from _bounds(context, model)


def _defaults(facts: Facts, dbt: Document) -> Iterator[Finding]:
    try:
        render_settings(dbt.mapping(), file=str(dbt.file))
    except MonitorError as fault:
        yield WRONG.at(dbt.place(fault.key or ""), fault.what, fault.fix or "write a plain value")
    for name, value in facts.rendered_variables.items():
        # dbt scopes variables to a project by its name
        if isinstance(value, dict) and name == dbt.get("name"):
            continue
        if name in BUILT_IN:
            continue
        place = facts.place_of_variable(name)
        if isinstance(value, MonitorError):
            yield WRONG.at(place, value.what, value.fix or "write the value itself")
            continue
        try:
            parameter(name, value, file=None)
        except VariableError as fault:
            yield WRONG.at(place, fault.what, fault.fix or "correct the value")
    zone = facts.variables.get("timezone")
    if isinstance(zone, str) and find_zone(zone) is None:
        yield WRONG.at(facts.place_of_variable("timezone"), *no_zone(zone))


def _values(
    context: LintContext, document: Document, path: tuple[str, ...], model: str | None, unread: Rule
) -> Iterator[Finding]:
    """Values that ``document`` gives a model's variables at ``path``."""
    facts = context.facts
    read = None if model is None else context.models.variables_of(model)
    known = {*facts.variables, *(read or ())} - set(BUILT_IN)
    for name, value in document.mapping(*path).items():
        place = document.place(*path, name)
        if name in BUILT_IN:
            yield UNKNOWN.at(place, f"variable {name!r} is set by plumbline", "remove it")
            continue
        is_knowable = facts.are_declarations_read and (model is None or read is not None)
        if name not in known and is_knowable:
            yield UNKNOWN.unknown(place, "there is no variable", name, known)
            continue
        if name == "timezone" and isinstance(value, str) and find_zone(value) is None:
            yield WRONG.at(place, *no_zone(value))
            continue
        if read is not None and name not in read:
            yield unread.at(
                place,
                f"model {model!r} does not use variable {name!r}",
                "remove it, or use it in the model",
            )
            continue
        try:
            given = _typed(facts, name, value)
        except VariableError as fault:
            yield WRONG.at(place, fault.what, fault.fix or "correct the value")
            continue
        bounds = _bounds_of(facts, model).get(name)
        if bounds is not None:
            try:
                check_bounds(given, bounds, file=None, declared_in=None)
            except VariableError as fault:
                yield OUT_OF_BOUNDS.at(place, fault.what, fault.fix or "correct the value")
            except MonitorError:
                pass  # bounds of another type: said where they stand


def _typed(facts: Facts, name: str, value: object) -> Parameter:
    given = parameter(name, value, file=None)
    try:
        declared = parameter(name, facts.variables.get(name), file=None)
    except VariableError:
        return given
    return typed_like(given, declared, file=None)


def _bounds_of(facts: Facts, model: str | None) -> Mapping[str, Mapping[str, Any]]:
    described = facts.described.get(model or "")
    if described is None:
        return {}
    declared = described.document.mapping(*described.meta_path, "vars")
    return {name: bounds for name, bounds in declared.items() if isinstance(bounds, dict)}


def _bounds(context: LintContext, model: ModelProperties) -> Iterator[Finding]:
    """The bounds themselves, and the default held against them."""
    facts = context.facts
    read = context.models.variables_of(model.name)
    for name, bounds in _bounds_of(facts, model.name).items():
        place = model.document.place(*model.meta_path, "vars", name)
        known = {*facts.variables, *(read or ())} - set(BUILT_IN)
        if name not in known and facts.are_declarations_read:
            yield UNKNOWN.unknown(place, "there is no variable", name, known)
            continue
        if read is not None and name not in read:
            yield UNUSED.at(
                place,
                f"model {model.name!r} does not use variable {name!r}",
                "remove the bounds, or use the variable in the model",
            )
        yield from _default(facts, model, name, bounds)


def _default(
    facts: Facts, model: ModelProperties, name: str, bounds: Mapping[str, Any]
) -> Iterator[Finding]:
    """The default held against the bounds, unless every suite says another value."""
    try:
        declared = parameter(name, facts.variables.get(name), file=None)
    except VariableError:
        return
    suites = facts.suites_of(model.name)
    is_used = not suites or any(not suite.has(*_PATH, name) for suite in suites)
    try:
        check_bounds(declared, bounds, file=None, declared_in=None)
    except VariableError as fault:
        if is_used and facts.documents.dbt is not None:
            yield OUT_OF_BOUNDS.at(facts.place_of_variable(name), fault.what, fault.fix or "")
    except MonitorError as fault:
        place = model.document.place(*model.meta_path, "vars", name)
        yield WRONG.at(place, fault.what, fault.fix or "correct the value")
