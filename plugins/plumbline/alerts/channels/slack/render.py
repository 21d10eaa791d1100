"""From a `Message` to what Slack is sent: fallback text, blocks and attachments, within its limits.

Pure. Used by `channel`. The order is that of a person woken at night: what, where, what it costs,
what to do, and only then who and which. Only attachments have a bar of colour, and Slack may fold
what is long in them: the headline and the mentions stand above.

Links are text, and an acknowledgement is a reaction: a click on any button, also on one that only
opens an address, is sent to the app's own endpoint, and without one Slack shows a warning.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from plumbline.alerts.channels import wording
from plumbline.alerts.channels.cards import color_of, status_of
from plumbline.alerts.channels.message import Child, Item, Message
from plumbline.alerts.channels.slack import escape
from plumbline.core.safe_text import one_line
from plumbline.core.status import Status
from plumbline.core.text import capped

MOST_CHARACTERS = 12_000
"""Of all blocks as JSON; from about 13,000 Slack answers ``msg_blocks_too_long``."""
LONGEST_SECTION = 3000
LONGEST_HEADER = 150

MOST_FULL = 7
"""Items that are shown whole; of the others only the headline."""
MOST_HEADLINES = 15
MOST_GROUPS = 8
LONGEST_FALLBACK = 2500

_LONGEST_LINE = 400
_MOST_MENTIONS = 20
_SLACK_ID = re.compile(r"[USW][A-Z0-9]{5,20}")
_ROOM_FOR_GROUPS = 1500
_ROOM_FOR_FAILED = 2700
_LONGEST_ACTION = 1200
_LONGEST_NAME = 100

Block = dict[str, Any]
Bar = dict[str, Any]
"""An attachment: blocks beside a bar of colour."""
Payload = dict[str, Any]


def payload(message: Message, *, now: datetime | None = None) -> Payload:
    """The whole message.

    Args:
        now: when it is sent; a late message says so.
    """
    bars: list[Bar] = []
    room = MOST_CHARACTERS
    for item in message.items[:MOST_FULL]:  # of a single one the headline is the header
        bar = _bar(item, _item(item, with_headline=len(message.items) > 1))
        room -= len(json.dumps(bar))
        if bars and room < LONGEST_SECTION:
            break
        bars.append(bar)
    rest = message.items[len(bars) :]
    if rest:
        bars.append({"color": color_of(*rest), "blocks": [_section(_headlines(rest))]})
    return _payload(message, now, bars)


def payload_of(
    message: Message, item: Item, *, now: datetime | None = None, brief: bool = False
) -> Payload:
    """One item of the message, as a bot's message of its own.

    Args:
        brief: for a thread, whose root says the rest.
    """
    alone = replace(message, items=(item,))
    if brief:
        blocks = _what(item) or [_section(escape.mrkdwn(wording.found(item)))]
        return _payload(alone, now, [_bar(item, blocks)], with_footer=False)
    return _payload(alone, now, [_bar(item, _item(item, with_headline=False, is_bots=True))])


def _payload(
    message: Message, now: datetime | None, bars: Sequence[Bar], *, with_footer: bool = True
) -> Payload:
    blocks = [_header(message), *_remarks(message, now), *_mentions(message.items)]
    if with_footer and bars:
        bars[-1]["blocks"].append(_footer(message))
    elif with_footer:
        blocks.append(_footer(message))
    return {
        "text": _fallback(message),
        "blocks": blocks,
        "attachments": list(bars),
        "unfurl_links": False,
        "unfurl_media": False,
    }


def without_blocks(payload: Payload) -> Payload:
    """``payload`` for where Slack does not take its blocks: their texts below each other."""
    blocks = [*payload["blocks"], *(one for bar in payload["attachments"] for one in bar["blocks"])]
    texts = [block.get("text") or block["elements"][0] for block in blocks]
    lines = [text["text"] for text in texts if text["type"] == "mrkdwn"]
    return {"text": _within("\n".join([payload["text"], *lines]))}


def _fallback(message: Message) -> str:
    """What a notification shows: the first line; then the other incidents, with their ids."""
    lines = [escape.mrkdwn(wording.subject(message))]
    is_alone = len(message.items) == 1
    for index, item in enumerate(message.items):
        line = f"incident {_id(item)}" if is_alone else f"{wording.headline(item)} ({_id(item)})"
        left = len(message.items) - index
        if len("\n".join([*lines, escape.mrkdwn(line)])) > LONGEST_FALLBACK:
            lines.append(f"and {left:,} more")
            break
        lines.append(escape.mrkdwn(line))
    return "\n".join(lines)


def _header(message: Message) -> Block:
    colour = f"{_CIRCLES[status_of(message.items)]} "
    subject = wording.subject(message, longest=LONGEST_HEADER - len(colour))
    text = wording.cut(colour + escape.plain(subject), LONGEST_HEADER)
    return {"type": "header", "text": {"type": "plain_text", "text": text, "emoji": False}}


def _bar(item: Item, blocks: list[Block]) -> Bar:
    return {"color": color_of(item), "blocks": blocks}


_CIRCLES = {
    Status.CRITICAL: "\N{LARGE RED CIRCLE}",
    Status.ERROR: "\N{LARGE PURPLE CIRCLE}",
    Status.WARNING: "\N{LARGE YELLOW CIRCLE}",
    Status.PASS: "\N{LARGE GREEN CIRCLE}",
    Status.SKIPPED: "\N{LARGE GREEN CIRCLE}",
}


def _remarks(message: Message, now: datetime | None) -> list[Block]:
    lines = [_short(text, _LONGEST_LINE) for text in wording.remarks(message, now)]
    return [_context("\n".join(lines))] if lines else []


def _item(item: Item, *, with_headline: bool, is_bots: bool = False) -> list[Block]:
    blocks: list[Block] = []
    if with_headline:
        blocks.append(_section(f"*{escape.mrkdwn(wording.headline(item))}*"))
    blocks += _what(item)
    if not item.event.is_end:
        blocks += _advice(item)
    if addresses := list(_links(item)):
        blocks.append(_section(" · ".join(addresses)))
    return [*blocks, _context(_whose(item, is_bots=is_bots))]


def _mentions(items: Sequence[Item]) -> list[Block]:
    """The owners' people, as Slack's mentions."""
    found = [
        f"<!subteam^{one}>" if one.startswith("S") else f"<@{one}>"
        for one in dict.fromkeys(one for item in items for one in item.mentions)
        if _SLACK_ID.fullmatch(one)
    ]
    return [_section(" ".join(found[:_MOST_MENTIONS]))] if found else []


def _what(item: Item) -> list[Block]:
    """What changed, the numbers, and which groups fail."""
    lines = [escape.mrkdwn(line) for line in wording.what_changed(item)]
    if item.event.is_end:
        return [_section("\n".join(lines))] if lines else []
    good = wording.last_good(item)
    if found := wording.news(item):
        lines.append(_short(found, 2 * _LONGEST_LINE))
    if good:
        lines.append(f"Last good: {escape.mrkdwn(good)}")
    if item.groups:
        lines.append(_groups(item))
    children = [f"Fails because of it: {_child(child)}" for child in item.children]
    lines += capped(children, wording.MOST_CHILDREN, of=" because of it")
    failed = [_section("\n".join(_failed(item)))] if item.expectations else []
    return [*([_section("\n".join(lines))] if lines else []), *failed]


def _failed(item: Item) -> list[str]:
    """Each failed expectation; a long one loses the end of its values, not its counts."""
    shown = item.expectations[: wording.MOST_FAILED]
    longest = min(_LONGEST_LINE, _ROOM_FOR_FAILED // max(1, len(shown)))
    lines = [f"Fails: {escape.mrkdwn(wording.cut(text, longest))}" for text in shown]
    return capped(lines, wording.MOST_FAILED, total=len(item.expectations))


def _child(child: Child) -> str:
    summary = wording.cut(child.summary, _LONGEST_LINE // 2)
    return escape.mrkdwn(f"{child.status} {wording.cut(child.monitor, _LONGEST_NAME)}: {summary}")


def _groups(item: Item) -> str:
    shown: list[str] = []
    for line in item.groups[:MOST_GROUPS]:
        text = escape.code(wording.group_line(item, line))
        if shown and len("\n".join([*shown, text])) > _ROOM_FOR_GROUPS:
            break
        shown.append(text)
    more = len(item.groups) - len(shown) + item.more_groups
    if more:
        shown.append(f"and {more:,} more")
    return "```\n" + "\n".join(shown) + "\n```"


def _advice(item: Item) -> list[Block]:
    """What it costs, and what to do: the command stands alone, to be copied."""
    lines = []
    if impact := wording.impact(item):
        lines.append(f"*Impact:* {escape.mrkdwn(wording.cut(impact, 2 * _LONGEST_LINE))}")
    if item.action:
        action = escape.code(wording.cut(item.action.strip(), _LONGEST_ACTION))
        lines.append(f"*Do:*\n```\n{action}\n```")
    return [_section("\n".join(lines))] if lines else []


def _whose(item: Item, *, is_bots: bool) -> str:
    """The small print: owner, how to acknowledge, trend, the incident's id."""
    ended = item.event.is_end
    parts = []
    if item.owner:
        parts.append(f"owner {_short(item.owner)}")
    if item.ack_command:
        reaction = "react with :eyes: or " if is_bots else ""
        parts.append(f"acknowledge: {reaction}`{escape.code(_cut_command(item.ack_command))}`")
    if item.acked_by:
        parts.append(f"acknowledged by {_short(item.acked_by)}")
    if trend := wording.sparkline(item.trend):
        parts.append(f"trend {trend}")
    parts += [_short(note, _LONGEST_LINE // 2) for note in item.notes[:3]]
    if ended:  # else it is in the headline
        parts.append(f"since {escape.mrkdwn(wording.data_moment(item.since))}")
    parts.append(f"incident {escape.mrkdwn(_id(item))}")
    return " · ".join(part for part in parts if part)


def _cut_command(command: str) -> str:
    return wording.cut(one_line(command), 2 * _LONGEST_NAME).replace("`", "'")


def _links(item: Item) -> Iterator[str]:
    """What a reader may open; a runbook's path in the repository is shown as text."""
    for path in wording.runbook_path(item):
        yield f"Runbook {_short(path.text, 2 * _LONGEST_NAME)}"
    for label, address in wording.links(item):
        yield f"<{address.replace('&', '&amp;')}|{label}>"


def _headlines(items: Sequence[Item]) -> str:
    lines: list[str] = []
    for index, item in enumerate(items):
        line = escape.mrkdwn(f"{wording.headline(item)} ({_id(item)})")
        if index == MOST_HEADLINES or len("\n".join([*lines, line])) > LONGEST_SECTION - 50:
            lines.append(f"and {len(items) - index:,} more")
            break
        lines.append(line)
    return "\n".join(lines)


def _footer(message: Message) -> Block:
    return _context(escape.mrkdwn(wording.footer(message)))


def _section(text: str) -> Block:
    return {"type": "section", "text": _text(text)}


def _context(text: str) -> Block:
    return {"type": "context", "elements": [_text(text)]}


def _text(text: str) -> Block:
    # Verbatim: Slack makes no links of what only looks like an address or a name.
    return {"type": "mrkdwn", "text": _within(text), "verbatim": True}


def _within(text: str) -> str:
    """A text that grew beyond the limit by its escapes, cut at a line, its code block closed."""
    if len(text) <= LONGEST_SECTION:
        return text
    text = text[: LONGEST_SECTION - 10]
    text = text[: text.rfind("\n")] if "\n" in text else text[: max(text.rfind(" "), 1)]
    return text + ("\n…\n```" if text.count("```") % 2 else "\n…")


def _short(text: str, longest: int = _LONGEST_NAME) -> str:
    return escape.mrkdwn(wording.cut(text, longest))


def _id(item: Item) -> str:
    return wording.cut(item.incident, _LONGEST_NAME)
