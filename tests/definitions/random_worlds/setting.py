"""Days and times on which something can be at stake."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from definitions.tables import NEW_YORK, at, day

SPECIAL_DAYS = tuple(
    map(
        day,
        (
            "2026-01-10",
            "2026-02-13",  # the break begins
            "2026-02-15",
            "2026-02-18",  # and ends
            "2025-11-02",  # the clocks go back
            "2026-03-08",  # and forward
            "2025-10-21",  # the season begins
            "2026-04-12",  # and ends
            "2026-01-01",
            "2026-07-04",  # no season
        ),
    )
)
LONG_AGO = at("2025-01-01 09:00")
DAY = timedelta(days=1)


def beside(instant: datetime) -> list[datetime]:
    """The instant, and a microsecond to each side."""
    return [instant + timedelta(microseconds=n) for n in (0, 1, -1)]


@dataclass(frozen=True)
class Setting:
    """The instants of one question, how far back from them a monitor looks, and chance."""

    chance: Random
    instants: Sequence[datetime]
    reach: Sequence[int]
    """How many days before the date of an instant; more likely when named more often."""

    def one(self, *values: Any) -> Any:
        """One of some values."""
        return self.chance.choice(values)

    def mostly(self, usual: Any, *rare: Any) -> Any:
        """One value, or now and then another."""
        return self.chance.choice([usual] * (2 * len(rare)) + list(rare))

    def day(self) -> date:
        """A date that counts at one of the instants, or just misses it."""
        return _date(self.one(*self.instants)) - self.one(*self.reach) * DAY

    def arrival(self, on: date) -> datetime | None:
        """When a row of this date came: long ago, nobody knows, or about when it is looked at."""
        backs = [(i, (_date(i) - on).days) for i in self.instants]
        near = [i for i, back in backs for _ in range(self.reach.count(back))]
        if near and self.mostly(True, False):
            return self.one(*beside(self.one(*near)))
        return self.one(LONG_AGO, LONG_AGO, None)


def _date(instant: datetime) -> date:
    return instant.astimezone(NEW_YORK).date()
