"""What the pages show, as plain values, filled from history, suites and files.

Nothing here does I/O, and pages need nothing else. Instants have a zone. See `plumbline.site` for
what fills which value.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Literal
from zoneinfo import ZoneInfo

from plumbline.alerts.incidents.model import Incident
from plumbline.core.failure import FailingRows
from plumbline.core.instants import last_day
from plumbline.core.mute import Mute
from plumbline.core.outcome import Outcome, ThresholdLine
from plumbline.core.pricing import Price
from plumbline.core.status import (
    RUN_WORST_FIRST,
    WORST_FIRST,
    RunStatus,
    Status,
    run_status,
    score,
)
from plumbline.history.cost.sharing import SharedTable
from plumbline.history.cost.summary import By, CostLine
from plumbline.site.changes import SuiteChange
from plumbline.site.days import Change, RunPlace, anchor_of
from plumbline.site.expectations import ExpectationPast
from plumbline.site.history_cache import RECENT_RUNS
from plumbline.site.rows import Row, RunRow, Sighted

TimelineKind = Literal["observed", "event", "notified", "not notified"]


@dataclass(frozen=True)
class SeriesPoint:
    """One run of a monitor, or of one of its groups, in a chart."""

    at: datetime
    """The run's ``as_of``."""
    status: Status
    observed: float | None = None
    """None for what was SKIPPED, ended in ERROR or was not among the groups: a gap in the line."""
    thresholds: tuple[ThresholdLine, ...] = ()
    """Those in force at that run, not today's."""


@dataclass(frozen=True)
class GroupSeries:
    """One group of a monitor over time: a prediction system, a processor."""

    key: str
    """The canonical text of its `GroupKey`."""
    label: str
    unit: str
    points: tuple[SeriesPoint, ...]
    """Oldest first; at the same instants as the monitor's, as far as the group was there."""


def point_of(row: Row) -> SeriesPoint:
    """A run as a point of its monitor's chart."""
    observed = row.observed if row.status.is_judged else None
    return SeriesPoint(row.at, row.status, observed, row.lines)


@dataclass(frozen=True)
class MonthView:
    """Runs of a monitor, a page a calendar month (of the site's zone), with those of days that are
    over.

    ``rows`` is None where the page of an earlier build still holds, so that a build does not read
    old results.
    """

    month: str
    """``2026-01``."""
    rows: tuple[Row, ...] | None
    """Oldest first."""


@dataclass(frozen=True)
class SuiteLine:
    severity: str
    text: str


@dataclass(frozen=True)
class MonitorView:
    """A monitor: its card on the overview and its page."""

    name: str
    latest: Outcome | None
    """The last run's outcome; None: it has never run."""
    since: datetime | None
    """Since when it has had its present status; WARNING and CRITICAL are one."""
    checkpoints: tuple[str, ...] = ()
    owner: str | None = None
    tags: tuple[str, ...] = ()
    next_run: datetime | None = None
    """When its next run is due; None: no schedule is known."""
    last_good: SeriesPoint | None = None
    """The last PASS."""
    rows: tuple[Row, ...] = ()
    """The last runs, oldest first; what is older is in ``months``."""
    groups: tuple[GroupSeries, ...] = ()
    gx_results: Mapping[tuple[str, ...], str] = field(default_factory=dict)
    """GX's pages of its stored results, relative to the site, by the key of the result."""
    months: tuple[MonthView, ...] = ()
    """Newest first."""
    failing: FailingRows | None = None
    """A sample of the rows that failed in the last run."""
    description: str = ""
    """The suite's notes."""
    suite: tuple[SuiteLine, ...] = ()
    suite_name: str | None = None
    """None: it has no suite of this project."""
    expectations: tuple[ExpectationPast, ...] = ()
    """What came of each on the last days."""
    gx_suite: str | None = None
    """GX's page of the suite, relative to the site."""
    sql: str | None = None
    """As compiled and sent in the last run."""
    drilldown_goes_in: str | None = None
    """The suite's file, from the project's folder, where the monitor fails and no query for its
    rows is declared or can be derived."""
    runbook: str | None = None
    """The runbook's Markdown; links in it are kept only where they lead outside (https)."""
    incidents: tuple[str, ...] = ()
    """Ids of its incidents, newest first, as far as they are among the site's."""
    past: tuple[Incident, ...] = ()
    """Those in the archives, newest first: only what a list says of them is filled in."""
    changes: tuple[SuiteChange, ...] = ()
    """The commits that changed its suite or model, newest first, as far as git knows them."""
    muted: Mute | None = None
    """The mute in force."""
    services: tuple[str, ...] = ()
    """Those after whose deployments alone it is looked at; none: it is looked at in any case."""
    fault: str | None = None
    """Why its pages could not be drawn; they then show that alone."""

    @cached_property
    def points(self) -> tuple[SeriesPoint, ...]:
        """The last runs as points of a chart; the overview draws 28 of them."""
        return tuple(map(point_of, self.rows))

    @property
    def has_course(self) -> bool:
        """Whether its runs are of two instants or more: a chart over time shows nothing of one."""
        return bool(self.rows) and self.rows[0].at != self.rows[-1].at

    @property
    def unpaged(self) -> tuple[SeriesPoint, ...]:
        """Of them, those that are on no month's page yet: the chart has the others from there."""
        return tuple(point_of(row) for row in self.rows if not row.is_archived)

    @property
    def recent(self) -> tuple[Row, ...]:
        """The runs that its page lists, newest first."""
        return tuple(reversed(self.rows[-RECENT_RUNS:]))

    @classmethod
    def undrawable(
        cls, name: str, raised: Exception, at: datetime, checkpoints: tuple[str, ...] = ()
    ) -> MonitorView:
        """A placeholder for a monitor whose own view or pages raised; the others are drawn."""
        reason = f"its page could not be drawn: {type(raised).__name__}: {raised}"
        latest = Outcome(name, Status.ERROR, summary=reason, as_of=at, reason=reason)
        return cls(name, latest=latest, since=None, checkpoints=checkpoints, fault=reason)


