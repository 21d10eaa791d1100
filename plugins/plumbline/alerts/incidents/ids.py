"""The ids of incidents and events: the same decision on the same knowledge gives the same id.

What a receiver or a table has seen under an id is never told or counted twice.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

from plumbline.alerts.incidents.model import Incident, Kind
from plumbline.core.alert_line import Event


def incident_id(monitor: str, kind: Kind, opened_at: datetime) -> str:
    """The monitor's name and eight hex digits; an instant gives the same in every zone."""
    opened = opened_at.astimezone(UTC).isoformat()
    digest = hashlib.sha256(f"{monitor}|{kind}|{opened}".encode()).hexdigest()
    return f"{monitor}-{digest[:8]}"


def event_id(incident: Incident, event: Event) -> str:
    """The id of the last event of ``incident``, whose number is its ``sequence``."""
    return f"{incident.id}-{incident.sequence:04d}-{event}"
