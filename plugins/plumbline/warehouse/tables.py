"""The source tables as ``models/sources.yml`` declares them, and the DDL that makes them.

dbt's own format (sources, version 2); partitioning and clustering stand under ``config: meta:``,
where dbt leaves them alone. Used by `seed`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from plumbline.core.errors import ConfigError
from plumbline.project.document import Document

# What BigQuery takes in backticks: https://cloud.google.com/bigquery/docs/schemas#column_names
COLUMN = re.compile(r"[^\x00-\x1f!\"$()*,./;?@\[\\\]^`{}~]{1,300}")
TABLE = re.compile(rf"{COLUMN.pattern}\*?")
TYPE = re.compile(r"[A-Za-z0-9_<>(), ]+")
PARTITION = re.compile(r"[A-Za-z0-9_(), ]+")


@dataclass(frozen=True)
class SourceTable:
    """One declared table."""

    dataset: str
    name: str
    columns: tuple[tuple[str, str], ...]
    """Name and GoogleSQL type of each, in order."""
    partition_by: str | None = None
    cluster_by: tuple[str, ...] = ()
    require_partition_filter: bool = False

    @property
    def key(self) -> str:
        """``dataset.table``, as it is declared and as the seed names its file."""
        return f"{self.dataset}.{self.name}"

    def ddl(self, project: str, dataset: str, *, replace: bool) -> str:
        """The statement that makes it in ``dataset``, which may be an override of its own."""
        columns = ",\n".join(f"  `{name}` {type_}" for name, type_ in self.columns)
        verb = "create or replace table" if replace else "create table if not exists"
        statement = f"{verb} `{project}`.`{dataset}`.`{self.name}` (\n{columns}\n)"
        if self.partition_by:
            statement += f"\npartition by {self.partition_by}"
        if self.cluster_by:
            statement += "\ncluster by " + ", ".join(f"`{column}`" for column in self.cluster_by)
        if self.partition_by and self.require_partition_filter:
            statement += "\noptions (require_partition_filter = true)"
        return statement


def read_makeable_tables(
    document: Document, places: Mapping[tuple[str, str], tuple[str, str]]
) -> tuple[SourceTable, ...]:
    """The tables of ``models/sources.yml`` that a statement can make.

    Other declared tables are created elsewhere: those without columns, with other types, or not in
    ``places``.

    Args:
        places: dataset and table by source and table, rendered.

    Raises:
        ConfigError: the file is missing or malformed; with the key.
    """
    file = document.file
    content = document.mapping_or_raise(
        error=ConfigError, what="the declaration of the source tables"
    )
    tables = []
    for i, source in enumerate(_list(content.get("sources") or [], file, "sources")):
        for j, table in enumerate(_list(source.get("tables") or [], file, f"sources[{i}].tables")):
            place = places.get((str(source.get("name")), str(table.get("name"))))
            if place is not None and _has_types(table):
                named = {**table, "identifier": place[1]}
                tables.append(_table(place[0], named, file, f"sources[{i}].tables[{j}]"))
    return tuple(tables)


def _has_types(entry: Mapping[str, Any]) -> bool:
    columns = entry.get("columns")
    return (
        isinstance(columns, list)
        and bool(columns)
        and all(isinstance(column, Mapping) and column.get("data_type") for column in columns)
    )


def _table(dataset: str, entry: Mapping[str, Any], file: Path, at: str) -> SourceTable:
    config = _mapping(entry.get("config"), file, f"{at}.config")
    meta = _mapping(config.get("meta") or entry.get("meta"), file, f"{at}.config.meta")
    cluster = meta.get("cluster_by") or []
    columns = tuple(
        (
            _matching(COLUMN, column.get("name"), file, f"{at}.columns[{k}].name"),
            _matching(TYPE, column.get("data_type"), file, f"{at}.columns[{k}].data_type"),
        )
        for k, column in enumerate(_list(entry.get("columns"), file, f"{at}.columns"))
    )
    partition = meta.get("partition_by")
    return SourceTable(
        dataset=dataset,
        name=_matching(TABLE, entry.get("identifier") or entry.get("name"), file, f"{at}.name"),
        columns=columns,
        partition_by=None
        if partition is None
        else _matching(PARTITION, partition, file, f"{at}.config.meta.partition_by"),
        cluster_by=tuple(
            _matching(COLUMN, column, file, f"{at}.config.meta.cluster_by")
            for column in (cluster if isinstance(cluster, list) else [cluster])
        ),
        require_partition_filter=bool(meta.get("require_partition_filter")),
    )


def _list(value: object, file: Path, key: str) -> list[Mapping[str, Any]]:
    if not isinstance(value, list) or not all(isinstance(entry, Mapping) for entry in value):
        raise ConfigError(
            "a list of entries is expected here", file=file, key=key, fix="see dbt's sources"
        )
    return value


def _mapping(value: object, file: Path, key: str) -> Mapping[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise ConfigError(
            "`key: value` lines are expected here", file=file, key=key, fix="see dbt's sources"
        )
    return value


def _matching(pattern: re.Pattern[str], value: object, file: Path, key: str) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise ConfigError(
            f"{value!r} is not allowed here", file=file, key=key, fix=f"write {pattern.pattern}"
        )
    return value
