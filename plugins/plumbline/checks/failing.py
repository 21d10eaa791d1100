"""A sample of the rows that failed, for people to look at: in the docs and where an outcome goes.

Values are plain and short, those of personal columns pseudonyms; see `plumbline.core.masking`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from plumbline.checks.judged import RANK, JudgedExpectation
from plumbline.core.group_key import canonical

MOST = 50
"""Rows of a sample."""
_LONGEST = 200
"""Characters of a text."""
_ELEMENTS = 5
"""Of an array."""
_EVERYWHERE = ("as_of", "verdict", "reason")
"""Columns that are left out where they say the same in each row."""

Cell = str | int | float | bool | None


@dataclass(frozen=True)
class Column:
    """A column of failing rows."""

    name: str
    personal: bool = False
    """Tagged as personal in ``schema.yml``: its values are pseudonyms."""


@dataclass(frozen=True)
class FailingRows:
    """A sample of the rows that failed."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[object, ...], ...]
    """One value a column, fit for JSON; worst first, as far as that is known."""
    total: int
    """How many rows failed in all."""


def sample_failing(
    results: Sequence[JudgedExpectation],
    rows: Sequence[Mapping[str, Any]],
    personal: Set[str] = frozenset(),
) -> FailingRows | None:
    """The rows that made expectations fail, those of critical ones first.

    None where nothing failed at ``warning`` or worse, or no row of its own is to blame (a count
    of rows).

    Args:
        results: the evaluated expectations.
        rows: the judged rows, masked, in the order in which they were judged.
        personal: the columns that are masked.
    """
    failed = [result for result in results if RANK[result.status]]
    failed.sort(key=lambda result: -RANK[result.status])
    positions = dict.fromkeys(
        position for result in failed for position in result.failing if 0 <= position < len(rows)
    )
    if not positions:
        return None
    shown = [rows[position] for position in list(positions)[:MOST]]
    names = [name for name in shown[0] if not _is_everywhere(name, shown)]
    return FailingRows(
        columns=tuple(Column(name, name in personal) for name in names),
        rows=tuple(tuple(cell(row[name]) for name in names) for row in shown),
        total=len(positions),
    )


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


def _element(value: object) -> str:
    return json.dumps(cell(value), ensure_ascii=False)


def _more(length: int) -> str:
    return f", … {length} in all" if length > _ELEMENTS else ""


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _is_everywhere(name: str, rows: Sequence[Mapping[str, Any]]) -> bool:
    return name in _EVERYWHERE and all(row[name] == rows[0][name] for row in rows)
