"""A proposed suite over a table, from its metadata and one job that looks at recent rows.

Used by ``plumbline new table``. What is proposed is what holds today; a person chooses.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from plumbline.core.cells import value_in_words
from plumbline.core.errors import ConfigError, MonitorError
from plumbline.core.text import count
from plumbline.evaluate.pushdown.measure import Measure
from plumbline.evaluate.pushdown.statement import ROWS, CompiledTable
from plumbline.lint.json_format import dumps
from plumbline.project import Project, Suite, Target
from plumbline.project.suites import (
    ExpectationEntry,
    MetaEntry,
    MonitorEntry,
    RowsEntry,
    SuiteEntry,
)
from plumbline.run.compiling import MonitorCompiler
from plumbline.run.jobs import requests_of
from plumbline.warehouse.jobs import JobRunner
from plumbline.warehouse.metadata import TableMetadata
from plumbline.warehouse.query import QueryRequest
from plumbline.warehouse.types import BigQueryType, parse_type

PROFILED_DAYS = 7
"""Complete days that the profile looks at."""
MOST_COLUMNS = 500
"""Columns that the profile looks at: as many as two jobs surely hold."""
_SMALL_SET = 12
"""Distinct values up to which a set of texts is proposed."""
_NUMBERS = ("INT64", "FLOAT64", "NUMERIC", "BIGNUMERIC")
_FRESH_HOURS = 24


@dataclass(frozen=True)
class Proposal:
    """An expectation, and what it is about in the rows of the profile."""

    expectation: Mapping[str, Any]
    found: str


@dataclass(frozen=True)
class Profile:
    """The job that looks at the rows, not yet sent."""

    table: str
    rows: RowsEntry
    compiled: CompiledTable
    probes: Sequence[ExpectationEntry]
    metadata: TableMetadata
    as_of: datetime
    runner: JobRunner = field(repr=False)
    left_out: int = 0
    """Columns that are not looked at."""

    def estimate(self) -> int | None:
        """Bytes that the job would read; None where the warehouse does not say.

        Raises:
            WarehouseError: BigQuery refuses the query.
        """
        found = [self.runner.run(one).total_bytes_processed for one in self._requests(dry_run=True)]
        return None if None in found else sum(one or 0 for one in found)

    def propose(self) -> list[Proposal]:
        """Run the job, and propose what holds of every row that it looked at.

        Raises:
            WarehouseError: the job failed.
            ConfigError: there is no row.
        """
        answers = [self.runner.run(one) for one in self._requests()]
        (row,) = self.compiled.joined(answers).rows
        if not row[ROWS]:
            where = f" of {self.rows.days} days up to {self.as_of:%Y-%m-%d}"
            raise ConfigError(
                f"{self.table} has no rows{where if self.rows.date_column else ''}",
                key="--table",
                fix="choose a table with recent rows, or write the suite by hand",
            )
        found = [
            self.compiled.answer(row, index)
            if isinstance(self.compiled.measures[index], Measure)
            else None
            for index in range(len(self.probes))
        ]
        by_column: dict[str, dict[str, Mapping[str, Any]]] = {}
        for probe, answer in zip(self.probes, found, strict=True):
            if answer is not None:
                by_column.setdefault(str(probe.kwargs["column"]), {})[probe.type] = answer
        proposals = [_row_count(row[ROWS], self.rows)]
        for column in self.metadata.columns:
            seen = by_column.get(column.name, {})
            kind = parse_type(column.type)
            # A proposal has values of the rows, which must not name a person.
            if kind is not None and seen and column.name not in self.compiled.personal:
                proposals += _of_column(column.name, kind, seen, row[ROWS])
        return [*proposals, *self._freshness(by_column)]

    def _requests(self, *, dry_run: bool = False) -> list[QueryRequest]:
        return requests_of(self.compiled.name, self.compiled, dry_run=dry_run)

    def _freshness(
        self, by_column: Mapping[str, Mapping[str, Mapping[str, Any]]]
    ) -> list[Proposal]:
        """Of the TIMESTAMP column with the newest value."""
        newest = {
            column.name: by_column[column.name][_MAX]["value"]
            for column in self.metadata.columns
            if column.type == "TIMESTAMP" and _MAX in by_column.get(column.name, {})
        }
        seen = {name: at for name, at in newest.items() if at is not None and at <= self.as_of}
        if not seen:
            return []
        name = max(seen, key=lambda one: seen[one])
        hours = (self.as_of - seen[name]).total_seconds() / 3600
        most = max(_FRESH_HOURS, -(-int(2 * hours) // _FRESH_HOURS) * _FRESH_HOURS)
        return [
            _proposal(
                "expect_table_to_be_fresh",
                f"newest {seen[name].astimezone(UTC):%Y-%m-%d %H:%M} UTC, {hours:.0f} h old",
                column=name,
                max_hours=most,
            )
        ]


_NULLS = "expect_column_values_to_not_be_null"
_DISTINCT = "expect_column_distinct_values_to_be_in_set"
_MIN = "expect_column_min_to_be_between"
_MAX = "expect_column_max_to_be_between"


def profile_table(
    project: Project,
    target: Target,
    *,
    name: str,
    table: str,
    as_of: datetime,
    given: str = "--table",
) -> Profile:
    """The job that looks at the last days of a table.

    Args:
        project: the suite will be part of it.
        target: where the table is.
        name: of the suite.
        table: as a suite names it.
        as_of: the end of the days.
        given: the argument with the table, for messages.

    Raises:
        MonitorError: the table can't be told.
        WarehouseError: it is not there, or can't be asked for.
    """
    compiler = MonitorCompiler(project, target)
    file = project.root / "expectations" / f"{name}.json"

    def suite(rows: RowsEntry | None, probes: list[ExpectationEntry]) -> Suite:
        meta = MetaEntry(monitor=MonitorEntry(table=table, rows=rows))
        return Suite(name, file, SuiteEntry(name=name, meta=meta, expectations=probes), {})

    try:
        metadata = compiler.metadata(suite(None, []))
    except MonitorError as fault:
        if fault.file == str(file):  # which is not there yet
            fault.file, fault.key = None, given
        raise
    rows = _rows(metadata)
    columns = [column for column in metadata.columns if "." not in column.name]
    probes = [
        ExpectationEntry(type=type_, kwargs={"column": column.name, **kwargs})
        for column in columns[:MOST_COLUMNS]
        for type_, kwargs in _probes(column.type)
    ]
    compiled = compiler.compile(suite(rows, probes), as_of=[as_of], vars={}, where="--table")
    if not isinstance(compiled, CompiledTable):
        raise MonitorError(f"{table} is not a table")
    runner = JobRunner(target, {"app": "plumbline"})
    left_out = max(len(columns) - MOST_COLUMNS, 0)
    return Profile(table, rows, compiled, probes, metadata, as_of, runner, left_out)


def _probes(type_: str) -> list[tuple[str, dict[str, Any]]]:
    kind = parse_type(type_)
    if kind is None:
        return []
    found: list[tuple[str, dict[str, Any]]] = [(_NULLS, {})]
    if kind.is_comparable:
        found.append((_DISTINCT, {"value_set": []}))
    if kind.name in (*_NUMBERS, "TIMESTAMP"):
        found += [(_MIN, {}), (_MAX, {})]
    return found


def _rows(metadata: TableMetadata) -> RowsEntry:
    """By the suffix of a wildcard, else by the partition's column, else by the only DATE."""
    suffix = next((one.name for one in metadata.pseudo_columns if one.type == "STRING"), None)
    dates = [column.name for column in metadata.columns if column.type == "DATE"]
    column = suffix or metadata.partition_column or (dates[0] if len(dates) == 1 else None)
    return RowsEntry() if column is None else RowsEntry(date_column=column, days=PROFILED_DAYS)


