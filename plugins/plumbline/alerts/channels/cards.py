"""What the cards of Microsoft Teams and Google Chat share: how many items fit; pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

from plumbline.alerts.channels.message import Item, Message
from plumbline.alerts.channels.truncate import clipped

MOST_GROUPS = 8

_LONGEST_LINES = (600, 200, 60)
"""Characters of a line, from the first that leaves room for an item."""


def encoded(
    message: Message,
    *,
    most_bytes: int,
    body: Callable[[Sequence[Item], int], object],
    part: Callable[[Item, int], object],
) -> bytes:
    """A request of at most ``most_bytes``, with the first items that have room.

    Args:
        message: whose items they are.
        most_bytes: that the receiver accepts.
        body: of a request with these items, and lines of at most so many characters.
        part: what one item adds to the body.
    """
    for longest in _LONGEST_LINES:
        items = _fitting(message, longest, most_bytes, body, part)
        if items:
            break
    return _json(body(items, longest))


def _fitting(
    message: Message,
    longest: int,
    most_bytes: int,
    body: Callable[[Sequence[Item], int], object],
    part: Callable[[Item, int], object],
) -> list[Item]:
    used = len(_json(body([], longest)))
    fitting: list[Item] = []
    for item in map(clipped, message.items):
        used += len(_json(part(item, longest))) + 1
        if used > most_bytes:
            break
        fitting.append(item)
    return fitting


def _json(value: object) -> bytes:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "replace")
