"""What BigQuery bills: each table rounded up, to 10 MB at least."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plumbline.warehouse.billing import LEAST_BYTES, MB, limit_of, most_billed


@pytest.mark.parametrize(
    ("read", "tables", "billed"),
    [
        (0, 0, 0),
        (0, 1, 10 * MB),
        (1, 1, 10 * MB),
        (10 * MB, 1, 10 * MB),
        (10 * MB + 1, 1, 11 * MB),
        (1, 3, 30 * MB),
        (25 * MB, 2, 35 * MB),
    ],
)
def test_the_most_that_is_billed(read: int, tables: int, billed: int) -> None:
    assert most_billed(read, tables) == billed


@given(st.lists(st.integers(0, 100 * MB), min_size=1, max_size=6))
def test_however_the_bytes_are_spread_the_bill_is_within_estimate_and_limit(
    sizes: list[int],
) -> None:
    bill = sum(max(LEAST_BYTES, -(-size // MB) * MB) for size in sizes)
    assert bill <= most_billed(sum(sizes), len(sizes))
    assert bill <= limit_of(sum(sizes), len(sizes))
