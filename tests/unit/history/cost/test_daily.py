"""The small sums that the data docs keep: a day, a checkpoint, a monitor."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from plumbline.core.status import Status
from plumbline.history.cost.daily import DAYS, DayCost, billed_by_day, spent_of, with_costs

ZONE = ZoneInfo("America/New_York")
NOON = datetime(2026, 2, 2, 12, tzinfo=ZONE)
DAY = date(2026, 2, 2)


@dataclass(frozen=True)
class Run:
    at: datetime = NOON
    bytes_billed: int | None = 10
    status: Status = Status.PASS
    checkpoint: str = "health"


@pytest.mark.parametrize(
    ("runs", "day"),
    [
        pytest.param([Run()], DayCost(DAY, "health", 1, 1, 10), id="one"),
        pytest.param(
            [Run(), Run(NOON + timedelta(hours=6), 20)],
            DayCost(DAY, "health", 2, 2, 30),
            id="two of a day",
        ),
        pytest.param(
            [Run(datetime(2026, 2, 3, tzinfo=ZONE))],
            DayCost(DAY, "health", 1, 1, 10),
            id="midnight judged the day that ended",
        ),
        pytest.param(
            [Run(bytes_billed=None)],
            DayCost(DAY, "health", 1, 1, None, silent_jobs=1),
            id="the warehouse does not say",
        ),
        pytest.param(
            [Run(bytes_billed=None, status=Status.ERROR)],
            DayCost(DAY, "health", 1, 0, None),
            id="what failed was billed nothing",
        ),
        pytest.param(
            [Run(), Run(bytes_billed=None)],
            DayCost(DAY, "health", 2, 2, 10, silent_jobs=1),
            id="it says so of one",
        ),
    ],
)
def test_runs_of_a_day_are_one_sum(runs: list[Run], day: DayCost) -> None:
    assert with_costs((), runs, ZONE) == (day,)


def test_checkpoints_are_told_apart() -> None:
    found = with_costs((), [Run(), Run(checkpoint="full")], ZONE)
    assert [one.checkpoint for one in found] == ["full", "health"]
    assert billed_by_day(found) == {DAY: 20}


def test_a_year_of_runs_keeps_no_more_than_the_last_days() -> None:
    known: tuple[DayCost, ...] = ()
    for number in range(365):
        known = with_costs(known, [Run(NOON + timedelta(days=number))], ZONE)
    assert len(known) == DAYS
    assert known[-1].day == DAY + timedelta(days=364)


def test_days_together_are_what_was_spent() -> None:
    known = with_costs((), [Run(), Run(NOON + timedelta(days=1), None)], ZONE)
    (spent,) = spent_of("lines", "ml", known)
    assert (spent.runs, spent.jobs, spent.bytes_billed, spent.silent_jobs) == (2, 2, 10, 1)
