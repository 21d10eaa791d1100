"""The GitHub channel: an issue opens with its incident, is commented on, and closes with it.

Before anything is written, what is there is read: an issue is found by its number (from before) or
by the marker of its incident, a comment by the marker of its event. So what was written before an
answer was lost is not written twice.
"""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import quote, urlencode, urlsplit

from plumbline.alerts.channels.base import TIMEOUT_SECONDS
from plumbline.alerts.channels.github.rendering import (
    LABEL,
    comment_body,
    has_marker,
    issue_body,
    labels,
    title,
)
from plumbline.alerts.channels.message import Item, Message
from plumbline.alerts.channels.truncate import clipped
from plumbline.core.alert_line import Event
from plumbline.core.errors import ConfigError
from plumbline.net.http import LONGEST_WAIT, Caller, Reply, retry_after, together
from plumbline.net.receipt import DeliveryStatus, Receipt
from plumbline.net.secret import Secret

BASE_URL = "https://api.github.com"
API_VERSION = "2022-11-28"
MOST_PAGES = 30
PER_PAGE = 50

_MOST_BYTES = 16 * 1024**2
_CLOCKS_DIFFER = timedelta(hours=1)
_SECONDARY_WAIT = 60.0
_FIXES = {
    401: "the token is not accepted: make a new one",
    403: "the token needs the permission Issues: read and write on the repository",
    404: "check the repository's name, and that the token has access to it",
    410: "issues are turned off in the repository's settings",
    422: "GitHub rejected the content of the issue",
}


@dataclass(eq=False)
class GitHubChannel:
    """The issues of a repository.

    Raises:
        ConfigError: the repository is not ``owner/name``.
    """

    name: str
    repository: str
    """``owner/name``."""
    token: Secret
    """With the permission to write its issues."""
    base_url: str = BASE_URL
    """Of the REST API; GitHub Enterprise has ``https://HOST/api/v3``."""

    ends_by_key: ClassVar = True
    """An end without an open issue of its incident changes nothing."""

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[A-Za-z0-9-]+/[A-Za-z0-9._-]+", self.repository):
            raise ConfigError(
                f"{self.repository!r} is not a GitHub repository", fix="write it as owner/name"
            )

    def deliver(self, message: Message, *, timeout_seconds: float = TIMEOUT_SECONDS) -> Receipt:
        """One attempt; the next goes on where this one ended."""
        receipts: list[Receipt] = []
        with Caller(timeout_seconds=timeout_seconds, secrets=[self.token]) as caller:
            url = f"{self.base_url.rstrip('/')}/repos/{self.repository}"
            delivery = _Delivery(url, self.token, caller, message)
            items = [clipped(item) for item in message.items if item.event is not Event.SUPPRESSED]
            for item in items:
                try:
                    receipts.append(delivery.deliver(item))
                except _FailedError as failed:
                    receipts.append(failed.receipt)
                    if failed.receipt.status_code != 422:  # it is not this item's fault
                        break
        if not receipts:
            return Receipt(DeliveryStatus.DELIVERED, "nothing to send")
        return together(receipts, of=len(items))


class _FailedError(Exception):
    def __init__(self, receipt: Receipt) -> None:
        super().__init__(receipt.detail)
        self.receipt = receipt


