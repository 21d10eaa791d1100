"""What a monitor saw while an incident was open: each run that saw something else.

Pure. Used by `plumbline.site.history_cache`, which keeps it of runs that are archived, and by
`plumbline.site.stories`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from plumbline.core.status import Status
from plumbline.site.rows import Row

MOST_SEEN = 40
"""Sightings of one incident that its page names: the last ones."""
_MOST_MEMBERS = 20


@dataclass(frozen=True)
class Sighted:
    """What one run saw."""

    at: datetime
    status: Status
    observed: float | None = None
    unit: str = ""
    summary: str = ""
    members: tuple[str, ...] = ()
    """Labels of the groups that were not well, the first ones."""


def sightings(
    rows: Sequence[Row],
    *,
    opened_at: datetime,
    until: datetime | None,
    before: tuple[Sighted, ...] = (),
) -> tuple[Sighted, ...]:
    """``before``, and what came after it; what was SKIPPED saw nothing.

    Args:
        rows: of the incident's monitor, oldest first.
        opened_at: its opening.
        until: its end; None: it is open.
        before: what is known already.
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
        seen.append(Sighted(row.at, row.status, row.observed, row.unit, row.summary, some(wrong)))
    return tuple(seen)


def some(labels: Sequence[str]) -> tuple[str, ...]:
    """The first ones, and how many more there are."""
    more = len(labels) - _MOST_MEMBERS
    return (*labels[:_MOST_MEMBERS], *((f"and {more} more",) if more > 0 else ()))
