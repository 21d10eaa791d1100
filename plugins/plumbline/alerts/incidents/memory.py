"""What is remembered of a monitor between runs, and which outcomes move it forward."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import tzinfo

from plumbline.alerts.incidents.model import FailingGroup, MonitorMemory, Sighting
from plumbline.alerts.incidents.window import arrivals_after
from plumbline.core.alert_policy import RECENT
from plumbline.core.instants import in_utc
from plumbline.core.outcome import Outcome
from plumbline.core.status import Status
from plumbline.core.text import listing, moment

_MOST_NOTES = 5
"""Monitors that are noted one by one."""


def forward(
    monitors: Mapping[str, MonitorMemory], outcomes: Sequence[Outcome]
) -> tuple[list[Outcome], list[str]]:
    """The outcomes that are later than what is known, one a monitor, and notes on the others.

    Their instants are in UTC: all that is decided compares and subtracts them.
    """
    latest: dict[str, Outcome] = {}
    notes: list[str] = []
    late: list[tuple[Outcome, MonitorMemory]] = []
    zone = outcomes[0].as_of.tzinfo if outcomes else None
    in_order = [replace(outcome, as_of=in_utc(outcome.as_of)) for outcome in outcomes]
    for outcome in sorted(in_order, key=lambda outcome: (outcome.monitor, outcome.as_of)):
        known = monitors.get(outcome.monitor)
        if known is not None and outcome.as_of <= known.as_of:
            late.append((outcome, known))
            continue
        if (earlier := latest.get(outcome.monitor)) is not None:
            notes.append(
                f"{outcome.monitor}: the outcome as of {moment(earlier.as_of.astimezone(zone))} "
                "changes no incident, because the same run has a later one"
            )
        latest[outcome.monitor] = outcome
    return list(latest.values()), [*_late_notes(late, zone), *notes]


def _late_notes(late: Sequence[tuple[Outcome, MonitorMemory]], zone: tzinfo | None) -> list[str]:
    """A note each; of many, as where a run is recorded again, one for all. Times in ``zone``."""
    decided = "because incidents are already decided up to"
    if len(late) > _MOST_NOTES:
        names = listing([outcome.monitor for outcome, _ in late])
        until = max(known.as_of for _, known in late).astimezone(zone)
        return [f"{names}: these outcomes change no incident, {decided} {moment(until)}"]
    return [
        f"{outcome.monitor}: the outcome as of {moment(outcome.as_of.astimezone(zone))} changes no "
        f"incident, {decided} "
        + ("then" if outcome.as_of == known.as_of else moment(known.as_of.astimezone(zone)))
        for outcome, known in late
    ]


def remember(
    known: MonitorMemory | None, outcome: Outcome, members: Mapping[str, FailingGroup]
) -> MonitorMemory:
    """The memory with ``outcome`` in it: SKIPPED says nothing, ERROR is a gap in the numbers.

    Args:
        members: of its open incidents, by key.
    """
    recent = known.recent if known else ()
    last_good = known.last_good if known else None
    arrivals = known.arrivals if known else {}
    has_healthy_groups = known is not None and known.has_healthy_groups
    if outcome.status.is_judged:
        arrivals = arrivals_after(arrivals, outcome, members)
        failing = {group.key for group in outcome.groups if group.status.is_failing}
        has_healthy_groups |= not failing.issuperset(outcome.judged)
    if outcome.status is not Status.SKIPPED:
        observed = None if outcome.status is Status.ERROR else outcome.observed
        sighting = Sighting(as_of=outcome.as_of, status=outcome.status, observed=observed)
        recent = (*recent, sighting)[-RECENT:]
        if outcome.status is Status.PASS:
            last_good = sighting
    return MonitorMemory(
        monitor=outcome.monitor,
        as_of=outcome.as_of,
        recent=recent,
        last_good=last_good,
        arrivals=arrivals,
        has_healthy_groups=has_healthy_groups,
    )
