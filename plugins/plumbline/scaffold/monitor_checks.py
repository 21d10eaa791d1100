"""Refuses a monitor that can't be made, with the option and its fix.

Used by ``plumbline new monitor``, before a file is written.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, NoReturn

from plumbline.core.errors import ConfigError, did_you_mean
from plumbline.models.syntax import parse_sql
from plumbline.scaffold.dates import DATE_TYPES, can_be_date, formats_of
from plumbline.scaffold.monitor import WITH_SQL, NewMonitor

if TYPE_CHECKING:
    from plumbline.project import Project
    from plumbline.scaffold.tables import Table

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
        ConfigError: a name that is none or taken, a column that the table does not have, a ratio
            without a condition, no threshold, thresholds the wrong way round.
    """
    check_name(asked.name, "monitor", "NAME")
    if asked.checkpoint not in project.checkpoint_names():
        check_name(asked.checkpoint, "checkpoint", "--checkpoint")
    is_dbts = asked.kind in WITH_SQL and asked.table.model == asked.name
    if project.has_monitor(asked.name) or is_dbts:
        what = "dbt has a model" if is_dbts else "there is a monitor"
        raise ConfigError(f"{what} {asked.name!r}", key="NAME", fix="choose another name")
    _check_columns(asked)
    _check_date(asked)
    _check_groups(asked)
    _check_kind(asked)
    _check_bounds(asked)
    if asked.condition:
        _check_condition(asked.condition, asked.table.types)


def _check_columns(asked: NewMonitor) -> None:
    """The columns are the table's, and of a type that their use needs."""
    types = asked.table.types
    named = [("--group-by", one) for one in asked.group_by]
    named += [("--column", one) for one in asked.columns]
    for option, one in (("--date-column", asked.date_column), ("--arrival", asked.arrival)):
        named += [(option, one)] if one else []
    for option, column in named:
        _check_column(asked.table, column, option)
    if asked.arrival and types[asked.arrival] != "TIMESTAMP":
        raise ConfigError(
            f"{asked.arrival} is {types[asked.arrival]}, which is not a TIMESTAMP",
            key="--arrival",
            fix=_choose(name for name, kind in types.items() if kind == "TIMESTAMP"),
        )
    if asked.to is not None:
        _check_column(*asked.to, "--to")


def _check_column(table: Table, column: str, option: str) -> None:
    if column not in table.types:
        raise ConfigError(
            f"{table.key} has no column {column!r}",
            key=option,
            fix=did_you_mean(column, table.types),
        )


def _choose(names: Iterable[str]) -> str:
    return did_you_mean("", list(names))


def _check_date(asked: NewMonitor) -> None:
    if asked.date_column is None:
        return
    types = asked.table.types
    kind = types[asked.date_column]
    dates = [name for name, of in types.items() if of in DATE_TYPES]
    if not can_be_date(kind) or (asked.kind not in WITH_SQL and not _is_window(asked, kind)):
        raise ConfigError(
            f"{asked.date_column} is {kind}, not a date or timestamp",
            key="--date-column",
            fix=f"{_choose(dates)}; or --no-date, to check all rows",
        )
    formats = formats_of(kind)
    if formats and asked.date_format not in formats:
        raise ConfigError(
            f"{asked.date_column} is {kind}, which holds no dates as {asked.date_format}",
            key="--date-format",
            fix=f"--date-format {' or '.join(formats)}",
        )


def _is_window(asked: NewMonitor, kind: str) -> bool:
    """Whether a suite over a table can have its rows chosen by the dates of the column."""
    return kind in DATE_TYPES or asked.date_column in asked.table.pseudo


