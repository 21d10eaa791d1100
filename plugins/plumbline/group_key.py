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

from plumbline.instants import in_utc

KeyValue = str | int | float | bool | None


@dataclass(frozen=True)
class GroupKey:
    """Columns and canonical values, ordered by column name."""

    items: tuple[tuple[str, KeyValue], ...]

    @classmethod
    def of(cls, values: Mapping[str, object]) -> GroupKey:
        """The key of ``values``; dates and instants become ISO 8601 text, instants in UTC."""
        return cls(tuple((column, canonical(values[column])) for column in sorted(values)))

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
    """``value`` as a key holds it; what stands for NULL in pandas is None."""
    if value is None or isinstance(value, bool | str):
        return value
    if type(value).__name__ in ("NAType", "NaTType"):  # an instant of pandas is a datetime too
        return None
    if isinstance(value, datetime):
        return in_utc(value).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, int):
        return value
    if isinstance(value, Decimal):
        value = float(value)
    if isinstance(value, float):
        if math.isnan(value):
            return None
        if math.isinf(value):
            return str(value)
        return int(value) if value.is_integer() and abs(value) < 2**53 else value
    item = getattr(value, "item", None)
    if callable(item):  # a NumPy scalar
        return canonical(item())
    return str(value)


def shown(value: KeyValue) -> str:
    """For people."""
    return "NULL" if value is None else str(value)
