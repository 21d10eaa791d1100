"""Items with texts that are no longer than a person reads, before they are rendered.

Rendering looks at each character; where data made ten thousand of them a name, sixty items would
take up the time of the attempt. Used by channels that make a text of each item.
"""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

from plumbline.alerts.channels.message import Item
from plumbline.alerts.channels.wording import cut

LONGEST_TEXT = 1_000
"""Characters of any one text; ids and addresses are left whole, as a part of one is none."""
MOST_ENTRIES = 50
"""Of expectations, groups and notes; what wording counts by its length is left."""

_WHOLE = frozenset({"incident", "event_id", "docs_url", "runbook", "sql_url", "suite_url"})


def clipped(item: Item) -> Item:
    """``item`` with bounded texts and lists; groups that go are counted in ``more_groups``."""
    dropped = max(0, len(item.groups) - MOST_ENTRIES)
    short: Item = _clipped(item)
    return replace(
        short,
        expectations=tuple(cut(text, LONGEST_TEXT) for text in item.expectations[:MOST_ENTRIES]),
        groups=tuple(_clipped(line) for line in item.groups[:MOST_ENTRIES]),
        more_groups=item.more_groups + dropped,
        recovered=tuple(cut(text, LONGEST_TEXT) for text in item.recovered),
        left=tuple(cut(text, LONGEST_TEXT) for text in item.left),
        notes=tuple(cut(text, LONGEST_TEXT) for text in item.notes[:MOST_ENTRIES]),
        children=tuple(_clipped(child) for child in item.children),
    )


def _clipped(value: Any) -> Any:
    """A dataclass with its own texts cut; enumerations are texts of ours, and short."""
    texts = {
        entry.name: cut(text, LONGEST_TEXT)
        for entry in fields(value)
        if entry.name not in _WHOLE
        and type(text := getattr(value, entry.name)) is str
        and len(text) > LONGEST_TEXT
    }
    return replace(value, **texts) if texts else value
