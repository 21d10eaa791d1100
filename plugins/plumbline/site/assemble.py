"""From the cache and the project's files to what the pages show.

No warehouse is asked and no page is drawn here. Used by `plumbline.site.build`.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from plumbline.alerts.incidents.model import Incident
from plumbline.checks.thresholds import thresholds_of
from plumbline.core.alert_line import Event
from plumbline.core.errors import PlumblineError
from plumbline.core.instants import last_day
from plumbline.core.mute import Mute
from plumbline.core.outcome import Outcome
from plumbline.core.pricing import LIST_PRICE, Price
from plumbline.core.status import WORST_FIRST, Status
from plumbline.project import Project, Suite
from plumbline.project.project import DEFAULT_CHECKPOINT
from plumbline.project.runbooks import read_runbook
from plumbline.site.costs import costs_of
from plumbline.site.coverage import coverage_of
from plumbline.site.days import DAY, DayRun, RunPlace, changes, checkpoint_of, failing_after
from plumbline.site.expectations import with_results
from plumbline.site.history_cache import (
    RECENT_RUNS,
    Archives,
    CachedMonitor,
    HistoryCache,
    IncidentStory,
    Streak,
)
from plumbline.site.incident_timeline import view_of
from plumbline.site.rows import Row, RunRow, beyond
from plumbline.site.view_models import (
    CheckpointView,
    DayPage,
    DayView,
    GroupSeries,
    IncidentMonth,
    IncidentView,
    MonitorView,
    MonthView,
    RunView,
    SeriesPoint,
    SiteData,
    SuiteLine,
    days_of,
    worst_first,
)

logger = logging.getLogger(__name__)

CALENDAR_DAYS = 371
"""A year, in whole weeks."""
SCORES = 400
"""Runs of one checkpoint whose scores are charted."""
RECORDED_LATELY = timedelta(days=7)
"""How long a recorded monitor has a page after the others were recorded without it."""
MOST_GROUPS = 60
"""Groups of one monitor that its page charts: the worst ones, lately."""


@dataclass(frozen=True)
class GxLinks:
    """GX's pages in the site, by what they are of."""

    suites: Mapping[str, str] = field(default_factory=dict)
    """By suite."""
    results: Mapping[tuple[str, ...], str] = field(default_factory=dict)
    """By the key of the stored result."""


def collect(
    project: Project,
    cache: HistoryCache,
    *,
    built_at: datetime,
    next_runs: Mapping[str, datetime],
    stale_after: datetime | None,
    archives: Archives,
    gx: GxLinks,
    note: str = "",
    price: Price | None = None,
) -> SiteData:
    """The data of a site.

    Args:
        next_runs: by checkpoint, when its next run is due.
        stale_after: when this build should have been replaced; None: unknown.
        archives: months that have to be drawn: those with other runs than before, and those
            whose pages are lost.
        note: what a reader should know of this build.
        price: what the target pays for bytes; None: the list price.
    """
    checkpoints = {**_checkpoints(project), **_recorded(project, cache)}
    deployments = of_deployments(project)
    after = _after_deployments(deployments, checkpoints)
    names = _in_order(project, checkpoints, after)
    suites = {name: _suite(project, name) for name in names}
    every_mute = _mutes(project, cache.mutes, built_at)
    views = tuple(
        _monitor(
            project,
            cache,
            cache.monitors.get(name) or CachedMonitor(name),
            built_at=built_at,
            suite=suites[name],
            checkpoints=tuple(one for one, has in checkpoints.items() if name in has),
            next_runs=next_runs,
            muted=next((mute for mute in every_mute if mute.monitor == name), None),
            archives=archives,
            gx=gx,
        )
        for name in names
    )
    # What a deployment's checkpoint found holds for that deployment alone.
    runs = [run for run in cache.runs if run.checkpoint not in deployments]
    last = runs[-1] if runs else None
    stories = {story.id: story for story in cache.incidents}
    return SiteData(
        title=str(project.dbt.get("name") or project.root.name),
        target=cache.target,
        zone=project.timezone,
        built_at=built_at,
        next_build=stale_after,
        last_run=last,
        monitors=views,
        after_deployments=tuple(
            _after_deployment(project, name, services, gx) for name, services in after.items()
        ),
        incidents=tuple(
            _incident(
                story, cache, suites, project, is_removed=story.monitor not in (*names, *after)
            )
            for story in sorted(
                stories.values(), key=lambda one: (one.opened_at, one.id), reverse=True
            )
        ),
        incident_months=_incident_months(cache, suites, archives, project),
        mutes=tuple(every_mute),
        checkpoints=_checkpoint_views(
            runs, next_runs, there={*project.checkpoint_names(), *checkpoints}
        ),
        days=_days(project, runs) if runs else (),
        runs=tuple(reversed(cache.runs[-RECENT_RUNS:])),
        revision=last.revision if last else None,
        costs=costs_of(project, cache, price or LIST_PRICE),
        coverage=coverage_of(project, cache, suites=suites, checkpoints=checkpoints),
        gx_suites=gx.suites,
        note=note,
    )


