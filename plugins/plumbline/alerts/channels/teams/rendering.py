"""A message as an adaptive card for Microsoft Teams; pure.

Teams reads text blocks and facts as Markdown, but not the runs of a rich text block: all text from
data is in runs, so that nothing in it becomes a link, a mention or an image.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from plumbline.alerts.channels import cards, wording
from plumbline.alerts.channels.message import Item, Message
from plumbline.core.safe_text import one_line
from plumbline.core.status import Status

MOST_BYTES = 20_000
"""Of a request. Teams documents about 28 KB, and answers 413 to some requests above 21,000."""

_STYLES = {Status.CRITICAL: "attention", Status.ERROR: "accent", Status.WARNING: "warning"}

Block = dict[str, Any]


def encoded(message: Message, *, now: datetime | None = None) -> bytes:
    """The body of the request, of at most `MOST_BYTES`; items without room are counted.

    Args:
        now: when it is sent; a late message says so.
    """
    return cards.encoded(
        message,
        most_bytes=MOST_BYTES,
        body=lambda items, longest: _request(message, _card(message, items, longest, now)),
        part=_item,
    )


def _request(message: Message, card: Block) -> Block:
    attachment = {
        "contentType": "application/vnd.microsoft.card.adaptive",
        "contentUrl": None,
        "content": card,
    }
    return {"type": "message", "summary": wording.subject(message), "attachments": [attachment]}


def _card(message: Message, items: Sequence[Item], longest: int, now: datetime | None) -> Block:
    rest = len(message.items) - len(items)
    more = [_line(f"and {rest:,} more", longest)] if rest else []
    opening = [_line(text, longest, bold=True) for text in wording.remarks(message, now)]
    closing = _line(wording.footer(message), longest, subtle=True)
    return {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "fallbackText": wording.subject(message),
        "msteams": {"width": "Full"},
        "body": [*opening, *(_item(item, longest) for item in items), *more, closing],
    }


def _item(item: Item, longest: int) -> Block:
    style = "good" if item.event.is_end else _STYLES.get(item.status, "default")
    lines = [_line(wording.headline(item), longest, bold=True)]
    for label, text in wording.labelled(
        wording.details(item, most_groups=cards.MOST_GROUPS, addresses=False)
    ):
        shown = [_run(f"{label}: ", bold=True)] if label else []
        lines.append(_rich([*shown, _run(wording.cut(one_line(text), longest))]))
    buttons = [
        {"type": "Action.OpenUrl", "title": label, "url": address}
        for label, address in wording.links(item)
    ]
    if buttons:
        lines.append({"type": "ActionSet", "actions": buttons})
    return {"type": "Container", "style": style, "items": lines}


def _line(text: str, longest: int, *, bold: bool = False, subtle: bool = False) -> Block:
    return _rich([_run(wording.cut(text, longest), bold=bold, subtle=subtle)])


def _rich(runs: Sequence[Block]) -> Block:
    return {"type": "RichTextBlock", "spacing": "Small", "inlines": list(runs)}


def _run(text: str, *, bold: bool = False, subtle: bool = False) -> Block:
    run: Block = {"type": "TextRun", "text": text}
    if bold:
        run["weight"] = "Bolder"
    if subtle:
        run |= {"isSubtle": True, "size": "Small"}
    return run
