"""What a channel delivers: one message per run and channel, as plain values.

Made by `plumbline.alerts.compose` from decided changes; kept in the outbox as JSON until delivered,
so a message that had to wait is rendered when it goes out. Every text in it may come from data:
each channel escapes what its receiver would read as markup.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated

from pydantic import Field

from plumbline.alerts.incidents.model import Kind, Reason
from plumbline.core.alert_line import Event
from plumbline.core.status import RunStatus, Status


@dataclass(frozen=True)
class GroupLine:
    """A view of a failing `plumbline.core.outcome.GroupOutcome`, flat because the outbox stores
    it."""

    label: str
    status: Status
    observed: float | None = None
    numerator: float | None = None
    denominator: float | None = None
    threshold: float | None = None
    unit: str = ""
    is_new: bool = False
    usual: str = ""
    """What it is held against, where that comes from its past: ``usually 92 ± 4``."""
    is_missing: bool = False
    """Whether no row is of it any more."""


@dataclass(frozen=True)
class Child:
    """A monitor that builds on the item's, and is said here instead of by itself."""

    monitor: str
    incident: str
    status: Status
    summary: str


@dataclass(frozen=True)
class Item:
    """One incident in a message."""

    incident: str
    """Its id: in the text, so that a doubled message is seen to be one."""
    event_id: str
    event: Event
    reason: Reason
    kind: Kind
    monitor: str
    status: Status
    """After the event; of a resolved one, the status that it had."""
    since: datetime
    """When the incident opened."""
    at: datetime
    """The ``as_of`` of the event."""
    summary: str
    """One line: the number, and what it means."""
    previous_status: Status | None = None
    """Before the event, where that was another."""
    observed: float | None = None
    unit: str = ""
    thresholds: str = ""
    """``warning < 80, critical < 50``."""
    crossed: str = ""
    """How many groups are beyond which bound: ``1 of 7 services more than 72 h behind``."""
    numerator: float | None = None
    denominator: float | None = None
    expectations: tuple[str, ...] = ()
    """What failed, in words, the worst first."""
    groups: tuple[GroupLine, ...] = ()
    """What fails, the worst first; at most `compose.MOST_GROUPS`."""
    more_groups: int = 0
    """How many more fail than ``groups`` names."""
    recovered: Annotated[tuple[str, ...], Field(alias="mended")] = ()
    """Labels of the groups that have recovered; at most `compose.MOST_GROUPS`."""
    left: tuple[str, ...] = ()
    """Labels of the groups that aged out without a fix; at most `compose.MOST_GROUPS`."""
    excused: tuple[str, ...] = ()
    """Labels of the groups that pass only because the suite changed."""
    thresholds_before: str | None = None
    """What the suite required at the last message; None: the same as now."""
    closed_by: str | None = None
    """Who closed it by hand."""
    close_reason: str = ""
    is_assumed: bool = False
    """Whether it is only known that runs since then left no state, and may have notified."""
    last_good: float | None = None
    last_good_at: datetime | None = None
    trend: tuple[float | None, ...] = ()
    """What was observed lately, oldest first, this one last."""
    reason_text: str | None = None
    """Why the check could not be made (``error``)."""
    notes: tuple[str, ...] = ()
    impact: str | None = None
    action: str | None = None
    """What to do first: a command to copy, or a sentence."""
    owner: str | None = None
    mentions: tuple[str, ...] = ()
    """Ids of Slack users and groups to mention."""
    runbook: str | None = None
    """A URL, or a path in the repository."""
    docs_url: str | None = None
    sql_url: str | None = None
    """The SQL at the revision that ran; None of a suite over a table."""
    suite_url: str | None = None
    """The suite at the revision that ran."""
    ack_command: str | None = None
    """What to type to acknowledge it."""
    acked_by: str | None = None
    children: tuple[Child, ...] = ()


@dataclass(frozen=True)
class Message:
    """What one channel gets of one `plumbline.core.run.Run`, whose fields are flat because the
    outbox stores it."""

    id: str
    """Deterministic, of the channel and the events in it."""
    channel: str
    run_id: str
    checkpoint: str
    target: str
    as_of: datetime
    created_at: datetime
    """When it was decided; what is delivered much later says so."""
    items: tuple[Item, ...]
    """What is new first, ends last; of each the worst first."""
    run_status: RunStatus | None = None
    score: int | None = None
    revision: str | None = None
    """The suites' git commit, ``-dirty`` where the tree was."""
    notes: tuple[str, ...] = ()
    is_sample: bool = False
    """From ``plumbline alerts test``: every channel marks it as a sample."""
    references: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """By incident: what this channel returned for it before (see `Receipt`)."""
