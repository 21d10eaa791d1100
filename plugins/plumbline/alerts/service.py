"""Alerts of one run: read the state, decide, commit, deliver, commit what came of it.

The order is what makes nothing get lost: a message stands in the committed state before anybody is
told, and leaves it only after the receiver took it. Killed between any two steps, the next run (or
``plumbline alerts flush``) goes on from the state. Two runs at once: one wins each version of the
state, the other reads it and decides again.

Used by the alerts action (`plumbline.gx.alert_action`) and by ``plumbline alerts``.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from plumbline.alerts.channels.base import Verdict
from plumbline.alerts.channels.factory import OpenedChannels
from plumbline.alerts.channels.message import Message
from plumbline.alerts.channels.wording import in_zone
from plumbline.alerts.compose import RunFacts, compose, diverted
from plumbline.alerts.incidents.decide import decide
from plumbline.alerts.incidents.model import Change, Decision, Incident, Known, Mute
from plumbline.alerts.outbox import BOUND_SECONDS, Delivery, deliver_all
from plumbline.alerts.report import AlertLine, AlertsReport
from plumbline.alerts.routes import with_fallback
from plumbline.alerts.state import AlertState, Pending, StateFormatError
from plumbline.alerts.store import ConflictError, LocalFallback, StateStore
from plumbline.core.errors import PlumblineError, WarehouseError
from plumbline.core.outcome import Outcome
from plumbline.history.events import DeliveryRow, delivery_row, incident_row
from plumbline.project.alerts import AlertsConfig

logger = logging.getLogger(__name__)

CLAIM_SECONDS = 90.0
"""How long a run may take to deliver before another may think it dead."""
GIVE_UP = timedelta(days=7)
"""A message that could not be delivered for so long is news no more."""
_ROUNDS = 12
"""Of reading and deciding again, when another run was quicker."""

Clock = Callable[[], datetime]


@dataclass
class AlertService:
    """All that alerts need beside the outcomes.

    Args:
        config: routes and intervals.
        mutes: of the file.
        opened: channels that have what they need, and why others have not.
        store: the state in the warehouse.
        fallback: the state on this machine, for when the warehouse can't be reached.
        clock: says what now is.
        holder: who claims messages: this run on this machine.
        zone: the domain's, in which messages tell times; None: as they come.
        record: writes the outcomes into the history; None where that is done elsewhere.
        acknowledge: reads acknowledgements from the channels (reactions); None: none can.
    """

    config: AlertsConfig
    mutes: Sequence[Mute]
    opened: OpenedChannels
    store: StateStore
    fallback: LocalFallback
    clock: Clock
    holder: str
    zone: ZoneInfo | None = None
    record: Callable[[], None] | None = None
    acknowledge: Callable[[Known, datetime], Known] | None = None
    progress: Callable[[str], None] = lambda _: None
    bound_seconds: float = BOUND_SECONDS
    sleep: Callable[[float], None] = time.sleep
    _notes: list[str] = field(default_factory=list)

    # What a run does

    def notify(self, outcomes: Sequence[Outcome], facts: RunFacts) -> AlertsReport:
        """Decide what the outcomes mean, and tell whoever is to be told.

        Never raises for the warehouse or a channel: what went wrong is in the report's notes.
        """
        self._notes = self._unconfigured()
        with ExitStack() as stack:
            try:
                stack.enter_context(self.store.exclusively(self.progress))
                loaded = self.store.load()
            except (WarehouseError, StateFormatError) as fault:
                # One that a newer plumbline wrote is left as it is; people are told all the same.
                self._notes.append(
                    f"The state of alerts in the warehouse can't be reached ({fault.what}): what "
                    "is told may be told again."
                )
                return self._notify(self.fallback, self.fallback.load(), outcomes, facts)
            self._record()
            return self._notify(self.store, loaded, outcomes, facts)

    def flush(self) -> AlertsReport:
        """Deliver what waits.

        Raises:
            WarehouseError: the state can't be reached.
        """
        self._notes = self._unconfigured()
        with self.store.exclusively(self.progress):
            state = self.store.load()
            reconciled = self._reconciled(state)
            if reconciled is not state:
                state = self._commit(self.store, reconciled, state)
            deliveries, state = self._deliver(self.store, state)
            lines = [line for delivery in deliveries for line in _lines(delivery)]
            return self._report(lines, state)

    # The steps

    def _notify(
        self,
        store: StateStore | LocalFallback,
        state: AlertState,
        outcomes: Sequence[Outcome],
        facts: RunFacts,
    ) -> AlertsReport:
        for _ in range(_ROUNDS):
            known = state if store is self.fallback else self._reconciled(state)
            decided = self._decide(known, outcomes, facts)
            if known is not state:
                # What was decided without the warehouse gets into its tables now.
                events = (*known.events, *decided.state.events)
                decided = replace(decided, state=replace(decided.state, events=events))
            elif decided.says_nothing_new:
                committed = state
                break
            try:
                committed = self._written(store, decided.state, state)
                break
            except ConflictError:
                self.progress("another run was quicker: deciding again on what it wrote")
            except WarehouseError as fault:
                self._notes.append(f"The state of alerts could not be written: {fault.one_line()}")
                store = self.fallback
                committed = store.commit(decided.state, based_on=state)
                break
            try:
                state = store.load()
            except WarehouseError as fault:
                self._notes.append(f"The state of alerts could not be read: {fault.one_line()}")
                store, state = self.fallback, self.fallback.load()
        else:
            raise PlumblineError(
                f"{_ROUNDS} other runs wrote the state of alerts before this one could",
                fix="run it again",
            )
        self._notes += decided.decision.notes
        self._notes += self._muted(committed, outcomes, facts.as_of)
        self._notes += [
            f"No route and no fallback has a channel for {incident}: it is not sent."
            for incident in decided.unrouted
        ]
        deliveries, after = self._deliver(store, committed)
        mine = {item.event_id for message in decided.messages for item in message.items}
        new, old = _by_age(deliveries, mine)
        lines = [line for delivery in new for line in _lines(delivery)]
        earlier = sum(delivery.receipt.verdict is Verdict.DELIVERED for delivery in old)
        if earlier:
            self._notes.append(f"{_messages(earlier)} of earlier runs went out now.")
        lines += [_held_back(change) for change in decided.decision.changes if not change.notifies]
        return self._report(lines, after)

    def _decide(self, state: AlertState, outcomes: Sequence[Outcome], facts: RunFacts) -> _Decided:
        known = state.known
        if self.acknowledge is not None:
            known = self.acknowledge(known, facts.as_of)
        decision = decide(
            known,
            outcomes,
            facts.as_of,
            checkpoint=facts.checkpoint,
            policy=self.config.policy,
            mutes=(*self.mutes, *state.mutes),
        )
        composed = compose(
            decision.changes,
            decision.known,
            outcomes,
            facts,
            config=self.config,
            configured=self.opened.channels,
        )
        now = self.clock()
        there = {pending.message.id for pending in state.outbox}
        added = tuple(
            Pending(message=message, since=now)
            for message in composed.messages
            if message.id not in there
        )
        outbox = self._claimed((*state.outbox, *added), now)
        decided = replace(
            state,
            known=composed.known,
            outbox=outbox,
            events=tuple(
                incident_row(change, run_id=facts.run_id, checkpoint=facts.checkpoint)
                for change in decision.changes
            ),
            run_id=facts.run_id,
            written_at=now,
        )
        return _Decided(
            decided,
            decision,
            composed.messages,
            composed.unrouted,
            says_nothing_new=composed.known == state.known and outbox == state.outbox,
        )

    def _deliver(
        self, store: StateStore | LocalFallback, state: AlertState
    ) -> tuple[list[Delivery], AlertState]:
        """Deliver what this run may; what another living run holds, once its claim has lapsed."""
        done: list[Delivery] = []
        tried: set[str] = set()
        waited_until = time.monotonic() + CLAIM_SECONDS
        while True:
            state, claimed = self._claim(store, state, tried)
            if claimed:
                deliveries = deliver_all(
                    self.opened.channels,
                    [self._in_zone(pending.message) for pending in claimed],
                    clock=self.clock,
                    bound_seconds=self.bound_seconds,
                    sleep=self.sleep,
                )
                done += deliveries
                tried |= {delivery.message.id for delivery in deliveries}
                state = self._settle(store, state, deliveries)
                continue  # what was refused now stands in the outbox for the fallback
            others = [
                pending
                for pending in state.outbox
                if pending.message.id not in tried and self._is_anothers(pending, self.clock())
            ]
            if not others or time.monotonic() >= waited_until:
                self._project(store, state)
                return done, state
            self.progress(f"another run is delivering {_messages(len(others))}: waiting for it")
            self.sleep(1.0)
            state = self._reloaded(store, state)

    def _claim(
        self, store: StateStore | LocalFallback, state: AlertState, tried: Collection[str]
    ) -> tuple[AlertState, list[Pending]]:
        """Messages of which it is committed that this run delivers them, save those it tried."""
        for _ in range(_ROUNDS):
            now = self.clock()
            kept, given_up = _without_old(state.outbox, now)
            outbox = self._claimed(kept, now, tried)
            mine = self._due(outbox, now, tried)
            if outbox == state.outbox:
                return state, mine
            if given_up:
                self._notes.append(
                    f"{_messages(len(given_up))} could not be delivered for "
                    f"{GIVE_UP.days} days and went to nobody: {', '.join(given_up)}"
                )
            claimed = replace(state, outbox=outbox, events=(), written_at=now)
            try:
                return self._commit(store, claimed, state), mine
            except ConflictError:
                try:
                    state = store.load()
                except WarehouseError as fault:
                    self._unread(fault)
                    break  # nothing is claimed: what is due waits in the outbox for the next run
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

    def _settle(
        self, store: StateStore | LocalFallback, state: AlertState, deliveries: Sequence[Delivery]
    ) -> AlertState:
        """Commit what came of the deliveries."""
        for _ in range(_ROUNDS):
            settled = self._settled(state, deliveries)
            try:
                return self._commit(store, settled, state)
            except ConflictError:
                try:
                    state = store.load()
                except WarehouseError as fault:
                    self._unread(fault)
                    break
        self._notes.append("What was delivered could not be written down: it may be told again.")
        return state

    def _reloaded(self, store: StateStore | LocalFallback, state: AlertState) -> AlertState:
        try:
            return store.load()
        except WarehouseError as fault:  # looked at again in a second, until the claim has lapsed
            self._unread(fault)
            return state

    def _unread(self, fault: WarehouseError) -> None:
        note = f"The state of alerts could not be read again: {fault.one_line()}"
        if note not in self._notes:
            self._notes.append(note)

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
            if delivery.receipt.verdict is Verdict.RETRY:
                outbox.append(_tried(pending, delivery))
            elif delivery.receipt.verdict is Verdict.REFUSED:
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
        if fallback and fallback in self.opened.channels and fallback != message.channel:
            self._notes.append(
                f"{message.channel} refused a message ({detail}): it goes to {fallback}."
            )
            return Pending(message=diverted(message, fallback, detail), since=pending.since)
        self._notes.append(f"{message.channel} refused a message ({detail}): it waits.")
        return _tried(pending, delivery)

    def _commit(
        self, store: StateStore | LocalFallback, state: AlertState, based_on: AlertState
    ) -> AlertState:
        """As the store's, but a warehouse that fails now must not undo what was told."""
        try:
            return self._written(store, state, based_on)
        except WarehouseError as fault:
            self._notes.append(
                f"The state of alerts could not be written: {fault.what}. What was told may be "
                "told again."
            )
            return self.fallback.commit(state, based_on=based_on)

    def _written(
        self, store: StateStore | LocalFallback, state: AlertState, based_on: AlertState
    ) -> AlertState:
        committed = store.commit(state, based_on=based_on)
        if store is not self.fallback:
            self.fallback.synced(committed)
        return committed

    def _claimed(
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
        name = with_fallback(self.config, message.channel, self.opened.channels)
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

    def _reconciled(self, state: AlertState) -> AlertState:
        """With what was decided on this machine while the warehouse could not be reached."""
        return self.fallback.reconcile(state)

    def _record(self) -> None:
        if self.record is None:
            return
        try:
            self.record()
        except PlumblineError as fault:
            self._notes.append(f"The outcomes could not be recorded: {fault.one_line()}")

    def _project(self, store: StateStore | LocalFallback, state: AlertState) -> None:
        try:
            store.project(state)
        except WarehouseError as fault:
            logger.warning("the history of incidents will be written by the next run: %s", fault)

    def _unconfigured(self) -> list[str]:
        """A line a channel that can't be told: never a silent skip."""
        lines = []
        for name, why in sorted(self.opened.missing.items()):
            instead = with_fallback(self.config, name, self.opened.channels)
            where = (
                f"its messages go to {instead}" if instead else "its messages wait in the outbox"
            )
            lines.append(f"Channel {name} is not configured ({why}): {where}.")
        return lines

    def _muted(self, state: AlertState, outcomes: Sequence[Outcome], now: datetime) -> list[str]:
        """Mutes by command; those of the file the run says by itself."""
        judged = {outcome.monitor for outcome in outcomes}
        mutes = [mute for mute in state.mutes if mute.monitor in judged and mute.lasts(now)]
        if self.zone is not None:
            mutes = [replace(mute, until=mute.until.astimezone(self.zone)) for mute in mutes]
        return [f"{mute.describe()}." for mute in mutes]

    def _report(self, lines: Sequence[AlertLine], state: AlertState) -> AlertsReport:
        waiting = len(state.outbox)
        notes = list(dict.fromkeys(self._notes))
        if waiting:
            why = "; ".join(
                sorted({pending.last_error for pending in state.outbox if pending.last_error})
            )
            notes.append(
                f"{_messages(waiting)} could not be delivered yet"
                + (f" ({why})" if why else "")
                + ": the next run tries again, or `plumbline alerts flush`."
            )
        return AlertsReport(tuple(lines), tuple(notes), waiting)


@dataclass(frozen=True)
class _Decided:
    """What a run wants to commit."""

    state: AlertState
    decision: Decision
    messages: tuple[Message, ...]
    unrouted: tuple[str, ...]
    says_nothing_new: bool


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


def _by_age(
    deliveries: Sequence[Delivery], events: Collection[str]
) -> tuple[list[Delivery], list[Delivery]]:
    """Those of this run's ``events``, also when they went to the fallback, and earlier ones."""
    new = [
        delivery
        for delivery in deliveries
        if any(item.event_id in events for item in delivery.message.items)
    ]
    return new, [delivery for delivery in deliveries if delivery not in new]


def _lines(delivery: Delivery) -> list[AlertLine]:
    return [
        AlertLine(
            incident=item.incident,
            event=item.event,
            channel=delivery.message.channel,
            delivered=delivery.receipt.verdict is Verdict.DELIVERED,
            why=delivery.receipt.detail,
        )
        for item in delivery.message.items
    ]


def _held_back(change: Change) -> AlertLine:
    return AlertLine(
        incident=change.incident.id,
        event=change.event,
        channel=None,
        delivered=False,
        why=str(change.reason),
    )


def _messages(count: int) -> str:
    return "1 message" if count == 1 else f"{count} messages"
