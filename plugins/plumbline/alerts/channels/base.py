"""The interface that every channel has: deliver a message, say what came of it.

A channel never raises for what the other side did: that is a `Receipt`. It makes one attempt a
call, within ``timeout_seconds``; when to try again is the outbox's business (`plumbline.alerts`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from plumbline.alerts.channels.message import Message


class Verdict(StrEnum):
    """What came of one attempt."""

    DELIVERED = "delivered"
    RETRY = "retry"
    """A timeout, a refused or broken connection, 5xx, 429: it may work later."""
    REFUSED = "refused"
    """400, 401, 403, 404, 410 and their like: it will never work as it is."""


@dataclass(frozen=True)
class Receipt:
    """What the receiver said."""

    verdict: Verdict
    detail: str = ""
    """One line for people; never a URL, a token or anything else that is secret."""
    status_code: int | None = None
    retry_after: float | None = None
    """Seconds that the receiver asked us to wait."""
    references: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """By incident: what the channel wants to be given at the next message about it."""


class Channel(Protocol):
    """A place where people are told."""

    @property
    def name(self) -> str:
        """As routes name it."""

    def deliver(self, message: Message, *, timeout_seconds: float) -> Receipt:
        """One attempt."""
        ...


TIMEOUT_SECONDS = 10.0
"""For one attempt."""
