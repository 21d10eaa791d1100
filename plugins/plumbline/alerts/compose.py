"""From decided changes to messages: one message per run and channel.

Pure: takes what a run found, the routes, and which channels are configured.
Used by `plumbline.alerts.service`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from urllib.parse import quote

from plumbline.alerts.channels.message import Child, GroupLine, Item, Message
from plumbline.alerts.channels.wording import is_link
from plumbline.alerts.crossed import crossed_by_groups
from plumbline.alerts.incidents import acks, criteria
from plumbline.alerts.incidents.model import Change, FailingGroup, Incident, Known, Reason
from plumbline.alerts.routes import route_of, with_fallback
from plumbline.checks.failures import reported, unmeasured_failure
from plumbline.core.alert_line import Event
from plumbline.core.outcome import Outcome, measured, worst_groups_first
from plumbline.core.run import Run
from plumbline.core.status import RunStatus, Status
from plumbline.project.alerts import AlertsConfig

MOST_GROUPS = 50
"""Failing groups that a message carries; a channel may show fewer, and says how many more."""

_MOST_SAMPLES = 5
"""Values, rows or groups that a failed expectation names."""
_LONGEST_REQUIREMENT = 160
"""Characters of what a failed expectation requires: a channel with little room cuts what follows
the counts, and not the counts."""


@dataclass(frozen=True)
class SourceLinks:
    """Web addresses of the project's files at the revision that ran."""

    base: str | None = None
    """Of the project's folder; None: not known."""
    models: Mapping[str, str] = field(default_factory=dict)
    """By model: the path of its SQL in the project."""
    suites: Mapping[str, str] = field(default_factory=dict)
    """By monitor: the path of its suite in the project."""

    def of_file(self, path: str | None) -> str | None:
        return self.base + quote(path) if self.base and path else None

    def of_runbook(self, runbook: str | None) -> str | None:
        if not runbook or not self.base or "://" in runbook:
            return runbook
        path, hash_sign, part = runbook.lstrip("/").partition("#")
        return self.base + quote(path) + hash_sign + part


NO_LINKS = SourceLinks()


@dataclass(frozen=True)
class RunFacts:
    run: Run
    now: datetime
    """The clock's now: when the messages were made."""
    run_status: RunStatus | None = None
    score: int | None = None
    source: Callable[[], SourceLinks] = lambda: NO_LINKS
    """Where the files that judged can be read; asked only where there is something to notify."""


@dataclass(frozen=True)
class Composed:
    """The messages of a run, and what is known once they are in the outbox."""

    messages: tuple[Message, ...]
    known: Known
    """With the channels that each incident is sent to."""
    unrouted: tuple[str, ...] = ()
    """Incidents that no route and no fallback has a channel for."""


def compose(
    changes: Iterable[Change],
    known: Known,
    outcomes: Sequence[Outcome],
    facts: RunFacts,
    *,
    config: AlertsConfig,
    configured: Collection[str],
) -> Composed:
    """The messages for ``changes``; a suppressed change is in none.

    Args:
        configured: the channels that have what they need.
    """
    by_monitor = {outcome.monitor: outcome for outcome in outcomes}
    incidents = {incident.id: incident for incident in known.incidents}
    items: dict[str, list[Item]] = {}
    notified: dict[str, tuple[str, ...]] = {}
    unrouted: list[str] = []
    for change in changes:
        if not change.notifies:
            continue
        channels = _channels(change, config, configured)
        if not channels:
            unrouted.append(change.incident.id)
        notified[change.incident.id] = channels
        outcome = by_monitor.get(change.incident.monitor)
        item = _item(change, outcome, known)
        links = facts.source()
        item = replace(
            item,
            runbook=links.of_runbook(runbook_link(item.runbook, config.docs_url)),
            sql_url=links.of_file(links.models.get((outcome and outcome.model) or "")),
            suite_url=links.of_file(links.suites.get(item.monitor)),
            ack_command=_ack_command(change, facts.run.target),
            mentions=_mentions(change, config),
        )
        for channel in channels:
            items.setdefault(channel, []).append(item)
    messages = tuple(
        _message(channel, found, facts, incidents) for channel, found in sorted(items.items())
    )
    return Composed(messages, _with_channels(known, notified), tuple(unrouted))


