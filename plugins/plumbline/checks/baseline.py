"""What is usual of a metric, from its own past: median and spread of comparable runs.

Plain values; no Great Expectations. The past is handed in by a context variable, because an
expectation of GX knows neither its monitor nor the instant that is judged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, tzinfo
from statistics import NormalDist, median
from types import MappingProxyType
from typing import Any

from plumbline.checks.bounds import Bounds
from plumbline.core.group_key import GroupKey
from plumbline.core.outcome import MetricOutcome
from plumbline.core.status import Status

_MAD_OF_NORMAL = NormalDist().inv_cdf(0.75)
"""The median absolute deviation of a normal distribution whose standard deviation is 1."""

WHOLE = ""
"""In place of a group's key: the monitor itself."""


def _itself(key: GroupKey) -> GroupKey:
    return key


@dataclass(frozen=True)
class Past:
    """What a monitor found in earlier runs."""

    as_of: datetime
    """The instant that is judged: nothing of it, and nothing later, is in here."""
    points: Mapping[str, Sequence[tuple[datetime, float]]] = field(default_factory=dict)
    """Where it was well, by the canonical text of a group's key, or `WHOLE`: instant and number,
    oldest first."""
    zone: tzinfo = UTC
    """In which a day is a day."""
    judged: Mapping[str, Iterable[datetime]] = field(default_factory=dict)
    """By the canonical text of a group's key: when it was judged, well or not, and when it was
    found to be missing."""
    named: Callable[[GroupKey], GroupKey] = _itself
    """How the history names a group: by pseudonyms where its columns are personal."""
    unjudged: Sequence[Mapping[str, Any]] = ()
    """The rows of now that the model says are not to be judged: a group of theirs is not missed."""
    metrics: Mapping[str, Mapping[str, Sequence[tuple[datetime, float]]]] = field(
        default_factory=dict
    )
    """Of a suite over a table: by the name of a metric, its ``points``."""

    def of(self, metric: str) -> Past:
        """The past of one metric of a table."""
        return replace(self, points=self.metrics.get(metric, {}))

    @property
    def day(self) -> date:
        """The day that is judged."""
        return self.as_of.astimezone(self.zone).date()


@dataclass
class EarlierRuns:
    """What earlier runs found of one monitor, added oldest first; see `Past`."""

    zone: tzinfo = UTC
    points: dict[str, list[tuple[datetime, float]]] = field(default_factory=dict)
    judged: dict[str, list[datetime]] = field(default_factory=dict)
    metrics: dict[str, dict[str, list[tuple[datetime, float]]]] = field(default_factory=dict)

    def add(
        self,
        as_of: datetime,
        group: str,
        observed: float | None,
        status: Status,
        *,
        is_known_wrong: bool,
        metrics: Mapping[str, MetricOutcome] = MappingProxyType({}),
    ) -> None:
        """Add what one run found of a group, or of the monitor itself.

        Args:
            group: the canonical text of its key, or `WHOLE`.
            is_known_wrong: whether that instant lies in a labelled incident: what was broken must
                not teach what is normal, however well it looked.
            metrics: of a suite over a table: each teaches where it was well itself.
        """
        if group != WHOLE:
            self.judged.setdefault(group, []).append(as_of)
        if status is Status.PASS and observed is not None and not is_known_wrong:
            self.points.setdefault(group, []).append((as_of, observed))
        for name, found in metrics.items():
            if found.status is Status.PASS and not is_known_wrong:
                of_metric = self.metrics.setdefault(name, {})
                of_metric.setdefault(group, []).append((as_of, found.observed))

    def before(self, as_of: datetime) -> Past:
        """The past of a run at ``as_of``; all that was added must be earlier."""
        return Past(as_of, self.points, self.zone, self.judged, metrics=self.metrics)


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
    baseline: date | None = None
    """The first day that may count, where the suite says one."""
    never_zero: bool = False
    """Whether the band ends at 0, which fails: the spread of a count can be wider than its median,
    and then none at all would be usual."""

    def bounds(self, floor: Bounds) -> Bounds:
        """What passes: usual, and within what is never given up."""
        low, high = self.median - self.band, self.median + self.band
        usual = Bounds(low, high)
        if self.never_zero and self.median > 0:
            usual = Bounds(0, high, strict_min=True)
        elif self.never_zero:
            usual = Bounds(low, 0, strict_max=True)
        return usual.intersection(floor)

    def holds(self, value: float | None) -> bool:
        """Whether ``value`` is usual, whatever is never given up."""
        return self.bounds(Bounds()).keep(value)

    def short(self) -> str:
        """``usually 91.2 ± 4``; of a count that varies ``usually 132 ± 200, above 0``."""
        side = "above" if self.median > 0 else "below"
        zero = f", {side} 0" if self.never_zero else ""
        return f"usually {self.median:.4g} ± {self.band:.3g}{zero}"

    def words(self) -> str:
        """``usually 91.2 ± 4 (median of 28 runs since 2026-01-05, spread 0.8)``; with a baseline
        also since when that is."""
        baseline = f"; baseline since {self.baseline}" if self.baseline else ""
        return (
            f"{self.short()} (median of {self.runs} runs since {self.since:%Y-%m-%d}, "
            f"spread {self.spread:.2g}{baseline})"
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
    since: date | None = None,
) -> Usual | int:
    """What is usual of one group, or how few comparable runs there are.

    A day counts once, by the run nearest in its hour to the one that is judged. Ten runs of a day
    are ten looks at one state, and no ten witnesses; and where a number grows over the day, its
    mornings are compared with mornings. The judged day itself does not count.

    Where no run was 0 or had the other sign, 0 is not usual however wide the spread is, unless it
    is within ``least_deviation``.

    Args:
        group: the canonical text of its key, or `WHOLE`.
        runs: how many of the last comparable runs count, one a day.
        minimum: fewer say nothing.
        deviations: how many spreads from the median are usual still.
        least_deviation: but never fewer than so much, in the metric's unit.
        same_weekday: only runs of the same day of the week are comparable.
        since: only runs of this day and later ones are comparable.
    """
    counts = _Comparable.to(past, same_weekday=same_weekday, since=since)
    comparable = _one_a_day(past, group, counts, most=runs)
    if len(comparable) < minimum:
        return len(comparable)
    values = [value for _, value in comparable]
    middle = float(median(values))
    spread = float(median(abs(value - middle) for value in values)) / _MAD_OF_NORMAL
    band = max(deviations * spread, least_deviation)
    has_one_sign = min(values) > 0 or max(values) < 0
    return Usual(
        median=middle,
        spread=spread,
        runs=len(comparable),
        since=comparable[0][0],
        band=band,
        baseline=since,
        never_zero=has_one_sign and least_deviation < abs(middle) <= band,
    )


