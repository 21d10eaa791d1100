"""Values of BigQuery's types in Python: from a suite's JSON, and made comparable.

Rows hold what the client makes of each type: int, float, Decimal, bool, str, bytes, date, time,
datetime (TIMESTAMP with a zone, DATETIME without), relativedelta (INTERVAL), dict (STRUCT, RANGE),
list (ARRAY). They compare as BigQuery compares them, but for what this module changes.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Hashable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal, InvalidOperation, localcontext
from typing import Any

from plumbline.core.errors import shown
from plumbline.core.instants import find_zone
from plumbline.warehouse.types import NUMBERS, BigQueryType

EXACT_DIGITS = 15
"""Significant digits that a number in JSON keeps exactly; further ones are rounded."""

_DIGITS = 120
"""More than sums and means of BIGNUMERIC need."""

_NAN = ("NaN",)
"""In place of NaN in a key: ``GROUP BY`` takes all NaN for one value."""

_DATE = r"(\d{4})-(\d{1,2})-(\d{1,2})"
_TIME = r"(\d{1,2}):(\d{1,2}):(\d{1,2})(?:\.(\d{1,6}))?"
_DATE_ONLY = re.compile(_DATE)
_TIME_ONLY = re.compile(_TIME)
_DATE_TIME = re.compile(rf"{_DATE}(?:[ Tt]{_TIME})?")
_ZONE = r"(?:[Zz]|([+-])(\d{1,2})(?::?(\d{2}))?|([A-Za-z][A-Za-z_/+0-9-]+))"
_INSTANT = re.compile(rf"{_DATE}(?:[ Tt]{_TIME})?\s*{_ZONE}?")
_INTERVAL = re.compile(r"([+-]?)(\d+)-(\d+) ([+-]?\d+) ([+-]?)(\d+):(\d+):(\d+)(?:\.(\d{1,6}))?")

_FORMS = {
    "BOOL": "true or false",
    "DATE": 'a text such as "2026-02-01"',
    "TIME": 'a text such as "09:30:00"',
    "DATETIME": 'a text such as "2026-02-01 09:30:00"',
    "TIMESTAMP": 'a text such as "2026-02-01 09:30:00+00:00"',
    "INT64": "a number",
    "FLOAT64": "a number",
    "NUMERIC": "a number, or a text of its digits",
    "BIGNUMERIC": "a number, or a text of its digits",
    "STRING": "a text",
    "INTERVAL": 'a text such as "0-0 3 4:30:00" (years-months days hours)',
}


class ConversionError(ValueError):
    """A value of a suite that is not of the column's type: what is wrong, and the fix."""


def convert(value: object, kind: BigQueryType) -> Any:
    """``value`` of a suite's JSON as a value of ``kind``.

    Texts of dates and times are read as BigQuery reads literals that it coerces; one without a zone
    is UTC. A number stays as precise as it is written.

    Raises:
        ConversionError: it is not one, or BigQuery can't compare values of that type.
    """
    form = _FORMS.get(kind.name)
    if form is None:
        raise ConversionError(
            f"a value in a suite can't be compared with {kind}; let the model return a value of "
            "another type"
        )
    found = _CONVERTERS[kind.name](value)
    if found is None:
        raise ConversionError(f"{shown(value)} is not {_article(kind)}; write {form}")
    return found


def key(value: object) -> Hashable:
    """What is equal exactly where BigQuery groups values together; NULL is None."""
    if isinstance(value, float):
        return _NAN if math.isnan(value) else value
    if isinstance(value, Mapping):
        return tuple((name, key(inner)) for name, inner in value.items())
    if isinstance(value, list | tuple):
        return tuple(key(inner) for inner in value)
    found: Hashable = comparable(value)
    return found


def comparable(value: Any) -> Any:
    """What ``<`` and ``==`` order as BigQuery orders it.

    An INTERVAL is its length. A RANGE, the only mapping that has an order, is its start and then
    its end; without a start it is before all others, without an end after those of its start.
    """
    if isinstance(value, Mapping):
        start, end = value["start"], value["end"]
        return (start is not None, start), (end is None, end)
    return length(value) if hasattr(value, "microseconds") and hasattr(value, "months") else value


def length(interval: Any) -> int:
    """Microseconds of a relativedelta, with months of 30 days, as BigQuery compares them."""
    days = (interval.years * 12 + interval.months) * 30 + interval.days
    seconds = (days * 24 + interval.hours) * 3600 + interval.minutes * 60 + interval.seconds
    return int(seconds) * 1_000_000 + int(interval.microseconds)


def is_nan(value: object) -> bool:
    """NaN is a value; NULL is None."""
    return isinstance(value, float) and math.isnan(value)


def equal(one: Any, other: Any, kind: BigQueryType) -> bool | None:
    """SQL's ``=`` of two values of one type: NaN equals nothing.

    None is NULL: a value is NULL, or a field of a STRUCT whose other fields are equal.
    https://cloud.google.com/bigquery/docs/reference/standard-sql/operators#comparison_operators
    """
    if one is None or other is None:
        return None
    if is_nan(one) or is_nan(other):
        return False
    if kind.name == "STRUCT":
        pairs = zip(one.values(), other.values(), kind.inner, strict=True)
        fields = [equal(a, b, inner) for a, b, inner in pairs]
        return False if False in fields else None if None in fields else True
    return key(one) == key(other)


