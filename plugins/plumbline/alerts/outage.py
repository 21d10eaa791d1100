"""Runs of which nothing is known: the warehouse was down, and their machine had no disk.

Such a run notifies of its ERRORs under ids that are the same for each run
(`plumbline.alerts.incidents.ids`), but can't store that it did. A run that follows a gap sends the
end once the warehouse is back. To a service that knows incidents by their id (PagerDuty, GitHub)
always: it ignores the end of what it never opened. To people only where the gap shows that runs
were made and could not be stored: this machine keeps nothing either, and its scheduler skips no
runs. The message says that nothing is recorded of them.
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
from plumbline.alerts.incidents.model import Incident, Known, Reason
from plumbline.core.instants import in_utc
from plumbline.core.outcome import Outcome
from plumbline.core.status import Status
from plumbline.project import Schedule
from plumbline.project.due import due_between

RETRY_VARIABLE = "CLOUD_RUN_TASK_ATTEMPT"
"""How often Cloud Run has tried the run before."""

GITHUB_VARIABLE = "GITHUB_ACTIONS"
"""Set in a workflow of GitHub."""


CONFIRMED = 1_000
"""Runs in a row: what unknown runs notified of needs no other to confirm it."""


@dataclass(frozen=True)
class Gap:
    """What shows that earlier runs may have left no trace.

    Args:
        is_retry: whether this run is tried again: then its first attempt failed.
        is_exact: whether the scheduler makes each run; GitHub skips some.
    """

    schedules: Sequence[Schedule] = ()
    is_retry: bool = False
    is_exact: bool = True

    def follows(self, last: datetime, now: datetime) -> bool:
        """Whether a run between ``last`` and ``now`` is not known of."""
        if self.is_retry and not self.schedules:
            return True
        # The last of the due times is this run's own, which a retry makes again.
        most = 1 if self.is_retry else 2
        return any(
            len(list(islice(due_between(one, last, now), most))) == most for one in self.schedules
        )


def find_gap(schedules: Sequence[Schedule], environment: Mapping[str, str] | None = None) -> Gap:
    """What the scheduler says of this run and of earlier ones."""
    env = os.environ if environment is None else environment
    value = env.get(RETRY_VARIABLE, "")
    return Gap(
        tuple(schedules),
        is_retry=value.isdecimal() and int(value) > 0,
        is_exact=GITHUB_VARIABLE not in env,
    )


def with_unknown_incidents(
    known: Known,
    outcomes: Sequence[Outcome],
    *,
    gap: Gap,
    ids: IncidentIds,
    checkpoint: str,
    channels: Mapping[str, Channel],
    routed: Callable[[Incident], Sequence[str]],
    is_empty: bool,
) -> Known:
    """``known`` with the incidents that an unknown run may have opened.

    One that still is an ERROR opens again, under the same id.

    Args:
        ids: as the unknown run had them.
        channels: by name.
        is_empty: whether this machine has kept nothing of earlier runs.
    """
    found = [*known.incidents]
    for outcome in outcomes:
        memory = known.monitors.get(outcome.monitor)
        if known.open_incident(outcome.monitor, "error") is not None or memory is None:
            continue
        if in_utc(outcome.as_of) <= memory.as_of or not gap.follows(memory.as_of, outcome.as_of):
            continue
        unknown = _unknown(outcome, memory.as_of, ids, checkpoint)
        to = [
            name
            for name in routed(unknown)
            if (is_empty and gap.is_exact) or _ends_by_key(channels.get(name))
        ]
        if to and outcome.status is Status.ERROR:
            found.append(replace(unknown, streak=CONFIRMED, suppressed_by=Reason.UNCONFIRMED))
        elif to:
            found.append(_to_end(unknown, to))
    return replace(known, incidents=tuple(found)) if len(found) > len(known.incidents) else known


def _ends_by_key(channel: Channel | None) -> bool:
    return bool(getattr(channel, "ends_by_key", False))


def _to_end(unknown: Incident, channels: Sequence[str]) -> Incident:
    return replace(
        unknown,
        is_assumed=True,
        notified_at=unknown.opened_at,
        notified_status=Status.ERROR,
        notified_channels=tuple(channels),
    )


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
        sequence=0,
        owner=outcome.owner,
        tags=outcome.tags,
    )
