"""Slack's two ways in, webhooks and the Web API, each call one attempt with one verdict.

slack_sdk makes the requests; they leave through `plumbline.net.http`, which bounds them,
follows no redirect and logs nothing. The SDK itself logs the webhook's URL and the proxy's
password, so it is given a logger that is silent. Used by `channel`.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.request import Request

from slack_sdk import WebClient
from slack_sdk.errors import SlackClientError
from slack_sdk.webhook import WebhookClient, WebhookResponse

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

_SILENT = logging.Logger("plumbline.alerts.channels.slack", level=logging.CRITICAL + 1)
_ERROR_CODE = re.compile(r"[a-z0-9_]{1,80}")


class _NoAnswerError(Exception):
    """Carries a request that got no answer through the SDK."""


class _Webhook(WebhookClient):
    def __init__(self, caller: Caller, url: Secret) -> None:
        super().__init__(url.reveal(), logger=_SILENT, retry_handlers=[])
        self._caller = caller
        self._secret = url
        self.reply: Reply | None = None

    def _perform_http_request_internal(self, url: str, req: Request) -> WebhookResponse:
        self.reply = _forward(self._caller, self._secret, req)
        return WebhookResponse(
            url=url,
            status_code=_status_code(self.reply),
            body=_text(self.reply),
            headers=dict(self.reply.headers),
        )


class _Web(WebClient):
    def __init__(self, caller: Caller, token: Secret, base_url: str) -> None:
        super().__init__(token.reveal(), base_url, logger=_SILENT, retry_handlers=[])
        self._caller = caller
        self.reply: Reply | None = None

    def _perform_urllib_http_request_internal(self, url: str, req: Request) -> dict[str, Any]:
        self.reply = _forward(self._caller, url, req)
        if not isinstance(self.reply.json(), dict):  # the SDK expects an object
            raise _NoAnswerError
        return {
            "status": _status_code(self.reply),
            "headers": dict(self.reply.headers),
            "body": _text(self.reply),
        }


def post_webhook(caller: Caller, url: Secret, payload: Mapping[str, Any]) -> Receipt:
    """One message to an incoming webhook."""
    client = _Webhook(caller, url)
    try:
        client.send_dict(dict(payload))
    except (_NoAnswerError, SlackClientError, ValueError):
        if client.reply is None:
            return Receipt(
                DeliveryStatus.REFUSED, "the webhook is not a URL: it must begin with https://"
            )
        return client.reply.receipt
    assert client.reply is not None
    receipt = client.reply.receipt
    if receipt.verdict is not DeliveryStatus.DELIVERED or _is_ok(client.reply):
        return receipt
    # What answers so is not Slack: a proxy's page, a wrong address. Asking again would get the
    # same, and where it did take the message, write it again and again; the fallback is notified.
    said = shortened(client.reply.body, (url,)) or "nothing"
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


class Api:
    """The Web API for one delivery.

    Args:
        caller: of the delivery; it knows the token as a secret.
        token: a bot's, ``xoxb-``.
        base_url: of the API.
    """

    def __init__(self, caller: Caller, token: Secret, *, base_url: str = BASE_URL) -> None:
        self._client = _Web(caller, token, base_url)
        self._token = token

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
        self._client.reply = None
        try:
            if params:
                self._client.api_call(method, http_verb="GET", params=given)
            else:
                self._client.api_call(method, json=given)
        except (_NoAnswerError, SlackClientError, ValueError):
            pass  # told by the reply, in words that hold no secret
        reply = self._client.reply
        if reply is None:
            return Receipt(DeliveryStatus.REFUSED, "the API's address is not a URL"), {}
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
            said = shortened(reply.body, (self._token,)) or "nothing"
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


def _forward(caller: Caller, url: Secret | str, request: Request) -> Reply:
    data = request.data if isinstance(request.data, bytes) else None
    return caller.send("POST", url, headers=dict(request.header_items()), body=data)


def _status_code(reply: Reply) -> int:
    if reply.status_code is None:
        raise _NoAnswerError
    return reply.status_code


def _text(reply: Reply) -> str:
    return reply.body.decode("utf-8", errors="replace")


def _is_ok(reply: Reply) -> bool:
    if reply.body.strip().lower() in (b"ok", b""):
        return True  # servers that speak Slack's webhooks may answer with nothing
    found = reply.json()  # servers that speak Slack's webhooks: {"ok": true}, {"success": true}
    return isinstance(found, dict) and (found.get("ok") is True or found.get("success") is True)
