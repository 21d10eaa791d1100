"""The reports of ``plumbline alerts list`` and ``show``."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from plumbline.alerts.channels.message import Message
from plumbline.alerts.channels.wording import in_zone, plain_text
from plumbline.alerts.incidents import acks
from plumbline.alerts.incidents.model import FailingGroup, Incident, reason_text
from plumbline.alerts.state import AlertState, Pending
from plumbline.core.alert_line import ENDINGS
from plumbline.core.mute import NO_END, Mute
from plumbline.core.outcome import worst_groups_first
from plumbline.core.safe_text import one_line
from plumbline.core.text import (
    NOTHING,
    amount,
    count,
    fraction,
    listing,
    local_moment,
    moment,
    rfc3339,
    zone_name,
)
from plumbline.report.json import number
from plumbline.report.page import Code, Dim, Facts, Items, Line, Name, Section, Table

SCHEMA_VERSION = 1
SHOWN = 20
"""Failing groups that the text names."""


@dataclass(frozen=True)
class Overview:
    """What is open, muted and waiting."""

    incidents: tuple[Incident, ...]
    mutes: tuple[Mute, ...]
    waiting: tuple[Pending, ...]
    now: datetime
    """With the domain's zone, in which all times are written."""


@dataclass(frozen=True)
class IncidentDetails:
    """One incident with its history."""

    incident_id: str
    incident: Incident | None
    """None: it is no longer open, and only its events are kept."""
    events: Sequence[Mapping[str, Any]]
    """Rows of the ``incidents`` table, oldest first."""
    waiting: tuple[Pending, ...]
    now: datetime
    """With the domain's zone."""


def overview(
    state: AlertState, mutes: Sequence[Mute], now: datetime, *, with_closed: bool
) -> Overview:
    """What ``state`` holds, the newest incident first, and the mutes that still hold."""
    incidents = [one for one in state.known.incidents if one.is_open or with_closed]
    return Overview(
        incidents=tuple(sorted(incidents, key=lambda one: (one.opened_at, one.id), reverse=True)),
        mutes=tuple(mute for mute in (*mutes, *state.mutes) if mute.lasts(now)),
        waiting=state.outbox,
        now=now,
    )


def acknowledged(incident: Incident, now: datetime) -> str:
    """What the acknowledgement of ``incident`` covers, and when it ends."""
    ack = incident.ack
    assert ack is not None
    others = len(acks.uncovered(incident))
    groups = len(incident.members)
    covered = f" ({groups - others} of {groups} groups)" if others else ""
    ends = f"its status changes from {incident.status}"
    if ack.until is not None:
        ends = f"{_moment(ack.until, now)}, or {ends}"
    return f"{incident.id} is acknowledged by {ack.by}{covered}: no reminders until {ends}."


def overview_page(view: Overview) -> list[Section]:
    """Open incidents, mutes, and what waits to be delivered."""
    open_ones = _table(view) if view.incidents else "No incident is open."
    mutes = [f"{_in_zone(mute, view.now).describe()} ({mute.source})" for mute in view.mutes]
    return [
        Section("", (open_ones,)),
        *([Section("Muted", (Items(tuple(mutes)),))] if mutes else []),
        *_waiting_section(view.waiting, view.now),
    ]


def incident_page(view: IncidentDetails) -> list[Section]:
    """One incident: what is known of it, its timeline, and what waits to be delivered."""
    incident = view.incident
    if incident is None:
        last = view.events[-1]
        said = (
            " has ended: " if last["event"] in ENDINGS else " is not open. The last known event: "
        )
        how = f"{_moment_of(last, view.now)}, {reason_text(str(last['reason']))}"
        head = Section((Name(view.incident_id), said, how))
    else:
        facts = Facts(tuple(_facts(incident, view.waiting, view.now)))
        head = Section((_status(incident), "  ", Name(incident.id)), (facts,))
    events = tuple(_event(event, view.now) for event in view.events)
    return [
        head,
        *([Section("Timeline", (Items(events),))] if events else []),
        *_waiting_section(view.waiting, view.now),
        *(_message_section(pending.message, view) for pending in view.waiting),
    ]


