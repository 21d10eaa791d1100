"""Rows of what happened to incidents and messages, as they wait in the state for being written.

Made by `plumbline.alerts` from decided changes and receipts; kept in the state's snapshot until
`plumbline.alerts.store` has written them to the tables ``incidents`` and ``deliveries``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal


@dataclass(frozen=True)
class IncidentRow:
    """One event of an incident, and the fields of the `plumbline.core.run.Run` that decided it."""

    event_id: str
    incident_id: str
    monitor: str
    kind: str
    event: str
    reason: str
    status: str
    as_of: datetime
    opened_at: datetime
    speaks: bool
    previous_status: str | None = None
    run_id: str | None = None
    checkpoint: str | None = None
    members: str = "[]"
    """JSON text: the failing groups, worst first as the incident has them."""
    summary: str = ""
    table: Literal["incidents"] = "incidents"


@dataclass(frozen=True)
class DeliveryRow:
    """What came of one message in one round of attempts."""

    event_id: str
    message_id: str
    channel: str
    verdict: str
    attempted_at: datetime
    attempts: int
    """So far, all rounds together."""
    run_id: str | None = None
    incidents: str = "[]"
    """JSON text: the ids of the incidents in the message."""
    status_code: int | None = None
    detail: str = ""
    table: Literal["deliveries"] = "deliveries"


EventRow = IncidentRow | DeliveryRow
