"""The site's cache: the runs and incidents that its pages show.

It is a file of the site, which each build reads and writes whole, so that a build reads one file
however much has ever been stored. It holds the last runs. Once a day is over, its runs go to the
site's archives, a file for a monitor's month, which is read when the next day is over, or when its
page has to be drawn again. Incidents go there a month at a time.

Pure: nothing here reads or writes. Used by `plumbline.site.build`.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any, Literal, Protocol, cast, get_args
from zoneinfo import ZoneInfo

from plumbline.alerts.incidents.lifecycle import Health, health_of
from plumbline.alerts.incidents.model import Incident, Kind
from plumbline.core.adapter import adapter
from plumbline.core.alert_line import ENDINGS, Ending
from plumbline.core.instants import in_utc, last_day
from plumbline.core.mute import Mute
from plumbline.core.outcome import Outcome
from plumbline.core.status import WORST_FIRST, Status, counts, run_status, score, worst
from plumbline.history.cost.daily import DayCost, with_costs
from plumbline.history.events import DeliveryRow, IncidentRow
from plumbline.project.sites import RETENTION_DAYS
from plumbline.site.changes import SuiteChange
from plumbline.site.expectations import ExpectationPast, with_results
from plumbline.site.records import Record
from plumbline.site.rows import (
    ExpectationRow,
    GroupRow,
    Row,
    RunRow,
    Sighted,
    last_sightings,
    sightings,
)

FORMAT = 1

RECENT_RUNS = 28
"""Rows of a monitor that its page lists: a week of a run every six hours."""

RECENT_DAYS = 60
"""Days of which the charts of groups show the worst run."""


class OfRun(Protocol):
    """What a row says of its run: a run's stamp, or what the history knows of it."""

    @property
    def run_id(self) -> str:
        """Unlike any other run's."""

    @property
    def checkpoint(self) -> str:
        """What was run."""

    @property
    def revision(self) -> str | None:
        """Of the suites."""


@dataclass(frozen=True)
class Streak:
    """How a monitor is, since when, and when it was last well.

    WARNING and CRITICAL are one: since the first failing run, also without an incident. What an
    incident's end would not be ends no failure either: no run, SKIPPED, and ERROR of data.
    """

    status: Status
    since: datetime
    until: datetime
    """The last run that is in it."""
    last_good: datetime | None = None
    last_good_observed: float | None = None
    failing: Mapping[Kind, datetime] = field(default_factory=dict)
    """Since when the data, and the check, have failed: the first run that saw it."""


@dataclass(frozen=True)
class CachedMonitor:
    name: str
    latest: Record | None = None
    """Of its last run; None: only the history in the warehouse knows it."""
    rows: tuple[Row, ...] = ()
    """The last ones, and all of the last day, oldest first, each instant once."""
    days: tuple[Row, ...] = ()
    """The worst run of each of the last days that are over, oldest first, for charts of groups."""
    months: tuple[str, ...] = ()
    """Those that the archives hold runs of, oldest first: ``2026-01``."""
    expectations: tuple[ExpectationPast, ...] = ()
    """What came of each expectation on each of the last days that are over."""
    costs: tuple[DayCost, ...] = ()
    """What its runs took on each of the last days that are over, oldest first."""
    before: Streak | None = None
    """How it was when the first of its rows came; None: there was no run before."""

    @property
    def streak(self) -> Streak | None:
        """How it is now; None: it has never run."""
        return _continued(self.before, self.rows)


@dataclass(frozen=True)
class IncidentStory:
    """The rows of one incident, as history has them."""

    id: str
    events: tuple[IncidentRow, ...] = ()
    """Oldest first, each event once."""
    deliveries: tuple[DeliveryRow, ...] = ()
    seen: tuple[Sighted, ...] = ()
    """What its monitor saw meanwhile, as far as the runs are archived; oldest first."""
    known: Incident | None = None
    """As the state of alerts had it last, which knows more than its rows: who acknowledged it."""

    @property
    def monitor(self) -> str:
        """Its name now, as its last event says."""
        return self.events[-1].monitor

    @property
    def opened_at(self) -> datetime:
        return self.events[0].opened_at

    @property
    def is_over(self) -> bool:
        return self.events[-1].event in ENDINGS

    @property
    def until(self) -> datetime | None:
        """When it ended; None: it is open."""
        return self.events[-1].as_of if self.is_over else None


@dataclass(frozen=True)
class ClosedIncident:
    """An incident in the archives, as far as other pages than its own speak of it."""

    id: str
    monitor: str
    kind: Literal["data", "error"]
    worst: Status
    opened_at: datetime
    closed_at: datetime
    ending: Ending
    was_told: bool


