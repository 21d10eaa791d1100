"""What channels that draw messages share: the color of a status, and how many items fit; pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

from plumbline.alerts.channels.message import Item, Message
from plumbline.alerts.channels.truncate import clipped
from plumbline.core.status import Status, worst

MOST_GROUPS = 8

_COLORS = {Status.CRITICAL: "#cf222e", Status.ERROR: "#8250df", Status.WARNING: "#bf8700"}
_GREEN = "#1a7f37"

_LONGEST_LINES = (600, 200, 60)
"""Characters of a line, from the first that leaves room for an item."""


def status_of(items: Sequence[Item]) -> Status:
    """The worst that is still wrong; PASS where all has ended."""
    return worst([item.status for item in items if not item.event.is_end])


def color_of(*items: Item) -> str:
    return _COLORS.get(status_of(items), _GREEN)


def encoded(
    message: Message,
    *,
    most_bytes: int,
    body: Callable[[Sequence[Item], int], object],
    part: Callable[[Item, int], object],
) -> bytes:
    """A request of at most ``most_bytes``, with the first items that have room.

    Args:
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
