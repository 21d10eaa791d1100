"""prediction_freshness, as the definitions have it."""

from __future__ import annotations

from typing import Any

import pytest

from definitions.cases import Case, Interview, not_judged
from definitions.tables import at, day, game, prediction, world

MONITOR = "prediction_freshness"
PRIMARY = "catboost_v9"


def judged(anchor: str, hours: float, first: str | None) -> list[dict[str, Any]]:
    """The one row."""
    return [
        {
            "verdict": "judge",
            "reason": None,
            "anchor_date": day(anchor),
            "hours_late": hours,
            "first_row_at": None if first is None else at(first),
            "numerator": hours,
            "denominator": 1,
        }
    ]


def unknown(anchor: str) -> list[dict[str, Any]]:
    """Rows that came nobody knows when."""
    reason = f"{PRIMARY} has rows for {anchor} without created_at"
    return [not_judged("unknown", anchor, reason, "hours_late first_row_at")]


def row(on: str, arrived: str | None, system: str = PRIMARY) -> Any:
    """A prediction."""
    return prediction(system, on, arrived=arrived)


SEASON = world(
    *(game(f"g{i}", f"2026-02-0{n}", 1) for n in range(1, 9) for i in range(2)),
    game("g", "2026-03-08", 1),
    game("g", "2026-03-20", 1),
    row("2026-02-01", "2026-02-01 09:00"),
    row("2026-02-01", "2026-02-01 08:59:59", system="catboost_v8"),
    row("2026-02-01", "2026-02-01 13:00"),
    row("2026-02-02", "2026-02-02 22:36"),
    row("2026-02-03", "2026-02-03 07:45"),
    # 02-04: nothing at all; 02-05: only without a time; 02-06: with and without
    row("2026-02-05", None),
    row("2026-02-06", None),
    row("2026-02-06", "2026-02-06 08:15"),
    row("2026-02-07", None),
    row("2026-02-07", "2026-02-07 12:00"),
    # a row for tomorrow is not one for today
    row("2026-02-08", "2026-02-04 10:00"),
    row("2026-03-08", "2026-03-08 08:30"),
)

CASES = [
    Case(
        "an hour late is 1, to the last bit",
        SEASON,
        "2026-02-01",
        judged("2026-02-01", 1.0, "2026-02-01 09:00"),
    ),
    Case(
        "fourteen hours and 36 minutes",
        SEASON,
        "2026-02-02",
        judged("2026-02-02", 14.6, "2026-02-02 22:36"),
    ),
    Case(
        "before the first row has come, the hours count on",
        SEASON,
        "2026-02-02 22:35:59",
        judged("2026-02-02", (14 * 3600 + 35 * 60 + 59) / 3600, None),
    ),
    Case(
        "at the instant it has come",
        SEASON,
        "2026-02-02 22:36",
        judged("2026-02-02", 14.6, "2026-02-02 22:36"),
    ),
    Case(
        "early is less than nothing",
        SEASON,
        "2026-02-03",
        judged("2026-02-03", -0.25, "2026-02-03 07:45"),
    ),
    Case("none by 10:00 is 2 hours", SEASON, "2026-02-04 10:00", judged("2026-02-04", 2.0, None)),
    Case("none by 14:00 is 6 hours", SEASON, "2026-02-04 14:00", judged("2026-02-04", 6.0, None)),
    Case("and counting", SEASON, "2026-02-04 14:30", judged("2026-02-04", 6.5, None)),
    Case(
        "a second before 10:00 the date before is judged",
        SEASON,
        "2026-02-04 09:59:59",
        judged("2026-02-03", -0.25, "2026-02-03 07:45"),
    ),
    Case("rows without a time came nobody knows when", SEASON, "2026-02-05", unknown("2026-02-05")),
    Case(
        "beside one with a time they don't matter",
        SEASON,
        "2026-02-06",
        judged("2026-02-06", 0.25, "2026-02-06 08:15"),
    ),
    Case(
        "at the instant at which that comes, too",
        SEASON,
        "2026-02-07 12:00",
        judged("2026-02-07", 4.0, "2026-02-07 12:00"),
    ),
    Case(
        "until that has come they do",
        SEASON,
        "2026-02-07 11:00",
        unknown("2026-02-07"),
    ),
    Case(
        "08:00 is 12:00 UTC on the day on which the clocks go forward",
        SEASON,
        "2026-03-08",
        judged("2026-03-08", 0.5, "2026-03-08 08:30"),
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_answer_is_the_one_worked_out_by_hand(case: Case, witness: Interview) -> None:
    assert witness.rows(MONITOR, case, CASES) == case.expected
