"""Which tables a backtest sees as they were at each hour, and which only as they are now.

A table that says when a row arrived (``arrival_time`` in ``sources.yml``), and whose time the model
reads, is seen as it was. Of the others the day alone is known: rows that came late look as if they
had been there, rows that were changed or deleted look as they do now.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from plumbline.errors import MonitorError
from plumbline.models import CompiledModel
from plumbline.models.files import model_folders
from plumbline.project import Project
from plumbline.project.parsing import read_yaml


@dataclass(frozen=True)
class TableSeen:
    """How one table was seen."""

    table: str
    """``dataset.table``."""
    by_arrival: bool
    column: str | None = None
    """The time of arrival, where the table has one."""
    by_day: tuple[str, ...] = ()
    """The monitors that read it without that time."""

    def describe(self) -> str:
        """In words."""
        if self.by_arrival:
            return f"{self.table}: as it was at each hour ({self.column})"
        if self.column is None:
            return f"{self.table}: by day only: it does not say when a row arrived"
        return (
            f"{self.table}: by day only in {', '.join(self.by_day)}, which "
            f"{'do' if len(self.by_day) > 1 else 'does'} not read {self.column}"
        )


def tables_seen(project: Project, models: Mapping[str, CompiledModel]) -> tuple[TableSeen, ...]:
    """Each table that ``models`` read, by name.

    Args:
        project: where the sources are described.
        models: compiled, by monitor.
    """
    arrivals = dict(_arrival_times(project))
    readers: dict[str, list[str]] = {}
    for monitor, model in models.items():
        for table in model.sources:
            readers.setdefault(table, []).append(monitor)
    found = []
    for table, monitors in sorted(readers.items()):
        column = arrivals.get(table)
        by_day = tuple(
            name
            for name in monitors
            if column is None
            or not re.search(rf"\b{re.escape(column)}\b", models[name].sql, re.IGNORECASE)
        )
        found.append(TableSeen(table, by_arrival=not by_day, column=column, by_day=by_day))
    return tuple(found)


def _arrival_times(project: Project) -> Iterable[tuple[str, str]]:
    for folder in model_folders(project.root, project.dbt):
        for file in sorted([*folder.rglob("*.yml"), *folder.rglob("*.yaml")]):
            try:
                content = read_yaml(file, error=MonitorError, what="the properties file")
            except MonitorError:
                continue  # whoever reads it is in ERROR
            for source in _mappings(content.get("sources")):
                for table in _mappings(source.get("tables")):
                    meta = _mapping(_mapping(table.get("config")).get("meta"))
                    column = meta.get("arrival_time")
                    if isinstance(column, str):
                        name = table.get("identifier") or table.get("name")
                        schema = source.get("schema") or source.get("name")
                        yield f"{schema}.{name}", column


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _mappings(value: object) -> Iterable[Mapping[str, Any]]:
    return (one for one in value if isinstance(one, Mapping)) if isinstance(value, list) else ()
