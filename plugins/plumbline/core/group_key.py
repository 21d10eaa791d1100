"""The key of a group: one canonical text and one hash, the same wherever it is written.

Outcomes, incidents, JSON and docs all name a group by this, so that a group seen in one is
found in the others.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

from plumbline.core.instants import exact_rfc3339

KeyValue = str | int | float | bool | None


@dataclass(frozen=True)
class GroupKey:
    """Columns and canonical values, ordered by column name."""

    items: tuple[tuple[str, KeyValue], ...]

    @classmethod
    def of(cls, values: Mapping[str, object]) -> GroupKey:
        """The key of ``values``; dates and instants become ISO 8601 text, instants in UTC."""
        return cls(tuple((column, canonical(values[column])) for column in sorted(values)))

    @classmethod
    def of_text(cls, text: str) -> GroupKey:
        """The key whose canonical text is ``text``."""
        return cls.of(json.loads(text))

    def __iter__(self) -> Iterator[tuple[str, KeyValue]]:
        return iter(self.items)

    def as_dict(self) -> dict[str, KeyValue]:
        """``{column: value}``, as in JSON."""
        return dict(self.items)

    @cached_property
    def text(self) -> str:
        """The canonical text: sorted JSON without spaces, so that no two keys share one."""
        return json.dumps(self.as_dict(), ensure_ascii=False, separators=(",", ":"))

    @cached_property
    def hash(self) -> str:
        """The first 16 hex digits of the SHA-256 of the canonical text."""
        return hashlib.sha256(self.text.encode()).hexdigest()[:16]

    @cached_property
    def label(self) -> str:
        """For people: the bare value of a one-column key, else ``column=value`` pairs."""
        if len(self.items) == 1:
            return shown(self.items[0][1])
        return ", ".join(f"{column}={shown(value)}" for column, value in self.items)


def canonical(value: object) -> KeyValue:
    """``value`` as a key holds it; what stands for NULL in pandas is None, NaN is a value."""
    if value is None or isinstance(value, bool | str):
        return value
    if type(value).__name__ in ("NAType", "NaTType"):  # an instant of pandas is a datetime too
        return None
    if isinstance(value, datetime):
        return exact_rfc3339(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, int):
        return value
    if isinstance(value, Decimal):
        return _of_decimal(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            return "NaN" if math.isnan(value) else str(value)
        return int(value) if value.is_integer() and abs(value) < 2**53 else value
    item = getattr(value, "item", None)
    if callable(item):  # a NumPy scalar
        return canonical(item())
    if type(value).__name__ == "relativedelta":
        return interval_text(value)
    return str(value)


def interval_text(interval: Any) -> str:
    """A relativedelta as BigQuery writes an INTERVAL: ``0-0 3 4:30:0``."""
    months = interval.years * 12 + interval.months
    micros = (
        (interval.hours * 60 + interval.minutes) * 60 + interval.seconds
    ) * 1_000_000 + interval.microseconds
    seconds, rest = divmod(abs(micros), 1_000_000)
    clock = f"{seconds // 3600}:{seconds // 60 % 60}:{seconds % 60}"
    fraction = f".{rest:06d}" if rest else ""
    return (
        f"{'-' if months < 0 else ''}{abs(months) // 12}-{abs(months) % 12} {interval.days} "
        f"{'-' if micros < 0 else ''}{clock}{fraction}"
    )


def _of_decimal(value: Decimal) -> KeyValue:
    """A number where a float holds it exactly, else its digits: two keys must not become one."""
    if not value.is_finite():
        return str(value)
    if value == value.to_integral_value():
        return int(value)
    number = float(value)
    return number if Decimal(repr(number)) == value else format(value.normalize(), "f")


def shown(value: KeyValue) -> str:
    return "NULL" if value is None else str(value)
