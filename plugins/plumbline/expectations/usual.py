"""What is usual of a metric, from its own past: median and spread of comparable runs.

Plain values; no Great Expectations. The past is handed in by a context variable, because an
expectation of GX knows neither its monitor nor the instant that is judged.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, tzinfo

from plumbline.expectations.bounds import Bounds

WHOLE = ""
"""In place of a group's key: the monitor itself."""


@dataclass(frozen=True)
class Past:
    """What a monitor found in earlier runs, where it was well."""

    as_of: datetime
    """The instant that is judged: nothing of it, and nothing later, is in here."""
    points: Mapping[str, Sequence[tuple[datetime, float]]] = field(default_factory=dict)
    """By the canonical text of a group's key, or `WHOLE`: instant and number, oldest first."""
    zone: tzinfo = UTC
    """In which a day is a day."""


@dataclass(frozen=True)
class Usual:
    """What is usual, and of what it was made."""

    median: float
    spread: float
    """Median absolute deviation, scaled as a standard deviation is."""
    runs: int
    since: datetime
    band: float
    """How far from the median is usual still."""

    def bounds(self, floor: Bounds) -> Bounds:
        """What passes: usual, and within what is never given up."""
        low, high = self.median - self.band, self.median + self.band
        return Bounds(
            min_value=low if floor.min_value is None else max(low, floor.min_value),
            max_value=high if floor.max_value is None else min(high, floor.max_value),
            strict_min=floor.strict_min and floor.min_value is not None and floor.min_value >= low,
            strict_max=floor.strict_max and floor.max_value is not None and floor.max_value <= high,
        )

    def words(self) -> str:
        """``usually 91.2 ± 4 (median of 28 runs since 2026-01-05, spread 0.8)``."""
        return (
            f"usually {self.median:.4g} ± {self.band:.3g} (median of {self.runs} runs since "
            f"{self.since:%Y-%m-%d}, spread {self.spread:.2g})"
        )


_PAST: ContextVar[Past | None] = ContextVar("plumbline_past", default=None)


@contextmanager
def with_past(past: Past | None) -> Iterator[None]:
    """What expectations that are evaluated inside compare with."""
    token = _PAST.set(past)
    try:
        yield
    finally:
        _PAST.reset(token)


def current_past() -> Past | None:
    """What was handed in; None: nobody did."""
    return _PAST.get()


def usual_of(
    past: Past,
    group: str,
    *,
    runs: int,
    minimum: int,
    deviations: float,
    least_deviation: float,
    same_weekday: bool = False,
) -> Usual | int:
    """What is usual of one group, or how few comparable runs there are.

    A day counts once, by the run nearest in its hour to the one that is judged. Ten runs of a day
    are ten looks at one state, and no ten witnesses; and where a number grows over the day, its
    mornings are compared with mornings. The judged day itself does not count.

    Args:
        past: of the monitor.
        group: the canonical text of its key, or `WHOLE`.
        runs: how many of the last comparable runs count, one a day.
        minimum: fewer say nothing.
        deviations: how many spreads from the median are usual still.
        least_deviation: but never fewer than so much, in the metric's unit.
        same_weekday: only runs of the same day of the week are comparable.
    """
    import numpy as np
    from scipy.stats import median_abs_deviation  # type: ignore[import-untyped]

    comparable = _one_a_day(past, group)
    if same_weekday:
        day = past.as_of.astimezone(past.zone).weekday()
        comparable = [(at, value) for at, value in comparable if at.weekday() == day]
    comparable = comparable[-runs:]
    if len(comparable) < minimum:
        return len(comparable)
    values = np.array([value for _, value in comparable])
    spread = float(median_abs_deviation(values, scale="normal"))
    return Usual(
        median=float(np.median(values)),
        spread=spread,
        runs=len(comparable),
        since=comparable[0][0],
        band=max(deviations * spread, least_deviation),
    )


def _one_a_day(past: Past, group: str) -> list[tuple[datetime, float]]:
    """Of each day before the judged one its run nearest in hour; of two as near the later."""
    judged = past.as_of.astimezone(past.zone)
    days: dict[date, tuple[datetime, float]] = {}
    for instant, value in past.points.get(group, ()):
        at = instant.astimezone(past.zone)
        if at.date() >= judged.date():
            continue
        known = days.get(at.date())
        if known is None or _hours_apart(at, judged) <= _hours_apart(known[0], judged):
            days[at.date()] = (at, value)
    return [days[day] for day in sorted(days)]


def _hours_apart(one: datetime, other: datetime) -> float:
    """By the wall clock, whatever the days."""
    return abs(_hour(one) - _hour(other))


def _hour(at: datetime) -> float:
    return at.hour + at.minute / 60 + at.second / 3600