@dataclass(frozen=True)
class TimelineEntry:
    """One entry of an incident's timeline: an observation, an event or a delivery."""

    at: datetime
    kind: TimelineKind
    title: str
    text: str = ""
    status: Status | None = None
    members: tuple[str, ...] = ()
    """Groups that it names."""
    messages: tuple[TimelineEntry, ...] = ()
    """What was sent of an event, and whether it arrived."""

    @property
    def undelivered(self) -> tuple[str, ...]:
        """The channels whose last attempt failed."""
        last = {one.title: one.kind for one in self.messages}
        return tuple(channel for channel, kind in last.items() if kind == "not notified")


@dataclass(frozen=True)
class IncidentView:
    incident: Incident
    timeline: tuple[TimelineEntry, ...] = ()
    """Oldest first."""
    impact: str | None = None
    action: str | None = None
    worst: Sighted | None = None
    """What the worst run saw; None: no run is known."""
    is_removed: bool = False
    """Whether the project has no such monitor any more."""
    drilldown: str | None = None
    """The query for the rows behind what fails, of an open one's last run."""
    drilldown_goes_in: str | None = None
    """As `MonitorView.drilldown_goes_in`, of an open one."""
    runbook: str | None = None
    """The runbook's Markdown, of an open one."""
    runbook_link: str | None = None
    """Where the suite says that the runbook is: a file of the project, or an address."""


@dataclass(frozen=True)
class IncidentMonth:
    """Closed incidents that opened in an older month, a page a month.

    ``incidents`` is None where the page of an earlier build, and those of its incidents, still
    hold; ``ids`` names them, so that they are not taken to be stale.
    """

    month: str
    ids: tuple[str, ...]
    incidents: tuple[IncidentView, ...] | None


@dataclass(frozen=True)
class DayView:
    """A day of the calendar: for each checkpoint, the last run that judged the day."""

    day: date
    runs: tuple[RunRow, ...] = ()
    """Worst first."""

    @property
    def status(self) -> RunStatus | None:
        """The worst status of its runs; None: there was no run."""
        return self.runs[0].status if self.runs else None


@dataclass(frozen=True)
class RunView:
    """A run on the page of its day."""

    run: RunRow
    rows: Mapping[str, Row]
    """By monitor, worst first."""
    before: RunRow | None
    """The run before of the same checkpoint; None: none is known."""
    changes: Mapping[str, Change]
    """By monitor: what is not as it was in the run before."""
    before_at: RunPlace | None = None
    """The run before."""
    next_at: RunPlace | None = None
    """The run after of the same checkpoint; None: there is none yet."""

    @property
    def anchor(self) -> str:
        """Its place on the page."""
        return anchor_of(self.run)


@dataclass(frozen=True)
class DayPage:
    """The page of a day's runs."""

    day: date
    runs: tuple[RunView, ...]
    """Newest first."""


@dataclass(frozen=True)
class CheckpointView:
    """A checkpoint's row on the overview."""

    runs: tuple[RunRow, ...]
    """Its last runs, oldest first; at least one."""
    next_run: datetime | None = None
    """When its next run is due; None: no schedule is known."""
    is_removed: bool = False
    """Whether the project has no such checkpoint any more."""

    @property
    def last_run(self) -> RunRow:
        return self.runs[-1]


@dataclass(frozen=True)
class BudgetView:
    """What a monitor may be billed on a day, and what it was."""

    bytes_per_day: int
    last_day: int
    """Bytes billed on the last day that the site knows."""
    days_over: int
    """Days of the last ones on which it was more."""


@dataclass(frozen=True)
class SharingView:
    """What reading each table once would save a checkpoint."""

    checkpoint: str
    tables: tuple[SharedTable, ...]
    per_month: tuple[float, str] | None
    """Bytes and money, at least; None: no schedule says how many runs there are."""