def _in_order(
    project: Project, checkpoints: Mapping[str, tuple[str, ...]], after: Collection[str]
) -> tuple[str, ...]:
    """The checkpoints' order, then the other monitors. A monitor without files has no page, because
    its last result would look current, unless it is a recorded one. The cache keeps it, in case it
    returns.
    """
    found = dict.fromkeys(name for monitors in checkpoints.values() for name in monitors)
    found.update(dict.fromkeys(project.monitor_names()))
    return tuple(name for name in found if name not in after)


def _after_deployments(
    deployments: Mapping[str, tuple[str, ...]], checkpoints: Mapping[str, tuple[str, ...]]
) -> dict[str, tuple[str, ...]]:
    """The monitors that only checkpoints of deployments hold, with the services of these."""
    others = {name for one, held in checkpoints.items() if one not in deployments for name in held}
    found: dict[str, tuple[str, ...]] = {}
    for checkpoint, services in deployments.items():
        for name in checkpoints.get(checkpoint, ()):
            if name not in others:
                found[name] = (*found.get(name, ()), *services)
    return found


def of_deployments(project: Project) -> dict[str, tuple[str, ...]]:
    """The checkpoints that run after deployments, with the services of these."""
    found: dict[str, tuple[str, ...]] = {}
    try:
        for service in project.services:
            if service.entry.verify:
                known = found.get(service.entry.verify, ())
                found[service.entry.verify] = (*known, service.name)
    except PlumblineError:  # lint and `deploy` say what is wrong with it
        return {}
    return found


def _checkpoint_views(
    runs: Sequence[RunRow], next_runs: Mapping[str, datetime], *, there: Collection[str]
) -> tuple[CheckpointView, ...]:
    of_checkpoint: dict[str, list[RunRow]] = {}
    for run in runs:
        of_checkpoint.setdefault(run.checkpoint, []).append(run)
    last = sorted(
        worst_first(found[-1] for found in of_checkpoint.values()),
        key=lambda run: run.checkpoint not in there,
    )
    return tuple(
        CheckpointView(
            tuple(of_checkpoint[run.checkpoint][-SCORES:]),
            next_runs.get(run.checkpoint),
            is_removed=run.checkpoint not in there,
        )
        for run in last
    )


def _after_deployment(
    project: Project, name: str, services: tuple[str, ...], gx: GxLinks
) -> MonitorView:
    """A view from the monitor's files alone, without runs."""
    suite = _suite(project, name)
    return MonitorView(
        name=name,
        latest=None,
        since=None,
        description=_notes(suite),
        suite=_lines(suite, None),
        suite_name=suite.name if suite else None,
        gx_suite=gx.suites.get(suite.name if suite else name),
        runbook=_runbook(project, suite),
        services=services,
    )


def _checkpoints(project: Project) -> dict[str, tuple[str, ...]]:
    found = {}
    # That of the health check first: its order is the one that everybody knows.
    for name in sorted(project.checkpoint_names(), key=lambda name: name != DEFAULT_CHECKPOINT):
        try:
            found[name] = tuple(project.checkpoint(name).monitors)
        except PlumblineError:  # a run and lint say what is wrong with it
            continue
    return found


