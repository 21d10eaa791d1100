"""Acknowledgements from the messages themselves: a reaction on a bot's message, read at each run.

A reaction has no time. So each person's counts once an incident: when its status changes later, the
acknowledgement ends, and a reaction that is still there does not renew it.
Used by `plumbline.alerts.factory`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Protocol, runtime_checkable

from plumbline.alerts.channels.base import Channel
from plumbline.alerts.incidents import acks
from plumbline.alerts.incidents.model import Incident, Known

SECONDS = 10.0
"""For one channel."""

SEEN = "acknowledged_by"
"""Among the references of an incident: whose reactions have counted."""


@runtime_checkable
class ReadsReactions(Protocol):
    """A channel that can tell who reacted."""

    def acknowledgers(
        self, references: Mapping[str, Mapping[str, str]], *, timeout_seconds: float
    ) -> dict[str, tuple[str, ...]]:
        """By incident: who acknowledged it on its message."""
        ...


def acknowledge(known: Known, at: datetime, channels: Mapping[str, Channel]) -> Known:
    """``known`` with the incidents acknowledged on whose messages somebody new has reacted.

    Args:
        at: when it counts from.
        channels: by name; those that can't be read are left out.
    """
    incidents = {incident.id: incident for incident in known.incidents}
    for name, channel in channels.items():
        if not isinstance(channel, ReadsReactions):
            continue
        references = {
            incident.id: incident.references[name]
            for incident in incidents.values()
            if incident.is_open and name in incident.references
        }
        if not references:
            continue
        found = channel.acknowledgers(references, timeout_seconds=SECONDS)
        for incident_id, people in found.items():
            incidents[incident_id] = _with(incidents[incident_id], name, people, at)
    return replace(known, incidents=tuple(incidents[incident.id] for incident in known.incidents))


def _with(incident: Incident, channel: str, people: tuple[str, ...], at: datetime) -> Incident:
    references = incident.references[channel]
    seen = [name for name in references.get(SEEN, "").split("\n") if name]
    new = [name for name in people if name not in seen]
    if not new:
        return incident
    return replace(
        incident,
        ack=incident.ack or acks.acknowledge(incident, by=new[0], at=at, note="by a reaction").ack,
        references={
            **incident.references,
            channel: {**references, SEEN: "\n".join((*seen, *new))},
        },
    )