@dataclass(frozen=True)
class HistoryCache:
    """All that a build begins with."""

    format: int = FORMAT
    target: str = ""
    project: str = ""
    """The plumbline project; empty: of a version that recorded none."""
    monitors: Mapping[str, CachedMonitor] = field(default_factory=dict)
    runs: tuple[RunRow, ...] = ()
    """Oldest first; of an older day, its last."""
    incidents: tuple[IncidentStory, ...] = ()
    """Open ones, and those that ended lately; by when they opened."""
    archived: Mapping[str, tuple[ClosedIncident, ...]] = field(default_factory=dict)
    """By month of their opening: the incidents in the archives, oldest first."""
    days: Mapping[date, tuple[str, ...]] = field(default_factory=dict)
    """The days that have a page, oldest first, with the anchors of their runs."""
    gx_suites: Mapping[str, str] = field(default_factory=dict)
    """By suite: the hash of what GX's page of it shows."""
    mutes: tuple[Mute, ...] = ()
    """Set by command, as the state of alerts had them last."""
    changes: Mapping[str, tuple[SuiteChange, ...]] = field(default_factory=dict)
    """By monitor, the commits that changed its files, newest first."""
    changes_at: str = ""
    """The commit at which git was asked for them; empty: never."""
    synced_to: datetime | None = None
    """Rows that the warehouse recorded until then are in here."""
    synced: Mapping[str, datetime] = field(default_factory=dict)
    """By id of a run, of an incident's event or of a delivery that is in here: when it was
    recorded, as far as a build that looks back behind ``synced_to`` would meet it again."""


@dataclass(frozen=True)
class Keep:
    """How long the site keeps what.

    Args:
        days: of charts, months and incidents that are over.
        incident_days: for how long an incident that is over stays among the latest.
    """

    days: int = RETENTION_DAYS
    incident_days: int = 14


@dataclass(frozen=True)
class Archives:
    """What goes to the site's archives, or is in them."""

    rows: Mapping[tuple[str, str], tuple[Row, ...]] = field(default_factory=dict)
    """By monitor and month, oldest first."""
    incidents: Mapping[str, tuple[IncidentStory, ...]] = field(default_factory=dict)
    """By month, oldest first."""


def row_of(outcome: Outcome, run: OfRun, result: tuple[str, ...] | None = None) -> Row:
    """The row of an outcome, which a run has left or the history knows."""
    return Row(
        at=in_utc(outcome.as_of),
        status=outcome.status,
        observed=outcome.observed,
        unit=outcome.unit,
        thresholds=outcome.thresholds,
        lines=outcome.lines,
        summary=outcome.summary or outcome.reason or "",
        run_id=run.run_id,
        checkpoint=run.checkpoint,
        seconds=outcome.seconds,
        bytes_billed=outcome.bytes_billed,
        revision=run.revision,
        result=result,
        groups=tuple(
            GroupRow(
                group.key.text,
                group.key.label,
                group.status,
                group.observed,
                group.unit,
                group.lines,
            )
            for group in outcome.groups
        ),
        expectations=tuple(
            ExpectationRow(one.key, one.result, one.severity, one.text)
            for one in outcome.expectations
            if one.key
        ),
    )


def with_records(cache: HistoryCache, records: Sequence[Record]) -> HistoryCache:
    """``cache`` with what runs have left; the same record again changes nothing."""
    monitors = dict(cache.monitors)
    for record in records:
        name = record.outcome.monitor
        known = monitors.get(name) or CachedMonitor(name)
        latest = known.latest
        if latest is None or in_utc(latest.run.as_of) <= in_utc(record.run.as_of):
            latest = record
        row = row_of(record.outcome, record.run, record.result)
        monitors[name] = replace(known, latest=latest, rows=merged_rows(known.rows, [row]))
    whole = [run for run, _ in whole_runs(records)]
    return replace(cache, monitors=monitors, runs=_with_runs(cache.runs, whole))


def whole_runs(records: Sequence[Record]) -> list[tuple[RunRow, list[Record]]]:
    """The runs among the records that are of all monitors of their checkpoint."""
    runs: dict[object, dict[str, Record]] = {}
    for record in records:  # the first build has a run's own both stored and in hand
        key = record.run.run_id, record.run.checkpoint, in_utc(record.run.as_of)
        runs.setdefault(key, {})[record.outcome.monitor] = record
    found = [list(of_run.values()) for of_run in runs.values()]
    return [
        (run_row_of([record.outcome for record in of_run], of_run[0].run), of_run)
        for of_run in found
        if len(of_run) >= of_run[0].run.monitors
    ]