def _recorded(project: Project, cache: HistoryCache) -> dict[str, tuple[str, ...]]:
    """Monitors of another tool by the checkpoint under which they were recorded.

    The project has no files of them, so one that is gone is known by its incident's end, or as it
    is no longer recorded.
    """
    last: dict[str, dict[str, datetime]] = {}
    for name, known in cache.monitors.items():
        row = known.rows[-1] if known.rows else None
        if row and project.is_recorded(name, row.checkpoint):
            last.setdefault(row.checkpoint, {})[name] = row.at
    removed = {
        story.monitor: story.until
        for story in cache.incidents
        if story.until and story.events[-1].event == Event.MONITOR_REMOVED
    }
    return {
        checkpoint: tuple(
            name
            for name, at in sorted(seen.items())
            if max(seen.values()) - at <= RECORDED_LATELY
            and (name not in removed or removed[name] < at)
        )
        for checkpoint, seen in sorted(last.items())
    }


def _suite(project: Project, name: str) -> Suite | None:
    try:
        return project.suite_of(name)
    except PlumblineError:  # its ERROR says so at each run
        return None


def _mutes(project: Project, by_command: Sequence[Mute], now: datetime) -> list[Mute]:
    try:
        of_file = project.mutes
    except PlumblineError:
        of_file = ()
    return [mute for mute in (*of_file, *by_command) if mute.holds(now)]


def _monitor(
    project: Project,
    cache: HistoryCache,
    known: CachedMonitor,
    *,
    built_at: datetime,
    checkpoints: tuple[str, ...],
    **values: Any,
) -> MonitorView:
    try:
        return _known_monitor(project, cache, known, checkpoints=checkpoints, **values)
    except Exception as raised:  # one monitor's data must not cost the others their pages
        logger.debug("the view of %s could not be made", known.name, exc_info=True)
        return MonitorView.undrawable(known.name, raised, built_at, checkpoints)


def _known_monitor(
    project: Project,
    cache: HistoryCache,
    known: CachedMonitor,
    *,
    suite: Suite | None,
    checkpoints: tuple[str, ...],
    next_runs: Mapping[str, datetime],
    muted: Mute | None,
    archives: Archives,
    gx: GxLinks,
) -> MonitorView:
    rows = known.rows
    latest = known.latest.outcome if known.latest else None
    if rows and (known.latest is None or known.latest.run.as_of < rows[-1].at):
        latest = _outcome_of(known.name, rows[-1], suite)
    streak = known.streak
    due = [next_runs[name] for name in checkpoints if name in next_runs]
    drawn = {month: rows for (name, month), rows in archives.rows.items() if name == known.name}
    own = [story for story in cache.incidents if story.monitor == known.name]
    return MonitorView(
        name=known.name,
        latest=latest,
        since=_since(streak, own),
        checkpoints=checkpoints,
        owner=_owner(suite, latest),
        tags=tuple(suite.monitor.tags) if suite else latest.tags if latest else (),
        next_run=min(due, default=None),
        last_good=SeriesPoint(streak.last_good, Status.PASS, streak.last_good_observed)
        if streak and streak.last_good
        else None,
        rows=rows,
        groups=_groups(known),
        gx_results=gx.results,
        months=tuple(
            MonthView(month, drawn.get(month)) for month in sorted(known.months, reverse=True)
        ),
        failing=latest.failing if latest else None,
        description=_notes(suite),
        suite=_lines(suite, latest),
        suite_name=suite.name if suite else None,
        expectations=with_results(
            known.expectations,
            [row for row in rows if not row.is_archived],
            project.timezone,
        ),
        gx_suite=gx.suites.get(suite.name if suite else known.name),
        sql=known.latest.sql if known.latest else None,
        drilldown_goes_in=_drilldown_goes_in(project, suite, latest),
        runbook=_runbook(project, suite),
        incidents=tuple(story.id for story in reversed(own)),
        past=_past(cache, known.name),
        changes=tuple(cache.changes.get(known.name, ())),
        muted=muted,
    )


def _drilldown_goes_in(project: Project, suite: Suite | None, latest: Outcome | None) -> str | None:
    """See `MonitorView.drilldown_goes_in`: the rows of a model are not those of its tables."""
    is_failing = latest is not None and latest.status in (Status.WARNING, Status.CRITICAL)
    if suite is None or suite.monitor.model is None or not is_failing:
        return None
    if suite.drilldown is not None or suite.returns_failing_rows:
        return None
    file = suite.file
    return (
        file.relative_to(project.root) if file.is_relative_to(project.root) else file
    ).as_posix()


