"""An item as an event of PagerDuty's Events API v2; pure.

The incident's id is the ``dedup_key``: a repeated event changes the alert that is there, so a
repeated message does no harm. PagerDuty reminds by itself, so a reminder is not an event.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from plumbline.alerts.channels import wording
from plumbline.alerts.channels.message import Item, Message
from plumbline.core.alert_line import Event
from plumbline.core.safe_text import one_line
from plumbline.core.status import Status

LONGEST_SUMMARY = 1024
LONGEST_KEY = 255
MOST_BYTES = 512_000
"""Of an event, as PagerDuty counts them; ours stay far below."""
LONGEST_TEXT = 1_000
MOST_GROUPS = 20

_SEVERITIES = {Status.CRITICAL: "critical", Status.ERROR: "error", Status.WARNING: "warning"}


def event_of(item: Item, message: Message) -> dict[str, Any] | None:
    """The event of an item, without the routing key; None where nothing is to be sent."""
    if item.event in (Event.REMINDED, Event.SUPPRESSED):
        return None
    if item.event.is_end:
        return {"event_action": "resolve", "dedup_key": dedup_key(item.incident)}
    sample = "SAMPLE " if message.is_sample else ""
    event: dict[str, Any] = {
        "event_action": "trigger",
        "dedup_key": dedup_key(item.incident),
        "client": "plumbline",
        "payload": {
            "summary": wording.cut(f"{sample}{wording.headline(item)}", LONGEST_SUMMARY),
            "source": wording.cut(one_line(f"plumbline {message.target}"), LONGEST_KEY),
            "severity": "info" if message.is_sample else _SEVERITIES.get(item.status, "warning"),
            "timestamp": item.at.isoformat(),
            "component": wording.cut(one_line(item.monitor), LONGEST_KEY),
            "group": wording.cut(one_line(message.checkpoint), LONGEST_KEY),
            "class": item.kind,
            "custom_details": _custom_details(item, message),
        },
    }
    if found := wording.links(item):
        event["links"] = [{"href": address, "text": label} for label, address in found]
        event["client_url"] = dict(found).get("Docs", found[0][1])
    return event


def dedup_key(incident: str) -> str:
    """The incident's id, in as many characters as PagerDuty takes."""
    if len(incident) <= LONGEST_KEY:
        return incident
    return incident[:200] + "-" + hashlib.sha256(incident.encode()).hexdigest()[:16]


def encoded(event: dict[str, Any]) -> bytes:
    return json.dumps(event, ensure_ascii=False).encode("utf-8", "replace")


def _custom_details(item: Item, message: Message) -> dict[str, str]:
    lines: dict[str, list[str]] = {"summary": [one_line(item.summary)]}
    for detail in wording.details(item, most_groups=MOST_GROUPS, addresses=False):
        lines.setdefault(detail.label, []).append(wording.cut(one_line(detail.text), LONGEST_TEXT))
    if message.notes:
        lines.setdefault("note", []).extend(wording.notes_of(message))
    lines["from"] = [wording.footer(message)]
    return {
        label: wording.cut("\n".join(texts), 4 * LONGEST_TEXT) for label, texts in lines.items()
    }