def with_rows(
    cache: HistoryCache, rows: Mapping[str, Sequence[Row]], runs: Sequence[RunRow]
) -> HistoryCache:
    """``cache`` with the runs of the history in the warehouse; known runs stay."""
    monitors = dict(cache.monitors)
    for name, found in rows.items():
        known = monitors.get(name) or CachedMonitor(name)
        there = {row.at for row in known.rows}
        new = [row for row in found if row.at not in there]
        if new:
            monitors[name] = replace(known, rows=merged_rows(known.rows, new))
    there_runs = {(run.checkpoint, run.as_of) for run in cache.runs}
    added = [run for run in runs if (run.checkpoint, run.as_of) not in there_runs]
    return replace(cache, monitors=monitors, runs=_with_runs(cache.runs, added))


def with_stories(
    cache: HistoryCache, events: Iterable[IncidentRow], deliveries: Iterable[DeliveryRow]
) -> HistoryCache:
    """``cache`` with rows of incidents and deliveries, each once."""
    stories = {story.id: story for story in cache.incidents}
    for event in events:
        known = stories.get(event.incident_id) or IncidentStory(event.incident_id)
        by_id = {one.event_id: one for one in (*known.events, event)}
        ordered = tuple(sorted(by_id.values(), key=lambda one: (one.as_of, one.event_id)))
        stories[event.incident_id] = replace(known, events=ordered)
    for delivery in deliveries:
        for name in _ids(delivery.incidents):
            if name in stories:
                known = stories[name]
                told = {one.event_id: one for one in (*known.deliveries, delivery)}
                stories[name] = replace(
                    known,
                    deliveries=tuple(
                        sorted(told.values(), key=lambda one: (one.attempted_at, one.event_id))
                    ),
                )
    ordered_stories = sorted(stories.values(), key=lambda story: (story.opened_at, story.id))
    return replace(cache, incidents=tuple(ordered_stories))


def with_state(
    cache: HistoryCache, incidents: Mapping[str, Incident], mutes: Iterable[Mute]
) -> HistoryCache:
    """``cache`` with what the state of alerts knows now; what it no longer knows of an incident
    stays as it was."""
    stories = tuple(
        # A channel's references to its messages aren't for the page.
        replace(story, known=replace(incidents[story.id], references={}))
        if story.id in incidents
        else story
        for story in cache.incidents
    )
    return replace(cache, incidents=stories, mutes=tuple(mutes))


def settled(cache: HistoryCache, keep: Keep, zone: ZoneInfo) -> tuple[HistoryCache, Archives]:
    """``cache`` as it is kept, and what goes to the archives, without what is past the retention.

    What is old is counted from the last instant that the cache knows, so that a replay of a season
    settles as the season did.
    """
    now = last_instant(cache)
    if now is None:
        return cache, Archives()
    first = now - timedelta(days=keep.days)
    lately = now - timedelta(days=keep.incident_days)
    rows: dict[tuple[str, str], tuple[Row, ...]] = {}
    monitors = {}
    for name, known in cache.monitors.items():
        monitors[name], archived = _settled_monitor(known, first, zone)
        rows.update({(name, month): kept for month, kept in archived.items()})
    stories, incidents, months = _settled_incidents(cache, monitors, lately, first, zone)
    return (
        replace(
            cache,
            monitors={
                name: known for name, known in monitors.items() if known.rows or known.months
            },
            runs=_thinned((run for run in cache.runs if run.as_of >= first), lately, zone),
            incidents=stories,
            archived=months,
        ),
        Archives(rows=rows, incidents=incidents),
    )


@functools.lru_cache(maxsize=16384)
def day_of(at: datetime, zone: ZoneInfo) -> date:
    """The day of a judged instant; monitors share their instants, and are asked for each."""
    return last_day(at.astimezone(zone))


@functools.lru_cache(maxsize=16384)
def month_of(at: datetime, zone: ZoneInfo) -> str:
    """The month of a judged instant: midnight at its end belongs to it."""
    return f"{day_of(at, zone):%Y-%m}"


ROWS = tuple[Row, ...]
"""A month of a monitor."""
STORIES = tuple[IncidentStory, ...]
"""A month of incidents."""


def to_json(value: object, kind: Any = HistoryCache) -> bytes:
    """The cache, or `ROWS` or `STORIES`, as a file."""
    dumped: bytes = adapter(kind).dump_json(value, exclude_defaults=True, by_alias=True)
    return dumped