def _message_section(message: Message, view: IncidentDetails) -> Section:
    """The text of a message that waits, as far as it is of the incident: also what a project
    without a channel would send."""
    now = view.now
    if now.tzinfo is not None:
        message = in_zone(message, now.tzinfo)
    own = tuple(item for item in message.items if item.incident == view.incident_id)
    others = f", one of its {len(message.items):,} incidents" if message.items != own else ""
    text = plain_text(replace(message, items=own), limit=_LONGEST, now=now)
    return Section(("Message ", Name(message.id), others), (Code(text),))


_LONGEST = 4000
"""Characters of a message that is shown."""


def _table(view: Overview) -> Table:
    notes = [_besides(incident, view) for incident in view.incidents]
    has_notes = any(notes)
    header = ("Status", "Incident", f"Since ({zone_name(view.now)})", "Groups", "Notified")
    return Table(
        (*header, *(["Notes"] if has_notes else [])),
        tuple(
            (
                _status(incident),
                Name(incident.id),
                local_moment(incident.opened_at.astimezone(view.now.tzinfo)),
                f"{len(incident.members):,}" if incident.members else NOTHING,
                _notified(incident, view.waiting),
                *([note] if has_notes else []),
            )
            for incident, note in zip(view.incidents, notes, strict=True)
        ),
        right=frozenset({3}),
        below=4,
    )


def _waiting_section(waiting: Sequence[Pending], now: datetime) -> list[Section]:
    items = tuple(waiting_line(pending, now) for pending in waiting)
    return [Section("Waiting to be delivered", (Items(items),))] if items else []


def _notified(incident: Incident, waiting: Sequence[Pending]) -> str:
    """The channels of its messages; one to which a message of it is not delivered yet says so."""
    late = {
        pending.message.channel
        for pending in waiting
        if any(item.incident == incident.id for item in pending.message.items)
    }
    channels = (
        f"{channel} (message waiting)" if channel in late else channel
        for channel in incident.notified_channels
    )
    return ", ".join(channels) or "no one"


def _facts(
    incident: Incident, waiting: Sequence[Pending], now: datetime
) -> list[tuple[str, Line | Table]]:
    facts: list[tuple[str, Line | Table]] = [
        ("monitor", incident.monitor),
        ("since", _moment(incident.opened_at, now)),
        ("found", incident.summary),
    ]
    if incident.closed_at is not None:
        facts.append(("ended", f"{_moment(incident.closed_at, now)}, {_ending(incident)}"))
    if incident.members:
        facts.append(("where", _groups(incident, now)))
    facts.append(("notified", _notified(incident, waiting)))
    if incident.ack is not None:
        note = f": {incident.ack.note}" if incident.ack.note else ""
        until = incident.ack.until
        ends = f", until {_moment(until, now)}" if until else ""
        facts.append(("ack", f"by {incident.ack.by}, {_moment(incident.ack.at, now)}{ends}{note}"))
    if incident.owner:
        facts.append(("owner", incident.owner))
    return facts


def _ending(incident: Incident) -> str:
    ending = (incident.ending or "").replace("_", " ")
    if incident.closed_by is None:
        return ending
    return f"{ending} by {incident.closed_by}: {incident.close_reason}"


def _covered(incident: Incident) -> frozenset[str]:
    """The keys of the groups that are acknowledged."""
    if incident.ack is None:
        return frozenset()
    return frozenset(acks.covered_keys(incident.ack, incident.members))


def _groups(incident: Incident, now: datetime) -> Table:
    """The failing groups, those first that nobody acknowledged; without columns that are empty."""
    covered = _covered(incident)
    newest = sorted(worst_groups_first(incident.members), key=lambda member: member.key in covered)
    rows = [
        (
            Name(member.label),
            "no rows" if member.is_missing else amount(member.observed, member.unit),
            "" if member.is_missing else _fraction(member),
            one_line(member.usual),
            member.status if member.status is not incident.status else "",
            "" if member.since == incident.opened_at else f"since {_moment(member.since, now)}",
            "acknowledged" if member.key in covered else "",
        )
        for member in newest[:SHOWN]
    ]
    header = ("Where", "Observed", "Of", "Usual", "Status", "Since", "Acknowledged")
    shown = [place for place in range(len(header)) if any(row[place] for row in rows)]
    return Table(
        tuple(header[place] for place in shown),
        tuple(tuple(row[place] for place in shown) for row in rows),
        right=frozenset(place for place, old in enumerate(shown) if old in (1, 2)),
        more=len(newest) - len(rows),
    )


def _fraction(member: FailingGroup) -> str:
    return fraction(member.observed, member.unit, member.numerator, member.denominator)


