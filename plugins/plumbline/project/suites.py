"""Suites as analysts write them: one JSON file a monitor, plain GX plus ``meta.monitor``.

Read without GX, so that light commands stay light. What only GX knows (the names of the
expectations and their arguments) is checked when the suite is built, in `plumbline.evaluate`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, time
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from plumbline.core.errors import MonitorError
from plumbline.project.byte_counts import ByteCount
from plumbline.project.definitions import Definition
from plumbline.project.document import Document, key_path
from plumbline.project.entry import Entry
from plumbline.project.parameters import (
    ParameterError,
    evaluate,
    filled_in,
    has_parameter,
    names_read,
    parameters_in,
)
from plumbline.project.parsing import explain, find_name_faults, refuse_faults

MAX_UNEXPECTED = "max_unexpected_count"
"""In an expectation's ``meta``: how many values may fail, where GX only knows a share."""

Severity = Literal["info", "warning", "critical"]
Aggregate = Literal["mean", "min", "max", "sum"]

_Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", max_length=128)]

_Monitor = Annotated[str, StringConstraints(min_length=1)]
"""A validation definition may have any name that a file can have."""


class ObservedColumn(Entry):
    """``observed``: a column of the model and how its rows become one number."""

    column: str = Field(description="A column of the model.", examples=["coverage_pct"])
    aggregate: Aggregate = Field(description="How to aggregate the rows to one number.")
    unit: str = Field(
        "", description="Unit, shown after the number.", examples=["%", "predictions"]
    )


class ObservedCount(Entry):
    """``observed``: the number of groups that fail at a severity."""

    count_failing: Literal["warning", "critical"] = Field(
        description="Count the groups that fail at this severity."
    )
    unit: str = Field(
        "", description="Unit, shown after the number.", examples=["systems", "tables"]
    )


class ObservedFailingRows(Entry):
    """``observed``: the number of rows, where the rows of the model are the bad ones."""

    failing_rows: Literal[True] = Field(
        description="The model returns the failing rows: no row is a PASS."
    )
    unit: str = Field("", description="Unit, shown after the number.", examples=["orders"])


Observed: TypeAlias = ObservedColumn | ObservedCount | ObservedFailingRows | None
"""What ``observed`` may be."""


class BudgetEntry(Entry):
    """``budget``: what a monitor may cost before that is said."""

    bytes_per_day: ByteCount = Field(
        description="Bytes that BigQuery may bill per day for all runs of the monitor. Above "
        "it, each run reports it; the status doesn't change. A number of bytes, or "
        "a string such as `500 MB`, where an MB is 1,048,576 bytes.",
        examples=["500 MB", 524288000],
    )


class RowsEntry(Entry):
    """``rows``: which rows of a table a run looks at."""

    date_column: str | None = Field(
        None,
        description="Column of type DATE, DATETIME or TIMESTAMP with a row's date, "
        "`_PARTITIONDATE` of a table partitioned by ingestion time, or `_TABLE_SUFFIX` of a "
        "wildcard table. Without it, each run looks at the whole table.",
        examples=["ordered_on"],
    )
    days: int = Field(
        1, ge=1, le=36_600, description="Number of dates in the window.", examples=[1]
    )
    due_time: str = Field(
        "00:00",
        pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$",
        description="Time of day, in the project's time zone, at which the rows of a date are due.",
        examples=["06:00"],
    )
    due_days: int = Field(
        1,
        ge=0,
        le=36_600,
        description="Days between a date and the day on which its rows are due.",
    )
    arrival: str | None = Field(
        None,
        description="TIMESTAMP column with the time at which a row arrived. Later rows are left "
        "out, so the past can be replayed.",
        examples=["created_at"],
    )
    calendar: str | None = Field(
        None,
        min_length=1,
        description="Table or model of the dates on which rows are expected, named as `table`. By "
        "default rows are expected on every date.",
        examples=["shop.trading_days"],
    )
    where: str | None = Field(
        None,
        min_length=1,
        description="SQL condition on the rows, in GoogleSQL.",
        examples=["status != 'test'"],
    )

    @property
    def due(self) -> time:
        """``due_time`` as a time."""
        return time.fromisoformat(self.due_time)


