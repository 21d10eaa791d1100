"""The two Slack channels: an incoming webhook, and a bot with threads.

A webhook gets the whole message at once. A bot writes a message for each incident (with those
that it inhibits): the first is the incident's root, later news go into its thread, and the root is
edited to show how things stand. What must reach a phone is also sent to the channel.

What a bot has posted is carried in `Receipt.references`, in that of a RETRY too: given back in
``Message.references``, the next attempt goes on where this one broke off. Slack's own
``client_msg_id`` is not for apps, so a message whose answer was lost is posted twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from plumbline.alerts.channels.message import Item, Message
from plumbline.alerts.channels.slack import render
from plumbline.core.alert_line import Event
from plumbline.net.http import Caller
from plumbline.net.receipt import DeliveryStatus, Receipt
from plumbline.net.secret import Secret

if TYPE_CHECKING:
    from plumbline.alerts.channels.slack.transport import Api

ACKNOWLEDGING = ("eyes", "white_check_mark")

BROADCAST = (Event.OPENED, Event.ESCALATED, Event.FLAPPING)
"""What a thread alone would hide."""

MOST_ROOTS = 5
"""More openings than this are sent in one message: a storm must not ring forty times."""

_ROOT_IS_GONE = ("thread_not_found", "message_not_found", "cannot_reply_to_message")

Reference = dict[str, str]
"""``ts`` and ``channel`` of the root; ``to``, the channel as configured; ``told`` and ``shown``,
the event ids that were last posted and last shown by the root; ``shared``, of a root of many."""


@dataclass(eq=False)
class SlackWebhook:
    name: str
    url: Secret

    def deliver(self, message: Message, *, timeout_seconds: float) -> Receipt:
        """The whole message in one request."""
        from plumbline.alerts.channels.slack import transport

        payload = render.payload(message, now=datetime.now(UTC))
        with Caller(timeout_seconds=timeout_seconds, secrets=(self.url,)) as caller:
            receipt = transport.post_webhook(caller, self.url, payload)
            if transport.is_about_blocks(receipt):
                text = render.without_blocks(payload)
                receipt = transport.post_webhook(caller, self.url, text)
        return receipt


@dataclass(eq=False)
class SlackBot:
    """A bot's token, and the channel that it writes to.

    It needs the scopes ``chat:write``, and ``reactions:read`` and ``users:read`` for
    acknowledgements.
    """

    name: str
    token: Secret
    channel: str
    """Its id, or ``#name``."""
    base_url: str | None = None
    """Of the Web API, where it is not Slack's own."""
    acknowledging: tuple[str, ...] = field(default=ACKNOWLEDGING)
    """The emoji that say "I look after it"."""

    def deliver(self, message: Message, *, timeout_seconds: float) -> Receipt:
        """A request or two for each incident; those that reach people come first."""
        from plumbline.alerts.channels.slack import transport

        with Caller(timeout_seconds=timeout_seconds, secrets=(self.token,)) as caller:
            api = transport.Api(caller, self.token, base_url=self.base_url or transport.BASE_URL)
            return _Delivery(self, api, message).run()

    def acknowledgers(
        self, references: Mapping[str, Mapping[str, str]], *, timeout_seconds: float
    ) -> dict[str, tuple[str, ...]]:
        """Who reacted to an incident's root with an acknowledging emoji; by incident.

        Those of a shared root acknowledge all its incidents. Never raises: what cannot be read is
        left out.

        Args:
            references: by incident, as this channel returned them.
            timeout_seconds: for all of them together.
        """
        from plumbline.alerts.channels.slack import transport

        found: dict[str, tuple[str, ...]] = {}
        by_root: dict[tuple[str, str], list[str]] = {}
        for incident, reference in references.items():
            if reference.get("ts") and reference.get("channel"):
                root = (reference["channel"], reference["ts"])
                by_root.setdefault(root, []).append(incident)
        names: dict[str, str] = {}
        with Caller(timeout_seconds=timeout_seconds, secrets=(self.token,)) as caller:
            api = transport.Api(caller, self.token, base_url=self.base_url or transport.BASE_URL)
            for (channel, ts), incidents in by_root.items():
                receipt, answer = api.call(
                    "reactions.get", params=True, channel=channel, timestamp=ts, full="true"
                )
                if receipt.verdict is DeliveryStatus.RETRY:
                    break  # Slack is away or wants a pause: at the next run
                users = _users(answer, self.acknowledging)
                for user in users:
                    if user not in names:
                        names[user] = _name(api, user)
                if users:
                    shown = tuple(names[user] for user in users)
                    found |= dict.fromkeys(incidents, shown)
        return found


