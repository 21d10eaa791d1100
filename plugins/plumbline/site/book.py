"""The site's book: what it knows of runs and incidents, as much as its pages show.

It lies in the site and is read and written whole by each build, so that a build reads one file
however much has ever been stored. It holds the runs of the last weeks. A month that is over lies in
the site's archives, as do its incidents: a file that is only read when its page has to be drawn
again.

Pure: nothing here reads or writes. Used by `plumbline.site.build`.
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from plumbline.history.events import DeliveryRow, IncidentRow
from plumbline.incidents.model import Incident, Mute
from plumbline.project.sites import RETENTION_DAYS
from plumbline.run.request import last_day
from plumbline.run.status import RunStatus, Status, run_status, score
from plumbline.run.thresholds import ThresholdLine
from plumbline.site.records import Record, RunStamp
from plumbline.site.sightings import MOST_SEEN, Sighted, sightings

if TYPE_CHECKING:
    from pydantic import TypeAdapter

FORMAT = 1

RECENT_RUNS = 28
"""Rows of a monitor that its page lists: a week of a run every six hours."""

_SEVERITY = {
    Status.SKIPPED: 0,
    Status.PASS: 1,
    Status.WARNING: 2,
    Status.ERROR: 3,
    Status.CRITICAL: 4,
}


@dataclass(frozen=True)
class GroupRow:
    """One group of a monitor in one run."""

    key: str
    """The canonical text of its `GroupKey`."""
    label: str
    status: Status
    observed: float | None = None
    unit: str = ""
    lines: tuple[ThresholdLine, ...] = ()


@dataclass(frozen=True)
class Row:
    """One run of a monitor."""

    at: datetime
    """The instant that was judged."""
    status: Status
    observed: float | None
    unit: str = ""
    thresholds: str = ""
    lines: tuple[ThresholdLine, ...] = ()
    summary: str = ""
    run_id: str = ""
    checkpoint: str = ""
    seconds: float = 0.0
    bytes_billed: int | None = None
    revision: str | None = None
    result: tuple[str, ...] | None = None
    """The key of GX's stored result."""
    groups: tuple[GroupRow, ...] = ()


@dataclass(frozen=True)
class Streak:
    """How a monitor is, since when, and when it was last well."""

    status: Status
    since: datetime
    last_good: datetime | None = None
    last_good_observed: float | None = None


@dataclass(frozen=True)
class PastAlerts:
    """The archived incidents of a monitor that opened in one month."""

    incidents: int = 0
    told: int = 0
    """Those that somebody was told of."""
    lasted: timedelta = timedelta()
    """All of them together."""
    longest: timedelta = timedelta()


@dataclass(frozen=True)
class MonitorBook:
    """One monitor."""

    name: str
    latest: Record | None = None
    """Of its last run; None: only the history in the warehouse knows it."""
    rows: tuple[Row, ...] = ()
    """The last weeks, oldest first, each instant once."""
    months: tuple[str, ...] = ()
    """Months whose rows are archived, oldest first: ``2026-01``."""
    paged: Mapping[str, str] = field(default_factory=dict)
    """Of the months that are not over: a hash of the runs that their pages list, as they were drawn
    last."""
    before: Streak | None = None
    """How it was when the first of its rows came; None: nothing is archived."""
    alerts: Mapping[str, PastAlerts] = field(default_factory=dict)
    """By month: what its archived incidents add up to."""

    @property
    def streak(self) -> Streak | None:
        """How it is now; None: it has never run."""
        return _continued(self.before, self.rows)


@dataclass(frozen=True)
class RunRow:
    """One whole run of a checkpoint."""

    run_id: str
    checkpoint: str
    as_of: datetime
    status: RunStatus
    score: int | None
    counts: Mapping[str, int]
    seconds: float = 0.0
    revision: str | None = None
    note: str = ""
    """Why it was SKIPPED."""


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
        """As its events say."""
        return self.events[0].monitor

    @property
    def opened_at(self) -> datetime:
        """As its events say."""
        return self.events[0].opened_at

    @property
    def is_over(self) -> bool:
        """Whether the last thing that happened to it is its end."""
        return self.events[-1].event in ("resolved", "expired")

    @property
    def until(self) -> datetime | None:
        """When it ended; None: it is open."""
        return self.events[-1].as_of if self.is_over else None


