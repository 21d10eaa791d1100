"""A monitor's page, and the pages of its older months."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property

from plumbline.checks.failures import reported
from plumbline.core.failure import FailingRows
from plumbline.core.outcome import GroupOutcome, Outcome, worst_groups_first
from plumbline.core.status import Status
from plumbline.site import paths
from plumbline.site.charts import SmallChart, group_scale, in_words, large_chart, small_chart
from plumbline.site.pages import frame
from plumbline.site.pages.runbook import render_runbook
from plumbline.site.rows import Row
from plumbline.site.view_models import (
    GroupSeries,
    IncidentView,
    MonitorView,
    SeriesPoint,
    SiteData,
    point_of,
)

_GROUP_TABLE_RUNS = 10
_SHOWN_CHANGES = 10
"""Commits that are not folded."""


@dataclass(frozen=True)
class GroupCard:
    """One group: its small chart and its last number."""

    series: GroupSeries
    status: Status | None
    """None: the last run has no such group."""
    observed: float | None
    chart: SmallChart

    @cached_property
    def by_time(self) -> dict[datetime, SeriesPoint]:
        """Its points by their instants."""
        return {point.at: point for point in self.series.points}


@dataclass(frozen=True)
class Alerted:
    """How often a monitor alerted, by the incidents in the site's history."""

    incidents: int
    notified: int
    """Incidents that were notified."""
    lasted: timedelta
    """All of them together."""
    longest: timedelta


def render(data: SiteData, view: MonitorView) -> bytes:
    """``monitors/NAME.html``."""
    by_id = {known.incident.id: known for known in data.incidents}
    incidents = [
        *(by_id[name] for name in view.incidents if name in by_id),
        *map(IncidentView, view.past),
    ]
    unit = view.latest.unit if view.latest else ""
    chart = large_chart(
        view.unpaged,
        [known.incident for known in incidents],
        view.changes,
        unit=unit,
        zone=data.zone.key,
    )
    return frame.render(
        "monitor.html",
        data,
        paths.monitor(view.name),
        title=view.name,
        due=view.next_run,
        shown_until=frame.known_until(view),
        view=view,
        latest=view.latest,
        notes=_notes(view.latest) if view.latest else (),
        failures=reported(view.latest.failures) if view.latest else (),
        unit=unit,
        where=_worst_groups(view),
        shown_groups=frame.SHOWN_GROUPS,
        shown_changes=_SHOWN_CHANGES,
        has_marks=_has_marks(view, data),
        has_thresholds=any(point.thresholds for point in view.points),
        chart=chart,
        chart_words=("The last " if len(view.points) > 1 else "") + in_words(view.points, unit),
        numeric=_numeric(view.failing),
        series=[paths.month_series(view.name, month.month) for month in reversed(view.months)],
        groups=_groups(view),
        group_times=_instants(view)[-_GROUP_TABLE_RUNS:],
        incidents=incidents,
        open_incident=next((known for known in incidents if known.incident.is_open), None),
        alerted=_alerted(incidents),
        lasts=view.latest.as_of - view.since if view.latest and view.since else None,
        runbook=render_runbook(view.runbook) if view.runbook else None,
    )


def _numeric(failing: FailingRows | None) -> set[int]:
    """The places of the columns of numbers."""
    if failing is None:
        return set()
    plain = (int, float, type(None))  # and no bool, which is an int too
    columns = range(len(failing.columns))
    return {place for place in columns if all(type(row[place]) in plain for row in failing.rows)}


def _notes(latest: Outcome) -> list[str]:
    """The notes that the line above them does not have (`plumbline.checks.summary`)."""
    parts = f"; {latest.reason or latest.summary}; "
    return [note for note in latest.notes if f"; {note}; " not in parts]


def _has_marks(view: MonitorView, data: SiteData) -> bool:
    """Whether the chart has the instant of a change."""
    if not view.rows:
        return False
    first, last = view.rows[0].at, view.rows[-1].at
    if view.months:
        months = [date.fromisoformat(f"{month.month}-01") for month in view.months]
        first = min(first, datetime.combine(min(months), time(), data.zone))
    return any(first <= change.at <= last for change in view.changes)


def render_month(data: SiteData, view: MonitorView, month: str, rows: Sequence[Row]) -> bytes:
    """``monitors/NAME/2026-01.html``: runs alone; nothing in it changes once the month is over."""
    path = paths.monitor_month(view.name, month)
    return frame.render(
        "month.html",
        data,
        path,
        title=f"{view.name}, {month}",
        view=view,
        month=month,
        runs=rows[::-1],
    )


def render_series(data: SiteData, view: MonitorView, rows: Sequence[Row]) -> bytes:
    """``data/NAME/2026-01.js``: a script, because a page from a folder can load no other file."""
    unit = view.latest.unit if view.latest else ""
    chart = large_chart([point_of(row) for row in rows], unit=unit, zone=data.zone.key)
    return f"(self.plumblineMonths ??= []).push({json.dumps(chart)});\n".encode()


def _groups(view: MonitorView) -> tuple[GroupCard, ...]:
    """All on one scale and one span of time, in the order of the view."""
    if not view.has_course or not _instants(view):
        return ()
    scale = group_scale(view.groups)
    instants = _instants(view)
    span = (instants[0], view.points[-1].at)
    cards = []
    for series in view.groups:
        last = series.points[-1] if series.points else None
        is_there = last is not None and last.at == span[1]
        cards.append(
            GroupCard(
                series=series,
                status=last.status if last and is_there else None,
                observed=last.observed if last and is_there else None,
                chart=small_chart(
                    series.points, unit=series.unit, width=200, height=56, scale=scale, span=span
                ),
            )
        )
    return tuple(cards)


def _worst_groups(view: MonitorView) -> list[GroupOutcome]:
    """Of the last run."""
    return worst_groups_first(view.latest.groups if view.latest else ())


def _instants(view: MonitorView) -> list[datetime]:
    """Those at which some group was seen, oldest first."""
    return sorted({point.at for series in view.groups for point in series.points})


def _alerted(incidents: Sequence[IncidentView]) -> Alerted:
    spans = [
        (known.incident.closed_at or known.incident.last_seen) - known.incident.opened_at
        for known in incidents
    ]
    return Alerted(
        incidents=len(incidents),
        notified=sum(bool(known.incident.notified_channels) for known in incidents),
        lasted=sum(spans, timedelta()),
        longest=max(spans, default=timedelta()),
    )
