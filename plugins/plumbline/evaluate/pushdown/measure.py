"""What one expectation asks of the rows of a table, as SQL, and how its answer is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from plumbline.core.parameter import Parameter, Scalar
from plumbline.evaluate.errors import EvaluationError, NothingCheckedError
from plumbline.evaluate.found import Measured
from plumbline.evaluate.table import Table, TypedColumn
from plumbline.models.relations import Relation
from plumbline.warehouse.types import BigQueryType

MOST_SAMPLES = 20
"""Rows of an expectation that come back with the counts."""

Answer = Mapping[str, Any]
"""The outputs of one measure, by name, for one group of rows."""


OF_VALUES = ("value", "samples", "others", "found")
"""Outputs that may hold values of a measure's column; the others are counts."""


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
    column: str | None = None
    """Whose values are among the outputs."""


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
        resolve: finds another table by the name that a suite gives it.
    """

    table: Table
    groups: Sequence[str]
    resolve: Callable[[str], Relation]
    columns: dict[str, str] = field(default_factory=dict)
    """The alias of each selected column, by its SQL."""
    parameters: dict[str, Parameter] = field(default_factory=dict)
    index: int = 0
    """Of the expectation whose measure is being made."""

    def column(self, name: str) -> TypedColumn:
        """A column of the table.

        Raises:
            EvaluationError: there is none, or it is within an array.
        """
        return self.table.column(name)

    def sql(self, name: str) -> str:
        """The alias of a column among the selected rows."""
        path = quoted(self.table.column(name).name)
        return self.columns.setdefault(path, f"c{len(self.columns)}")

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


def quoted(path: str) -> str:
    """A column, or a field of one (``address.city``), in backticks.

    Raises:
        EvaluationError: no column is called so, and within backticks the name would end them.
    """
    if "`" in path or "\\" in path:
        raise EvaluationError(f"{path!r} is not the name of a column")
    return ".".join(f"`{part}`" for part in path.split("."))


def need_rows(answer: Answer, where: str | None) -> None:
    """Raises:
    NothingCheckedError: no row was looked at.
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
