"""grading_completeness, as the definitions have it."""

from __future__ import annotations

from typing import Any

import pytest

from definitions.cases import Case, Interview, not_judged
from definitions.tables import Row, day, game, grade, prediction, world
from plumbline.core.text import count

MONITOR = "grading_completeness"


def judged(
    anchor: str,
    system: str,
    pct: float,
    graded: int,
    gradable: int,
    *,
    games: int = 1,
    not_final: int = 0,
    left_out: int | None = None,
) -> dict[str, Any]:
    """A prediction system."""
    postponed = 0 if left_out is None else left_out - not_final
    parts = [f"{not_final} of {games} games not final"] if not_final else []
    parts += [f"{count(postponed, 'games')} postponed"] if postponed else []
    return {
        "verdict": "judge",
        "reason": f"not counted: {', '.join(parts)}" if parts else None,
        "anchor_date": day(anchor),
        "system_id": system,
        "graded_pct": pct,
        "not_final_games": not_final,
        "games": games,
        "left_out_games": not_final if left_out is None else left_out,
        "numerator": graded,
        "denominator": gradable,
    }


def unjudged(anchor: str, verdict: str, reason: str) -> dict[str, Any]:
    """An evaluation without a system."""
    columns = "system_id graded_pct not_final_games games left_out_games"
    return not_judged(verdict, anchor, reason, columns)


def one_game(on: str, *rows: tuple[str, Row]) -> list[tuple[str, Row]]:
    """A day with one final game, called as the day, and rows that belong to it."""
    return [game(on, on), *rows]


def slate(on: str, final: int, not_final: int) -> list[tuple[str, Row]]:
    """A day with final games f0, f1, ... and others n0, n1, ..., each with one graded prediction."""
    games = [game(f"{on} f{i}", on) for i in range(final)]
    games += [game(f"{on} n{i}", on, (1, 2, None)[i]) for i in range(not_final)]
    ids = [row["game_id"] for _, row in games]
    predictions = [prediction("a", on, "p1", game_id) for game_id in ids]
    return [*games, *predictions, *(grade("a", on, "p1", game_id) for game_id in ids)]


def said(on: str, system: str, player: str = "p1", **how: Any) -> tuple[str, Row]:
    """A prediction on the day's one game."""
    return prediction(system, on, player, on, **how)


def graded(on: str, system: str, player: str = "p1", **how: Any) -> tuple[str, Row]:
    """A grade on the day's one game."""
    return grade(system, on, player, on, **how)


COUNTING = "2025-11-20"
MORE_GRADES = "2025-11-25"
ARRIVALS = "2025-12-01"
TWO_OF_THREE, ONE_OF_TWO, ONE_OF_THREE, NONE_OF_TWO = (
    "2025-12-06",
    "2025-12-11",
    "2025-12-16",
    "2025-12-21",
)
NOTHING_GRADABLE = "2025-12-27"
POSTPONED = (
    f"{ONE_OF_THREE} n0",
    f"{ONE_OF_TWO} f0",
    f"{NONE_OF_TWO} n0",
    f"{NONE_OF_TWO} n1",
)

SEASON = world(
    one_game(
        COUNTING,
        # all of two, one of them by an estimated line
        said(COUNTING, "full", "p1"),
        said(COUNTING, "full", "p2", line="ESTIMATED_AVG"),
        graded(COUNTING, "full", "p1"),
        graded(COUNTING, "full", "p2"),
        # nothing graded at all: 0 %, not nothing
        said(COUNTING, "silent", "p1"),
        said(COUNTING, "silent", "p2"),
        # a prediction without a line can't be graded, and its grade is no one's
        said(COUNTING, "lineless", "p1"),
        said(COUNTING, "lineless", "p2", line="NO_PROP_LINE"),
        graded(COUNTING, "lineless", "p2"),
        # nothing gradable: not listed
        said(COUNTING, "shadow", "p1", line="NO_PROP_LINE"),
        graded(COUNTING, "shadow", "p1"),
        # a repeated prediction and a repeated grade count once; voided counts
        said(COUNTING, "twice", "p1"),
        said(COUNTING, "twice", "p1"),
        said(COUNTING, "twice", "p2"),
        graded(COUNTING, "twice", "p1", voided=True),
        graded(COUNTING, "twice", "p1", voided=True),
        graded(COUNTING, "twice", "p1"),
        # a grade of another player, system, date or game is no one's
        said(COUNTING, "stray", "p1"),
        graded(COUNTING, "stray", "p9"),
        graded(COUNTING, "other", "p1"),
        grade("stray", "2025-11-19", "p1", COUNTING),
        grade("stray", COUNTING, "p1", "another game"),
    ),
    one_game(
        MORE_GRADES,
        said(MORE_GRADES, "a", "p1", arrived=None),
        *(graded(MORE_GRADES, "a", player, arrived=None) for player in ("p1", "p1", "p2", "p3")),
    ),
    one_game(
        ARRIVALS,
        # repeated ones count from the first on
        said(ARRIVALS, "a", "p1", arrived="2025-12-02 23:00"),
        said(ARRIVALS, "a", "p1", arrived="2025-12-02 16:00"),
        said(ARRIVALS, "a", "p2", arrived="2025-12-02 18:00"),
        said(ARRIVALS, "a", "p3", arrived="2025-12-02 18:00:01"),
        graded(ARRIVALS, "a", "p1", arrived="2025-12-02 23:00"),
        graded(ARRIVALS, "a", "p1", arrived="2025-12-02 16:00"),
        graded(ARRIVALS, "a", "p2", arrived="2025-12-02 20:00"),
        graded(ARRIVALS, "a", "p3", arrived="2025-12-02 20:00:01"),
    ),
    slate(TWO_OF_THREE, 2, 1),
    slate(ONE_OF_TWO, 1, 1),
    slate(ONE_OF_THREE, 1, 2),
    slate(NONE_OF_TWO, 0, 2),
    one_game(NOTHING_GRADABLE, said(NOTHING_GRADABLE, "a", line="NO_PROP_LINE")),
    game("late", NOTHING_GRADABLE, 1),
    # 01-30 and 01-31 one game, 02-01 two, 02-02 one, all final
    *(
        [game(game_id, on), prediction("a", on, "p1", game_id)]
        for game_id, on in (
            ("g30", "2026-01-30"),
            ("g31", "2026-01-31"),
            ("g01", "2026-02-01"),
            ("h01", "2026-02-01"),
            ("g02", "2026-02-02"),
        )
    ),
    grade("a", "2026-02-01", "p1", "g01"),
    grade("a", "2026-02-02", "p1", "g02"),
    game("next", "2026-03-30", 1),
)