@dataclass(frozen=True)
class Book:
    """All that a build begins with."""

    format: int = FORMAT
    target: str = ""
    monitors: Mapping[str, MonitorBook] = field(default_factory=dict)
    runs: tuple[RunRow, ...] = ()
    """Oldest first; of an older day, its last."""
    incidents: tuple[IncidentStory, ...] = ()
    """Open ones, and those that ended lately; by when they opened."""
    archived: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By month of their opening: ids of the incidents in the archives."""
    gx_suites: Mapping[str, str] = field(default_factory=dict)
    """By suite: the hash of what GX's page of it shows."""
    mutes: tuple[Mute, ...] = ()
    """Set by command, as the state of alerts had them last."""
    synced_to: datetime | None = None
    """Rows that the warehouse recorded until then are in here."""


@dataclass(frozen=True)
class Keep:
    """How long the site keeps what.

    Args:
        days: of charts, months and incidents that are over.
        rows_days: a month is archived when all of it is older than that.
    """

    days: int = RETENTION_DAYS
    rows_days: int = 14


@dataclass(frozen=True)
class Archives:
    """What a build puts into the site's archives: whole months."""

    rows: Mapping[tuple[str, str], tuple[Row, ...]] = field(default_factory=dict)
    """By monitor and month."""
    incidents: Mapping[str, tuple[IncidentStory, ...]] = field(default_factory=dict)
    """By month."""


def row_of(record: Record) -> Row:
    """The row of a run's record."""
    outcome = record.outcome
    return Row(
        at=record.run.as_of,
        status=outcome.status,
        observed=outcome.observed,
        unit=outcome.unit,
        thresholds=outcome.thresholds,
        lines=outcome.lines,
        summary=outcome.summary,
        run_id=record.run.run_id,
        checkpoint=record.run.checkpoint,
        seconds=outcome.seconds,
        bytes_billed=outcome.bytes_billed,
        revision=record.run.revision,
        result=record.result,
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
    )


def with_records(book: Book, records: Sequence[Record]) -> Book:
    """``book`` with what runs have left; the same record again changes nothing."""
    monitors = dict(book.monitors)
    for record in records:
        name = record.outcome.monitor
        known = monitors.get(name) or MonitorBook(name)
        latest = known.latest
        if latest is None or latest.run.as_of <= record.run.as_of:
            latest = record
        monitors[name] = replace(known, latest=latest, rows=_with_rows(known, [row_of(record)]))
    runs: dict[object, dict[str, Record]] = {}
    for record in records:  # the first build has a run's own both stored and in hand
        key = record.run.run_id, record.run.checkpoint, record.run.as_of
        of_run = runs.setdefault(key, {})
        of_run[record.outcome.monitor] = record
    found = [list(of_run.values()) for of_run in runs.values()]
    whole = [_run_row(of_run[0].run, of_run) for of_run in found if _is_whole(of_run)]
    return replace(book, monitors=monitors, runs=_with_runs(book.runs, whole))


def with_rows(book: Book, rows: Mapping[str, Sequence[Row]], runs: Sequence[RunRow]) -> Book:
    """``book`` with what the history in the warehouse says of runs; what is known stays."""
    monitors = dict(book.monitors)
    for name, found in rows.items():
        known = monitors.get(name) or MonitorBook(name)
        there = {row.at for row in known.rows}
        new = [row for row in found if row.at not in there]
        if new:
            monitors[name] = replace(known, rows=_with_rows(known, new))
    there_runs = {(run.checkpoint, run.as_of) for run in book.runs}
    added = [run for run in runs if (run.checkpoint, run.as_of) not in there_runs]
    return replace(book, monitors=monitors, runs=_with_runs(book.runs, added))