def archive_from_json(content: bytes, kind: Any) -> Any:
    """The `ROWS` or `STORIES` of a file."""
    return adapter(kind).validate_json(content)


def from_json(content: bytes) -> HistoryCache | None:
    """The cache of a file; None if it isn't one, or is of another version."""
    from pydantic import ValidationError

    try:
        cache: HistoryCache = adapter(HistoryCache).validate_json(content)
    except ValidationError:
        return None
    return cache if cache.format == FORMAT else None


def _continued(before: Streak | None, rows: Sequence[Row]) -> Streak | None:
    """``before``, and what came after it, oldest first; what came late says nothing of now."""
    streak = before
    for row in rows:
        if streak is not None and row.at <= streak.until:
            continue
        good = (streak.last_good, streak.last_good_observed) if streak else (None, None)
        if row.status is Status.PASS:
            good = (row.at, row.observed)
        failing = _failing_since(streak, row)
        if row.status.is_failing:
            since = failing["error" if row.status is Status.ERROR else "data"]
        else:
            since = streak.since if streak and streak.status is row.status else row.at
        streak = Streak(row.status, since, row.at, *good, failing)
    return streak


def _failing_since(streak: Streak | None, row: Row) -> dict[Kind, datetime]:
    """As incidents begin and end by this run, and the ones before."""
    known: dict[Kind, datetime] = {}
    if streak is not None:
        known = dict(streak.failing)
        if streak.status.is_failing:  # a cache of an earlier version knows no more
            known.setdefault("error" if streak.status is Status.ERROR else "data", streak.since)
    health: dict[Kind, Health] = {kind: health_of(kind, row.status) for kind in get_args(Kind)}
    return {
        kind: known.get(kind, row.at)
        for kind, now in health.items()
        if now == "failing" or (now == "unknown" and kind in known)
    }


def run_row_of(outcomes: Sequence[Outcome], run: OfRun) -> RunRow:
    """The row of a run with all its outcomes."""
    statuses = [outcome.status for outcome in outcomes]
    status = run_status(statuses)
    reasons = [outcome.reason for outcome in outcomes if outcome.reason]
    return RunRow(
        run_id=run.run_id,
        checkpoint=run.checkpoint,
        # Those of a recorded run (dbt's) are each of the instant of their test.
        as_of=max(in_utc(outcome.as_of) for outcome in outcomes),
        status=status,
        score=score(statuses),
        counts=counts(statuses),
        # Not from the run's start: a replay starts on a day of long ago.
        seconds=max(outcome.seconds for outcome in outcomes),
        revision=run.revision,
        note=reasons[0] if status == "SKIPPED" and reasons else "",
    )


def _with_runs(runs: Sequence[RunRow], added: Iterable[RunRow]) -> tuple[RunRow, ...]:
    by_judged = {(run.checkpoint, run.as_of): run for run in (*runs, *added)}
    return tuple(sorted(by_judged.values(), key=lambda run: (run.as_of, run.run_id)))


def _settled_monitor(
    known: CachedMonitor, first: datetime, zone: ZoneInfo
) -> tuple[CachedMonitor, dict[str, tuple[Row, ...]]]:
    """Runs of days that are over go to the archives; the last ones stay besides."""
    known = replace(known, rows=tuple(row for row in known.rows if row.at >= first))
    if not known.rows:
        return replace(known, months=()), {}
    today, oldest = day_of(known.rows[-1].at, zone), month_of(first, zone)
    over = [row for row in known.rows if day_of(row.at, zone) < today]
    new = [row for row in over if not row.is_archived]
    leaving: dict[str, list[Row]] = {}
    for row in new:
        if month_of(row.at, zone) >= oldest:
            leaving.setdefault(month_of(row.at, zone), []).append(_archived(row))
    many = len(known.rows) - RECENT_RUNS
    dropped = min(max(many, 0), len(over))
    settled = replace(
        known,
        rows=tuple(
            _archived(row) if index < len(over) and not row.is_archived else row
            for index, row in enumerate(known.rows)
            if index >= dropped
        ),
        days=_days(known, [row for rows in leaving.values() for row in rows], zone),
        expectations=with_results(known.expectations, new, zone),
        costs=with_costs(known.costs, new, zone),
        months=tuple(month for month in sorted({*known.months, *leaving}) if month >= oldest),
        before=_continued(known.before, known.rows[:dropped]),
    )
    return settled, {month: tuple(rows) for month, rows in leaving.items()}


def _archived(row: Row) -> Row:
    return replace(row, is_archived=True, expectations=())


