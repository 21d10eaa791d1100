"""Which part of a range a stored history covers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from plumbline.core.instants import in_utc
from plumbline.core.outcome import Outcome

_LEAST_GAP = timedelta(days=1)


@dataclass(frozen=True)
class Stretch:
    """A time between two instants."""

    first: datetime
    last: datetime

    def holds(self, at: datetime) -> bool:
        return self.first <= at <= self.last

    def text(self, zone: ZoneInfo) -> str:
        """``2026-01-03 to 2026-01-10``; with the time of day where it is within a day."""
        first, last = self.first.astimezone(zone), self.last.astimezone(zone)
        form = "%Y-%m-%d" if first.date() != last.date() else "%Y-%m-%d %H:%M"
        return f"{first:{form}} to {last:{form}}"


def within(history: Sequence[Outcome], asked: Stretch | None) -> Sequence[Outcome]:
    """The outcomes of a range; without one, all."""
    return history if asked is None else [one for one in history if asked.holds(one.as_of)]


def missing_parts(history: Sequence[Outcome], asked: Stretch | None = None) -> Iterator[Stretch]:
    """Stretches without an outcome that are longer than a day, and than two usual intervals.

    Args:
        history: of one monitor, in order of time, within the range.
        asked: the range; None: from the first outcome to the last.
    """
    instants = [in_utc(one.as_of) for one in history]
    intervals = [after - before for before, after in pairwise(instants)]
    usual = sorted(intervals)[len(intervals) // 2] if intervals else timedelta()
    if asked is not None:
        instants = [in_utc(asked.first), *instants, in_utc(asked.last)]
    for before, after in pairwise(instants):
        if after - before > max(_LEAST_GAP, 2 * usual):
            yield Stretch(before, after)
