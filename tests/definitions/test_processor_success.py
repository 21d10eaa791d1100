"""processor_success, as docs/definitions.md has it."""

from __future__ import annotations

from typing import Any

import pytest

from definitions.cases import Case, Interview, not_judged
from definitions.tables import day, game, run_of, world

MONITOR = "processor_success"


def judged(anchor: str, **runs: tuple[int, int]) -> list[dict[str, Any]]:
    """A row for each run: of each processor so many succeeded, so many did not."""
    return [
        {
            "verdict": "judge",
            "reason": None,
            "anchor_date": day(anchor),
            "processor_name": None if processor == "nameless" else processor,
            "success_pct": 100.0 * succeeded,
            "numerator": succeeded,
            "denominator": 1,
        }
        for processor, (successes, others) in runs.items()
        for succeeded in [1] * successes + [0] * others
    ]


def unjudged(anchor: str, verdict: str, reason: str) -> list[dict[str, Any]]:
    return [not_judged(verdict, anchor, reason, "processor_name success_pct")]


NIGHT = "2026-02-02 04:00"

SEASON = world(
    game("g", "2026-01-31"),
    run_of("a", "2026-02-01 04:00", "success", "2026-01-31"),
    # what counts as a success: nothing but the word
    game("g", "2026-02-01"),
    run_of("a", NIGHT, "success", "2026-02-01", run_id="1"),
    run_of("b", NIGHT, "failed", "2026-02-01", run_id="1"),
    run_of("c", NIGHT, "running", "2026-02-01", run_id="1"),
    run_of("d", NIGHT, "SUCCESS", "2026-02-01", run_id="1"),
    run_of("e", NIGHT, None, "2026-02-01", run_id="1"),
    run_of(None, NIGHT, "success", "2026-02-01", run_id="1"),
    # repeated: two runs of b, the second well; of c one run, recorded when it began and when it ended
    run_of("b", "2026-02-02 04:30", "success", "2026-02-01", run_id="2"),
    run_of("c", "2026-02-02 04:00", "success", "2026-02-01", run_id="1"),
    run_of("c", "2026-02-02 04:00", "success", "2026-02-01", run_id="1"),
    # without an id each row is a run
    run_of("f", NIGHT, "failed", "2026-02-01"),
    run_of("f", NIGHT, "failed", "2026-02-01"),
    run_of("f", "2026-02-02 04:10", "success", "2026-02-01"),
    # the same id another day is another run
    run_of("a", "2026-02-02 15:30", "failed", "2026-02-02", run_id="1"),
    # runs that start one by one
    game("g", "2026-02-02", 1),
    run_of("g", None, "success", "2026-02-02", run_id="1"),
    run_of("h", "2026-02-03 15:00", "success", "2026-02-02", run_id="1"),
    run_of("i", "2026-02-03 16:00", "failed", "2026-02-02", run_id="1"),
    run_of("j", "2026-02-03 16:00:00.000001", "failed", "2026-02-02", run_id="1"),
    # a day off with runs; a game day without
    run_of("a", "2026-02-03 17:00", "failed", "2026-02-03"),
    game("g", "2026-02-04", 1),
    game("g", "2026-02-20", 1),
    # the clocks go forward
    game("g", "2026-03-07", 1),
    run_of("a", "2026-03-08 04:00", "success", "2026-03-07"),
    game("g", "2026-03-06", 1),
    run_of("b", "2026-03-07 04:00", "success", "2026-03-06"),
)

CASES = [
    Case(
        "a run succeeds by one row that says so; a row without an id is a run",
        SEASON,
        "2026-02-02",
        judged(
            "2026-02-01",
            a=(1, 0),
            b=(1, 1),
            c=(1, 0),
            d=(0, 1),
            e=(0, 1),
            f=(1, 2),
            nameless=(1, 0),
        ),
    ),
    Case(
        "a date is due the next day at 15:00, and what starts at the instant counts",
        SEASON,
        "2026-02-03 15:00",
        judged("2026-02-02", a=(0, 1), g=(1, 0), h=(1, 0)),
    ),
    Case(
        "what starts after the instant does not",
        SEASON,
        "2026-02-03 16:00",
        judged("2026-02-02", a=(0, 1), g=(1, 0), h=(1, 0), i=(0, 1)),
    ),
    Case(
        "a second before 15:00 the date before is judged",
        SEASON,
        "2026-02-02 14:59:59",
        judged("2026-01-31", a=(1, 0)),
    ),
    Case(
        "a day off is skipped, though processors ran",
        SEASON,
        "2026-02-04 15:00",
        unjudged("2026-02-03", "skip", "no games 2026-02-03 (day off)"),
    ),
    Case(
        "a game day without a run is unknown",
        SEASON,
        "2026-02-05 15:00",
        unjudged("2026-02-04", "unknown", "no runs recorded for 2026-02-04"),
    ),
    Case(
        "15:00 is 19:00 UTC on the day on which the clocks go forward",
        SEASON,
        "2026-03-08 15:00",
        judged("2026-03-07", a=(1, 0)),
    ),
    Case(
        "and not a second before",
        SEASON,
        "2026-03-08 14:59:59",
        judged("2026-03-06", b=(1, 0)),
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_answer_is_the_one_worked_out_by_hand(case: Case, witness: Interview) -> None:
    assert witness.rows(MONITOR, case, CASES) == case.expected
