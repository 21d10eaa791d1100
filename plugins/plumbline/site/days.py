"""The runs of a day: what each found, and what changed since the run before of its checkpoint.

A day is one page and one archive of the site. A page a run would be thousands of files, which each
build would have to carry along; a day's is written while its runs come, and then kept.
`plumbline.site.build` reads and writes them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from functools import cached_property
from typing import Literal
from zoneinfo import ZoneInfo

from plumbline.alerts.incidents.lifecycle import health_of
from plumbline.core.status import Status
from plumbline.core.text import amount
from plumbline.site import paths
from plumbline.site.history_cache import HistoryCache, day_of, row_of, whole_runs
from plumbline.site.records import Record
from plumbline.site.rows import Row, RunRow, beyond

MOST_UNSEEN_DAYS = 31
"""Days with runs that are looked back for what a monitor was before it could not be judged."""

Change = Literal["new failing", "new error", "worse", "still failing", "better", "recovered"]


@dataclass(frozen=True)
class DayRun:
    """A whole run of a checkpoint, as a day's archive holds it."""

    run: RunRow
    rows: Mapping[str, Row] = field(default_factory=dict)
    """By monitor, without their groups."""

    @property
    def key(self) -> tuple[str, datetime]:
        """Of two runs with the same, the later one counts."""
        return self.run.checkpoint, self.run.as_of

    @property
    def anchor(self) -> str:
        """Its place on the day's page."""
        return anchor_of(self.run)


@dataclass(frozen=True)
class RunPlace:
    """Where a run is on the site."""

    day: date
    anchor: str


DAY = tuple[DayRun, ...]
"""A day's archive, oldest first."""

ByDay = dict[date, dict[tuple[str, datetime], DayRun]]
"""Runs by their day and key."""


def anchor_of(run: RunRow) -> str:
    """``health_check-050000``: the place of a run on its day's page."""
    return f"{paths.file_name(run.checkpoint)}-{run.as_of.astimezone(UTC):%H%M%S}"


def checkpoint_of(anchor: str) -> str:
    """What the anchors of a checkpoint's runs begin with."""
    return anchor.rpartition("-")[0]


def of_records(records: Sequence[Record]) -> list[DayRun]:
    """Whole runs among what runs have left."""
    return [
        DayRun(
            run,
            {
                one.outcome.monitor: _slim(row_of(one.outcome, one.run))
                for one in sorted(of_run, key=lambda one: one.outcome.monitor)
            },
        )
        for run, of_run in whole_runs(records)
    ]


def of_rows(rows: Mapping[str, Iterable[Row]], runs: Iterable[RunRow]) -> list[DayRun]:
    """Whole runs of which the rows of monitors are known."""
    by_run: dict[tuple[str, str], list[tuple[str, Row]]] = {}
    for name in sorted(rows):
        for row in rows[name]:
            by_run.setdefault((row.checkpoint, row.run_id), []).append((name, row))
    found = []
    for run in runs:
        there = by_run.get((run.checkpoint, run.run_id), [])
        # Runs of a notebook may all have one id.
        if sum(name == there[0][0] for name, _ in there) > 1:
            there = [(name, row) for name, row in there if row.at == run.as_of]
        if there:
            found.append(DayRun(run, {name: _slim(row) for name, row in there}))
    return found


def of_cache(cache: HistoryCache, rows: Mapping[tuple[str, str], Sequence[Row]]) -> list[DayRun]:
    """The runs of which the cache, and months in hand, still have rows: those of a site that an
    earlier version made.

    Args:
        rows: by monitor and month.
    """
    every = {name: list(known.rows) for name, known in cache.monitors.items()}
    for (name, _), of_month in rows.items():
        every.setdefault(name, []).extend(of_month)
    once = {name: {row.at: row for row in found}.values() for name, found in every.items()}
    return of_rows(once, cache.runs)


def whole_day(cache: HistoryCache, day: date, zone: ZoneInfo) -> DAY | None:
    """The runs of a day from the cache alone; None where it has no longer all of their rows.

    Of an older day the cache has the last run of each checkpoint.
    """
    runs = [run for run in cache.runs if day_of(run.as_of, zone) == day]
    ids = {(run.checkpoint, run.run_id) for run in runs}
    rows = {
        name: [row for row in known.rows if (row.checkpoint, row.run_id) in ids]
        for name, known in cache.monitors.items()
    }
    found = in_order(of_rows(rows, runs))
    is_whole = len(found) == len(runs) and all(
        len(one.rows) >= sum(one.run.counts.values()) for one in found
    )
    return found if found and is_whole else None


