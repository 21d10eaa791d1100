"""Rules for source tables: BigQuery types, and columns that exist."""

from __future__ import annotations

import re
from collections.abc import Iterator

from plumbline.core.errors import MonitorError, did_you_mean
from plumbline.lint.context import LintContext
from plumbline.lint.rule import Finding, Rules
from plumbline.lint.rules.models import place_of
from plumbline.models.properties import (
    PSEUDO_COLUMNS,
    DescribedColumn,
    SourceTable,
    models_in,
    sources_in,
)
from plumbline.project.document import KeyPath
from plumbline.warehouse.types import KNOWN, parse_type

RULES = Rules()

TWICE = RULES.error(
    "source-described-twice",
    "The same table of a source occurs twice.",
    wrong="tables: [{name: games}, {name: games}]",
    right="tables: [{name: games}]",
)
UNRESOLVED = RULES.error(
    "source-unresolved",
    "The table of a source can't be resolved: Jinja that can't be rendered, a misspelt "
    "key, or an invalid BigQuery name. Its monitors would end in ERROR.",
    wrong="schema: \"{{ env_var('STRIPE_SCHEMA') }}\", which is not set",
    right="schema: \"{{ env_var('STRIPE_SCHEMA', 'stripe') }}\"",
)
UNKNOWN_TYPE = RULES.error(
    "column-unknown-type",
    "data_type is not a BigQuery type.",
    wrong="{name: points, data_type: INT46}",
    right="{name: points, data_type: INT64}",
)
NO_TYPE = RULES.warning(
    "source-column-without-type",
    "A source's column has no data_type, so Google's analyzer can't check its use.",
    wrong="{name: points}",
    right="{name: points, data_type: INT64}",
)
UNKNOWN_COLUMN = RULES.error(
    "source-unknown-column",
    "A source's partition, clustering or arrival time names a column that the table does not have.",
    wrong="config: {meta: {partition_by: game_day}}",
    right="config: {meta: {partition_by: game_date}}",
)

_WORD = re.compile(r"[A-Za-z_]\w*")
# Words of an expression that a table can be partitioned by.
_FUNCTIONS = frozenset(
    {"date", "timestamp_trunc", "datetime_trunc", "date_trunc", "range_bucket"}
    | {"generate_array", "hour", "day", "month", "year"}
)
_PSEUDO = frozenset(map(str.lower, PSEUDO_COLUMNS))


def check(context: LintContext) -> Iterator[Finding]:
    facts = context.facts
    yield from _unresolved(context)
    for table in sources_in(facts.properties):
        if facts.sources.get((table.source, table.name), table) != table and facts.is_enabled(
            table
        ):
            first = facts.sources[(table.source, table.name)].place
            yield TWICE.at(
                table.place,
                f"table {table.name!r} of source {table.source!r} is described twice",
                f"keep this or the one in {first.file.name}, line {first.line}",
            )
        for column in table.columns.values():
            yield from _type(column)
            if "data_type" not in column.entry:
                yield NO_TYPE.at(
                    column.place,
                    f"column {column.name!r} of {table.source}.{table.name} has no data_type",
                    "add BigQuery's type, such as STRING",
                )
        yield from _columns(table)
    for model in models_in(facts.properties):
        for column in model.columns.values():
            yield from _type(column)


def _unresolved(context: LintContext) -> Iterator[Finding]:
    for found in context.models.sources.values():
        if isinstance(found, MonitorError):
            yield UNRESOLVED.at(
                place_of(found, context.facts.root, context.facts),
                found.what,
                found.fix or "write the name itself",
            )


def _type(column: DescribedColumn) -> Iterator[Finding]:
    if column.type is not None and parse_type(column.type) is None:
        yield UNKNOWN_TYPE.at(
            column.document.place(*column.path, "data_type"),
            f"BigQuery has no type {column.type!r}",
            did_you_mean(column.type.upper(), KNOWN),
        )


def _columns(table: SourceTable) -> Iterator[Finding]:
    known = table.columns
    if not known:
        return
    for path, column in _named(table):
        if column not in known and column.lower() not in _PSEUDO:
            yield UNKNOWN_COLUMN.unknown(
                table.document.place(*path),
                f"table {table.source}.{table.name} has no column",
                column,
                known,
            )


def _named(table: SourceTable) -> Iterator[tuple[KeyPath, str]]:
    meta = table.meta_path
    for word in _WORD.findall(table.partition_by or ""):
        if word.lower() not in _FUNCTIONS:
            yield (*meta, "partition_by"), word
    arrival = table.document.text(*meta, "arrival_time")
    if arrival is not None:
        yield (*meta, "arrival_time"), arrival
    clustered = table.document.get(*meta, "cluster_by")
    for index, column in enumerate(clustered if isinstance(clustered, list) else ()):
        if isinstance(column, str):
            yield (*meta, "cluster_by", index), column
