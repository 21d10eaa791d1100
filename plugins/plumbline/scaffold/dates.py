"""How the SQL of a new monitor reads the day of a row, and which rows it reads.

Used by ``plumbline new monitor``. The bounds are constants of a query, so that BigQuery reads only
the partitions, or the shards, of these days.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_FIRST = (
    "date_sub(cast('{{{{ var(\"first_date\") }}}}' as date), "
    "interval {{{{ var('days') }}}} + {back} day)"
)
_LAST = "cast('{{ var(\"last_date\") }}' as date)"

FORMATS = {"YYYYMMDD": "%Y%m%d", "YYYY-MM-DD": "%Y-%m-%d"}
"""Dates that are texts, or numbers, as ``--date-format`` calls them and as SQL does."""
DATE_TYPES = ("DATE", "DATETIME", "TIMESTAMP")
_OF_TEXT = {"STRING": ("YYYYMMDD", "YYYY-MM-DD"), "INT64": ("YYYYMMDD",)}

SUFFIX = "_TABLE_SUFFIX"
"""Of shards: the date is the end of the table's name."""


@dataclass(frozen=True)
class Days:
    """SQL over the rows of a table that is called ``rows_read``."""

    day: str
    """The date of a row."""
    bounds: tuple[str, str]
    """Conditions on the first day and the last one."""
    needs_zone: bool
    """Whether a day is one of the project's time zone, which ``zone.timezone`` names."""
    recent: str
    """The condition of a query by hand for the last two weeks, without ``rows_read``."""


def sql_name(column: str) -> str:
    """A column as SQL names it: in backticks where it must stand in them."""
    from sqlglot.dialects.bigquery import BigQuery

    is_plain = re.fullmatch(r"[A-Za-z_]\w*", column, re.ASCII) is not None
    if is_plain and column.lower() not in BigQuery.Generator.RESERVED_KEYWORDS:
        return column
    return f"`{column}`"


def can_be_date(type_: str) -> bool:
    """Whether a column of that type can hold dates."""
    return type_ in DATE_TYPES or type_ in _OF_TEXT


def formats_of(type_: str) -> tuple[str, ...]:
    """How a date can be written in a column of that type; none where the type is one of dates."""
    return _OF_TEXT.get(type_, ())


def days_of(column: str, type_: str, date_format: str, *, back: int) -> Days:
    """How the days of ``column`` are read.

    Args:
        column: of the table, or one that BigQuery adds.
        type_: its GoogleSQL type.
        date_format: of a text or number: a key of `FORMATS`.
        back: how many days before the window are read as well.
    """
    column = sql_name(column)
    name, first = f"rows_read.{column}", _FIRST.format(back=back)
    if type_ == "DATE":
        between = (f"{name} >= {first}", f"{name} <= {_LAST}")
        return Days(name, between, False, f"{column} >= date_sub(current_date(), interval 14 day)")
    if type_ == "DATETIME":
        return Days(
            f"date({name})",
            (f"{name} >= cast({first} as datetime)", f"{name} < cast({_after(1)} as datetime)"),
            False,
            f"{column} >= datetime_sub(current_datetime(), interval 14 day)",
        )
    if type_ == "TIMESTAMP":
        # The days of partitions by ingestion time are UTC's.
        is_of_zone = column.upper() != "_PARTITIONTIME"
        return Days(
            f"date({name}, zone.timezone)" if is_of_zone else f"date({name})",
            (f"{name} >= timestamp({first})", f"{name} < timestamp({_after(2)})"),
            is_of_zone,
            f"{column} >= timestamp_sub(current_timestamp(), interval 14 day)",
        )
    form = FORMATS[date_format]
    texts = [f"format_date('{form}', {day})" for day in (first, _LAST)]
    recent = f"format_date('{form}', date_sub(current_date(), interval 14 day))"
    read = name
    if type_ != "STRING":
        texts = [f"cast({text} as int64)" for text in texts]
        recent, read = f"cast({recent} as int64)", f"cast({name} as string)"
    return Days(
        f"safe.parse_date('{form}', {read})",
        (f"{name} >= {texts[0]}", f"{name} <= {texts[1]}"),
        False,
        f"{column} >= {recent}",
    )


def _after(days: int) -> str:
    return f"date_add({_LAST}, interval {days} day)"
