"""Rules for models: a suite uses each, and what their templates refer to exists."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from pathlib import Path

from plumbline.core.errors import PlumblineError, did_you_mean
from plumbline.lint.context import LintContext
from plumbline.lint.cycles import find_cycles
from plumbline.lint.facts import Facts
from plumbline.lint.rule import Finding, Rules
from plumbline.lint.rules.files import text_finding
from plumbline.lint.templates import FUNCTIONS, Call, Template
from plumbline.models.compilation import BUILT_IN
from plumbline.project.document import Document, Place

RULES = Rules()

NO_SUITE = RULES.warning(
    "model-without-suite",
    "No suite uses the monitor model.",
    wrong="models/monitors/coverage.sql without expectations/coverage.json",
    right='expectations/coverage.json with "model": "coverage"',
)
NAMED_TWICE = RULES.error(
    "model-named-twice",
    "Two model files have the same name, so ref() is ambiguous.",
    wrong="models/monitors/coverage.sql and models/staging/coverage.sql",
    right="models/monitors/coverage.sql and models/staging/calendar.sql",
)
MALFORMED = RULES.error(
    "template-malformed",
    "Jinja can't parse the template, or it includes another file.",
    wrong="{% if x %} select 1",
    right="{% if x %} select 1 {% endif %}",
)
UNKNOWN_REF = RULES.error(
    "model-unknown-ref",
    "ref() names a model that doesn't exist.",
    wrong="{{ ref('calender') }}",
    right="{{ ref('calendar') }}",
)
UNKNOWN_SOURCE = RULES.error(
    "model-unknown-source",
    "source() names a table that no YAML file beside the models declares.",
    wrong="{{ source('nba_reference', 'schedule') }}",
    right="{{ source('nba_reference', 'nba_schedule') }}",
)
UNKNOWN_VARIABLE = RULES.error(
    "model-unknown-variable",
    "var() names a variable without a value.",
    wrong="{{ var('dayz') }}",
    right="{{ var('days') }}, declared under vars in dbt_project.yml",
)
UNKNOWN_NAME = RULES.error(
    "model-unknown-macro",
    "A template uses a name that is neither a macro of the project nor a function of plumbline.",
    wrong="{{ arived_at('created_at') }}",
    right="{{ arrived_at('created_at') }}",
)
CYCLE = RULES.error(
    "model-cycle",
    "Models refer to each other in a cycle.",
    wrong="calendar.sql has ref('games'), and games.sql has ref('calendar')",
    right="games.sql has source('nba_reference', 'nba_schedule')",
)
NOT_COMPILABLE = RULES.error(
    "model-not-compilable",
    "The template does not compile to one SELECT.",
    wrong="select 1; select 2",
    right="select 1",
)

_LINE = re.compile(r"line (\d+)")


def check(context: LintContext) -> Iterator[Finding]:
    models = context.models
    for name, files in context.facts.models.files.items():
        if len(files) > 1 and name in models.watched:
            yield NAMED_TWICE.at(
                Place(files[1]),
                f"there are {len(files)} files for model {name!r}",
                f"rename this one or {_short(files[0], context.facts)}",
            )
    all_suites_read = all(suite.is_readable for suite in context.facts.suites.values())
    for name in models.watched if all_suites_read else ():
        is_meant = models.is_monitor(name) or (
            models.takes_as_of(name) and not models.is_inlined(name)
        )
        if is_meant and name not in models.referred and not context.facts.suites_of(name):
            yield NO_SUITE.at(
                Place(models.templates[name].file),
                f"no suite uses model {name!r}",
                f'add expectations/{name}.json with "model": "{name}"',
            )
    static = [finding for each in models.watched_templates for finding in _template(context, each)]
    static += _cycles(context)
    yield from static
    yield from _not_compilable(context, static)


def _short(file: Path, facts: Facts) -> str:
    return str(file.relative_to(facts.root)) if file.is_relative_to(facts.root) else str(file)


def _template(context: LintContext, template: Template) -> Iterator[Finding]:
    """Every name in one template that leads nowhere."""
    facts, models = context.facts, context.models
    if template.unreadable is not None:
        yield text_finding(template.file, template.unreadable)
    if template.fault is not None:
        what, fix, line = template.fault
        yield MALFORMED.at(Place(template.file, line), what, fix)
    for call in template.refs:
        name = call.arguments[-1]
        # what dbt's manifest knows, the compiler says
        if name not in models.templates and not models.has_manifest:
            yield UNKNOWN_REF.unknown(
                _place(template, call), "there is no model", name, models.templates
            )
    if facts.are_declarations_read:
        for call in template.sources:
            yield from _source(models.source_names, template, call)
        yield from _variables(facts, template)
    described = facts.described.get(template.file.stem)
    if described is not None and described.is_compiled_by_dbt:
        return  # what it calls is dbt's
    for call in template.names:
        if call.arguments[0] not in models.macros.files:
            yield UNKNOWN_NAME.at(
                _place(template, call),
                f"{call.arguments[0]!r} is not a macro or function",
                did_you_mean(call.arguments[0], [*models.macros.files, *FUNCTIONS]),
            )


def _place(template: Template, call: Call) -> Place:
    return Place(template.file, call.line)


def _source(
    known: Collection[tuple[str, str]], template: Template, call: Call
) -> Iterator[Finding]:
    source, table = call.arguments
    tables = {name for owner, name in known if owner == source}
    if not tables:
        owners = {owner for owner, _ in known}
        yield UNKNOWN_SOURCE.unknown(_place(template, call), "there is no source", source, owners)
    elif table not in tables:
        yield UNKNOWN_SOURCE.unknown(
            _place(template, call), f"source {source!r} has no table", table, tables
        )


def _variables(facts: Facts, template: Template) -> Iterator[Finding]:
    known = {*facts.variables, *BUILT_IN, *_given_by_suites(facts)}
    for call in template.variables:
        name = call.arguments[0]
        if name not in known and not call.has_default:
            yield UNKNOWN_VARIABLE.at(
                _place(template, call),
                f"there is no variable {name!r}",
                f"declare it under vars in dbt_project.yml; {did_you_mean(name, known)}",
            )


def _given_by_suites(facts: Facts) -> set[str]:
    return {
        name for suite in facts.suites.values() for name in suite.mapping("meta", "monitor", "vars")
    }


def _cycles(context: LintContext) -> Iterator[Finding]:
    models = context.models
    edges = {name: models.refs(name) for name in models.watched}
    for cycle in find_cycles(edges):
        template, call = next(
            (template, call)
            for template in models.with_macros(cycle[0])
            for call in template.refs
            if call.arguments[-1] == cycle[1]
        )
        yield CYCLE.at(
            _place(template, call),
            f"models refer to each other in a cycle: {' -> '.join(cycle)}",
            "remove one of these ref() calls",
        )


def _not_compilable(context: LintContext, static: list[Finding]) -> Iterator[Finding]:
    """What only compiling shows; of what is known already, nothing again."""
    models = context.models
    said = {(finding.place.file, finding.place.line) for finding in static}
    # Which table a source names is said once, where it is declared.
    unresolved = {
        fault.what for fault in models.sources.values() if isinstance(fault, PlumblineError)
    }
    unreadable = {finding.place.file for finding in static if finding.rule is MALFORMED}
    has_circle = any(finding.rule is CYCLE for finding in static)
    if models.macros_fault is not None:
        yield NOT_COMPILABLE.at(
            place_of(models.macros_fault, context.facts.root / "macros", context.facts),
            models.macros_fault.what,
            models.macros_fault.fix or "fix the file",
        )
        return
    for name, built in models.built.items() if context.facts.are_declarations_read else ():
        if not isinstance(built, PlumblineError):
            continue
        place = place_of(built, models.templates[name].file, context.facts)
        is_circle = has_circle and "in a cycle" in built.what
        is_known = (place.file, place.line) in said or built.what in unresolved
        if is_known or place.file in unreadable or is_circle:
            continue
        said.add((place.file, place.line))
        rule = UNKNOWN_REF if built.what.startswith("there is no model") else NOT_COMPILABLE
        yield rule.at(place, built.what, built.fix or "fix the model")


def place_of(fault: PlumblineError, file: Path, facts: Facts) -> Place:
    """Where an error of the compiler points to; ``file`` where it does not say."""
    named = Path(fault.file) if fault.file else file
    key = fault.key or ""
    line = _LINE.fullmatch(key)
    if line is not None:
        return Place(named, int(line.group(1)))
    for document in facts.all_documents:
        if isinstance(document, Document) and document.file == named:
            return document.place_of_key(key)
    return Place(named if named.is_file() else file, key=key or None)
