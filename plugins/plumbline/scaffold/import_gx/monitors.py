"""The validation definitions of GX as monitors: suites over tables, and models with suites."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from plumbline.core.errors import did_you_mean
from plumbline.lint.json_format import dumps
from plumbline.scaffold.import_gx.assets import Asset, Table, read_asset, read_table
from plumbline.scaffold.import_gx.connection import Connection, read_connection
from plumbline.scaffold.import_gx.gx_project import (
    Definition,
    GxProject,
    as_mapping,
)
from plumbline.scaffold.import_gx.names import unique_names
from plumbline.scaffold.import_gx.queries import (
    Sources,
    as_template,
    recent_rows,
    sources_text,
    window_of,
    with_batch,
)
from plumbline.scaffold.import_gx.report import (
    Converted,
    NotConvertedError,
    Report,
)
from plumbline.scaffold.import_gx.suites import (
    Expectation,
    Parts,
    Refused,
    as_failing_rows,
    columns_of,
    divide_suite,
)

SOURCES_FILE = "sources_gx.yml"
"""In the folder of the models."""


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
    monitors: dict[str, list[str]] = field(default_factory=dict)
    """By validation definition, the monitors that it became."""
    origins: dict[str, tuple[str, list[int]]] = field(default_factory=dict)
    """By monitor: its validation definition, and the indexes of its expectations there."""
    taken: set[str] = field(default_factory=set)
    """Names of monitors, in lower case."""
    connections: dict[str, Connection | NotConvertedError] = field(default_factory=dict)

    def convert(self) -> None:
        """Convert every definition."""
        used = {one.suite for one in self.gx.definitions}
        unused = [Definition(name, name, "", "") for name in self.gx.suites if name not in used]
        placed = [one for one in unused if one.suite in self.tables]
        definitions = [*self.gx.definitions, *placed]
        names = unique_names(
            [one.name for one in definitions], "validation definition", self.report
        )
        self.taken = {name.lower() for name in names.values()}
        for definition in definitions:
            if definition.name in names:
                self._definition(definition, names[definition.name])
        for definition in unused:
            if definition not in placed:
                self._leave(definition, _no_table(definition))
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

    def _free(self, name: str) -> str:
        """A name that no definition has."""
        while name.lower() in self.taken:
            name += "_gx"
        return name

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
            parts = divide_suite(document, asset, self.refused.get(definition.name, {}))
            made = self._monitors(definition, name, asset, connection, parts, document.mapping())
        except NotConvertedError as fault:
            self._leave(definition, fault)
            return
        what = _called(definition)
        for left in parts.left:
            self.report.leave(f"{what}: {left.what}", left.why, left.fix)
        if not made and not parts.left:
            self.report.leave(what, f"suite {definition.suite!r} has no expectations", "add some")
        self.monitors[definition.name] = made

    def _leave(self, definition: Definition, fault: NotConvertedError) -> None:
        self.report.leave(_called(definition), fault.why, fault.fix)

    def _rows(self, definition: Definition) -> tuple[Asset, Connection]:
        if definition.datasource:
            connection = self.connection(definition.datasource)
            source = self.gx.datasource(definition.datasource)
            return read_asset(definition, source, connection), connection
        if definition.suite not in self.tables:
            raise _no_table(definition)
        connection = Connection(self.google_project, None)
        table = read_table(self.tables[definition.suite], connection)
        return Asset(table, None, None), connection

    def _monitors(
        self,
        definition: Definition,
        name: str,
        asset: Asset,
        connection: Connection,
        parts: Parts,
        suite: Mapping[str, Any],
    ) -> list[str]:
        made: dict[str, str] = {}
        if parts.of_table and asset.table is not None:
            monitor: dict[str, Any] = {"table": self._placed(asset.table, connection).path}
            if asset.batches is not None:
                column, days = asset.batches.column, asset.batches.days
                monitor["rows"] = {"date_column": column, "days": days}
            self._suite(name, definition, suite, monitor, parts.of_table)
            made[name] = f"table {monitor['table']}"
        if parts.of_rows:
            own = name if not made else self._free(f"{name}_rows")
            beside = name if made else None
            model = self._model_of_rows(definition, asset, connection, parts.of_rows, beside)
            self.files[f"{self.models}/monitors/{own}.sql"] = model
            self._suite(own, definition, suite, {"model": own}, parts.of_rows)
            made[own] = f"model {own}"
            if asset.table is not None and asset.batches is None:
                self.report.ask(
                    f"{own} reads all rows of {asset.table.path}: limit them in "
                    f"{self.models}/monitors/{own}.sql, if the table is large"
                )
        for number, entry in enumerate(parts.queries, 1):
            is_only = not made and len(parts.queries) == 1
            own = name if is_only else self._free(f"{name}_query_{number}")
            try:
                sql = self._failing_rows(definition, asset, connection, entry)
            except NotConvertedError as fault:
                parts.leave(entry, fault.why, fault.fix)
                continue
            self.files[f"{self.models}/monitors/{own}.sql"] = sql
            monitor = {"model": own, "observed": {"failing_rows": True}}
            self._suite(own, definition, suite, monitor, [as_failing_rows(entry)])
            made[own] = f"model {own}, a query of failing rows"
        for monitor_name, over in made.items():
            self.report.converted.append(
                Converted(
                    _called(definition),
                    f"expectations/{monitor_name}.json",
                    over + _window_text(asset),
                )
            )
        return list(made)

    def _suite(
        self,
        name: str,
        definition: Definition,
        suite: Mapping[str, Any],
        monitor: Mapping[str, Any],
        entries: Sequence[Expectation],
    ) -> None:
        kept = {
            key: value
            for key, value in as_mapping(suite.get("meta")).items()
            if key not in ("great_expectations_version", "citations", "notes", "monitor")
        }
        origin = {"suite": definition.suite, "validation_definition": definition.name}
        written: dict[str, Any] = {
            "name": name,
            "meta": {"monitor": dict(monitor), **kept, "imported_from_gx": origin},
        }
        if suite.get("notes"):
            written["notes"] = suite["notes"]
        written["expectations"] = [one.written for one in entries]
        self.files[f"expectations/{name}.json"] = dumps(written)
        self.origins[name] = (definition.name, [one.index for one in entries])

    def _placed(self, table: Table, connection: Connection) -> Table:
        """``table`` with its project, unless that is the target's."""
        project = table.project or connection.project
        return replace(table, project=None if project == self.google_project else project)

    # Models

    def _template(self, query: str, connection: Connection, batch: str | None = None) -> str:
        def call(path: str) -> str:
            return self.sources.call(self._placed(read_table(path, connection), connection))

        return as_template(query, call, batch=batch)

    def _query(self, asset: Asset, connection: Connection, columns: Sequence[str] | None) -> str:
        if asset.table is None:
            return self._template(str(asset.query), connection)
        listed = "*"
        if columns is not None:
            needed = dict.fromkeys(columns)
            if asset.batches is not None:
                needed[asset.batches.column] = None
            listed = ", ".join(f"`{column}`" for column in needed)
        return f"select {listed} from {self.sources.call(self._placed(asset.table, connection))}"

    def _model_of_rows(
        self,
        definition: Definition,
        asset: Asset,
        connection: Connection,
        entries: Sequence[Expectation],
        beside: str | None,
    ) -> str:
        query = self._query(asset, connection, columns_of(entries))
        note = f"-- Data asset {definition.asset} of Great Expectations."
        if asset.batches is None:
            return f"{note}\n\n{query}\n"
        return window_of(query, asset.batches, note=note, beside=beside)

    def _failing_rows(
        self,
        definition: Definition,
        asset: Asset,
        connection: Connection,
        entry: Expectation,
    ) -> str:
        written = str(entry.kwargs.get("unexpected_rows_query"))
        batch = "plumbline_batch"
        query = self._template(written.replace("{batch}", batch), connection, batch)
        rows = self._query(asset, connection, None)
        if asset.batches is not None:
            rows = recent_rows(rows, asset.batches)
        note = f"-- The failing rows of data asset {definition.asset} of Great Expectations."
        return f"{note}\n\n" + with_batch(query, batch, rows) + "\n"


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


def _no_table(definition: Definition) -> NotConvertedError:
    return NotConvertedError(
        "no file of GX says which table it checks",
        f"name the table: --table {definition.suite}=DATASET.TABLE",
    )
