"""Groups that a history no longer sees: renamed, or gone. Said, never guessed over.

Used by the reports of backtest and calibrate.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from plumbline.core.outcome import Outcome
from plumbline.core.text import listing

_GONE = timedelta(days=14)
"""A group that was not seen for so long, while others were, is gone."""
_LASTING = 0.2
"""A group that is seen in so many runs is a system; dates and games come and go."""


def groups_gone(history: Sequence[Outcome]) -> Iterator[str]:
    """One sentence where groups of ``history`` are not seen any more.

    Args:
        history: of one monitor, in order of time.
    """
    last_seen: dict[str, datetime] = {}
    first_seen: dict[str, datetime] = {}
    for one in history:
        for group in one.groups:
            last_seen[group.key.label] = one.as_of
            first_seen.setdefault(group.key.label, one.as_of)
    end = max(last_seen.values(), default=None)
    if end is not None and _are_systems(history):
        gone = sorted(label for label, at in last_seen.items() if end - at > _GONE)
        new = sorted(label for label, at in first_seen.items() if at - history[0].as_of > _GONE)
        if gone:
            also = f"; new since are {listing(new)}" if new else ""
            yield f"not seen for {_GONE.days} days, renamed or gone: {listing(gone)}{also}"


def _are_systems(history: Sequence[Outcome]) -> bool:
    """Whether groups last: dates and games come and go, systems stay."""
    seen = Counter(group.key for one in history for group in one.groups)
    judged = sum(one.status.is_judged for one in history)
    return any(count > _LASTING * judged for count in seen.values()) and judged > 10
