"""feature_quality, as docs/definitions.md has it."""

from __future__ import annotations

from typing import Any

import pytest

from definitions.cases import CLOCK_DAYS, Case, Interview, cases_at_ten, not_judged
from definitions.tables import day, feature_row, game, world

MONITOR = "feature_quality"


def judged(
    anchor: str, mean: float, total: float, scored: int, *, of: int | None = None
) -> list[dict[str, Any]]:
    """Of so many rows, as many as are scored unless told."""
    rows = scored if of is None else of
    reason = f"not counted: {rows - scored} of {rows} feature rows without a quality score"
    return [
        {
            "verdict": "judge",
            "reason": reason if rows > scored else None,
            "anchor_date": day(anchor),
            "quality": mean,
            "without_score": rows - scored,
            "numerator": total,
            "denominator": scored,
        }
    ]


def unjudged(anchor: str, verdict: str, reason: str) -> list[dict[str, Any]]:
    return [not_judged(verdict, anchor, reason, "quality without_score")]


def scores(on: str, *values: str | None, **how: Any) -> list[Any]:
    """A feature row for each score."""
    return [feature_row(on, quality=value, **how) for value in values]


SEASON = world(
    # means at the thresholds
    game("g", "2026-01-01"),
    scores("2026-01-01", "69.9", "70.1"),
    game("g", "2026-01-02"),
    scores("2026-01-02", "49.9", "50.1"),
    # as floats, these sum to 210.00000000000003 and to 0.30000000000000004
    game("g", "2026-01-03"),
    scores("2026-01-03", "70.1", "70.2", "69.7"),
    game("g", "2026-01-04"),
    scores("2026-01-04", "0.1", "0.2"),
    # what counts as a row
    game("g", "2026-01-05"),
    scores("2026-01-05", "80", "0", "100", length=33),
    scores("2026-01-05", "20", length=40),
    scores("2026-01-05", "99", length=32),
    # rows without a score
    game("g", "2026-01-06"),
    scores("2026-01-06", "62.6", "62.6", None, None),
    game("g", "2026-01-07"),
    scores("2026-01-07", "62.6", None, None),
    game("g", "2026-01-08"),
    scores("2026-01-08", None),
    # rows that arrive one by one on the morning of the day
    game("g", "2026-01-10", 1),
    scores("2026-01-10", "80", arrived=None),
    scores("2026-01-10", "60", arrived="2026-01-10 09:30"),
    scores("2026-01-10", "40", arrived="2026-01-10 11:00"),
    scores("2026-01-10", "0", arrived="2026-01-10 11:00:00.000001"),
    # a game day without rows; a day off with rows
    game("g", "2026-01-12"),
    scores("2026-01-13", "80"),
    game("g", "2026-01-20", 1),
    *(game("g", on) for on in CLOCK_DAYS),
    *(scores(on, "80") for on in CLOCK_DAYS),
)

CASES = [
    Case("a mean of 70", SEASON, "2026-01-01", judged("2026-01-01", 70.0, 140.0, 2)),
    Case("a mean of 50", SEASON, "2026-01-02", judged("2026-01-02", 50.0, 100.0, 2)),
    Case("a sum is exact", SEASON, "2026-01-03", judged("2026-01-03", 70.0, 210.0, 3)),
    Case("to the last bit", SEASON, "2026-01-04", judged("2026-01-04", 0.15, 0.3, 2)),
    Case(
        "a row needs 33 features; 0 and 100 are scores; it is one date",
        SEASON,
        "2026-01-05",
        judged("2026-01-05", 50.0, 200.0, 4),
    ),
    Case(
        "a second before 10:00 the date before is judged",
        SEASON,
        "2026-01-05 09:59:59",
        judged("2026-01-04", 0.15, 0.3, 2),
    ),
    Case(
        "a row without a score is left out, as long as half have one",
        SEASON,
        "2026-01-06",
        judged("2026-01-06", 62.6, 125.2, 2, of=4),
    ),
    Case(
        "fewer than half have one",
        SEASON,
        "2026-01-07",
        unjudged(
            "2026-01-07",
            "unknown",
            "only 1 of 3 feature rows for 2026-01-07 have a quality score",
        ),
    ),
    Case(
        "none has one",
        SEASON,
        "2026-01-08",
        unjudged(
            "2026-01-08",
            "unknown",
            "only 0 of 1 feature rows for 2026-01-08 have a quality score",
        ),
    ),
    Case(
        "what arrives after the instant is not seen, what arrives without a time is",
        SEASON,
        "2026-01-10 10:00",
        judged("2026-01-10", 70.0, 140.0, 2),
    ),
    Case(
        "what arrives at the instant is seen",
        SEASON,
        "2026-01-10 11:00",
        judged("2026-01-10", 60.0, 180.0, 3),
    ),
    Case(
        "a game day without rows is unknown",
        SEASON,
        "2026-01-12",
        unjudged("2026-01-12", "unknown", "no feature rows for 2026-01-12"),
    ),
    Case(
        "a day off is skipped, though it has rows",
        SEASON,
        "2026-01-13",
        unjudged("2026-01-13", "skip", "no games 2026-01-13 (day off)"),
    ),
    *cases_at_ten(SEASON, lambda anchor: judged(anchor, 80.0, 80.0, 1)),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_answer_is_the_one_worked_out_by_hand(case: Case, witness: Interview) -> None:
    assert witness.rows(MONITOR, case, CASES) == case.expected
