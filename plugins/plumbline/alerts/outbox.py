"""Delivers messages that wait: in order a channel, tried again within a bound, side by side.

A channel makes one attempt and says what came of it; here is decided whether and when it is made
again. What is not delivered within the bound waits for the next run or ``plumbline alerts flush``.
Used by `plumbline.alerts.service`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType

from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_result,
    wait_random_exponential,
)

from plumbline.alerts.channels.base import TIMEOUT_SECONDS, Channel
from plumbline.alerts.channels.message import Message
from plumbline.net.deadline import SHORTEST_ATTEMPT_SECONDS
from plumbline.net.names import is_given_up
from plumbline.net.receipt import DeliveryStatus, Receipt

BOUND_SECONDS = 30.0
"""For all messages of one channel in one run, waits and attempts together."""

_NO_TIME = Receipt(DeliveryStatus.RETRY, "the run had no time left to send it")
_BACKOFF = wait_random_exponential(multiplier=0.5, max=8)


@dataclass(frozen=True)
class Delivery:
    message: Message
    """With the references that the channel gave, also of an attempt that went half way."""
    receipt: Receipt
    attempts: int
    """0: it waits behind an earlier one of its channel."""
    began: datetime
    at: datetime
    """When the last attempt ended."""
    is_lapsed: bool = False
    """Whether the claim ended first: another run may have delivered it meanwhile."""


def deliver_all(
    channels: Mapping[str, Channel],
    messages: Sequence[Message],
    *,
    clock: Callable[[], datetime],
    bound_seconds: float = BOUND_SECONDS,
    sleep: Callable[[float], None] = time.sleep,
    claims: Mapping[str, datetime] = MappingProxyType({}),
) -> list[Delivery]:
    """Deliver ``messages``, each channel's in their order, the channels side by side.

    Args:
        channels: by name; a message to one that is not there waits.
        messages: the oldest first.
        bound_seconds: for each channel.
        claims: by message: until when this run may send it; without one, for as long as it takes.
    """
    by_channel: dict[str, list[Message]] = {}
    for message in messages:
        by_channel.setdefault(message.channel, []).append(message)
    if not by_channel:
        return []

    def one(name: str) -> list[Delivery]:
        queue = _Queue(clock, claims, time.monotonic() + bound_seconds, sleep)
        return queue.deliver(channels.get(name), by_channel[name])

    with ThreadPoolExecutor(len(by_channel), thread_name_prefix="deliver") as pool:
        done = [delivery for found in pool.map(one, by_channel) for delivery in found]
    order = {message.id: place for place, message in enumerate(messages)}
    return sorted(done, key=lambda delivery: order[delivery.message.id])


@dataclass(frozen=True)
class _Queue:
    """The messages of one channel, in one round.

    Args:
        claims: by message: until when it may be sent.
        expires: when the round is over, on the monotonic clock.
    """

    clock: Callable[[], datetime]
    claims: Mapping[str, datetime]
    expires: float
    sleep: Callable[[float], None]

    def deliver(self, channel: Channel | None, messages: Sequence[Message]) -> list[Delivery]:
        done: list[Delivery] = []
        if channel is None:
            return [self._untried(one, "the channel is not configured") for one in messages]
        references: dict[str, Mapping[str, str]] = {}
        for place, waiting in enumerate(messages):
            # What an earlier message of this round was given counts for the later ones.
            known = {**waiting.references, **_of(waiting, references)}
            delivery = self._deliver(channel, replace(waiting, references=known))
            references.update(delivery.receipt.references)
            done.append(delivery)
            if delivery.receipt.verdict is DeliveryStatus.RETRY:
                # Later news before earlier ones would mislead: they wait in line.
                why = f"waits behind an earlier message: {delivery.receipt.detail}"
                behind = messages[place + 1 :]
                done += [self._untried(one, why, is_lapsed=delivery.is_lapsed) for one in behind]
                break
        return done

    def _untried(self, message: Message, why: str, *, is_lapsed: bool = False) -> Delivery:
        now = self.clock()
        return Delivery(message, Receipt(DeliveryStatus.RETRY, why), 0, now, now, is_lapsed)

    def _deliver(self, channel: Channel, message: Message) -> Delivery:
        attempts = _Attempts(self, channel, message)
        began = self.clock()
        receipt = attempts.until_settled()
        return Delivery(
            attempts.message, receipt, attempts.count, began, self.clock(), attempts.is_lapsed
        )

    def seconds_left(self, message: Message) -> float:
        """Until the round is over or the claim of ``message`` ends."""
        left = self.expires - time.monotonic()
        until = self.claims.get(message.id)
        return left if until is None else min(left, (until - self.clock()).total_seconds())

    def has_lapsed(self, message: Message) -> bool:
        """Whether another run may deliver ``message`` now."""
        until = self.claims.get(message.id)
        return until is not None and self.clock() >= until


@dataclass
class _Attempts:
    queue: _Queue
    channel: Channel
    message: Message
    count: int = 0
    is_lapsed: bool = False
    _last: Receipt = _NO_TIME

    def until_settled(self) -> Receipt:
        """Try until the receiver accepts or refuses it, or the time is over."""
        retrying = Retrying(
            retry=retry_if_result(lambda receipt: receipt.verdict is DeliveryStatus.RETRY),
            stop=self._stop,
            wait=self._wait,
            sleep=self.queue.sleep,
            retry_error_callback=lambda _: self._last,
        )
        return retrying(self._try)

    def _try(self) -> Receipt:
        # The clock may have gone on since the claim: a process can be paused, a laptop closed.
        self.is_lapsed = self.queue.has_lapsed(self.message)
        left = self.queue.seconds_left(self.message)
        if left <= 0:
            return replace(self._last, verdict=DeliveryStatus.RETRY)
        self.count += 1
        self._last = self._attempt(min(TIMEOUT_SECONDS, left))
        references = {**self.message.references, **self._last.references}
        self.message = replace(self.message, references=references)
        return self._last

    def _attempt(self, seconds: float) -> Receipt:
        try:
            return self.channel.deliver(self.message, timeout_seconds=seconds)
        except Exception as fault:  # noqa: BLE001 - a channel's fault must not lose the others' mail
            # Only the type: the text of a fault may hold an address that is secret.
            why = f"a bug in the channel: {type(fault).__name__}"
            return Receipt(DeliveryStatus.RETRY, why)

    def _wait(self, state: RetryCallState) -> float:
        return max(float(_BACKOFF(state)), self._last.retry_after or 0.0)

    def _stop(self, state: RetryCallState) -> bool:
        # Asked to wait for longer than this run has: the next one, or a flush, goes on.
        ends = (state.seconds_since_start or 0.0) + state.upcoming_sleep
        if self._last.is_unresolved and is_given_up(ends):
            return True
        needed = state.upcoming_sleep + SHORTEST_ATTEMPT_SECONDS
        return needed >= self.queue.seconds_left(self.message)


def _of(
    message: Message, references: Mapping[str, Mapping[str, str]]
) -> dict[str, Mapping[str, str]]:
    ids = {item.incident for item in message.items}
    return {incident: found for incident, found in references.items() if incident in ids}
