"""A sample of the rows that failed, for people to look at: in the docs and where an outcome goes.

Values are plain and short, those of personal columns pseudonyms; see `plumbline.core.masking`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from typing import Any

from plumbline.checks.judged import JudgedExpectation
from plumbline.core.cells import cell
from plumbline.core.failure import MOST_SAMPLES, FailingColumn, FailingRows

_EVERYWHERE = ("as_of", "verdict", "reason")
"""Columns that are left out where they say the same in each row."""


def sample_failing(
    results: Sequence[JudgedExpectation],
    rows: Sequence[Mapping[str, Any]],
    personal: Set[str] = frozenset(),
) -> FailingRows | None:
    """The rows that made expectations fail, those of critical ones first.

    None where nothing failed at ``warning`` or worse, or no row of its own is to blame (a count
    of rows).

    Args:
        rows: the judged rows, masked, in the order in which they were judged.
        personal: the columns that are masked.
    """
    failed = [result for result in results if result.status.severity]
    failed.sort(key=lambda result: -result.status.severity)
    positions = dict.fromkeys(
        position for result in failed for position in result.failing if 0 <= position < len(rows)
    )
    if not positions:
        return None
    shown = [rows[position] for position in list(positions)[:MOST_SAMPLES]]
    names = [name for name in shown[0] if not _is_everywhere(name, shown)]
    return FailingRows(
        columns=tuple(FailingColumn(name, name in personal) for name in names),
        rows=tuple(tuple(cell(row[name]) for name in names) for row in shown),
        total=len(positions),
    )


def _is_everywhere(name: str, rows: Sequence[Mapping[str, Any]]) -> bool:
    return name in _EVERYWHERE and all(row[name] == rows[0][name] for row in rows)
