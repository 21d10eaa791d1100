"""player_coverage, as the definitions have it."""

from __future__ import annotations

from typing import Any

import pytest

from definitions.cases import Case, Interview
from definitions.tables import day, game, prediction, world

MONITOR = "player_coverage"
PRIMARY = "catboost_v9"


def judged(anchor: str, players: int, games: int) -> list[dict[str, Any]]:
    """The one row."""
    return [
        {
            "verdict": "judge",
            "reason": None,
            "anchor_date": day(anchor),
            "players_per_game": players / games,
            "numerator": players,
            "denominator": games,
        }
    ]


def players(on: str, first: int, last: int, **how: Any) -> list[Any]:
    """A row of the primary system for each player from the first to the last."""
    return [prediction(PRIMARY, on, f"p{i}", **how) for i in range(first, last)]


SEASON = world(
    # a final game, one that nobody knows, and one that stands twice; All-Star entries are none
    game("g1", "2026-02-01"),
    game("g2", "2026-02-01", None),
    game("g3", "2026-02-01"),
    game("g3", "2026-02-01", 1),
    game("exhibition", "2026-02-01", all_star=True),
    players("2026-02-01", 0, 36),
    # a player with two rows, also of two games or without a line, is one player
    prediction(PRIMARY, "2026-02-01", "p0"),
    prediction(PRIMARY, "2026-02-01", "p1", "another game"),
    prediction(PRIMARY, "2026-02-01", "p2", line="NO_PROP_LINE"),
    prediction(PRIMARY, "2026-02-01", None),
    prediction("catboost_v8", "2026-02-01", "p99"),
    prediction(None, "2026-02-01", "p99"),
    game("g1", "2026-02-02", 1),
    game("g2", "2026-02-02", 1),
    players("2026-02-02", 0, 11, arrived="2026-02-02 09:00"),
    players("2026-02-02", 10, 12, arrived="2026-02-02 12:00"),
    players("2026-02-02", 12, 13, arrived="2026-02-02 12:00:01"),
    players("2026-02-02", 13, 14, arrived=None),
    # tomorrow's predictions are not today's
    players("2026-02-03", 50, 60),
    game("g1", "2026-02-03", 1),
    game("g1", "2026-02-10", 1),
)

CASES = [
    Case("twelve players per game", SEASON, "2026-02-01", judged("2026-02-01", 36, 3)),
    Case("no row is 0", SEASON, "2026-02-10", judged("2026-02-10", 0, 1)),
    Case(
        "predictions of a date are due at 10:00",
        SEASON,
        "2026-02-02 10:00",
        judged("2026-02-02", 12, 2),
    ),
    Case(
        "a second before, the date before is judged",
        SEASON,
        "2026-02-02 09:59:59",
        judged("2026-02-01", 36, 3),
    ),
    Case(
        "what arrives at the instant is seen, and a player counts from the first row on",
        SEASON,
        "2026-02-02 12:00",
        judged("2026-02-02", 13, 2),
    ),
    Case("later all of it", SEASON, "2026-02-02", judged("2026-02-02", 14, 2)),
    Case(
        "the primary system is a variable",
        SEASON,
        "2026-02-01",
        judged("2026-02-01", 1, 3),
        {"primary_system": "catboost_v8"},
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_answer_is_the_one_worked_out_by_hand(case: Case, witness: Interview) -> None:
    assert witness.rows(MONITOR, case, CASES) == case.expected