def exact_sum(values: Sequence[Any]) -> Any:
    """``+`` over values of one type, from the first on: of Decimals with all their digits."""
    with localcontext(prec=_DIGITS):
        return sum(values[1:], values[0])


def common_type(kinds: list[BigQueryType]) -> BigQueryType | None:
    """The type in which values of ``kinds`` are compared; None where BigQuery has none.

    https://cloud.google.com/bigquery/docs/reference/standard-sql/conversion_rules
    """
    names = {kind.name for kind in kinds}
    if len(names) == 1:
        return kinds[0]
    if all(kind.is_number for kind in kinds):
        return max(kinds, key=lambda kind: NUMBERS.index(kind.name))
    if names == {"DATE", "DATETIME"}:
        return BigQueryType("DATETIME")
    return None


def coerce(value: Any, kind: BigQueryType) -> Any:
    """A value that is not NULL, as the value of the wider type ``kind``."""
    if kind.name == "FLOAT64" and isinstance(value, int | Decimal):
        return float(value)
    if kind.name in ("NUMERIC", "BIGNUMERIC") and isinstance(value, int):
        return Decimal(value)
    if kind.name == "DATETIME" and isinstance(value, date) and not isinstance(value, datetime):
        return datetime(value.year, value.month, value.day)  # noqa: DTZ001 - DATETIME has no zone
    return value


def _number(value: object) -> int | float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value


def _decimal(value: object) -> Decimal | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return Decimal(value)
    if isinstance(value, float):
        found = Decimal(repr(value))
        if len(found.normalize().as_tuple().digits) > EXACT_DIGITS:
            raise ConversionError(
                f"{value!r} has more digits than a number in JSON keeps; write it as a text, "
                f'"{value!r}" with all its digits'
            )
        return found
    if isinstance(value, Decimal):
        return value
    if isinstance(value, str):
        try:
            found = Decimal(value)
        except InvalidOperation:
            return None
        return found if found.is_finite() else None
    return None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _bool(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _date(value: object) -> date | None:
    match = _DATE_ONLY.fullmatch(value.strip()) if isinstance(value, str) else None
    try:
        return None if match is None else date(*map(int, match.groups()))
    except ValueError:
        return None


def _time(value: object) -> time | None:
    match = _TIME_ONLY.fullmatch(value.strip()) if isinstance(value, str) else None
    try:
        return None if match is None else time(*_clock(match.groups()))
    except ValueError:
        return None


def _datetime(value: object) -> datetime | None:
    match = _DATE_TIME.fullmatch(value.strip()) if isinstance(value, str) else None
    return None if match is None else _instant(match.groups(), None)


def _timestamp(value: object) -> datetime | None:
    match = _INSTANT.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        return None
    zone = _zone(*match.groups()[7:])
    found = None if zone is None else _instant(match.groups()[:7], zone)
    return None if found is None else found.astimezone(UTC)


def _interval(value: object) -> Any:
    match = _INTERVAL.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        return None
    from dateutil.relativedelta import relativedelta

    months = -1 if match[1] == "-" else 1
    clock = -1 if match[5] == "-" else 1
    hours, minutes, seconds, micros = _clock(match.groups()[5:])
    return relativedelta(
        years=months * int(match[2]),
        months=months * int(match[3]),
        days=int(match[4]),
        hours=clock * hours,
        minutes=clock * minutes,
        seconds=clock * seconds,
        microseconds=clock * micros,
    )


_CONVERTERS: Mapping[str, Callable[[object], Any]] = {
    "BOOL": _bool,
    "DATE": _date,
    "TIME": _time,
    "DATETIME": _datetime,
    "TIMESTAMP": _timestamp,
    "INT64": _number,
    "FLOAT64": _number,
    "NUMERIC": _decimal,
    "BIGNUMERIC": _decimal,
    "STRING": _text,
    "INTERVAL": _interval,
}


def _instant(parts: Any, zone: tzinfo | None) -> datetime | None:
    year, month, day, *clock = parts
    try:
        at = _clock(clock) if clock[0] is not None else (0, 0, 0, 0)
        return datetime(int(year), int(month), int(day), *at, tzinfo=zone)
    except ValueError:
        return None


def _clock(parts: Any) -> tuple[int, int, int, int]:
    hours, minutes, seconds, fraction = parts
    return int(hours), int(minutes), int(seconds), int((fraction or "").ljust(6, "0"))


def _zone(sign: str | None, *rest: str | None) -> tzinfo | None:
    """The zone of an instant: UTC where none is written; None where there is no such zone."""
    hours, minutes, name = rest
    if name is not None:
        return find_zone(name)
    if sign is None:
        return UTC
    offset = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
    if offset > timedelta(hours=14):
        return None
    return timezone(-offset if sign == "-" else offset)


def _article(kind: BigQueryType) -> str:
    return f"{'an' if kind.name[0] in 'AEIO' else 'a'} {kind}"
