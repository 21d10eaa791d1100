"""Items as Markdown of GitHub's issues; pure.

What comes from data stands in a fenced block that is longer than any fence in it: no mention, no
HTML, no image, no link comes to life there. The first line is a hidden marker, by which an issue
or a comment is found again: data can't forge it, as data is never on the first line.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from plumbline.alerts.channels.message import Item, Message
from plumbline.alerts.channels.wording import cut, details, footer, headline, is_link, notes_of
from plumbline.core.safe_text import one_line

LABEL = "plumbline"
STATUS_LABELS = frozenset({"critical", "error", "warning"})
LONGEST_TITLE = 256
LONGEST_BODY = 65_536
MOST_GROUPS = 50

_LONGEST_BLOCK = 50_000
_LONGEST_LINE = 2_000
_LONGEST_LINK = 1_000


def title(item: Item, message: Message) -> str:
    """The headline; a mention in it stays asleep."""
    sample = "SAMPLE " if message.is_sample else ""
    return cut(f"{sample}{headline(item)}".replace("@", "@\u200b"), LONGEST_TITLE)


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
    notes = [cut(note, _LONGEST_LINE) for note in notes_of(message)]
    lines = [headline(item), *notes, ""]
    label = ""
    for detail in details(item, most_groups=MOST_GROUPS):
        shown = "" if detail.label == label else detail.label
        label = detail.label
        lines.append(f"{shown:<9} {cut(one_line(detail.text), _LONGEST_LINE)}".rstrip())
    lines += ["", footer(message)]
    parts = [_fenced(cut("\n".join(lines), _LONGEST_BLOCK))]
    for text, address in (("Documentation", item.docs_url), ("Runbook", item.runbook)):
        if address and len(address) <= _LONGEST_LINK and is_link(address):
            parts.append(f"{text}: <{address}>")
    if message.is_sample:
        parts.insert(0, "This is a sample: nothing is wrong.")
    return "\n\n".join(parts)


def _fenced(text: str) -> str:
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, min(longest + 1, 5_000))
    # A run of ticks that is longer than any fence is worth stays, but as ticks apart.
    text = re.sub(r"`{5000,}", "(many backticks)", text)
    return f"{fence}text\n{text}\n{fence}"