def expected_groups(
    past: Past,
    group_by: Sequence[str],
    *,
    runs: int,
    minimum: int,
    same_weekday: bool = False,
    since: date | None = None,
) -> list[GroupKey]:
    """The groups that must be among the rows, as the history names them.

    Those that were judged on at least ``minimum`` of the last ``runs`` comparable days on which any
    group of these columns was. A day on which one was found to be missing counts as well: absence
    does not become normal. Dates and games, which leave a window, are judged on fewer days.

    Args:
        group_by: the columns of a key.
        runs: how many of the last comparable days count.
        minimum: on how many of them it was judged.
        same_weekday: only days of the same day of the week are comparable.
        since: only this day and later ones are comparable.
    """
    counts = _Comparable.to(past, same_weekday=same_weekday, since=since)
    days: dict[GroupKey, set[date]] = {}
    for key in known_groups(past, group_by):
        found = {at.astimezone(past.zone).date() for at in past.judged[key.text]}
        days[key] = {day for day in found if counts.has(day)}
    last = set(sorted(set().union(*days.values()))[-runs:])
    return [key for key, found in days.items() if len(found & last) >= minimum]


def known_groups(past: Past, group_by: Sequence[str]) -> list[GroupKey]:
    """Every group of these columns that the history knows, ordered by key."""
    columns = sorted(group_by)
    keys = [GroupKey.of_text(text) for text in sorted(past.judged)]
    return [key for key in keys if [name for name, _ in key.items] == columns]


@dataclass(frozen=True)
class _Comparable:
    """Which days may be compared with the judged one: earlier ones."""

    judged: date
    weekday: int | None
    since: date | None

    @classmethod
    def to(cls, past: Past, *, same_weekday: bool, since: date | None) -> _Comparable:
        judged = past.day
        return cls(judged, judged.weekday() if same_weekday else None, since)

    def has(self, day: date) -> bool:
        return (
            day < self.judged
            and (self.weekday is None or day.weekday() == self.weekday)
            and (self.since is None or day >= self.since)
        )


def _one_a_day(
    past: Past, group: str, counts: _Comparable, *, most: int
) -> list[tuple[datetime, float]]:
    """Of each of the last ``most`` comparable days its run nearest in hour to the judged one, of
    two as near the later; oldest first."""
    judged = _hour(past.as_of.astimezone(past.zone))
    days: dict[date, tuple[datetime, float]] = {}
    for instant, value in reversed(past.points.get(group, ())):
        at = instant.astimezone(past.zone)
        day = at.date()
        if not counts.has(day):
            continue
        known = days.get(day)
        if known is None and len(days) == most:
            break
        if known is None or abs(_hour(at) - judged) < abs(_hour(known[0]) - judged):
            days[day] = (at, value)
    return list(reversed(days.values()))


def _hour(at: datetime) -> float:
    """By the wall clock."""
    return at.hour + at.minute / 60 + at.second / 3600