def with_stories(
    book: Book, events: Iterable[IncidentRow], deliveries: Iterable[DeliveryRow]
) -> Book:
    """``book`` with rows of incidents and deliveries, each once."""
    stories = {story.id: story for story in book.incidents}
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
    return replace(book, incidents=tuple(ordered_stories))


def with_state(book: Book, incidents: Mapping[str, Incident], mutes: Iterable[Mute]) -> Book:
    """``book`` with what the state of alerts knows now; what it no longer knows of an incident
    stays as it was."""
    stories = tuple(
        # What a channel needs to find its message again is nobody's business on a page.
        replace(story, known=replace(incidents[story.id], references={}))
        if story.id in incidents
        else story
        for story in book.incidents
    )
    return replace(book, incidents=stories, mutes=tuple(mutes))


def settled(book: Book, keep: Keep, zone: ZoneInfo) -> tuple[Book, Archives]:
    """``book`` as it is kept: months that are over archived, what is older than the retention gone.

    What is old is counted from the last instant that the book knows, so that a replay of a season
    settles as the season did.
    """
    now = last_instant(book)
    if now is None:
        return book, Archives()
    first = now - timedelta(days=keep.days)
    rows_from = now - timedelta(days=keep.rows_days)
    rows: dict[tuple[str, str], tuple[Row, ...]] = {}
    monitors = {}
    for name, known in book.monitors.items():
        monitors[name], archived = _settled_monitor(known, rows_from, first, zone)
        rows.update({(name, month): kept for month, kept in archived.items()})
    stories, incidents, months = _settled_incidents(book, monitors, rows_from, first, zone)
    for month, left in incidents.items():
        for story in left:
            if known_monitor := monitors.get(story.monitor):
                monitors[story.monitor] = _with_alert(known_monitor, month, story)
    return (
        replace(
            book,
            monitors={
                name: known for name, known in monitors.items() if known.rows or known.months
            },
            runs=_thinned((run for run in book.runs if run.as_of >= first), rows_from, zone),
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


def to_json(book: Book) -> bytes:
    """The book as a file."""
    return _adapter().dump_json(book, exclude_defaults=True)


def from_json(content: bytes) -> Book | None:
    """The book of a file; None: it is none, or another version's, and is made anew."""
    from pydantic import ValidationError

    try:
        book = _adapter().validate_json(content)
    except ValidationError:
        return None
    return book if book.format == FORMAT else None


def rows_to_json(rows: Sequence[Row]) -> bytes:
    """A month of a monitor as a file."""
    return _rows_adapter().dump_json(tuple(rows), exclude_defaults=True)


def rows_from_json(content: bytes) -> tuple[Row, ...]:
    """A month of a monitor."""
    return _rows_adapter().validate_json(content)


def stories_to_json(stories: Sequence[IncidentStory]) -> bytes:
    """A month of incidents as a file."""
    return _stories_adapter().dump_json(tuple(stories), exclude_defaults=True)


def stories_from_json(content: bytes) -> tuple[IncidentStory, ...]:
    """A month of incidents."""
    return _stories_adapter().validate_json(content)


def _with_rows(known: MonitorBook, rows: Iterable[Row]) -> tuple[Row, ...]:
    """Each instant once: the later word counts."""
    by_instant = {row.at: row for row in (*known.rows, *rows)}
    return tuple(sorted(by_instant.values(), key=lambda row: row.at))


def _continued(before: Streak | None, rows: Sequence[Row]) -> Streak | None:
    """``before``, and what came after it, oldest first."""
    streak = before
    for row in rows:
        if streak is not None and row.at < streak.since:  # it comes too late to change anything
            continue
        good = (streak.last_good, streak.last_good_observed) if streak else (None, None)
        if row.status is Status.PASS:
            good = (row.at, row.observed)
        since = streak.since if streak and streak.status is row.status else row.at
        streak = Streak(row.status, since, *good)
    return streak


def _is_whole(records: Sequence[Record]) -> bool:
    return len(records) >= records[0].run.monitors


def _run_row(run: RunStamp, records: Sequence[Record]) -> RunRow:
    statuses = [record.outcome.status for record in records]
    status = run_status(statuses)
    reasons = [record.outcome.reason for record in records if record.outcome.reason]
    return RunRow(
        run_id=run.run_id,
        checkpoint=run.checkpoint,
        as_of=run.as_of,
        status=status,
        score=score(statuses),
        counts=counts_of(statuses),
        # Not from the run's start: a replay starts on a day of long ago.
        seconds=max(record.outcome.seconds for record in records),
        revision=run.revision,
        note=reasons[0] if status == "SKIPPED" and reasons else "",
    )


def counts_of(statuses: Sequence[Status]) -> dict[str, int]:
    """As in `RunReport.counts`."""
    return {
        "passed": statuses.count(Status.PASS),
        "warning": statuses.count(Status.WARNING),
        "critical": statuses.count(Status.CRITICAL),
        "error": statuses.count(Status.ERROR),
        "skipped": statuses.count(Status.SKIPPED),
    }


def _with_runs(runs: Sequence[RunRow], added: Iterable[RunRow]) -> tuple[RunRow, ...]:
    by_judged = {(run.checkpoint, run.as_of): run for run in (*runs, *added)}
    return tuple(sorted(by_judged.values(), key=lambda run: (run.as_of, run.run_id)))


def _settled_monitor(
    known: MonitorBook, rows_from: datetime, first: datetime, zone: ZoneInfo
) -> tuple[MonitorBook, dict[str, tuple[Row, ...]]]:
    """A month leaves the rows, whole, once all of it is older than ``rows_from`` and the monitor
    has run in a later one.

    What comes late for a month that is archived is not taken: its page is drawn.
    """
    if not known.rows:
        return known, {}
    oldest = month_of(first, zone)
    current = min(month_of(rows_from, zone), max(month_of(known.rows[-1].at, zone), oldest))
    archived_to = known.months[-1] if known.months else ""
    leaving: dict[str, list[Row]] = {}
    staying = []
    for row in known.rows:
        month = month_of(row.at, zone)
        if month <= archived_to:
            continue
        if month < current:
            leaving.setdefault(month, []).append(row)
        else:
            staying.append(row)
    gone = [row for rows in leaving.values() for row in rows]
    settled = replace(
        known,
        rows=tuple(staying),
        months=tuple(month for month in sorted({*known.months, *leaving}) if month >= oldest),
        before=_continued(known.before, gone),
        alerts={month: past for month, past in known.alerts.items() if month >= oldest},
    )
    return settled, {month: tuple(rows) for month, rows in leaving.items() if month >= oldest}


def listed_by_month(known: MonitorBook, zone: ZoneInfo) -> dict[str, tuple[Row, ...]]:
    """The runs that the pages of months list which are not over: those of days that are over.

    The last day's are on the monitor's own page; so these pages are drawn once a day, not at each
    run.
    """
    if not known.rows:
        return {}
    today = day_of(known.rows[-1].at, zone)
    found: dict[str, list[Row]] = {month_of(known.rows[-1].at, zone): []}
    for index, row in enumerate(known.rows):
        is_over = day_of(row.at, zone) < today
        if is_over or index < len(known.rows) - RECENT_RUNS:
            found.setdefault(month_of(row.at, zone), []).append(row)
    return {month: tuple(rows) for month, rows in found.items() if rows}


def listed_hash(rows: Sequence[Row]) -> str:
    """What a month's page lists, in short: another where a run was added or judged again."""
    text = "".join(f"{row.at.timestamp()} {row.run_id}\n" for row in rows)
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()[:16]


def worst_of_days(rows: Sequence[Row], zone: ZoneInfo) -> list[Row]:
    """The worst run of each day, oldest first: what a chart of a year shows."""
    worst: dict[date, Row] = {}
    for row in rows:
        day = day_of(row.at, zone)
        known = worst.get(day)
        if known is None or _SEVERITY[row.status] >= _SEVERITY[known.status]:
            worst[day] = row
    return list(worst.values())


def _settled_incidents(
    book: Book,
    monitors: Mapping[str, MonitorBook],
    rows_from: datetime,
    first: datetime,
    zone: ZoneInfo,
) -> tuple[
    tuple[IncidentStory, ...], dict[str, tuple[IncidentStory, ...]], dict[str, tuple[str, ...]]
]:
    """An incident leaves when the month of its end does: so it is there to be shaded in the chart
    of each month that it was open in. It lies in the archive of its opening's.

    It takes along what its monitor saw meanwhile, as far as those rows leave too.
    """
    current, oldest = month_of(rows_from, zone), month_of(first, zone)
    leaving: dict[str, list[IncidentStory]] = {}
    staying = []
    for story in book.incidents:
        month = month_of(story.opened_at, zone)
        if story.id in book.archived.get(month, ()):  # late words of it: its page is drawn
            continue
        known, settled = book.monitors.get(story.monitor), monitors.get(story.monitor)
        rows = known.rows if known else ()
        if story.until is not None and month_of(story.until, zone) < current:
            leaving.setdefault(month, []).append(_with_sightings(story, rows))
        else:
            there = {row.at for row in settled.rows} if settled else set()
            gone = [row for row in rows if row.at not in there]
            staying.append(_with_sightings(story, gone))
    months = {month: ids for month, ids in book.archived.items() if month >= oldest}
    for month, stories in leaving.items():
        if month >= oldest:
            months[month] = (*months.get(month, ()), *(story.id for story in stories))
    return (
        tuple(staying),
        {month: tuple(stories) for month, stories in leaving.items() if month >= oldest},
        dict(sorted(months.items())),
    )


def _with_sightings(story: IncidentStory, rows: Sequence[Row]) -> IncidentStory:
    seen = sightings(rows, opened_at=story.opened_at, until=story.until, before=story.seen)
    return replace(story, seen=seen[-MOST_SEEN:]) if seen != story.seen else story


def _with_alert(known: MonitorBook, month: str, story: IncidentStory) -> MonitorBook:
    past = known.alerts.get(month, PastAlerts())
    lasted = (story.until or story.opened_at) - story.opened_at
    told = any(delivery.verdict == "delivered" for delivery in story.deliveries)
    added = PastAlerts(
        incidents=past.incidents + 1,
        told=past.told + told,
        lasted=past.lasted + lasted,
        longest=max(past.longest, lasted),
    )
    return replace(known, alerts={**known.alerts, month: added})


def _thinned(runs: Iterable[RunRow], rows_from: datetime, zone: ZoneInfo) -> tuple[RunRow, ...]:
    """Of an older day, the last run of each checkpoint."""
    found: dict[object, RunRow] = {}
    for run in runs:
        key: object = run.as_of
        if run.as_of < rows_from:
            key = day_of(run.as_of, zone)
        found[(run.checkpoint, key)] = run
    return tuple(sorted(found.values(), key=lambda run: (run.as_of, run.run_id)))


def last_instant(book: Book) -> datetime | None:
    """The latest instant that was judged; None where none was."""
    known = [monitor.rows[-1].at for monitor in book.monitors.values() if monitor.rows]
    return max(known, default=None)


def _ids(text: str) -> list[str]:
    try:
        read = json.loads(text)
    except ValueError:
        return []
    return [str(name) for name in read] if isinstance(read, list) else []


@functools.cache
def _adapter() -> TypeAdapter[Book]:
    from pydantic import TypeAdapter

    return TypeAdapter(Book)


@functools.cache
def _rows_adapter() -> TypeAdapter[tuple[Row, ...]]:
    from pydantic import TypeAdapter

    return TypeAdapter(tuple[Row, ...])


@functools.cache
def _stories_adapter() -> TypeAdapter[tuple[IncidentStory, ...]]:
    from pydantic import TypeAdapter

    return TypeAdapter(tuple[IncidentStory, ...])
