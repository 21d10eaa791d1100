"""Refuses a monitor that can't be made, with the option and its fix.

Used by ``plumbline new monitor``, before a file is written.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from plumbline.core.errors import ConfigError, did_you_mean, raise_all
from plumbline.models.syntax import parse_sql
from plumbline.scaffold.dates import DATE_TYPES, can_be_date, formats_of
from plumbline.scaffold.monitor import WITH_SQL, NewMonitor

if TYPE_CHECKING:
    from plumbline.project import Project

NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
OWN_COLUMNS = (
    "as_of",
    "day",
    "arrived_at",
    "first_at",
    "is_counted",
    "rows_there",
    "all_rows",
    "counted_rows",
    "numerator",
    "denominator",
)
"""Of the SQL that is written."""
NO_GROUPS = ("ARRAY", "STRUCT", "JSON", "GEOGRAPHY")
"""Types that are not suitable as group columns."""


def check_monitor(asked: NewMonitor, project: Project) -> None:
    """Refuse what can't be made.

    Raises:
        ConfigError: a name that is none or taken, columns that the table does not have, a ratio
            without a condition, no threshold, thresholds the wrong way round: all at once.
    """
    raise_all(_faults(asked, project))


def check_name(name: str, of: str, key: str) -> None:
    """Refuse a name that is not one file's: it must not lead out of the folder."""
    raise_all(_name_faults(name, of, key))


def _faults(asked: NewMonitor, project: Project) -> Iterator[ConfigError]:
    yield from _name_faults(asked.name, "monitor", "NAME")
    if asked.checkpoint not in project.checkpoint_names():
        yield from _name_faults(asked.checkpoint, "checkpoint", "--checkpoint")
    is_dbts = asked.kind in WITH_SQL and asked.table.model == asked.name
    if project.has_monitor(asked.name) or is_dbts:
        what = "dbt has a model" if is_dbts else "there is a monitor"
        yield ConfigError(f"{what} {asked.name!r}", key="NAME", fix="choose another name")
    yield from _column_faults(asked)
    yield from _date_faults(asked)
    yield from _group_faults(asked)
    yield from _kind_faults(asked)
    yield from _bounds_faults(asked)
    if asked.condition:
        yield from _condition_faults(asked.condition, asked.table.types)


def _column_faults(asked: NewMonitor) -> Iterator[ConfigError]:
    """The columns are the table's, and of a type that their use needs."""
    types = asked.table.types
    named = [("--group-by", one) for one in asked.group_by]
    named += [("--column", one) for one in asked.columns]
    for option, one in (("--date-column", asked.date_column), ("--arrival", asked.arrival)):
        named += [(option, one)] if one else []
    of_table = [(option, asked.table, column) for option, column in named]
    if asked.to is not None:
        of_table.append(("--to", *asked.to))
    for option, table, column in of_table:
        if column not in table.types:
            yield ConfigError(
                f"{table.key} has no column {column!r}",
                key=option,
                fix=did_you_mean(column, table.types),
            )
    if asked.arrival and types.get(asked.arrival, "TIMESTAMP") != "TIMESTAMP":
        yield ConfigError(
            f"{asked.arrival} is {types[asked.arrival]}, which is not a TIMESTAMP",
            key="--arrival",
            fix=_choose(name for name, kind in types.items() if kind == "TIMESTAMP"),
        )


def _choose(names: Iterable[str]) -> str:
    return did_you_mean("", list(names))


def _date_faults(asked: NewMonitor) -> Iterator[ConfigError]:
    types, by = asked.table.types, asked.table.partition_name
    if asked.date_column is not None and asked.date_column not in types:
        return
    if asked.table.require_filter and by and not asked.table.is_partition(asked.date_column):
        yield ConfigError(
            f"BigQuery refuses a query of {asked.table.key} that doesn't filter {by}",
            key="--date-column",
            fix=f"--date-column {by}",
        )
        return
    if asked.date_column is None:
        return
    kind = types[asked.date_column]
    dates = [name for name, of in types.items() if of in DATE_TYPES]
    if not can_be_date(kind) or (asked.kind not in WITH_SQL and not _is_window(asked, kind)):
        yield ConfigError(
            f"{asked.date_column} is {kind}, not a date or timestamp",
            key="--date-column",
            fix=f"{_choose(dates)}; or --no-date, to check all rows",
        )
        return
    formats = formats_of(kind)
    if formats and asked.date_format not in formats:
        yield ConfigError(
            f"{asked.date_column} is {kind}, which holds no dates as {asked.date_format}",
            key="--date-format",
            fix=f"--date-format {' or '.join(formats)}",
        )


