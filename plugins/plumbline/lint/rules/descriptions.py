"""Rules for descriptions of models: complete, and without columns that don't exist."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.lint.context import LintContext
from plumbline.lint.rule import Finding, Rules
from plumbline.models.properties import ModelProperties, SourceTable, models_in, sources_in
from plumbline.project.document import Place

RULES = Rules()

NO_DESCRIPTION = RULES.warning(
    "model-without-description",
    "No YAML file beside the models describes the model or the source table.",
    wrong="models: [{name: coverage}]",
    right="models: [{name: coverage, description: Share of players with a line.}]",
)
COLUMN_WITHOUT = RULES.warning(
    "column-without-description",
    "A column of the model or of the source table has no description.",
    wrong="columns: [{name: coverage_pct}]",
    right="columns: [{name: coverage_pct, description: Share of players with a line.}]",
)
UNKNOWN_MODEL = RULES.error(
    "description-unknown-model",
    "A YAML file describes a model that doesn't exist.",
    wrong="models: [{name: coverge}]",
    right="models: [{name: coverage}]",
)
TWICE = RULES.error(
    "model-described-twice",
    "Two entries describe the same model, and one of them is ignored.",
    wrong="models: [{name: coverage}, {name: coverage}]",
    right="models: [{name: coverage}]",
)
NOT_RETURNED = RULES.error(
    "column-not-returned",
    "The description has a column that the model's SQL does not return.",
    wrong="columns: [{name: coverage}] for a model that returns coverage_pct",
    right="columns: [{name: coverage_pct}]",
)
UNKNOWN_GRAIN = RULES.error(
    "grain-unknown-column",
    "config.meta.grain names a column that the model does not have, so it can't identify rows.",
    wrong="config: {meta: {grain: [game_day]}}",
    right="config: {meta: {grain: [game_date]}}",
)


_SCHEMA = "models/schema.yml"
"""Where projects of dbt describe their models, if they do so in one file."""


def check(context: LintContext) -> Iterator[Finding]:
    facts = context.facts
    for model in models_in(facts.properties):
        if facts.described[model.name] != model:
            first = facts.described[model.name].place
            yield TWICE.at(
                model.place,
                f"model {model.name!r} is described twice",
                f"keep this or the one in {first.file.name}, line {first.line}",
            )
        elif model.name not in facts.models.files:
            yield UNKNOWN_MODEL.unknown(
                model.document.place(*model.path, "name"),
                "there is no model",
                model.name,
                facts.models.files,
            )
    for name in context.models.watched:
        described = facts.described.get(name)
        if described is None and facts.are_declarations_read:
            file = context.models.templates[name].file
            fix = f"add it to {_SCHEMA}: - name: {name}"
            if not (facts.root / _SCHEMA).is_file():
                own = file.with_suffix(".yml").relative_to(facts.root).as_posix()
                fix = f"describe it in {own}: `models: [{{name: {name}, description: WHAT IT IS}}]`"
            yield NO_DESCRIPTION.at(Place(file), f"model {name!r} is not described", fix)
        elif described is not None:
            yield from _of_model(context, described)
    yield from _of_sources(context)


def _of_model(context: LintContext, model: ModelProperties) -> Iterator[Finding]:
    name = f"model {model.name!r}"
    yield from _undescribed(model, name, of=name)
    returned = context.columns.returned(model.name)
    if returned is not None:
        yield from _against_sql(model, returned)
    known = tuple(dict.fromkeys((*model.columns, *(returned or ()))))
    grain = model.document.get(*model.meta_path, "grain")
    for index, name in enumerate(grain if isinstance(grain, list) and known else ()):
        if isinstance(name, str) and name not in known:
            yield UNKNOWN_GRAIN.unknown(
                model.document.place(*model.meta_path, "grain", index),
                f"model {model.name!r} has no column",
                name,
                known,
            )


def _against_sql(model: ModelProperties, returned: tuple[str, ...]) -> Iterator[Finding]:
    for column in model.columns.values():
        if column.name not in returned:
            yield NOT_RETURNED.unknown(
                column.document.place(*column.path, "name"),
                f"model {model.name!r} returns no column",
                column.name,
                returned,
            )
    missing = [name for name in returned if name not in model.columns]
    if missing:
        yield COLUMN_WITHOUT.at(
            model.document.place(*model.path, "columns"),
            f"model {model.name!r} returns columns without a description: "
            f"{', '.join(map(repr, missing))}",
            "add it to the model's columns" if len(missing) == 1 else "add them to its columns",
        )


def _of_sources(context: LintContext) -> Iterator[Finding]:
    for table in sources_in(context.facts.properties):
        where = f"{table.source}.{table.name}"
        yield from _undescribed(table, f"source table {where}", of=where)


def _undescribed(
    described: ModelProperties | SourceTable, name: str, *, of: str
) -> Iterator[Finding]:
    if not described.entry.get("description"):
        yield NO_DESCRIPTION.at(described.place, f"{name} has no description", "add `description:`")
    for column in described.columns.values():
        if not column.entry.get("description"):
            yield COLUMN_WITHOUT.at(
                column.place,
                f"column {column.name!r} of {of} has no description",
                "add `description:`",
            )
