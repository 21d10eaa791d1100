"""Slack's two ways in, webhooks and the Web API, each call one attempt with one verdict.

Not by slack_sdk: it logs the webhook's URL and the proxy's password. Used by `channel`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from plumbline.net.http import Caller, Reply, retry_after, shortened
from plumbline.net.receipt import DeliveryStatus, Receipt
from plumbline.net.secret import Secret

BASE_URL = "https://slack.com/api/"

TRANSIENT = frozenset(
    {
        "fatal_error",
        "internal_error",
        "rate_limited",
        "ratelimited",
        "request_timeout",
        "service_unavailable",
        "team_added_to_org",
    }
)
"""What the Web API answers, with 200 and ``ok: false``, when it may work later."""

BROKEN_BLOCKS = frozenset(
    {
        "attachment_payload_limit_exceeded",
        "invalid_attachments",
        "invalid_blocks",
        "invalid_blocks_format",
        "msg_blocks_too_long",
        "too_many_attachments",
    }
)
"""Slack's rules for blocks have changed: the plain text may still pass."""

_ERROR_CODE = re.compile(r"[a-z0-9_]{1,80}")


def post_webhook(caller: Caller, url: Secret, payload: Mapping[str, Any]) -> Receipt:
    """One message to an incoming webhook."""
    reply = _post(caller, url, payload)
    receipt = reply.receipt
    if receipt.verdict is not DeliveryStatus.DELIVERED or _is_ok(reply):
        return receipt
    # Whoever answers so is no Slack: a proxy's page, a wrong address. Asking again would get the
    # same, and where it did take the message, write it again and again; the fallback is notified.
    said = shortened(reply.body, (url,)) or "nothing"
    return Receipt(
        DeliveryStatus.REFUSED,
        f"{receipt.detail}, but not with Slack's ok: {said}",
        receipt.status_code,
    )


def is_about_blocks(receipt: Receipt) -> bool:
    """Whether it was refused for its blocks."""
    return receipt.verdict is DeliveryStatus.REFUSED and any(
        code in receipt.detail for code in BROKEN_BLOCKS
    )


@dataclass(frozen=True)
class Api:
    """The Web API for one delivery."""

    caller: Caller
    """Of the delivery; it knows the token as a secret."""
    token: Secret
    """A bot's, ``xoxb-``."""
    base_url: str = BASE_URL

    def call(
        self, method: str, *, params: bool = False, **arguments: Any
    ) -> tuple[Receipt, Mapping[str, Any]]:
        """One call: what came of it, and its answer (empty where there is none).

        Args:
            method: ``chat.postMessage``.
            params: whether the method wants its arguments in the query and not as JSON.
            arguments: the method's own; None is left out.
        """
        given = {key: value for key, value in arguments.items() if value is not None}
        url = f"{self.base_url.rstrip('/')}/{method}"
        headers = {"Authorization": Secret(f"Bearer {self.token.reveal()}")}
        if params:
            reply = self.caller.send("POST", f"{url}?{urlencode(given)}", headers=headers)
        else:
            reply = _post(self.caller, url, given, headers)
        found = reply.json()
        return self._receipt(method, reply, found), found if isinstance(found, dict) else {}

    def _receipt(self, method: str, reply: Reply, found: Any) -> Receipt:
        receipt = reply.receipt
        if receipt.verdict is not DeliveryStatus.DELIVERED:
            return Receipt(
                receipt.verdict,
                f"{method}: {receipt.detail}",
                receipt.status_code,
                receipt.retry_after,
            )
        if not isinstance(found, dict) or not isinstance(found.get("ok"), bool):
            said = shortened(reply.body, (self.token,)) or "nothing"
            what = f"{method}: {receipt.detail}, but not as Slack does: {said}"
            return Receipt(DeliveryStatus.REFUSED, what, receipt.status_code)
        if found["ok"]:
            return Receipt(DeliveryStatus.DELIVERED, f"{method}: ok", receipt.status_code)
        code = str(found.get("error", ""))
        shown = code if _ERROR_CODE.fullmatch(code) else "an error without a name"
        wait = retry_after(reply.headers.get("retry-after"), datetime.now(UTC))
        if code in TRANSIENT:
            return Receipt(DeliveryStatus.RETRY, f"{method}: {shown}", receipt.status_code, wait)
        return Receipt(DeliveryStatus.REFUSED, f"{method}: {shown}", receipt.status_code)


def _post(
    caller: Caller,
    url: Secret | str,
    payload: Mapping[str, Any],
    headers: Mapping[str, Secret] | None = None,
) -> Reply:
    sent: dict[str, str | Secret] = {
        "Content-Type": "application/json;charset=utf-8",
        **(headers or {}),
    }
    return caller.send("POST", url, headers=sent, body=json.dumps(payload).encode())


def _is_ok(reply: Reply) -> bool:
    if reply.body.strip().lower() in (b"ok", b""):
        return True  # servers that speak Slack's webhooks may answer with nothing
    found = reply.json()  # servers that speak Slack's webhooks: {"ok": true}, {"success": true}
    return isinstance(found, dict) and (found.get("ok") is True or found.get("success") is True)