def message_id(channel: str, event_ids: Iterable[str]) -> str:
    """The same events to the same channel are the same message, whoever makes it."""
    text = "\n".join((channel, *sorted(event_ids)))
    return "m-" + hashlib.sha256(text.encode()).hexdigest()[:16]


def runbook_link(runbook: str | None, docs_url: str | None) -> str | None:
    """Where a runbook in the repository can be read, as far as that is known."""
    if not runbook or not docs_url or "://" in runbook:
        return runbook
    return f"{docs_url.rstrip('/')}/{quote(runbook.lstrip('/'))}"


def _channels(change: Change, config: AlertsConfig, configured: Collection[str]) -> tuple[str, ...]:
    """By the routes; for a rise in status, also the channels that were notified before. What
    ends or gets better is news to those channels alone.
    """
    incident = change.incident
    wanted: tuple[str, ...] = ()
    if change.reason is Reason.NOT_ACKNOWLEDGED:
        next_ones = route_of(config, incident).escalate_to
        found = [with_fallback(config, name, configured) or name for name in next_ones]
        return tuple(dict.fromkeys(found))
    is_better = change.event.is_end or change.event is Event.DOWNGRADED
    if not is_better or not incident.notified_channels:
        wanted = _routed(incident, config) or incident.notified_channels
    if is_better or change.event is Event.ESCALATED:
        wanted = (*wanted, *incident.notified_channels)
    found = [with_fallback(config, name, configured) or name for name in wanted]
    return tuple(dict.fromkeys(found))


def is_routed(incident: Incident, config: AlertsConfig) -> bool:
    """Whether a channel can be notified of ``incident``: by the routes, or one that was before."""
    return bool(_routed(incident, config) or incident.notified_channels)


def without_unsent_notices(known: Known) -> Known:
    """``known`` where no notice counts that no channel was notified of.

    Such an incident is notified once a route fits it.
    """
    return replace(
        known,
        incidents=tuple(
            replace(incident, notified_at=None, notified_status=None)
            if incident.is_open and incident.notified_at and not incident.notified_channels
            else incident
            for incident in known.incidents
        ),
    )


def _routed(incident: Incident, config: AlertsConfig) -> tuple[str, ...]:
    route = route_of(config, incident)
    return route.channels if incident.escalated_at else route.to


def _message(
    channel: str, items: Sequence[Item], facts: RunFacts, incidents: Mapping[str, Incident]
) -> Message:
    references = {
        item.incident: incidents[item.incident].references[channel]
        for item in items
        if item.incident in incidents and channel in incidents[item.incident].references
    }
    run = facts.run
    return Message(
        id=message_id(channel, (item.event_id for item in items)),
        channel=channel,
        run_id=run.run_id,
        checkpoint=run.checkpoint,
        target=run.target,
        as_of=run.as_of,
        created_at=facts.now,
        items=tuple(items),
        run_status=facts.run_status,
        score=facts.score,
        revision=None if run.revision is None else str(run.revision),
        references=references,
    )


def _item(change: Change, outcome: Outcome | None, known: Known) -> Item:
    incident = change.incident
    memory = known.monitors.get(incident.monitor)
    new = {member.key for member in change.new_members}
    groups = worst_groups_first(incident.members)
    good = memory.last_good if memory else None
    ended = change.event.is_end
    found = None if outcome is None or _is_missing(change, outcome) else outcome
    item = Item(
        incident=incident.id,
        event_id=change.event_id,
        event=change.event,
        reason=change.reason,
        kind=incident.kind,
        monitor=incident.monitor,
        status=incident.status,
        since=incident.opened_at,
        at=change.at,
        summary=found.summary if found else incident.summary,
        previous_status=change.previous.status
        if change.previous and change.previous.status is not incident.status
        else None,
        groups=() if ended else tuple(_group(member, new) for member in groups[:MOST_GROUPS]),
        more_groups=0 if ended else max(0, len(groups) - MOST_GROUPS),
        recovered=tuple(member.label for member in change.recovered_members[:MOST_GROUPS]),
        left=tuple(member.label for member in change.left_members[:MOST_GROUPS]),
        excused=tuple(member.label for member in change.excused_members[:MOST_GROUPS]),
        closed_by=incident.closed_by,
        close_reason=incident.close_reason,
        is_assumed=incident.is_assumed,
        last_good=None if ended or good is None else good.observed,
        last_good_at=None if ended or good is None else good.as_of,
        trend=tuple(seen.observed for seen in memory.recent) if memory else (),
        acked_by=_acked_by(incident),
        children=tuple(_child(child) for child in change.children),
        owner=incident.owner,
    )
    if found is None:
        return item
    previous = change.previous
    if previous is not None and criteria.has_changed(previous, found):
        item = replace(item, thresholds_before=previous.thresholds)
    return _with_outcome(item, found)


