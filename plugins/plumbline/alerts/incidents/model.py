"""Incidents as values: what is decided on, stored and sent.

They are plain frozen dataclasses, so that pydantic's ``TypeAdapter`` writes them as JSON and reads
them back (`plumbline.alerts.state`); a renamed field keeps its key as an alias. Instants carry a
zone; those of an incident are ``as_of`` instants: the clock's own in a live run, past ones in a
replay.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from plumbline.core.alert_line import Ending, Event
from plumbline.core.mute import Mute
from plumbline.core.outcome import ThresholdLine
from plumbline.core.status import Status

Kind = Literal["data", "error"]
"""``data``: the data is wrong (WARNING, CRITICAL); ``error``: the check could not be made."""


class Reason(StrEnum):
    """Why there is, or is not, a notification."""

    FIRST_FAILURE = "first failure"
    NEW_MEMBER = "new member"
    STATUS_ROSE = "status rose"
    STATUS_FELL = "status fell"
    REMINDER_DUE = "reminder due"
    RECOVERED = "recovered"
    LEFT_THE_WINDOW = "left the window"
    FLAPPING = "flapping"
    THRESHOLD_CHANGED = "threshold changed"
    """The suite judges otherwise since the last run."""
    MONITOR_REMOVED = "monitor removed"
    CLOSED_BY_HAND = "closed by hand"
    UNCONFIRMED = "not confirmed yet"
    """Fewer runs in a row saw it than `Policy.confirm_after` asks for."""
    CONFIRMED = "confirmed"
    NOT_ACKNOWLEDGED = "not acknowledged"
    """Nobody acknowledged it in time: the next channels are notified."""
    MUTED = "muted"
    ACKNOWLEDGED = "acknowledged"
    INHIBITED = "inhibited"
    UNROUTED = "no route"
    NO_LONGER_SUPPRESSED = "no longer suppressed"
    """It was muted, inhibited or without a route when it opened, and still is wrong."""

    @property
    def text(self) -> str:
        """As people read it; what is stored stays as it is."""
        return _REASON_TEXTS.get(self, str(self))


_REASON_TEXTS = {
    Reason.NEW_MEMBER: "new failing group",
    Reason.LEFT_THE_WINDOW: "aged out without a fix",
    Reason.INHIBITED: "covered by an upstream monitor",
}


REASONS_NOT_SENT = {
    Reason.UNCONFIRMED: "Fewer runs in a row found the status than `confirm_after` requires.",
    Reason.ACKNOWLEDGED: (
        "Somebody ran `plumbline alerts ack` or reacted in Slack. Reminders stop until the status "
        "changes or another group fails."
    ),
    Reason.MUTED: "Somebody muted the monitor until a given time. It still runs.",
    Reason.INHIBITED: (
        "A monitor in `depends_on` fails too, and its message names this one. Also called "
        "inhibited."
    ),
    Reason.UNROUTED: "No route in `checkpoints/alerts.yml` fits, and there is no fallback.",
}
"""Why a message was not sent, as in docs/glossary.md."""


def reason_text(stored: str) -> str:
    """A stored reason as people read it; one that a newer version stored stays as it is."""
    return Reason(stored).text if stored in set(Reason) else stored


@dataclass(frozen=True)
class FailingGroup:
    """A view of a `plumbline.core.outcome.GroupOutcome` that fails, flat because the state stores
    it: with when it began to fail and when it was last seen."""

    key: str
    """The canonical text of its `GroupKey`."""
    label: str
    status: Status
    since: datetime
    last_seen: datetime
    observed: float | None = None
    numerator: float | None = None
    denominator: float | None = None
    threshold: float | None = None
    unit: str = ""
    usual: str = ""
    """What it was held against, where that came from its past: ``usually 92 ± 4``."""
    is_missing: bool = False
    """Whether no row is of it any more; what was observed is what was seen last."""
    lines: tuple[ThresholdLine, ...] = ()
    """Its thresholds, when it failed last."""


@dataclass(frozen=True)
class Ack:
    """Somebody is working on it: no reminders of the groups that it covers."""

    by: str
    at: datetime
    """When it was given, by the clock: a run may judge another day."""
    status: Status
    """The status that was acknowledged."""
    note: str = ""
    groups: tuple[str, ...] | None = None
    """The keys of the groups that it names; None: all that failed then."""
    until: datetime | None = None
    """When it expires, by the clock; None: with the status."""
    seen: datetime | None = None
    """The judged instant until which groups failed that it covers; None: ``at``."""


@dataclass(frozen=True)
class Incident:
    """One thing that is wrong with one monitor, from its opening to its end."""

    id: str
    monitor: str
    kind: Kind
    status: Status
    """WARNING or CRITICAL (``data``), ERROR (``error``); of a closed one, the last."""
    worst: Status
    opened_at: datetime
    last_seen: datetime
    """The last ``as_of`` at which it was wrong."""
    checkpoint: str
    """The checkpoint whose run opened it."""
    sequence: int = 1
    """How many events it has had: the next one's number is in its event id."""
    members: tuple[FailingGroup, ...] = ()
    """What fails now, or is missing; of a closed incident, what failed last."""
    recovered: Annotated[int, Field(alias="mended")] = 0
    """How many members were seen well again."""
    left: int = 0
    """How many members aged out of the window without a fix."""
    recovered_members: Annotated[tuple[FailingGroup, ...], Field(alias="mended_members")] = ()
    """Those that recovered last, at most `MOST_GONE`: the next notification names them."""
    excused_members: tuple[FailingGroup, ...] = ()
    """Those that no longer fail only because the suite's thresholds or groups changed."""
    left_members: tuple[FailingGroup, ...] = ()
    """The same for those that left the window."""
    streak: int = 1
    """In how many runs in a row it was at least as bad as now."""
    summary: str = ""
    notified_at: Annotated[datetime | None, Field(alias="said_at")] = None
    """When it was last notified; None: never (muted, inhibited)."""
    alerted_at: datetime | None = None
    """When people were last asked to act: at its opening, or when it got worse."""
    escalated_at: datetime | None = None
    """Since when the next channels are notified too, as nobody acknowledged it."""
    notified_status: Annotated[Status | None, Field(alias="said_status")] = None
    """The status that was last notified."""
    ack: Ack | None = None
    flapping: bool = False
    calm_since: datetime | None = None
    """Of a flapping one: since when the monitor has been well."""
    suppressed_by: Reason | None = None
    """Why it is suppressed now, so that this is said once and not at each run."""
    inhibited_by: str | None = None
    """The incident whose message named this one, while that one inhibits it."""
    notified_channels: Annotated[tuple[str, ...], Field(alias="told")] = ()
    """The channels that were notified: its end goes to the same."""
    notified_through: Mapping[str, datetime] = field(default_factory=dict)
    """By channel: the instant of the latest event in a message to it."""
    references: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """By channel: what the channel needs to find its message again (Slack's ``ts``)."""
    closed_at: datetime | None = None
    ending: Ending | None = None
    closed_by: str | None = None
    """Who closed it by hand."""
    close_reason: str = ""
    is_assumed: bool = False
    """Whether it is only known that runs may have opened it (`plumbline.alerts.outage`)."""
    owner: str | None = None
    tags: tuple[str, ...] = ()
    criteria: str = ""
    """What the suite required when it failed last, as `Outcome.criteria`."""
    thresholds: str = ""
    """The same in words."""
    lines: tuple[ThresholdLine, ...] = ()
    """The same as numbers, where its number is held against them."""

    @property
    def is_open(self) -> bool:
        return self.closed_at is None


