"""Charts: small ones as inline SVG, drawn when the site is built; large ones as data for uPlot.

A small chart is a polyline, its thresholds as steps and marks where it was wrong, in units of
its own box. It carries a sentence that says the same to a screen reader. Colours come from the
style sheet alone, so that dark mode and print need no second drawing.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from plumbline.alerts.incidents.model import Incident
from plumbline.core.status import Status
from plumbline.core.text import amount, count
from plumbline.site.changes import SuiteChange
from plumbline.site.rows import RunRow
from plumbline.site.view_models import GroupSeries, SeriesPoint

_PAD = 3.0


@dataclass(frozen=True)
class Scale:
    """The values at the lower and the upper edge of a chart."""

    low: float
    high: float

    @classmethod
    def around(cls, values: Iterable[float], *, unit: str = "", whole: bool = False) -> Scale:
        """A scale that holds ``values``; ``whole`` shows percentages from 0 to 100."""
        known = [value for value in values if math.isfinite(value)]
        if not known:
            return cls(0.0, 1.0)
        low, high = min(known), max(known)
        if whole:
            low, high = min(low, 0.0), max(high, 100.0 if unit == "%" else high)
        if low == high:
            # Beyond 2^53, floats are more than a half apart.
            margin = max(0.5, 4 * math.ulp(low))
            low, high = low - margin, high + margin
        return cls(low, high)


@dataclass(frozen=True)
class Mark:
    """The failing runs of one status, in the chart's units: a path of strokes without a length,
    whose round caps are dots."""

    status: Status
    path: str


@dataclass(frozen=True)
class Step:
    severity: str
    points: str


@dataclass(frozen=True)
class SmallChart:
    """A chart of ``width`` x ``height`` units, ready for a template."""

    width: int
    height: int
    lines: tuple[str, ...]
    """``points`` of polylines; a gap lies between two."""
    steps: tuple[Step, ...]
    marks: tuple[Mark, ...]
    label: str
    """The same in a sentence."""


def small_chart(
    points: Sequence[SeriesPoint],
    *,
    unit: str,
    width: int = 120,
    height: int = 32,
    scale: Scale | None = None,
    span: tuple[datetime, datetime] | None = None,
) -> SmallChart:
    """A line of observed values, with the thresholds of that time.

    Args:
        points: oldest first.
        width: in units of the chart's own box, as ``height``.
        scale: where several charts share one.
        span: the instants at the left and the right edge, where several charts share them.
    """
    scale = scale or Scale.around(_values(points))
    start, end = span or ((points[0].at, points[-1].at) if points else (None, None))
    seconds = (end - start).total_seconds() if start and end else 0.0

    def x(at: datetime) -> float:
        share = (at - start).total_seconds() / seconds if start and seconds else 1.0
        return _PAD + share * (width - 2 * _PAD)

    def y(value: float) -> float:
        share = (value - scale.low) / (scale.high - scale.low)
        return _PAD + (1 - min(max(share, 0.0), 1.0)) * (height - 2 * _PAD)

    lines: list[list[str]] = [[]]
    marks: dict[Status, list[str]] = {}
    for point in points:
        left, top = _short(x(point.at)), _short(height - _PAD)
        if point.observed is None or not math.isfinite(point.observed):
            lines.append([])
        else:
            top = _short(y(point.observed))
            lines[-1].append(f"{left},{top}")
        if point.status.is_failing:
            marks.setdefault(point.status, []).append(f"M{left} {top}h0")
    drawn = []
    for line in lines:
        if len(line) == 1:  # a polyline of one point is not drawn: a dash of one unit is
            left, top = line[0].split(",")
            line.append(f"{_short(float(left) + 1)},{top}")
        if line:
            drawn.append(" ".join(line))
    return SmallChart(
        width=width,
        height=height,
        lines=tuple(drawn),
        steps=tuple(
            Step(severity, _stepped([(x(at), y(value)) for at, value in values]))
            for (severity, _, _), values in _threshold_lines(points).items()
        ),
        marks=tuple(Mark(status, "".join(dots)) for status, dots in marks.items()),
        label=in_words(points, unit),
    )


def score_chart(scores: Sequence[RunRow], *, width: int, height: int) -> SmallChart:
    """The score, from 0 to 100."""
    points = [
        SeriesPoint(
            at=run.as_of,
            status=Status.SKIPPED if run.score is None else Status.PASS,
            observed=run.score,
        )
        for run in scores
    ]
    return small_chart(points, unit="", width=width, height=height, scale=Scale(0.0, 100.0))


def group_scale(groups: Sequence[GroupSeries]) -> Scale:
    """One scale for all groups of a monitor, so that their charts can be compared."""
    unit = groups[0].unit if groups else ""
    values = (value for group in groups for value in _values(group.points))
    return Scale.around(values, unit=unit, whole=True)


def in_words(points: Sequence[SeriesPoint], unit: str) -> str:
    """``28 runs: lowest 40.7 %, highest 94.1 %, last 40.7 %; 8 of them failing``."""
    known = [point.observed for point in points if point.observed is not None]
    runs = count(len(points), "runs")
    if not known:
        return f"{runs}, none with a value"
    wrong = sum(point.status.is_failing for point in points)
    skipped = sum(point.status is Status.SKIPPED for point in points)
    text = (
        f"{runs}: lowest {amount(min(known), unit)}, highest {amount(max(known), unit)}, "
        f"last {amount(known[-1], unit)}"
    )
    if wrong:
        text += f"; {wrong} failing"
    if skipped:
        text += f"; {skipped} skipped"
    return text


def large_chart(
    points: Sequence[SeriesPoint],
    incidents: Sequence[Incident] = (),
    changes: Sequence[SuiteChange] = (),
    *,
    unit: str,
    zone: str,
) -> dict[str, Any]:
    """What ``static/charts.js`` draws with uPlot: columns of numbers, instants in epoch seconds.

    Args:
        points: oldest first.
        incidents: shaded; those outside of what is drawn are cut there. An open one lasts until it
            was last seen.
        changes: to the suite, newest first.
        zone: in which days begin.
    """
    instants = [point.at for point in points]
    lines = []
    for (severity, fails, _), values in _threshold_lines(points).items():
        by_instant = dict(values)
        lines.append(
            {
                "severity": severity,
                "fails": fails,
                "values": [by_instant.get(at) for at in instants],
            }
        )
    return {
        "unit": unit,
        "zone": zone,
        "at": [_epoch(at) for at in instants],
        "observed": [_finite(point.observed) for point in points],
        "shown": [amount(point.observed, unit) for point in points],
        "statuses": [point.status.value for point in points],
        "lines": lines,
        "shades": [
            {
                "from": _epoch(incident.opened_at),
                "to": _epoch(incident.closed_at or incident.last_seen),
                "status": incident.worst.value,
            }
            for incident in incidents
        ],
        "changes": [
            {"at": _epoch(change.at), "text": f"{change.commit[:8]} {change.subject}"}
            for change in reversed(changes)
        ],
    }


def _threshold_lines(
    points: Sequence[SeriesPoint],
) -> dict[tuple[str, str, int], list[tuple[datetime, float]]]:
    """By severity, side and number: two bounds of a kind in one run are two lines."""
    found: dict[tuple[str, str, int], list[tuple[datetime, float]]] = {}
    for point in points:
        seen: dict[tuple[str, str], int] = {}
        for line in point.thresholds:
            kind = (line.severity, line.fails)
            seen[kind] = seen.get(kind, -1) + 1
            found.setdefault((*kind, seen[kind]), []).append((point.at, line.value))
    return found


def _stepped(points: Sequence[tuple[float, float]]) -> str:
    """A threshold holds until the run that was judged by another."""
    found: list[str] = []
    before: float | None = None
    for index, (x, y) in enumerate(points):
        is_last = index == len(points) - 1
        if before is not None and y != before:
            found.append(f"{_short(x)},{_short(before)}")
        if before is None or y != before or is_last:
            found.append(f"{_short(x)},{_short(y)}")
        before = y
    return " ".join(found)


def _values(points: Iterable[SeriesPoint]) -> list[float]:
    found = []
    for point in points:
        if point.observed is not None:
            found.append(point.observed)
        found += [line.value for line in point.thresholds]
    return found


def _epoch(instant: datetime) -> int:
    return round(instant.timestamp())


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _short(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
