"""An incident's timeline from its rows: observations, decisions and deliveries.

Pure. Used by `plumbline.site.assemble`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, get_args

from plumbline.alerts.incidents.model import (
    FailingGroup,
    Incident,
    Kind,
    reason_text,
)
from plumbline.core.alert_line import Ending
from plumbline.core.group_key import GroupKey
from plumbline.core.status import Status, worst
from plumbline.core.text import amount
from plumbline.history.events import DeliveryRow, IncidentRow
from plumbline.site.history_cache import IncidentStory
from plumbline.site.rows import MOST_SEEN, Row, Sighted, sightings, some, worst_of
from plumbline.site.view_models import IncidentView, TimelineEntry

ENDS: dict[str, Ending] = {ending: ending for ending in get_args(Ending)}
_SAME_TIME = timedelta(days=1)


def incident_of(story: IncidentStory, *, owner: str | None = None) -> Incident:
    """The incident of ``story``, as far as its rows tell.

    Acknowledgements are missing: only the state of alerts has them. A group that left the window
    counts as recovered here, unless the incident ended by that: rows don't tell the two apart.
    """
    first, last = story.events[0], story.events[-1]
    is_over = story.is_over
    wrong = [event for event in story.events if event.event not in ENDS]
    statuses = [Status(event.status) for event in wrong or story.events]
    told = [one.channel for one in story.deliveries if one.verdict == "delivered"]
    kind: Kind = "error" if first.kind == "error" else "data"
    members = tuple(_members(last)) or tuple(_members((wrong or story.events)[-1]))
    failed = {member.key for event in story.events for member in _members(event)}
    gone = len(failed) - len({member.key for member in members})
    is_resolved = last.event == "resolved"
    return Incident(
        id=story.id,
        monitor=last.monitor,
        kind=kind,
        status=Status(last.status),
        worst=worst(statuses),
        opened_at=first.opened_at,
        last_seen=(wrong or story.events)[-1].as_of,
        checkpoint=first.checkpoint or "",
        sequence=len(story.events),
        members=members,
        recovered=len(failed) if is_resolved else gone,
        left=len(failed) - gone if last.event == "expired" else 0,
        summary=next((event.summary for event in reversed(wrong) if event.summary), last.summary),
        notified_channels=tuple(dict.fromkeys(told)),
        closed_at=last.as_of if is_over else None,
        ending=ENDS[last.event] if is_over else None,
        owner=owner,
    )


def view_of(
    story: IncidentStory,
    rows: Sequence[Row],
    *,
    owner: str | None = None,
    impact: str | None = None,
    action: str | None = None,
    is_removed: bool = False,
    drilldown: str | None = None,
    drilldown_goes_in: str | None = None,
    runbook: str | None = None,
    runbook_link: str | None = None,
) -> IncidentView:
    """What an incident's page shows.

    Args:
        rows: of its monitor, oldest first, as far as they are not archived.
        owner: of its monitor, for one that the state does not know.
        is_removed: whether the project has no such monitor any more.
        drilldown, drilldown_goes_in: of its monitor's last run, for an open incident.
        runbook: of its suite, for an open incident.
        runbook_link: where the suite says that the runbook is.
    """
    incident = _brought_up_to_date(story, owner=owner)
    seen = sightings(
        rows, opened_at=incident.opened_at, until=incident.closed_at, before=story.seen
    )
    return IncidentView(
        incident=incident,
        timeline=timeline_of(story, seen, incident),
        impact=impact,
        action=action,
        worst=worst_of(seen),
        is_removed=is_removed,
        drilldown=drilldown if incident.is_open else None,
        drilldown_goes_in=drilldown_goes_in if incident.is_open else None,
        runbook=runbook if incident.is_open else None,
        runbook_link=runbook_link,
    )


def _brought_up_to_date(story: IncidentStory, *, owner: str | None) -> Incident:
    """As the state of alerts had it; where its rows are ahead of that, as they say, with what only
    the state knew."""
    told = incident_of(story, owner=owner)
    known = story.known
    if known is None:
        return told
    if known.is_open == told.is_open and known.sequence >= told.sequence:
        channels = dict.fromkeys((*known.notified_channels, *told.notified_channels))
        return replace(known, notified_channels=tuple(channels))
    left = max(known.left, told.left)
    recovered = max(known.recovered, told.recovered - known.left)
    return replace(told, ack=known.ack, owner=known.owner or owner, recovered=recovered, left=left)


def timeline_of(
    story: IncidentStory, seen: Sequence[Sighted], incident: Incident
) -> tuple[TimelineEntry, ...]:
    """Oldest first: each event, with who was notified of it, and what was seen between them."""
    by_run: dict[str | None, list[DeliveryRow]] = {}
    for delivery in story.deliveries:
        by_run.setdefault(delivery.run_id, []).append(delivery)
    entries: list[tuple[datetime, int, TimelineEntry]] = []
    decided = {event.as_of for event in story.events}
    for one in [one for one in seen if one.at not in decided][-MOST_SEEN:]:
        entries.append((one.at, 0, _seen(one)))
    for event in story.events:
        messages = [_told(delivery, event.as_of) for delivery in by_run.pop(event.run_id, [])]
        entries.append((event.as_of, 1, replace(_decided(event), messages=tuple(messages))))
    for deliveries in by_run.values():  # decided by a run whose event is not among the rows
        entries += [(one.attempted_at, 2, _told(one, one.attempted_at)) for one in deliveries]
    if incident.ack is not None:
        note = f"{incident.ack.note}" if incident.ack.note else ""
        entries.append(
            (
                incident.ack.at,
                1,
                TimelineEntry(incident.ack.at, "event", f"acknowledged by {incident.ack.by}", note),
            )
        )
    entries.sort(key=lambda entry: entry[:2])
    return tuple(entry for _, _, entry in entries)


def _seen(one: Sighted) -> TimelineEntry:
    title = amount(one.observed, one.unit) if one.observed is not None else str(one.status)
    return TimelineEntry(
        at=one.at,
        kind="observed",
        title=title,
        text=one.summary.removeprefix(f"{title}; "),
        status=one.status,
        members=_unnamed(one.members, one.summary),
    )


def _unnamed(members: tuple[str, ...], text: str) -> tuple[str, ...]:
    """The groups, unless ``text`` names them all."""
    return () if all(label in text for label in members) else members


def _decided(event: IncidentRow) -> TimelineEntry:
    held = "" if event.speaks else ", not sent"
    return TimelineEntry(
        at=event.as_of,
        kind="event" if event.speaks else "not notified",
        title=f"{event.event}: {reason_text(event.reason)}{held}",
        text=event.summary,
        status=Status.PASS if event.event == "resolved" else Status(event.status),
        members=_unnamed(some([member.label for member in _members(event)]), event.summary),
    )


def _told(delivery: DeliveryRow, decided_at: datetime) -> TimelineEntry:
    delivered = delivery.verdict == "delivered"
    tries = (
        "on the first attempt" if delivery.attempts == 1 else f"after {delivery.attempts} attempts"
    )
    said = f"delivered {tries}" if delivered else f"{delivery.verdict}, {tries}"
    # A replay delivers today what was decided for another day.
    replayed = abs(delivery.attempted_at - decided_at) > _SAME_TIME
    return TimelineEntry(
        at=decided_at if replayed else delivery.attempted_at,
        kind="notified" if delivered else "not notified",
        title=delivery.channel,
        text=f"{said}: {delivery.detail}" if delivery.detail and not delivered else said,
    )


def _members(event: IncidentRow) -> Iterator[FailingGroup]:
    """The readable rows; those of a newer plumbline are left out."""
    try:
        read: Any = json.loads(event.members or "[]")
    except ValueError:
        return
    for one in read if isinstance(read, list) else []:
        try:
            yield _member(one, event)
        except (AttributeError, KeyError, TypeError, ValueError):
            continue


def _member(one: Mapping[str, Any], event: IncidentRow) -> FailingGroup:
    key = str(one.get("key", "{}"))
    return FailingGroup(
        key=key,
        label=str(one.get("label") or _label(key)),
        status=Status(one.get("status", event.status)),
        since=datetime.fromisoformat(one["since"]) if one.get("since") else event.as_of,
        last_seen=event.as_of,
        observed=one.get("observed"),
        numerator=one.get("numerator"),
        denominator=one.get("denominator"),
        threshold=one.get("threshold"),
        unit=str(one.get("unit") or ""),
    )


def _label(key: str) -> str:
    read = json.loads(key)
    return GroupKey.of(read).label if isinstance(read, dict) else key