def _ack_command(change: Change, target: str) -> str | None:
    """What to type to acknowledge it; None where that is done, or it is over."""
    incident = change.incident
    if change.event.is_end or (incident.ack is not None and not acks.uncovered(incident)):
        return None
    return f"plumbline alerts ack {incident.id} --target {target}"


def _mentions(change: Change, config: AlertsConfig) -> tuple[str, ...]:
    """Whom to wake: the owner of what opens or escalates."""
    if change.event not in (Event.OPENED, Event.ESCALATED):
        return ()
    return config.owners.get(change.incident.owner or "", ())


def _acked_by(incident: Incident) -> str | None:
    """Who acknowledged it, and how much of it where that is not all."""
    if incident.ack is None:
        return None
    others, groups = len(acks.uncovered(incident)), len(incident.members)
    return (
        f"{incident.ack.by} ({groups - others} of {groups} groups)" if others else incident.ack.by
    )


def _is_missing(change: Change, outcome: Outcome) -> bool:
    """Whether all that is wrong is not returned: what else the run found is not part of it."""
    return outcome.status is Status.PASS and not change.event.is_end


def _has_number(outcome: Outcome) -> bool:
    return outcome.status is not Status.ERROR and unmeasured_failure(outcome) is None


def _with_outcome(item: Item, outcome: Outcome) -> Item:
    is_error = item.kind == "error" and not item.event.is_end
    return replace(
        item,
        observed=outcome.observed if _has_number(outcome) else None,
        unit=outcome.unit,
        thresholds=outcome.thresholds,
        numerator=outcome.numerator,
        denominator=outcome.denominator,
        crossed=crossed_by_groups(outcome),
        expectations=tuple(_failed(outcome, names_groups=bool(item.groups))),
        reason_text=outcome.reason if is_error else None,
        notes=outcome.notes,
        impact=outcome.impact,
        # To fix data that could not be looked at may do harm: the runbook says more.
        action=None if is_error else outcome.action,
        owner=outcome.owner or item.owner,
        runbook=outcome.runbook,
        docs_url=outcome.docs_url if is_link(outcome.docs_url or "") else None,
    )


def _failed(outcome: Outcome, *, names_groups: bool) -> Iterator[str]:
    """A line for each expectation that failed at ``warning`` or worse, then those that raised.

    Groups that the item names are not named twice.
    """
    for failure in reported(outcome.failures):
        if failure.status is not Status.PASS:
            is_named = names_groups and failure.counted == "groups"
            most = 0 if is_named else _MOST_SAMPLES
            yield failure.text(most=most, longest_head=_LONGEST_REQUIREMENT)
    for expectation in outcome.expectations:
        if expectation.error:
            yield f"{expectation.text} (could not be evaluated)"


def _group(member: FailingGroup, new: Collection[str]) -> GroupLine:
    return GroupLine(label=member.label, is_new=member.key in new, **measured(member))


def _child(change: Change) -> Child:
    incident = change.incident
    return Child(
        monitor=incident.monitor,
        incident=incident.id,
        status=incident.status,
        summary=incident.summary,
    )


def _with_channels(known: Known, notified: Mapping[str, tuple[str, ...]]) -> Known:
    return replace(
        known,
        incidents=tuple(
            replace(
                incident,
                notified_channels=tuple(
                    dict.fromkeys((*incident.notified_channels, *notified.get(incident.id, ())))
                ),
            )
            for incident in known.incidents
        ),
    )
