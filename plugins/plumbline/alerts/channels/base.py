"""The interface that every channel has: deliver a message, say what came of it.

A channel never raises for what the other side did: that is a `Receipt`. It makes one attempt a
call, within ``timeout_seconds``; when to try again is the outbox's business (`plumbline.alerts`).
"""

from __future__ import annotations

from typing import Protocol

from plumbline.alerts.channels.message import Message
from plumbline.net.receipt import Receipt


class Channel(Protocol):
    """A place where people are notified."""

    @property
    def name(self) -> str:
        """As routes name it."""

    def deliver(self, message: Message, *, timeout_seconds: float) -> Receipt:
        """One attempt."""
        ...


TIMEOUT_SECONDS = 10.0
"""For one attempt."""
