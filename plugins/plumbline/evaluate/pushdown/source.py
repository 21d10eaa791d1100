"""The rows of a table that are judged, as SQL: read once, with constants that prune partitions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from plumbline.core.parameter import Parameter
from plumbline.evaluate.errors import EvaluationError
from plumbline.evaluate.pushdown.measure import Newest
from plumbline.evaluate.pushdown.places import quoted
from plumbline.evaluate.pushdown.window import PSEUDO, DateColumn
from plumbline.evaluate.table import Table
from plumbline.models.compiled import CompiledModel
from plumbline.models.relations import Relation
from plumbline.project.suites import RowsEntry
from plumbline.warehouse.result import ResultColumn


@dataclass(frozen=True)
class Calendar:
    """The dates on which rows are expected: a table, or the SELECT of a model."""

    name: str
    """For messages."""
    dates: str
    """The table or SELECT, as SQL."""
    column: str
    sources: tuple[str, ...]
    """``dataset.table`` of every table read."""
    parameters: tuple[Parameter, ...] = ()

    @classmethod
    def of_table(
        cls, relation: Relation, schema: Sequence[ResultColumn], date_column: str | None
    ) -> Calendar:
        """The calendar in a table.

        Raises:
            EvaluationError: it has no column of dates.
        """
        column = cls._column(f"table {relation.key}", schema, date_column)
        return cls(relation.key, str(relation), column, (relation.key,))

    @classmethod
    def of_model(
        cls, model: CompiledModel, schema: Sequence[ResultColumn], date_column: str | None
    ) -> Calendar:
        """The calendar that a model returns.

        Raises:
            EvaluationError: it has no column of dates, or takes the instants of the run.
        """
        if model.set_oriented:
            raise EvaluationError(
                f"calendar: model {model.name} reads as_of; let it return the dates from "
                "first_date to last_date"
            )
        column = cls._column(f"model {model.name}", schema, date_column)
        return cls(model.name, f"(\n{model.sql}\n)", column, model.sources, model.parameters)

    @staticmethod
    def _column(of: str, schema: Sequence[ResultColumn], date_column: str | None) -> str:
        """The column of the date column's name, or the only DATE.

        Raises:
            EvaluationError: neither is there.
        """
        dates = [column.name for column in schema if column.type == "DATE"]
        named = [name for name in dates if name.casefold() == str(date_column).casefold()]
        if len(named or dates) != 1:
            raise EvaluationError(
                f"calendar: {of} has no DATE column {date_column!r}, and not exactly one other "
                "DATE column"
            )
        return (named or dates)[0]

    @property
    def sql(self) -> str:
        """How many of the expected dates are in each window, and the first and last of all."""
        column = quoted(self.column)
        window = select(
            ["as_of", "first_date", "last_date"],
            "unnest(@as_of) as as_of with offset as position",
            beside("@first_dates", "first_date"),
            beside("@last_dates", "last_date"),
            indent="        ",
        )
        within = f"t.{column} between reach.first_date and reach.last_date"
        return select(
            [
                "reach.as_of as as_of",
                f"count(distinct if({within}, t.{column}, null)) as dates",
                f"min(t.{column}) as begins",
                f"max(t.{column}) as ends",
            ],
            f"(\n{window}\n    ) as reach",
            f"cross join {self.dates} as t",
            "group by reach.as_of",
        )


@dataclass(frozen=True)
class Source:
    """A table, and which rows of it a run looks at.

    Args:
        relation: the table.
        rows: the suite's ``rows``.
        date: its date column; None: the window is the whole table.
        arrival: as SQL, the column with the time at which a row arrived.
    """

    relation: Relation
    rows: RowsEntry
    date: DateColumn | None
    arrival: str | None

    @classmethod
    def of(
        cls, relation: Relation, rows: RowsEntry, table: Table, pseudo: Sequence[ResultColumn]
    ) -> Source:
        """The rows that a suite names.

        Raises:
            EvaluationError: a column is not there, or of another type.
        """
        arrival = None
        if rows.arrival is not None:
            column = table.column(rows.arrival)
            if column.kind.name != "TIMESTAMP":
                raise EvaluationError(
                    f"arrival: column {column.name!r} is {column.kind}, not TIMESTAMP"
                )
            arrival = quoted(column.name)
        return cls(relation, rows, DateColumn.of(rows, table, pseudo), arrival)

    @property
    def instants(self) -> str:
        """The instants that are judged, and their windows."""
        if self.date is None:
            return select(["as_of"], "unnest(@as_of) as as_of")
        return select(
            ["as_of", "window_first", "window_end"],
            "unnest(@as_of) as as_of with offset as position",
            beside("@window_first", "window_first"),
            beside("@window_end", "window_end"),
        )

    @property
    def batch(self) -> str:
        """The rows themselves."""
        return f"with instants as (\n{self.instants}\n)\n\n{self.selected(['t.*'])}"

    def selected(self, columns: Sequence[str]) -> str:
        """The ``columns`` of the rows, of ``t`` and of ``instants``."""
        joined = []
        if self.date is not None:
            column = self.date.of_row
            joined += [f"{column} >= instants.window_first", f"{column} < instants.window_end"]
        if self.arrival is not None:
            joined.append(f"(t.{self.arrival} is null or t.{self.arrival} <= instants.as_of)")
        rows = self._read("@read_first", "@read_end")
        return select(
            columns, "instants", f"join ({rows}) as t on {' and '.join(joined) or 'true'}"
        )

    def newest(self, index: int, newest: Newest) -> str:
        """The newest value up to each instant."""
        prefix = f"@e{index}"
        bounds = (f"{newest.column} >= {prefix}_first", f"{newest.column} <= {prefix}_last")
        rows = self._read(f"{prefix}_read_first", f"{prefix}_read_end", *bounds)
        value = f"t.{newest.column}"
        joined = [f"{value} >= reach.lower_bound", f"{value} <= reach.upper_bound"]
        if self.arrival is not None:
            joined.append(f"(t.{self.arrival} is null or t.{self.arrival} <= reach.as_of)")
        reach = select(
            ["as_of", "lower_bound", "upper_bound"],
            "unnest(@as_of) as as_of with offset as position",
            beside(f"{prefix}_lower", "lower_bound"),
            beside(f"{prefix}_upper", "upper_bound"),
            indent="        ",
        )
        return select(
            ["reach.as_of as as_of", f"max({value}) as newest"],
            f"(\n{reach}\n    ) as reach",
            f"join ({rows}) as t on {' and '.join(joined)}",
            "group by reach.as_of",
        )

    def _read(self, first: str, end: str, *bounds: str) -> str:
        """The table, between two constants of its date column."""
        read, more = list(bounds), ""
        if self.date is not None:
            read += [f"{self.date.sql} >= {first}", f"{self.date.sql} < {end}"]
            more = f", {self.date.sql} as {PSEUDO}" if self.date.is_pseudo else ""
        if self.rows.where is not None:
            read.append(f"({self.rows.where}\n)")  # a line of its own: it may end in a comment
        where = f" where {' and '.join(read)}" if read else ""
        return f"select *{more} from {self.relation}{where}"


def select(columns: Sequence[str], source: str, *clauses: str, indent: str = "    ") -> str:
    """A SELECT, a column a line."""
    listed = ",\n".join(f"{indent}    {column}" for column in columns)
    tail = "".join(f"\n{indent}{clause}" for clause in clauses)
    return f"{indent}select\n{listed}\n{indent}from {source}{tail}"


def beside(parameter: str, name: str) -> str:
    """An array as a column beside `as_of`, element by element."""
    return f"join unnest({parameter}) as {name} with offset as {name}_at on {name}_at = position"
