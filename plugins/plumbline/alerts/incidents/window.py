"""The window of a monitor moves on: which failing groups left it, and which came in their place.

Dates and games leave a window in the order in which they came; a country or a system does not
leave. So a group has left once no group that came as early is judged any more. Where a key holds a
date, the date itself is that order. A date that fails as the date before it did is not news: the
incident lasts. Used by `plumbline.alerts.incidents.members`.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from plumbline.alerts.incidents.model import FailingGroup, Incident, MonitorMemory
from plumbline.core.group_key import GroupKey
from plumbline.core.outcome import GroupOutcome, Outcome

MOST_ARRIVALS = 1000
"""Groups of a monitor whose arrival is remembered; of more, none: what is not returned has left."""

_DATE = re.compile(r"\d{4}-\d\d-\d\d(T.*)?")


def has_left(member: FailingGroup, outcome: Outcome, arrivals: Mapping[str, datetime]) -> bool:
    """Whether ``member``, which ``outcome`` did not judge, is not expected any more.

    Args:
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
        members: of open incidents: they are remembered while they are missing.
    """
    if len(outcome.judged) > MOST_ARRIVALS:
        return {}
    found = {key.text: known.get(key.text, outcome.as_of) for key in outcome.judged}
    return {key: known[key] for key in members if key in known} | found


def failing_under_earlier_keys(
    failing: Mapping[str, GroupOutcome],
    incident: Incident,
    outcome: Outcome,
    memory: MonitorMemory,
    left: Sequence[FailingGroup],
) -> dict[str, datetime]:
    """Since when the groups that came in the place of failing ones have failed, by key.

    They are judged for the first time: one that was well and fails now is news.
    A date comes in the place of the last date before it if the rest of their keys is the same. Keys
    without dates (games) come in the place of others if not one of the groups that were judged
    before is judged any more. What is worse than the group in whose place it came is news.

    Args:
        failing: what fails now, by key.
        left: those that left the window now.
    """
    before = {member.key: member for member in (*incident.left_members, *incident.members)}
    new = failing.keys() - before.keys() - memory.arrivals.keys()
    if not new or not memory.arrivals:  # of too many groups, what was judged before is not known
        return {}
    healthy = {key.text for key in outcome.judged} - failing.keys()
    times = _times([*healthy, *failing, *before, *memory.arrivals])
    found: dict[str, datetime] = {}
    for key in sorted(new):  # of dates, the earlier first
        rest, dates = _without_dates(key)
        if not dates:
            replaced = _replaced(key, outcome, memory, left)
        else:
            place = bisect_left(times[rest], (dates, key))
            earlier = times[rest][place - 1][1] if place else ""
            replaced = [before[earlier]] if earlier in before and earlier not in healthy else []
            if earlier in found and _is_no_worse(failing[key], failing[earlier]):
                found[key] = found[earlier]
        if any(_is_no_worse(failing[key], one) for one in replaced):
            found[key] = min(one.since for one in replaced)
    return found


def _is_no_worse(group: GroupOutcome, than: GroupOutcome | FailingGroup) -> bool:
    return group.status.severity <= than.status.severity


def _replaced(
    key: str, outcome: Outcome, memory: MonitorMemory, left: Sequence[FailingGroup]
) -> list[FailingGroup]:
    """The groups of ``left`` in whose place a key without a date came."""
    columns = list(json.loads(key))
    peers = {peer.text for peer in outcome.judged if [name for name, _ in peer.items] == columns}
    # Of rows that are only those that fail, it can't be told whether others are judged.
    if not memory.has_healthy_groups or peers & memory.arrivals.keys():
        return []
    return [member for member in left if list(json.loads(member.key)) == columns]


def _times(keys: Iterable[str]) -> dict[str, list[tuple[tuple[str, ...], str]]]:
    """By key without dates: the dates, in order, each with its key."""
    found: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    for key in set(keys):
        rest, dates = _without_dates(key)
        found.setdefault(rest, []).append((dates, key))
    return {rest: sorted(times) for rest, times in found.items()}


def _without_dates(key: str) -> tuple[str, tuple[str, ...]]:
    values = json.loads(key)
    dates = tuple(value for value in values.values() if _is_date(value))
    rest = {name: None if _is_date(value) else value for name, value in values.items()}
    return json.dumps(rest), dates


def _is_before_all(date: str, name: str, peers: list[GroupKey]) -> bool:
    others = [value for peer in peers if _is_date(value := peer.as_dict()[name])]
    return all(date < str(other) for other in others)


def _is_date(value: object) -> bool:
    return isinstance(value, str) and _DATE.fullmatch(value) is not None
