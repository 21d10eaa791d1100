"""The shortest time between two runs of a cron expression."""

from __future__ import annotations

from datetime import timedelta

import pytest

from plumbline.core.cron import shortest_gap

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.mark.parametrize(
    ("cron", "gap"),
    [
        ("*/20 * * * *", timedelta(minutes=20)),
        ("0 0,23 * * *", HOUR),
        ("0 9 * * *", DAY),
        ("0 9 * * 1-5", DAY),
        ("0 23 * * 6,1", 2 * DAY),
        ("0 9 * * 1", 7 * DAY),
        ("0 9 * * 1#1", 28 * DAY),
        ("0 9 1 * *", 28 * DAY),
        ("0 9 1,31 * *", DAY),
        ("0 9 1 2,7 *", 150 * DAY),
    ],
)
def test_the_shortest_gap_is_found_whatever_repeats(cron: str, gap: timedelta) -> None:
    assert shortest_gap(cron) == gap
