"""Rules for ``great_expectations.yml``: it has a target, and its stores are plumbline's."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.core.errors import ConfigError
from plumbline.lint.context import LintContext
from plumbline.lint.rule import Finding, Rules
from plumbline.project.documents import DATASOURCE_TYPE, DBT_FILE
from plumbline.project.find import PROJECT_FILE
from plumbline.project.identity import IDENTITY_KEY, read_identity
from plumbline.project.stores import CONVERT, find_store_faults
from plumbline.project.targets import WarehouseEntry

RULES = Rules()

NONE = RULES.error(
    "target-missing",
    f"great_expectations.yml has no data source of type {DATASOURCE_TYPE}, so nothing can run.",
    wrong="fluent_datasources: {}",
    right="fluent_datasources: {warehouse: {type: bigquery_models, targets: {...}}}",
)
UNKNOWN = RULES.error(
    "target-unknown",
    "default_target names a target that doesn't exist.",
    wrong="default_target: locl",
    right="default_target: local",
)

NAMELESS = RULES.error(
    "project-nameless",
    "No file names the project, so its state and history can't be kept apart.",
    wrong="fluent_datasources: {warehouse: {type: bigquery_models, targets: {...}}}",
    right="fluent_datasources: {warehouse: {plumbline_project: shop, ...}}",
)

STORE = RULES.error(
    "store-not-plumblines",
    "A store is missing, or it is Great Expectations' own and doesn't know monitors, "
    "so nothing can run.",
    wrong="expectations_store: {class_name: ExpectationsStore, ...}",
    right="expectations_store: {..., module_name: plumbline.gx.stores}",
)


def check(context: LintContext) -> Iterator[Finding]:
    configuration, name = context.facts.documents.configuration, context.facts.documents.datasource
    if not configuration.is_readable:
        return
    for fault in find_store_faults(configuration.mapping()):
        yield STORE.at(configuration.place("stores", fault.store), fault.what, fault.fix)
    if name is None:
        yield NONE.at(
            configuration.place("fluent_datasources"),
            f"no datasource of type {DATASOURCE_TYPE!r}",
            f"{CONVERT}, or add one with `type: {DATASOURCE_TYPE}` and its targets",
        )
        return
    path = ("fluent_datasources", name)
    yield from _nameless(context, path)
    fallback = WarehouseEntry.model_fields["default_target"].default
    default = configuration.get(*path, "default_target") or fallback
    targets = configuration.mapping(*path, "targets")
    if targets and isinstance(default, str) and default not in targets:
        yield UNKNOWN.unknown(
            configuration.place(*path, "default_target"), "there is no target", default, targets
        )


def _nameless(context: LintContext, path: tuple[str, ...]) -> Iterator[Finding]:
    facts = context.facts
    if facts.documents.dbt is not None and not facts.documents.dbt.is_readable:
        return  # it may hold the name; that it can't be read is another finding
    variables = {
        key: facts.variables[key] for key in (IDENTITY_KEY,) if facts.variables.get(key) is not None
    }
    try:
        read_identity(
            dbt=facts.dbt_settings,
            variables=variables,
            dbt_file=facts.root / DBT_FILE,
            source=facts.documents.configuration.mapping(*path),
            source_file=facts.root / PROJECT_FILE,
            source_key=".".join(path),
        )
    except ConfigError as fault:
        at = tuple((fault.key or "").split("."))
        is_gx = at[: len(path)] == path
        document = (
            facts.documents.configuration
            if is_gx or facts.documents.dbt is None
            else facts.documents.dbt
        )
        yield NAMELESS.at(document.place(*at), fault.what, fault.fix or "")
