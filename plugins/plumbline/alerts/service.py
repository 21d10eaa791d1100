"""Alerts of one run: read the state, decide, commit, deliver, commit what came of it.

Nothing is lost because of the order: a message is in the committed state before it is sent, and
leaves it only after the receiver took it. Killed between any two steps, the next run (or
``plumbline alerts flush``) goes on from the state. Two runs at once: one wins each version of the
state, the other reads it and decides again.

Used by the alerts action (`plumbline.gx.alert_action`) and by ``plumbline alerts``.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from plumbline.alerts.channels.factory import OpenedChannels
from plumbline.alerts.channels.message import Message
from plumbline.alerts.clocks import believable, refuse_future
from plumbline.alerts.compose import RunFacts, compose, is_routed, without_unsent_notices
from plumbline.alerts.delivery import OutboxDelivery
from plumbline.alerts.editing import edit, ended_by_hand
from plumbline.alerts.failover import FailoverStore
from plumbline.alerts.fallback_channel import FallbackChannel
from plumbline.alerts.incidents import acks
from plumbline.alerts.incidents.decide import decide
from plumbline.alerts.incidents.ids import IncidentIds
from plumbline.alerts.incidents.model import Change, Decision, Incident, Known, Reason
from plumbline.alerts.incidents.names import ProjectNames
from plumbline.alerts.outage import Gap, with_unknown_incidents
from plumbline.alerts.outbox import BOUND_SECONDS, Delivery
from plumbline.alerts.renamed_channels import vanished_channels, with_renamed_channels
from plumbline.alerts.report import AlertsReport
from plumbline.alerts.routes import route_of, with_fallback
from plumbline.alerts.rows import incident_row
from plumbline.alerts.settlement import addressed
from plumbline.alerts.state import AlertState, Pending
from plumbline.alerts.store import ROUNDS, ConflictError, LocalFallback, StateStore
from plumbline.core.alert_line import AlertLine
from plumbline.core.alert_policy import Policy
from plumbline.core.errors import PlumblineError
from plumbline.core.instants import in_utc
from plumbline.core.mute import Mute
from plumbline.core.outcome import Outcome
from plumbline.core.run import Run
from plumbline.core.text import count, listing
from plumbline.net.receipt import DeliveryStatus
from plumbline.project.alerts import AlertsConfig

Clock = Callable[[], datetime]


@dataclass
class AlertService:
    """What alerts need besides the outcomes.

    Args:
        opened: channels that have what they need, and why others have not.
        fallback: the state on this machine, for when the warehouse can't be reached.
        holder: who claims messages: this run on this machine.
        stale: entries of the files that are ignored, which `flush` reports.
        gap: what shows that earlier runs may have left no trace.
        refuses_future: whether a run of an instant that the warehouse has not reached is refused.
        scope: whose incidents they are: in the ids of incidents.
        zone: the domain's, in which messages show times; None: as they come.
        record: writes the outcomes into the history; None where that is done elsewhere.
        acknowledge: reads acknowledgements from the channels (reactions); None: none can.
        project: what there is in the project: incidents of removed monitors end; None: the run is
            partial.
    """

    config: AlertsConfig
    mutes: Sequence[Mute]
    opened: OpenedChannels
    store: StateStore
    fallback: LocalFallback
    clock: Clock
    holder: str
    scope: str = ""
    stale: Sequence[str] = ()
    refuses_future: bool = True
    gap: Gap = field(default_factory=Gap)
    zone: ZoneInfo | None = None
    record: Callable[[], None] | None = None
    acknowledge: Callable[[Known, datetime], Known] | None = None
    project: ProjectNames | None = None
    progress: Callable[[str], None] = lambda _: None
    bound_seconds: float = BOUND_SECONDS
    sleep: Callable[[float], None] = time.sleep
    _notes: list[str] = field(default_factory=list)

    # What a run does

    def notify(self, outcomes: Sequence[Outcome], facts: RunFacts) -> AlertsReport:
        """Decide what the outcomes mean for the incidents, and send what there is to send.

        Never raises for the warehouse or a channel: what went wrong is in the report's notes.

        Raises:
            PlumblineError: this machine's clock is ahead of the warehouse's.
        """
        self._notes = self._unconfigured()
        store = self._failover()
        with ExitStack() as turn:
            state = store.open(turn, self.progress)
            if self.refuses_future:
                refuse_future(facts.run.as_of, store.time)
            if not store.is_local:
                self._record()
            elif self.gap.is_retry and _is_blank(store, state):
                # Its first attempt, a moment ago, has notified of the same.
                self._note("This run is a retry and can't read what its first attempt sent.")
                return self._report((), state)
            decided, committed = self._commit_decision(store, state, outcomes, facts)
            self._notes += decided.decision.notes
            self._notes += self._muted(committed, outcomes)
            self._notes += [
                f"{incident} is not sent: no route matches it, and there is no fallback."
                for incident in decided.unrouted
            ]
            deliveries, after = self._delivery(store).run(committed)
        mine = {item.event_id for message in decided.messages for item in message.items}
        new, old = _by_age(deliveries, mine)
        lines = [line for delivery in new for line in _lines(delivery)]
        lines += _waiting_lines(after, mine, lines)
        earlier = sum(delivery.receipt.verdict is DeliveryStatus.DELIVERED for delivery in old)
        if earlier:
            self._notes.append(f"Delivered now: {count(earlier, 'messages')} of earlier runs.")
        lines += [_held_back(change) for change in decided.decision.changes if not change.notifies]
        return self._report(lines, after)

    def flush(self, *, force: bool = False) -> AlertsReport:
        """Deliver what waits.

        Args:
            force: try a channel although it asked to wait, and notify the fallback of what it
                still does not accept.

        Raises:
            WarehouseError: the state can't be reached.
        """
        self._notes = [*self.stale, *self._unconfigured()]
        store = self._failover()
        with self.store.exclusively(self.progress):
            deliveries, state = self._delivery(store, force=force).run(self._take_over(store))
            lines = [line for delivery in deliveries for line in _lines(delivery)]
            self._note_vanished(with_renamed_channels(state, self.config))
            return self._report(lines, state)

    def close(self, text: str, *, by: str, reason: str, run: Run) -> tuple[Incident, AlertsReport]:
        """End an incident by hand, and send its end to the channels that were notified of it.

        Args:
            run: what the message says of its origin; its checkpoint is the incident's.

        Raises:
            ConfigError: no such open incident.
            WarehouseError: the state can't be reached.
        """
        now = self.clock()
        closed: list[Change] = []

        def end(state: AlertState) -> AlertState:
            ended, change = ended_by_hand(state, text, by=by, reason=reason, at=run.as_of)
            closed[:] = [change]
            origin = replace(run, checkpoint=change.incident.checkpoint)
            composed = compose(
                closed,
                ended.known,
                (),
                RunFacts(origin, now),
                config=self.config,
                configured=self.opened.channels,
            )
            outbox = (*ended.outbox, *self._added(ended, composed.messages, now))
            row = incident_row(change, run_id=run.run_id, checkpoint=origin.checkpoint)
            known = addressed(composed.known, outbox)
            return replace(ended, known=known, outbox=outbox, events=(*ended.events, row))

        edit(self.store, end, now=now, progress=self.progress)
        return closed[0].incident, self.flush()

    # The steps

    def _take_over(self, store: FailoverStore) -> AlertState:
        """The committed state, with what was decided here while the warehouse was down."""
        for _ in range(ROUNDS):
            state = self.store.load()
            reconciled = store.reconciled(state)
            if reconciled is state:
                return state
            try:
                return store.commit(reconciled, based_on=state)
            except ConflictError:
                self.progress("another run wrote the state of alerts first: reading it")
        raise _overtaken()

    def _commit_decision(
        self,
        store: FailoverStore,
        state: AlertState,
        outcomes: Sequence[Outcome],
        facts: RunFacts,
    ) -> tuple[_Decided, AlertState]:
        """What was decided on the last state, and that state once the decision is in it."""
        for _ in range(ROUNDS):
            known = store.reconciled(state)
            decided = self._decide(store, known, outcomes, facts)
            if known is not state:
                # What was decided without the warehouse gets into its tables now.
                events = (*known.events, *decided.state.events)
                decided = replace(decided, state=replace(decided.state, events=events))
            elif decided.says_nothing_new:
                return decided, state
            try:
                return decided, store.commit_decision(decided.state, based_on=state)
            except ConflictError:
                self.progress("another run wrote the state of alerts first: deciding again")
                state = store.reload()
        raise _overtaken()

    def _failover(self) -> FailoverStore:
        return FailoverStore(self.store, self.fallback, self._note)

    def _note(self, note: str) -> None:
        if note not in self._notes:
            self._notes.append(note)

    def _delivery(self, store: FailoverStore, *, force: bool = False) -> OutboxDelivery:
        return OutboxDelivery(
            store,
            config=self.config,
            channels=self.opened.channels,
            holder=self.holder,
            clock=self.clock,
            note=self._note,
            progress=self.progress,
            zone=self.zone,
            bound_seconds=self.bound_seconds,
            sleep=self.sleep,
            force=force,
        )

    def _decide(
        self,
        store: FailoverStore,
        state: AlertState,
        outcomes: Sequence[Outcome],
        facts: RunFacts,
    ) -> _Decided:
        before, state = state, with_renamed_channels(state, self.config)
        self._note_vanished(state)
        known = self._believable(store, without_unsent_notices(state.known))
        ids = IncidentIds(self.scope, is_known=not _is_blank(store, state))
        if not store.is_local:
            known = self._with_unknown_incidents(known, outcomes, ids, facts.run.checkpoint)
        now = self.clock()
        known = replace(
            known, incidents=tuple(acks.without_expired(one, now) for one in known.incidents)
        )
        if self.acknowledge is not None:
            known = self.acknowledge(known, facts.run.as_of)
        decision = decide(
            known,
            outcomes,
            facts.run.as_of,
            checkpoint=facts.run.checkpoint,
            policy=self._policy(store, state),
            mutes=(*self.mutes, *(mute for mute in state.mutes if mute.lasts(now))),
            is_routed=lambda incident: is_routed(incident, self.config),
            escalate_after=lambda incident: route_of(self.config, incident).escalate_after,
            project=self.project,
            ids=ids,
        )
        composed = compose(
            decision.changes,
            decision.known,
            outcomes,
            facts,
            config=self.config,
            configured=self.opened.channels,
        )
        added = self._added(state, composed.messages, now)
        outbox = self._delivery(store).claimed((*state.outbox, *added), state.known, now)
        decided = replace(
            state,
            known=addressed(composed.known, outbox),
            outbox=outbox,
            events=tuple(
                incident_row(change, run_id=facts.run.run_id, checkpoint=facts.run.checkpoint)
                for change in decision.changes
                if not change.incident.is_assumed  # the history holds what is known
            ),
            run_id=facts.run.run_id,
            written_at=now,
        )
        return _Decided(
            decided,
            decision,
            composed.messages,
            unrouted=(*composed.unrouted, *_unrouted(composed.known, outcomes)),
            says_nothing_new=decided.known == before.known and outbox == before.outbox,
        )

    def _added(
        self, state: AlertState, messages: Sequence[Message], now: datetime
    ) -> tuple[Pending, ...]:
        """Those of ``messages`` that are not in the outbox of ``state``."""
        there = {pending.message.id for pending in state.outbox}
        fallback = FallbackChannel(self.config, self.opened.channels)
        return tuple(
            Pending(message, since=now, covered=fallback.covered(message, messages))
            for message in messages
            if message.id not in there
        )

    def _policy(self, store: FailoverStore, state: AlertState) -> Policy:
        """Without any memory nothing can ever be confirmed: then one ERROR is enough."""
        policy = self.config.policy
        remembers = not store.is_local or bool(state.known.monitors)
        return policy if remembers else replace(policy, confirm_error=1)

    def _with_unknown_incidents(
        self, known: Known, outcomes: Sequence[Outcome], ids: IncidentIds, checkpoint: str
    ) -> Known:
        return with_unknown_incidents(
            known,
            outcomes,
            gap=self.gap,
            ids=ids,
            checkpoint=checkpoint,
            channels=self.opened.channels,
            routed=lambda incident: route_of(self.config, incident).to,
            is_empty=self.fallback.is_empty,
        )

    def _believable(self, store: FailoverStore, known: Known) -> Known:
        clocks = [self.clock(), *([store.time] if store.time else [])]
        found, notes = believable(known, in_utc(max(clocks)))
        for note in notes:
            self._note(note)
        return found

    def _record(self) -> None:
        if self.record is None:
            return
        try:
            self.record()
        except PlumblineError as fault:
            self._notes.append(f"The outcomes could not be recorded: {fault.one_line()}")

    def _unconfigured(self) -> list[str]:
        """A line for each channel that can't be notified: none is skipped silently."""
        lines = []
        for name, why in sorted(self.opened.missing.items()):
            instead = with_fallback(self.config, name, self.opened.channels)
            where = (
                f"its messages go to {instead}" if instead else "its messages wait in the outbox"
            )
            lines.append(f"Channel {name} is not configured ({why}): {where}.")
        return lines

    def _note_vanished(self, state: AlertState) -> None:
        """A line for each channel that is gone from the file while its incidents are open."""
        for name, incidents in vanished_channels(state, self.config).items():
            instead = with_fallback(self.config, name, self.opened.channels)
            told = (
                f"{instead} is notified of their end"
                if instead
                else "it gets no more messages about them"
            )
            self._note(
                f"Channel {name} is no longer in checkpoints/alerts.yml, and was notified of "
                f"{listing(incidents)}, still open: {told}. If it was renamed, add "
                f"`renamed_from: {name}` to its new name."
            )

    def _muted(self, state: AlertState, outcomes: Sequence[Outcome]) -> list[str]:
        """Mutes by command; those of the file the run says by itself."""
        now = self.clock()
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
                f"{count(waiting, 'messages')} could not be delivered yet"
                + (f" ({why})" if why else "")
                + ". The next run and `plumbline alerts flush` try again; `plumbline alerts show "
                "INCIDENT` prints the messages of an incident."
            )
        return AlertsReport(tuple(lines), tuple(notes), waiting)


