"""The one statement of a suite over a table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from plumbline.core.errors import MonitorError, did_you_mean
from plumbline.core.parameter import Parameter
from plumbline.evaluate.errors import EvaluationError
from plumbline.evaluate.pushdown.catalogue import MEASURES
from plumbline.evaluate.pushdown.measure import (
    OF_VALUES,
    Answer,
    Measure,
    Newest,
    Selection,
    quoted,
)
from plumbline.evaluate.pushdown.window import (
    Window,
    calendar_parameters,
    newest_parameters,
    window_of,
    window_parameters,
)
from plumbline.evaluate.table import Table
from plumbline.models.compiled import CompiledModel
from plumbline.models.relations import Relation
from plumbline.project.suites import ExpectationEntry, RowsEntry, Suite
from plumbline.warehouse.result import ResultColumn

ROWS = "plumbline_rows"
"""The output with the number of rows of the group."""
EXPECTED, CALENDAR_END = "plumbline_expected_dates", "plumbline_calendar_end"
"""With a calendar: how many of its dates are in the window, and its last date."""


@dataclass(frozen=True)
class Calendar:
    """A table of the dates on which rows are expected."""

    relation: Relation
    column: str

    @classmethod
    def of(
        cls, relation: Relation, schema: Sequence[ResultColumn], date_column: str | None
    ) -> Calendar:
        """The calendar in a table: its column of the date column's name, or its only DATE.

        Raises:
            EvaluationError: neither is there.
        """
        dates = [column.name for column in schema if column.type == "DATE"]
        named = [name for name in dates if name.casefold() == str(date_column).casefold()]
        if len(named or dates) != 1:
            raise EvaluationError(
                f"calendar: table {relation.key} has no DATE column {date_column!r}, and not one "
                "DATE column alone"
            )
        return cls(relation, (named or dates)[0])


@dataclass(frozen=True)
class CompiledTable(CompiledModel):
    """The statement, and how its rows are read."""

    measures: tuple[Measure | EvaluationError, ...] = ()
    """One an expectation, in the suite's order; or why it can't be measured."""
    groups: tuple[str, ...] = ()
    """The columns of ``group_by``, as the table spells them."""
    windows: Mapping[datetime, Window] = field(default_factory=dict)
    """The dates that each instant looks at; empty: the whole table."""
    calendar: Calendar | None = None
    arrival: str | None = None
    """The column with the time at which a row arrived."""

    def samples(self, rows: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
        """Values that the rows hold of the table's columns, one a mapping."""
        for row in rows:
            yield self.key(row)
            for index, one in enumerate(self.measures):
                if isinstance(one, Measure) and one.column is not None:
                    answer = self.answer(row, index)
                    for output in (answer[name] for name in OF_VALUES if name in answer):
                        for value in output if isinstance(output, list) else [output]:
                            yield {
                                one.column: value.get("value") if isinstance(value, dict) else value
                            }

    def key(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """The values of the columns of ``group_by`` in one row."""
        return {name: row[f"g{at}"] for at, name in enumerate(self.groups)}

    def answer(self, row: Mapping[str, Any], index: int) -> Answer:
        """The outputs of the measure of an expectation in one row."""
        prefix = f"e{index}_"
        return {
            name.removeprefix(prefix): value
            for name, value in row.items()
            if name.startswith(prefix)
        }


def compile_table(
    suite: Suite,
    relation: Relation,
    schema: Sequence[ResultColumn],
    *,
    fields: Mapping[str, str] = MappingProxyType({}),
    as_of: Sequence[datetime],
    zone: ZoneInfo,
    resolve: Callable[[str], Relation],
    personal: frozenset[str] = frozenset(),
    calendar: Calendar | None = None,
) -> CompiledTable:
    """The statement of ``suite`` over the table ``relation``.

    Args:
        suite: with ``table``.
        relation: the table.
        schema: its columns; fields of a STRUCT also by their path.
        fields: all columns and fields by their path, with type and mode.
        as_of: the instants that are judged.
        zone: of the project's dates.
        resolve: finds another table by its name in a suite.
        personal: columns whose values are masked.
        calendar: the dates on which rows are expected; None: every date.

    Raises:
        MonitorError: the window, the filter or the groups can't be.
    """
    entry = suite.monitor
    rows = entry.rows or RowsEntry()
    table = Table(schema, (), lacks=f"table {relation.key} has", fields=fields)
    selection = Selection(table, [f"g{at}" for at in range(len(entry.group_by))], resolve)
    instants = tuple(dict.fromkeys(one.astimezone(UTC) for one in as_of))
    try:
        groups = tuple(table.column(name).name for name in entry.group_by)
        windowed = rows.date_column is not None
        bounds = window_parameters(instants, rows, selection, zone) if windowed else ()
        arrival = _arrival(rows, table)
    except EvaluationError as fault:
        raise MonitorError(str(fault), file=suite.file, key="meta.monitor") from None
    measures = tuple(
        _measure(selection, index, one) for index, one in enumerate(suite.entry.expectations)
    )
    sql = _assemble(relation, rows, selection, groups, measures, arrival, calendar)
    windows = {one: window_of(one, rows, zone) for one in instants} if windowed else {}
    if calendar is not None:
        bounds = (*bounds, *calendar_parameters([windows[one] for one in instants]))
    parameters = [Parameter("as_of", "ARRAY<TIMESTAMP>", instants), *bounds]
    for index, one in enumerate(measures):
        if isinstance(one, Measure) and one.newest is not None:
            parameters += newest_parameters(index, one.newest, instants, rows, selection, zone)
    others = (
        resolve(str(one.kwargs["to_table"])).key
        for one in suite.entry.expectations
        if "to_table" in one.kwargs
    )
    return CompiledTable(
        name=suite.monitor_name,
        sql=sql,
        parameters=(*parameters, *selection.parameters.values()),
        sources=tuple(
            dict.fromkeys((relation.key, *others, *([calendar.relation.key] if calendar else ())))
        ),
        variables=(),
        grain=groups,
        personal=personal,
        measures=measures,
        groups=groups,
        windows=windows,
        calendar=calendar,
        arrival=rows.arrival,
    )


def _arrival(rows: RowsEntry, table: Table) -> str | None:
    if rows.arrival is None:
        return None
    column = table.column(rows.arrival)
    if column.kind.name != "TIMESTAMP":
        raise EvaluationError(f"arrival: column {column.name!r} is {column.kind}, not TIMESTAMP")
    return quoted(column.name)


def _measure(
    selection: Selection, index: int, entry: ExpectationEntry
) -> Measure | EvaluationError:
    selection.index = index
    build = MEASURES.get(entry.type)
    if build is None:
        return EvaluationError(
            f"{entry.type} can't be part of a suite over a table; "
            f"{did_you_mean(entry.type, MEASURES)}"
        )
    try:
        return build(selection, entry.kwargs)
    except EvaluationError as fault:
        return fault
    except MonitorError as fault:
        return EvaluationError(fault.one_line())
    except KeyError as missing:  # why the suite can't be built is told with file and key
        return EvaluationError(f"{entry.type} needs {missing}")


def _assemble(
    relation: Relation,
    rows: RowsEntry,
    selection: Selection,
    groups: Sequence[str],
    measures: Sequence[Measure | EvaluationError],
    arrival: str | None,
    calendar: Calendar | None,
) -> str:
    made = {index: one for index, one in enumerate(measures) if isinstance(one, Measure)}
    newest = {index: one.newest for index, one in made.items() if one.newest is not None}
    columns = [f"t.{quoted(name)} as g{at}" for at, name in enumerate(groups)]
    columns += [f"t.{path} as {alias}" for path, alias in selection.columns.items()]
    flags = [
        f"{sql} as e{index}_{name}"
        for index, one in made.items()
        for name, sql in one.flags.items()
    ]
    outputs = [
        f"{sql} as e{index}_{name}"
        for index, one in made.items()
        for name, sql in one.outputs.items()
    ]
    outputs += [f"max(newest_{index}.newest) as e{index}_newest" for index in newest]
    ctes = [
        f"instants as (\n{_instants(rows)}\n)",
        f"selected as (\n{_selected(relation, rows, columns, arrival)}\n)",
        f"flagged as (\n{_select(['*', *flags], 'selected')}\n)",
    ]
    for index, one in newest.items():
        ctes.append(f"newest_{index} as (\n{_newest(relation, index, one, rows, arrival)}\n)")
    if calendar is not None:
        ctes.append(f"calendar as (\n{_calendar(calendar)}\n)")
        outputs.append(f"max(calendar.dates) as {EXPECTED}")
        outputs.append(f"max(calendar.last_date) as {CALENDAR_END}")
    keys = [f"g{at}" for at in range(len(groups))]
    final = [
        "instants.as_of",
        # Not by their own names, one of which may be `as_of` or `verdict`.
        *(f"flagged.g{at}" for at in range(len(groups))),
        f"count(flagged.row_as_of) as {ROWS}",
        *outputs,
    ]
    joins = ["left join flagged on flagged.row_as_of = instants.as_of"]
    joins += [
        f"left join newest_{index} on newest_{index}.as_of = instants.as_of" for index in newest
    ]
    if calendar is not None:
        joins.append("left join calendar on calendar.as_of = instants.as_of")
    ctes_text = ",\n\n".join(ctes)
    grouped = f"group by {', '.join(['instants.as_of', *keys])}"
    return f"with {ctes_text}\n\n{_select(final, 'instants', *joins, grouped, indent='')}\n"


def _select(columns: Sequence[str], source: str, *clauses: str, indent: str = "    ") -> str:
    listed = ",\n".join(f"{indent}    {column}" for column in columns)
    tail = "".join(f"\n{indent}{clause}" for clause in clauses)
    return f"{indent}select\n{listed}\n{indent}from {source}{tail}"


def _instants(rows: RowsEntry) -> str:
    if rows.date_column is None:
        return _select(["as_of"], "unnest(@as_of) as as_of")
    return _select(
        ["as_of", "window_first", "window_end"],
        "unnest(@as_of) as as_of with offset as position",
        _beside("@window_first", "window_first"),
        _beside("@window_end", "window_end"),
    )


def _beside(parameter: str, name: str) -> str:
    """An array as a column beside `as_of`, element by element."""
    return f"join unnest({parameter}) as {name} with offset as {name}_at on {name}_at = position"


def _selected(
    relation: Relation, rows: RowsEntry, columns: Sequence[str], arrival: str | None
) -> str:
    read = []
    if rows.date_column is not None:
        column = quoted(rows.date_column)
        read += [f"{column} >= @read_first", f"{column} < @read_end"]
    if rows.where is not None:
        read.append(f"({rows.where}\n)")  # a line of its own, because it may end in a comment
    source = f"select * from {relation}" + (f" where {' and '.join(read)}" if read else "")
    joined = []
    if rows.date_column is not None:
        column = f"t.{quoted(rows.date_column)}"
        joined += [f"{column} >= instants.window_first", f"{column} < instants.window_end"]
    if arrival is not None:
        joined.append(f"(t.{arrival} is null or t.{arrival} <= instants.as_of)")
    return _select(
        ["instants.as_of as row_as_of", *columns],
        "instants",
        f"join ({source}) as t on {' and '.join(joined) or 'true'}",
    )


def _calendar(calendar: Calendar) -> str:
    """How many of the expected dates are in each window, and the last of all."""
    column = quoted(calendar.column)
    window = _select(
        ["as_of", "first_date", "last_date"],
        "unnest(@as_of) as as_of with offset as position",
        _beside("@first_dates", "first_date"),
        _beside("@last_dates", "last_date"),
        indent="        ",
    )
    within = f"t.{column} between reach.first_date and reach.last_date"
    return _select(
        [
            "reach.as_of as as_of",
            f"count(distinct if({within}, t.{column}, null)) as dates",
            f"max(t.{column}) as last_date",
        ],
        f"(\n{window}\n    ) as reach",
        f"cross join {calendar.relation} as t",
        "group by reach.as_of",
    )


def _newest(
    relation: Relation, index: int, newest: Newest, rows: RowsEntry, arrival: str | None
) -> str:
    """The newest value up to each instant; constants prune partitions."""
    prefix = f"@e{index}"
    read = [f"{newest.column} >= {prefix}_first", f"{newest.column} <= {prefix}_last"]
    if rows.date_column is not None:
        column = quoted(rows.date_column)
        read += [f"{column} >= {prefix}_read_first", f"{column} < {prefix}_read_end"]
    if rows.where is not None:
        read.append(f"({rows.where}\n)")
    joined = [f"t.{newest.column} >= reach.lower_bound", f"t.{newest.column} <= reach.upper_bound"]
    if arrival is not None:
        joined.append(f"(t.{arrival} is null or t.{arrival} <= reach.as_of)")
    reach = _select(
        ["as_of", "lower_bound", "upper_bound"],
        "unnest(@as_of) as as_of with offset as position",
        _beside(f"{prefix}_lower", "lower_bound"),
        _beside(f"{prefix}_upper", "upper_bound"),
        indent="        ",
    )
    return _select(
        ["reach.as_of as as_of", f"max(t.{newest.column}) as newest"],
        f"(\n{reach}\n    ) as reach",
        f"join (select * from {relation} where {' and '.join(read)}) as t "
        f"on {' and '.join(joined)}",
        "group by reach.as_of",
    )
