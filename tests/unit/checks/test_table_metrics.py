"""What `expect_metric_to_follow_history` may follow of a table."""

from __future__ import annotations

from typing import Any

import pytest

from plumbline.checks.check import Check
from plumbline.checks.table_metrics import faults_of_metric
from plumbline.core.expectation_types import FOLLOWS_HISTORY


@pytest.mark.parametrize(
    ("kwargs", "kept_as", "words", "unit"),
    [
        ({"metric": "row_count"}, "row_count", "at least 1", ""),
        ({"metric": "null_pct", "column": "email"}, "null_pct of email", "at least 0 and below 100", "%"),
        ({"metric": "null_pct", "column": "email", "max_value": 20, "strict_max": False},
         "null_pct of email", "between 0 and 20", "%"),
        ({"metric": "distinct_count", "column": "id", "max_value": None}, "distinct_count of id", "at least 1", ""),
        ({"metric": "mean", "column": "n", "min_value": -1, "max_value": 1}, "mean of n", "between -1 and 1", ""),
        ({"metric": "mean", "column": "n", "min_value": 0, "max_value": 1, "least_deviation": 0.01},
         "mean of n", "between 0 and 1", ""),
        ({"metric": "freshness_hours", "column": "at", "max_value": 48},
         "freshness_hours of at", "between 0 and 48", "h"),
    ],
)  # fmt: skip
def test_a_metric_has_a_name_in_history_bounds_and_a_unit(
    kwargs: dict[str, Any], kept_as: str, words: str, unit: str
) -> None:
    check = Check(FOLLOWS_HISTORY, "warning", kwargs)
    assert (check.kept_as, check.bounds.words(), check.unit(None)) == (kept_as, words, unit)
    assert list(faults_of_metric(kwargs)) == []


@pytest.mark.parametrize(
    ("kwargs", "argument", "says"),
    [
        ({}, "metric", "there is no metric; write one of row_count, "),
        ({"metric": "row_counts"}, "metric", "there is no metric 'row_counts'; did you mean 'row_count'?"),
        ({"metric": ["row_count"]}, "metric", "there is no metric"),
        ({"metric": "row_count", "column": "id"}, "column", "has no column; remove column"),
        ({"metric": "null_pct"}, "column", "null_pct needs a column; add column"),
        ({"metric": "row_count", "aggregate": "sum"}, "aggregate", "for models; remove aggregate"),
        ({"metric": "row_count", "group_by": ["id"]}, "group_by", "for models; write it in meta.monitor"),
        ({"metric": "mean", "column": "n", "min_value": 0, "max_value": 1}, "least_deviation",
         "so it is never compared with the history; write a smaller"),
        ({"metric": "null_pct", "column": "n", "max_value": 5, "least_deviation": 5}, "least_deviation", "as wide as"),
        ({"metric": "freshness_hours", "column": "at"}, "max_value", "a long outage becomes normal"),
    ],
)  # fmt: skip
def test_a_metric_that_can_not_be_followed_is_a_fault_with_a_fix(
    kwargs: dict[str, Any], argument: str, says: str
) -> None:
    ((where, what, fix),) = faults_of_metric(kwargs)
    assert where == argument
    assert says in f"{what}; {fix}"
