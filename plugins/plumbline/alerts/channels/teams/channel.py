"""The Microsoft Teams channel: a POST per message to the webhook of a workflow.

A workflow ("When a Teams webhook request is received") answers 202 before it posts the card, so
what it can't post is seen in its run history only. Connectors, which workflows replace, answered
200 with an error in the text: that counts as the error.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from plumbline.alerts.channels.base import TIMEOUT_SECONDS
from plumbline.alerts.channels.message import Message
from plumbline.alerts.channels.teams.rendering import encoded
from plumbline.net.http import Caller, Reply
from plumbline.net.receipt import DeliveryStatus, Receipt
from plumbline.net.secret import Secret
from plumbline.net.transient import is_transient

_FAILED = re.compile(
    rb"webhook message delivery failed.*?(?:http error|status code)\D{0,5}(\d{3})?"
)
_FIXES = {
    401: "the URL is incomplete, or only people of the organisation may call the workflow",
    403: "only people of the organisation may call the workflow: choose Anyone in its trigger",
    404: "the workflow was deleted or is turned off",
}


@dataclass(eq=False)
class TeamsChannel:
    name: str
    webhook: Secret
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    """Says what now is; a late message says so."""

    def deliver(self, message: Message, *, timeout_seconds: float = TIMEOUT_SECONDS) -> Receipt:
        body = encoded(message, now=self.clock())
        headers = {"Content-Type": "application/json; charset=utf-8"}
        with Caller(timeout_seconds=timeout_seconds) as caller:
            return _receipt(caller.send("POST", self.webhook, headers=headers, body=body))


def _receipt(reply: Reply) -> Receipt:
    receipt = reply.receipt
    if receipt.verdict is DeliveryStatus.DELIVERED:
        return _accepted(reply)
    return receipt.with_fix(_FIXES)


def _accepted(reply: Reply) -> Receipt:
    failed = _FAILED.search(reply.body.lower())
    if failed is None:
        return reply.receipt
    code = int(failed[1]) if failed[1] else 500
    verdict = DeliveryStatus.RETRY if is_transient(code) else DeliveryStatus.REFUSED
    detail = f"{reply.receipt.detail}, but Teams answered {code} to it"
    return Receipt(verdict, detail, code)
