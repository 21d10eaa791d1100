"""Rows for the history: of a decided change, and of what came of a message."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from plumbline.alerts.channels.message import Message
from plumbline.alerts.incidents.model import Change, FailingGroup
from plumbline.core.status import Status
from plumbline.history.events import DeliveryRow, IncidentRow
from plumbline.net.receipt import Receipt

DROPPED = "dropped"
"""The verdict of a message that left the outbox undelivered."""


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
        receipt: the last that the channel said in this round.
        attempts: all attempts so far, those of earlier rounds too; it is in the event's id.
        at: when the last one ended.
    """
    return DeliveryRow(
        event_id=f"{message.id}-{attempts:04d}-{receipt.verdict}",
        message_id=message.id,
        channel=message.channel,
        run_id=message.run_id,
        incidents=_incidents(message),
        verdict=str(receipt.verdict),
        status_code=receipt.status_code,
        detail=receipt.detail,
        attempts=attempts,
        attempted_at=at,
    )


def dropped_row(message: Message, why: str, *, attempts: int, at: datetime) -> DeliveryRow:
    """The row of a message that left the outbox undelivered.

    Args:
        message: what no one was notified of on this channel.
        why: for people, without secrets.
        attempts: all attempts so far.
        at: when it was dropped.
    """
    return DeliveryRow(
        event_id=f"{message.id}-{attempts:04d}-{DROPPED}",
        message_id=message.id,
        channel=message.channel,
        run_id=message.run_id,
        incidents=_incidents(message),
        verdict=DROPPED,
        detail=why,
        attempts=attempts,
        attempted_at=at,
    )


def _incidents(message: Message) -> str:
    return json.dumps(list(dict.fromkeys(item.incident for item in message.items)))


def _member(member: FailingGroup) -> dict[str, Any]:
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