def in_order(runs: Iterable[DayRun]) -> DAY:
    """Oldest first."""
    return tuple(sorted(runs, key=lambda one: (one.run.as_of, one.run.checkpoint)))


def beside(
    known: Mapping[date, tuple[str, ...]], day: date, *, is_after: bool = False
) -> Iterator[date]:
    """The nearest days on which the checkpoints of ``day`` ran before it, or after it.

    Args:
        known: days with the anchors of their runs, oldest first.
    """
    waiting = {checkpoint_of(anchor) for anchor in known[day]}
    others = [one for one in known if (one > day if is_after else one < day)]
    for other in others if is_after else reversed(others):
        if not waiting:
            return
        found = waiting.intersection(map(checkpoint_of, known[other]))
        if found:
            yield other
        waiting -= found


def _firsts(anchors: Iterable[str]) -> dict[str, str]:
    """The first of each checkpoint."""
    found: dict[str, str] = {}
    for anchor in anchors:
        found.setdefault(checkpoint_of(anchor), anchor)
    return found


class DayArchives:
    """The days that have a page, and their archives, while a build adds runs.

    An archive is read once, and only if it is needed. If it can't be read, the day has the runs
    that the cache still has.

    Args:
        cache: with the runs of this build.
        read: a day's archive; None: it can't be read.
        rows: months in hand, by monitor and month.
        without: checkpoints whose runs are on no page.
    """

    def __init__(
        self,
        cache: HistoryCache,
        read: Callable[[date], DAY | None],
        *,
        rows: Mapping[tuple[str, str], Sequence[Row]],
        zone: ZoneInfo,
        oldest: date,
        without: Collection[str],
    ) -> None:
        self.days = {day: anchors for day, anchors in cache.days.items() if day >= oldest}
        """The anchors of each day's runs; days are oldest first."""
        self.changed: set[date] = set()
        """Days whose archive has to be written."""
        self._cache, self._read, self._rows = cache, read, rows
        self._zone, self._oldest, self._without = zone, oldest, without
        self._runs: dict[date, DAY] = {}
        self._lost: set[date] = set()

    def add(self, told: Iterable[DayRun], left: Iterable[DayRun]) -> None:
        """Add runs.

        Args:
            told: what the history in the warehouse says; runs that are known stay as they are.
            left: what runs have left; it replaces what is known.
        """
        if not self._cache.days:  # a site of a version without pages of days
            cached = [one for of_day in self._cached.values() for one in of_day.values()]
            told = [*cached, *told]
        new, own = self._by_day(told), self._by_day(left)
        for day in {*new, *own}:
            before = self.runs(day)
            by_key = new.get(day, {}) | {one.key: one for one in before} | own.get(day, {})
            runs = in_order(by_key.values())
            if runs != before or day in self._lost:
                self._runs[day] = runs
                self.days[day] = tuple(one.anchor for one in runs)
                self.changed.add(day)
        self.days = dict(sorted(self.days.items()))

    def runs(self, day: date) -> DAY:
        """All runs of a day."""
        if day not in self._runs:
            found = self._read(day) if day in self.days else ()
            if found is None:
                self._lost.add(day)
                found = in_order(self._cached.get(day, {}).values())
            self._runs[day] = found
        return self._runs[day]

    def before(self, day: date) -> list[DAY]:
        """Earlier days, newest first: of each checkpoint of ``day`` at least its last run, and, for
        up to `MOST_UNSEEN_DAYS` days, those that say whether a monitor failed before runs that
        could not judge it."""
        unseen = _Unseen(self.whole(day))
        found: dict[date, DAY] = {}
        checkpoints: set[str] = set()
        for other in beside(self.days, day):
            last = [one for one in self._last_runs(other) if one.run.checkpoint not in checkpoints]
            checkpoints |= {one.run.checkpoint for one in last}
            found[other] = tuple(last)
            unseen.look_at(last)
        earlier = [other for other in reversed(self.days) if other < day] if found else []
        for other in earlier[:MOST_UNSEEN_DAYS]:
            if not unseen.monitors:
                break
            found[other] = self.whole(other)
            unseen.look_at(found[other])
        return [found[other] for other in sorted(found, reverse=True)]

    def whole(self, day: date) -> DAY:
        """As `runs`, from the cache where it has all of them."""
        found = self._last_runs(day)
        return found if len(found) == len(self.days[day]) else self.runs(day)

    def after(self, day: date) -> dict[str, RunPlace]:
        """By the checkpoint of an anchor (`checkpoint_of`), the first run on a later day."""
        found: dict[str, RunPlace] = {}
        for other in beside(self.days, day, is_after=True):
            for anchor in self.days[other]:
                found.setdefault(checkpoint_of(anchor), RunPlace(other, anchor))
        return found

    def relinked(self, known: Mapping[date, tuple[str, ...]]) -> set[date]:
        """Days whose runs have others before or after them than on their pages.

        Args:
            known: the days as the pages have them, with the anchors of their runs.
        """
        found: set[date] = set()
        for day in self.changed & self.days.keys():
            found.update(beside(self.days, day, is_after=True))
            if _firsts(self.days[day]) != _firsts(known.get(day, ())):
                found.update(beside(self.days, day))
        for day in known.keys() - self.days.keys():
            found.update(beside(known, day, is_after=True), beside(known, day))
        return found & self.days.keys()

    def _last_runs(self, day: date) -> DAY:
        cached = None if day in self._runs else whole_day(self._cache, day, self._zone)
        return self.runs(day) if cached is None else cached

    @cached_property
    def _cached(self) -> ByDay:
        return self._by_day(of_cache(self._cache, self._rows))

    def _by_day(self, runs: Iterable[DayRun]) -> ByDay:
        found: ByDay = {}
        for one in runs:
            day = day_of(one.run.as_of, self._zone)
            if day >= self._oldest and one.run.checkpoint not in self._without:
                found.setdefault(day, {})[one.key] = one
        return found