def _is_window(asked: NewMonitor, kind: str) -> bool:
    """Whether a suite over a table can have its rows chosen by the dates of the column."""
    return kind in DATE_TYPES or asked.date_column in asked.table.pseudo


def _kind_faults(asked: NewMonitor) -> Iterator[ConfigError]:
    """Each kind has what it needs, and nothing that it would ignore."""
    if asked.kind == "ratio" and not asked.condition:
        yield ConfigError(
            "a ratio needs a condition for the rows that count",
            key="--condition",
            fix='write SQL over the columns, such as "email is not null"; or --kind count',
        )
    if asked.kind in WITH_SQL:
        if asked.columns:
            yield ConfigError(
                f"--kind {asked.kind} checks rows, not a column",
                key="--column",
                fix="write --condition, or --kind freshness, unique or references",
            )
    elif not asked.columns:
        yield ConfigError(
            f"--kind {asked.kind} needs a column", key="--column", fix=_examples(asked)
        )
    if asked.kind in ("freshness", "references") and len(asked.columns) > 1:
        yield ConfigError(
            f"--kind {asked.kind} checks one column", key="--column", fix="write a monitor for each"
        )
    if asked.kind == "freshness":
        types = asked.table.types
        dates = [name for name, kind in types.items() if kind in DATE_TYPES]
        for column in asked.columns:
            if column in types and column not in dates:
                yield ConfigError(
                    f"{column} is {types[column]}, not a time", key="--column", fix=_choose(dates)
                )
        if asked.group_by:
            yield ConfigError(
                "freshness is that of the whole table",
                key="--group-by",
                fix="leave it out, or check the groups by --kind count",
            )
    if (asked.to is None) is (asked.kind == "references"):
        yield ConfigError(
            "references need the column that must hold the value"
            if asked.to is None
            else f"--kind {asked.kind} refers to no other table",
            key="--to",
            fix="--to DATASET.TABLE.COLUMN" if asked.to is None else "leave it out",
        )


def _examples(asked: NewMonitor) -> str:
    if asked.kind == "freshness":
        times = (name for name, kind in asked.table.types.items() if kind in DATE_TYPES)
        return f"--column with the time of a row; {_choose(times)}"
    return f"--column, as {asked.table.columns[0].name}" if asked.table.columns else "add it"


def _bounds_faults(asked: NewMonitor) -> Iterator[ConfigError]:
    """There is a threshold, and they stand in order."""
    options = {
        "--warning": asked.warning,
        "--critical": asked.critical,
        "--warning-above": asked.warning_above,
        "--critical-above": asked.critical_above,
    }
    given = {option: value for option, value in options.items() if value is not None}
    if not given:
        what = "--warning-above, --critical-above or both: the highest acceptable age in hours"
        if asked.kind != "freshness":
            what = (
                "--warning, --critical or both: the lowest acceptable value; or --warning-above, "
                "--critical-above: the highest"
            )
        yield ConfigError("the monitor has no threshold", key="--warning", fix=f"give {what}")
    wrong = [fault for one in given.items() if (fault := _bound_fault(asked.kind, *one))]
    yield from wrong
    if not wrong:
        yield from _order_faults(given)


def _bound_fault(kind: str, option: str, value: float) -> ConfigError | None:
    is_above = option.endswith("-above")
    if not math.isfinite(value):
        return ConfigError(f"{value} is not a valid threshold", key=option, fix="write a number")
    if kind == "freshness" and (not is_above or value <= 0):
        return ConfigError(
            f"{value:g} is not the highest acceptable age",
            key=option,
            fix=f"{option.removesuffix('-above')}-above, in hours above 0",
        )
    if kind in ("unique", "references") and (is_above or not 0 < value <= 100):
        return ConfigError(
            f"{value:g} is not the lowest acceptable percentage of rows",
            key=option,
            fix=f"{option.removesuffix('-above')}, above 0 up to 100",
        )
    return None


