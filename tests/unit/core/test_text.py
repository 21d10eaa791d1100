"""Values in words."""

from __future__ import annotations

from datetime import timedelta

import pytest

from plumbline.core.text import span


@pytest.mark.parametrize(
    ("time", "words"),
    [
        (None, "–"),
        (timedelta(), "0 min"),
        (timedelta(seconds=59), "0 min"),
        (timedelta(seconds=-5), "0 min"),
        (timedelta(minutes=3), "3 min"),
        (timedelta(hours=6), "6 h"),
        (timedelta(hours=6, minutes=20), "6 h 20 min"),
        (timedelta(days=8, hours=6, minutes=59), "8 d 6 h"),
        (timedelta(days=8, minutes=59), "8 d"),
        (timedelta(hours=-2), "-2 h"),
    ],
)
def test_a_length_of_time_has_its_two_largest_units(time: timedelta | None, words: str) -> None:
    assert span(time) == words
