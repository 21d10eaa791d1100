"""The Google Chat channel: a POST per message to the webhook of a space."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from plumbline.alerts.channels.base import TIMEOUT_SECONDS
from plumbline.alerts.channels.googlechat.rendering import encoded
from plumbline.alerts.channels.message import Message
from plumbline.net.http import Caller
from plumbline.net.receipt import Receipt
from plumbline.net.secret import Secret

_REPLY = "REPLY_MESSAGE_FALLBACK_TO_NEW_THREAD"
_FIXES = {
    400: "the webhook was deleted, or its URL is incomplete",
    401: "the URL's key or token is wrong",
    403: "the administrator does not allow webhooks in this space",
    404: "the space or its webhook was deleted",
}


@dataclass(eq=False)
class GoogleChatChannel:
    name: str
    webhook: Secret
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    """Says what now is; a late message says so."""

    def deliver(self, message: Message, *, timeout_seconds: float = TIMEOUT_SECONDS) -> Receipt:
        body = encoded(message, now=self.clock())
        headers = {"Content-Type": "application/json; charset=utf-8"}
        url = _replying(self.webhook)
        with Caller(timeout_seconds=timeout_seconds, secrets=(self.webhook,)) as caller:
            reply = caller.send("POST", url, headers=headers, body=body)
        return reply.receipt.with_fix(_FIXES)


def _replying(webhook: Secret) -> Secret:
    """The webhook's URL, such that a message replies in the thread that it names."""
    parts = urlsplit(webhook.reveal())
    query = dict(parse_qsl(parts.query)) | {"messageReplyOption": _REPLY}
    asked = (parts.scheme, parts.netloc, parts.path, urlencode(query), parts.fragment)
    return Secret(urlunsplit(asked))
