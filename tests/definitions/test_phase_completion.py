"""phase_completion, as the definitions have it."""

from __future__ import annotations

from typing import Any

import pytest

from definitions.cases import Case, Interview, not_judged
from definitions.tables import completion, day, game, world

MONITOR = "phase_completion"
FIVE = (
    "player_game_summary",
    "team_defense_game_summary",
    "team_offense_game_summary",
    "upcoming_player_game_context",
    "upcoming_team_game_context",
)


def judged(anchor: str, done: tuple[str, ...], of: tuple[str, ...] = FIVE) -> list[dict[str, Any]]:
    """A row for each expected processor."""
    return [
        {
            "verdict": "judge",
            "reason": None,
            "anchor_date": day(anchor),
            "processor_name": name,
            "complete": int(name in done),
            "numerator": int(name in done),
            "denominator": 1,
        }
        for name in of
    ]


SEASON = world(
    game("g", "2026-02-01"),
    game("h", "2026-02-01"),
    [completion(name, "2026-02-01", arrived="2026-02-02 04:00") for name in FIVE],
    game("g", "2026-02-02"),
    completion(FIVE[0], "2026-02-02", arrived=None),
    completion(FIVE[0], "2026-02-02", arrived="2026-02-03 09:30"),
    completion(FIVE[1], "2026-02-02", arrived="2026-02-03 09:00"),
    completion(FIVE[2], "2026-02-02", arrived="2026-02-03 09:00:01"),
    completion(FIVE[3], "2026-02-02", status="failed"),
    completion(FIVE[3], "2026-02-02", status="SUCCESS"),
    completion(FIVE[4], "2026-02-02", phase="phase4"),
    completion("unexpected", "2026-02-02"),
    completion(FIVE[4], "2026-01-31"),
    game("g", "2026-02-04"),
    game("g", "2026-03-07"),
    game("g", "2026-03-08"),
    game("g", "2026-03-20", 1),
)

CASES = [
    Case("five of five", SEASON, "2026-02-02", judged("2026-02-01", FIVE)),
    Case(
        "a date is due the next day at 08:00",
        SEASON,
        "2026-02-02 08:00",
        judged("2026-02-01", FIVE),
    ),
    Case(
        "what counts: success, the phase, the date, the five, arrived; without a time it has",
        SEASON,
        "2026-02-03 08:00",
        judged("2026-02-02", FIVE[:1]),
    ),
    Case(
        "one that finishes at the instant counts",
        SEASON,
        "2026-02-03 09:00",
        judged("2026-02-02", FIVE[:2]),
    ),
    Case("repeated completions count once", SEASON, "2026-02-03", judged("2026-02-02", FIVE[:3])),
    Case("nothing finished is 0 of 5", SEASON, "2026-02-05", judged("2026-02-04", ())),
    Case(
        "a second before 08:00 the date before is judged, which was a day off",
        SEASON,
        "2026-02-05 07:59:59",
        [
            not_judged(
                "skip", "2026-02-03", "no games 2026-02-03 (day off)", "processor_name complete"
            )
        ],
    ),
    Case(
        "08:00 is 12:00 UTC on the day on which the clocks go forward",
        SEASON,
        "2026-03-08 08:00",
        judged("2026-03-07", ()),
    ),
    Case(
        "another phase needs no code",
        SEASON,
        "2026-02-02 20:00",
        judged("2026-02-02", FIVE[4:], FIVE[3:]),
        {
            "phase": "phase4",
            "expected_processors": list(FIVE[3:]),
            "phase_due_days": 0,
            "phase_due_time": "20:00:00",
        },
    ),
    Case(
        "a processor that is named twice is expected once",
        SEASON,
        "2026-02-02",
        judged("2026-02-01", FIVE, FIVE[:1]),
        {"expected_processors": [FIVE[0], FIVE[0]]},
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_answer_is_the_one_worked_out_by_hand(case: Case, witness: Interview) -> None:
    assert witness.rows(MONITOR, case, CASES) == case.expected
