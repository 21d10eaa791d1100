"""The overview: a line a monitor, failing ones first, then the past.

The filters (``static/overview.js``) read what a line carries in ``data-`` attributes; without
scripts every line is shown and the filters are not.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from plumbline.core.instants import last_day
from plumbline.core.outcome import Outcome
from plumbline.core.status import FAILING, WORST_FIRST, Status
from plumbline.core.text import amount, metric_and_levels
from plumbline.site import paths
from plumbline.site.charts import SmallChart, score_chart, small_chart
from plumbline.site.days import anchor_of
from plumbline.site.pages import frame
from plumbline.site.rows import RunRow
from plumbline.site.view_models import DayView, IncidentView, MonitorView, SiteData

SPARKLINE_RUNS = 28
_CALENDAR_WEEKS = 53
_RUNS = 10
NEVER_RAN = "NEVER RAN"
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


Choice = tuple[str, str, tuple[tuple[str, str], ...]]
"""A filter: its name in the URL, its label, and its values with their words."""


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
    lines = sorted((_line(data, view) for view in data.monitors), key=_worst_first)
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
        choices=choices(lines),
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
    total = "1 monitor" if len(monitors) == 1 else f"{len(monitors)} monitors"
    if wrong:
        count = sum(counts[status] for status in wrong)
        said = ", ".join(f"{counts[status]} {status}" for status in wrong)
        return f"{count} of {total} failing: {said}"
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


def choices(lines: Sequence[Line]) -> tuple[Choice, ...]:
    """The filters whose values tell the lines apart."""
    there = {line.status for line in lines}
    statuses: list[tuple[str, str]] = []
    if there.intersection(FAILING):
        statuses = [("failing", "failing"), ("unattended", "failing, not acknowledged or muted")]
    statuses += [(status.value, status.value) for status in WORST_FIRST if status in there]
    if None in there:
        statuses.append((NEVER_RAN, NEVER_RAN))
    found = (
        ("status", "Status", tuple(statuses)),
        ("owner", "Owner", _values([line.view.owner] for line in lines)),
        ("tag", "Tag", _values(line.view.tags for line in lines)),
        ("checkpoint", "Checkpoint", _values(line.view.checkpoints for line in lines)),
    )
    return tuple(
        choice for choice in found if len(choice[2]) > 1 or (choice[0] == "tag" and choice[2])
    )


def _values(of_lines: Iterable[Iterable[str | None]]) -> tuple[tuple[str, str], ...]:
    return tuple((one, one) for one in sorted({one for line in of_lines for one in line if one}))


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
        incident=next(
            (
                known
                for known in data.incidents
                if known.incident.monitor == view.name and known.incident.is_open
            ),
            None,
        ),
        lasts=latest.as_of - view.since if latest and view.since else None,
        is_overdue=view.next_run is not None and view.next_run < data.built_at,
    )


def measured(latest: Outcome) -> tuple[str, str]:
    """The number, and what it is held against: ``mean of coverage_pct: critical < 50 %``."""
    if not latest.status.is_judged:
        return "", latest.reason or latest.summary
    observed = amount(latest.observed, latest.unit)
    metric, levels = metric_and_levels(latest.thresholds)
    crossed = [one for one in _LEVELS.split(levels) if one.startswith(latest.status.lower())]
    if latest.status is Status.PASS or not crossed:
        return observed, latest.thresholds
    return observed, f"{metric}: {', '.join(crossed)}" if metric else ", ".join(crossed)


def _worst_first(line: Line) -> tuple[int, bool, datetime | str, str]:
    """Within a status: those that nobody attends to first, then the oldest."""
    rank = WORST_FIRST.index(line.status) if line.status else len(WORST_FIRST)
    silenced = line.view.muted is not None or bool(line.incident and line.incident.incident.ack)
    since = line.view.since.isoformat() if line.view.since else ""
    return rank, silenced, since, line.view.name


def _status(view: MonitorView) -> Status | None:
    return view.latest.status if view.latest else None
