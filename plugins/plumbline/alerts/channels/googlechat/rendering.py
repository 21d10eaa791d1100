"""A message as a card of Google Chat; pure.

Paragraphs of a card read a few HTML tags, so text from data is escaped. The text beside the card is
what notifications show: there a ``<`` from data is kept from beginning a mention or a link.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from html import escape
from typing import Any

from plumbline.alerts.channels import cards, wording
from plumbline.alerts.channels.message import Item, Message
from plumbline.core.safe_text import one_line

MOST_BYTES = 30_000
"""Of a request; Google Chat accepts 32,000."""
LONGEST_TEXT = 4_096
"""Characters of the text beside the card; a subject is far below."""

Part = dict[str, Any]


def encoded(message: Message, *, now: datetime | None = None) -> bytes:
    """The body of the request, of at most `MOST_BYTES`; items without room are counted.

    Args:
        now: when it is sent; a late message says so.
    """
    return cards.encoded(
        message,
        most_bytes=MOST_BYTES,
        body=lambda items, longest: _body(message, items, longest, now),
        part=_section,
    )


def _body(message: Message, items: Sequence[Item], longest: int, now: datetime | None) -> Part:
    rest = len(message.items) - len(items)
    opening = [escape(wording.cut(text, longest)) for text in wording.remarks(message, now)]
    closing = [
        *([f"and {rest:,} more"] if rest else []),
        escape(wording.cut(wording.footer(message), longest)),
    ]
    sections = [
        *([_paragraphs(opening)] if opening else []),
        *(_section(item, longest) for item in items),
        _paragraphs(closing),
    ]
    return {
        "text": wording.cut(wording.subject(message).replace("<", "<\u200b"), LONGEST_TEXT),
        "cardsV2": [{"cardId": message.id, "card": {"sections": sections}}],
        # Of the worst incident: what follows about it is in the same thread.
        "thread": {"threadKey": message.items[0].incident if message.items else message.id},
    }


def _section(item: Item, longest: int) -> Part:
    title = escape(wording.cut(wording.headline(item), longest))
    lines = [f'<font color="{cards.color_of(item)}"><b>{title}</b></font>']
    for label, text in wording.labelled(
        wording.details(item, most_groups=cards.MOST_GROUPS, addresses=False)
    ):
        shown = f"<b>{escape(label)}</b>: " if label else ""
        lines.append(shown + escape(wording.cut(one_line(text), longest)))
    section = _paragraphs(lines)
    buttons = [
        {"text": label, "onClick": {"openLink": {"url": address}}}
        for label, address in wording.links(item)
    ]
    if buttons:
        section["widgets"].append({"buttonList": {"buttons": buttons}})
    return section


def _paragraphs(lines: Sequence[str]) -> Part:
    return {"widgets": [{"textParagraph": {"text": "<br>".join(lines)}}]}
