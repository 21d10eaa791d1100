"""The two Slack channels: an incoming webhook, and a bot.

A webhook can only add messages: one a run. A bot keeps one message an incident, edited as it
changes, with its history in the thread; what must reach a phone (opened, escalated, ended) is a new
message or is broadcast from the thread, because an edit notifies nobody.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from datetime import UTC, datetime

from plumbline.channels.base import TIMEOUT_SECONDS, Receipt, Verdict
from plumbline.channels.message import Item, Message
from plumbline.channels.secrets import Secret
from plumbline.channels.slack import render
from plumbline.channels.slack.transport import SlackApi, SlackFaultError, post_webhook
from plumbline.incidents.model import Event

ACK_REACTIONS = ("eyes", "white_check_mark")
"""Who puts one of these on the message of an incident acknowledges it."""

BROADCAST = frozenset({Event.ESCALATED, Event.RESOLVED, Event.EXPIRED, Event.FLAPPING})

# The message is there no more, or too old to be edited: the thread still tells.
_NOT_EDITABLE = ("message_not_found", "cant_update_message", "edit_window_closed")


class SlackWebhook:
    """An incoming webhook.

    Args:
        name: as routes name it.
        url: the webhook's; all that lets a sender in.
    """

    def __init__(self, name: str, url: Secret) -> None:
        self.name = name
        self._url = url

    def __repr__(self) -> str:
        return f"SlackWebhook({self.name!r})"

    def deliver(self, message: Message, *, timeout_seconds: float = TIMEOUT_SECONDS) -> Receipt:
        """One attempt."""
        payload = render.payload(message, now=datetime.now(UTC))
        return post_webhook(self._url, payload, timeout_seconds=timeout_seconds)


class SlackBot:
    """A bot in one channel.

    Args:
        name: as routes name it.
        token: the bot's, with the scopes chat:write and reactions:read.
        channel: where it writes: a name or an id.
        base_url: of the API; None: Slack's.
    """

    def __init__(
        self, name: str, token: Secret, channel: str, *, base_url: str | None = None
    ) -> None:
        self.name = name
        self._channel = channel
        self._api = SlackApi(token, base_url=base_url)

    def __repr__(self) -> str:
        return f"SlackBot({self.name!r})"

    def deliver(self, message: Message, *, timeout_seconds: float = TIMEOUT_SECONDS) -> Receipt:
        """One attempt; ``references`` hold what was done, so that the next goes on from there."""
        expires = time.monotonic() + timeout_seconds
        done: dict[str, Mapping[str, str]] = {}
        for item in message.items:
            known = dict(message.references.get(item.incident, {}))
            try:
                self._tell(message, item, known, expires)
            except SlackFaultError as fault:
                done[item.incident] = known
                receipt = fault.receipt
                return Receipt(
                    receipt.verdict,
                    receipt.detail,
                    receipt.status_code,
                    receipt.retry_after,
                    {one: found for one, found in done.items() if found},
                )
            done[item.incident] = known
        return Receipt(Verdict.DELIVERED, "ok", 200, references=done)

    def acknowledgers(self, references: Mapping[str, str]) -> Collection[str]:
        """Who put one of `ACK_REACTIONS` on the message; nobody where that can't be read."""
        if "ts" not in references:
            return ()
        try:
            answer = self._api.call(
                "reactions.get",
                timeout_seconds=TIMEOUT_SECONDS,
                http_verb="GET",
                params={"channel": references["channel"], "timestamp": references["ts"]},
            )
        except SlackFaultError:
            return ()
        found = (answer.get("message") or {}).get("reactions") or []
        return tuple(
            str(user)
            for reaction in found
            if reaction.get("name") in ACK_REACTIONS
            for user in reaction.get("users") or ()
        )

    def _tell(self, message: Message, item: Item, known: dict[str, str], expires: float) -> None:
        """Tell one incident; ``known`` is what is known of its message, kept up to date."""
        now = datetime.now(UTC)
        if known.get("told") == item.event_id and known.get("shown") == item.event_id:
            return
        whole = render.payload_of(message, item, now=now)
        if "ts" not in known:
            answer = self._call("chat.postMessage", expires, channel=self._channel, **whole)
            known["ts"], known["channel"] = str(answer.get("ts")), str(answer.get("channel"))
            known["told"] = known["shown"] = item.event_id
            return
        if known.get("told") != item.event_id:
            # First what may ring a phone, then the edit.
            brief = render.payload_of(message, item, now=now, brief=True)
            self._call(
                "chat.postMessage",
                expires,
                channel=known["channel"],
                thread_ts=known["ts"],
                reply_broadcast=item.event in BROADCAST,
                **brief,
            )
            known["told"] = item.event_id
        try:
            self._call(
                "chat.update", expires, channel=known["channel"], ts=known["ts"], **_edit(whole)
            )
        except SlackFaultError as fault:
            if not fault.receipt.detail.endswith(_NOT_EDITABLE):
                raise
        known["shown"] = item.event_id

    def _call(self, method: str, expires: float, **arguments: object) -> Mapping[str, object]:
        left = expires - time.monotonic()
        return self._api.call(method, timeout_seconds=left, json=arguments)


def _edit(payload: Mapping[str, object]) -> dict[str, object]:
    """``chat.update`` knows fewer arguments."""
    return {key: value for key, value in payload.items() if not key.startswith("unfurl")}
