"""The files of plumbline for what a GX project declares: suites, models, checkpoints, alerts."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import yaml

from plumbline.core.errors import did_you_mean
from plumbline.core.text import count
from plumbline.lint.json_format import dumps
from plumbline.project.find import PROJECT_FILE
from plumbline.scaffold.import_gx.alerts import Alerts
from plumbline.scaffold.import_gx.assets import Asset, Table, read_asset, read_table
from plumbline.scaffold.import_gx.connection import Connection, read_connection
from plumbline.scaffold.import_gx.gx_project import (
    IN_FILES,
    Checkpoint,
    Definition,
    GxProject,
    as_mapping,
)
from plumbline.scaffold.import_gx.queries import (
    Sources,
    as_template,
    recent_rows,
    sources_text,
    window_of,
    with_batch,
)
from plumbline.scaffold.import_gx.report import (
    Conversion,
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

ALERTS_FILE = "checkpoints/alerts.yml"
SOURCES_FILE = "sources_gx.yml"
"""In the folder of the models."""
_LONGEST = 100


@dataclass
class Converter:
    """Converts one GX project, part by part."""

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

    def convert(self) -> Conversion:
        """Every definition, then the checkpoints that list them."""
        used = {one.suite for one in self.gx.definitions}
        unused = [Definition(name, name, "", "") for name in self.gx.suites if name not in used]
        placed = [one for one in unused if one.suite in self.tables]
        definitions = [*self.gx.definitions, *placed]
        names = self._names([one.name for one in definitions], "validation definition")
        self.taken = {name.lower() for name in names.values()}
        for definition in definitions:
            name = names.get(definition.name)
            if name is not None:
                self._definition(definition, name)
        for definition in unused:
            if definition not in placed:
                self._leave(definition, _no_table(definition))
        self._checkpoints()
        self._sites()
        if self.sources.tables:
            text = sources_text(self.sources.tables, self.declared)
            if text is not None:
                self.files[f"{self.models}/{SOURCES_FILE}"] = text
        return Conversion(self.files, self.report)

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

    def _names(self, names: Sequence[str], kind: str) -> dict[str, str]:
        """Each name as a file of plumbline may have it; of two that would be the same, one."""
        taken: dict[str, str] = {}
        found = {}
        for name, number in Counter(names).items():
            ours = file_name(name)
            other = name if number > 1 else taken.setdefault(ours.lower(), name)
            if other != name or number > 1:
                self.report.leave(
                    f"{kind} {name!r}",
                    f"its name in plumbline, {ours!r}, is also that of {kind} {other!r}",
                    "rename one of the two in GX",
                )
                continue
            found[name] = ours
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
            model = self._model_of_rows(definition, asset, connection, parts.of_rows)
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
            self.files[f"{self.models}/monitors/{own}.sql"] = self._failing_rows(
                definition, asset, connection, entry
            )
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
    ) -> str:
        query = self._query(asset, connection, columns_of(entries))
        note = f"-- Data asset {definition.asset} of Great Expectations."
        if asset.batches is None:
            return f"{note}\n\n{query}\n"
        return window_of(query, asset.batches, note=note)

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

    # Checkpoints

    def _checkpoints(self) -> None:
        alerts = Alerts(self.gx.variables, self.report)
        checkpoints = list(self.gx.checkpoints)
        if not checkpoints and self.monitors:
            checkpoints = [Checkpoint("health_check", tuple(self.monitors), ())]
        names = self._names([one.name for one in checkpoints], "checkpoint")
        for checkpoint in checkpoints:
            name = names.get(checkpoint.name)
            if name is not None:
                self._checkpoint(checkpoint, name, alerts)
        listed = {one for checkpoint in checkpoints for one in checkpoint.definitions}
        for name, monitors in self.monitors.items():
            for monitor in monitors if name not in listed else ():
                self.report.ask(f"list {monitor} in a checkpoint; none of GX's lists it")
        if alerts.channels:
            content = {"channels": alerts.channels, "routes": alerts.routes}
            note = (
                "# Channels and routes of notifications, from the actions of GX's checkpoints. "
                "Test them with\n# `plumbline alerts test`. Secrets are in environment variables; "
                "this file holds only the variables' names.\n"
            )
            self.files[ALERTS_FILE] = note + yaml.safe_dump(content, sort_keys=False)
            self.report.converted.append(
                Converted(
                    "actions that notify",
                    ALERTS_FILE,
                    count(len(alerts.channels), "channels"),
                )
            )

    def _sites(self) -> None:
        for name in self.gx.configuration.mapping("data_docs_sites"):
            path = ("data_docs_sites", name, "store_backend", "class_name")
            class_name = self.gx.configuration.text(*path)
            if class_name not in (None, IN_FILES):
                self.report.ask(
                    f"data docs site {name!r} is in a {class_name}: add a site of your own to "
                    f"{PROJECT_FILE}, see docs/data-docs.md"
                )

    def _checkpoint(self, checkpoint: Checkpoint, name: str, alerts: Alerts) -> None:
        what = f"checkpoint {checkpoint.name!r}"
        known = {one.name for one in self.gx.definitions}
        for listed in checkpoint.definitions:
            if listed not in {*known, *self.monitors}:
                self.report.leave(
                    f"{what}: {listed!r}",
                    "there is no such validation definition",
                    did_you_mean(listed, known),
                )
        monitors = [
            monitor for one in checkpoint.definitions for monitor in self.monitors.get(one, ())
        ]
        if not monitors:
            self.report.leave(what, "none of its validation definitions was converted", "see above")
            return
        content: dict[str, Any] = {
            "name": name,
            "validation_definitions": [{"name": one} for one in dict.fromkeys(monitors)],
            "actions": alerts.actions(checkpoint, name),
        }
        if checkpoint.result_format not in (None, "SUMMARY"):
            content["result_format"] = checkpoint.result_format
        self.files[f"checkpoints/{name}.json"] = dumps(content)
        self.report.converted.append(
            Converted(what, f"checkpoints/{name}.json", count(len(monitors), "monitors"))
        )


def file_name(name: str) -> str:
    """A name of GX as a monitor, a model and a file may have it."""
    found = re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_")[:_LONGEST]
    return found if found[:1].isalpha() else f"gx_{found}"


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
