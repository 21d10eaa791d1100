"""The overview: failing monitors, worst first, then healthy ones, then the past."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from plumbline.core.status import FAILING, WORST_FIRST, Status
from plumbline.site import paths
from plumbline.site.charts import SmallChart, score_chart, small_chart
from plumbline.site.pages import frame
from plumbline.site.view_models import DayView, IncidentView, MonitorView, SiteData

SPARKLINE_RUNS = 28
_CALENDAR_WEEKS = 53
_RUNS = 10
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@dataclass(frozen=True)
class Card:
    """A monitor as the overview shows it."""

    view: MonitorView
    chart: SmallChart
    incident: IncidentView | None
    """The open one."""
    lasts: timedelta | None
    """For how long it has had its status, at its last run."""
    is_overdue: bool
    """Its next run should have been before this build."""


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
    cards = sorted((_card(data, view) for view in data.monitors), key=_worst_first)
    wrong = [card for card in cards if _status(card.view) in FAILING]
    fine = [card for card in cards if _status(card.view) not in FAILING]
    return frame.render(
        "overview.html",
        data,
        paths.OVERVIEW,
        title="Overview",
        due=data.next_build,
        shown_until=data.last_run.as_of if data.last_run else None,
        headline=headline(data.monitors),
        wrong=wrong,
        fine=fine,
        checkpoints=[
            (view, score_chart(view.runs, width=240, height=32)) for view in data.checkpoints
        ],
        calendar=calendar(data.days),
        runs=data.runs[:_RUNS],
        open_incidents=sum(
            view.incident.is_open and not view.is_removed for view in data.incidents
        ),
    )


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


def _card(data: SiteData, view: MonitorView) -> Card:
    latest = view.latest
    unit = latest.unit if latest else ""
    return Card(
        view=view,
        chart=small_chart(view.points[-SPARKLINE_RUNS:], unit=unit),
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


def _worst_first(card: Card) -> tuple[int, bool, datetime | str, str]:
    """Within a status: those that aren't silenced first, then the oldest."""
    status = _status(card.view)
    rank = WORST_FIRST.index(status) if status else len(WORST_FIRST)
    silenced = card.view.muted is not None or bool(card.incident and card.incident.incident.ack)
    since = card.view.since.isoformat() if card.view.since else ""
    return rank, silenced, since, card.view.name


def _status(view: MonitorView) -> Status | None:
    return view.latest.status if view.latest else None
