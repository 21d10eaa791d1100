"""What a person does to the state of alerts: acknowledge, mute, unmute, drop.

Used by ``plumbline alerts``. Each is one commit; when a run was quicker, it is made again on what
that wrote.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from plumbline.alerts.incidents import acks
from plumbline.alerts.incidents.model import Change, Incident, Reason
from plumbline.alerts.incidents.names import end_of
from plumbline.alerts.rows import dropped_row
from plumbline.alerts.state import AlertState
from plumbline.alerts.store import ROUNDS, ConflictError, StateStore
from plumbline.core.alert_line import Event
from plumbline.core.errors import ConfigError, PlumblineError, did_you_mean
from plumbline.core.mute import Mute
from plumbline.core.text import listing


def edit(
    store: StateStore,
    change: Callable[[AlertState], AlertState],
    *,
    now: datetime,
    progress: Callable[[str], None] = lambda _: None,
) -> AlertState:
    """Commit what ``change`` makes of the state; nothing where it changes nothing.

    Raises:
        WarehouseError: the state can't be read or written.
        ConfigError: what ``change`` refuses.
    """
    with store.exclusively(progress):
        for _ in range(ROUNDS):
            state = store.load()
            changed = change(state)
            if changed == state:
                return state
            try:
                events = tuple(event for event in changed.events if event not in state.events)
                committed = store.commit(
                    replace(changed, events=events, written_at=now), based_on=state
                )
            except ConflictError:
                continue
            store.write_events(committed)
            return committed
    raise PlumblineError(
        f"the state of alerts can't be changed: {ROUNDS} runs wrote it first", fix="try again"
    )


class NoIncidentError(ConfigError):
    """No open incident is meant."""


def find_incident(state: AlertState, text: str) -> Incident:
    """The incident of that id; the beginning of one, or a monitor's name, does where it is clear.

    Raises:
        NoIncidentError: none.
        ConfigError: several.
    """
    incidents = state.known.incidents
    for incident in incidents:
        if incident.id == text:
            return incident
    near = [one for one in incidents if one.is_open and _is_meant(one, text)]
    if len(near) == 1:
        return near[0]
    if near:
        raise ConfigError(
            f"{text!r} matches several incidents",
            key="INCIDENT",
            fix="one of: " + ", ".join(sorted(incident.id for incident in near)),
        )
    if not incidents:
        raise NoIncidentError(
            f"there is no incident {text!r}: no run has opened one", key="INCIDENT"
        )
    if ended := last_ended(state, text):
        raise NoIncidentError(
            f"no incident of {ended.monitor} is open: {ended.id} has ended",
            key="INCIDENT",
            fix=f"see when it ended: plumbline alerts show {ended.id}",
        )
    raise NoIncidentError(
        f"there is no incident {text!r}",
        key="INCIDENT",
        fix=did_you_mean(text, [incident.id for incident in incidents]),
    )


def last_ended(state: AlertState, text: str) -> Incident | None:
    """The newest incident that has ended, of the monitor ``text`` or whose id begins with it; None
    where the state holds none (it forgets them after a while)."""
    ended = [one for one in state.known.incidents if not one.is_open and _is_meant(one, text)]
    return max(ended, key=lambda one: (one.opened_at, one.id), default=None)


def _is_meant(incident: Incident, text: str) -> bool:
    return incident.monitor == text or incident.id.startswith(text)


def acknowledged(
    state: AlertState,
    text: str,
    *,
    by: str,
    at: datetime,
    note: str,
    until: datetime | None = None,
    groups: Sequence[str] = (),
) -> AlertState:
    """With that incident acknowledged: no reminders of the groups that fail now.

    Args:
        by: who acknowledges it.
        until: when the acknowledgement expires.
        groups: ``column=value``: only the groups with that value; none: all that fail now.

    Raises:
        ConfigError: no such open incident, or no such failing group.
    """
    incident = find_incident(state, text)
    if not incident.is_open:
        raise ConfigError(f"incident {incident.id} has ended", key="INCIDENT")
    keys = [key for group in groups for key in _keys(incident, group)]
    changed = acks.acknowledge(incident, by=by, at=at, note=note, until=until, groups=keys)
    return _with(state, changed)


def ended_by_hand(
    state: AlertState, text: str, *, by: str, reason: str, at: datetime
) -> tuple[AlertState, Change]:
    """Without that incident, and its end.

    Raises:
        ConfigError: no such open incident.
    """
    incident = find_incident(state, text)
    if not incident.is_open:
        raise ConfigError(f"incident {incident.id} has ended", key="INCIDENT")
    change = end_of(incident, Event.CLOSED, Reason.CLOSED_BY_HAND, at, by=by, why=reason)
    return _with(state, change.incident), change


def _keys(incident: Incident, group: str) -> list[str]:
    column, equals, value = group.partition("=")
    found = acks.matching(incident.members, column.strip(), value.strip()) if equals else []
    if not found:
        failing = listing(acks.arguments(incident.members)) or "none"
        raise ConfigError(
            f"{group!r} is not a failing group of {incident.id}",
            key="--group",
            fix=f"name a failing group: {failing}",
        )
    return [member.key for member in found]


def muted(state: AlertState, mute: Mute, now: datetime) -> AlertState:
    """With ``mute`` in the place of an earlier one of its monitor; those that are over go."""
    kept = tuple(
        other for other in state.mutes if other.monitor != mute.monitor and other.lasts(now)
    )
    return replace(state, mutes=(*kept, mute))


def unmuted(state: AlertState, monitor: str) -> AlertState:
    """Without the mute of ``monitor``.

    Raises:
        ConfigError: there is none by command.
    """
    kept = tuple(mute for mute in state.mutes if mute.monitor != monitor)
    if len(kept) == len(state.mutes):
        raise ConfigError(
            f"{monitor} is not muted by a command",
            key="MONITOR",
            fix="if checkpoints/mutes.yml mutes it, remove the mute there",
        )
    return replace(state, mutes=kept)


def dropped(state: AlertState, text: str, *, by: str, reason: str, at: datetime) -> AlertState:
    """Without the waiting message of that id, or all that wait for the channel of that name.

    Who dropped them and why is in the history.

    Raises:
        ConfigError: no such message waits.
    """
    found = [one for one in state.outbox if text in (one.message.id, one.message.channel)]
    if not state.outbox:
        raise ConfigError("no message is waiting", key="MESSAGE")
    if not found:
        names = [name for one in state.outbox for name in (one.message.id, one.message.channel)]
        raise ConfigError(
            f"no message with the id {text!r} or for a channel of that name is waiting",
            key="MESSAGE",
            fix=did_you_mean(text, names),
        )
    why = f"dropped by {by}: {reason}"
    rows = [dropped_row(one.message, why, attempts=one.attempts, at=at) for one in found]
    kept = tuple(one for one in state.outbox if one not in found)
    return replace(state, outbox=kept, events=(*state.events, *rows))


def _with(state: AlertState, changed: Incident) -> AlertState:
    incidents = tuple(
        changed if incident.id == changed.id else incident for incident in state.known.incidents
    )
    return replace(state, known=replace(state.known, incidents=incidents))
