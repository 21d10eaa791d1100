"""line_coverage, as the definitions have it."""

from __future__ import annotations

import math
from typing import Any

import pytest

from definitions.cases import CLOCK_DAYS, Case, Interview
from definitions.tables import day, feature_row, features, game, world

MONITOR = "line_coverage"


def judged(anchor: str, on: str, pct: float, with_line: int, players: int) -> dict[str, Any]:
    """A game day."""
    return {
        "verdict": "judge",
        "reason": None,
        "anchor_date": day(anchor),
        "game_date": day(on),
        "coverage_pct": pct,
        "numerator": with_line,
        "denominator": players,
    }


SEASON = world(
    *(game("g", on) for on in CLOCK_DAYS),
    # shares at the thresholds
    game("g", "2026-01-01"),
    features("2026-01-01", [1, 1, 1, 1, 0]),
    game("g", "2026-01-03"),
    features("2026-01-03", [1, 0]),
    # what counts as a row, and as a line: neighbours of the line are never 0 (see feature_row)
    game("g", "2026-01-05"),
    feature_row("2026-01-05", 20.5, length=33),
    feature_row("2026-01-05", 20.5, length=40),
    feature_row("2026-01-05", 20.5, length=32),
    feature_row("2026-01-05", 20.5, length=0),
    feature_row("2026-01-05", 0.0),
    feature_row("2026-01-05", -3.5),
    feature_row("2026-01-05", math.nan),
    feature_row("2026-01-05", math.inf),
    feature_row("2026-01-05", -math.inf),
    game("g", "2026-01-06", all_star=True),
    features("2026-01-06", [20.5, 20.5]),
    # rows that arrive one by one on the morning of the day
    game("g", "2026-01-10", 1),
    feature_row("2026-01-10", 20.5, arrived=None),
    feature_row("2026-01-10", 0.0, arrived="2026-01-10 09:30"),
    feature_row("2026-01-10", 20.5, arrived="2026-01-10 11:00"),
    feature_row("2026-01-10", 0.0, arrived="2026-01-10 11:00:00.000001"),
    # games on 02-01 and 02-02; 02-03 a day off with rows; 02-04 a game without rows
    game("g1", "2026-02-01"),
    features("2026-02-01", [20.5, 0, 0, 0, 0.5]),
    game("g2", "2026-02-02"),
    game("g3", "2026-02-02", 1),
    features("2026-02-02", [20.5, 7.5, 0]),
    features("2026-02-03", [20.5]),
    game("g4", "2026-02-04", 1),
    game("g5", "2026-02-05", 1),
    features("2026-02-05", [1.5, 0]),
)

CASES = [
    Case(
        "days = 1 is two dates, each with its own share",
        SEASON,
        "2026-02-02",
        [
            judged("2026-02-02", "2026-02-01", 40.0, 2, 5),
            judged("2026-02-02", "2026-02-02", 200 / 3, 2, 3),
        ],
    ),
    Case(
        "rows of a date without a game don't count",
        SEASON,
        "2026-02-03",
        [judged("2026-02-03", "2026-02-02", 200 / 3, 2, 3)],
    ),
    Case(
        "a game day without a row is 0 %",
        SEASON,
        "2026-02-04",
        [judged("2026-02-04", "2026-02-04", 0.0, 0, 0)],
    ),
    Case(
        "a date is due at 10:00 sharp",
        SEASON,
        "2026-02-05 10:00:00",
        [
            judged("2026-02-05", "2026-02-04", 0.0, 0, 0),
            judged("2026-02-05", "2026-02-05", 50.0, 1, 2),
        ],
    ),
    Case(
        "and not a second before",
        SEASON,
        "2026-02-05 09:59:59",
        [judged("2026-02-04", "2026-02-04", 0.0, 0, 0)],
    ),
    Case(
        "days = 3 is four dates, of which one is no game day",
        SEASON,
        "2026-02-05",
        [
            judged("2026-02-05", "2026-02-02", 200 / 3, 2, 3),
            judged("2026-02-05", "2026-02-04", 0.0, 0, 0),
            judged("2026-02-05", "2026-02-05", 50.0, 1, 2),
        ],
        {"days": 3},
    ),
    Case(
        "a row needs 33 features, a line is a number greater than 0, and it is feature 25 from zero",
        SEASON,
        "2026-01-05",
        [judged("2026-01-05", "2026-01-05", 300 / 7, 3, 7)],
    ),
    Case(
        "an All-Star entry makes no game day",
        SEASON,
        "2026-01-06",
        [judged("2026-01-06", "2026-01-05", 300 / 7, 3, 7)],
    ),
    Case(
        "what arrives after the instant is not seen, what arrives without a time is",
        SEASON,
        "2026-01-10 10:00",
        [judged("2026-01-10", "2026-01-10", 50.0, 1, 2)],
    ),
    Case(
        "what arrives at the instant is seen",
        SEASON,
        "2026-01-10 11:00",
        [judged("2026-01-10", "2026-01-10", 200 / 3, 2, 3)],
    ),
    *(
        Case(
            f"10:00 of {date} is {utc} UTC ({what} the instant)",
            SEASON,
            as_of,
            [judged(anchor, on, 0.0, 0, 0) for on in dates],
        )
        for date, utc, what, as_of, anchor, dates in (
            ("2025-11-01", "14:00", "at", "2025-11-01 10:00", "2025-11-01", ["2025-11-01"]),
            (
                "2025-11-02",
                "15:00",
                "before",
                "2025-11-02 09:59:59",
                "2025-11-01",
                ["2025-11-01"],
            ),
            (
                "2025-11-02",
                "15:00",
                "at",
                "2025-11-02 10:00",
                "2025-11-02",
                ["2025-11-01", "2025-11-02"],
            ),
            (
                "2026-03-08",
                "14:00",
                "before",
                "2026-03-08 09:59:59",
                "2026-03-07",
                ["2026-03-07"],
            ),
            (
                "2026-03-08",
                "14:00",
                "at",
                "2026-03-08 10:00",
                "2026-03-08",
                ["2026-03-07", "2026-03-08"],
            ),
        )
    ),
    Case(
        "four of five are 80 %, to the last bit",
        SEASON,
        "2026-01-02",
        [judged("2026-01-02", "2026-01-01", 80.0, 4, 5)],
    ),
    Case(
        "one of two is 50 %, to the last bit",
        SEASON,
        "2026-01-03",
        [judged("2026-01-03", "2026-01-03", 50.0, 1, 2)],
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_answer_is_the_one_worked_out_by_hand(case: Case, witness: Interview) -> None:
    assert witness.rows(MONITOR, case, CASES) == case.expected


def test_a_year_back_is_within_the_reach_of_the_calendar(witness: Interview) -> None:
    a_year = world(game("g1", "2025-02-01"), game("g2", "2026-02-02", 1))
    case = Case("a window of 366 days", a_year, "2026-02-02", [], {"days": 366})
    dates = [row["game_date"] for row in witness.rows(MONITOR, case, [case])]
    assert dates == [day("2025-02-01"), day("2026-02-02")]