class MonitorEntry(Entry):
    """``meta.monitor``: what plumbline needs beside GX's own keys."""

    model: _Name | None = Field(
        None,
        description="SQL model: the name of a file in `models/`, without `.sql`.",
        examples=["line_coverage"],
    )
    table: str | None = Field(
        None,
        min_length=1,
        description="Table instead of a model: `dataset.table`, a source of dbt as "
        "`source.table`, or the name of a dbt model. All expectations are one BigQuery job.",
        examples=["shop.orders"],
    )
    rows: RowsEntry | None = Field(
        None,
        description="Which rows of the table a run looks at; all by default.",
        examples=[{"date_column": "ordered_on", "days": 1, "arrival": "created_at"}],
    )
    group_by: list[str] = Field(
        default_factory=list,
        description="Columns of the table that define a group. Each expectation then applies to "
        "each group.",
        examples=[["country"]],
    )
    observed: Observed = Field(
        None,
        description="The monitor's value as one number: a column and an aggregate, the number "
        "of groups that fail at a severity, or the number of failing rows.",
        examples=[
            {"column": "coverage_pct", "aggregate": "mean", "unit": "%"},
            {"count_failing": "critical", "unit": "systems"},
            {"failing_rows": True, "unit": "orders"},
        ],
    )
    vars: dict[_Name, Any] = Field(
        default_factory=dict,
        description="Values of the model's variables. They override the defaults in "
        "`dbt_project.yml`; `--var` overrides them.",
        examples=[{"days": 3}],
    )
    owner: str | None = Field(
        None, description="Who is responsible for the monitor.", examples=["ml-platform"]
    )
    impact: str | None = Field(
        None,
        description="Impact of a failure; shown first in alerts.",
        examples=["Accuracy of the listed prediction systems is unknown."],
    )
    action: str | None = Field(
        None,
        description="First action: a command to copy, or a sentence.",
        examples=["Run the grading backfill for the dates named."],
    )
    runbook: str | None = Field(
        None,
        description="Runbook: a path in the repository, or a URL.",
        examples=["docs/runbooks/grading_completeness.md"],
    )
    drilldown: str | list[str] | None = Field(
        None,
        description="SQL that returns the rows behind the failing groups: a text, or a list of its "
        "lines. A template like a model's, with `source()`, `ref()`, `var()` and macros; "
        "`failing('column')` is the condition that a row belongs to a failing group. It is shown "
        "with its values, ready to copy, and never run.",
        examples=[
            [
                "select order_id, state from {{ source('shop', 'orders') }}",
                "where {{ failing('country') }} and state is null",
            ]
        ],
    )
    budget: BudgetEntry | None = Field(
        None,
        description="Cost above which the report has a note.",
        examples=[{"bytes_per_day": "500 MB"}],
    )
    before: str | None = Field(
        None,
        description="How this was checked before plumbline; shown on the coverage page.",
        examples=["by hand, each morning"],
    )
    tags: list[_Monitor] = Field(
        default_factory=list,
        description="Words that routes in `checkpoints/alerts.yml` can match.",
        examples=[["finance"]],
    )
    renamed_from: list[_Monitor] = Field(
        default_factory=list,
        description="Earlier names of the monitor. Its open incident and its history continue "
        "under the new name.",
        examples=[["coverage"]],
    )
    depends_on: list[_Monitor] = Field(
        default_factory=list,
        description="Upstream monitors. If they fail too, they are the cause.",
        examples=[["game_status_lag"]],
    )


class MetaEntry(BaseModel):
    """``meta`` of a suite; keys beside ``monitor`` are the user's own, as in GX."""

    model_config = ConfigDict(extra="allow", frozen=True)

    monitor: MonitorEntry | None = Field(
        None,
        description="plumbline's settings: the model, the observed value, and the content of "
        "alerts.",
    )


