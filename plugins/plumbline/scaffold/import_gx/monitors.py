"""The validation definitions of GX as monitors: suites over tables, and models with suites."""

from __future__ import annotations

import os
import shlex
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from plumbline.core.errors import did_you_mean
from plumbline.lint.json_format import dumps
from plumbline.project.document import Document
from plumbline.scaffold.import_gx.assets import Asset, Table, read_asset, read_table
from plumbline.scaffold.import_gx.connection import Connection, NotBigQueryError, read_connection
from plumbline.scaffold.import_gx.gx_project import Definition, GxProject
from plumbline.scaffold.import_gx.names import unique_names
from plumbline.scaffold.import_gx.queries import (
    Sources,
    as_template,
    sources_text,
    window_of,
    with_tables,
)
from plumbline.scaffold.import_gx.report import (
    NAME_TABLE,
    Converted,
    NotConvertedError,
    Report,
)
from plumbline.scaffold.import_gx.suites import (
    QUERY,
    Expectation,
    Qualify,
    Refused,
    convert_suite,
)

SOURCES_FILE = "sources_gx.yml"
"""In the folder of the models."""
_NO_TABLE = NotConvertedError(
    "no file of GX names the table that it checks", f"name the table: {NAME_TABLE}"
)


@dataclass
class MonitorConverter:
    """Converts the validation definitions of one GX project."""

    gx: GxProject
    report: Report
    google_project: str | None
    """Google's project of the target; tables of another are named with theirs."""
    declared: Collection[tuple[str, str]] = ()
    """Source and table of what the plumbline project declares already."""
    models: str = "models"
    tables: Mapping[str, str] = field(default_factory=dict)
    """By suite, the table of suites for which GX names none."""
    refused: Mapping[str, Refused] = field(default_factory=dict)
    """By validation definition, the expectations that lint refuses."""
    files: dict[str, str] = field(default_factory=dict)
    sources: Sources = field(default_factory=Sources)
    monitors: dict[str, str] = field(default_factory=dict)
    """By validation definition, the monitor that it became."""
    origins: dict[str, tuple[str, list[int]]] = field(default_factory=dict)
    """By file of a monitor: its validation definition, and the indexes of its expectations."""
    connections: dict[str, Connection | NotConvertedError] = field(default_factory=dict)
    placed: set[str] = field(default_factory=set)
    """The suites that got their table from ``tables``."""

    def convert(self) -> None:
        """Convert every definition."""
        used = {one.suite for one in self.gx.definitions}
        unused = [Definition(name, name, "", "") for name in self.gx.suites if name not in used]
        placed = [one for one in unused if one.suite in self.tables]
        definitions = [*self.gx.definitions, *placed]
        names = unique_names(
            [one.name for one in definitions], "validation definition", self.report
        )
        for definition in definitions:
            if definition.name in names:
                self._definition(definition, names[definition.name])
        for definition in unused:
            if definition not in placed:
                self._leave(definition, _NO_TABLE)
        text = sources_text(self.sources.tables, self.declared)
        if text is not None:
            self.files[f"{self.models}/{SOURCES_FILE}"] = text

    def connection(self, name: str) -> Connection:
        """The connection of a data source, read once.

        Raises:
            NotConvertedError: it is not there, or not BigQuery.
        """
        if name not in self.connections:
            try:
                source = self.gx.datasource(name)
                self.connections[name] = read_connection(
                    name, source, self.gx.variables, self.report
                )
            except NotConvertedError as fault:
                self.connections[name] = fault
        found = self.connections[name]
        if isinstance(found, NotConvertedError):
            raise found
        return found

    # Suites

    def _definition(self, definition: Definition, name: str) -> None:
        try:
            document = self.gx.suites.get(definition.suite)
            if document is None:
                raise NotConvertedError(
                    f"there is no suite {definition.suite!r}",
                    did_you_mean(definition.suite, self.gx.suites),
                )
            asset, connection = self._rows(definition)
            refused = self.refused.get(definition.name, {})
            entries, left = convert_suite(
                document, asset, definition.parameters, refused, self._qualify(connection)
            )
            if not (entries or left):
                raise NotConvertedError("it has no expectations", "add some")
            if entries:
                self._monitor(definition, name, asset, connection, document, entries)
        except NotConvertedError as fault:
            self._leave(definition, fault)
            return
        for one in left:
            self.report.leave(f"{_called(definition)}: {one.what}", one.why, one.fix)

    def _leave(self, definition: Definition, fault: NotConvertedError) -> None:
        fix = fault.fix
        if isinstance(fault, NotBigQueryError) and self.gx.is_current:
            folder = shlex.quote(os.path.relpath(self.gx.root))
            fix += (
                f"; else leave it in the project of GX: `plumbline init {folder}` adds what "
                "plumbline needs to run its suites and checkpoints there"
            )
        self.report.leave(_called(definition), fault.why, fix, suite=definition.suite)

    def _rows(self, definition: Definition) -> tuple[Asset, Connection]:
        if definition.datasource:
            try:
                connection = self.connection(definition.datasource)
            except NotBigQueryError:
                if definition.suite not in self.tables:
                    raise
            else:
                source = self.gx.datasource(definition.datasource)
                asset = read_asset(definition, source, connection)
                if asset.query is not None:
                    query = self.gx.variables.fill_in_constants(asset.query)
                    asset = replace(asset, query=query)
                return asset, connection
        if definition.suite not in self.tables:
            raise _NO_TABLE
        self.placed.add(definition.suite)
        connection = Connection(self.google_project, None)
        table = read_table(self.tables[definition.suite], connection)
        return Asset(table, None, None), connection

    def _monitor(
        self,
        definition: Definition,
        name: str,
        asset: Asset,
        connection: Connection,
        document: Document,
        entries: Sequence[Expectation],
    ) -> None:
        files = dict[str, str]()
        if asset.table is not None:
            monitor: dict[str, Any] = {"table": self._placed(asset.table, connection).path}
            if asset.batches is not None:
                column, days = asset.batches.column, asset.batches.days
                monitor["rows"] = {"date_column": column, "days": days}
        else:
            monitor = {"model": name}
            model = self._model(definition, asset, connection)
            files[f"{self.models}/monitors/{name}.sql"] = model
        file = f"expectations/{name}.json"
        files[file] = _suite_text(definition, name, document, monitor, entries)
        self.files |= files
        self.monitors[definition.name] = name
        self.origins |= dict.fromkeys(files, (definition.name, [one.index for one in entries]))
        over = f"table {monitor['table']}" if asset.table else f"model {name}"
        self.report.converted.append(
            Converted(_called(definition), file, over + _window_text(asset))
        )

    def _placed(self, table: Table, connection: Connection) -> Table:
        """``table`` with its project, unless that is the target's."""
        project = table.project or connection.project
        return replace(table, project=None if project == self.google_project else project)

    def _qualify(self, connection: Connection) -> Qualify:
        def qualify(argument: str, value: str) -> str:
            if argument == QUERY:
                return with_tables(value, lambda path: f"`{qualify('', path)}`")
            return self._placed(read_table(value, connection), connection).path

        return qualify

    def _model(self, definition: Definition, asset: Asset, connection: Connection) -> str:
        def call(path: str) -> str:
            return self.sources.call(self._placed(read_table(path, connection), connection))

        query = as_template(str(asset.query), call)
        note = f"-- The query of data asset {definition.asset} of Great Expectations."
        if asset.batches is None:
            return f"{note}\n\n{query}\n"
        return window_of(query, asset.batches, note=note)


def _suite_text(
    definition: Definition,
    name: str,
    document: Document,
    monitor: Mapping[str, Any],
    entries: Sequence[Expectation],
) -> str:
    kept = {
        key: value
        for key, value in document.mapping("meta").items()
        if key not in ("great_expectations_version", "citations", "notes", "monitor")
    }
    origin = {"suite": definition.suite, "validation_definition": definition.name}
    written: dict[str, Any] = {
        "name": name,
        "meta": {"monitor": dict(monitor), **kept, "imported_from_gx": origin},
    }
    if document.get("notes"):
        written["notes"] = document.get("notes")
    return dumps({**written, "expectations": [one.written for one in entries]})


def _window_text(asset: Asset) -> str:
    if asset.batches is None:
        return ""
    last = "last complete day" if asset.batches.days == 1 else f"last {asset.batches.days} days"
    return f", {last} by {asset.batches.column}"


def _called(definition: Definition) -> str:
    suite = f"suite {definition.suite!r}"
    if not definition.datasource:
        return suite
    return f"{suite} of validation definition {definition.name!r}"
