"""Delivery of the outbox: claim messages, deliver them, commit what came of it.

A message is claimed in the committed state before it is sent, so that of two runs one sends it, and
leaves the outbox only after its receiver took it. Used by `plumbline.alerts.service`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from plumbline.alerts.channels.base import Channel
from plumbline.alerts.channels.message import Message
from plumbline.alerts.channels.wording import in_zone
from plumbline.alerts.compose import diverted
from plumbline.alerts.failover import FailoverStore
from plumbline.alerts.incidents.model import Incident, Known
from plumbline.alerts.outbox import BOUND_SECONDS, Delivery, deliver_all
from plumbline.alerts.routes import with_fallback
from plumbline.alerts.rows import delivery_row
from plumbline.alerts.state import AlertState, Pending
from plumbline.alerts.store import ROUNDS, ConflictError
from plumbline.history.events import DeliveryRow
from plumbline.net.receipt import DeliveryStatus
from plumbline.project.alerts import AlertsConfig

CLAIM_SECONDS = 90.0
"""How long a run may take to deliver before another may take it for dead."""
GIVE_UP = timedelta(days=7)
"""After so long without a delivery a message is dropped."""


@dataclass(frozen=True)
class OutboxDelivery:
    """Delivers what waits in the outbox.

    Args:
        store: the state.
        config: routes and fallback.
        channels: those that have what they need, by name.
        holder: who claims messages: this run on this machine.
        clock: says what now is.
        note: takes a sentence for the report.
        progress: is told while another run delivers.
        zone: the domain's, in which messages show times; None: as they come.
        bound_seconds: for all messages of one channel.
        sleep: between attempts.
    """

    store: FailoverStore
    config: AlertsConfig
    channels: Mapping[str, Channel]
    holder: str
    clock: Callable[[], datetime]
    note: Callable[[str], None]
    progress: Callable[[str], None] = lambda _: None
    zone: ZoneInfo | None = None
    bound_seconds: float = BOUND_SECONDS
    sleep: Callable[[float], None] = time.sleep

    def run(self, state: AlertState) -> tuple[list[Delivery], AlertState]:
        """Deliver what this run may; what another live run holds, once its claim has lapsed.

        Returns:
            What came of each message, and the state as it was committed last.
        """
        done: list[Delivery] = []
        tried: set[str] = set()
        waited_until = time.monotonic() + CLAIM_SECONDS
        while True:
            state, claimed = self._claim(state, tried)
            if claimed:
                deliveries = deliver_all(
                    self.channels,
                    [self._in_zone(pending.message) for pending in claimed],
                    clock=self.clock,
                    bound_seconds=self.bound_seconds,
                    sleep=self.sleep,
                )
                done += deliveries
                tried |= {delivery.message.id for delivery in deliveries}
                state = self._settle(state, deliveries)
                continue  # what was refused now stands in the outbox for the fallback
            others = [
                pending
                for pending in state.outbox
                if pending.message.id not in tried and self._is_anothers(pending, self.clock())
            ]
            if not others or time.monotonic() >= waited_until:
                self.store.write_events(state)
                return done, state
            self.progress(
                f"another run is delivering {count_messages(len(others))}: waiting for it"
            )
            self.sleep(1.0)
            state = self.store.reload_if_readable() or state

    def _claim(self, state: AlertState, tried: Collection[str]) -> tuple[AlertState, list[Pending]]:
        """Messages of which it is committed that this run delivers them, save those it tried."""
        for _ in range(ROUNDS):
            now = self.clock()
            kept, given_up = _without_old(state.outbox, now)
            outbox = self.claimed(kept, now, tried)
            mine = self._due(outbox, now, tried)
            if outbox == state.outbox:
                return state, mine
            if given_up:
                self.note(
                    f"{count_messages(len(given_up))} could not be delivered for "
                    f"{GIVE_UP.days} days and were dropped: {', '.join(given_up)}"
                )
            claimed = replace(state, outbox=outbox, events=(), written_at=now)
            try:
                return self.store.commit(claimed, based_on=state), mine
            except ConflictError:
                reloaded = self.store.reload_if_readable()
                if reloaded is None:
                    break  # nothing is claimed: what is due waits in the outbox for the next run
                state = reloaded
        return state, []

    def _due(
        self, outbox: Iterable[Pending], now: datetime, tried: Collection[str]
    ) -> list[Pending]:
        """This run's messages that may go out now; none overtakes an earlier one of its channel."""
        due: list[Pending] = []
        held: set[str] = set()
        for pending in outbox:
            channel = pending.message.channel
            asked_to_wait = pending.not_before is not None and now < pending.not_before
            if asked_to_wait or pending.message.id in tried:
                held.add(channel)
            elif pending.claimed_by == self.holder and channel not in held:
                due.append(pending)
        return due

    def _settle(self, state: AlertState, deliveries: Sequence[Delivery]) -> AlertState:
        """Commit what came of the deliveries."""
        for _ in range(ROUNDS):
            settled = self._settled(state, deliveries)
            try:
                return self.store.commit(settled, based_on=state)
            except ConflictError:
                reloaded = self.store.reload_if_readable()
                if reloaded is None:
                    break
                state = reloaded
        self.note("What was delivered could not be recorded: it may be sent twice.")
        return state

    def _settled(self, state: AlertState, deliveries: Sequence[Delivery]) -> AlertState:
        now = self.clock()
        by_id = {delivery.message.id: delivery for delivery in deliveries}
        outbox: list[Pending] = []
        events: list[DeliveryRow] = []
        for pending in state.outbox:
            delivery = by_id.get(pending.message.id)
            if delivery is None:
                outbox.append(pending)
                continue
            if delivery.attempts:
                attempts = pending.attempts + delivery.attempts
                events.append(
                    delivery_row(
                        delivery.message, delivery.receipt, attempts=attempts, at=delivery.at
                    )
                )
            if delivery.receipt.verdict is DeliveryStatus.RETRY:
                outbox.append(_tried(pending, delivery))
            elif delivery.receipt.verdict is DeliveryStatus.REFUSED:
                outbox.append(self._diverted(pending, delivery))
        return replace(
            state,
            known=_with_references(state.known, deliveries),
            outbox=tuple(outbox),
            events=tuple(events),
            written_at=now,
        )

    def _diverted(self, pending: Pending, delivery: Delivery) -> Pending:
        """To the fallback; where that is what refused, it waits, and that is said at each run."""
        message, detail = delivery.message, delivery.receipt.detail
        fallback = self.config.fallback
        if fallback and fallback in self.channels and fallback != message.channel:
            self.note(f"{message.channel} refused a message ({detail}): it goes to {fallback}.")
            return Pending(message=diverted(message, fallback, detail), since=pending.since)
        self.note(f"{message.channel} refused a message ({detail}): it waits.")
        return _tried(pending, delivery)

    def claimed(
        self, outbox: Iterable[Pending], now: datetime, tried: Collection[str] = ()
    ) -> tuple[Pending, ...]:
        until = now + timedelta(seconds=CLAIM_SECONDS)
        return tuple(
            pending
            if self._is_anothers(pending, now)
            or pending.claimed_by == self.holder
            or pending.message.id in tried
            else replace(
                pending,
                claimed_by=self.holder,
                claimed_until=until,
                message=self._rerouted(pending),
            )
            for pending in outbox
        )

    def _rerouted(self, pending: Pending) -> Message:
        """A message whose channel has lost what it needs goes to the fallback."""
        message = pending.message
        name = with_fallback(self.config, message.channel, self.channels)
        if name is None or name == message.channel:
            return message
        return diverted(message, name, "it is not configured")

    def _in_zone(self, message: Message) -> Message:
        """The state keeps instants by their offset: people read them by the name of their zone."""
        return message if self.zone is None else in_zone(message, self.zone)

    def _is_anothers(self, pending: Pending, now: datetime) -> bool:
        """Whether a run that may be alive is delivering it."""
        return (
            pending.claimed_by is not None
            and pending.claimed_by != self.holder
            and pending.claimed_until is not None
            and now < pending.claimed_until
            # Where one lock makes runs take turns, whoever claimed it and lost the lock is dead.
            and not self.store.takes_turns
        )


def _tried(pending: Pending, delivery: Delivery) -> Pending:
    """Still waiting, with what it had to do with the receiver; whoever comes next may take it."""
    after = delivery.receipt.retry_after
    return replace(
        pending,
        message=delivery.message,
        attempts=pending.attempts + delivery.attempts,
        last_error=delivery.receipt.detail,
        not_before=delivery.at + timedelta(seconds=after) if after else None,
        claimed_by=None,
        claimed_until=None,
    )


def _without_old(
    outbox: Sequence[Pending], now: datetime
) -> tuple[tuple[Pending, ...], tuple[str, ...]]:
    """What is still news, and the ids of the rest."""
    kept = tuple(pending for pending in outbox if now - pending.since < GIVE_UP)
    old = tuple(pending.message.id for pending in outbox if now - pending.since >= GIVE_UP)
    return kept, old


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


def count_messages(count: int) -> str:
    """``1 message``, ``3 messages``."""
    return "1 message" if count == 1 else f"{count} messages"
