"""An incident's page, the list of incidents, and the pages of older months."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from plumbline.alerts.incidents.model import Incident
from plumbline.core.outcome import worst_groups_first
from plumbline.site import paths
from plumbline.site.pages import frame
from plumbline.site.pages.runbook import render_runbook
from plumbline.site.view_models import IncidentView, SiteData


def render(data: SiteData, view: IncidentView) -> bytes:
    """``incidents/ID.html``: the incident's timeline."""
    incident = view.incident
    return frame.render(
        "incident.html",
        data,
        paths.incident(incident.id),
        title=f"Incident {incident.id}",
        due=_next_run(data, incident),
        shown_until=incident.last_seen if incident.is_open else None,
        view=view,
        incident=incident,
        lasted=lasted(incident),
        members=worst_groups_first(incident.members),
        shown_groups=frame.SHOWN_GROUPS,
        runbook=render_runbook(view.runbook) if view.runbook else None,
    )


def render_index(data: SiteData) -> bytes:
    """``incidents/index.html``: open incidents, then recently ended ones."""
    still_open = [view for view in data.incidents if view.incident.is_open]
    return frame.render(
        "incidents.html",
        data,
        paths.INCIDENTS,
        title="Incidents",
        open_ones=[view for view in still_open if not view.is_removed],
        of_removed=[view for view in still_open if view.is_removed],
        ended=[view for view in data.incidents if not view.incident.is_open],
        lasted=lasted,
    )


def render_month(data: SiteData, month: str, incidents: Sequence[IncidentView]) -> bytes:
    """``incidents/2025-11.html``."""
    return frame.render(
        "incident_month.html",
        data,
        paths.incident_month(month),
        title=f"Incidents of {month}",
        month=month,
        incidents=incidents,
        lasted=lasted,
    )


def lasted(incident: Incident) -> timedelta:
    """From its opening to its end, or to when it was last seen."""
    return (incident.closed_at or incident.last_seen) - incident.opened_at


def _next_run(data: SiteData, incident: Incident) -> datetime | None:
    """Of an open incident: when its page should have been replaced."""
    if not incident.is_open:
        return None
    return next((view.next_run for view in data.monitors if view.name == incident.monitor), None)
