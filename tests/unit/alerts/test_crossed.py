"""Groups beyond their threshold: the metric, the bound, the worst, and counts that belong."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from plumbline.alerts.crossed import crossed_by_groups
from plumbline.core.failure import Failure
from plumbline.core.group_key import GroupKey
from plumbline.core.outcome import GroupOutcome, Outcome, ThresholdLine
from plumbline.core.status import Status
from plumbline.core.text import unit_of

AT = datetime(2026, 2, 2, 12, tzinfo=UTC)


def group(
    name: str,
    observed: float | None,
    threshold: float,
    by: str = "system_id",
    fails: Any = "below",
    **other: Any,
) -> GroupOutcome:
    lines = (ThresholdLine("critical", threshold, fails, **other),)
    return GroupOutcome(
        GroupKey.of({by: name}), Status.CRITICAL, observed, threshold=threshold, lines=lines
    )


def outcome(column: str, *groups: GroupOutcome, **changes: Any) -> Outcome:
    failure = Failure(
        expectation=changes.pop("expectation", "expect_metric_to_be_between"),
        severity="critical",
        expected=f"{column} must be between 1 and 10",
        column=column,
        counted="groups",
        unexpected_count=changes.pop("failing", len(groups)),
        element_count=7,
        unit=unit_of(column, None, ""),
        samples=changes.pop("samples", ()),
    )
    values: dict[str, Any] = {
        "monitor": "a",
        "status": Status.CRITICAL,
        "summary": "",
        "as_of": AT,
        "groups": groups,
        "failures": (failure,),
    }
    return Outcome(**(values | changes))


PASSING = GroupOutcome(
    GroupKey.of({"system_id": "d"}), Status.PASS, 90, lines=(ThresholdLine("critical", 50),)
)


@pytest.mark.parametrize(
    ("found", "text"),
    [
        (
            outcome("hours_behind", group("web", 158, 72, "service", "above")),
            "1 of 7 services more than 72 h behind, worst 158 h",
        ),
        (
            outcome("graded_pct", group("a", 20.9, 50), group("b", 41, 50)),
            "2 of 7 systems with graded_pct below 50 %, worst 20.9 %",
        ),
        (
            outcome("lines", group("x", 3, 10, "country")),
            "1 of 7 countries with lines below 10, worst 3",
        ),
        (
            outcome("graded_pct", group("a", 40, 50), group("b", 5, 60), PASSING, failing=2),
            "2 of 7 systems with graded_pct below 50 % (b 60 %), worst 5 %",
        ),
        (
            outcome("lines", group("a", 0, 1), group("b", 99, 10, fails="above")),
            "2 of 7 systems fail: lines must be between 1 and 10, worst 99",
        ),
        (
            outcome("lines", group("a", 10, 10, fails="above", is_strict=True)),
            "1 of 7 systems with lines at or above 10, worst 10",
        ),
        (
            outcome("lines", group("a", 10, 10, is_strict=True)),
            "1 of 7 systems with lines at or below 10, worst 10",
        ),
        (
            outcome("hours_behind", group("a", 10, 10, fails="above", is_strict=True)),
            "1 of 7 systems at least 10 h behind, worst 10 h",
        ),
        (
            outcome("lines", group("a", None, 1)),
            "1 of 7 systems fails: lines must be between 1 and 10",
        ),
        (
            outcome("lines", group("a", 3, 9), expectation="expect_metric_to_follow_history"),
            "1 of 7 systems with lines not as usual",
        ),
        (outcome("lines", group("a", 3, 9), group("b", 3, 9), failing=1), ""),
        (outcome("hours_late", group("a", 9, 6, fails="above"), samples=(9.0,)), ""),
        (outcome("lines", group("a", 3, 10), failures=()), ""),
        (outcome("lines", group("a", 3, 10), status=Status.ERROR), ""),
    ],
)
def test_groups_beyond_a_threshold_in_words(found: Outcome, text: str) -> None:
    assert crossed_by_groups(found) == text


def test_a_group_by_several_columns_is_a_group() -> None:
    key = GroupKey.of({"country": "us", "day": "2026-02-02"})
    found = GroupOutcome(key, Status.CRITICAL, 3, threshold=10)
    assert crossed_by_groups(outcome("lines", found)) == (
        "1 of 7 groups with lines below 10, worst 3"
    )
