"""Rules for ``great_expectations.yml``: it has a target, and its stores are plumbline's."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.core.errors import did_you_mean
from plumbline.lint.context import LintContext
from plumbline.lint.rule import Finding, error
from plumbline.project.documents import DATASOURCE_TYPE
from plumbline.project.stores import find_store_faults
from plumbline.project.targets import WarehouseEntry

NONE = error(
    "target-missing",
    f"great_expectations.yml has no data source of type {DATASOURCE_TYPE}, so nothing can run.",
    wrong="fluent_datasources: {}",
    right="fluent_datasources: {warehouse: {type: bigquery_models, targets: {...}}}",
)
UNKNOWN = error(
    "target-unknown",
    "default_target names a target that doesn't exist.",
    wrong="default_target: locl",
    right="default_target: local",
)

STORE = error(
    "store-not-plumblines",
    "A store is missing, or it is Great Expectations' own and doesn't know monitors, "
    "so nothing can run.",
    wrong="expectations_store: {class_name: ExpectationsStore, ...}",
    right="expectations_store: {..., module_name: plumbline.gx.stores}",
)

RULES = (NONE, UNKNOWN, STORE)


def check(context: LintContext) -> Iterator[Finding]:
    """Targets that are not there."""
    configuration, name = context.facts.documents.configuration, context.facts.documents.datasource
    if not configuration.is_readable:
        return
    for fault in find_store_faults(configuration.mapping()):
        yield STORE.at(configuration.place("stores", fault.store), fault.what, fault.fix)
    if name is None:
        yield NONE.at(
            configuration.place("fluent_datasources"),
            f"no datasource of type {DATASOURCE_TYPE!r}",
            f"add one with `type: {DATASOURCE_TYPE}` and its targets",
        )
        return
    path = ("fluent_datasources", name)
    fallback = WarehouseEntry.model_fields["default_target"].default
    default = configuration.get(*path, "default_target") or fallback
    targets = configuration.mapping(*path, "targets")
    if targets and isinstance(default, str) and default not in targets:
        yield UNKNOWN.at(
            configuration.place(*path, "default_target"),
            f"there is no target {default!r}",
            did_you_mean(default, targets),
        )
