"""What a monitor took on each of the last days, as the data docs keep it: a small sum a day. Pure.

Used by `plumbline.site.history_cache`, which holds the runs of the last day and these sums for the
days before.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from plumbline.core.instants import last_day
from plumbline.core.status import Status
from plumbline.history.reader import Spent

DAYS = 30
"""Days that are over, of which the sums are kept."""


class Ran(Protocol):
    """What is needed of a run of a monitor."""

    @property
    def at(self) -> datetime:
        """The instant that was judged."""

    @property
    def status(self) -> Status:
        """How it ended."""

    @property
    def checkpoint(self) -> str:
        """Of which it was."""

    @property
    def bytes_billed(self) -> int | None:
        """None: the warehouse did not say."""


@dataclass(frozen=True)
class DayCost:
    """The runs of one day, of one checkpoint."""

    day: date
    checkpoint: str
    runs: int = 0
    jobs: int = 0
    """A job a run, but for those that ended in ERROR with nothing billed."""
    bytes_billed: int | None = None
    silent_jobs: int = 0
    """Of which the warehouse did not say what it billed."""


def with_costs(
    known: Sequence[DayCost], rows: Iterable[Ran], zone: ZoneInfo
) -> tuple[DayCost, ...]:
    """``known`` and ``rows`` that are not in it yet, oldest first; days that are too old go."""
    found = {(one.day, one.checkpoint): one for one in known}
    for row in rows:
        key = (last_day(row.at.astimezone(zone)), row.checkpoint)
        found[key] = _added(found.get(key) or DayCost(*key), row)
    days = sorted({day for day, _ in found})[-DAYS:]
    return tuple(found[key] for key in sorted(found) if key[0] in days)


def spent_of(monitor: str, owner: str | None, costs: Iterable[DayCost]) -> tuple[Spent, ...]:
    """The days together, one for each checkpoint."""
    by_checkpoint: dict[str, list[DayCost]] = {}
    for one in costs:
        by_checkpoint.setdefault(one.checkpoint, []).append(one)
    return tuple(
        Spent(
            monitor=monitor,
            checkpoint=checkpoint,
            owner=owner,
            runs=sum(one.runs for one in days),
            jobs=sum(one.jobs for one in days),
            bytes_billed=_sum([one.bytes_billed for one in days]),
            silent_jobs=sum(one.silent_jobs for one in days),
        )
        for checkpoint, days in sorted(by_checkpoint.items())
    )


def billed_by_day(costs: Iterable[DayCost]) -> dict[date, int]:
    """Bytes of all checkpoints together, oldest day first; 0 where the warehouse does not say."""
    found: dict[date, int] = {}
    for one in costs:
        found[one.day] = found.get(one.day, 0) + (one.bytes_billed or 0)
    return dict(sorted(found.items()))


def _added(day: DayCost, row: Ran) -> DayCost:
    is_job = row.bytes_billed is not None or row.status is not Status.ERROR
    return DayCost(
        day=day.day,
        checkpoint=day.checkpoint,
        runs=day.runs + 1,
        jobs=day.jobs + is_job,
        bytes_billed=_sum([day.bytes_billed, row.bytes_billed]),
        silent_jobs=day.silent_jobs + (is_job and row.bytes_billed is None),
    )


def _sum(values: Sequence[int | None]) -> int | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None