@dataclass
class _Delivery:
    """One attempt of a bot: posts first, worst first, then the edits of roots."""

    bot: SlackBot
    api: Api
    message: Message
    references: dict[str, Reference] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def run(self) -> Receipt:
        now = datetime.now(UTC)
        self.references = {
            incident: dict(reference)
            for incident, reference in self.message.references.items()
            if reference.get("ts") and reference.get("to") == self.bot.channel
        }
        due = [item for item in self.message.items if not self._was_told(item)]
        fresh = [item for item in due if item.incident not in self.references]
        posted = set()
        if len(fresh) > MOST_ROOTS:
            receipt = self._post_together(fresh, now)
            if receipt.verdict is not DeliveryStatus.DELIVERED:
                return self._ended(receipt)
            posted = {item.event_id for item in fresh}
        for item in due:
            if item.event_id in posted:
                continue
            receipt = self._tell(item, now)
            if receipt.verdict is not DeliveryStatus.DELIVERED:
                return self._ended(receipt)
        for item in self.message.items:
            receipt = self._show(item, now)
            if receipt.verdict is DeliveryStatus.RETRY:
                return self._ended(receipt)
            if receipt.verdict is DeliveryStatus.REFUSED:
                # People were notified. If the root can't be edited, that is no reason to repeat it.
                self.notes.append(receipt.detail)
        return self._ended(Receipt(DeliveryStatus.DELIVERED, "ok", 200))

    def _ended(self, receipt: Receipt) -> Receipt:
        detail = "; ".join(dict.fromkeys([receipt.detail, *self.notes]))
        mine = {item.incident for item in self.message.items}
        references = {key: value for key, value in self.references.items() if key in mine}
        return replace(receipt, detail=detail, references=references)

    def _was_told(self, item: Item) -> bool:
        return self.references.get(item.incident, {}).get("told") == item.event_id

    def _post_together(self, items: Sequence[Item], now: datetime) -> Receipt:
        payload = render.payload(replace(self.message, items=tuple(items)), now=now)
        receipt, answer = self._post(payload)
        if receipt.verdict is DeliveryStatus.DELIVERED:
            for item in items:
                self._remember(item, answer, {"shared": "yes"})
        return receipt

    def _tell(self, item: Item, now: datetime) -> Receipt:
        root = self.references.get(item.incident)
        if root is None:
            return self._open(item, now)
        aloud = item.event.is_end or item.event in BROADCAST
        receipt, _ = self._post(
            render.payload_of(self.message, item, now=now, brief=not aloud),
            channel=root["channel"],
            thread_ts=root["ts"],
            reply_broadcast=True if aloud else None,
        )
        if receipt.verdict is DeliveryStatus.REFUSED and receipt.detail.endswith(_ROOT_IS_GONE):
            return self._open(item, now)
        if receipt.verdict is DeliveryStatus.DELIVERED:
            root["told"] = item.event_id
        return receipt

    def _open(self, item: Item, now: datetime) -> Receipt:
        receipt, answer = self._post(render.payload_of(self.message, item, now=now))
        if receipt.verdict is DeliveryStatus.DELIVERED:
            self._remember(item, answer, {})
        return receipt

    def _remember(self, item: Item, answer: Mapping[str, Any], extra: Reference) -> None:
        self.references[item.incident] = {
            "ts": str(answer.get("ts", "")),
            "channel": str(answer.get("channel") or self.bot.channel),
            "to": self.bot.channel,
            "told": item.event_id,
            "shown": item.event_id,
            **extra,
        }

    def _show(self, item: Item, now: datetime) -> Receipt:
        """Make the root say how things stand; one of many incidents stays as it is."""
        root = self.references.get(item.incident, {})
        # Event ids of an incident are in the order of its events: never back to an older state.
        if not root.get("ts") or root.get("shared") or root.get("shown", "") >= item.event_id:
            return Receipt(DeliveryStatus.DELIVERED)
        payload = render.payload_of(self.message, item, now=now)
        arguments = {key: payload[key] for key in ("text", "blocks", "attachments")}
        receipt, _ = self.api.call(
            "chat.update", channel=root["channel"], ts=root["ts"], **arguments
        )
        if receipt.verdict is DeliveryStatus.DELIVERED:
            root["shown"] = item.event_id
        return receipt

    def _post(
        self, payload: render.Payload, *, channel: str | None = None, **arguments: Any
    ) -> tuple[Receipt, Mapping[str, Any]]:
        from plumbline.alerts.channels.slack.transport import is_about_blocks

        where = {"channel": channel or self.bot.channel, **arguments}
        receipt, answer = self.api.call("chat.postMessage", **where, **payload)
        if is_about_blocks(receipt):
            text = render.without_blocks(payload)
            receipt, answer = self.api.call("chat.postMessage", **where, **text)
        return receipt, answer


def _users(answer: Mapping[str, Any], acknowledging: Sequence[str]) -> list[str]:
    message = answer.get("message")
    reactions = message.get("reactions") if isinstance(message, dict) else None
    found: list[str] = []
    for reaction in reactions if isinstance(reactions, list) else ():
        if not isinstance(reaction, dict):
            continue
        emoji = str(reaction.get("name", "")).split("::")[0]  # eyes::skin-tone-2
        users = reaction.get("users")
        if emoji in acknowledging and isinstance(users, list):
            found += [user for user in users if isinstance(user, str)]
    return list(dict.fromkeys(found))


def _name(api: Api, user: str) -> str:
    """The user's name; without the scope for it, the id."""
    _, answer = api.call("users.info", params=True, user=user)
    found = answer.get("user")
    profile = found.get("profile") if isinstance(found, dict) else None
    for key in ("display_name", "real_name"):
        if isinstance(profile, dict) and isinstance(profile.get(key), str) and profile[key].strip():
            return str(profile[key]).strip()
    return user
