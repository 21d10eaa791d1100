"""Outcomes in words: numbers with their unit, and the one line that a person reads first."""

from __future__ import annotations

from collections.abc import Sequence

_NAMED = 5


def number(value: float | None, unit: str = "") -> str:
    """``44.2 %``, ``281 predictions``, ``1 prediction``; ``NULL`` for nothing."""
    if value is None:
        return "NULL"
    if unit == "%":
        return f"{value:.1f} %"
    text = f"{value:.0f}" if float(value).is_integer() else f"{value:.1f}"
    return f"{text} {singular(unit) if text == '1' else unit}".rstrip()


def singular(unit: str) -> str:
    """``game`` for ``games``, ``query`` for ``queries``; other words as they are."""
    if unit.endswith("ies"):
        return unit[:-3] + "y"
    plural = len(unit) > 2 and unit.endswith("s") and not unit.endswith("ss")
    return unit[:-1] if plural else unit


def unit_of(column: str, observed_column: str | None, unit: str) -> str:
    """The unit of a column: percentages end in ``_pct``; the observed column has the suite's."""
    if column.endswith("_pct"):
        return "%"
    return unit if column == observed_column else ""


def listing(names: Sequence[str], limit: int = _NAMED) -> str:
    """``a, b, c and 7 more``."""
    if len(names) <= limit:
        return ", ".join(names)
    return f"{', '.join(names[:limit])} and {len(names) - limit} more"
