"""usage_rate, as docs/definitions.md has it."""

from __future__ import annotations

import math
from typing import Any

import pytest

from definitions.cases import CLOCK_DAYS, Case, Interview, cases_at_ten, not_judged
from definitions.tables import day, feature_row, game, world

MONITOR = "usage_rate"


def judged(anchor: str, pct: float, with_rate: int, players: int) -> list[dict[str, Any]]:
    return [
        {
            "verdict": "judge",
            "reason": None,
            "anchor_date": day(anchor),
            "usage_rate_pct": pct,
            "numerator": with_rate,
            "denominator": players,
        }
    ]


def unjudged(anchor: str, verdict: str, reason: str) -> list[dict[str, Any]]:
    return [not_judged(verdict, anchor, reason, "usage_rate_pct")]


def rates(on: str, *values: float, **how: Any) -> list[Any]:
    """A feature row for each usage rate."""
    return [feature_row(on, usage=value, **how) for value in values]


SEASON = world(
    # shares at the thresholds
    game("g", "2026-01-01"),
    rates("2026-01-01", 0.2, 0.2, 0.2, 0.2, 0),
    game("g", "2026-01-03"),
    rates("2026-01-03", 0.2, 0),
    # what counts as a row, and as a rate: neighbours of the element are never 0 (see feature_row)
    game("g", "2026-01-05"),
    rates("2026-01-05", 0.2, 5e-324, 1.0, math.inf),
    rates("2026-01-05", 0.0, -0.2, math.nan, -math.inf),
    rates("2026-01-05", 0.2, length=32),
    rates("2026-01-05", 0.2, length=40),
    feature_row("2026-01-05", length=0),
    # the date before counts for nothing
    game("g", "2026-01-06"),
    rates("2026-01-06", 0),
    # rows that arrive one by one on the morning of the day
    game("g", "2026-01-10", 1),
    rates("2026-01-10", 0.2, arrived=None),
    rates("2026-01-10", 0, arrived="2026-01-10 09:30"),
    rates("2026-01-10", 0.2, arrived="2026-01-10 11:00"),
    rates("2026-01-10", 0, arrived="2026-01-10 11:00:00.000001"),
    # a game day without rows; a day off with rows
    game("g", "2026-01-12"),
    rates("2026-01-13", 0.2),
    game("g", "2026-01-20", 1),
    *(game("g", on) for on in CLOCK_DAYS),
    *(rates(on, 0.2) for on in CLOCK_DAYS),
)

CASES = [
    Case("four of five are 80 %", SEASON, "2026-01-01", judged("2026-01-01", 80.0, 4, 5)),
    Case("one of two is 50 %", SEASON, "2026-01-03", judged("2026-01-03", 50.0, 1, 2)),
    Case(
        "a row needs 33 features, a rate is a number greater than 0",
        SEASON,
        "2026-01-05",
        judged("2026-01-05", 500 / 9, 5, 9),
    ),
    Case("it is one date", SEASON, "2026-01-06", judged("2026-01-06", 0.0, 0, 1)),
    Case(
        "a second before 10:00 the date before is judged",
        SEASON,
        "2026-01-06 09:59:59",
        judged("2026-01-05", 500 / 9, 5, 9),
    ),
    Case(
        "what arrives after the instant is not seen, what arrives without a time is",
        SEASON,
        "2026-01-10 10:00",
        judged("2026-01-10", 50.0, 1, 2),
    ),
    Case(
        "what arrives at the instant is seen",
        SEASON,
        "2026-01-10 11:00",
        judged("2026-01-10", 200 / 3, 2, 3),
    ),
    Case(
        "a game day without rows is unknown",
        SEASON,
        "2026-01-12",
        unjudged("2026-01-12", "unknown", "no feature rows with element 31 for 2026-01-12"),
    ),
    Case(
        "a day off is skipped, though it has rows",
        SEASON,
        "2026-01-13",
        unjudged("2026-01-13", "skip", "no games 2026-01-13 (day off)"),
    ),
    Case(
        "another element: no neighbour is 0",
        SEASON,
        "2026-01-06",
        judged("2026-01-06", 100.0, 1, 1),
        {"usage_rate_feature": 30},
    ),
    Case(
        "the first element is one",
        SEASON,
        "2026-01-06",
        judged("2026-01-06", 100.0, 1, 1),
        {"usage_rate_feature": 0},
    ),
    Case(
        "a row that has no such element has no rate",
        SEASON,
        "2026-01-05",
        judged("2026-01-05", 100 / 9, 1, 9),
        {"usage_rate_feature": 39},
    ),
    Case(
        "no row has such an element",
        SEASON,
        "2026-01-05",
        unjudged("2026-01-05", "unknown", "no feature rows with element 40 for 2026-01-05"),
        {"usage_rate_feature": 40},
    ),
    *(
        Case(
            f"without an element nothing is checked, {what}",
            SEASON,
            as_of,
            unjudged(as_of, "skip", "the variable usage_rate_feature names no element"),
            {"usage_rate_feature": -1},
        )
        for as_of, what in (
            ("2026-01-05", "on a game day"),
            ("2026-01-13", "on a day off"),
            ("2026-04-01", "where the calendar ends"),
        )
    ),
    *cases_at_ten(SEASON, lambda anchor: judged(anchor, 100.0, 1, 1)),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_answer_is_the_one_worked_out_by_hand(case: Case, witness: Interview) -> None:
    assert witness.rows(MONITOR, case, CASES) == case.expected
