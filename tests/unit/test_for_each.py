"""One test of many cases names every case that fails."""

from __future__ import annotations

import pytest

from support.each import for_each


def is_even(number: int) -> None:
    assert number % 2 == 0, f"{number} is odd"


def test_all_cases_are_tried_and_each_that_fails_is_named_with_its_reason() -> None:
    with pytest.raises(pytest.fail.Exception) as failed:
        for_each([2, 3, 4, 5], is_even, name=lambda number: f"case {number}")
    assert str(failed.value).splitlines()[0] == "2 of 4 fail:"
    for number in (3, 5):
        assert f"case {number}\n    AssertionError: {number} is odd" in str(failed.value)
    assert "case 2" not in str(failed.value)


def test_cases_that_all_hold_pass() -> None:
    for_each([2, 4], is_even)


def test_no_cases_at_all_are_a_fault() -> None:
    with pytest.raises(AssertionError, match="no cases"):
        for_each([], is_even)
