"""Delivery of the outbox: claim messages, deliver them, commit what came of it.

A message is claimed in the committed state before it is sent, so that of two runs one sends it, and
leaves the outbox only after its receiver took it. Used by `plumbline.alerts.service`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from plumbline.alerts.channels.base import Channel
from plumbline.alerts.channels.message import Message
from plumbline.alerts.channels.wording import in_zone
from plumbline.alerts.claims import CLAIM_SECONDS, Claims, has_lapsed
from plumbline.alerts.failover import FailoverStore
from plumbline.alerts.fallback_channel import FallbackChannel, Heard
from plumbline.alerts.incidents.model import Known
from plumbline.alerts.outbox import BOUND_SECONDS, Delivery, deliver_all
from plumbline.alerts.renamed_channels import with_renamed_channels
from plumbline.alerts.settlement import Settlement, addressed
from plumbline.alerts.state import AlertState, Pending
from plumbline.alerts.store import ROUNDS, ConflictError
from plumbline.core.text import count
from plumbline.project.alerts import AlertsConfig

_MOST_LAPSES = 3
"""How often a run claims again what it could not send in time."""


@dataclass(frozen=True)
class OutboxDelivery:
    """Delivers what waits in the outbox.

    Args:
        channels: those that have what they need, by name.
        holder: who claims messages: this run on this machine.
        note: takes a sentence for the report.
        progress: called while another run delivers.
        zone: the domain's, in which messages show times; None: as they come.
        bound_seconds: for all messages of one channel.
        force: try a channel although it asked to wait, and notify the fallback of what it still
            does not accept.
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
    force: bool = False

    def run(self, state: AlertState) -> tuple[list[Delivery], AlertState]:
        """Deliver what this run may; what another live run holds, once its claim has lapsed.

        Returns:
            What came of each message, and the state as it was committed last.
        """
        done: list[Delivery] = []
        tried: set[str] = set()
        lapses = 0
        waited_until = time.monotonic() + CLAIM_SECONDS
        while True:
            state, claimed = self._claim(self._after_pause(state), tried)
            if claimed:
                deliveries = self._deliver(claimed, state.known)
                lapses += any(delivery.is_lapsed for delivery in deliveries)
                final = [one for one in deliveries if not one.is_lapsed or lapses > _MOST_LAPSES]
                done += final
                tried |= {delivery.message.id for delivery in final}
                state = self._settle(self._after_pause(state), deliveries)
                continue  # what was refused now stands in the outbox for the fallback
            others = self._others(state, tried)
            if not others or time.monotonic() >= waited_until:
                self.store.write_events(state)
                return done, state
            self.progress(f"another run is delivering {count(others, 'messages')}: waiting for it")
            self.sleep(1.0)
            state = self.store.reload_if_readable() or state

    def _after_pause(self, state: AlertState) -> AlertState:
        """``state``, read again if this run's claims have lapsed: another run may have gone on."""
        now = self.clock()
        is_late = any(
            pending.claimed_by == self.holder and has_lapsed(pending, now)
            for pending in state.outbox
        )
        return (self.store.refreshed() or state) if is_late else state

    def claimed(
        self,
        outbox: Sequence[Pending],
        known: Known,
        now: datetime,
        tried: Collection[str] = (),
    ) -> tuple[Pending, ...]:
        """``outbox`` with every message claimed that this run may send, now or later."""
        claims, fallback, heard = self._claims, self._fallback, Heard.of(known)
        rerouted = (
            pending if claims.is_anothers(pending, now) else fallback.rerouted(pending, heard)
            for pending in outbox
        )
        return claims.claimed((one for one in rerouted if one is not None), now, tried)

    @property
    def _claims(self) -> Claims:
        return Claims(self.holder, one_at_a_time=self.store.takes_turns)

    @property
    def _fallback(self) -> FallbackChannel:
        return FallbackChannel(self.config, self.channels, self.zone)

    def _claim(self, state: AlertState, tried: Collection[str]) -> tuple[AlertState, list[Pending]]:
        """Messages of which it is committed that this run delivers them, save those it tried."""
        for _ in range(ROUNDS):
            now = self.clock()
            renamed = with_renamed_channels(state, self.config)
            outbox, mine = self._claimed_and_due(renamed, now, tried)
            if outbox == state.outbox:
                return state, mine
            claimed = replace(
                renamed,
                known=addressed(renamed.known, outbox),
                outbox=outbox,
                events=(),
                written_at=now,
            )
            try:
                return self.store.commit(claimed, based_on=state), mine
            except ConflictError:
                reloaded = self.store.reload_if_readable()
                if reloaded is None:
                    break  # nothing is claimed: what is due waits in the outbox for the next run
                state = reloaded
        return state, []

    def _claimed_and_due(
        self, state: AlertState, now: datetime, tried: Collection[str]
    ) -> tuple[tuple[Pending, ...], list[Pending]]:
        """The outbox as it is to be committed, and what of it is to be sent then."""
        outbox = self.claimed(state.outbox, state.known, now, tried)
        mine = self._due(outbox, now, tried)
        still_tried = {pending.message.channel for pending in mine}
        still_tried |= {
            pending.message.channel for pending in outbox if self._claims.is_anothers(pending, now)
        }
        backed_up = self._fallback.backed_up(
            outbox, state.outages, now, Heard.of(state.known), except_for=still_tried
        )
        if backed_up == outbox:
            return outbox, mine
        outbox = self.claimed(backed_up, state.known, now, tried)
        return outbox, self._due(outbox, now, tried)

    def _due(
        self, outbox: Sequence[Pending], now: datetime, tried: Collection[str]
    ) -> list[Pending]:
        return self._claims.due(outbox, now, tried, early=self.force)

    def _deliver(self, claimed: Sequence[Pending], known: Known) -> list[Delivery]:
        return deliver_all(
            self.channels,
            [self._ready(pending.message, known) for pending in claimed],
            clock=self.clock,
            bound_seconds=self.bound_seconds,
            sleep=self.sleep,
            claims={
                pending.message.id: pending.claimed_until
                for pending in claimed
                if pending.claimed_until is not None
            },
        )

    def _settle(self, state: AlertState, deliveries: Sequence[Delivery]) -> AlertState:
        for _ in range(ROUNDS):
            settlement = Settlement(self._fallback, self.clock(), at_once=self.force)
            settled = settlement.of(state, deliveries)
            try:
                committed = self.store.commit(settled, based_on=state)
            except ConflictError:
                reloaded = self.store.reload_if_readable()
                if reloaded is None:
                    break
                state = reloaded
            else:
                for note in settlement.notes:
                    self.note(note)
                return committed
        self.note("What was delivered could not be recorded: it may be sent twice.")
        return state

    def _others(self, state: AlertState, tried: Collection[str]) -> int:
        """How many messages another run is delivering."""
        now = self.clock()
        return sum(
            pending.message.id not in tried and self._claims.is_anothers(pending, now)
            for pending in state.outbox
        )

    def _ready(self, message: Message, known: Known) -> Message:
        """``message`` with what its channel returned for its incidents so far.

        The state keeps instants by their offset: people read them by the name of their zone.
        """
        found = {
            incident.id: incident.references[message.channel]
            for incident in known.incidents
            if message.channel in incident.references
        }
        references = {
            item.incident: found[item.incident] for item in message.items if item.incident in found
        }
        message = replace(message, references={**message.references, **references})
        return message if self.zone is None else in_zone(message, self.zone)
