"""recent_predictions, as the definitions have it."""

from __future__ import annotations

from typing import Any

import pytest

from definitions.cases import Case, Interview
from definitions.tables import day, game, prediction, world

MONITOR = "recent_predictions"
PRIMARY = "catboost_v9"


def judged(anchor: str, primary: int, *, games: int = 1, **others: int) -> list[dict[str, Any]]:
    """A row a system, the primary one among them."""
    return [
        {
            "verdict": "judge",
            "reason": None,
            "anchor_date": day(anchor),
            "system_id": system,
            "predictions": rows,
            "primary_predictions": primary,
            "games": games,
            "numerator": rows,
            "denominator": 1,
        }
        for system, rows in {PRIMARY: primary, **others}.items()
    ]


def rows(system: str, on: str, count: int, **how: Any) -> list[Any]:
    """So many rows of one system."""
    return [prediction(system, on, f"p{i}", **how) for i in range(count)]


SEASON = world(
    game("g", "2026-01-02"),
    game("g", "2026-01-03"),
    game("g", "2026-02-01"),
    game("h", "2026-02-01"),
    game("g", "2026-02-02", 1),
    game("h", "2026-02-02", 1),
    # twice in the calendar is once, and an exhibition is no game
    game("h", "2026-02-02", 3),
    game("exhibition", "2026-02-02", all_star=True),
    game("g", "2026-02-10", 1),
    rows(PRIMARY, "2026-02-02", 3),
    # the same row again is a row, and so is one that can't be graded
    prediction(PRIMARY, "2026-02-02", "p0"),
    prediction(PRIMARY, "2026-02-02", "p9", line="NO_PROP_LINE"),
    rows(PRIMARY, "2026-02-01", 9),
    # a row without a system is no system's
    prediction(None, "2026-02-01"),
    prediction(None, "2026-02-02"),
    rows("steady", "2026-02-01", 2),
    rows("steady", "2026-02-02", 2),
    rows("silent", "2026-02-01", 7),
    rows("newcomer", "2026-02-02", 1),
    # thirty dates before 02-02 begin on 01-03
    rows("thirty_days_ago", "2026-01-03", 1),
    rows("thirty_one_days_ago", "2026-01-02", 1),
    # no game that day
    rows("off_day", "2026-01-15", 5),
    rows("tomorrows", "2026-02-03", 5),
)

MORNING = world(
    game("g", "2025-11-01"),
    game("g", "2025-11-02"),
    rows(PRIMARY, "2025-11-02", 1),
    game("g", "2026-02-01"),
    game("g", "2026-02-02", 1),
    rows(PRIMARY, "2026-02-02", 2, arrived=None),
    rows(PRIMARY, "2026-02-02", 3, arrived="2026-02-02 11:00"),
    rows(PRIMARY, "2026-02-02", 5, arrived="2026-02-02 11:00:01"),
    # its rows of yesterday come late, and none today
    rows("backfilled", "2026-02-01", 1, arrived="2026-02-02 12:00"),
    rows("backfilled", "2026-02-01", 2, arrived="2026-02-02 11:00"),
)

CASES = [
    Case(
        "the primary system, those that are silent, and those that came anew",
        SEASON,
        "2026-02-02",
        judged("2026-02-02", 5, games=2, steady=2, silent=0, newcomer=1, thirty_days_ago=0),
    ),
    Case(
        "a retired system is not silent",
        SEASON,
        "2026-02-02",
        judged("2026-02-02", 5, games=2, steady=2, newcomer=1),
        {"retired_systems": ["silent", "thirty_days_ago"]},
    ),
    Case(
        "a retired system is so from its date on",
        SEASON,
        "2026-02-02",
        judged("2026-02-02", 5, games=2, steady=2, newcomer=1, thirty_days_ago=0),
        {"retired_systems": ["silent/2026-02-02", "thirty_days_ago/2026-02-03"]},
    ),
    Case(
        "the day before it is not",
        SEASON,
        "2026-02-02 09:59:59",
        judged(
            "2026-02-01", 9, games=2, steady=2, silent=7, thirty_days_ago=0, thirty_one_days_ago=0
        ),
        {"retired_systems": ["silent/2026-02-02", "thirty_days_ago/2026-02-03"]},
    ),
    Case(
        "a system that is declared active is expected, though it never had a row",
        SEASON,
        "2026-02-02",
        judged(
            "2026-02-02",
            5,
            games=2,
            steady=2,
            silent=0,
            newcomer=1,
            thirty_days_ago=0,
            launching=0,
            launched=0,
        ),
        {"active_systems": ["launched", "steady", "launching/2026-02-02", "later/2026-02-03"]},
    ),
    Case(
        "from its date on",
        SEASON,
        "2026-02-02 09:59:59",
        judged(
            "2026-02-01",
            9,
            games=2,
            steady=2,
            silent=7,
            thirty_days_ago=0,
            thirty_one_days_ago=0,
            launched=0,
        ),
        {"active_systems": ["launched", "steady", "launching/2026-02-02", "later/2026-02-03"]},
    ),
    Case(
        "retired comes before active",
        SEASON,
        "2026-02-02",
        judged("2026-02-02", 5, games=2, steady=2, silent=0, newcomer=1, thirty_days_ago=0),
        {"active_systems": ["launched"], "retired_systems": ["launched/2026-02-02"]},
    ),
    Case(
        "the primary system is a variable",
        SEASON,
        "2026-02-02",
        [
            {**row, "primary_predictions": 0}
            for row in judged(
                "2026-02-02", 5, games=2, steady=2, silent=0, newcomer=1, thirty_days_ago=0, v10=0
            )
        ],
        {"primary_system": "v10"},
    ),
    Case(
        "no row of the primary system is 0, not nothing",
        SEASON,
        "2026-02-10",
        judged("2026-02-10", 0, steady=0, silent=0, newcomer=0),
    ),
    Case(
        "predictions of a date are due at 10:00",
        SEASON,
        "2026-02-02 10:00",
        judged("2026-02-02", 5, games=2, steady=2, silent=0, newcomer=1, thirty_days_ago=0),
    ),
    Case(
        "a second before, the date before is judged, and its thirty dates before",
        SEASON,
        "2026-02-02 09:59:59",
        judged(
            "2026-02-01", 9, games=2, steady=2, silent=7, thirty_days_ago=0, thirty_one_days_ago=0
        ),
    ),
    Case(
        "what arrives after the instant is not seen; without a time it is",
        MORNING,
        "2026-02-02 10:59:59",
        judged("2026-02-02", 2),
    ),
    Case(
        "what arrives at the instant is seen, and so who was there yesterday",
        MORNING,
        "2026-02-02 11:00",
        judged("2026-02-02", 5, backfilled=0),
    ),
    Case("later all of it", MORNING, "2026-02-02", judged("2026-02-02", 10, backfilled=0)),
    Case(
        "10:00 is 15:00 UTC on the day on which the clocks go back",
        MORNING,
        "2025-11-02 10:00",
        judged("2025-11-02", 1),
    ),
    Case(
        "and an hour before that it is not yet due",
        MORNING,
        "2025-11-02 09:00",
        judged("2025-11-01", 0),
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_answer_is_the_one_worked_out_by_hand(case: Case, witness: Interview) -> None:
    assert witness.rows(MONITOR, case, CASES) == case.expected
