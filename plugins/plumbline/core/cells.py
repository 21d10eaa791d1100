"""Values out of rows, as JSON holds them and as people read them."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import date, datetime

from plumbline.core.group_key import canonical

_LONGEST = 200
"""Characters of a text."""
_ELEMENTS = 5
"""Of an array."""
_EXACT = 2**53
"""Up to here a float holds every whole number."""
_LONGEST_VALUE = 80
"""Characters of a value in a sentence; JSON holds more of it."""

Cell = str | int | float | bool | None


def cell(value: object) -> Cell:
    """``value`` as JSON can hold it: instants and days as ISO 8601, what is long cut short.

    NaN is the text ``NaN``: only NULL is null. A decimal that no float holds is its digits as text.
    """
    if isinstance(value, list | tuple):
        shown = ", ".join(_element(inner) for inner in value[:_ELEMENTS])
        return f"[{shown}{_more(len(value))}]"
    if isinstance(value, Mapping):
        return _cut(json.dumps({str(k): cell(v) for k, v in value.items()}, ensure_ascii=False))
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    if isinstance(value, float) and math.isfinite(value):
        return float(value)  # a whole number stays the float that it was
    if isinstance(value, datetime | date) or not isinstance(value, bool | int):
        value = canonical(value)
    return _cut(value) if isinstance(value, str) else value


def value_in_words(value: object) -> str:
    """A value as a sentence quotes it: ``'paid'``, ``12``, ``NULL``, ``(a=1, b=2)``."""
    if isinstance(value, Mapping):
        return f"({', '.join(f'{name}={short(inner)}' for name, inner in value.items())})"
    if isinstance(value, list | tuple):
        return f"({', '.join(map(value_in_words, value))})"
    return f"'{short(value)}'" if isinstance(value, str) else short(value)


def short(value: object) -> str:
    """Exact, a whole float without its point, a date as ISO 8601; what is long is cut."""
    shown = cell(value)
    if isinstance(shown, bool):
        return json.dumps(shown)
    if isinstance(shown, float) and shown.is_integer() and abs(shown) < _EXACT:
        shown = int(shown)
    text = "NULL" if shown is None else str(shown)
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 1] + "…"


def _element(value: object) -> str:
    return json.dumps(cell(value), ensure_ascii=False)


def _more(length: int) -> str:
    return f", … {length} in all" if length > _ELEMENTS else ""


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
