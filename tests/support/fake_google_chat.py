"""A space of Google Chat over real HTTP, which holds messages to the documented limits."""

from __future__ import annotations

import re
from typing import Any

from support.fake_receivers import FakeReceiver, Reply, Request

PATH = "/v1/spaces/AAAA/messages?key=s3cretKEY0123&token=s3cretTOKEN%3D0123"
MOST_BYTES = 32_000
LONGEST_TEXT = 4_096
TAG = re.compile(r"</?(?:b|br)>|<font color=\"#[0-9a-f]{6}\">|</font>")


class FakeGoogleChat(FakeReceiver):
    """The space, and the messages that it took, with their threads."""

    def __init__(self) -> None:
        super().__init__(self._post)
        self.messages: list[dict[str, Any]] = []
        self.threads: dict[str, int] = {}
        """How many messages are in each."""
        self.next: list[Reply] = []
        """Answers instead of posting, one a request."""

    @property
    def webhook(self) -> str:
        """Its URL."""
        return self.url + PATH

    @property
    def texts(self) -> list[str]:
        """What people read on each card, without tags."""
        return ["\n".join(map(_plain, paragraphs(message))) for message in self.messages]

    def _post(self, request: Request) -> Reply:
        if self.next:
            return self.next.pop(0)
        fault = fault_of(request)
        if fault:
            return Reply(400, {"error": {"code": 400, "message": fault}})
        sent = request.json()
        key = sent["thread"]["threadKey"]
        self.threads[key] = self.threads.get(key, 0) + 1
        self.messages.append(sent)
        return Reply(200, {"name": f"spaces/AAAA/messages/{len(self.messages)}"})


def fault_of(request: Request) -> str | None:
    """Why Google Chat would refuse it."""
    sent = request.json()
    if request.query.get("token") != "s3cretTOKEN=0123":
        return "Method doesn't allow unregistered callers"
    if request.query.get("messageReplyOption") != "REPLY_MESSAGE_FALLBACK_TO_NEW_THREAD":
        return "a thread key without a reply option starts a thread each time"
    if len(request.body) > MOST_BYTES or len(sent["text"]) > LONGEST_TEXT:
        return "Message is too long"
    if re.search(r"<[a-z]", sent["text"]):
        return "the text holds a mention or a link"
    for text in paragraphs(sent):
        if "<" in TAG.sub("", text):
            return "the card holds a tag that is not ours"
    return None


def paragraphs(message: dict[str, Any]) -> list[str]:
    """The texts of its card."""
    (card,) = message["cardsV2"]
    return [
        widget["textParagraph"]["text"]
        for section in card["card"]["sections"]
        for widget in section["widgets"]
        if "textParagraph" in widget
    ]


def _plain(text: str) -> str:
    return TAG.sub("", text.replace("<br>", "\n"))
