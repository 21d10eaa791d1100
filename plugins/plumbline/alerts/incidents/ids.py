"""The ids of incidents and events: the same decision on the same knowledge gives the same id.

What a receiver or a table has seen under an id is never sent or counted twice.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime

from plumbline.alerts.incidents.model import Incident, Kind
from plumbline.core.alert_line import Event

UNKNOWN = datetime(1970, 1, 1, tzinfo=UTC)
"""Stands for when an incident opened, where nothing is known of earlier runs."""


def incident_id(monitor: str, kind: Kind, opened_at: datetime, scope: str = "") -> str:
    """The monitor's name and eight hex digits; an instant gives the same in every zone.

    Args:
        scope: project and target: two that notify the same service have ids of their own.
    """
    opened = opened_at.astimezone(UTC).isoformat()
    text = "|".join((monitor, kind, opened, *([scope] if scope else [])))
    digest = hashlib.sha256(text.encode()).hexdigest()
    return f"{monitor}-{digest[:8]}"


@dataclass(frozen=True)
class IncidentIds:
    """How the incidents of a project and a target get their ids."""

    scope: str = ""
    """Project and target."""
    is_known: bool = True
    """Whether earlier runs are known. Where they are not, because the warehouse is down and the
    machine has no disk, each run gives the same id, so that a service that knows incidents by their
    id has one and not one a run."""

    def of(self, monitor: str, kind: Kind, opened_at: datetime) -> str:
        """The id of an incident that opens."""
        at = opened_at if self.is_known else UNKNOWN
        return incident_id(monitor, kind, at, self.scope)


def event_id(incident: Incident, event: Event) -> str:
    """The id of the last event of ``incident``, whose number is its ``sequence``."""
    return f"{incident.id}-{incident.sequence:04d}-{event}"
