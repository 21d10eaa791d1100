"""Which instants to believe: a run on a machine whose clock is ahead must not silence later runs.

Incidents only move forward in time, so one run that claims to be of next month would make all runs
until then count as old. What lies after every clock that can be asked, this machine's and the
warehouse's, is not believed. Pure. Used by `plumbline.alerts.service`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

from plumbline.alerts.incidents.model import Ack, Incident, Known, MonitorMemory
from plumbline.core.errors import PlumblineError
from plumbline.core.status import Status

TOLERANCE = timedelta(days=1)
"""Clocks that differ by less are taken as right: runs of the next day are believed anyway."""

T = TypeVar("T")


def refuse_future(as_of: datetime, warehouse: datetime | None) -> None:
    """Refuse to decide on what was judged at an instant that the warehouse has not reached.

    Raises:
        PlumblineError: this machine's clock is ahead.
    """
    if warehouse is not None and as_of > warehouse + TOLERANCE:
        days = (as_of - warehouse) / timedelta(days=1)
        raise PlumblineError(
            f"the time of this run, {as_of:%Y-%m-%d %H:%M %Z}, is {days:.1f} days ahead of the "
            "warehouse's clock: no incident is changed and nothing is sent",
            fix="set this machine's clock, then run it again",
        )


def believable(known: Known, now: datetime) -> tuple[Known, tuple[str, ...]]:
    """``known`` without instants in the future, and a line for people if there were any.

    Args:
        now: the latest of all clocks that can be asked.
    """
    limit = now + TOLERANCE
    incidents = tuple(_until(incident, limit, now) for incident in known.incidents)
    kept = {name: _memory(memory, limit, now) for name, memory in known.monitors.items()}
    monitors = {name: memory for name, memory in kept.items() if memory is not None}
    ahead = sorted(name for name, memory in known.monitors.items() if memory.as_of > limit)
    if not ahead and incidents == known.incidents:
        return known, ()
    wrong = _of_future(known.incidents, limit) | set(ahead)
    line = (
        "The clock of an earlier run was ahead: the times in the future that it stored are ignored "
        f"({', '.join(sorted(wrong))})."
    )
    return Known(incidents, monitors), (line,)


def _of_future(incidents: tuple[Incident, ...], limit: datetime) -> set[str]:
    return {one.monitor for one in incidents if _until(one, limit, limit) != one}


def _memory(memory: MonitorMemory, limit: datetime, now: datetime) -> MonitorMemory | None:
    """What is remembered up to ``limit``; None: nothing is."""
    if memory.as_of <= limit:
        return memory
    recent = tuple(one for one in memory.recent if one.as_of <= limit)
    if not recent:
        return None
    good = [one for one in recent if one.status is Status.PASS]
    is_future = memory.last_good is not None and memory.last_good.as_of > limit
    return replace(
        memory,
        as_of=recent[-1].as_of,
        recent=recent,
        last_good=(good[-1] if good else None) if is_future else memory.last_good,
        arrivals={key: min(at, now) for key, at in memory.arrivals.items()},
    )


def _until(value: T, limit: datetime, now: datetime) -> T:
    """``value`` with ``now`` in place of instants after ``limit``."""
    changed: Any = value
    if isinstance(value, datetime):
        changed = now if value > limit else value
    elif isinstance(value, Ack):
        # It ends in the future by right; if its clock was ahead, its end goes back with it.
        at, seen = _until(value.at, limit, now), _until(value.seen, limit, now)
        until = None if value.until is None else value.until - (value.at - at)
        changed = replace(value, at=at, seen=seen, until=until)
    elif isinstance(value, tuple):
        changed = tuple(_until(one, limit, now) for one in value)
    elif isinstance(value, Mapping):
        changed = {key: _until(one, limit, now) for key, one in value.items()}
    elif is_dataclass(value) and not isinstance(value, type):
        changed = replace(
            value,
            **{one.name: _until(getattr(value, one.name), limit, now) for one in fields(value)},
        )
    return changed  # type: ignore[no-any-return]
