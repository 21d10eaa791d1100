"""game_status_lag, as the definitions have it."""

from __future__ import annotations

from typing import Any

import pytest

from definitions.cases import Case, Interview, not_judged
from definitions.tables import day, game, world

MONITOR = "game_status_lag"


def judged(anchor: str, game_id: str, on: str, *, final: bool) -> dict[str, Any]:
    """A game of the three dates."""
    return {
        "verdict": "judge",
        "reason": None,
        "anchor_date": day(anchor),
        "game_id": game_id,
        "game_date": day(on),
        "not_final": int(not final),
        "numerator": int(final),
        "denominator": 1,
    }


def postponed(anchor: str, game_id: str | None, on: str) -> dict[str, Any]:
    """An older game that is not final."""
    name = "a game without id" if game_id is None else f"game {game_id}"
    return {
        "verdict": "skip",
        "reason": f"postponed: {name} of {on} is not final",
        "anchor_date": day(anchor),
        "game_id": game_id,
        "game_date": day(on),
        **dict.fromkeys(("not_final", "numerator", "denominator")),
    }


def nothing(anchor: str, reason: str) -> dict[str, Any]:
    """No game in the three dates."""
    return not_judged("skip", anchor, reason, "game_id game_date not_final")


SEASON = world(
    game("too_old", "2026-01-21", 1),
    game("oldest", "2026-01-22", 1),
    game("older", "2026-01-29", 2),
    game("older_final", "2026-01-29"),
    game("first", "2026-01-30"),
    game("late", "2026-01-31", 2),
    game("lost", "2026-02-01", None),
    game("final", "2026-02-01"),
    game("tonight", "2026-02-02", 1),
    game("next", "2026-02-12", 1),
)
TWICE = world(game("g", "2026-01-10", 1), game("g", "2026-01-10", 3), game("x", "2026-03-01", 1))
NAMELESS = world(game(None, "2026-01-07", 1), game("x", "2026-03-01", 1))

CASES = [
    Case(
        "three dates are counted, older ones within ten days are listed",
        SEASON,
        "2026-02-02 06:00",
        [
            postponed("2026-02-01", "oldest", "2026-01-22"),
            postponed("2026-02-01", "older", "2026-01-29"),
            judged("2026-02-01", "first", "2026-01-30", final=True),
            judged("2026-02-01", "late", "2026-01-31", final=False),
            judged("2026-02-01", "lost", "2026-02-01", final=False),
            judged("2026-02-01", "final", "2026-02-01", final=True),
        ],
    ),
    Case(
        "final scores of a date are due the next day at 06:00, not a second before",
        SEASON,
        "2026-02-02 05:59:59",
        [
            postponed("2026-01-31", "too_old", "2026-01-21"),
            postponed("2026-01-31", "oldest", "2026-01-22"),
            judged("2026-01-31", "older", "2026-01-29", final=False),
            judged("2026-01-31", "older_final", "2026-01-29", final=True),
            judged("2026-01-31", "first", "2026-01-30", final=True),
            judged("2026-01-31", "late", "2026-01-31", final=False),
        ],
    ),
    Case(
        "a game declared postponed is counted all the same",
        SEASON,
        "2026-02-02",
        [
            postponed("2026-02-01", "oldest", "2026-01-22"),
            postponed("2026-02-01", "older", "2026-01-29"),
            judged("2026-02-01", "first", "2026-01-30", final=True),
            judged("2026-02-01", "late", "2026-01-31", final=False),
            judged("2026-02-01", "lost", "2026-02-01", final=False),
            judged("2026-02-01", "final", "2026-02-01", final=True),
        ],
        {"postponed_games": ["late"]},
    ),
    Case(
        "no game in the three dates: what is listed stays listed",
        SEASON,
        "2026-02-06",
        [
            nothing("2026-02-05", "no games 2026-02-03 to 2026-02-05 (day off)"),
            postponed("2026-02-05", "older", "2026-01-29"),
            postponed("2026-02-05", "late", "2026-01-31"),
            postponed("2026-02-05", "lost", "2026-02-01"),
            postponed("2026-02-05", "tonight", "2026-02-02"),
        ],
    ),
    Case(
        "a game that stands twice in the calendar is one game, final if it once is",
        TWICE,
        "2026-01-11",
        [judged("2026-01-10", "g", "2026-01-10", final=True)],
    ),
    Case(
        "a game without an id is listed too",
        NAMELESS,
        "2026-01-11",
        [
            nothing("2026-01-10", "no games 2026-01-08 to 2026-01-10 (day off)"),
            postponed("2026-01-10", None, "2026-01-07"),
        ],
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_answer_is_the_one_worked_out_by_hand(case: Case, witness: Interview) -> None:
    assert witness.rows(MONITOR, case, CASES) == case.expected