def _order_faults(given: Mapping[str, float]) -> Iterator[ConfigError]:
    for lower, higher in (
        ("--critical", "--warning"),
        ("--warning", "--warning-above"),
        ("--critical", "--critical-above"),
        ("--warning-above", "--critical-above"),
        ("--critical", "--warning-above"),
        ("--warning", "--critical-above"),
    ):
        if lower in given and higher in given and given[lower] > given[higher]:
            is_critical_low = (lower, higher) == ("--critical", "--warning")
            yield ConfigError(
                f"the {_words(lower)} threshold {given[lower]:g} is above the {_words(higher)} "
                f"threshold {given[higher]:g}",
                key=lower,
                fix="make the critical threshold the lower one"
                if is_critical_low
                else f"make {lower} the lower one",
            )


def _words(option: str) -> str:
    return {"--warning-above": "upper warning", "--critical-above": "upper critical"}.get(
        option, option.removeprefix("--")
    )


def _name_faults(name: str, of: str, key: str) -> Iterator[ConfigError]:
    if not NAME.fullmatch(name):
        yield ConfigError(
            f"{name!r} is not a valid name for a {of}",
            key=key,
            fix="use lower-case letters, digits and _, starting with a letter",
        )


def _group_faults(asked: NewMonitor) -> Iterator[ConfigError]:
    def fault(what: str, fix: str) -> ConfigError:
        return ConfigError(what, key="--group-by", fix=fix)

    types, own = asked.table.types, {*OWN_COLUMNS, asked.metric}
    for place, column in enumerate(asked.group_by):
        kind = types.get(column, "")
        if column == asked.date_column:
            yield fault(f"{column} is the day, and each day is checked separately", "remove it")
        elif column in asked.group_by[:place]:
            yield fault(f"{column} occurs twice", "list it once")
        elif column in own:
            yield fault(
                f"the model itself has a column {column!r}", "choose another column, or a view"
            )
        elif kind.startswith(NO_GROUPS):
            yield fault(f"{column} is {kind}, which can't be grouped by", "choose another column")


def _condition_faults(condition: str, types: Mapping[str, str]) -> Iterator[ConfigError]:
    import sqlglot
    from sqlglot import exp

    def fault(what: str, fix: str) -> ConfigError:
        return ConfigError(what, key="--condition", fix=fix)

    try:
        tokens = sqlglot.tokenize(condition, read="bigquery")
        tree = parse_sql(condition)
    except sqlglot.errors.SqlglotError as error:
        said = " ".join(str(error).split("\n")[0].split())
        yield fault(f"the condition is not valid SQL: {said}", "write what follows `where`")
        return
    if any(token.comments for token in tokens):
        yield fault("the condition holds a comment", "remove it: the condition becomes one line")
        return
    if tree is None:
        yield fault("the condition is nested too deeply", "write it with fewer structs")
        return
    if isinstance(tree, exp.Alias | exp.Block) or "{{" in condition or "{%" in condition:
        yield fault(
            "the condition is not one expression", "write what follows `where`, without a template"
        )
        return
    unknown = {one.name for one in tree.find_all(exp.Column) if not one.table} - {*types}
    for column in sorted(unknown):
        yield fault(f"the table has no column {column!r}", did_you_mean(column, types))
    if tree.find(exp.Select, exp.Subquery, exp.Command):
        yield fault("the condition reads another table", "use the columns of this table")
    if tree.find(exp.AggFunc, exp.Window):
        yield fault("the condition aggregates rows", "write a condition on single rows")
    kind = None if unknown else _type_of_expression(condition, types)
    if kind not in (None, "BOOL"):
        yield fault(f"the condition is {kind}, not BOOL", "write a comparison: email is not null")


def _type_of_expression(text: str, types: Mapping[str, str]) -> str | None:
    """Its GoogleSQL type; None where only the warehouse can say, as of a function of one's own."""
    import sqlglot
    from sqlglot import exp
    from sqlglot.optimizer.annotate_types import annotate_types
    from sqlglot.optimizer.qualify import qualify

    schema: dict[str, object] = {"asked": dict(types)}
    try:
        query = parse_sql(f"select ({text}) as answer from asked")
        if query is None:
            return None
        query = qualify(query, schema=schema, dialect="bigquery", validate_qualify_columns=False)
        found = annotate_types(query, schema=schema, dialect="bigquery").expressions[0].type
    except sqlglot.errors.SqlglotError:
        return None
    if found is None or found.is_type(exp.DataType.Type.UNKNOWN):
        return None
    return str(found.sql(dialect="bigquery"))
