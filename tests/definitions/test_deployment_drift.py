"""deployment_drift, as the definitions have it."""

from __future__ import annotations

from typing import Any

import pytest

from definitions.cases import Case, Interview
from definitions.tables import at, look, world

MONITOR = "deployment_drift"
VARS = {"services": ["worker", "grading"]}


def judged(
    service: str, seen: str, own: int = 0, behind: int = 0, hours: float = 0.0
) -> dict[str, Any]:
    return {
        "verdict": "judge",
        "reason": None,
        "service": service,
        "drifted": int(own > 0),
        "hours_behind": hours,
        "observed_at": at(seen),
        "numerator": own,
        "denominator": behind,
    }


def not_judged(verdict: str, reason: str) -> dict[str, Any]:
    names = ("service", "drifted", "hours_behind", "observed_at", "numerator", "denominator")
    return {"verdict": verdict, "reason": reason, **dict.fromkeys(names)}


NOBODY = "nobody has looked at what is deployed in the 12 hours before"

SEASON = world(
    look("worker", "2026-02-02 06:00", own=77, behind=598, oldest="2026-01-27 06:00"),
    look("grading", "2026-02-02 06:00", behind=12),
    look("grading", "2026-02-02 12:00", own=1, behind=14, oldest="2026-02-02 11:00"),
    look("other", "2026-02-02 12:00", own=9, behind=9, oldest="2026-01-01 11:00"),
    look("worker", "2026-02-03 06:00", commit=None, own=None, behind=None, reason="no label"),
    look("grading", "2026-02-03 06:00", own=3, behind=3, oldest=None),
    look("worker", "2026-02-04 06:00", own=1, behind=1, oldest="2026-02-04 07:00"),
    look("grading", "2026-02-04 06:00", commit=None, own=0, behind=0),
    look("worker", "2026-02-05 06:00", behind=1),
    look("worker", "2026-02-05 07:00", own=5, oldest="2026-01-01 11:00", project="tills"),
    look("worker", "2026-02-05 08:00", own=5, oldest="2026-01-01 11:00", target="dev"),
    look("grading", "2026-02-05 06:00", behind=2, project=None, target=None),
)

CASES = [
    Case(
        "looks of another project or target don't count, those of an earlier version do",
        SEASON,
        "2026-02-05 09:00",
        [
            judged("worker", "2026-02-05 06:00", 0, 1),
            judged("grading", "2026-02-05 06:00", 0, 2),
        ],
        VARS,
    ),
    Case(
        "the latest look at each declared service counts",
        SEASON,
        "2026-02-02 18:00",
        [
            judged("worker", "2026-02-02 06:00", 77, 598, 156.0),
            judged("grading", "2026-02-02 12:00", 1, 14, 7.0),
        ],
        VARS,
    ),
    Case(
        "what was seen later is not known yet",
        SEASON,
        "2026-02-02 11:59:59",
        [
            judged("worker", "2026-02-02 06:00", 77, 598, 149 + 3599 / 3600),
            judged("grading", "2026-02-02 06:00", 0, 12),
        ],
        VARS,
    ),
    Case(
        "a look is good for twelve hours to the second, and then nobody knows",
        SEASON,
        "2026-02-02 18:00:01",
        [
            not_judged("unknown", f"worker: {NOBODY}"),
            judged("grading", "2026-02-02 12:00", 1, 14, 7 + 1 / 3600),
        ],
        VARS,
    ),
    Case(
        "an unknown commit is no 0 behind, nor is a drift of which nobody knows the age",
        SEASON,
        "2026-02-03 07:00",
        [
            not_judged("unknown", "worker: no label"),
            not_judged("unknown", "grading: what is deployed is unknown"),
        ],
        VARS,
    ),
    Case(
        "a commit of the future is no negative age; a missing commit is unknown without its reason",
        SEASON,
        "2026-02-04 06:30",
        [
            judged("worker", "2026-02-04 06:00", 1, 1, 0.0),
            not_judged("unknown", "grading: what is deployed is unknown"),
        ],
        VARS,
    ),
    Case(
        "a service that was never checked is unknown",
        SEASON,
        "2026-02-02 12:00",
        [not_judged("unknown", f"coordinator: {NOBODY}")],
        {"services": ["coordinator"]},
    ),
    Case(
        "where no service is declared there is nothing to judge",
        SEASON,
        "2026-02-02 12:00",
        [not_judged("skip", "no service is declared")],
        {"services": []},
    ),
    Case(
        "for how long a look is good is a variable",
        SEASON,
        "2026-02-02 13:00",
        [not_judged("unknown", f"worker: {NOBODY.replace('12', '6')}")],
        {"services": ["worker"], "deployment_hours": 6},
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_answer_is_the_one_worked_out_by_hand(case: Case, witness: Interview) -> None:
    assert witness.rows(MONITOR, case, CASES) == case.expected
