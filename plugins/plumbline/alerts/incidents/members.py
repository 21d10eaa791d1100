"""The failing groups of an incident: who is new, recovered, left the window or is missing.

*Recovered* is what was looked at and is healthy; *excused* what is healthy only by the thresholds
or groups of an edited suite. What was not looked at any more *left* the window,
or is missing while its rows are expected (`window`), and stays a member. One that comes back before
a notification said that it had gone is not new: the last notification named it as failing. Neither
is the date after one that fails: it has failed since that one did.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from plumbline.alerts.incidents import criteria
from plumbline.alerts.incidents.model import FailingGroup, Incident, MonitorMemory
from plumbline.alerts.incidents.window import failing_under_earlier_keys, has_left
from plumbline.core.alert_policy import MOST_GONE
from plumbline.core.outcome import GroupOutcome, Outcome, measured
from plumbline.core.status import Status

_FAILING = (Status.WARNING, Status.CRITICAL)


def meet(incident: Incident, outcome: Outcome, memory: MonitorMemory | None) -> Incident:
    """The incident with the members that fail now or are missing, and with the others told apart.

    A PASS has no members, whatever single rows look like: the whole is what is judged. Neither
    has an incident of kind ``error``: what a check found before it failed doesn't count.
    """
    arrivals = memory.arrivals if memory else {}
    if incident.kind == "error":
        return incident
    failing = {}
    if outcome.status is not Status.PASS:
        failing = {group.key.text: group for group in outcome.groups if group.status in _FAILING}
    judged = {key.text for key in outcome.judged}
    if outcome.lists_failing_only:
        judged |= {member.key for member in incident.members}
    gone = [member for member in incident.members if member.key not in failing]
    excused = criteria.excused(gone, incident, outcome)
    gone = _without_keys(gone, excused)
    recovered = [member for member in gone if member.key in judged]
    absent = [member for member in gone if member.key not in judged]
    missing = [member for member in absent if not has_left(member, outcome, arrivals)][-MOST_GONE:]
    left = _without_keys(absent, missing)
    recovered_again = _among(incident.recovered_members, failing)
    back_left = _among(incident.left_members, failing)
    back_excused = _among(incident.excused_members, failing)
    since = failing_under_earlier_keys(failing, incident, outcome, memory, left) if memory else {}
    since |= {
        member.key: member.since
        for member in (*recovered_again, *back_left)
        if incident.notified_at is None or member.last_seen >= incident.notified_at
    } | {member.key: member.since for member in incident.members}
    return replace(
        incident,
        members=(
            *(
                _member(group, since=since.get(key, outcome.as_of), last_seen=outcome.as_of)
                for key, group in failing.items()
            ),
            *(replace(member, is_missing=True) for member in missing),
        ),
        recovered=incident.recovered + len(recovered) - len(recovered_again),
        left=incident.left + len(left) - len(back_left),
        recovered_members=_without(incident.recovered_members, recovered_again, recovered),
        left_members=_without(incident.left_members, back_left, left),
        excused_members=_without(incident.excused_members, back_excused, excused),
    )


def new_members(incident: Incident) -> tuple[FailingGroup, ...]:
    """Those that began to fail after the last word; none where nothing was said yet."""
    notified_at = incident.notified_at
    if notified_at is None:
        return ()
    return tuple(member for member in incident.members if member.since > notified_at)


def missing_members(incident: Incident) -> tuple[FailingGroup, ...]:
    """Those that are not returned any more while they are expected."""
    return tuple(member for member in incident.members if member.is_missing)


def notified_before(gone: Iterable[FailingGroup], incident: Incident) -> tuple[FailingGroup, ...]:
    """Those of ``gone`` that the last word on ``incident`` named as failing."""
    notified_at = incident.notified_at
    if notified_at is None:
        return ()
    return tuple(member for member in gone if member.since <= notified_at <= member.last_seen)


def _member(group: GroupOutcome, *, since: datetime, last_seen: datetime) -> FailingGroup:
    return FailingGroup(
        key=group.key.text,
        label=group.key.label,
        since=since,
        last_seen=last_seen,
        lines=group.lines,
        **measured(group),
    )


def _among(members: Iterable[FailingGroup], keys: Iterable[str]) -> list[FailingGroup]:
    wanted = set(keys)
    return [member for member in members if member.key in wanted]


def _without_keys(
    members: Iterable[FailingGroup], others: Iterable[FailingGroup]
) -> list[FailingGroup]:
    keys = {member.key for member in others}
    return [member for member in members if member.key not in keys]


def _without(
    members: tuple[FailingGroup, ...], back: list[FailingGroup], gone: list[FailingGroup]
) -> tuple[FailingGroup, ...]:
    returned = {member.key for member in back}
    kept = [member for member in members if member.key not in returned]
    return tuple([*kept, *gone][-MOST_GONE:])
