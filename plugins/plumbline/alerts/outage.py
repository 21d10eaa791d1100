"""Runs of which nothing is known: the warehouse was down, and their machine had no disk.

Such a run notifies of its ERRORs under ids that are the same for each run
(`plumbline.alerts.incidents.ids`), but can't store that it did. Once the warehouse is back, a
service that keeps an incident open until it is ended (PagerDuty) must be notified of its end: a run
that follows a gap sends it, which is harmless if there was nothing to end.
Used by `plumbline.alerts.service`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice

from plumbline.alerts.channels.base import Channel
from plumbline.alerts.incidents.ids import IncidentIds
from plumbline.alerts.incidents.model import Incident, Known
from plumbline.core.outcome import Outcome
from plumbline.core.status import Status
from plumbline.project import Schedule
from plumbline.project.due import due_between

RETRY_VARIABLE = "CLOUD_RUN_TASK_ATTEMPT"
"""How often Cloud Run has tried the run before."""


@dataclass(frozen=True)
class Gap:
    """What shows that earlier runs may have left no trace.

    Args:
        schedules: of the checkpoint.
        is_retry: whether this run is tried again: then its first attempt failed.
    """

    schedules: Sequence[Schedule] = ()
    is_retry: bool = False

    def follows(self, last: datetime, now: datetime) -> bool:
        """Whether a run between ``last`` and ``now`` is not known of."""
        if self.is_retry:
            return True
        # The last of the due times is this run's own.
        return any(len(list(islice(due_between(one, last, now), 2))) == 2 for one in self.schedules)


def is_retry(environment: Mapping[str, str] | None = None) -> bool:
    """Whether the scheduler tries this run again."""
    value = (os.environ if environment is None else environment).get(RETRY_VARIABLE, "")
    return value.isdecimal() and int(value) > 0


def with_unknown_incidents(
    known: Known,
    outcomes: Sequence[Outcome],
    *,
    gap: Gap,
    ids: IncidentIds,
    checkpoint: str,
    channels: Mapping[str, Channel],
    routed: Callable[[Incident], Sequence[str]],
) -> Known:
    """``known`` with the incidents that an unknown run may have opened.

    Args:
        known: what is stored.
        outcomes: what this run found.
        gap: what is known of earlier runs.
        ids: as the unknown run had them.
        checkpoint: whose run it is.
        channels: by name.
        routed: the channels of an incident.
    """
    found = [*known.incidents]
    for outcome in outcomes:
        memory = known.monitors.get(outcome.monitor)
        if known.open_incident(outcome.monitor, "error") is not None or memory is None:
            continue
        if not gap.follows(memory.as_of, outcome.as_of):
            continue
        unknown = _unknown(outcome, memory.as_of, ids, checkpoint)
        keyed = tuple(name for name in routed(unknown) if _ends_by_key(channels.get(name)))
        if keyed:
            found.append(replace(unknown, notified_channels=keyed))
    return replace(known, incidents=tuple(found)) if len(found) > len(known.incidents) else known


def _ends_by_key(channel: Channel | None) -> bool:
    return bool(getattr(channel, "ends_by_key", False))


def _unknown(outcome: Outcome, last: datetime, ids: IncidentIds, checkpoint: str) -> Incident:
    since = last + timedelta(microseconds=1)
    return Incident(
        id=replace(ids, is_known=False).of(outcome.monitor, "error", since),
        monitor=outcome.monitor,
        kind="error",
        status=Status.ERROR,
        worst=Status.ERROR,
        opened_at=since,
        last_seen=since,
        checkpoint=checkpoint,
        summary="the check could not run",
        notified_at=since,
        notified_status=Status.ERROR,
        owner=outcome.owner,
        tags=outcome.tags,
    )
