"""Monitors that were renamed or removed: their incidents go on under the new name, or end.

Used by `plumbline.alerts.incidents.decide` before outcomes move incidents.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from plumbline.alerts.incidents.ids import event_id
from plumbline.alerts.incidents.model import Change, Incident, Known, Reason
from plumbline.core.alert_line import Event
from plumbline.core.mute import Mute
from plumbline.core.outcome import Outcome


@dataclass(frozen=True)
class ProjectNames:
    """What there is in a project now."""

    monitors: Collection[str]
    checkpoints: Collection[str]

    def lost(self, incident: Incident) -> bool:
        """Whether the monitor of ``incident`` was removed.

        One that a checkpoint outside of the project runs, as a notebook's, was never in it.
        """
        return incident.monitor not in self.monitors and incident.checkpoint in self.checkpoints


def carry_over(known: Known, outcomes: Sequence[Outcome]) -> Known:
    """``known`` with what it has of renamed monitors under their new names.

    A name that is still judged is another monitor's, and keeps what it has.
    """
    names = _new_names(outcomes)
    if not names.keys() & ({*known.monitors} | {one.monitor for one in known.incidents}):
        return known
    monitors = dict(known.monitors)
    for old, new in names.items():
        memory = monitors.pop(old, None)
        if memory is not None and new not in monitors:
            monitors[new] = replace(memory, monitor=new)
    incidents: list[Incident] = []
    for one in known.incidents:
        to = names.get(one.monitor)
        if to is None or (one.is_open and known.open_incident(to, one.kind)):
            incidents.append(one)
        else:
            incidents.append(replace(one, monitor=to))
    return Known(tuple(incidents), monitors)


def with_new_names(mutes: Sequence[Mute], outcomes: Sequence[Outcome]) -> tuple[Mute, ...]:
    """Mutes of renamed monitors mute them under their new names too."""
    names = _new_names(outcomes)
    return tuple(replace(one, monitor=names.get(one.monitor, one.monitor)) for one in mutes)


def close_removed(
    known: Known, project: ProjectNames | None, at: datetime
) -> tuple[Known, list[Change]]:
    """``known`` without monitors that no longer exist, and the ends of their incidents.

    An incident that ends now stays until the next run: its end is still to be sent.

    Args:
        project: what there is now; None: not known.
    """
    if project is None:
        return known, []
    lost = [one for one in known.incidents if project.lost(one)]
    changes = [
        end_of(one, Event.MONITOR_REMOVED, Reason.MONITOR_REMOVED, at)
        for one in lost
        if one.is_open
    ]
    ended = {change.incident.id: change.incident for change in changes}
    incidents = tuple(
        ended.get(one.id, one) for one in known.incidents if one not in lost or one.id in ended
    )
    names = {one.monitor for one in lost}
    kept = {name: memory for name, memory in known.monitors.items() if name not in names}
    return Known(incidents, kept), changes


def end_of(
    incident: Incident,
    event: Event,
    reason: Reason,
    at: datetime,
    *,
    by: str | None = None,
    why: str = "",
) -> Change:
    """The end of ``incident`` that no outcome brought."""
    sequence = incident.sequence + 1
    is_notified = incident.notified_at is not None
    ended = replace(
        incident,
        sequence=sequence,
        closed_at=at,
        ending=event.as_ending(),
        closed_by=by,
        close_reason=why,
        calm_since=None,
        notified_at=at if is_notified else None,
        suppressed_by=None,
        inhibited_by=None,
    )
    return Change(
        event_id=event_id(ended, event),
        event=event,
        reason=reason,
        incident=ended,
        previous=incident,
        at=at,
        notifies=is_notified,
    )


def _new_names(outcomes: Sequence[Outcome]) -> dict[str, str]:
    judged = {outcome.monitor for outcome in outcomes}
    return {
        old: outcome.monitor
        for outcome in outcomes
        for old in outcome.renamed_from
        if old not in judged
    }
