"""Calls to Slack through slack_sdk, each bounded, and what their answers mean.

slack_sdk's own retries are off (the outbox decides), and so are its logs, which hold the webhook's
URL. Used by `channel`.
"""

from __future__ import annotations

import logging
import socket
import ssl
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.error import HTTPError, URLError

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.webhook import WebhookClient

from plumbline.channels.base import Receipt, Verdict
from plumbline.channels.bounded import OutOfTimeError, bounded
from plumbline.channels.http import retry_after
from plumbline.channels.secrets import Secret, scrub
from plumbline.run.reports.safe import one_line
from plumbline.warehouse.transport import is_loopback

LONGEST_DETAIL = 200

# What Slack may take back by itself; every other `ok: false` stays so until somebody mends it.
PASSING = frozenset(
    {
        "accesslimited",
        "fatal_error",
        "internal_error",
        "ratelimited",
        "rate_limited",
        "request_timeout",
        "service_unavailable",
        "team_added_to_org",
    }
)
_PASSING_STATUS = frozenset({408, 425, 429})

_silent = logging.getLogger("plumbline.channels.slack.silent")
_silent.disabled = True


class SlackFaultError(Exception):
    """A call that came to nothing; ``receipt`` says how."""

    def __init__(self, receipt: Receipt) -> None:
        super().__init__(receipt.detail)
        self.receipt = receipt


def post_webhook(url: Secret, payload: Mapping[str, Any], *, timeout_seconds: float) -> Receipt:
    """One POST to an incoming webhook, which answers ``ok`` when it has taken the message."""
    client = WebhookClient(
        url.reveal(),
        timeout=_whole(timeout_seconds),
        retry_handlers=[],
        logger=_silent,
        user_agent_prefix="plumbline",
    )
    if is_loopback(client.url):
        client.proxy = None  # a proxy is meant for the way out
    try:
        answer = bounded(lambda: client.send_dict(dict(payload)), timeout_seconds)
    except Exception as fault:  # noqa: BLE001 - all that urllib raises
        return _broken(fault)
    body = one_line(scrub(str(answer.body), [url]))[:LONGEST_DETAIL]
    if answer.status_code != 200:
        return _refusal(answer.status_code, body, answer.headers)
    if answer.body.strip() != "ok":
        # It may or may not have been taken: said twice is better than not at all.
        return Receipt(Verdict.RETRY, f"answered 200, but not ok: {body}", 200)
    return Receipt(Verdict.DELIVERED, "ok", 200)


class SlackApi:
    """The Web API with a bot's token.

    Args:
        token: the bot's.
        base_url: of the API; another one for a proxy.
    """

    def __init__(self, token: Secret, *, base_url: str | None = None) -> None:
        self._token = token
        self._base_url = base_url or WebClient.BASE_URL
        if not self._base_url.endswith("/"):
            self._base_url += "/"

    def call(self, method: str, *, timeout_seconds: float, **arguments: Any) -> Mapping[str, Any]:
        """One call; what Slack answered.

        Raises:
            SlackFaultError: it came to nothing.
        """
        if timeout_seconds <= 0:
            raise SlackFaultError(Receipt(Verdict.RETRY, "there was no time left"))
        client = WebClient(
            self._token.reveal(),
            base_url=self._base_url,
            timeout=_whole(timeout_seconds),
            retry_handlers=[],
            logger=_silent,
        )
        if is_loopback(self._base_url):
            client.proxy = None
        asked: Callable[[], Any] = lambda: client.api_call(method, **arguments)  # noqa: E731
        try:
            answer = bounded(asked, timeout_seconds)
        except SlackApiError as fault:
            raise SlackFaultError(self._fault(method, fault.response)) from None
        except Exception as fault:  # noqa: BLE001 - all that urllib raises
            raise SlackFaultError(_broken(fault)) from None
        found: Mapping[str, Any] = answer.data if isinstance(answer.data, dict) else {}
        return found

    def _fault(self, method: str, response: Any) -> Receipt:
        data = response.data if isinstance(response.data, dict) else {}
        error = str(data.get("error") or "no reason")
        said = one_line(scrub(f"{method}: {error}", [self._token]))[:LONGEST_DETAIL]
        if response.status_code != 200:
            return _refusal(response.status_code, said, response.headers)
        wait = retry_after(_header(response.headers, "Retry-After"), datetime.now(UTC))
        if error in PASSING:
            return Receipt(Verdict.RETRY, said, 200, retry_after=wait)
        return Receipt(Verdict.REFUSED, said, 200)


def _refusal(status: int, body: str, headers: Mapping[str, Any]) -> Receipt:
    detail = f"{status} {body}".strip()
    if status in _PASSING_STATUS or status >= 500:
        wait = retry_after(_header(headers, "Retry-After"), datetime.now(UTC))
        return Receipt(Verdict.RETRY, detail, status, retry_after=wait)
    return Receipt(Verdict.REFUSED, detail, status)


def _broken(fault: Exception) -> Receipt:
    """What urllib says of a broken call; its texts may hold the URL, so only their kind is told."""
    if isinstance(fault, HTTPError):
        return _refusal(fault.code, "", dict(fault.headers or {}))
    reason = fault.reason if isinstance(fault, URLError) else fault
    if isinstance(reason, TimeoutError | OutOfTimeError):
        return Receipt(Verdict.RETRY, "no answer in time")
    if isinstance(reason, ConnectionRefusedError):
        return Receipt(Verdict.RETRY, "the connection was refused")
    if isinstance(reason, socket.gaierror):
        return Receipt(Verdict.RETRY, "the host's name can't be resolved")
    if isinstance(reason, ssl.SSLError):
        return Receipt(Verdict.RETRY, "the connection is not secure")
    return Receipt(Verdict.RETRY, f"the connection broke ({type(reason).__name__})")


def _header(headers: Mapping[str, Any], name: str) -> str | None:
    for key, value in headers.items():
        if key.lower() == name.lower():
            return str(value[0] if isinstance(value, list) else value)
    return None


def _whole(seconds: float) -> int:
    """slack_sdk takes whole seconds; `bounded` holds the rest."""
    return max(1, round(seconds))
