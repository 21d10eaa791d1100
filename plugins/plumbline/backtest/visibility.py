"""Which tables a backtest sees as they were at each hour, and which only as they are now.

A table that says when a row arrived (``arrival_time`` in ``sources.yml``), and whose time the model
reads, is seen as it was. Of the others the day alone is known: rows that came late look as if they
had been there, rows that were changed or deleted look as they do now.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from plumbline.core.errors import MonitorError
from plumbline.models import CompiledModel
from plumbline.models.sources import FoundSource, all_sources
from plumbline.models.workspace import Workspace
from plumbline.project import Project, Target


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


def tables_seen(
    project: Project, target: Target, models: Mapping[str, CompiledModel]
) -> tuple[TableSeen, ...]:
    """Each table that ``models`` read, by name.

    Args:
        project: where the sources are described.
        target: where they are.
        models: compiled, by monitor.
    """
    arrivals = dict(_arrival_times(Workspace(project, target)))
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


def _arrival_times(workspace: Workspace) -> Iterable[tuple[str, str]]:
    try:
        sources = all_sources(workspace).values()
    except MonitorError:
        return  # whoever reads one is in ERROR
    for found in sources:
        if isinstance(found, FoundSource) and found.table.arrival_time is not None:
            yield found.relation.key, found.table.arrival_time
