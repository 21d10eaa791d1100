"""Thresholds proposed from healthy values: pure arithmetic that a person can check.

WARNING is the strictest round number that healthy history keeps (it would have opened at most
`OPENINGS_A_MONTH` incidents a month, and failed at most `FAILING_SHARE` of the time), less some
room: the interquartile range, at most a quarter of the bound. CRITICAL lies halfway between the
worst healthy value and what incidents looked like; where no incident is known, as far below WARNING
as that is below the median. For bounds from above the same, mirrored.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from plumbline.checks.bounds import Bounds
from plumbline.checks.threshold_families import Side

OPENINGS_A_MONTH = 1.0
FAILING_SHARE = 0.05
DAYS_A_MONTH = 365.25 / 12

_MOST_ROOM = 0.25

PERCENTS = (0, 1, 5, 10, 25, 50, 75, 90, 95, 99, 100)


@dataclass(frozen=True)
class Quantiles:
    """Of healthy values: the least, percentiles, the greatest."""

    days: int
    """Distinct days that they stand for."""
    values: tuple[float, ...]
    """At each of `PERCENTS`."""
    are_whole: bool
    """Whether all of them are whole numbers."""

    @classmethod
    def of(cls, values: Sequence[float], days: int) -> Quantiles:
        """The quantiles of at least one value, interpolated between neighbours."""
        if len(values) == 1:
            found = [values[0]] * 99
        else:
            found = statistics.quantiles(values, n=100, method="inclusive")
        points = [min(values), *found, max(values)]
        are_whole = all(float(value).is_integer() for value in values)
        return cls(days, tuple(points[percent] for percent in PERCENTS), are_whole)

    def at(self, percent: int) -> float:
        """The value that ``percent`` of all are at most."""
        return self.values[PERCENTS.index(percent)]

    @property
    def size(self) -> float:
        """The greatest distance from 0."""
        return max(abs(self.at(0)), abs(self.at(100)))

    @property
    def spread(self) -> float:
        """The interquartile range."""
        return self.at(75) - self.at(25)


class Levels(NamedTuple):
    """Two bounds."""

    warning: float
    critical: float


def propose(
    runs: Sequence[Sequence[float]],
    quantiles: Quantiles,
    incidents: Sequence[float],
    *,
    side: Side,
    strict: bool = False,
) -> Levels:
    """WARNING and CRITICAL from healthy values, whatever values are possible.

    Args:
        runs: healthy values in order of time, a sequence for each stretch without a gap.
        quantiles: of the same values.
        incidents: values within labelled incidents.
        side: on which side the data is wrong.
        strict: whether a value exactly on WARNING fails.
    """
    sign = 1.0 if side == "below" else -1.0
    # Mirrored, what is too great is too small: one calculation serves both sides.
    mirrored = [[sign * value for value in run] for run in runs]
    flat = [value for run in mirrored for value in run]
    step = _step(quantiles)
    strictest = _strictest(mirrored, flat, quantiles.days, step, strict=strict)
    room = min(quantiles.spread, _MOST_ROOM * abs(strictest))
    warning = _down(strictest - room, step)
    worst, median = min(flat), statistics.median(flat)
    bad = [sign * value for value in incidents if sign * value < warning]
    critical = (worst + statistics.median(bad)) / 2 if bad else warning - (median - warning)
    critical = _down(min(critical, warning - step), step)
    return Levels(warning=_clean(sign * warning), critical=_clean(sign * critical))


def halfway(first: float, edge: float, quantiles: Quantiles, *, side: Side) -> float:
    """A round number in the middle between a bound and the end of what is possible."""
    sign, middle = (1.0 if side == "below" else -1.0), (first + edge) / 2
    rounded = sign * _down(sign * middle, _step(quantiles))
    return _clean(middle if rounded == edge else rounded)


def failing_bound(value: float, quantiles: Quantiles, *, side: Side, strict: bool) -> float:
    """The loosest round bound that ``value`` breaks."""
    sign, step = (1.0 if side == "below" else -1.0), _step(quantiles)
    low = _down(sign * value, step)
    return _clean(sign * (low if strict and low >= sign * value else low + step))


def as_written(value: float) -> str:
    """As a person writes it: 80, not 80.0."""
    return f"{value:.0f}" if float(value).is_integer() else repr(float(value))


def openings(runs: Sequence[Sequence[float]], bounds: Bounds) -> int:
    """How often values begin to be out of ``bounds``."""
    count = 0
    for run in runs:
        was_beyond = False
        for value in run:
            is_beyond = not bounds.keep(value)
            count += is_beyond and not was_beyond
            was_beyond = is_beyond
    return count


def failing_share(values: Sequence[float], bounds: Bounds) -> float:
    """The share of values out of ``bounds``."""
    return sum(not bounds.keep(value) for value in values) / len(values) if values else 0.0


def outward(value: float, quantiles: Quantiles, *, side: Side) -> float:
    """``value`` as a person writes a bound: whole where all healthy values are, else with at least
    three digits, never rounded to where it fails more."""
    sign, step = (1.0 if side == "below" else -1.0), 1.0
    if not quantiles.are_whole:
        step = min(0.1, 10.0 ** (math.floor(math.log10(quantiles.size)) - 2))
    return _clean(sign * _down(sign * value, step))


def _strictest(
    runs: Sequence[Sequence[float]], flat: Sequence[float], days: int, step: float, *, strict: bool
) -> float:
    allowed = OPENINGS_A_MONTH * max(round(days / DAYS_A_MONTH), 1)
    rounded = {_down(value, step) for value in flat}
    if strict:  # one that fails on the bound itself needs a bound below it
        rounded |= {_down(value - step, step) for value in rounded}
    for value in sorted(rounded, reverse=True):
        bounds = Bounds(min_value=value, strict_min=strict)
        if failing_share(flat, bounds) <= FAILING_SHARE and openings(runs, bounds) <= allowed:
            return value
    return min(rounded)


def _step(quantiles: Quantiles) -> float:
    """What bounds are rounded to: 1 where values are of some size, else a tenth of their size."""
    size = quantiles.size
    if size > 500:
        return float(10 ** (math.floor(math.log10(size)) - 1))
    if size >= 3 or size == 0:
        return 1.0
    return float(10.0 ** (math.floor(math.log10(size)) - 1))


def _down(value: float, step: float) -> float:
    return _clean(math.floor(value / step + 1e-9) * step)


def _clean(value: float) -> float:
    """Without the noise of binary fractions, and without a negative zero."""
    return round(value, 9) + 0.0
