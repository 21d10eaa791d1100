"""The rows that a validation definition checks: a table or a query, and the batch of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from plumbline.core.errors import did_you_mean
from plumbline.scaffold.import_gx.connection import Connection
from plumbline.scaffold.import_gx.gx_project import Definition, as_mapping
from plumbline.scaffold.import_gx.report import NotConvertedError

_DAYS = {"year_and_month_and_day": 1, "year_and_month": 31, "year": 366}
"""By GX's way to divide a table: the days of a window that is at least as long."""
_SPLITTING = ("splitter_method", "splitter_kwargs")
"""What says in 0.x, of an asset or of all assets of a data connector, how they are divided."""
_NAME = re.compile(r"[\w $:*-]+")
_QUOTES = re.compile(r"[`\"\[\]]")


@dataclass(frozen=True)
class Batches:
    """One batch for each day, month or year."""

    column: str
    days: int


@dataclass(frozen=True)
class Table:
    """A table by its names."""

    project: str | None
    """None: the connection's, or the target's."""
    dataset: str
    name: str

    @property
    def path(self) -> str:
        """``dataset.table``, as a suite names it."""
        return ".".join(part for part in (self.project, self.dataset, self.name) if part)


@dataclass(frozen=True)
class Asset:
    """A table, or a query; of it the newest batch, or all rows."""

    table: Table | None
    query: str | None
    batches: Batches | None


def read_asset(definition: Definition, source: Mapping[str, Any], connection: Connection) -> Asset:
    """The rows of ``definition``, which is of data source ``source``.

    Raises:
        NotConvertedError: the asset is not there, or its batches have no counterpart.
    """
    if definition.chosen_by is not None:
        raise NotConvertedError(
            f"{definition.chosen_by} of its batch_request chooses the rows",
            "remove it in GX, import again, and write the condition as rows.where of meta.monitor",
        )
    if definition.query is not None:
        return Asset(None, definition.query, None)
    asset = _find(definition, source)
    batches = _batches(definition, asset)
    if asset.get("type") == "query" or "query" in asset:
        return Asset(None, str(asset.get("query") or ""), batches)
    schema, name = asset.get("schema_name"), str(asset.get("table_name") or definition.asset)
    path = f"{schema}.{name}" if schema else name
    return Asset(read_table(path, connection), None, batches)


def read_table(path: str, connection: Connection) -> Table:
    """The table that ``path`` names: one to three names.

    Raises:
        NotConvertedError: its dataset is not known.
    """
    parts = _QUOTES.sub("", path).split(".")
    if not all(_NAME.fullmatch(part) for part in parts):
        raise NotConvertedError(f"{path!r} is not a table's name", "write DATASET.TABLE")
    if len(parts) == 1 and connection.dataset is None:
        raise NotConvertedError(
            f"neither table {path!r} nor the connection names a dataset",
            "write the dataset in GX: bigquery://PROJECT/DATASET, or the table as DATASET.TABLE",
        )
    *before, name = parts
    if not before:
        return Table(None, str(connection.dataset), name)
    *project, dataset = before
    other = ".".join(project)
    return Table(other if other and other != connection.project else None, dataset, name)


def _find(definition: Definition, source: Mapping[str, Any]) -> Mapping[str, Any]:
    if "data_connectors" in source:  # of 0.x
        connectors = as_mapping(source["data_connectors"])
        if definition.connector not in connectors:
            raise NotConvertedError(
                f"there is no data connector {definition.connector!r} in {definition.datasource!r}",
                did_you_mean(definition.connector, connectors),
            )
        connector = as_mapping(connectors[definition.connector])
        declared = as_mapping(as_mapping(connector.get("assets")).get(definition.asset))
        # One that is inferred from the database has the name of its table.
        return {**{key: connector[key] for key in _SPLITTING if key in connector}, **declared}
    assets = as_mapping(source.get("assets"))
    if definition.asset in assets:
        return as_mapping(assets[definition.asset])
    raise NotConvertedError(
        f"there is no data asset {definition.asset!r} in {definition.datasource!r}",
        did_you_mean(definition.asset, assets),
    )


def _batches(definition: Definition, asset: Mapping[str, Any]) -> Batches | None:
    partitioner = as_mapping(asset.get("splitter"))  # of 0.x
    if "splitter_method" in asset:
        method = {"method_name": asset["splitter_method"]}
        partitioner = {**as_mapping(asset.get("splitter_kwargs")), **method}
    if definition.batches is not None:
        known = as_mapping(asset.get("batch_definitions"))
        if definition.batches not in known:
            raise NotConvertedError(
                f"there is no batch definition {definition.batches!r} in {definition.asset!r}",
                did_you_mean(definition.batches, known),
            )
        partitioner = as_mapping(as_mapping(known[definition.batches]).get("partitioner"))
    if not partitioner:
        return None
    kind = re.sub(r"^(partition|split)_on_", "", str(partitioner.get("method_name")))
    column = partitioner.get("column_name")
    if kind == "whole_table":
        return None
    if kind not in _DAYS or not column:
        raise NotConvertedError(
            f"its batches are not by day, month or year ({kind})",
            "use the whole table in GX, and group_by in meta.monitor of the imported suite",
        )
    return Batches(str(column), _DAYS[kind])
