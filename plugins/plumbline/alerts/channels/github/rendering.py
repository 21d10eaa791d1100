"""Items as Markdown of GitHub's issues; pure.

What comes from data is escaped: no mention, HTML, image or link comes to life. The first line is a
hidden marker, by which an issue or a comment is found again: data is never on the first line, so
it can't forge one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from plumbline.alerts.channels import wording
from plumbline.alerts.channels.message import Item, Message
from plumbline.core.markdown import escape
from plumbline.core.safe_text import one_line

LABEL = "plumbline"
STATUS_LABELS = frozenset({"critical", "error", "warning"})
LONGEST_TITLE = 256
LONGEST_BODY = 65_536
MOST_GROUPS = 50

_LONGEST_BLOCK = 50_000
_LONGEST_LINE = 2_000


def title(item: Item, message: Message) -> str:
    """The headline; a mention in it stays asleep."""
    sample = "SAMPLE " if message.is_sample else ""
    return wording.cut(f"{sample}{wording.headline(item)}".replace("@", "@\u200b"), LONGEST_TITLE)


def issue_body(item: Item, message: Message) -> str:
    """The body of an item's issue, with the markers of its incident and of its event."""
    return f"{marker(item.incident)}{marker(item.event_id)}\n{_text(item, message)}"


def comment_body(item: Item, message: Message) -> str:
    """A comment about an item, with the marker of its event."""
    return f"{marker(item.event_id)}\n{_text(item, message)}"


def labels(item: Item, present: Iterable[str] = ()) -> list[str]:
    """The labels of an item's issue: ours, its status, and what people put there."""
    theirs = [name for name in present if name != LABEL and name not in STATUS_LABELS]
    return [LABEL, item.status.lower(), *theirs]


def marker(identifier: str) -> str:
    """``<!-- plumbline:line_coverage-1a2b3c4d -->``: unseen in the page."""
    return f"<!-- plumbline:{re.sub(r'[^A-Za-z0-9._-]|-(?=-)', '_', identifier)} -->"


def has_marker(body: object, identifier: str) -> bool:
    """Whether a text of GitHub begins with the marker, as ours do."""
    return isinstance(body, str) and marker(identifier) in body.partition("\n")[0]


def _text(item: Item, message: Message) -> str:
    lines = [f"**{escape(wording.headline(item))}**", ""]
    lines += [
        f"{escape(wording.cut(text, _LONGEST_LINE))}\n" for text in wording.remarks(message, None)
    ]
    room = _LONGEST_BLOCK - len("\n".join(lines))
    for detail in wording.details(item, most_groups=MOST_GROUPS, addresses=False):
        line = f"- **{detail.label}**: {_shown(detail)}"
        room -= len(line) + 1
        if room < 0:
            lines.append("- ...")
            break
        lines.append(line)
    addresses = " · ".join(f"[{label}](<{address}>)" for label, address in wording.links(item))
    parts = ["\n".join(lines), addresses, f"<sub>{escape(wording.footer(message))}</sub>"]
    return "\n\n".join(filter(None, parts))


def _shown(detail: wording.Detail) -> str:
    text = wording.cut(one_line(detail.text), _LONGEST_LINE)
    if detail.label in _COMMANDS:
        return f"`{text.replace('`', chr(39))}`"
    return escape(text)


_COMMANDS = ("ack",)
"""Details that are a command to copy."""
