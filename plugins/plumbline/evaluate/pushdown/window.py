"""Which rows of a table a run looks at: the dates that are due at each instant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from plumbline.core.parameter import Parameter, Scalar
from plumbline.evaluate.errors import EvaluationError
from plumbline.evaluate.pushdown.measure import Newest
from plumbline.evaluate.pushdown.places import quoted
from plumbline.evaluate.table import Table
from plumbline.models.properties import PSEUDO_COLUMNS
from plumbline.project.suites import RowsEntry
from plumbline.warehouse.result import ResultColumn
from plumbline.warehouse.types import BigQueryType

PSEUDO = "plumbline_date"
"""What a pseudo-column is called among the rows: ``select *`` leaves it out."""


@dataclass(frozen=True)
class DateColumn:
    """The column with a row's date."""

    name: str
    kind: BigQueryType
    is_pseudo: bool = False

    @classmethod
    def of(cls, rows: RowsEntry, table: Table, pseudo: Sequence[ResultColumn]) -> DateColumn | None:
        """The ``date_column`` of a table; None: the window is the whole table.

        Raises:
            EvaluationError: it is not there.
        """
        name = rows.date_column
        if name is None:
            return None
        for one in pseudo:
            if one.name == name.upper():
                return cls(one.name, BigQueryType(one.type), is_pseudo=True)
        if name.upper() in PSEUDO_COLUMNS and not table.has(name):
            raise EvaluationError(
                f"{table.lacks} no column {name}: only a wildcard table has _TABLE_SUFFIX, and "
                "only a table partitioned by ingestion time _PARTITIONTIME, by day also "
                "_PARTITIONDATE"
            )
        column = table.column(name)
        return cls(column.name, column.kind)

    @property
    def sql(self) -> str:
        """Where the table is read."""
        return self.name if self.is_pseudo else quoted(self.name)

    @property
    def of_row(self) -> str:
        """Where its rows are selected as ``t``."""
        return f"t.{PSEUDO if self.is_pseudo else quoted(self.name)}"


@dataclass(frozen=True)
class Window:
    """The dates of one instant, both included."""

    first: date
    last: date

    @property
    def text(self) -> str:
        """``2026-02-01`` or ``2026-02-01 to 2026-02-02``."""
        return str(self.last) if self.first == self.last else f"{self.first} to {self.last}"


def window_of(as_of: datetime, rows: RowsEntry, zone: ZoneInfo) -> Window:
    """The last ``days`` dates whose rows are due at ``as_of``."""
    local = as_of.astimezone(zone)
    due = datetime.combine(local.date(), rows.due, zone)
    late = 0 if due.astimezone(UTC) <= as_of.astimezone(UTC) else 1
    last = local.date() - timedelta(days=rows.due_days + late)
    return Window(last - timedelta(days=rows.days - 1), last)


def bounds_of(window: Window, column: DateColumn, zone: ZoneInfo) -> tuple[Scalar, Scalar]:
    """The first value of the window and the first after it, of the column's type.

    The dates of partitions by ingestion time are UTC's. A suffix is a date as ``20260202``.

    Raises:
        EvaluationError: the column is not a date or time.
    """
    days = (window.first, window.last + timedelta(days=1))
    if column.kind.name == "DATE":
        return days
    if column.name == "_TABLE_SUFFIX":
        return f"{days[0]:%Y%m%d}", f"{days[1]:%Y%m%d}"
    if column.is_pseudo:
        zone = ZoneInfo("UTC")
    midnights = [datetime.combine(day, time(), zone) for day in days]
    if column.kind.name == "TIMESTAMP":
        return midnights[0].astimezone(UTC), midnights[1].astimezone(UTC)
    if column.kind.name == "DATETIME":
        return midnights[0].replace(tzinfo=None), midnights[1].replace(tzinfo=None)
    raise EvaluationError(
        f"column {column.name!r} is {column.kind}: a window needs DATE, DATETIME or TIMESTAMP"
    )


def window_parameters(
    instants: Sequence[datetime], rows: RowsEntry, column: DateColumn, zone: ZoneInfo
) -> tuple[Parameter, ...]:
    """The bounds of each instant as arrays, and those of all as constants, which prune partitions.

    Raises:
        EvaluationError: the date column is no date or time.
    """
    bounds = [bounds_of(window_of(one, rows, zone), column, zone) for one in instants]
    first, last = tuple(low for low, _ in bounds), tuple(high for _, high in bounds)
    kind = str(column.kind)
    return (
        Parameter("window_first", f"ARRAY<{kind}>", first),
        Parameter("window_end", f"ARRAY<{kind}>", last),
        Parameter("read_first", kind, min(first)),
        Parameter("read_end", kind, max(last)),
    )


def calendar_parameters(windows: Sequence[Window]) -> tuple[Parameter, ...]:
    """The dates of each window."""
    return (
        Parameter("first_dates", "ARRAY<DATE>", tuple(one.first for one in windows)),
        Parameter("last_dates", "ARRAY<DATE>", tuple(one.last for one in windows)),
    )


def newest_parameters(
    index: int,
    newest: Newest,
    instants: Sequence[datetime],
    column: DateColumn | None,
    zone: ZoneInfo,
) -> tuple[Parameter, ...]:
    """How far back from each instant the newest value is looked for.

    Raises:
        EvaluationError: the date column is not a date or time.
    """
    back = timedelta(hours=newest.hours)
    pairs = [(_of_kind(one - back, newest, zone), _of_kind(one, newest, zone)) for one in instants]
    lower, upper = tuple(low for low, _ in pairs), tuple(high for _, high in pairs)
    kind, name = str(newest.kind), f"e{index}"
    found = [
        Parameter(f"{name}_lower", f"ARRAY<{kind}>", lower),
        Parameter(f"{name}_upper", f"ARRAY<{kind}>", upper),
        Parameter(f"{name}_first", kind, min(lower)),
        Parameter(f"{name}_last", kind, max(upper)),
    ]
    if column is not None:
        dates = [one.astimezone(zone).date() for one in (min(instants) - back, max(instants))]
        first, end = bounds_of(Window(*dates), column, zone)
        found += [
            Parameter(f"{name}_read_first", str(column.kind), first),
            Parameter(f"{name}_read_end", str(column.kind), end),
        ]
    return tuple(found)


def _of_kind(instant: datetime, newest: Newest, zone: ZoneInfo) -> Scalar:
    if newest.kind.name == "TIMESTAMP":
        return instant
    local = instant.astimezone(zone)
    return local.date() if newest.kind.name == "DATE" else local.replace(tzinfo=None)
