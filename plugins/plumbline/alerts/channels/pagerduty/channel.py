"""The PagerDuty channel: a request for each item, to the Events API v2."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from plumbline.alerts.channels.base import TIMEOUT_SECONDS
from plumbline.alerts.channels.message import Message
from plumbline.alerts.channels.pagerduty.rendering import encoded, event_of
from plumbline.alerts.channels.truncate import clipped
from plumbline.net.http import Caller, Reply, together
from plumbline.net.receipt import DeliveryStatus, Receipt
from plumbline.net.secret import Secret

BASE_URL = "https://events.pagerduty.com"
_FIXES = {400: "check the routing key: it is that of an Events API v2 integration"}
_ACCEPTED = 202


@dataclass(eq=False)
class PagerDutyChannel:
    """A service of PagerDuty, by the routing key of its Events API v2 integration."""

    name: str
    routing_key: Secret
    base_url: str = BASE_URL
    """``https://events.eu.pagerduty.com`` for accounts in the EU."""

    ends_by_key: ClassVar = True
    """An end without an opening is harmless: PagerDuty goes by the incident's id."""

    def deliver(self, message: Message, *, timeout_seconds: float = TIMEOUT_SECONDS) -> Receipt:
        """One attempt; what went through before a failure is repeated by the next, harmlessly."""
        events = [event for item in message.items if (event := event_of(clipped(item), message))]
        if not events:
            return Receipt(DeliveryStatus.DELIVERED, "nothing to send: PagerDuty reminds by itself")
        receipts: list[Receipt] = []
        url = f"{self.base_url.rstrip('/')}/v2/enqueue"
        with Caller(timeout_seconds=timeout_seconds, secrets=[self.routing_key]) as caller:
            for event in events:
                body = encoded({"routing_key": self.routing_key.reveal(), **event})
                headers = {"Content-Type": "application/json"}
                reply = caller.send("POST", url, headers=headers, body=body)
                receipts.append(_receipt(reply))
                if _is_pointless_to_go_on(reply):
                    break
        return together(receipts, of=len(events))


def _receipt(reply: Reply) -> Receipt:
    receipt = reply.receipt
    if receipt.verdict is DeliveryStatus.DELIVERED and receipt.status_code != _ACCEPTED:
        # Something between answers in PagerDuty's place (a proxy, a portal).
        detail = f"{receipt.detail}, where PagerDuty answers {_ACCEPTED}"
        return replace(receipt, verdict=DeliveryStatus.RETRY, detail=detail)
    return receipt.with_fix(_FIXES)


def _is_pointless_to_go_on(reply: Reply) -> bool:
    return reply.status_code is None or reply.status_code == 429