def _check_kind(asked: NewMonitor) -> None:
    """Each kind has what it needs, and nothing that it would ignore."""
    if asked.kind == "ratio" and not asked.condition:
        raise ConfigError(
            "a ratio needs a condition for the rows that count",
            key="--condition",
            fix='write SQL over the columns, such as "email is not null"; or --kind count',
        )
    if asked.kind in WITH_SQL:
        if asked.columns:
            raise ConfigError(
                f"--kind {asked.kind} checks rows, not a column",
                key="--column",
                fix="write --condition, or --kind freshness, unique or references",
            )
    elif not asked.columns:
        raise ConfigError(
            f"--kind {asked.kind} needs a column", key="--column", fix=_examples(asked)
        )
    if asked.kind in ("freshness", "references") and len(asked.columns) > 1:
        raise ConfigError(
            f"--kind {asked.kind} checks one column", key="--column", fix="write a monitor for each"
        )
    if asked.kind == "freshness":
        kind = asked.table.types[asked.columns[0]]
        if kind not in DATE_TYPES:
            dates = (name for name, of in asked.table.types.items() if of in DATE_TYPES)
            raise ConfigError(
                f"{asked.columns[0]} is {kind}, not a time", key="--column", fix=_choose(dates)
            )
        if asked.group_by:
            raise ConfigError(
                "freshness is that of the whole table",
                key="--group-by",
                fix="leave it out, or check the groups by --kind count",
            )
    if (asked.to is None) is (asked.kind == "references"):
        raise ConfigError(
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


def _check_bounds(asked: NewMonitor) -> None:
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
        raise ConfigError("the monitor has no threshold", key="--warning", fix=f"give {what}")
    for option, value in given.items():
        if not math.isfinite(value):
            raise ConfigError(f"{value} is not a valid threshold", key=option, fix="write a number")
        is_above = option.endswith("-above")
        if asked.kind == "freshness" and (not is_above or value <= 0):
            raise ConfigError(
                f"{value:g} is not the highest acceptable age",
                key=option,
                fix=f"{option.removesuffix('-above')}-above, in hours above 0",
            )
        if asked.kind in ("unique", "references") and (is_above or not 0 < value <= 100):
            raise ConfigError(
                f"{value:g} is not the lowest acceptable percentage of rows",
                key=option,
                fix=f"{option.removesuffix('-above')}, above 0 up to 100",
            )
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
            raise ConfigError(
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


def check_name(name: str, of: str, key: str) -> None:
    """Refuse a name that is not one file's: it must not lead out of the folder."""
    if not NAME.fullmatch(name):
        raise ConfigError(
            f"{name!r} is not a valid name for a {of}",
            key=key,
            fix="use lower-case letters, digits and _, starting with a letter",
        )


def _check_groups(asked: NewMonitor) -> None:
    def refuse(what: str, fix: str) -> NoReturn:
        raise ConfigError(what, key="--group-by", fix=fix)

    types, own = asked.table.types, {*OWN_COLUMNS, asked.metric}
    for place, column in enumerate(asked.group_by):
        if column == asked.date_column:
            refuse(f"{column} is the day, and each day is checked separately", "remove it")
        if column in asked.group_by[:place]:
            refuse(f"{column} occurs twice", "list it once")
        if column in own:
            refuse(f"the model itself has a column {column!r}", "choose another column, or a view")
        if types[column].startswith(NO_GROUPS):
            refuse(
                f"{column} is {types[column]}, which can't be grouped by", "choose another column"
            )


def _check_condition(condition: str, types: Mapping[str, str]) -> None:
    import sqlglot
    from sqlglot import exp

    def refuse(what: str, fix: str) -> NoReturn:
        raise ConfigError(what, key="--condition", fix=fix)

    try:
        tokens = sqlglot.tokenize(condition, read="bigquery")
        tree = parse_sql(condition)
    except sqlglot.errors.SqlglotError as fault:
        said = " ".join(str(fault).split("\n")[0].split())
        refuse(f"the condition is not valid SQL: {said}", "write what follows `where`")
    if any(token.comments for token in tokens):
        refuse("the condition holds a comment", "remove it: the condition becomes one line")
    if tree is None:
        refuse("the condition is nested too deeply", "write it with fewer structs")
    if isinstance(tree, exp.Alias | exp.Block) or "{{" in condition or "{%" in condition:
        refuse(
            "the condition is not one expression", "write what follows `where`, without a template"
        )
    for column in tree.find_all(exp.Column):
        if column.name not in types and not column.table:
            refuse(f"the table has no column {column.name!r}", did_you_mean(column.name, types))
    if tree.find(exp.Select, exp.Subquery, exp.Command):
        refuse("the condition reads another table", "use the columns of this table")
    if tree.find(exp.AggFunc, exp.Window):
        refuse("the condition aggregates rows", "write a condition on single rows")
    kind = _type_of_expression(condition, types)
    if kind not in (None, "BOOL"):
        refuse(f"the condition is {kind}, not BOOL", "write a comparison: email is not null")


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
