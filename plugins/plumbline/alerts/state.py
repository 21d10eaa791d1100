"""What is kept between runs: open incidents, what is remembered of monitors, and the outbox.

One value, written whole by each commit (`store`) as JSON. The JSON has a ``format``: what a newer
plumbline wrote is refused, never overwritten. Fields with defaults may be added within a format.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from plumbline.alerts.channels.message import Message
from plumbline.alerts.incidents.model import Known
from plumbline.core.adapter import adapter
from plumbline.core.errors import ConfigError
from plumbline.core.mute import Mute
from plumbline.history.events import DeliveryRow, IncidentRow

FORMAT = 1


class StateFormatError(ConfigError):
    """What was read is not a state that this plumbline knows: it is left as it is."""


class NewerFormatError(StateFormatError):
    """A newer plumbline wrote it."""


@dataclass(frozen=True)
class Pending:
    """A message that is not delivered yet."""

    message: Message
    since: datetime
    """When it was put into the outbox."""
    attempts: int = 0
    not_before: datetime | None = None
    """The receiver asked to wait until then."""
    last_error: str = ""
    """Why it still waits, without secrets."""
    claimed_by: str | None = None
    """The run that delivers it now."""
    claimed_until: datetime | None = None
    """Afterwards that run is taken for dead, and another may deliver it."""
    rounds: int = 0
    """How many runs and flushes have tried the channel and could not deliver it."""
    covered: tuple[str, ...] = ()
    """Ids of the events in it that the fallback channel is notified of in another message."""


@dataclass(frozen=True)
class Outage:
    """A channel that accepts no messages for now."""

    since: datetime
    """When the first attempt failed."""
    until: datetime
    """When it may be tried again: its ``Retry-After``; else when it was tried last."""
    detail: str = ""
    """What it said last, without secrets."""


@dataclass(frozen=True)
class AlertState:
    """All that is known between runs."""

    version: int = 0
    """Of the commit that wrote it; 0: nothing was ever committed."""
    lineage: str = ""
    """Of the table that holds it: a table that was dropped and remade begins another."""
    writer: str = ""
    """The commit that wrote it: unlike any other."""
    written_at: datetime | None = None
    run_id: str | None = None
    """The run that committed it; None for a command."""
    known: Known = field(default_factory=Known)
    mutes: tuple[Mute, ...] = ()
    """Those set by a command; those of the file are not kept here."""
    outbox: tuple[Pending, ...] = ()
    """The oldest first."""
    outages: Mapping[str, Outage] = field(default_factory=dict)
    """By channel; a channel that accepted its last message has none."""
    events: tuple[IncidentRow | DeliveryRow, ...] = ()
    """What this commit adds to the tables; they are written right after it, and by the next
    commit where that did not come about."""


def to_json(state: AlertState) -> str:
    snapshot = adapter(AlertState).dump_python(state, mode="json", by_alias=True)
    kept = {"format": FORMAT, "state": snapshot}
    return json.dumps(kept, ensure_ascii=False, separators=(",", ":"))


def from_json(text: str, *, where: str) -> AlertState:
    """The state of a snapshot.

    Args:
        where: where it was read, for the message.

    Raises:
        NewerFormatError: it is of a newer format.
        StateFormatError: it is not a snapshot.
    """
    from pydantic import ValidationError

    try:
        read = json.loads(text)
        number = read["format"]
        if not isinstance(number, int):
            raise TypeError
    except (ValueError, KeyError, TypeError):
        raise _unreadable(where, "it is not a snapshot of plumbline") from None
    if number > FORMAT:
        raise NewerFormatError(
            "the alerts' state was written by a newer plumbline "
            f"(format {number}; this one reads up to {FORMAT})",
            file=where,
            fix="upgrade plumbline here too",
        )
    try:
        found: AlertState = adapter(AlertState).validate_python(read.get("state"))
    except ValidationError as fault:
        first = fault.errors()[0]
        place = ".".join(("state", *(str(part) for part in first["loc"])))
        raise _unreadable(where, f"{place}: {first['msg']}") from None
    return found


def monitors_at_stake(state: AlertState) -> Iterator[str]:
    """Monitors with incidents that still have to be notified."""
    yield from (one.monitor for one in state.known.incidents if one.is_open)
    for pending in state.outbox:
        yield from (item.monitor for item in pending.message.items)


def state_of_row(row: Mapping[str, Any], *, where: str) -> AlertState:
    """The state of a row of its table.

    Raises:
        NewerFormatError: it is of a newer format.
        StateFormatError: it is not a snapshot.
    """
    version = int(row["version"])
    state = from_json(str(row["snapshot"]), where=f"{where}, version {version}")
    return replace(state, version=version)


def _unreadable(where: str, why: str) -> StateFormatError:
    return StateFormatError(
        f"the alerts' state can't be read: {why}",
        file=where,
        fix="find what else writes to that table; earlier versions are rows of the same table",
    )