@dataclass(frozen=True)
class CostsView:
    days: int
    """Those that it sums up."""
    total: CostLine
    lines: Mapping[By, tuple[CostLine, ...]]
    price: Price
    budgets: Mapping[str, BudgetView] = field(default_factory=dict)
    """By monitor, of those that have one."""
    sharing: tuple[SharingView, ...] = ()


@dataclass(frozen=True)
class CoverageRow:
    """One monitor on the page of coverage."""

    monitor: str
    owner: str | None
    before: str | None
    """How it was checked before plumbline."""
    status: Status | None
    """Of its last run; None: it has never run."""
    checkpoints: tuple[str, ...]
    every: timedelta | None
    """The shortest time between two scheduled runs; None: no schedule runs it."""
    longest_gap: timedelta | None
    """Between two of its last runs."""
    incidents: int
    """Those that are over."""
    median_lasted: timedelta | None
    longest_lasted: timedelta | None


@dataclass(frozen=True)
class SiteData:
    """All that a build draws."""

    title: str
    """What is monitored: the project's name."""
    target: str
    zone: ZoneInfo
    """Instants are written in it, and days are its days."""
    built_at: datetime
    """Only the overview shows it, so that a build without news writes one page."""
    next_build: datetime | None
    """When the next build is due; a page older than that says that it is stale."""
    last_run: RunRow | None
    """The newest of all checkpoints."""
    monitors: tuple[MonitorView, ...]
    """In the checkpoint's order; pages put the worst first."""
    after_deployments: tuple[MonitorView, ...] = ()
    """Looked at by ``plumbline deploy verify`` alone: they have a page, but no status, no past."""
    incidents: tuple[IncidentView, ...] = ()
    """Open ones, and those closed lately; newest first."""
    incident_months: tuple[IncidentMonth, ...] = ()
    """Newest first."""
    mutes: tuple[Mute, ...] = ()
    checkpoints: tuple[CheckpointView, ...] = ()
    """Those that have run, without the ones of deployments; worst first."""
    days: tuple[DayView, ...] = ()
    """Each day once, oldest first; see `days_of`."""
    runs: tuple[RunRow, ...] = ()
    """The last ones, newest first."""
    day_pages: tuple[DayPage, ...] = ()
    """Those to draw."""
    paged: Mapping[date, tuple[str, ...]] = field(default_factory=dict)
    """Every day that has a page, drawn or kept, with the anchors of its runs."""
    revision: str | None = None
    """The suites' revision that judged the last run."""
    costs: CostsView | None = None
    """None: the costs are unknown, and there is no page."""
    coverage: tuple[CoverageRow, ...] = ()
    """One row per monitor; empty: there is no page."""
    gx_suites: Mapping[str, str] = field(default_factory=dict)
    """GX's pages of suites, relative to the site, by suite."""
    note: str = ""
    """What a reader should know of this build."""

    @cached_property
    def statuses(self) -> tuple[Status, ...]:
        """The status of each monitor that has run, whichever checkpoint ran it last."""
        return tuple(view.latest.status for view in self.monitors if view.latest)

    @cached_property
    def open_incidents(self) -> Mapping[str, IncidentView]:
        """By monitor, its newest."""
        found = (view for view in reversed(self.incidents) if view.incident.is_open)
        return {view.incident.monitor: view for view in found}

    @cached_property
    def worst_first(self) -> tuple[MonitorView, ...]:
        """The monitors by status; within one, those that nobody attends to first, then the
        oldest."""
        return tuple(sorted(self.monitors, key=self._rank))

    def _rank(self, view: MonitorView) -> tuple[int, bool, str, str]:
        rank = WORST_FIRST.index(view.latest.status) if view.latest else len(WORST_FIRST)
        known = self.open_incidents.get(view.name)
        is_held = view.muted is not None or bool(known and known.incident.ack)
        return rank, is_held, view.since.isoformat() if view.since else "", view.name

    @property
    def status(self) -> RunStatus | None:
        """The worst status of all monitors; None: none has run."""
        return run_status(self.statuses) if self.statuses else None

    @property
    def score(self) -> int | None:
        """The score over all monitors that have run; None where none counts."""
        return score(self.statuses)


def days_of(runs: Iterable[RunRow], zone: ZoneInfo, first: date, last: date) -> tuple[DayView, ...]:
    """Every day from ``first`` to ``last`` with the last run of each checkpoint.

    A run that judged the end of a day, at midnight, belongs to the day that ended.
    """
    by_day: dict[date, dict[str, RunRow]] = {}
    for run in sorted(runs, key=lambda run: run.as_of):
        by_day.setdefault(last_day(run.as_of.astimezone(zone)), {})[run.checkpoint] = run
    days = map(date.fromordinal, range(first.toordinal(), last.toordinal() + 1))
    return tuple(DayView(day, worst_first(by_day.get(day, {}).values())) for day in days)


def worst_first(runs: Iterable[RunRow]) -> tuple[RunRow, ...]:
    """By status and, within one, by the checkpoint's name."""
    return tuple(sorted(runs, key=lambda run: (RUN_WORST_FIRST.index(run.status), run.checkpoint)))