def _days(known: CachedMonitor, rows: Sequence[Row], zone: ZoneInfo) -> tuple[Row, ...]:
    """The worst run of each day, of the last days; none of a monitor that names no well groups,
    which has no charts of groups."""
    if not rows:
        return known.days
    every = (*known.days, *rows)
    if all(group.status is not Status.PASS for row in every for group in row.groups):
        return ()
    worst_rows: dict[date, Row] = {}
    rank = WORST_FIRST.index
    for row in sorted(every, key=lambda row: row.at):
        day = day_of(row.at, zone)
        found = worst_rows.get(day)
        if found is None or rank(row.status) <= rank(found.status):
            worst_rows[day] = row
    return tuple(
        replace(
            row, summary="", thresholds="", run_id="", checkpoint="", revision=None, result=None
        )
        for row in list(worst_rows.values())[-RECENT_DAYS:]
    )


def merged_rows(before: Sequence[Row], added: Sequence[Row]) -> tuple[Row, ...]:
    """Rows with more of them, each instant once; the later word counts."""
    by_instant = {row.at: row for row in (*before, *added)}
    return tuple(sorted(by_instant.values(), key=lambda row: row.at))


def past_of(story: IncidentStory) -> ClosedIncident:
    """What is remembered of an incident that has ended."""
    statuses = [Status(event.status) for event in story.events]
    last = story.events[-1]
    return ClosedIncident(
        id=story.id,
        monitor=last.monitor,
        kind="error" if last.kind == "error" else "data",
        worst=worst(statuses),
        opened_at=story.opened_at,
        closed_at=last.as_of,
        ending=cast("Ending", last.event) if last.event in ENDINGS else "resolved",
        was_told=any(one.verdict == "delivered" for one in story.deliveries),
    )


def _settled_incidents(
    cache: HistoryCache,
    monitors: Mapping[str, CachedMonitor],
    lately: datetime,
    first: datetime,
    zone: ZoneInfo,
) -> tuple[
    tuple[IncidentStory, ...],
    dict[str, tuple[IncidentStory, ...]],
    dict[str, tuple[ClosedIncident, ...]],
]:
    """An incident leaves when the month of its end does, for the archive of its opening's.

    It takes along what its monitor saw meanwhile, as far as those rows leave too.
    """
    current, oldest = month_of(lately, zone), month_of(first, zone)
    leaving: dict[str, list[IncidentStory]] = {}
    staying = []
    for story in cache.incidents:
        month = month_of(story.opened_at, zone)
        if any(
            story.id == one.id for one in cache.archived.get(month, ())
        ):  # late words of it: its page is drawn
            continue
        known, settled = cache.monitors.get(story.monitor), monitors.get(story.monitor)
        rows = known.rows if known else ()
        if story.until is not None and month_of(story.until, zone) < current:
            leaving.setdefault(month, []).append(_with_sightings(story, rows))
        else:
            there = {row.at for row in settled.rows} if settled else set()
            gone = [row for row in rows if row.at not in there]
            staying.append(_with_sightings(story, gone))
    months = {month: past for month, past in cache.archived.items() if month >= oldest}
    for month, stories in leaving.items():
        if month >= oldest:
            past = (*months.get(month, ()), *map(past_of, stories))
            by_id = {incident.id: incident for incident in past}
            months[month] = tuple(sorted(by_id.values(), key=lambda one: (one.opened_at, one.id)))
    return (
        tuple(staying),
        {month: tuple(stories) for month, stories in leaving.items() if month >= oldest},
        dict(sorted(months.items())),
    )


def _with_sightings(story: IncidentStory, rows: Sequence[Row]) -> IncidentStory:
    seen = sightings(rows, opened_at=story.opened_at, until=story.until, before=story.seen)
    return replace(story, seen=last_sightings(seen)) if seen != story.seen else story


def _thinned(runs: Iterable[RunRow], lately: datetime, zone: ZoneInfo) -> tuple[RunRow, ...]:
    """Of an older day, the last run of each checkpoint."""
    found: dict[object, RunRow] = {}
    for run in runs:
        key: object = run.as_of
        if run.as_of < lately:
            key = day_of(run.as_of, zone)
        found[(run.checkpoint, key)] = run
    return tuple(sorted(found.values(), key=lambda run: (run.as_of, run.run_id)))


def last_instant(cache: HistoryCache) -> datetime | None:
    """The latest instant that was judged; None where none was."""
    known = [monitor.rows[-1].at for monitor in cache.monitors.values() if monitor.rows]
    return max(known, default=None)


def _ids(text: str) -> list[str]:
    try:
        read = json.loads(text)
    except ValueError:
        return []
    return [str(name) for name in read] if isinstance(read, list) else []
