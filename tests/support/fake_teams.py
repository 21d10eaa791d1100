"""A workflow of Microsoft Teams over real HTTP, which holds cards to the documented limits.

Answers 202, as workflows do; 413 to what is larger than 28 KB; 400 to what is no adaptive card that
Teams draws.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from support.fake_receivers import FakeReceiver, Reply, Request

PATH = "/workflows/s3cretWORKFLOW/triggers/manual/paths/invoke?sig=s3cretSIG0123"
MOST_BYTES = 28 * 1024
MOST_ACTIONS = 6
STYLES = ("default", "emphasis", "good", "attention", "warning", "accent")
CARD = "application/vnd.microsoft.card.adaptive"


class FakeTeams(FakeReceiver):
    """The workflow, and the cards that it posted."""

    def __init__(self) -> None:
        super().__init__(self._post)
        self.cards: list[dict[str, Any]] = []
        self.next: list[Reply] = []
        """Answers instead of posting, one a request."""

    @property
    def webhook(self) -> str:
        """Its URL."""
        return self.url + PATH

    @property
    def texts(self) -> list[str]:
        """What people read on each card."""
        return ["\n".join(lines_of(card["body"])) for card in self.cards]

    def _post(self, request: Request) -> Reply:
        if self.next:
            return self.next.pop(0)
        if len(request.body) > MOST_BYTES:
            return Reply(413, "Request Entity too large")
        fault = fault_of(request)
        if fault:
            return Reply(400, {"error": {"code": "InvalidCard", "message": fault}})
        self.cards.append(request.json()["attachments"][0]["content"])
        return Reply(202)


def fault_of(request: Request) -> str | None:
    """Why Teams would not draw it."""
    if not request.headers.get("content-type", "").startswith("application/json"):
        return "not JSON"
    sent = request.json()
    if sent.get("type") != "message" or len(sent.get("attachments", ())) != 1:
        return "not a message with one attachment"
    attachment = sent["attachments"][0]
    card = attachment.get("content", {})
    if attachment.get("contentType") != CARD or card.get("type") != "AdaptiveCard":
        return "not an adaptive card"
    if card.get("version") not in ("1.2", "1.3", "1.4", "1.5"):
        return "a version that Teams does not draw"
    if len(card.get("actions", ())) > MOST_ACTIONS:
        return "more actions than Teams shows"
    return next(_faults(card["body"]), None)


def _faults(elements: list[dict[str, Any]]) -> Iterator[str]:
    if not elements:
        yield "no elements"
    for element in elements:
        if element["type"] == "Container":
            if element["style"] not in STYLES:
                yield f"style {element['style']}"
            yield from _faults(element["items"])
        elif element["type"] == "ActionSet":
            if not 1 <= len(element["actions"]) <= MOST_ACTIONS:
                yield "no action, or more than Teams shows"
        elif element["type"] != "RichTextBlock":
            yield f"type {element['type']}: its text is Markdown"
        elif not all(run["type"] == "TextRun" and run["text"] for run in element["inlines"]):
            yield "a run without text"


def lines_of(elements: list[dict[str, Any]]) -> Iterator[str]:
    """A line a block."""
    for element in elements:
        if element["type"] == "Container":
            yield from lines_of(element["items"])
        elif element["type"] == "RichTextBlock":
            yield "".join(run["text"] for run in element["inlines"])
