"""Numbers that follow the day of the week."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest

from plumbline.backtest.weekdays import weekday_note
from unit.backtest.conftest import NEW_YORK

MONDAY = datetime(2026, 1, 5, 17, tzinfo=UTC)


def days(*by_weekday: float, weeks: int = 6, noise: float = 0.0) -> list[tuple[datetime, float]]:
    draw = random.Random(7)
    return [
        (MONDAY + timedelta(days=day), by_weekday[day % 7] + draw.uniform(-noise, noise))
        for day in range(7 * weeks)
    ]


@pytest.mark.parametrize(
    ("series", "side", "says"),
    [
        (days(100, 100, 100, 40, 100, 100, 100), "below",
         "low on Thursdays (median 40 rows), 100 rows over all days"),
        (days(100, 50, 100, 40, 100, 100, 100), "below",
         "low on Tuesdays (median 50 rows), Thursdays (median 40 rows)"),
        (days(100, 100, 100, 40, 100, 100, 100, noise=20), "below", "low on Thursdays"),
        (days(1, 1, 1, 1, 1, 5, 1), "above", "high on Saturdays (median 5 rows)"),
        # On the healthy side, or too little.
        (days(100, 100, 100, 40, 100, 100, 100), "above", None),
        (days(100, 100, 100, 90, 100, 100, 100), "below", None),
        (days(100, 100, 100, 70, 100, 100, 100, noise=90), "below", None),
        (days(*[100] * 7), "below", None),
        (days(*[100] * 7, noise=50), "below", None),
        (days(100, 100, 100, 40, 100, 100, 100, weeks=3), "below", None),
        ([], "below", None),
    ],
)  # fmt: skip
def test_low_days_are_named(series, side, says: str | None) -> None:
    note = weekday_note(series, NEW_YORK, side=side, unit="rows")
    if says is None:
        assert note is None
    else:
        assert note is not None
        assert says in note
        assert '"same_weekday": true' in note


def test_of_a_day_the_last_value_counts_in_the_zone() -> None:
    values = days(100, 100, 100, 40, 100, 100, 100)
    early = [(at - timedelta(hours=6), 500.0) for at, _ in values]
    both = sorted(values + early)
    assert weekday_note(both, NEW_YORK, side="below", unit="rows") == weekday_note(
        values, NEW_YORK, side="below", unit="rows"
    )
