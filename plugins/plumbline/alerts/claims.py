"""Which waiting messages a run may send: its claims, and the order of each channel; pure.

A message is claimed in the committed state before it is sent. A claim lapses, so that another run
can deliver the messages of a run that died.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from plumbline.alerts.state import Pending

CLAIM_SECONDS = 90.0
"""How long a run may take to deliver before another may take it for dead."""
RENEWED_BELOW = timedelta(seconds=45)
"""A claim with less time left is renewed before its message is sent: a round of attempts is
shorter."""


@dataclass(frozen=True)
class Claims:
    """The claims of one run.

    Args:
        holder: who claims messages: this run, ``@`` its machine where the lock is the machine's.
        one_at_a_time: whether runs take turns under a lock, so that another run's claim is that of
            a dead one, if it is of the same machine.
    """

    holder: str
    one_at_a_time: bool

    def claimed(
        self, outbox: Iterable[Pending], now: datetime, tried: Collection[str] = ()
    ) -> tuple[Pending, ...]:
        """``outbox`` with every message claimed that no other run holds, except those ``tried``."""
        return tuple(
            self._claim(pending, now) if self._is_free(pending, now, tried) else pending
            for pending in outbox
        )

    def due(
        self,
        outbox: Iterable[Pending],
        now: datetime,
        tried: Collection[str] = (),
        *,
        early: bool = False,
    ) -> list[Pending]:
        """This run's messages that can be sent now; none overtakes an earlier one of its channel.

        Args:
            outbox: the oldest first.
            tried: messages that this run has tried: they wait for the next one.
            early: whether a channel that asked to wait is tried all the same.
        """
        due: list[Pending] = []
        held: set[str] = set()
        for pending in outbox:
            channel = pending.message.channel
            asked_to_wait = pending.not_before is not None and now < pending.not_before
            is_due = (
                channel not in held
                and pending.claimed_by == self.holder
                and pending.message.id not in tried
                and (early or not asked_to_wait)
            )
            if is_due:
                due.append(pending)
            else:
                held.add(channel)
        return due

    def is_anothers(self, pending: Pending, now: datetime) -> bool:
        """Whether another run, which may be alive, is delivering it."""
        holder = pending.claimed_by
        if holder is None or holder == self.holder or has_lapsed(pending, now):
            return False
        return not (self.one_at_a_time and _machine(holder) == _machine(self.holder))

    def _is_free(self, pending: Pending, now: datetime, tried: Collection[str]) -> bool:
        if pending.message.id in tried or self.is_anothers(pending, now):
            return False
        is_mine = pending.claimed_by == self.holder
        return not (is_mine and not has_lapsed(pending, now + RENEWED_BELOW))

    def _claim(self, pending: Pending, now: datetime) -> Pending:
        until = now + timedelta(seconds=CLAIM_SECONDS)
        return replace(pending, claimed_by=self.holder, claimed_until=until)


def _machine(holder: str) -> str:
    return holder.partition("@")[2]


def has_lapsed(pending: Pending, now: datetime) -> bool:
    """Whether another run may deliver it."""
    return pending.claimed_until is None or now >= pending.claimed_until
