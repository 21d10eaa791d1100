"""Arguments with which an expectation would pass whatever the data are."""

from __future__ import annotations

from typing import Any

import pytest

from plumbline.evaluate.vacuous import find_vacuous


@pytest.mark.parametrize(
    ("kind", "kwargs", "argument"),
    [
        ("expect_column_values_to_not_be_null", {"column": "a", "mostly": 0}, "mostly"),
        ("expect_column_values_to_not_be_null", {"column": "a", "mostly": False}, "mostly"),
        ("expect_column_values_to_match_regex", {"column": "a", "regex": ".*"}, "regex"),
        (
            "expect_column_distinct_values_to_contain_set",
            {"column": "a", "value_set": [None]},
            "value_set",
        ),
        ("expect_column_values_to_be_between", {"column": "a"}, "min_value"),
    ],
)
def test_it_judges_nothing(kind: str, kwargs: dict[str, Any], argument: str) -> None:
    found = find_vacuous(kind, kwargs)
    assert found is not None
    assert found.argument == argument


@pytest.mark.parametrize(
    ("kind", "kwargs"),
    [
        ("expect_column_values_to_not_be_null", {"column": "a", "mostly": True}),
        ("expect_column_values_to_match_regex", {"column": "a", "regex": {"$PARAMETER": "form"}}),
        ("expect_column_values_to_be_in_set", {"column": "a", "value_set": [None]}),
        (
            "expect_column_distinct_values_to_contain_set",
            {"column": "a", "value_set": ["x", None]},
        ),
    ],
)
def test_it_can_fail(kind: str, kwargs: dict[str, Any]) -> None:
    assert find_vacuous(kind, kwargs) is None
