"""A monitor that fails and recovers in turn: notified once, kept open until it has been calm."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from plumbline.alerts.incidents.model import Incident
from plumbline.core.alert_policy import Policy


def counts(incident: Incident, at: datetime, policy: Policy) -> bool:
    """Whether the opening of ``incident`` still counts at ``at``; an assumed one never does."""
    return not incident.is_assumed and at - incident.opened_at <= policy.flapping_window


def is_flapping(incidents: Iterable[Incident], at: datetime, policy: Policy) -> bool:
    """Whether an opening at ``at``, after those of ``incidents``, is one too many."""
    before = sum(counts(incident, at, policy) for incident in incidents)
    return before + 1 >= policy.flapping_openings


def is_over(incident: Incident, at: datetime, policy: Policy) -> bool:
    """Whether a flapping incident has been calm for long enough to end."""
    return incident.calm_since is not None and at - incident.calm_since >= policy.flapping_window
