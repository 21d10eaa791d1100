"""What can't be a suite over a table; read by lint, and by a run before it compiles anything."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from plumbline.checks.table_metrics import faults_of_metric
from plumbline.core.errors import MonitorError, WarehouseError
from plumbline.core.expectation_types import FOLLOWS_HISTORY, FOREIGN_KEY, IS_FRESH, SAME_SCHEMA
from plumbline.models.condition import fault_of_condition, fault_of_syntax, unknown_column
from plumbline.models.relations import Relation
from plumbline.project.document import KeyPath, key_path
from plumbline.project.parameters import parameters_in
from plumbline.project.suites import Suite

_META = ("meta", "monitor")
_WHERE = "meta.monitor.rows.where"


@dataclass(frozen=True)
class TableFault:
    """A key of a suite, and what is wrong with it."""

    path: KeyPath
    what: str
    fix: str


@dataclass(frozen=True)
class RowFilter:
    """``rows.where`` of a suite, and what BigQuery may have against it."""

    sql: str
    file: Path
    relation: Relation
    columns: Sequence[str]
    """Of the table."""

    def explain(self, refused: WarehouseError) -> WarehouseError:
        """``refused`` with the key and a fix where the condition is to blame.

        BigQuery names neither, and quotes the condition, which is withheld if columns are personal.
        """
        holder = f"table {self.relation.key}"
        fault = fault_of_syntax(self.sql) or unknown_column(
            self.sql, self.columns, table=self.relation.table, holder=holder
        )
        if fault is None:
            return refused
        what, fix = fault
        return WarehouseError(what, file=self.file, key=_WHERE, fix=fix, job_id=refused.job_id)


def refuse_table_faults(suite: Suite) -> None:
    """Let only a suite without such faults be compiled or built.

    Raises:
        MonitorError: the first of them, with file, key and fix.
    """
    entries = [
        (("expectations", index), {"type": entry.type, "kwargs": entry.kwargs})
        for index, entry in enumerate(suite.written.expectations)
    ]
    # `exclude_unset`, because a default is not what the file says.
    for fault in find_table_faults(suite.monitor.model_dump(exclude_unset=True), entries):
        raise MonitorError(fault.what, file=suite.file, key=key_path(fault.path), fix=fault.fix)


def find_table_faults(
    monitor: Mapping[str, Any], entries: Sequence[tuple[KeyPath, Mapping[str, Any]]]
) -> Iterator[TableFault]:
    """Everything that is wrong with how a suite names a table and checks it.

    Args:
        monitor: ``meta.monitor``.
        entries: the path of each expectation, and the expectation as it is written.
    """
    types = [((*path, "type"), str(entry["type"])) for path, entry in entries if entry.get("type")]
    if not monitor.get("table"):
        for name in ("rows", "group_by"):
            if monitor.get(name):
                yield TableFault(
                    (*_META, name),
                    f"{name} is for suites over a table",
                    f"add table, or remove {name}",
                )
        for path, type_ in types:
            if type_ in (FOREIGN_KEY, IS_FRESH, SAME_SCHEMA):
                yield TableFault(
                    path, f"{type_} needs a suite over a table", "write meta.monitor.table"
                )
        return
    # Suites over models, which are most, need no measure.
    from plumbline.evaluate.pushdown.catalogue import MEASURES, refusal_of

    for name in ("model", "observed", "vars"):
        if monitor.get(name):
            yield TableFault(
                (*_META, name),
                f"a suite over a table has no {name}",
                f"remove {name}, or write a model instead of table",
            )
    rows = monitor.get("rows")
    if isinstance(rows, Mapping) and rows.get("date_column") is None:
        for name in ("days", "due_time", "due_days", "calendar"):
            if name in rows:
                yield TableFault(
                    (*_META, "rows", name), f"{name} needs a date_column", "add date_column"
                )
    where = rows.get("where") if isinstance(rows, Mapping) else None
    if isinstance(where, str) and (fault := fault_of_condition(where)):
        yield TableFault((*_META, "rows", "where"), *fault)
    for path, entry in entries:
        if entry.get("type") == FOLLOWS_HISTORY:
            yield from _followed(monitor, path, entry)
    for path, type_ in types:
        if type_ not in MEASURES:
            yield TableFault(path, *refusal_of(type_))
    for path, entry in entries:
        for place, _ in parameters_in(entry.get("kwargs"), (*path, "kwargs")):
            yield TableFault(
                place,
                "a suite over a table takes no parameters",
                "write the value, or write a model instead of table",
            )


def _followed(
    monitor: Mapping[str, Any], path: KeyPath, entry: Mapping[str, Any]
) -> Iterator[TableFault]:
    kwargs = entry.get("kwargs")
    given = kwargs if isinstance(kwargs, Mapping) else {}
    for argument, what, fix in faults_of_metric(given):
        yield TableFault((*path, "kwargs", argument), what, fix)
    for argument in ("overrides", "retired"):
        if given.get(argument) and not monitor.get("group_by"):
            yield TableFault(
                (*path, "kwargs", argument),
                f"{argument} is for groups, and meta.monitor has no group_by",
                f"add group_by, or remove {argument}",
            )