@dataclass(frozen=True)
class Sighting:
    """One outcome of a monitor, as far as it is remembered: for trends and the last good value."""

    as_of: datetime
    status: Status
    observed: float | None = None


@dataclass(frozen=True)
class MonitorMemory:
    """What is remembered of one monitor between runs."""

    monitor: str
    as_of: datetime
    """The last ``as_of`` judged: incidents only move forward from it."""
    recent: tuple[Sighting, ...] = ()
    """The last sightings, oldest first, at most `RECENT`; SKIPPED ones are left out."""
    last_good: Sighting | None = None
    """The last PASS."""
    arrivals: Mapping[str, datetime] = field(default_factory=dict)
    """When each group that was judged last was first judged, by key: what leaves a window does so
    in this order. Groups that are missing are among them."""
    has_healthy_groups: bool = False
    """Whether a group that did not fail was ever judged: rows are not only of those that fail."""


@dataclass(frozen=True)
class Known:
    """All that a decision knows of the past."""

    incidents: tuple[Incident, ...] = ()
    """Open ones, and closed ones as long as they count towards flapping.

    What ended in a monitor's last run is among them in any case.
    """
    monitors: Mapping[str, MonitorMemory] = field(default_factory=dict)

    def open_incident(self, monitor: str, kind: Kind) -> Incident | None:
        """The one open incident of that kind, if any."""
        for incident in self.incidents:
            if incident.monitor == monitor and incident.kind == kind and incident.is_open:
                return incident
        return None


@dataclass(frozen=True)
class Change:
    """One event of an incident: what happened, why, and whether anyone is notified."""

    event_id: str
    """Deterministic: the same decision on the same knowledge gives the same id."""
    event: Event
    reason: Reason
    incident: Incident
    """As it is after the event."""
    previous: Incident | None
    """As it was before; None at its opening."""
    at: datetime
    notifies: bool
    """False: held back (muted, acknowledged, inhibited, flapping)."""
    new_members: tuple[FailingGroup, ...] = ()
    """Those that no one was notified of; empty at an opening, where all are new."""
    recovered_members: tuple[FailingGroup, ...] = ()
    """Those that the last word named and that are well since."""
    left_members: tuple[FailingGroup, ...] = ()
    """Those that the last word named and that left the window since."""
    excused_members: tuple[FailingGroup, ...] = ()
    """Those that the last word named and that the changed suite no longer calls failing."""
    mute: Mute | None = None
    inhibited_by: str | None = None
    """The parent monitor in whose message this one is said."""
    children: tuple[Change, ...] = ()
    """What the parent's message says of the monitors that build on it.

    One that is held back since this run is among `Decision.changes` too, with the same event id.
    """


@dataclass(frozen=True)
class Decision:
    changes: tuple[Change, ...]
    """In the order of the messages: opened, escalated, new groups, still, ended; of each
    the worst first."""
    known: Known
    """What is known afterwards."""
    notes: tuple[str, ...] = ()
    """What a person should know besides: an outcome that is not later than what is known."""