def _event(event: Mapping[str, Any], now: datetime) -> str:
    told = "" if event["speaks"] else " (not sent)"
    reason = reason_text(str(event["reason"]))
    return f"{_moment_of(event, now)}  {event['event']}: {reason}, {event['status']}{told}"


def _moment_of(event: Mapping[str, Any], now: datetime) -> str:
    at = event["as_of"]
    return _moment(at, now) if isinstance(at, datetime) else str(at)


def _besides(incident: Incident, view: Overview) -> str:
    said = []
    if incident.ack is not None:
        said.append(f"acknowledged by {incident.ack.by}")
    if any(mute.covers(incident.monitor, view.now) for mute in view.mutes):
        said.append("muted")
    if incident.flapping:
        said.append("flapping")
    if incident.suppressed_by is not None:
        said.append(incident.suppressed_by.text)
    return one_line(", ".join(dict.fromkeys(said)))


def waiting_line(pending: Pending, now: datetime) -> str:
    """A message that waits: where to, what about, since when and why."""
    what = listing([f"{item.event} {item.incident}" for item in pending.message.items], 3)
    why = f": {pending.last_error}" if pending.last_error else ""
    return (
        f"{pending.message.id} to {pending.message.channel}: {what}, "
        f"since {_moment(pending.since, now)}, {count(pending.attempts, 'attempts')}{why}"
    )


def _status(incident: Incident) -> str:
    return incident.status if incident.is_open else Dim(incident.ending or "")


def _moment(at: datetime, now: datetime) -> str:
    return moment(at.astimezone(now.tzinfo))


def _in_zone(mute: Mute, now: datetime) -> Mute:
    if mute.until == NO_END:
        return mute
    return replace(mute, until=mute.until.astimezone(now.tzinfo))


def overview_dict(view: Overview) -> dict[str, Any]:
    return {
        "schema_version": SCHEMA_VERSION,
        "incidents": [_incident_dict(incident) for incident in view.incidents],
        "mutes": [
            {
                "monitor": mute.monitor,
                "owner": mute.owner,
                "reason": mute.reason,
                "until": None if mute.until == NO_END else rfc3339(mute.until),
                "source": mute.source,
                "window": None if mute.window is None else mute.window.describe(),
            }
            for mute in view.mutes
        ],
        "waiting": [_waiting_dict(pending) for pending in view.waiting],
    }


def incident_dict(view: IncidentDetails) -> dict[str, Any]:
    return {
        "schema_version": SCHEMA_VERSION,
        "incident": None if view.incident is None else _incident_dict(view.incident),
        "events": [
            {
                key: rfc3339(value) if isinstance(value, datetime) else value
                for key, value in event.items()
            }
            for event in view.events
        ],
        "waiting": [_waiting_dict(pending) for pending in view.waiting],
    }


def _incident_dict(incident: Incident) -> dict[str, Any]:
    covered = _covered(incident)
    return {
        "id": incident.id,
        "monitor": incident.monitor,
        "kind": incident.kind,
        "status": str(incident.status),
        "opened_at": rfc3339(incident.opened_at),
        "last_seen": rfc3339(incident.last_seen),
        "closed_at": _instant(incident.closed_at),
        "ending": incident.ending,
        "closed_by": incident.closed_by,
        "close_reason": incident.close_reason or None,
        "summary": incident.summary,
        "members": [
            {
                "key": json.loads(member.key),
                "status": str(member.status),
                "since": rfc3339(member.since),
                "observed": number(member.observed),
                "numerator": number(member.numerator),
                "denominator": number(member.denominator),
                "threshold": number(member.threshold),
                "acknowledged": member.key in covered,
            }
            for member in incident.members
        ],
        "told": list(incident.notified_channels),
        "acknowledged_by": incident.ack.by if incident.ack else None,
        "acknowledged_until": _instant(incident.ack.until if incident.ack else None),
        "flapping": incident.flapping,
        "owner": incident.owner,
    }


def _instant(at: datetime | None) -> str | None:
    return None if at is None else rfc3339(at)


def _waiting_dict(pending: Pending) -> dict[str, Any]:
    return {
        "message": pending.message.id,
        "channel": pending.message.channel,
        "incidents": [item.incident for item in pending.message.items],
        "since": rfc3339(pending.since),
        "attempts": pending.attempts,
        "last_error": pending.last_error or None,
    }
