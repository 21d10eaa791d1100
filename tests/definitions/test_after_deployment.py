"""The models of the checkpoints after a deployment: what happened since it."""

from __future__ import annotations

from typing import Any

import pytest

from definitions.cases import Case, Interview
from definitions.tables import at, day, game, prediction, run_of, service_error, world

# Predictions of the primary system for the day


def made(on: str, predictions: int) -> dict[str, Any]:
    return {
        "verdict": "judge",
        "reason": None,
        "judged_date": day(on),
        "predictions": predictions,
        "games": 1,
    }


def not_made(on: str, reason: str, games: int = 1) -> dict[str, Any]:
    return {
        "verdict": "skip",
        "reason": reason.format(on=on),
        "judged_date": day(on),
        "predictions": 0,
        "games": games,
    }


PREDICTED = world(
    game("g", "2026-02-02"),
    prediction("catboost_v9", "2026-02-02", "p1", arrived="2026-02-02 09:00"),
    prediction("catboost_v9", "2026-02-02", "p2", arrived="2026-02-02 09:00:01"),
    prediction("catboost_v8", "2026-02-02", "p3", arrived="2026-02-02 09:30"),
    prediction("catboost_v9", "2026-02-01", "p4", arrived="2026-02-02 09:30"),
    game("g", "2026-02-03"),
    game("g", "2026-02-09"),
)
NINE = {"since": at("2026-02-02 09:00")}
EIGHT = {"since": at("2026-02-02 08:00")}
LATE = {"since": at("2026-02-02 12:00")}
NEXT = {"since": at("2026-02-03 09:00")}

PREDICTIONS = [
    Case(
        "the primary system's for the day since then count, and no others",
        PREDICTED,
        "2026-02-02 12:00",
        [made("2026-02-02", 1)],
        NINE,
    ),
    Case(
        "midnight belongs to the day that it ends",
        PREDICTED,
        "2026-02-02",
        [made("2026-02-02", 1)],
        NINE,
    ),
    Case(
        "before they are due none is missed",
        PREDICTED,
        "2026-02-02 08:59:59",
        [not_made("2026-02-02", "the predictions for {on} are not due yet")],
        EIGHT,
    ),
    Case(
        "those that were made before the deployment need not be made again",
        PREDICTED,
        "2026-02-02 18:00",
        [not_made("2026-02-02", "the predictions for {on} were made before")],
        LATE,
    ),
    Case(
        "none where they are due is 0",
        PREDICTED,
        "2026-02-03 10:00",
        [made("2026-02-03", 0)],
        NEXT,
    ),
    Case(
        "on a day without games nothing is expected",
        PREDICTED,
        "2026-02-04 18:00",
        [not_made("2026-02-04", "no games {on}", games=0)],
        NEXT,
    ),
    Case(
        "predictions for a day without games are a doubt about the calendar",
        world(prediction("catboost_v9", "2026-02-04", "p1", arrived="2026-02-04 09:30")),
        "2026-02-04 18:00",
        [
            {
                "verdict": "unknown",
                "reason": "predictions were made for 2026-02-04, for which the calendar has no game",
                "judged_date": day("2026-02-04"),
                "predictions": 1,
                "games": 0,
            }
        ],
        NEXT,
    ),
]


@pytest.mark.parametrize("case", PREDICTIONS, ids=str)
def test_predictions_since(case: Case, witness: Interview) -> None:
    assert witness.rows("predictions_since", case, PREDICTIONS) == case.expected


# Errors of the service

LOGGED = world(
    service_error("prediction-worker", "2026-02-02 11:50"),
    service_error("prediction-worker", "2026-02-02 11:50:01"),
    service_error("prediction-worker", "2026-02-02 11:58", "critical"),
    service_error("prediction-worker", "2026-02-02 11:58", "warning"),
    service_error("nba-grading-service", "2026-02-02 11:58"),
    service_error("prediction-worker", "2026-02-02 12:00:01"),
)


def errors(count: int) -> list[dict[str, Any]]:
    return [{"errors": count, "an_error_type": "TimeoutError" if count else None}]


ERRORS = [
    Case("the last ten minutes count", LOGGED, "2026-02-02 12:00", errors(2), EIGHT),
    Case(
        "but not what was before the deployment",
        LOGGED,
        "2026-02-02 12:00",
        errors(1),
        {"since": at("2026-02-02 11:55")},
    ),
    Case("no error is 0", LOGGED, "2026-02-02 11:00", errors(0), EIGHT),
    Case(
        "service, window and severities are variables",
        LOGGED,
        "2026-02-02 12:00",
        errors(1),
        EIGHT | {"service": "nba-grading-service", "error_minutes": 3},
    ),
]


@pytest.mark.parametrize("case", ERRORS, ids=str)
def test_service_errors(case: Case, witness: Interview) -> None:
    assert witness.rows("service_errors", case, ERRORS) == case.expected


# Runs of the service's processors


def runs(processor: str, failed: int, of: int, *, still: bool = False) -> dict[str, Any]:
    return {
        "verdict": "judge",
        "reason": None,
        "processor_name": processor,
        "failed": failed,
        "still_failing": int(still),
        "numerator": failed,
        "denominator": of,
    }


RAN = world(
    run_of("a", "2026-02-02 08:00", "failed"),
    run_of("a", "2026-02-02 10:00", "failed"),
    run_of("a", "2026-02-02 10:05", "success"),
    run_of("b", "2026-02-02 10:00", "success", on="2026-01-31"),
    run_of("b", "2026-02-02 10:30", "failed"),
    run_of("b", "2026-02-02 12:00:01", "success"),
    run_of("unwatched", "2026-02-02 10:00", "failed"),
)
WATCHED = {"watched_processors": ["a", "b", "c"], "since": at("2026-02-02 09:00")}

RUNS = [
    Case(
        "a failed run that a later one made good is not failing still",
        RAN,
        "2026-02-02 12:00",
        [runs("a", 1, 2), runs("b", 1, 2, still=True)],
        WATCHED,
    ),
    Case(
        "where none has run there is nothing to judge",
        RAN,
        "2026-02-02 09:30",
        [
            {
                "verdict": "skip",
                "reason": "none of the processors has run since",
                "processor_name": name,
                "failed": 0,
                "still_failing": 0,
                "numerator": 0,
                "denominator": 0,
            }
            for name in ("a", "b", "c")
        ],
        WATCHED,
    ),
]


@pytest.mark.parametrize("case", RUNS, ids=str)
def test_processor_runs(case: Case, witness: Interview) -> None:
    assert witness.rows("processor_runs", case, RUNS) == case.expected