@dataclass(frozen=True)
class _Decided:
    state: AlertState
    decision: Decision
    messages: tuple[Message, ...]
    unrouted: tuple[str, ...]
    says_nothing_new: bool


def _is_blank(store: FailoverStore, state: AlertState) -> bool:
    """Whether nothing is known of earlier runs, neither in the warehouse nor on this machine."""
    return store.is_local and not state.version and not state.known.monitors


def _overtaken() -> PlumblineError:
    return PlumblineError(
        f"the state of alerts can't be written: {ROUNDS} other runs wrote it first",
        fix="run it again",
    )


def _unrouted(known: Known, outcomes: Sequence[Outcome]) -> list[str]:
    """Open incidents of the monitors that this run judged which have no channel to notify."""
    judged = {outcome.monitor for outcome in outcomes}
    return [
        incident.id
        for incident in known.incidents
        if incident.monitor in judged
        and incident.is_open
        and incident.suppressed_by is Reason.UNROUTED
    ]


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
            delivered=delivery.receipt.verdict is DeliveryStatus.DELIVERED,
            why=delivery.receipt.detail,
        )
        for item in delivery.message.items
    ]


def _waiting_lines(
    state: AlertState, events: Collection[str], tried: Sequence[AlertLine]
) -> list[AlertLine]:
    """Of this run's ``events``, those whose channel is held back: the run has not tried them."""
    shown = {(line.incident, line.event, line.channel) for line in tried}
    return [
        AlertLine(
            incident=item.incident,
            event=item.event,
            channel=pending.message.channel,
            delivered=False,
            why=pending.last_error or "waits behind an earlier message of its channel",
        )
        for pending in state.outbox
        for item in pending.message.items
        if item.event_id in events
        and (item.incident, item.event, pending.message.channel) not in shown
    ]


def _held_back(change: Change) -> AlertLine:
    return AlertLine(
        incident=change.incident.id,
        event=change.event,
        channel=None,
        delivered=False,
        why=change.reason.text,
    )