class ExpectationEntry(Entry):
    """One expectation in GX's serialized form."""

    type: str = Field(
        min_length=1,
        description="Type of the expectation: plumbline's `expect_metric_to_be_between`, or any "
        "of Great Expectations.",
        examples=["expect_metric_to_be_between"],
    )
    kwargs: dict[str, Any] = Field(
        default_factory=dict,
        description="The arguments of the expectation.",
        examples=[{"column": "coverage_pct", "aggregate": "mean", "min_value": 80}],
    )
    severity: Severity = Field(
        "critical", description="Status of the monitor if the expectation fails."
    )
    description: str | None = Field(
        None, description="Text to show instead of the generated description."
    )
    notes: str | list[str] | None = Field(
        None,
        description="Why the expectation exists; shown in the data docs.",
        examples=["Below half, grading of the system has not run for part of the days."],
    )
    meta: dict[str, Any] | None = Field(
        None,
        description="`when_no_rows: skip` makes the expectation SKIPPED instead of ERROR if it "
        "checks no row or value. `max_unexpected_count` is how many values may fail. Other keys "
        "are yours.",
        examples=[{"when_no_rows": "skip"}],
    )
    id: str | None = Field(
        None, description="GX's id; not needed, because it is generated from the content."
    )
    success_on_last_run: bool | None = Field(
        None, description="Written by GX when it saves the file; ignored."
    )
    rendered_content: list[Any] | None = Field(
        None, description="Written by GX when it saves the file; ignored."
    )
    windows: list[Any] | None = Field(
        None, description="GX's temporal windows, from which it filled in suite parameters."
    )
    expectation_context: Any | None = Field(
        None, description="Written by GX when it saves the file; ignored."
    )


class SuiteEntry(Entry):
    """A suite file."""

    schema_: str | None = Field(
        default=None,
        alias="$schema",
        description="The JSON Schema of this file, for editors.",
        examples=["../schemas/suite.schema.json"],
    )
    name: str = Field(
        description="Name of the suite and its monitor: the file's name without `.json`.",
        examples=["line_coverage"],
    )
    id: str | None = Field(
        None, description="GX's id; not needed, because it is generated from the name."
    )
    meta: MetaEntry = Field(
        default_factory=MetaEntry,
        description="`monitor` is read by plumbline; other keys are yours.",
    )
    notes: str | list[str] | None = Field(
        None, description="What the suite checks and why; shown in the data docs."
    )
    suite_parameters: dict[str, Any] | None = Field(
        None,
        description='Values for arguments written as `{"$PARAMETER": "name"}`.',
        examples=[{"least_rows": 100}],
    )
    expectations: list[ExpectationEntry] = Field(
        description="Expectations on the model's rows. For two levels, write two expectations: "
        "one of severity `warning`, one of severity `critical`."
    )


