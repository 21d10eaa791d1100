"""Acknowledgements: which failing groups one covers, and until when.

An acknowledgement covers the groups that failed when it was given, or those that it names. A group
that fails later is not covered: it is notified, and reminders of it continue.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from plumbline.alerts.incidents.model import Ack, FailingGroup, Incident
from plumbline.core.group_key import shown
from plumbline.core.instants import in_utc


def acknowledge(
    incident: Incident,
    *,
    by: str,
    at: datetime,
    note: str = "",
    until: datetime | None = None,
    groups: Iterable[str] = (),
) -> Incident:
    """``incident`` with an acknowledgement of ``groups``; without any, of all that fail now.

    Groups that are named are added to those of an earlier acknowledgement.
    """
    named = tuple(groups)
    earlier = active(without_expired(incident, at), incident.status)
    if named and earlier is not None:
        named = (*covered_keys(earlier, incident.members), *named)
    ack = Ack(
        by=by,
        at=at,
        status=incident.status,
        note=note,
        groups=tuple(dict.fromkeys(named)) or None,
        until=until,
        seen=incident.last_seen,
    )
    return replace(incident, ack=ack)


def without_expired(incident: Incident, clock: datetime) -> Incident:
    """``incident`` without an acknowledgement that has expired at ``clock``."""
    ack = incident.ack
    has_expired = ack is not None and ack.until is not None and in_utc(clock) >= in_utc(ack.until)
    return replace(incident, ack=None) if has_expired else incident


def active(incident: Incident, status: object) -> Ack | None:
    """The acknowledgement, while the status is the acknowledged one."""
    ack = incident.ack
    return ack if ack is not None and ack.status is status else None


def uncovered(incident: Incident) -> tuple[FailingGroup, ...]:
    """The failing groups that its acknowledgement does not cover; none without one."""
    ack = incident.ack
    if ack is None:
        return ()
    keys = set(covered_keys(ack, incident.members))
    return tuple(member for member in incident.members if member.key not in keys)


def covered_keys(ack: Ack, members: Iterable[FailingGroup]) -> tuple[str, ...]:
    """The keys of the groups that ``ack`` covers."""
    seen = in_utc(ack.seen or ack.at)
    failed = [member.key for member in members if in_utc(member.since) <= seen]
    return tuple(key for key in failed if ack.groups is None or key in ack.groups)


def arguments(members: Iterable[FailingGroup]) -> list[str]:
    """``COLUMN=VALUE`` of each group, as `matching` takes them apart."""
    return [
        f"{column}={shown(value)}"
        for member in members
        for column, value in json.loads(member.key).items()
    ]


def matching(members: Iterable[FailingGroup], column: str, value: str) -> list[FailingGroup]:
    """The members whose key has ``value`` in ``column``."""
    found = []
    for member in members:
        key = json.loads(member.key)
        if column in key and shown(key[column]) == value:
            found.append(member)
    return found
