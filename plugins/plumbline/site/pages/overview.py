"""The overview: a line a monitor, failing ones first, then the past.

See `plumbline.site.pages.filters` for its filters.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from plumbline.checks.failures import unmeasured_failure
from plumbline.core.instants import last_day
from plumbline.core.outcome import Outcome
from plumbline.core.status import FAILING, Status
from plumbline.core.text import amount, count, metric_and_levels
from plumbline.site import paths
from plumbline.site.charts import SmallChart, score_chart, small_chart
from plumbline.site.days import anchor_of
from plumbline.site.pages import frame
from plumbline.site.pages.filters import choices
from plumbline.site.rows import RunRow
from plumbline.site.view_models import DayView, IncidentView, MonitorView, SiteData

SPARKLINE_RUNS = 28
_CALENDAR_WEEKS = 53
_RUNS = 10
_MOST_UNFOLDED = 100
"""Monitors that don't fail and are shown at once; more are folded."""
_LEVELS = re.compile(r", (?=warning|critical)")
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@dataclass(frozen=True)
class Line:
    """A monitor as the overview shows it."""

    view: MonitorView
    status: Status | None
    """None: it has never run."""
    observed: str
    """With its unit; empty where nothing was judged."""
    against: str
    """The thresholds: of a failing monitor, the one that it crossed. Why, where nothing was
    judged."""
    chart: SmallChart
    incident: IncidentView | None
    """The open one."""
    lasts: timedelta | None
    """For how long it has had its status, at its last run."""
    is_overdue: bool
    """Its next run should have been before this build."""

    @property
    def is_failing(self) -> bool:
        return self.status in FAILING

    @property
    def incident_parts(self) -> tuple[str, str]:
        """The incident's id: what it has of the monitor's name, and the rest."""
        incident_id = self.incident.incident.id if self.incident else ""
        tail = incident_id.removeprefix(f"{self.view.name}-")
        return incident_id.removesuffix(tail), tail


@dataclass(frozen=True)
class Week:
    """A column of the calendar."""

    monday: date
    label: str
    """The month, over its first week."""


@dataclass(frozen=True)
class Calendar:
    """Days by weekday (a row each) and week (a column each)."""

    weeks: tuple[Week, ...]
    rows: tuple[tuple[str, tuple[DayView | None, ...]], ...]
    """None: outside of the days known."""


def render(data: SiteData) -> bytes:
    """``index.html``."""
    lines = [_line(data, view) for view in data.worst_first]
    return frame.render(
        "overview.html",
        data,
        paths.OVERVIEW,
        title="Overview",
        due=data.next_build,
        shown_until=data.last_run.as_of if data.last_run else None,
        headline=headline(data.monitors),
        lines=lines,
        wrong=[line for line in lines if line.is_failing],
        fine=[line for line in lines if not line.is_failing],
        # Without a schedule the column would be empty.
        has_next=any(view.next_run for view in data.monitors)
        or any(view.next_run for view in data.checkpoints),
        choices=choices(data.monitors),
        most_unfolded=_MOST_UNFOLDED,
        checkpoints=[
            (view, score_chart(view.runs, width=240, height=32)) for view in data.checkpoints
        ],
        calendar=calendar(data.days),
        runs=data.runs[:_RUNS],
        run_href=lambda run: run_href(data, run),
        open_incidents=sum(
            view.incident.is_open and not view.is_removed for view in data.incidents
        ),
    )


def run_href(data: SiteData, run: RunRow) -> str | None:
    """The link to a run on its day's page; None where it is on none."""
    day, anchor = last_day(run.as_of.astimezone(data.zone)), anchor_of(run)
    return f"{paths.day(day)}#{anchor}" if anchor in data.paged.get(day, ()) else None


def headline(monitors: Sequence[MonitorView]) -> str:
    """``2 of 5 monitors failing: 2 CRITICAL``."""
    if not monitors:
        return "No monitors"
    counts = Counter(_status(view) for view in monitors)
    wrong = [status for status in FAILING if counts[status]]
    total = count(len(monitors), "monitors")
    if wrong:
        failing = sum(counts[status] for status in wrong)
        said = ", ".join(f"{counts[status]} {status}" for status in wrong)
        return f"{failing} of {total} failing: {said}"
    if counts[None] == len(monitors):
        return f"{total}, never run"
    if counts[None]:
        return f"{counts[None]} of {total} never ran; none is failing"
    if counts[Status.SKIPPED] == len(monitors):
        return f"Nothing was checked: {total} skipped"
    if counts[Status.SKIPPED]:
        return f"None failing: {counts[Status.PASS]} of {total} passed, the others skipped"
    return "The monitor is healthy" if len(monitors) == 1 else f"All {total} are healthy"


def calendar(days: Sequence[DayView]) -> Calendar | None:
    """The last weeks as columns; None where no day is known."""
    if not days:
        return None
    last = days[-1].day
    monday = last - timedelta(days=last.weekday())
    mondays = [monday - timedelta(weeks=back) for back in reversed(range(_CALENDAR_WEEKS))]
    mondays = [first for first in mondays if first + timedelta(days=6) >= days[0].day]
    by_day = {day.day: day for day in days}
    weeks = []
    month = 0
    for first in mondays:
        weeks.append(Week(first, f"{first:%b}" if first.month != month else ""))
        month = first.month
    rows = tuple(
        (name, tuple(by_day.get(first + timedelta(days=index)) for first in mondays))
        for index, name in enumerate(_WEEKDAYS)
    )
    return Calendar(tuple(weeks), rows)


def _line(data: SiteData, view: MonitorView) -> Line:
    latest = view.latest
    observed, against = measured(latest) if latest else ("", "")
    return Line(
        view=view,
        status=_status(view),
        observed=observed,
        against=against,
        chart=small_chart(
            view.points[-SPARKLINE_RUNS:], unit=latest.unit if latest else "", width=88, height=26
        ),
        incident=data.open_incidents.get(view.name),
        lasts=latest.as_of - view.since if latest and view.since else None,
        is_overdue=view.next_run is not None and view.next_run < data.built_at,
    )


def measured(latest: Outcome) -> tuple[str, str]:
    """The number, and what it is held against: ``mean of coverage_pct: critical < 50 %``."""
    if not latest.status.is_judged:
        return "", latest.reason or latest.summary
    failure = unmeasured_failure(latest)
    if failure is not None:
        return "", failure.text(most=0)
    observed = amount(latest.observed, latest.unit)
    metric, levels = metric_and_levels(latest.thresholds)
    crossed = [one for one in _LEVELS.split(levels) if one.startswith(latest.status.lower())]
    if latest.status is Status.PASS or not crossed:
        return observed, latest.thresholds
    return observed, f"{metric}: {', '.join(crossed)}" if metric else ", ".join(crossed)


def _status(view: MonitorView) -> Status | None:
    return view.latest.status if view.latest else None