@dataclass(frozen=True)
class Suite:
    """One suite file, checked; ``raw`` is what stands in the file, ``written`` the same, parsed.

    ``given`` are values of its parameters that go before its own, ``now`` is what their ``now()``
    is; None: not known.
    """

    name: str
    file: Path
    written: SuiteEntry
    raw: Mapping[str, Any]
    definition: Definition | None = None
    """The validation definition that runs it; None: the suite is a monitor of its own name."""
    given: Mapping[str, object] = field(default_factory=dict)
    now: datetime | None = None

    @property
    def monitor_name(self) -> str:
        """The monitor: the name of outcomes, incidents and pages."""
        return self.name if self.definition is None else self.definition.name

    @cached_property
    def entry(self) -> SuiteEntry:
        """The suite as it judges: parameters are replaced by their values where they have one."""
        if not self.has_parameters:
            return self.written
        values = self.parameters
        expectations = [
            each.model_copy(update={"kwargs": filled_in(each.kwargs, values, self.now)})
            for each in self.written.expectations
        ]
        return self.written.model_copy(update={"expectations": expectations})

    @property
    def has_parameters(self) -> bool:
        return any(has_parameter(each.kwargs) for each in self.written.expectations)

    @property
    def parameters(self) -> Mapping[str, object]:
        return {**(self.written.suite_parameters or {}), **self.given}

    @property
    def parameters_read(self) -> frozenset[str]:
        """The names of the parameters that its expectations read."""
        return frozenset(
            name
            for each in self.written.expectations
            for _, parameter in parameters_in(each.kwargs)
            for name in names_read(parameter)
        )

    def with_parameters(self, given: Mapping[str, object], now: datetime) -> Suite:
        """The suite with values for all its parameters.

        Args:
            given: values that go before those of the suite.
            now: the instant that is judged, aware.

        Raises:
            MonitorError: a parameter that has no value.
        """
        suite = replace(self, given=given, now=now)
        for index, each in enumerate(suite.entry.expectations):
            for path, parameter in parameters_in(each.kwargs):
                try:
                    evaluate(parameter, suite.parameters, now)
                except ParameterError as fault:
                    raise MonitorError(
                        fault.what,
                        file=self.file,
                        key=key_path(("expectations", index, "kwargs", *path)),
                        fix=fault.fix(suite.parameters),
                    ) from None
        return suite

    @property
    def criteria(self) -> str:
        """A hash of what it requires: thresholds, groups, conditions, severities, parameters."""
        required = [
            [each.type, each.severity, each.kwargs, *_allowed(each.meta)]
            for each in self.written.expectations
        ]
        text = json.dumps([required, self.parameters], sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    @property
    def monitor(self) -> MonitorEntry:
        """``meta.monitor``; an empty one for a plain GX suite."""
        return self.written.meta.monitor or MonitorEntry()

    def over(self, rows: MonitorEntry, *, variables: Mapping[str, Any] | None = None) -> Suite:
        """The same suite over the rows of another: of its model, with these values, or its table.

        An empty entry: over none of ours.
        """
        of_rows = {name: getattr(rows, name) for name in ("model", "table", "rows", "group_by")}
        given = {"vars": {**rows.vars, **(variables or {})}}
        monitor = self.monitor.model_copy(update={**of_rows, **given})
        meta = self.written.meta.model_copy(update={"monitor": monitor})
        return replace(self, written=self.written.model_copy(update={"meta": meta}))

    @property
    def is_ours(self) -> bool:
        """Whether plumbline evaluates it: over a model or a table, not over a data asset of GX."""
        return self.monitor.model is not None or self.monitor.table is not None

    @property
    def returns_failing_rows(self) -> bool:
        """Whether the rows of its model are the failing ones, so that none is a PASS."""
        return isinstance(self.monitor.observed, ObservedFailingRows)

    @property
    def group_columns(self) -> frozenset[str]:
        """The columns that name a group: of the suite, or of one of its expectations."""
        found = set(self.monitor.group_by)
        for each in self.entry.expectations:
            named = each.kwargs.get("group_by")
            found.update(map(str, named if isinstance(named, list) else ()))
        return frozenset(found)

    @property
    def drilldown(self) -> str | None:
        """The template of the query for the rows behind failing groups, as it is declared."""
        declared = self.monitor.drilldown
        return "\n".join(declared) if isinstance(declared, list) else declared

    @property
    def declared(self) -> int:
        """How many expectations the file declares: as many must be evaluated."""
        return len(self.written.expectations)


def _allowed(meta: Mapping[str, Any] | None) -> list[Any]:
    allowed = (meta or {}).get(MAX_UNEXPECTED)
    return [] if allowed is None else [allowed]


def read_suite(document: Document) -> Suite:
    """The suite in a file.

    Raises:
        MonitorError: not JSON, an unknown or missing key, a wrong type, another name than the
            file's: with file, key and fix.
    """
    file = document.file
    raw = document.mapping_or_raise(error=MonitorError, what="the suite")
    entry = explain(SuiteEntry, raw, file=file, error=MonitorError)
    refuse_faults(find_name_faults(document), file=file, error=MonitorError)
    return Suite(name=entry.name, file=file, written=entry, raw=raw)
