"""bdb_coverage, as the definitions have it."""

from __future__ import annotations

from typing import Any

import pytest

from definitions.cases import Case, Interview, not_judged
from definitions.tables import day, game, play, world

MONITOR = "bdb_coverage"


def judged(
    anchor: str,
    covered: dict[str | None, bool],
    *,
    games: int | None = None,
    not_final: int = 0,
    left_out: str | None = None,
) -> list[dict[str, Any]]:
    """A row a final game."""
    return [
        {
            "verdict": "judge",
            "reason": left_out,
            "anchor_date": day(anchor),
            "game_id": game_id,
            "covered_pct": 100.0 if has_rows else 0.0,
            "not_final_games": not_final,
            "games": len(covered) + not_final if games is None else games,
            "numerator": int(has_rows),
            "denominator": 1,
        }
        for game_id, has_rows in covered.items()
    ]


def unjudged(anchor: str, verdict: str, reason: str) -> list[dict[str, Any]]:
    """An evaluation without a game."""
    columns = "game_id covered_pct not_final_games games"
    return [not_judged(verdict, anchor, reason, columns)]


SEASON = world(
    # three final games; ids are padded to ten digits
    game("0022500001", "2026-02-01"),
    game("0022500002", "2026-02-01"),
    game("0022500003", "2026-02-01"),
    [play(22500001, "2026-02-01", str(event)) for event in range(5)],
    # the rows of another date, of nobody, and of a game that is not in the calendar
    play(22500002, "2026-01-31"),
    play(None, "2026-02-01"),
    play(22599999, "2026-02-01"),
    play(22500003, "2026-02-01"),
    # a game of ten digits
    game("1022500001", "2026-02-02"),
    play(1022500001, "2026-02-02"),
    # one of two is final, both have rows
    game("0000000001", "2026-01-10"),
    game("0000000002", "2026-01-10", 2),
    play(1, "2026-01-10"),
    play(2, "2026-01-10"),
    # one of three is final
    game("0000000001", "2026-01-15"),
    game("0000000002", "2026-01-15", 1),
    game("0000000003", "2026-01-15", None),
    # one of two has no id: nobody can have declared it postponed
    game("0000000001", "2026-01-18"),
    game(None, "2026-01-18", 1),
    # a final one has none, so no rows can be its
    game(None, "2026-01-19"),
    play(None, "2026-01-19"),
    # none is
    game("0000000009", "2026-01-20", 1),
    game("next", "2026-03-20", 1),
)
POSTPONED = {"postponed_games": ["0000000002", "0000000009"]}

CASES = [
    Case(
        "a game is covered when a padded id of its own date matches",
        SEASON,
        "2026-02-02",
        judged("2026-02-01", {"0022500001": True, "0022500002": False, "0022500003": True}),
    ),
    Case(
        "play-by-play of a date is due the next day at noon",
        SEASON,
        "2026-02-03 12:00",
        judged("2026-02-02", {"1022500001": True}),
    ),
    Case(
        "and not a second before",
        SEASON,
        "2026-02-03 11:59:59",
        judged("2026-02-01", {"0022500001": True, "0022500002": False, "0022500003": True}),
    ),
    Case(
        "a game that is not final is left out and is a doubt, whatever rows it has",
        SEASON,
        "2026-01-11",
        judged(
            "2026-01-10",
            {"0000000001": True},
            not_final=1,
            left_out="not counted: 1 of 2 games not final",
        ),
    ),
    Case(
        "unless it is declared postponed",
        SEASON,
        "2026-01-11",
        judged("2026-01-10", {"0000000001": True}, left_out="not counted: 1 game postponed"),
        POSTPONED,
    ),
    Case(
        "fewer than half of the games final: nobody knows",
        SEASON,
        "2026-01-16",
        unjudged("2026-01-15", "unknown", "only 1 of 3 games final 2026-01-15"),
    ),
    Case(
        "one of two that were not postponed is half",
        SEASON,
        "2026-01-16",
        judged(
            "2026-01-15",
            {"0000000001": False},
            not_final=1,
            left_out="not counted: 1 of 2 games not final, 1 game postponed",
        ),
        POSTPONED,
    ),
    Case(
        "a game without an id that is not final is a doubt too",
        SEASON,
        "2026-01-19",
        judged(
            "2026-01-18",
            {"0000000001": False},
            not_final=1,
            left_out="not counted: 1 of 2 games not final",
        ),
        POSTPONED,
    ),
    Case(
        "a final game without an id is not covered, whatever rows have none",
        SEASON,
        "2026-01-20",
        judged("2026-01-19", {None: False}),
    ),
    Case(
        "every game postponed: nothing was expected",
        SEASON,
        "2026-01-21",
        unjudged("2026-01-20", "skip", "every game 2026-01-20 is postponed"),
        POSTPONED,
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_answer_is_the_one_worked_out_by_hand(case: Case, witness: Interview) -> None:
    assert witness.rows(MONITOR, case, CASES) == case.expected