@dataclass
class _Delivery:
    """One attempt to deliver one message."""

    url: str
    token: Secret = field(repr=False)
    caller: Caller
    message: Message
    _open_issues: list[dict[str, Any]] | None = None

    def deliver(self, item: Item) -> Receipt:
        issue = self._issue_of(item)
        if issue is None:
            if item.event.is_end:
                return Receipt(DeliveryStatus.DELIVERED, f"no open issue for {item.incident}")
            return self._opened(item)
        number = int(issue["number"])
        if not has_marker(issue.get("body"), item.event_id):
            self._comment(item, number)
            self._update(item, number, issue)
        return self._done(item, number)

    def _issue_of(self, item: Item) -> dict[str, Any] | None:
        number = self.message.references.get(item.incident, {}).get("number", "")
        if number.isascii() and number.isdigit():
            reply = self._send("GET", f"/issues/{number}")
            if reply.status_code not in (404, 410):  # deleted: looked for, or opened again
                return _issue(self._checked(reply))
        if self._open_issues is None:
            query = {"labels": LABEL, "state": "open", "per_page": str(PER_PAGE)}
            self._open_issues = self._list("/issues", query)
        for issue in self._open_issues:
            if "pull_request" not in issue and has_marker(issue.get("body"), item.incident):
                return _issue(issue)
        return None

    def _opened(self, item: Item) -> Receipt:
        reply = self._send(
            "POST",
            "/issues",
            {
                "title": title(item, self.message),
                "body": issue_body(item, self.message),
                "labels": labels(item),
            },
        )
        return self._done(item, int(_issue(self._checked(reply))["number"]))

    def _comment(self, item: Item, number: int) -> None:
        at = (self.message.created_at - _CLOCKS_DIFFER).astimezone(UTC)
        since = at.strftime("%Y-%m-%dT%H:%M:%SZ")
        query = {"since": since, "per_page": str(PER_PAGE)}
        there = self._list(f"/issues/{number}/comments", query)
        if any(has_marker(comment.get("body"), item.event_id) for comment in there):
            return
        body = {"body": comment_body(item, self.message)}
        self._checked(self._send("POST", f"/issues/{number}/comments", body))

    def _update(self, item: Item, number: int, issue: dict[str, Any]) -> None:
        names = [
            label["name"] if isinstance(label, dict) else str(label)
            for label in issue.get("labels", [])
        ]
        change: dict[str, Any] = {
            "title": title(item, self.message),
            "labels": labels(item, names),
            "state": "closed" if item.event.is_end else "open",
        }
        if item.event.is_end:
            is_fixed = item.event in (Event.RESOLVED, Event.CLOSED)
            change["state_reason"] = "completed" if is_fixed else "not_planned"
        self._checked(self._send("PATCH", f"/issues/{number}", change))

    def _done(self, item: Item, number: int) -> Receipt:
        return Receipt(
            DeliveryStatus.DELIVERED,
            f"issue #{number}",
            references={item.incident: {"number": str(number)}},
        )

    def _list(self, path: str, query: dict[str, str]) -> list[dict[str, Any]]:
        """All entries, page after page; only the query of the next page's link is followed."""
        found: list[dict[str, Any]] = []
        text = urlencode(query)
        for _ in range(MOST_PAGES):
            reply = self._checked(self._send("GET", f"{path}?{text}"))
            page = reply.json()
            if not isinstance(page, list):
                raise _FailedError(_not_github(reply))
            found += [entry for entry in page if isinstance(entry, dict)]
            following = _next_query(reply)
            if following is None:
                return found
            text = following
        return found

    def _send(self, method: str, path: str, body: dict[str, Any] | None = None) -> Reply:
        headers: dict[str, str | Secret] = {
            "Authorization": Secret(f"Bearer {self.token.reveal()}"),
            "Accept": "application/vnd.github+json",
            "X-GitHub-Api-Version": API_VERSION,
        }
        if body is not None:
            headers["Content-Type"] = "application/json"
        return self.caller.send(
            method,
            self.url + path,
            headers=headers,
            body=None if body is None else json.dumps(body).encode(),
            most_bytes=_MOST_BYTES,
        )

    def _checked(self, reply: Reply) -> Reply:
        """``reply``, if it is a good one."""
        receipt = reply.receipt
        if receipt.verdict is DeliveryStatus.DELIVERED:
            return reply
        wait = _rate_limit_wait(reply)
        if wait is not None:
            receipt = replace(receipt, verdict=DeliveryStatus.RETRY, retry_after=wait)
        else:
            receipt = receipt.with_fix(_FIXES)
        raise _FailedError(receipt)


def _issue(found: Reply | dict[str, Any]) -> dict[str, Any]:
    issue = found.json() if isinstance(found, Reply) else found
    if isinstance(issue, dict) and isinstance(issue.get("number"), int):
        return issue
    host = "GitHub" if isinstance(found, dict) else found.receipt.detail
    raise _FailedError(Receipt(DeliveryStatus.RETRY, f"{host}, but not with an issue"))


def _not_github(reply: Reply) -> Receipt:
    return Receipt(DeliveryStatus.RETRY, f"{reply.receipt.detail}, but not with a list")


def _next_query(reply: Reply) -> str | None:
    from requests.utils import parse_header_links

    for link in parse_header_links(reply.headers.get("link", "")):
        if link.get("rel") == "next":
            return quote(urlsplit(link["url"]).query, safe="=&%+,:-._~")
    return None


def _rate_limit_wait(reply: Reply) -> float | None:
    """Seconds to wait where GitHub limits how often; None where it is something else."""
    if reply.status_code not in (403, 429):
        return None
    asked = retry_after(reply.headers.get("retry-after"), datetime.now(UTC))
    if asked is not None:
        return asked
    if reply.headers.get("x-ratelimit-remaining") == "0":
        try:
            reset = float(reply.headers.get("x-ratelimit-reset", ""))
        except ValueError:
            return _SECONDARY_WAIT
        return min(max(reset - time.time(), 1.0), LONGEST_WAIT)
    if reply.status_code == 429 or b"rate limit" in reply.body.lower():
        return _SECONDARY_WAIT
    return None