def case(
    says: str, as_of: str, *rows: dict[str, Any], days: int = 3, postponed: tuple[str, ...] = ()
) -> Case:
    """A line of the table: every case is asked over the same season."""
    vars_ = {"days": days} | ({"postponed_games": list(postponed)} if postponed else {})
    return Case(says, SEASON, as_of, rows, vars_)


CASES = [
    case(
        "what is gradable, what is graded, and what counts once",
        "2025-11-21",
        judged(COUNTING, "full", 100.0, 2, 2),
        judged(COUNTING, "silent", 0.0, 0, 2),
        judged(COUNTING, "lineless", 0.0, 0, 1),
        judged(COUNTING, "twice", 50.0, 1, 2),
        judged(COUNTING, "stray", 0.0, 0, 1),
    ),
    case(
        "more grades than predictions are no share over 100 %; without a time they have arrived",
        "2025-11-26",
        judged(MORE_GRADES, "a", 100.0, 1, 1),
    ),
    case(
        "what arrived after the instant is not seen",
        "2025-12-02 17:59",
        judged(ARRIVALS, "a", 100.0, 1, 1),
    ),
    case(
        "a prediction that arrives at the instant is gradable",
        "2025-12-02 18:00",
        judged(ARRIVALS, "a", 50.0, 1, 2),
    ),
    case(
        "a grade that arrives at the instant counts",
        "2025-12-02 20:00",
        judged(ARRIVALS, "a", 200 / 3, 2, 3),
    ),
    case(
        "grades of a date are due the next day at 15:00",
        "2026-02-03 15:00",
        judged("2026-02-02", "a", 50.0, 2, 4, games=4),
    ),
    case(
        "and not a second before",
        "2026-02-03 14:59:59",
        judged("2026-02-01", "a", 25.0, 1, 4, games=4),
    ),
    case(
        "days = 1 is one date",
        "2026-02-02",
        judged("2026-02-01", "a", 50.0, 1, 2, games=2),
        days=1,
    ),
    case(
        "a game that is not final leaves out itself alone",
        "2025-12-07",
        judged(TWO_OF_THREE, "a", 100.0, 2, 2, games=3, not_final=1),
    ),
    case(
        "half of the games is enough",
        "2025-12-12",
        judged(ONE_OF_TWO, "a", 100.0, 1, 1, games=2, not_final=1),
    ),
    case(
        "fewer than half is not",
        "2025-12-17",
        unjudged(ONE_OF_THREE, "unknown", "only 1 of 3 games final 2025-12-14 to 2025-12-16"),
    ),
    case(
        "none is not",
        "2025-12-22",
        unjudged(NONE_OF_TWO, "unknown", "only 0 of 2 games final 2025-12-19 to 2025-12-21"),
    ),
    case(
        "a game declared postponed is no doubt and does not count in the half",
        "2025-12-17",
        judged(ONE_OF_THREE, "a", 100.0, 1, 1, games=2, not_final=1, left_out=2),
        postponed=POSTPONED,
    ),
    case(
        "a game declared postponed that was played after all counts",
        "2025-12-12",
        judged(ONE_OF_TWO, "a", 100.0, 1, 1, games=2, not_final=1),
        postponed=POSTPONED,
    ),
    case(
        "every game postponed: nothing was expected",
        "2025-12-22",
        unjudged(NONE_OF_TWO, "skip", "every game 2025-12-19 to 2025-12-21 is postponed"),
        postponed=POSTPONED,
    ),
    case(
        "nothing gradable on the final games: nothing was expected",
        "2025-12-28",
        unjudged(
            NOTHING_GRADABLE,
            "skip",
            "nothing gradable on the final games 2025-12-25 to 2025-12-27 (1 of 2 not final)",
        ),
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_answer_is_the_one_worked_out_by_hand(case: Case, witness: Interview) -> None:
    assert witness.rows(MONITOR, case, CASES) == case.expected
