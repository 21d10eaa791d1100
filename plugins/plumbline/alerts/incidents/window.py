"""Failing groups that are not returned any more: did they leave the window, or are they missing?

Dates and games leave a window in the order in which they came; a country or a system does not
leave. So a group has left once no group that came as early is judged any more. Where a key holds a
date, the date itself is that order. Used by `plumbline.alerts.incidents.members`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime

from plumbline.alerts.incidents.model import FailingGroup
from plumbline.core.group_key import GroupKey
from plumbline.core.outcome import Outcome

MOST_ARRIVALS = 1000
"""Groups of a monitor whose arrival is remembered; of more, none: what is not returned has left."""

_DATE = re.compile(r"\d{4}-\d\d-\d\d(T.*)?")


def has_left(member: FailingGroup, outcome: Outcome, arrivals: Mapping[str, datetime]) -> bool:
    """Whether ``member``, which ``outcome`` did not judge, is not expected any more.

    Args:
        member: of an open incident.
        outcome: the judged groups, and those that are retired.
        arrivals: when each group was first judged, by key.
    """
    if member.label in outcome.retired:
        return True
    key = json.loads(member.key)
    peers = [peer for peer in outcome.judged if [name for name, _ in peer.items] == list(key)]
    dates = [name for name, value in key.items() if _is_date(value)]
    if dates:
        return any(_is_before_all(key[name], name, peers) for name in dates)
    arrived = arrivals.get(member.key, member.since)
    return all(arrivals.get(peer.text, outcome.as_of) > arrived for peer in peers)


def arrivals_after(
    known: Mapping[str, datetime], outcome: Outcome, members: Mapping[str, FailingGroup]
) -> dict[str, datetime]:
    """When each group that counts was first judged.

    Args:
        known: the same before.
        outcome: what was judged now.
        members: of open incidents: they are remembered while they are missing.
    """
    if len(outcome.judged) > MOST_ARRIVALS:
        return {}
    found = {key.text: known.get(key.text, outcome.as_of) for key in outcome.judged}
    return {key: known[key] for key in members if key in known} | found


def _is_before_all(date: str, name: str, peers: list[GroupKey]) -> bool:
    others = [value for peer in peers if _is_date(value := peer.as_dict()[name])]
    return all(date < str(other) for other in others)


def _is_date(value: object) -> bool:
    return isinstance(value, str) and _DATE.fullmatch(value) is not None
