"""Items with texts that a person could read."""

from __future__ import annotations

from plumbline.alerts.channels.truncate import LONGEST_TEXT, MOST_ENTRIES, clipped
from support.channel_messages import hostile_item, item


def test_an_ordinary_item_stays_as_it_is() -> None:
    assert clipped(item()) == item()


def test_long_texts_are_cut_and_groups_counted() -> None:
    found = clipped(hostile_item())
    assert len(found.summary) == len(found.groups[0].label) == LONGEST_TEXT
    assert (len(found.groups), found.more_groups) == (MOST_ENTRIES, 7 + 500 - MOST_ENTRIES)
    assert len(found.recovered) == len(hostile_item().recovered)
    assert found.docs_url == hostile_item().docs_url
