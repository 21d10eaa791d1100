"""The one statement of a suite over a table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from plumbline.core.errors import MonitorError
from plumbline.core.group_key import GroupKey
from plumbline.core.masking import named_columns, personal_among
from plumbline.core.parameter import Parameter
from plumbline.evaluate.errors import EvaluationError
from plumbline.evaluate.pushdown.catalogue import MEASURES, refusal_of
from plumbline.evaluate.pushdown.faults import RowFilter
from plumbline.evaluate.pushdown.measure import Answer, Measure, Resolve, Selection
from plumbline.evaluate.pushdown.places import ELEMENTS, Arrays, quoted
from plumbline.evaluate.pushdown.source import Calendar, Source, select
from plumbline.evaluate.pushdown.window import (
    Window,
    calendar_parameters,
    newest_parameters,
    window_of,
    window_parameters,
)
from plumbline.evaluate.table import Table
from plumbline.models.compiled import CompiledModel
from plumbline.models.drilldown import FailingGroups
from plumbline.models.relations import Relation
from plumbline.project.suites import ExpectationEntry, RowsEntry, Suite
from plumbline.warehouse.result import QueryResult, ResultColumn

ROWS = "plumbline_rows"
"""The output with the number of rows of the group."""
EXPECTED = "plumbline_expected_dates"
CALENDAR_BEGIN, CALENDAR_END = "plumbline_calendar_begin", "plumbline_calendar_end"
"""With a calendar: how many of its dates are in the window, its first and its last date."""


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
    batch: CompiledModel | None = None
    """The rows that are judged, for expectations that are queries over them."""
    second: CompiledModel | None = None
    """A second statement, with the measures for which the first has no room."""
    where: RowFilter | None = None
    plan: _Plan | None = field(default=None, repr=False, compare=False)

    @property
    def statements(self) -> tuple[CompiledModel, ...]:
        """What is sent, a job each."""
        return (self,) if self.second is None else (self, self.second)

    def joined(self, answers: Sequence[QueryResult]) -> QueryResult:
        """The answers of all statements as one: a row for each instant and group.

        Raises:
            MonitorError: they have other rows, because the table changed between the jobs.
        """
        first, *others = answers
        for other in others:
            by_key = {self._row_key(row): row for row in other.rows}
            keys = [self._row_key(row) for row in first.rows]
            if len(by_key) != len(keys) or by_key.keys() != set(keys):
                raise MonitorError(
                    f"{self.sources[0]} changed while two jobs read it", fix="run it again"
                )
            rows = [{**by_key[key], **row} for key, row in zip(keys, first.rows, strict=True)]
            first = first.with_job(other, rows)
        return first

    def failing_rows(self, failed: Iterable[int], groups: FailingGroups) -> CompiledModel | None:
        """The query for the rows that failed expectations count.

        Args:
            failed: the indexes of these.
            groups: those that fail.

        Returns:
            None where no expectation is about single rows of the table.
        """
        return None if self.plan is None else self.plan.failing_rows(failed, groups)

    def _row_key(self, row: Mapping[str, Any]) -> tuple[Any, ...]:
        return (row["as_of"], GroupKey.of(self.key(row)), row[ROWS])

    def count_rows(self, rows: Sequence[Mapping[str, Any]]) -> int:
        """How many rows of the table the statement counted."""
        return sum(row[ROWS] for row in rows)

    def samples(self, rows: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
        """Values that the rows hold of the table's columns, one a mapping."""
        for row in rows:
            yield self.key(row)
            for index, one in enumerate(self.measures):
                if isinstance(one, Measure) and one.columns:
                    yield from one.values(self.answer(row, index))

    def key(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """The values of the columns of ``group_by`` in one row."""
        return {name: row[f"g{at}"] for at, name in enumerate(self.groups)}

    def answer(self, row: Mapping[str, Any], index: int) -> Answer:
        """The outputs of the measure of an expectation in one row."""
        measure = self.measures[index]
        if isinstance(measure, EvaluationError):
            return {}
        names = measure.outputs if measure.newest is None else (*measure.outputs, "newest")
        return {name: row[f"e{index}_{name}"] for name in names}


def compile_table(
    suite: Suite,
    relation: Relation,
    schema: Sequence[ResultColumn],
    *,
    fields: Mapping[str, str] = MappingProxyType({}),
    as_of: Sequence[datetime],
    zone: ZoneInfo,
    resolve: Resolve,
    personal: frozenset[str] = frozenset(),
    calendar: Calendar | None = None,
    pseudo: Sequence[ResultColumn] = (),
) -> CompiledTable:
    """The statement of ``suite`` over the table ``relation``.

    Args:
        suite: with ``table``.
        relation: the table.
        schema: its columns; fields of a STRUCT also by their path.
        fields: all columns and fields by their path, with type and mode.
        as_of: the instants that are judged.
        zone: of the project's dates.
        resolve: finds another table and its metadata by its name in a suite.
        personal: columns whose values are masked.
        calendar: the dates on which rows are expected; None: every date.
        pseudo: columns that BigQuery adds to the table.

    Raises:
        MonitorError: the window, the filter or the groups can't be.
    """
    entry = suite.monitor
    rows = entry.rows or RowsEntry()
    table = Table(schema, (), lacks=f"table {relation.key} has", fields=fields)
    instants = tuple(dict.fromkeys(one.astimezone(UTC) for one in as_of))
    try:
        groups = tuple(table.column(name).name for name in entry.group_by)
        source = Source.of(relation, rows, table, pseudo)
        bounds = window_parameters(instants, rows, source.date, zone) if source.date else ()
    except EvaluationError as fault:
        raise MonitorError(str(fault), file=suite.file, key="meta.monitor") from None
    windows = {one: window_of(one, rows, zone) for one in instants} if source.date else {}
    named = {name for one in suite.entry.expectations for name in named_columns(one.kwargs)}
    plan = _Plan(
        suite,
        table,
        source,
        groups,
        instants,
        (Parameter("as_of", "ARRAY<TIMESTAMP>", instants), *bounds),
        windows,
        zone,
        resolve,
        personal_among(personal, {*named, *groups}),
        calendar,
    )
    statements = plan.statements()
    (statement, measures), *more = statements
    for _, others in more:
        measures |= others
    names = {name for one in measures.values() if isinstance(one, Measure) for name in one.columns}
    return CompiledTable(
        name=suite.monitor_name,
        sql=statement.sql,
        parameters=statement.parameters,
        sources=tuple(dict.fromkeys(key for one, _ in statements for key in one.sources)),
        variables=(),
        grain=groups,
        personal=personal_among(plan.personal, names),
        measures=tuple(measures[index] for index in range(len(measures))),
        groups=groups,
        windows=windows,
        calendar=calendar,
        arrival=rows.arrival,
        batch=plan.model(source.batch, plan.parameters),
        second=more[0][0] if more else None,
        where=None
        if rows.where is None
        else RowFilter(
            rows.where, suite.file, relation, (*table.names, *(one.name for one in pseudo))
        ),
        plan=plan,
    )


Measures: TypeAlias = dict[int, Measure | EvaluationError]
"""By the index of their expectation."""


@dataclass(frozen=True)
class _Plan:
    """What the statements of a suite have in common."""

    suite: Suite
    table: Table
    source: Source
    groups: tuple[str, ...]
    instants: tuple[datetime, ...]
    parameters: tuple[Parameter, ...]
    """Of the window."""
    windows: Mapping[datetime, Window]
    zone: ZoneInfo
    resolve: Resolve
    personal: frozenset[str]
    calendar: Calendar | None

    def statements(self) -> list[tuple[CompiledModel, Measures]]:
        """One statement, or two where BigQuery's limits don't allow one.

        Raises:
            MonitorError: they don't allow two either.
        """
        count = len(self.suite.entry.expectations)
        whole = self.statement(range(count))
        if _is_allowed(*whole):
            return [whole]
        halves = [self.statement(range(count // 2)), self.statement(range(count // 2, count))]
        if all(_is_allowed(*half) for half in halves):
            return halves
        raise MonitorError(
            f"{count:,} expectations are more than two BigQuery jobs can hold",
            file=self.suite.file,
            key="expectations",
            fix="split them into several suites over the table",
        )

    def statement(self, indexes: Iterable[int]) -> tuple[CompiledModel, Measures]:
        """The statement of some expectations, and how each is measured."""
        selection = Selection(self.table, _keys(self.groups), self.resolve)
        entries = self.suite.entry.expectations
        measures: Measures = {
            index: _measure(selection, index, entries[index], self.personal) for index in indexes
        }
        made = {index: one for index, one in measures.items() if isinstance(one, Measure)}
        parameters = list(self.parameters)
        if self.calendar is not None:
            parameters += calendar_parameters(list(self.windows.values()))
            parameters += self.calendar.parameters
        for index, one in made.items():
            if one.newest is not None:
                parameters += newest_parameters(
                    index, one.newest, self.instants, self.source.date, self.zone
                )
        sql = _assemble(self.source, selection, self.groups, made, self.calendar)
        parameters += selection.parameters.values()
        return self.model(sql, tuple(parameters), selection.others), measures

    def failing_rows(self, failed: Iterable[int], groups: FailingGroups) -> CompiledModel | None:
        """See `CompiledTable.failing_rows`."""
        selection = Selection(self.table, _keys(self.groups), self.resolve)
        entries = self.suite.entry.expectations
        made: dict[int, Measure] = {}
        for index in failed:
            found = _measure(selection, index, entries[index], self.personal)
            if isinstance(found, Measure) and not found.arrays and "wrong" in found.flags:
                made[index] = found
        if not made:
            return None
        columns = ["t as source_row", "instants.as_of as row_as_of"]
        columns += [f"t.{quoted(name)} as g{at}" for at, name in enumerate(self.groups)]
        columns += [f"t.{path} as {alias}" for path, alias in selection.columns[()].items()]
        ctes = ",\n\n".join(
            (
                f"instants as (\n{self.source.instants}\n)",
                f"selected as (\n{self.source.selected(columns)}\n)",
                f"flagged as (\n{_flagged(made, (), 'selected')}\n)",
            )
        )
        wrong = " or ".join(f"e{index}_wrong" for index in made)
        conditions = [f"({wrong})"]
        if self.groups:
            asked = {name: f"g{at}" for at, name in enumerate(self.groups)}
            conditions.append(groups.condition(asked))
        final = select(["source_row.*"], "flagged", f"where {' and '.join(conditions)}", indent="")
        parameters = (*self.parameters, *selection.parameters.values())
        return self.model(f"with {ctes}\n\n{final}\n", parameters, selection.others)

    def model(
        self, sql: str, parameters: tuple[Parameter, ...], others: Iterable[str] = ()
    ) -> CompiledModel:
        """A statement as a job takes it."""
        calendar = self.calendar.sources if self.calendar else ()
        sources = dict.fromkeys((self.source.relation.key, *others, *calendar))
        return CompiledModel(self.suite.monitor_name, sql, parameters, tuple(sources), (), ())


MOST_BYTES, MOST_COLUMNS, MOST_PARAMETERS = 1_000_000, 10_000, 10_000
"""Of a statement's text, its result and its parameters: https://cloud.google.com/bigquery/quotas#query_jobs"""
_OWN_COLUMNS = 10
"""Of a result beside groups and outputs; at most."""


def _is_allowed(statement: CompiledModel, measures: Measures) -> bool:
    outputs = sum(
        len(one.outputs) + (one.newest is not None)
        for one in measures.values()
        if isinstance(one, Measure)
    )
    return (
        len(statement.sql.encode()) <= MOST_BYTES
        and outputs <= MOST_COLUMNS - _OWN_COLUMNS
        and len(statement.parameters) <= MOST_PARAMETERS
    )


def _measure(
    selection: Selection, index: int, entry: ExpectationEntry, personal: frozenset[str]
) -> Measure | EvaluationError:
    selection.begin(index)
    build = MEASURES.get(entry.type)
    if build is None:
        return EvaluationError("; ".join(refusal_of(entry.type)))
    try:
        found = build(selection, entry.kwargs)
        if found.query is not None and personal:
            return EvaluationError(
                "a query may return values of personal columns under other names, which can't be "
                "masked; write a model that returns the rows"
            )
        return replace(found, arrays=selection.arrays)
    except EvaluationError as fault:
        return EvaluationError(f"{fault}{_of_elements(selection.table, entry)}")
    except MonitorError as fault:
        return EvaluationError(fault.one_line())
    except Exception as raised:  # noqa: BLE001 - a wrong argument, which building the suite tells
        return EvaluationError(f"{entry.type}: {type(raised).__name__}: {raised}")


def _of_elements(table: Table, entry: ExpectationEntry) -> str:
    """How to look into an array that an expectation can't judge as a whole."""
    name = str(entry.kwargs.get("column", ""))
    if not table.has(name) or table.column(name).kind.name != "ARRAY":
        return ""
    return f"; write {name}{ELEMENTS} for its elements"


def _assemble(
    source: Source,
    selection: Selection,
    groups: Sequence[str],
    made: Mapping[int, Measure],
    calendar: Calendar | None,
) -> str:
    newest = {index: one.newest for index, one in made.items() if one.newest is not None}
    columns = ["instants.as_of as row_as_of"]
    columns += [f"t.{quoted(name)} as g{at}" for at, name in enumerate(groups)]
    columns += [f"t.{path} as {alias}" for path, alias in selection.columns[()].items()]
    outputs = [*_outputs(made, ()), *(f"max(newest_{at}.newest) as e{at}_newest" for at in newest)]
    ctes = [
        f"instants as (\n{source.instants}\n)",
        f"selected as (\n{source.selected(columns)}\n)",
        f"flagged as (\n{_flagged(made, (), 'selected')}\n)",
    ]
    joins = ["left join flagged on flagged.row_as_of = instants.as_of"]
    for name, level, found in _elements(selection, made):
        ctes += found
        if not _names(made, level):  # only leads to an array within
            continue
        same = [f"{name}.of_{one} is not distinct from flagged.{one}" for one in _keys(groups)]
        joined = " and ".join((f"{name}.of_row_as_of = instants.as_of", *same))
        joins.append(f"left join {name} on {joined}")
        outputs += [f"any_value({name}.{one}) as {one}" for one in _names(made, level)]
    for index, one in newest.items():
        ctes.append(f"newest_{index} as (\n{source.newest(index, one)}\n)")
        joins.append(f"left join newest_{index} on newest_{index}.as_of = instants.as_of")
    if calendar is not None:
        ctes.append(f"calendar as (\n{calendar.sql}\n)")
        outputs.append(f"max(calendar.dates) as {EXPECTED}")
        outputs.append(f"min(calendar.begins) as {CALENDAR_BEGIN}")
        outputs.append(f"max(calendar.ends) as {CALENDAR_END}")
        joins.append("left join calendar on calendar.as_of = instants.as_of")
    final = [
        "instants.as_of",
        # Not by their own names, one of which may be `as_of` or `verdict`.
        *(f"flagged.g{at}" for at in range(len(groups))),
        f"count(flagged.row_as_of) as {ROWS}",
        *outputs,
    ]
    ctes_text = ",\n\n".join(ctes)
    grouped = f"group by {', '.join(['instants.as_of', *_keys(groups)])}"
    return f"with {ctes_text}\n\n{select(final, 'instants', *joins, grouped, indent='')}\n"


def _elements(
    selection: Selection, made: Mapping[int, Measure]
) -> Iterator[tuple[str, Arrays, list[str]]]:
    """For each array: the CTE that counts its elements, and the CTEs up to that one."""
    levels = sorted(selection.columns, key=len)
    suffixes = {level: f"_{at}" if at else "" for at, level in enumerate(levels)}
    keys = ["row_as_of", *_keys(selection.groups)]
    for level in levels[1:]:
        outer, suffix = f"selected{suffixes[level[:-1]]}", suffixes[level]
        array = selection.columns[level[:-1]][level[-1]]
        values = [
            f"{'.'.join(filter(None, ('element', path)))} as {alias}"
            for path, alias in selection.columns[level].items()
        ]
        source = f"{outer} cross join unnest({outer}.{array}) as element"
        counts = select(
            [*(f"{one} as of_{one}" for one in keys), *_outputs(made, level)],
            f"flagged{suffix}",
            f"group by {', '.join(keys)}",
        )
        ctes = [f"selected{suffix} as (\n{select([f'{outer}.*', *values], source)}\n)"]
        if _names(made, level):
            ctes.append(f"flagged{suffix} as (\n{_flagged(made, level, f'selected{suffix}')}\n)")
            ctes.append(f"counted{suffix} as (\n{counts}\n)")
        yield f"counted{suffix}", level, ctes


def _flagged(made: Mapping[int, Measure], arrays: Arrays, source: str) -> str:
    flags = [
        f"{sql} as e{index}_{name}"
        for index, one in made.items()
        if one.arrays == arrays
        for name, sql in one.flags.items()
    ]
    return select(["*", *flags], source)


def _outputs(made: Mapping[int, Measure], arrays: Arrays) -> list[str]:
    return [
        f"{sql} as e{index}_{name}"
        for index, one in made.items()
        if one.arrays == arrays
        for name, sql in one.outputs.items()
    ]


def _names(made: Mapping[int, Measure], arrays: Arrays) -> list[str]:
    return [
        f"e{index}_{name}"
        for index, one in made.items()
        if one.arrays == arrays
        for name in one.outputs
    ]


def _keys(groups: Sequence[str]) -> list[str]:
    return [f"g{at}" for at in range(len(groups))]
