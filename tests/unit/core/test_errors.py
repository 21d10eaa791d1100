"""Fixes that name what is known."""

from __future__ import annotations

import pytest

from plumbline.core.errors import did_you_mean


@pytest.mark.parametrize(
    ("known", "fix"),
    [
        (["orders", "late"], "did you mean 'orders'?"),
        (["late", "early", "late"], "known: early, late"),
        ([], "there are none yet"),
        ([f"m{number:03}" for number in range(1000)], "m018, m019 and 980 more"),
    ],
)
def test_a_near_miss_is_named_else_some_of_what_is_known(known: list[str], fix: str) -> None:
    assert did_you_mean("ordrs", known).endswith(fix)
