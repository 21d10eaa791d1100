"""Channels that have another name in ``alerts.yml`` than when their messages were stored; pure.

``renamed_from`` of a channel carries over what the state knows of it: the incidents that it was
notified of, its threads, the messages that wait for it, and its outage.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar

from plumbline.alerts.incidents.model import Incident
from plumbline.alerts.state import AlertState, Pending
from plumbline.project.alerts import AlertsConfig

T = TypeVar("T")


def with_renamed_channels(state: AlertState, config: AlertsConfig) -> AlertState:
    """``state`` with the names that channels have in ``config``."""
    names = {old: name for name, one in config.channels.items() for old in one.renamed_from or ()}
    if not names:
        return state
    incidents = tuple(_incident(incident, names) for incident in state.known.incidents)
    return replace(
        state,
        known=replace(state.known, incidents=incidents),
        outbox=tuple(_pending(pending, names) for pending in state.outbox),
        outages=_by_name(state.outages, names),
    )


def vanished_channels(state: AlertState, config: AlertsConfig) -> dict[str, tuple[str, ...]]:
    """Channels that ``config`` no longer has, with the open incidents that they were notified of.

    Args:
        state: `with_renamed_channels`.
    """
    found: dict[str, list[str]] = {}
    for incident in state.known.incidents:
        for name in incident.notified_channels if incident.is_open else ():
            if name not in config.channels:
                found.setdefault(name, []).append(incident.id)
    return {name: tuple(incidents) for name, incidents in sorted(found.items())}


def _incident(incident: Incident, names: Mapping[str, str]) -> Incident:
    notified = dict.fromkeys(names.get(name, name) for name in incident.notified_channels)
    return replace(
        incident,
        notified_channels=tuple(notified),
        notified_through=_by_name(incident.notified_through, names),
        references=_by_name(incident.references, names),
    )


def _pending(pending: Pending, names: Mapping[str, str]) -> Pending:
    name = pending.message.channel
    if name not in names:
        return pending
    return replace(pending, message=replace(pending.message, channel=names[name]))


def _by_name(found: Mapping[str, T], names: Mapping[str, str]) -> dict[str, T]:
    """What the present name has already counts."""
    renamed = {names.get(name, name): value for name, value in found.items()}
    return renamed | {name: value for name, value in found.items() if name not in names}
