"""What follows history must follow what history holds: the observed number, or its group's."""

from __future__ import annotations

from typing import Any

import pytest

from plumbline.checks.follows import faults_of_following

MEAN = {"column": "pct", "aggregate": "mean"}


def follows(**kwargs: Any) -> dict[str, Any]:
    return {"type": "expect_metric_to_follow_history", "kwargs": kwargs}


def between(**kwargs: Any) -> dict[str, Any]:
    return {"type": "expect_metric_to_be_between", "kwargs": kwargs}


@pytest.mark.parametrize(
    ("observed", "expectations"),
    [
        (MEAN, [follows(**MEAN)]),
        ({**MEAN, "unit": "%"}, [between(column="other", min_value=1), follows(**MEAN)]),
        ({"count_failing": "critical"}, [follows(column="pct", group_by=["team"])]),
        (MEAN, [between(column="other", group_by=["day"]), follows(column="pct", group_by=["team"])]),
        (MEAN, [between(column="pct", group_by=["a", "b"]), follows(column="pct", group_by=["b", "a"])]),
        (None, [between(column="pct", min_value=1)]),
    ],
    ids=["the observed number", "whatever others judge", "each group's own", "other groups are others",
         "the order of names is none", "and who does not follow may judge anything"],
)  # fmt: skip
def test_what_history_holds_may_be_followed(
    observed: dict[str, Any] | None, expectations: list[dict[str, Any]]
) -> None:
    assert list(faults_of_following(observed, expectations)) == []


@pytest.mark.parametrize(
    ("observed", "expectations", "argument", "says"),
    [
        (MEAN, [follows(column="other", aggregate="mean")], "column",
         "history holds the mean of 'pct' (meta.monitor.observed), not the mean of 'other'"),
        (MEAN, [follows(column="pct", aggregate="max")], "aggregate", "not the max of 'pct'"),
        (MEAN, [follows(column="pct")], "aggregate", "not 'pct' of each row"),
        (None, [follows(**MEAN)], "column", "history holds no number of a column"),
        ({"count_failing": "critical"}, [follows(**MEAN)], "column", "holds how many groups fail"),
        (MEAN, [between(column="pct", group_by=["team"]), follows(column="other", group_by=["team"])],
         "column", "history holds 'pct' of each row (expectations[0]), not 'other' of each row"),
        (MEAN, [between(column="pct", group_by=["team"]), follows(**MEAN, group_by=["team"])],
         "aggregate", "not the mean of 'pct'"),
    ],
    ids=["another column", "another aggregate", "each row", "nothing is observed", "a count of groups",
         "another column of the groups", "another aggregate of the groups"],
)  # fmt: skip
def test_a_number_is_not_held_against_the_past_of_another(
    observed: dict[str, Any] | None,
    expectations: list[dict[str, Any]],
    argument: str,
    says: str,
) -> None:
    (fault,) = faults_of_following(observed, expectations)
    assert (fault.index, fault.argument) == (len(expectations) - 1, argument)
    assert says in fault.what
    assert fault.fix


@pytest.mark.parametrize("weird", [None, "pct", [], {"kwargs": None}, {"group_by": {"a": 1}}])
def test_a_malformed_file_is_for_other_rules(weird: Any) -> None:
    entry = {"type": "expect_metric_to_follow_history", "kwargs": weird}
    assert all(fault.fix for fault in faults_of_following(MEAN, [entry]))