def _row_count(rows: int, window: RowsEntry) -> Proposal:
    days = f" in {count(window.days, 'days')}" if window.date_column else ""
    return _proposal(
        "expect_table_row_count_to_be_between", f"{count(rows, 'rows')}{days}", min_value=1
    )


def _of_column(
    column: str, kind: BigQueryType, seen: Mapping[str, Mapping[str, Any]], rows: int
) -> list[Proposal]:
    found = []
    nulls = seen[_NULLS]["wrong"]
    if not nulls:
        found.append(_proposal(_NULLS, f"no NULL in {count(rows, 'rows')}", column=column))
    distinct = seen.get(_DISTINCT, {}).get("other", 0)
    if rows > 1 and distinct == rows and kind.name in ("STRING", "INT64"):
        found.append(
            _proposal(
                "expect_column_values_to_be_unique",
                f"{count(distinct, 'distinct values')}",
                column=column,
            )
        )
    elif kind.name == "STRING" and 0 < distinct <= min(_SMALL_SET, rows // 5):
        values = sorted(one["value"] for one in seen[_DISTINCT]["others"] if one["is_other"])
        found.append(
            _proposal(
                "expect_column_values_to_be_in_set",
                ", ".join(map(value_in_words, values)),
                column=column,
                value_set=values,
            )
        )
    low, high = (seen.get(probe, {}).get("value") for probe in (_MIN, _MAX))
    if kind.name in _NUMBERS and low is not None and low >= 0:
        found.append(
            _proposal(
                "expect_column_values_to_be_between",
                f"from {value_in_words(low)} to {value_in_words(high)}",
                column=column,
                min_value=0,
            )
        )
    return found


def _proposal(type_: str, found: str, **kwargs: Any) -> Proposal:
    return Proposal({"type": type_, "severity": "warning", "kwargs": kwargs}, found)


def suite_text(
    profile: Profile, name: str, chosen: Sequence[Proposal], *, owner: str | None
) -> str:
    """The suite's file."""
    monitor: dict[str, Any] = {"table": profile.table}
    if profile.rows.date_column is not None:
        monitor["rows"] = {"date_column": profile.rows.date_column, "days": 1}
    if owner:
        monitor["owner"] = owner
    return dumps(
        {
            "name": name,
            "meta": {"monitor": monitor},
            "expectations": [dict(one.expectation) for one in chosen],
        }
    )
