"""What a round of deliveries makes of the outbox: what leaves it, what waits, what goes elsewhere.

Pure. Used by `plumbline.alerts.delivery`, which commits it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from plumbline.alerts.fallback_channel import FallbackChannel, Heard
from plumbline.alerts.incidents.model import Incident, Known
from plumbline.alerts.outbox import Delivery
from plumbline.alerts.rows import delivery_row, dropped_row
from plumbline.alerts.state import AlertState, Outage, Pending
from plumbline.core.text import count
from plumbline.history.events import DeliveryRow
from plumbline.net.receipt import DeliveryStatus

GIVE_UP = timedelta(days=7)
"""A message that has waited for so long is dropped, if it was also tried often enough."""
GIVE_UP_ROUNDS = 3
"""In how many runs or flushes a message is tried before it is dropped."""


@dataclass
class Settlement:
    """What a round of deliveries makes of a state.

    Args:
        at_once: whether the fallback is notified of what waits without delay.
    """

    fallback: FallbackChannel
    now: datetime
    at_once: bool = False
    notes: list[str] = field(default_factory=list)
    """Sentences for the report."""
    _events: list[DeliveryRow] = field(default_factory=list)
    _heard: Heard = field(default_factory=lambda: Heard({}))

    def of(self, state: AlertState, deliveries: Sequence[Delivery]) -> AlertState:
        """``state`` after ``deliveries``; what another run did to a message meanwhile stays."""
        self._heard = Heard.of(state.known)
        by_id = {delivery.message.id: delivery for delivery in deliveries}
        waiting = [
            after
            for pending in state.outbox
            if (after := self._after(pending, by_id.get(pending.message.id))) is not None
        ]
        outages = outages_after(state.outages, deliveries)
        kept = tuple(pending for pending in waiting if not self._is_given_up(pending))
        self._drop([pending for pending in waiting if pending not in kept])
        outbox = self.fallback.backed_up(kept, outages, self.now, self._heard, at_once=self.at_once)
        return replace(
            state,
            known=addressed(_with_references(state.known, deliveries), outbox),
            outbox=outbox,
            outages=outages,
            events=tuple(self._events),
            written_at=self.now,
        )

    def _after(self, pending: Pending, delivery: Delivery | None) -> Pending | None:
        if delivery is None:
            return pending
        if delivery.attempts:
            attempts = pending.attempts + delivery.attempts
            self._events.append(
                delivery_row(delivery.message, delivery.receipt, attempts=attempts, at=delivery.at)
            )
        if delivery.receipt.verdict is DeliveryStatus.DELIVERED:
            return self._missed(pending, delivery) if delivery.receipt.missed else None
        if delivery.receipt.verdict is DeliveryStatus.REFUSED:
            return self._refused(pending, delivery)
        return _waiting(pending, delivery)

    def _refused(self, pending: Pending, delivery: Delivery) -> Pending | None:
        """To the fallback; where that is what refused, it waits, and that is said at each run."""
        channel, detail = delivery.message.channel, delivery.receipt.detail
        place = self.fallback.instead_of(channel)
        if place is None:
            self.notes.append(f"{channel} refused a message ({detail}): it waits.")
            return _waiting(pending, delivery)
        self.notes.append(f"{channel} refused a message ({detail}): it goes to {place}.")
        return self.fallback.diverted(pending, detail, self._heard)

    def _missed(self, pending: Pending, delivery: Delivery) -> Pending | None:
        """A copy to the fallback: some recipients have the message, and others never will."""
        channel, missed = delivery.message.channel, delivery.receipt.missed
        place = self.fallback.instead_of(channel)
        where = f"the message goes to {place} too" if place else "correct its recipients"
        self.notes.append(f"{channel} did not reach all its recipients ({missed}): {where}.")
        note = f"{channel} did not reach all its recipients: {missed}"
        return self.fallback.copied(pending, note, self._heard)

    def _is_given_up(self, pending: Pending) -> bool:
        """A message that was never tried waits, unless its channel is not configured."""
        if self.now - pending.since < GIVE_UP:
            return False
        if pending.message.channel not in self.fallback.channels:
            return pending.rounds > 0
        return pending.attempts > 0 and pending.rounds >= GIVE_UP_ROUNDS

    def _drop(self, given_up: Sequence[Pending]) -> None:
        if not given_up:
            return
        ids = ", ".join(pending.message.id for pending in given_up)
        self.notes.append(
            f"{count(len(given_up), 'messages')} could not be delivered for {GIVE_UP.days} days "
            f"and were dropped: {ids}"
        )
        for pending in given_up:
            why = f"not delivered in {GIVE_UP.days} days: {pending.last_error}"
            row = dropped_row(pending.message, why, attempts=pending.attempts, at=self.now)
            self._events.append(row)


def outages_after(
    before: Mapping[str, Outage], deliveries: Iterable[Delivery]
) -> Mapping[str, Outage]:
    """The channels that fail after ``deliveries``: a message that arrives ends an outage."""
    outages = dict(before)
    for delivery in deliveries:
        if not delivery.attempts:
            continue
        name, receipt = delivery.message.channel, delivery.receipt
        if receipt.verdict is not DeliveryStatus.RETRY:
            outages.pop(name, None)
            continue
        since = outages[name].since if name in outages else delivery.began
        until = delivery.at + timedelta(seconds=receipt.retry_after or 0.0)
        outages[name] = Outage(since, until, receipt.detail)
    return outages


def addressed(known: Known, outbox: Sequence[Pending]) -> Known:
    """``known`` with every channel that a message goes to among those that its incidents notified.

    The end of an incident is sent to all of them.
    """
    latest: dict[str, dict[str, datetime]] = {}
    for pending in outbox:
        for item in pending.message.items:
            channels = latest.setdefault(item.incident, {})
            before = channels.get(pending.message.channel, item.at)
            channels[pending.message.channel] = max(before, item.at)

    def of(incident: Incident) -> Incident:
        new, old = latest.get(incident.id, {}), incident.notified_through
        through = dict(old) | {name: max(at, old.get(name, at)) for name, at in new.items()}
        notified = tuple(dict.fromkeys((*incident.notified_channels, *new)))
        return replace(incident, notified_channels=notified, notified_through=through)

    return replace(known, incidents=tuple(map(of, known.incidents)))


def _waiting(pending: Pending, delivery: Delivery) -> Pending:
    """Still waiting, with what it had to do with the receiver; whoever comes next may take it."""
    tried = replace(
        pending,
        message=replace(pending.message, references=delivery.message.references),
        attempts=pending.attempts + delivery.attempts,
    )
    if delivery.is_lapsed:
        return tried  # another run may have claimed it meanwhile
    after = delivery.receipt.retry_after
    return replace(
        tried,
        rounds=pending.rounds + 1,
        last_error=delivery.receipt.detail,
        not_before=delivery.at + timedelta(seconds=after) if after else None,
        claimed_by=None,
        claimed_until=None,
    )


def _with_references(known: Known, deliveries: Sequence[Delivery]) -> Known:
    found: dict[str, dict[str, Mapping[str, str]]] = {}
    for delivery in deliveries:
        for incident, references in delivery.message.references.items():
            found.setdefault(incident, {})[delivery.message.channel] = references

    def of(incident: Incident) -> Incident:
        if incident.id not in found:
            return incident
        return replace(incident, references={**incident.references, **found[incident.id]})

    return replace(known, incidents=tuple(of(incident) for incident in known.incidents))
