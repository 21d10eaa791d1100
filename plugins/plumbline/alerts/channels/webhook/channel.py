"""The webhook channel: one POST a message.

``Idempotency-Key`` is the message's id: a message that comes twice, because its answer was lost,
has the same. With a signing key, ``X-Plumbline-Signature-256`` is ``sha256=`` and the hexadecimal
HMAC-SHA256 of the body, as GitHub signs its webhooks.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass

from plumbline.alerts.channels.base import TIMEOUT_SECONDS
from plumbline.alerts.channels.message import Message
from plumbline.alerts.channels.webhook.rendering import body
from plumbline.net.http import Caller
from plumbline.net.receipt import Receipt
from plumbline.net.secret import Secret

SIGNATURE = "X-Plumbline-Signature-256"


@dataclass(eq=False)
class WebhookChannel:
    """A place that takes JSON."""

    name: str
    url: Secret
    """Secret, as its path or query often is all that lets a sender in."""
    signing_key: Secret | None = None
    """For the signature; None: unsigned."""

    def deliver(self, message: Message, *, timeout_seconds: float = TIMEOUT_SECONDS) -> Receipt:
        text = body(message)
        headers = {"Content-Type": "application/json", "Idempotency-Key": message.id}
        if self.signing_key is not None:
            headers[SIGNATURE] = signature(text, self.signing_key)
        secrets = [secret for secret in (self.signing_key,) if secret is not None]
        with Caller(timeout_seconds=timeout_seconds, secrets=secrets) as caller:
            return caller.send("POST", self.url, headers=headers, body=text).receipt


def signature(text: bytes, key: Secret) -> str:
    """What a receiver compares, in constant time, with what it makes of the same bytes."""
    return "sha256=" + hmac.new(key.reveal().encode(), text, hashlib.sha256).hexdigest()
