"""box_score_coverage, as docs/definitions.md has it."""

from __future__ import annotations

from typing import Any

import pytest

from definitions.cases import Case, Interview, not_judged
from definitions.tables import completion, day, game, world

MONITOR = "box_score_coverage"
PROCESSOR = "player_game_summary"


def judged(
    anchor: str, pct: float, records: int, expected: int, reason: str | None = None
) -> list[dict[str, Any]]:
    return [
        {
            "verdict": "judge",
            "reason": reason,
            "anchor_date": day(anchor),
            "coverage_pct": pct,
            "numerator": records,
            "denominator": expected,
        }
    ]


def unjudged(anchor: str, verdict: str, reason: str) -> list[dict[str, Any]]:
    return [not_judged(verdict, anchor, reason, "coverage_pct")]


def games(on: str, final: int, *others: int) -> list[Any]:
    """Final games, and games of another status."""
    statuses = [3] * final + list(others)
    return [game(f"{on}-{n}", on, status) for n, status in enumerate(statuses)]


def done(on: str, records: int | None, **how: Any) -> tuple[str, Any]:
    """The processor's success."""
    return completion(PROCESSOR, on, records=records, **how)


SEASON = world(
    # shares at the thresholds: of 130 and of 52 rows
    games("2026-01-01", 5),
    done("2026-01-01", 104),
    games("2026-01-02", 2),
    done("2026-01-02", 26),
    games("2026-01-03", 2),
    done("2026-01-03", 0),
    games("2026-01-04", 2),
    done("2026-01-04", 52),
    # more than there can be
    games("2026-01-05", 2),
    done("2026-01-05", 53),
    # a game that is not final: played, or not; and one that everybody knows to be postponed
    games("2026-01-06", 2, 1),
    done("2026-01-06", 75),
    games("2026-01-07", 2, 1),
    done("2026-01-07", 79),
    games("2026-01-08", 1, 2),
    done("2026-01-08", 13),
    games("2026-01-09", 1, 1, 2),
    done("2026-01-09", 13),
    # what counts: the processor, the phase, the date, success
    games("2026-01-10", 1),
    done("2026-01-10", 26, status="failed"),
    done("2026-01-10", 26, status="SUCCESS"),
    done("2026-01-10", 26, phase="phase4"),
    completion("team_offense_game_summary", "2026-01-10", records=2),
    done("2026-01-09", 26, arrived="2024-01-01 00:00"),
    # the latest run; of two at one instant the greater; one without a time is the earliest
    games("2026-01-11", 1),
    done("2026-01-11", 26, arrived=None),
    done("2026-01-11", 25, arrived="2026-01-12 08:00"),
    done("2026-01-11", None, arrived="2026-01-12 08:00"),
    done("2026-01-11", 24, arrived="2026-01-12 08:00"),
    done("2026-01-11", 13, arrived="2026-01-12 09:00"),
    done("2026-01-11", 20, arrived="2026-01-12 09:00:00.000001"),
    # no count
    games("2026-01-13", 1),
    done("2026-01-13", None),
    # a day off with rows
    done("2026-01-14", 26),
    games("2026-01-20", 0, 1),
    # the clocks go forward
    games("2026-03-06", 1),
    done("2026-03-06", 26),
    games("2026-03-07", 1),
    done("2026-03-07", 13),
)

CASES = [
    Case("104 of 130 are 80 %", SEASON, "2026-01-02", judged("2026-01-01", 80.0, 104, 130)),
    Case("26 of 52 are 50 %", SEASON, "2026-01-03", judged("2026-01-02", 50.0, 26, 52)),
    Case("none is 0 %", SEASON, "2026-01-04", judged("2026-01-03", 0.0, 0, 52)),
    Case("all are 100 %", SEASON, "2026-01-05", judged("2026-01-04", 100.0, 52, 52)),
    Case(
        "one more is unknown",
        SEASON,
        "2026-01-06",
        unjudged("2026-01-05", "unknown", "53 rows for 2 games of 2026-01-05, more than 26 a game"),
    ),
    Case(
        "a game that is not final may have rows: 100 % at most",
        SEASON,
        "2026-01-07",
        judged("2026-01-06", 100.0, 75, 52, "not counted: 1 of 3 games not final"),
    ),
    Case(
        "but no more than the others",
        SEASON,
        "2026-01-08",
        unjudged("2026-01-07", "unknown", "79 rows for 3 games of 2026-01-07, more than 26 a game"),
    ),
    Case(
        "half of the games final",
        SEASON,
        "2026-01-09",
        judged("2026-01-08", 50.0, 13, 26, "not counted: 1 of 2 games not final"),
    ),
    Case(
        "fewer than half",
        SEASON,
        "2026-01-10",
        unjudged("2026-01-09", "unknown", "only 1 of 3 games final 2026-01-09"),
    ),
    Case(
        "a game declared as postponed is no doubt",
        SEASON,
        "2026-01-10",
        judged(
            "2026-01-09",
            50.0,
            13,
            26,
            "not counted: 1 of 2 games not final, 1 game postponed",
        ),
        {"postponed_games": ["2026-01-09-1"]},
    ),
    Case(
        "every game postponed",
        SEASON,
        "2026-01-21",
        unjudged("2026-01-20", "skip", "every game 2026-01-20 is postponed"),
        {"postponed_games": ["2026-01-20-0"]},
    ),
    Case(
        "without a success phase_completion reports it",
        SEASON,
        "2026-01-11",
        unjudged(
            "2026-01-10",
            "skip",
            "player_game_summary has not completed 2026-01-10: phase_completion reports it",
        ),
    ),
    Case(
        "unless that does not expect the processor",
        SEASON,
        "2026-01-11",
        unjudged("2026-01-10", "unknown", "player_game_summary has not completed 2026-01-10"),
        {"expected_processors": ["team_offense_game_summary"]},
    ),
    Case(
        "the phase, the processor and its rows are variables",
        SEASON,
        "2026-01-11",
        judged("2026-01-10", 50.0, 2, 4),
        {"box_score_processor": "team_offense_game_summary", "box_scores_a_game": 4},
    ),
    Case(
        "a date is due the next day at 08:00; what completes at the instant counts",
        SEASON,
        "2026-01-12 08:00",
        judged("2026-01-11", 2500 / 26, 25, 26),
    ),
    Case(
        "the latest run counts, even with fewer rows",
        SEASON,
        "2026-01-12 09:00",
        judged("2026-01-11", 50.0, 13, 26),
    ),
    Case(
        "and none that completes later",
        SEASON,
        "2026-01-12",
        judged("2026-01-11", 2000 / 26, 20, 26),
    ),
    Case(
        "a run that counts no rows is unknown",
        SEASON,
        "2026-01-14",
        unjudged(
            "2026-01-13",
            "unknown",
            "player_game_summary recorded no number of rows for 2026-01-13",
        ),
    ),
    Case(
        "a day off is skipped, though it has rows",
        SEASON,
        "2026-01-15",
        unjudged("2026-01-14", "skip", "no games 2026-01-14 (day off)"),
    ),
    Case(
        "a second before 08:00 the date before is judged",
        SEASON,
        "2026-03-08 07:59:59",
        judged("2026-03-06", 100.0, 26, 26),
    ),
    Case(
        "08:00 is 12:00 UTC on the day on which the clocks go forward",
        SEASON,
        "2026-03-08 08:00",
        judged("2026-03-07", 50.0, 13, 26),
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_answer_is_the_one_worked_out_by_hand(case: Case, witness: Interview) -> None:
    assert witness.rows(MONITOR, case, CASES) == case.expected
