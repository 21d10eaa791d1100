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

from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_result,
    wait_random_exponential,
)

from plumbline.alerts.channels.base import TIMEOUT_SECONDS, Channel
from plumbline.alerts.channels.message import Message
from plumbline.net.receipt import DeliveryStatus, Receipt

BOUND_SECONDS = 30.0
"""For all messages of one channel in one run, waits and attempts together."""

_BACKOFF = wait_random_exponential(multiplier=0.5, max=8)


@dataclass(frozen=True)
class Delivery:
    """What came of one message in this run."""

    message: Message
    """With the references that the channel gave, also of an attempt that went half way."""
    receipt: Receipt
    attempts: int
    """0: it waits behind an earlier one of its channel."""
    at: datetime


def deliver_all(
    channels: Mapping[str, Channel],
    messages: Sequence[Message],
    *,
    clock: Callable[[], datetime],
    bound_seconds: float = BOUND_SECONDS,
    sleep: Callable[[float], None] = time.sleep,
) -> list[Delivery]:
    """Deliver ``messages``, each channel's in their order, the channels side by side.

    Args:
        channels: by name; a message to one that is not there waits.
        messages: the oldest first.
        clock: says what now is.
        bound_seconds: for each channel.
        sleep: between attempts.
    """
    by_channel: dict[str, list[Message]] = {}
    for message in messages:
        by_channel.setdefault(message.channel, []).append(message)
    if not by_channel:
        return []

    def one(name: str) -> list[Delivery]:
        return _deliver_in_order(
            channels.get(name), by_channel[name], clock=clock, bound=bound_seconds, sleep=sleep
        )

    with ThreadPoolExecutor(len(by_channel), thread_name_prefix="deliver") as pool:
        done = [delivery for found in pool.map(one, by_channel) for delivery in found]
    order = {message.id: place for place, message in enumerate(messages)}
    return sorted(done, key=lambda delivery: order[delivery.message.id])


def _deliver_in_order(
    channel: Channel | None,
    messages: Sequence[Message],
    *,
    clock: Callable[[], datetime],
    bound: float,
    sleep: Callable[[float], None],
) -> list[Delivery]:
    expires = time.monotonic() + bound
    done: list[Delivery] = []
    why = "the channel is not configured" if channel is None else ""
    references: dict[str, Mapping[str, str]] = {}
    for waiting in messages:
        if channel is None or why:
            done.append(Delivery(waiting, Receipt(DeliveryStatus.RETRY, why), 0, clock()))
            continue
        # What an earlier message of this round was given counts for the later ones.
        message = replace(waiting, references={**waiting.references, **_of(waiting, references)})
        delivery = _deliver(channel, message, expires=expires, clock=clock, sleep=sleep)
        references.update(delivery.receipt.references)
        done.append(delivery)
        if delivery.receipt.verdict is DeliveryStatus.RETRY:
            # Later news before earlier ones would mislead: they wait in line.
            why = f"waits behind an earlier message: {delivery.receipt.detail}"
    return done


def _of(
    message: Message, references: Mapping[str, Mapping[str, str]]
) -> dict[str, Mapping[str, str]]:
    ids = {item.incident for item in message.items}
    return {incident: found for incident, found in references.items() if incident in ids}


def _deliver(
    channel: Channel,
    message: Message,
    *,
    expires: float,
    clock: Callable[[], datetime],
    sleep: Callable[[float], None],
) -> Delivery:
    attempts = 0
    last = Receipt(DeliveryStatus.RETRY, "there was no time left for it in this run")

    def attempt() -> Receipt:
        nonlocal attempts, message, last
        left = expires - time.monotonic()
        if left <= 0:
            return replace(last, verdict=DeliveryStatus.RETRY)
        attempts += 1
        try:
            last = channel.deliver(message, timeout_seconds=min(TIMEOUT_SECONDS, left))
        except Exception as fault:  # noqa: BLE001 - a channel's fault must not lose the others' mail
            # Only the type: the text of a fault may hold an address that is secret.
            last = Receipt(
                DeliveryStatus.RETRY, f"a fault of the channel itself: {type(fault).__name__}"
            )
        message = replace(message, references={**message.references, **last.references})
        return last

    def wait(state: RetryCallState) -> float:
        return max(float(_BACKOFF(state)), last.retry_after or 0.0)

    def stop(state: RetryCallState) -> bool:
        # Asked to wait for longer than this run has: the next one, or a flush, goes on.
        return time.monotonic() + state.upcoming_sleep >= expires

    retrying = Retrying(
        retry=retry_if_result(lambda receipt: receipt.verdict is DeliveryStatus.RETRY),
        stop=stop,
        wait=wait,
        sleep=sleep,
        retry_error_callback=lambda _: last,
    )
    receipt = retrying(attempt)
    return Delivery(message, receipt, attempts, clock())
