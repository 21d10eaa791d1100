"""A message as an e-mail in plain text and HTML; pure.

Mails about an incident are a thread: each refers to the first one by ``In-Reply-To`` and
``References``. The ``Message-ID`` is made of the message's id, so that a mail that arrives twice
can be recognised. Text from data is escaped, and only addresses that are safe become links.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from html import escape

from plumbline.alerts.channels import wording
from plumbline.alerts.channels.cards import color_of
from plumbline.alerts.channels.message import Item, Message
from plumbline.alerts.channels.truncate import clipped
from plumbline.core.safe_text import one_line

LONGEST_TEXT = 60_000
"""Characters of the plain text."""
LONGEST_HTML = 200_000
"""Characters; a longer mail has plain text only."""
MOST_ITEMS = 30
"""Items in the HTML; the others are counted."""
ROOT = "message_id"
"""Among the references of an incident: the first mail about it."""

_LONGEST_LINE = 500
_ONE_LINE = SMTP.clone(max_line_length=998)
"""Python folds a title that is too long for 78 characters right after ``Subject:``, and some
clients then show it with a blank."""


def mail_of(
    message: Message, *, sender: str, recipients: Sequence[str], now: datetime
) -> EmailMessage:
    """The mail for ``message``.

    Args:
        sender: the address in ``From``.
        recipients: the addresses in ``To``.
        now: when it is sent; a late message says so.
    """
    title = _text(wording.subject(message))
    mail = EmailMessage(policy=_ONE_LINE if title.isascii() else SMTP)
    mail["From"] = sender
    mail["To"] = ", ".join(recipients)
    mail["Subject"] = title
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = message_id(message, sender)
    mail["Auto-Submitted"] = "auto-generated"  # no absence notices in return
    mail["X-Auto-Response-Suppress"] = "All"
    earlier = thread(message, sender)
    if earlier:
        mail["In-Reply-To"] = earlier[0]
        mail["References"] = " ".join(earlier)
    mail.set_content(_text(wording.plain_text(message, limit=LONGEST_TEXT, now=now)), cte="base64")
    page = _text(html(message, now=now))
    if len(page) <= LONGEST_HTML:
        mail.add_alternative(page, subtype="html", cte="base64")
    return mail


def message_id(message: Message, sender: str) -> str:
    """``<m-0a1b2c3d4e5f6071@example.com>``."""
    return f"<{message.id}@{sender.rpartition('@')[2]}>"


def thread(message: Message, sender: str) -> list[str]:
    """The first mail about each incident in ``message``, without the mail itself."""
    roots = [
        message.references[item.incident][ROOT]
        for item in message.items
        if ROOT in message.references.get(item.incident, {})
    ]
    return [root for root in dict.fromkeys(roots) if root != message_id(message, sender)]


def html(message: Message, *, now: datetime | None = None) -> str:
    """The mail as a page: a block per incident, coloured by its status."""
    more = len(message.items) - MOST_ITEMS
    blocks = [
        *(_tag("p", escape(remark)) for remark in wording.remarks(message, now)),
        *(_item(clipped(item)) for item in message.items[:MOST_ITEMS]),
        *([_tag("p", f"and {more:,} more")] if more > 0 else []),
        _tag("p", escape(wording.footer(message)), "color:#57606a;font-size:12px"),
    ]
    body = _tag("body", "\n".join(blocks), "font-family:sans-serif;font-size:14px")
    return f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"></head>{body}</html>\n'


def _item(item: Item) -> str:
    colour = color_of(item)
    title = _tag(
        "h2", escape(wording.headline(item)), f"font-size:16px;margin:0 0 8px;color:{colour}"
    )
    rows = "\n".join(_row(label, text) for label, text in wording.labelled(wording.details(item)))
    style = f"border-left:4px solid {colour};padding-left:12px;margin:0 0 20px"
    return _tag("div", f"{title}\n<table>\n{rows}\n</table>", style)


def _row(label: str, text: str) -> str:
    head = _tag("td", escape(label), "color:#57606a;padding-right:12px;vertical-align:top")
    return _tag("tr", head + _tag("td", _value(text)))


def _value(text: str) -> str:
    if wording.is_link(text):
        return f'<a href="{escape(text)}">{escape(text)}</a>'
    return escape(wording.cut(one_line(text), _LONGEST_LINE))


def _tag(name: str, content: str, style: str = "") -> str:
    attribute = f' style="{style}"' if style else ""
    return f"<{name}{attribute}>{content}</{name}>"


def _text(text: str) -> str:
    # A lone surrogate can't be encoded.
    return text.encode("utf-8", "replace").decode()
