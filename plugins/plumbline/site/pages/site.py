"""Every page of the site, and which pages of earlier builds are still valid."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from plumbline.site import paths
from plumbline.site.pages import (
    costs,
    coverage,
    days,
    glossary,
    incidents,
    monitor,
    overview,
    suites,
)
from plumbline.site.pages.layout import layout, static_files
from plumbline.site.view_models import MonitorView, SiteData

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Pages:
    """A site as files."""

    files: Mapping[str, bytes]
    """By path, relative to the site's folder, with ``/``: drawn now."""
    kept: frozenset[str]
    """Not drawn, because what they show is over: the files of the earlier build stay."""
    layout: str
    """The hash of templates, styles and scripts; if it changed, no earlier page is valid."""
    faults: Mapping[str, str] = field(default_factory=dict)
    """By monitor, why its pages could not be drawn."""


def render_site(data: SiteData) -> Pages:
    """Draw the site.

    The same data give the same bytes. Of months and incidents that are over and come without
    content, nothing is drawn; their paths are in `Pages.kept`.
    """
    files = dict(static_files())
    kept: set[str] = set()
    data = replace(
        data,
        monitors=tuple(_draw(data, view, files, kept) for view in data.monitors),
        after_deployments=tuple(_draw(data, view, files, kept) for view in data.after_deployments),
    )
    files[paths.OVERVIEW] = overview.render(data)
    files[paths.SUITES] = suites.render(data)
    files[paths.GLOSSARY] = glossary.render(data)
    if data.costs is not None:
        files[paths.COSTS] = costs.render(data, data.costs)
    if data.coverage:
        files[paths.COVERAGE] = coverage.render(data)
    files[paths.INCIDENTS] = incidents.render_index(data)
    for incident in data.incidents:
        files[paths.incident(incident.incident.id)] = incidents.render(data, incident)
    for older in data.incident_months:
        path = paths.incident_month(older.month)
        if older.incidents is None:
            kept.add(path)
            kept.update(paths.incident(incident_id) for incident_id in older.ids)
        else:
            files[path] = incidents.render_month(data, older.month, older.incidents)
            for incident in older.incidents:
                files[paths.incident(incident.incident.id)] = incidents.render(data, incident)
    files.update((paths.day(page.day), days.render(data, page)) for page in data.day_pages)
    kept.update(map(paths.day, data.paged))
    views = (*data.monitors, *data.after_deployments)
    return Pages(
        files=files,
        kept=frozenset(kept - set(files)),
        layout=layout(),
        faults={view.name: view.fault for view in views if view.fault is not None},
    )


def _draw(
    data: SiteData, view: MonitorView, files: dict[str, bytes], kept: set[str]
) -> MonitorView:
    """Draw a monitor's pages; what was drawn of it, which is less where they could not be."""
    drawn: dict[str, bytes] = {}
    try:
        old = _draw_months(data, view, drawn)
        drawn[paths.monitor(view.name)] = monitor.render(data, view)
    except Exception as raised:  # one monitor's data must not cost the others their pages
        logger.debug("the pages of %s could not be drawn", view.name, exc_info=True)
        view = MonitorView.undrawable(view.name, raised, data.built_at, view.checkpoints)
        files[paths.monitor(view.name)] = monitor.render(data, view)
        return view
    files.update(drawn)
    kept.update(old)
    return view


def _draw_months(data: SiteData, view: MonitorView, files: dict[str, bytes]) -> set[str]:
    """The pages of months, into ``files``; the paths of those that are over."""
    kept: set[str] = set()
    for month in view.months:
        path = paths.monitor_month(view.name, month.month)
        series = paths.month_series(view.name, month.month)
        if month.rows is None:
            kept.update((path, series))
        else:
            files[path] = monitor.render_month(data, view, month.month, month.rows)
            files[series] = monitor.render_series(data, view, month.rows)
    return kept