def _owner(suite: Suite | None, latest: Outcome | None) -> str | None:
    """As the last run said it, else as the suite says."""
    said = latest.owner if latest else None
    return said or (suite.monitor.owner if suite else None)


def _since(streak: Streak | None, stories: Sequence[IncidentStory]) -> datetime | None:
    """Since when it has been as it is. While an incident is open, since that opened, whether it
    was WARNING or CRITICAL meanwhile: messages and the incident's page say the same.
    """
    if streak is None:
        return None
    if not streak.status.is_failing:
        return streak.since
    kind = "error" if streak.status is Status.ERROR else "data"
    opened = [one.opened_at for one in stories if not one.is_over and one.events[0].kind == kind]
    return min(opened, default=streak.since)


def _outcome_of(name: str, row: Row, suite: Suite | None) -> Outcome:
    """The outcome of a run of which only the history's row is known."""
    monitor = suite.monitor if suite else None
    return Outcome(
        monitor=name,
        status=row.status,
        summary=row.summary,
        as_of=row.at,
        observed=row.observed,
        unit=row.unit,
        thresholds=row.thresholds,
        lines=row.lines,
        reason=None if row.status.is_judged else row.summary,
        owner=monitor.owner if monitor else None,
        impact=monitor.impact if monitor else None,
        action=monitor.action if monitor else None,
        runbook=monitor.runbook if monitor else None,
        depends_on=tuple(monitor.depends_on) if monitor else (),
    )


def _groups(known: CachedMonitor) -> tuple[GroupSeries, ...]:
    """A series a group, of the groups that were there lately, worst first: the worst run of each
    day, then each run of the last one."""
    rows = (*known.days, *(row for row in known.rows if not row.is_archived))
    series: dict[str, list[SeriesPoint]] = {}
    labels: dict[str, tuple[str, str]] = {}
    for row in rows:
        for group in row.groups:
            series.setdefault(group.key, []).append(
                SeriesPoint(row.at, group.status, group.observed, group.lines)
            )
            labels[group.key] = (group.label, group.unit)
    recent = [group for row in rows[-RECENT_RUNS:] for group in row.groups]
    # Where only failing ones are named (dates, games), they come and go, and make no line.
    if all(group.status is not Status.PASS for group in recent):
        return ()

    last = {group.key: (row.at, group) for row in rows for group in row.groups}

    def place(key: str) -> tuple[int, bool, float, str]:
        at, group = last[key]
        status = group.status if at == rows[-1].at else Status.SKIPPED  # no longer there
        return WORST_FIRST.index(status), group.observed is not None, -beyond(group), key

    drawn = sorted({group.key for group in recent}, key=place)
    return tuple(GroupSeries(key, *labels[key], tuple(series[key])) for key in drawn[:MOST_GROUPS])


def _notes(suite: Suite | None) -> str:
    notes = suite.entry.notes if suite else None
    if isinstance(notes, str):
        return notes
    return " ".join(notes) if notes else ""


def _lines(suite: Suite | None, latest: Outcome | None) -> tuple[SuiteLine, ...]:
    """The suite in words: as in the last run, else as in its file."""
    if latest is not None and latest.expectations:
        return tuple(SuiteLine(one.severity, one.text) for one in latest.expectations)
    if suite is None:
        return ()
    return tuple(SuiteLine("", str(threshold)) for threshold in thresholds_of(suite))


def _runbook(project: Project, suite: Suite | None) -> str | None:
    named = suite.monitor.runbook if suite else None
    return read_runbook(project.root, named, project.files) if named else None


def _days(project: Project, runs: Sequence[RunRow]) -> tuple[DayView, ...]:
    oldest, until = (
        last_day(run.as_of.astimezone(project.timezone)) for run in (runs[0], runs[-1])
    )
    first = until - timedelta(days=CALENDAR_DAYS - 1)
    return days_of(runs, project.timezone, max(first, oldest), until)


