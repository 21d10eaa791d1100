"""Runs, and what a monitor found in one, as the site keeps and shows them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from plumbline.core.outcome import Result, ThresholdLine
from plumbline.core.status import RunStatus, Status
from plumbline.core.text import capped

MOST_SEEN = 40
"""Sightings of one incident that its page names: the last ones."""

_MOST_MEMBERS = 20


@dataclass(frozen=True)
class GroupRow:
    """A view of a `plumbline.core.outcome.GroupOutcome`, as the cache stores it."""

    key: str
    """The canonical text of its `GroupKey`."""
    label: str
    status: Status
    observed: float | None = None
    unit: str = ""
    lines: tuple[ThresholdLine, ...] = ()


class ExpectationRow(NamedTuple):
    """What came of one expectation in one run; a tuple, because the cache holds thousands."""

    key: str
    """As `plumbline.core.outcome.ExpectationOutcome.key`."""
    result: Result
    severity: str
    text: str
    """What was required then."""


@dataclass(frozen=True)
class Row:
    """One run of a monitor: a view of a `plumbline.core.outcome.Outcome` and its
    `plumbline.core.run.Run`, as the cache stores it."""

    at: datetime
    """The instant that was judged, in UTC."""
    status: Status
    observed: float | None
    unit: str = ""
    thresholds: str = ""
    lines: tuple[ThresholdLine, ...] = ()
    summary: str = ""
    run_id: str = ""
    checkpoint: str = ""
    seconds: float = 0.0
    bytes_billed: int | None = None
    revision: str | None = None
    result: tuple[str, ...] | None = None
    """The key of GX's stored result."""
    groups: tuple[GroupRow, ...] = ()
    expectations: tuple[ExpectationRow, ...] = ()
    """Of the last day; of the days before, see `plumbline.site.expectations`."""
    is_archived: bool = False
    """Whether the archives hold it too."""


@dataclass(frozen=True)
class RunRow:
    """One whole run of a checkpoint: a `plumbline.core.run.Run` as the cache stores it, with how
    it went."""

    run_id: str
    checkpoint: str
    as_of: datetime
    status: RunStatus
    score: int | None
    counts: Mapping[str, int] = field(default_factory=dict)
    """As `RunReport.counts`."""
    seconds: float = 0.0
    """Of the slowest monitor."""
    revision: str | None = None
    note: str = ""
    """Why it was SKIPPED."""


@dataclass(frozen=True)
class Sighted:
    """What one run saw of an incident's monitor."""

    at: datetime
    status: Status
    observed: float | None = None
    unit: str = ""
    summary: str = ""
    members: tuple[str, ...] = ()
    """Labels of the failing groups, the first ones."""
    lines: tuple[ThresholdLine, ...] = ()
    """The thresholds of the number in that run; those that earlier versions stored have none."""


def sightings(
    rows: Sequence[Row],
    *,
    opened_at: datetime,
    until: datetime | None,
    before: tuple[Sighted, ...] = (),
) -> tuple[Sighted, ...]:
    """``before``, and each run after it that saw something else; what was SKIPPED saw nothing.

    Args:
        rows: of the incident's monitor, oldest first.
        until: its end; None: it is open.
    """
    seen = list(before)
    for row in rows:
        if row.status is Status.SKIPPED or row.at < opened_at or (until and row.at >= until):
            continue
        if seen and row.at <= seen[-1].at:
            continue
        if seen and (row.status, row.observed) == (seen[-1].status, seen[-1].observed):
            continue
        wrong = [group.label for group in row.groups if group.status is not Status.PASS]
        seen.append(
            Sighted(row.at, row.status, row.observed, row.unit, row.summary, some(wrong), row.lines)
        )
    return tuple(seen)


def last_sightings(seen: tuple[Sighted, ...]) -> tuple[Sighted, ...]:
    """The last ones, and before them the worst."""
    last = seen[-MOST_SEEN:]
    worst = worst_of(seen)
    return last if worst is None or worst in last else (worst, *last)


def worst_of(seen: Sequence[Sighted]) -> Sighted | None:
    """By status, then by how far beyond its threshold the number is; of equals, the first."""
    return max(seen, key=_badness, default=None)


def _badness(one: Sighted) -> tuple[int, float, float]:
    return one.status.severity, beyond(one), -one.at.timestamp()


def beyond(one: Sighted | Row | GroupRow) -> float:
    """How far the number is beyond the threshold of its status; minus infinity where there is none.

    A number without thresholds counts what fails.
    """
    if one.observed is None or not math.isfinite(one.observed):
        return -math.inf
    lines = [line for line in one.lines if line.severity == one.status.lower()] or one.lines
    sides = [
        line.value - one.observed if line.fails == "below" else one.observed - line.value
        for line in lines
    ]
    return max(sides, default=one.observed)


def some(labels: Sequence[str]) -> tuple[str, ...]:
    """The first ones, and how many more there are."""
    return tuple(capped(labels, _MOST_MEMBERS))
