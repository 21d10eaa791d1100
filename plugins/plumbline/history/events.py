"""Rows of what happened to incidents and messages, as they wait in the state for being written.

Made by `plumbline.alerts` from decided changes and receipts; kept in the state's snapshot until
`plumbline.alerts.store` has written them to the tables ``incidents`` and ``deliveries``.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from plumbline.alerts.channels.base import Receipt
from plumbline.alerts.channels.message import Message
from plumbline.alerts.incidents.model import Change, Member
from plumbline.core.status import Status


@dataclass(frozen=True)
class IncidentRow:
    """One event of an incident."""

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


def incident_row(change: Change, *, run_id: str | None, checkpoint: str | None) -> IncidentRow:
    """The row of a decided change; its children are rows of their own."""
    incident, previous = change.incident, change.previous
    return IncidentRow(
        event_id=change.event_id,
        incident_id=incident.id,
        monitor=incident.monitor,
        kind=incident.kind,
        event=str(change.event),
        reason=str(change.reason),
        status=str(incident.status),
        previous_status=None if previous is None else str(previous.status),
        as_of=change.at,
        opened_at=incident.opened_at,
        run_id=run_id,
        checkpoint=checkpoint,
        speaks=change.notifies,
        members=json.dumps([_member(member) for member in incident.members], ensure_ascii=False),
        summary=incident.summary,
    )


def delivery_row(message: Message, receipt: Receipt, *, attempts: int, at: datetime) -> DeliveryRow:
    """The row of a round of attempts.

    Args:
        message: what was to be told.
        receipt: the last that the channel said in this round.
        attempts: all attempts so far, those of earlier rounds too; it is in the event's id.
        at: when the last one ended.
    """
    return DeliveryRow(
        event_id=f"{message.id}-{attempts:04d}-{receipt.verdict}",
        message_id=message.id,
        channel=message.channel,
        run_id=message.run_id,
        incidents=json.dumps(list(dict.fromkeys(item.incident for item in message.items))),
        verdict=str(receipt.verdict),
        status_code=receipt.status_code,
        detail=receipt.detail,
        attempts=attempts,
        attempted_at=at,
    )


def _member(member: Member) -> dict[str, Any]:
    return {
        "key": member.key,
        "label": member.label,
        "status": str(Status(member.status)),
        "observed": member.observed,
        "numerator": member.numerator,
        "denominator": member.denominator,
        "threshold": member.threshold,
        "unit": member.unit,
        "since": member.since.isoformat(),
    }