def day_page(
    day: date,
    runs: DAY,
    before: Sequence[DAY],
    after: Mapping[str, RunPlace],
    zone: ZoneInfo,
) -> DayPage:
    """The page of a day's runs.

    Args:
        before: earlier days on which its checkpoints ran, newest first.
        after: see `DayArchives.after`.
    """
    following = dict(after)
    next_runs = {}
    for one in reversed(runs):
        next_runs[one.anchor] = following.get(checkpoint_of(one.anchor))
        following[checkpoint_of(one.anchor)] = RunPlace(day, one.anchor)
    last: dict[str, DayRun] = {}
    failing: dict[str, frozenset[str]] = {}
    for one in (run for of_day in reversed(before) for run in of_day):
        last[one.run.checkpoint] = one
        failing[one.run.checkpoint] = failing_after(failing.get(one.run.checkpoint, ()), one.rows)
    views = []
    for one in runs:
        previous = last.get(one.run.checkpoint)
        ranked = sorted(
            one.rows.items(), key=lambda item: (WORST_FIRST.index(item[1].status), item[0])
        )
        views.append(
            RunView(
                one.run,
                dict(ranked),
                previous.run if previous else None,
                changes(one.rows, previous.rows, failing[one.run.checkpoint]) if previous else {},
                RunPlace(last_day(previous.run.as_of.astimezone(zone)), previous.anchor)
                if previous
                else None,
                next_runs[one.anchor],
            )
        )
        last[one.run.checkpoint] = one
        failing[one.run.checkpoint] = failing_after(failing.get(one.run.checkpoint, ()), one.rows)
    return DayPage(day, tuple(reversed(views)))


def _incident(
    story: IncidentStory,
    cache: HistoryCache,
    suites: Mapping[str, Suite | None],
    project: Project,
    *,
    is_removed: bool = False,
) -> IncidentView:
    name = story.monitor
    suite = suites.get(name)
    monitor = suite.monitor if suite else None
    known = cache.monitors.get(name)
    latest = known.latest if known else None
    return view_of(
        story,
        known.rows if known else (),
        owner=monitor.owner if monitor else None,
        impact=monitor.impact if monitor else None,
        action=monitor.action if monitor else None,
        is_removed=is_removed,
        drilldown=latest.outcome.drilldown if latest else None,
        drilldown_goes_in=_drilldown_goes_in(project, suite, latest.outcome if latest else None),
        runbook=None if story.is_over else _runbook(project, suite),
        runbook_link=monitor.runbook if monitor else None,
    )


def _past(cache: HistoryCache, monitor: str) -> tuple[Incident, ...]:
    return tuple(
        Incident(
            id=one.id,
            monitor=monitor,
            kind=one.kind,
            status=one.worst,
            worst=one.worst,
            opened_at=one.opened_at,
            last_seen=one.closed_at,
            checkpoint="",
            notified_channels=("somebody",) if one.was_told else (),
            closed_at=one.closed_at,
            ending=one.ending,
        )
        for _, past in sorted(cache.archived.items(), reverse=True)
        for one in reversed(past)
        if one.monitor == monitor
    )


def _incident_months(
    cache: HistoryCache,
    suites: Mapping[str, Suite | None],
    archives: Archives,
    project: Project,
) -> tuple[IncidentMonth, ...]:
    return tuple(
        IncidentMonth(
            month,
            tuple(one.id for one in past),
            None
            if month not in archives.incidents
            else tuple(
                _incident(story, cache, suites, project)
                for story in reversed(archives.incidents[month])
            ),
        )
        for month, past in sorted(cache.archived.items(), reverse=True)
    )


def paged_monitors(project: Project, cache: HistoryCache) -> frozenset[str]:
    """The monitors that have a page."""
    checkpoints = {**_checkpoints(project), **_recorded(project, cache)}
    after = _after_deployments(of_deployments(project), checkpoints)
    return frozenset((*_in_order(project, checkpoints, after), *after))


def listed_results(cache: HistoryCache, monitors: Collection[str]) -> Iterator[tuple[str, ...]]:
    """Keys of the results whose GX pages the site holds: those that pages of ``monitors`` list."""
    for name, known in cache.monitors.items():
        for row in known.rows[-RECENT_RUNS:] if name in monitors else ():
            if row.result is not None:
                yield row.result
