"""What one expectation asks of the rows of a table, as SQL, and how its answer is read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias

from plumbline.core.parameter import Parameter, Scalar
from plumbline.evaluate.errors import EvaluationError, NothingCheckedError
from plumbline.evaluate.found import Measured
from plumbline.evaluate.pushdown.places import Arrays, find_place
from plumbline.evaluate.table import Table, TypedColumn
from plumbline.models.relations import Relation
from plumbline.warehouse.metadata import TableMetadata
from plumbline.warehouse.types import BigQueryType

Resolve: TypeAlias = Callable[[str], tuple[Relation, TableMetadata]]
MOST_SAMPLES = 20
"""Rows of an expectation that come back with the counts."""

Answer = Mapping[str, Any]
"""The outputs of one measure, by name, for one group of rows."""


@dataclass(frozen=True)
class Measure:
    """One expectation in the statement.

    ``flags`` are computed for each row, ``outputs`` for each group of rows. Both are named within
    the measure; `Selection.name` makes the names unique.
    """

    read: Callable[[Answer, datetime], Measured]
    """From the outputs, and the instant that is judged.

    Raises:
        EvaluationError: nothing can be said of them.
    """
    flags: Mapping[str, str] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(default_factory=dict)
    newest: Newest | None = None
    columns: tuple[str, ...] = ()
    """Whose values are among the outputs: as ``value``, of several columns a STRUCT."""
    arrays: Arrays = ()
    """The arrays whose elements it looks at; none: at rows."""
    query: str | None = None
    """A query over the rows, which is a job of its own."""

    @property
    def needs_rows(self) -> bool:
        """Whether it says nothing of a window without rows."""
        return bool(self.outputs) or self.query is not None

    def values(self, answer: Answer) -> Iterator[Mapping[str, Any]]:
        """The values of its columns among its outputs, by column."""
        for name, output in answer.items():
            found = [one["value"] for one in output] if isinstance(output, list) else []
            for value in [output] if name == "value" else found:
                if len(self.columns) > 1:
                    yield dict(zip(self.columns, value.values(), strict=True))
                elif self.columns:
                    yield {self.columns[0]: value}


@dataclass(frozen=True)
class Newest:
    """The newest value of a column up to ``as_of``, whatever window the other measures look at."""

    column: str
    """As SQL."""
    kind: BigQueryType
    hours: float
    """How far the table is read back from ``as_of``."""


@dataclass
class Selection:
    """The columns and parameters that the measures of one statement need.

    Args:
        table: the columns of the table, without rows.
        groups: the columns of ``group_by``, as SQL names of the selected rows.
        resolve: finds another table, and its metadata, by the name that a suite gives it.
    """

    table: Table
    groups: Sequence[str]
    resolve: Resolve
    columns: dict[Arrays, dict[str, str]] = field(default_factory=lambda: {(): {}})
    """The alias of each selected column by its SQL, for rows and for elements of arrays."""
    parameters: dict[str, Parameter] = field(default_factory=dict)
    index: int = 0
    """Of the expectation whose measure is being made."""
    arrays: Arrays = ()
    """Whose elements that measure looks at."""
    others: dict[str, None] = field(default_factory=dict)
    """The keys of the other tables that are read."""

    def begin(self, index: int) -> None:
        """The next measure is that of expectation ``index``."""
        self.index, self.arrays = index, ()

    def column(self, name: str) -> TypedColumn:
        """A column of the table, or a field of the elements of an array.

        Raises:
            EvaluationError: there is none.
        """
        found = find_place(self.table, name)
        return TypedColumn(found.name, found.kind, ())

    def sql(self, name: str) -> str:
        """The alias of a column among the selected rows, or elements.

        Raises:
            EvaluationError: it is in another array than those before.
        """
        found = find_place(self.table, name)
        if found.arrays[: len(self.arrays)] == self.arrays:
            self.arrays = found.arrays
        elif self.arrays[: len(found.arrays)] != found.arrays:
            raise EvaluationError(
                f"{found.name!r} is in another array than the other columns; use columns of one "
                "array in an expectation"
            )
        for depth, array in enumerate(found.arrays):
            self._alias(found.arrays[:depth], array)
        return self._alias(found.arrays, found.path)

    def _alias(self, arrays: Arrays, path: str) -> str:
        count = sum(map(len, self.columns.values()))
        return self.columns.setdefault(arrays, {}).setdefault(path, f"c{count}")

    def other(self, name: str) -> tuple[Relation, Table]:
        """Another table, and its columns.

        Raises:
            EvaluationError: BigQuery reads it by a filter only.
            MonitorError: it can't be told, or asked for.
        """
        relation, metadata = self.resolve(name)
        if metadata.needs_filter is not None:
            raise EvaluationError(
                f"table {relation.key} can only be read with a filter on {metadata.needs_filter}; "
                "name a view of it that has one"
            )
        self.others[relation.key] = None
        return relation, Table(metadata.columns, (), lacks=f"table {relation.key} has")

    def name(self, part: str) -> str:
        """The name of a flag or output of the current expectation."""
        return f"e{self.index}_{part}"

    def parameter(self, value: Scalar | tuple[Scalar, ...], kind: str) -> str:
        """A query parameter of the current expectation, as SQL."""
        name = self.name(f"p{len(self.parameters)}")
        self.parameters[name] = Parameter(name, kind, value)
        return f"@{name}"

    def within(self, *columns: str) -> str:
        """``partition by`` of rows that are judged together and agree in ``columns``."""
        return f"partition by {', '.join(['row_as_of', *self.groups, *columns])}"


def key_sql(column: TypedColumn, x: str) -> str:
    """What is equal where BigQuery groups the values ``x`` together, as ``partition by`` takes it.

    https://cloud.google.com/bigquery/docs/reference/standard-sql/window-function-calls#def_window_spec
    """
    if column.kind.name == "FLOAT64":
        return f"cast({x} + 0 as string)"  # as text 0 and -0 would differ
    return f"to_json_string({x})" if column.kind.name in ("ARRAY", "STRUCT") else x


def cast_sql(column: TypedColumn, x: str, kind: BigQueryType) -> str:
    """The value ``x`` in the type in which it is compared."""
    return x if column.kind == kind else f"cast({x} as {kind})"


def elements_sql(where: str | None) -> str:
    """The number of rows that are looked at; the row that stands for an empty window is none."""
    return "count(row_as_of)" if where is None else f"count(if({where}, 1, null))"


def need_rows(answer: Answer, where: str | None) -> None:
    """Raises:
    NothingCheckedError: no row was looked at, or no array has an element.
    """
    if not answer["elements"]:
        raise NothingCheckedError("no row meets row_condition" if where else "there is no row")


def need_values(answer: Answer, column: TypedColumn, where: str | None) -> None:
    """Raises:
    NothingCheckedError: no row was looked at, or all values are NULL.
    """
    need_rows(answer, where)
    if not answer["values"]:
        raise NothingCheckedError(f"all {answer['elements']} values of {column.name!r} are NULL")