class _Unseen:
    """The monitors that a day judges after runs that could not judge them, while one looks back
    for a run that did.

    Args:
        runs: of the day, oldest first.
    """

    def __init__(self, runs: DAY) -> None:
        first: dict[tuple[str, str], bool] = {}
        self._wanted: set[tuple[str, str]] = set()
        for key, is_judged in _judgements(runs):
            first.setdefault(key, is_judged)
            if is_judged:
                self._wanted.add(key)
        self.monitors = {key for key in self._wanted if not first[key]}
        """Their checkpoints and names."""

    def look_at(self, runs: Iterable[DayRun]) -> None:
        """See the next earlier day.

        Args:
            runs: its runs, oldest first.
        """
        for key, is_judged in reversed([*_judgements(runs)]):
            if is_judged:
                self._wanted.discard(key)
                self.monitors.discard(key)
            elif key in self._wanted:
                self.monitors.add(key)


def _judgements(runs: Iterable[DayRun]) -> Iterator[tuple[tuple[str, str], bool]]:
    """Each monitor's checkpoint and name, and whether the run could judge its data."""
    for one in runs:
        for name, row in one.rows.items():
            yield (one.run.checkpoint, name), health_of("data", row.status) != "unknown"


def failing_after(before: Collection[str], rows: Mapping[str, Row]) -> frozenset[str]:
    """The monitors with wrong data after a run, as incidents begin, go on and end.

    Args:
        before: those before it.
        rows: what it found.
    """
    health = {name: health_of("data", row.status) for name, row in rows.items()}
    kept = {name for name in before if health.get(name) != "healthy"}
    return frozenset(kept | {name for name in health if health[name] == "failing"})


def changes(
    now: Mapping[str, Row], before: Mapping[str, Row], failing: Collection[str] = ()
) -> dict[str, Change]:
    """By monitor, what is not as it was one run before.

    Args:
        failing: the monitors with wrong data before, see `failing_after`: one that is SKIPPED or
            an ERROR in between has not recovered.
    """
    found: dict[str, Change] = {}
    for name, row in now.items():
        change = _change(row, before.get(name), was_failing=name in failing)
        if change is not None:
            found[name] = change
    return found


def _change(row: Row, before: Row | None, *, was_failing: bool) -> Change | None:
    was = before.status if before else None
    if row.status is Status.ERROR:
        return None if was is Status.ERROR else "new error"
    if row.status is Status.PASS:
        return "recovered" if was_failing or (was is not None and was.is_failing) else None
    if not row.status.is_failing:
        return None
    if before is None or was not in (Status.WARNING, Status.CRITICAL):
        return "still failing" if was_failing else "new failing"
    if row.status is not before.status:
        return "worse" if row.status.severity > before.status.severity else "better"
    if amount(row.observed, row.unit) == amount(before.observed, before.unit):
        return None
    return "worse" if beyond(row) > beyond(before) else "better"


def _slim(row: Row) -> Row:
    """Groups are on the monitor's page."""
    return replace(row, groups=(), expectations=(), result=None, is_archived=False)
