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

AT = datetime(2026, 2, 2, 12, tzinfo=UTC)


STRICT_MOST = (ThresholdLine("critical", 10, "above", is_strict=True),)
STRICT_LEAST = (ThresholdLine("critical", 10, "below", is_strict=True),)
EXACTLY = (ThresholdLine("critical", 10, "below"), ThresholdLine("critical", 10, "above"))


def outcome(
    column: str,
    threshold: float,
    unit: str,
    *observed: float,
    lines: tuple[ThresholdLine, ...] = (),
    **changes: Any,
) -> Outcome:
    failure = Failure(
        expectation="expect_metric_to_be_between",
        severity="critical",
        expected="",
        column=column,
        counted="groups",
        unexpected_count=len(observed),
        element_count=7,
        unit="%" if column.endswith("_pct") else "",
        threshold=threshold,
    )
    groups = tuple(
        GroupOutcome(
            GroupKey.of({"g": place}), Status.CRITICAL, value, threshold=threshold, lines=lines
        )
        for place, value in enumerate(observed)
    )
    values: dict[str, Any] = {
        "monitor": "a",
        "status": Status.CRITICAL,
        "summary": "",
        "as_of": AT,
        "observed": 3.0,
        "unit": unit,
        "groups": groups,
        "failures": (failure,),
    }
    return Outcome(**(values | changes))


@pytest.mark.parametrize(
    ("found", "text"),
    [
        (
            outcome("hours_behind", 72, "services", 158),
            "1 of 7 services more than 72 h behind, worst 158 h",
        ),
        (
            outcome("graded_pct", 50, "systems", 20.9, 41),
            "2 of 7 systems with graded_pct below 50 %, worst 20.9 %",
        ),
        (outcome("lines", 10, "", 3), "1 of 7 groups with lines below 10, worst 3"),
        (
            outcome("lines", 10, "", 12, 10, lines=STRICT_MOST),
            "2 of 7 groups with lines at or above 10, worst 12",
        ),
        (
            outcome("lines", 10, "", 10, lines=STRICT_LEAST),
            "1 of 7 groups with lines at or below 10, worst 10",
        ),
        (
            outcome("hours_behind", 10, "", 10, lines=STRICT_MOST),
            "1 of 7 groups at least 10 h behind, worst 10 h",
        ),
        (
            outcome("lines", 10, "", 12, lines=EXACTLY),
            "1 of 7 groups with lines above 10, worst 12",
        ),
        (outcome("lines", 10, "", 3, failures=()), ""),
        (outcome("lines", 10, "", 3, status=Status.ERROR), ""),
    ],
)
def test_groups_beyond_a_threshold_in_words(found: Outcome, text: str) -> None:
    assert crossed_by_groups(found) == text
