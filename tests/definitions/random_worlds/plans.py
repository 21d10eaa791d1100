"""What is worth asking each monitor: its due times, its tables, how far it looks, its variables."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from hypothesis import strategies as st

from definitions.random_worlds import rows
from definitions.random_worlds.question import Question
from definitions.random_worlds.rows import Entries, Place
from definitions.random_worlds.setting import DAY, SPECIAL_DAYS, Setting, beside
from definitions.statement.seen import DEFAULTS, clock
from definitions.tables import world


@dataclass(frozen=True)
class Plan:
    """How to question one monitor."""

    kinds: Sequence[str]
    """The kinds of data whose due times count."""
    reach: Sequence[int]
    """See ``Setting``: the days of the window, and those just outside."""
    rows: Callable[[Setting, Sequence[Place]], Entries]
    """The tables beside the calendar; it gets the games of the calendar."""
    days: bool = False
    """Whether the variable ``days`` counts."""
    vars: dict[str, Sequence[Any]] = field(default_factory=dict)
    """Values that differ from the defaults."""


PERIODS: dict[str, Sequence[Any]] = {
    "seasons": [[], ["2025-10-21/2026-01-09", "2026-01-11/2026-07-04/late"]],
    "breaks": [
        [],
        ["2026-01-10/2026-01-10", "2026-02-13/2026-02-18/first", "2026-02-17/2026-02-20"],
    ],
}
# From special days on, so that instants lie on both sides.
DATED = [f"{name}/{day}" for name in ("a", "c") for day in ("2026-01-10", "2026-02-18")]
DUE = (0, 1, 2), ("00:00:00", "09:30:00", "23:59:59")
POSTPONED: Sequence[Sequence[str]] = (
    [],
    ["0022500001", "0000000002"],
    ["1022500003", "1022500004"],
    ["0022500001", "0000000002", "1022500003", "1022500004"],
)

PLANS: Mapping[str, Plan] = {
    "line_coverage": Plan(
        kinds=["features"],
        reach=[0, 1, 1, 2, 2, 3, 4, 5, -1],
        rows=rows.feature_rows,
        days=True,
        vars={"minimum_features": [1, 26, 34], "line_feature": [0, 24, 32, 39]},
    ),
    "grading_completeness": Plan(
        kinds=["grades"],
        reach=[0, 1, 1, 2, 2, 2, 3, 4, 5, -1],
        rows=rows.predictions_and_grades,
        days=True,
        vars={
            "postponed_games": POSTPONED,
            "gradable_line_sources": [[], ["NO_PROP_LINE"], ["ACTUAL_PROP"]],
        },
    ),
    "phase_completion": Plan(
        kinds=["phase"],
        reach=[0, 1, 1, 1, 2, 2, 3, -1],
        rows=rows.completions,
        vars={
            "phase": ["phase4"],
            "expected_processors": [["other", "nobody", "other"]],
        },
    ),
    "recent_predictions": Plan(
        kinds=["predictions"],
        reach=[0, 0, 0, 1, 1, 1, 2, 15, 29, 30, 30, 31, 31, 32, -1],
        rows=rows.predictions,
        vars={
            "primary_system": ["a", "nobody"],
            "active_systems": [["a"], ["c", "catboost_v9"], DATED],
            "retired_systems": [["a"], ["b"], ["catboost_v9", "b"], DATED],
        },
    ),
    "player_coverage": Plan(
        kinds=["predictions"],
        reach=[0, 0, 0, 1, 1, 2, -1],
        rows=rows.predictions,
        vars={"primary_system": ["a", "nobody"]},
    ),
    "bdb_coverage": Plan(
        kinds=["play_by_play"],
        reach=[0, 1, 1, 1, 2, 2, 3, -1],
        rows=rows.plays,
        vars={"postponed_games": POSTPONED},
    ),
    "game_status_lag": Plan(
        kinds=["final_scores"],
        reach=[0, 1, 1, 2, 2, 3, 4, 5, 11, 12, 13, -1],
        rows=rows.no_rows,
        vars={"postponed_games": POSTPONED},
    ),
    "prediction_freshness": Plan(
        kinds=["predictions"],
        reach=[0, 0, 1, 1, 1, 2, -1],
        rows=rows.predictions,
        vars={
            "primary_system": ["a", "nobody"],
            "first_prediction_time": ["00:00:00", "14:30:00"],
        },
    ),
    "duplicate_rows": Plan(
        kinds=["predictions", "grades"],
        reach=[0, 1, 1, 2, 2, 3, 4, 5, 6, -1],
        rows=rows.predictions_and_grades,
        days=True,
    ),
    "usage_rate": Plan(
        kinds=["features"],
        reach=[0, 0, 0, 1, 1, 1, 2, -1],
        rows=rows.feature_rows,
        vars={"minimum_features": [1, 26, 34], "usage_rate_feature": [-1, 0, 25, 32, 39]},
    ),
    "feature_quality": Plan(
        kinds=["features"],
        reach=[0, 0, 0, 1, 1, 1, 2, -1],
        rows=rows.feature_rows,
        vars={"minimum_features": [1, 26, 34]},
    ),
    "processor_success": Plan(
        kinds=["grades"],
        reach=[0, 1, 1, 1, 2, 2, 3, -1],
        rows=rows.runs,
    ),
    "box_score_coverage": Plan(
        kinds=["phase"],
        reach=[0, 1, 1, 1, 2, 2, 3, -1],
        rows=rows.box_scores,
        vars={
            "postponed_games": POSTPONED,
            "phase": ["phase4"],
            "expected_processors": [["other"]],
            "box_score_processor": ["other"],
            "box_scores_a_game": [1, 13, 30],
        },
    ),
}


def questions(monitor: str) -> st.SearchStrategy[Question]:
    """Questions to one monitor."""
    return st.randoms(use_true_random=True).map(lambda chance: question(monitor, chance))


def question(monitor: str, chance: Random) -> Question:
    """One question, made by chance."""
    plan = PLANS[monitor]
    given = _variables(plan, chance)
    due = [(DEFAULTS | given)[f"{kind}_due_time"] for kind in plan.kinds]
    near = [
        moment
        for day in chance.sample(SPECIAL_DAYS, chance.choice((1, 1, 2)))
        for offset in (0, 1, 2, -1)
        for time in (*due, "00:00:00", "01:30:00", "08:00:00", "14:00:00")
        for moment in beside(clock(day + offset * DAY, time))
    ]
    setting = Setting(chance, sorted(set(chance.choices(near, k=10))), plan.reach)
    calendar = rows.calendar(setting)
    games = [(row["game_date"], row["game_id"]) for _, row in calendar]
    others = plan.rows(setting, games)
    return Question(monitor, setting.instants, given, world(calendar, others))


def _variables(plan: Plan, chance: Random) -> dict[str, Any]:
    given = {"days": chance.randint(1, 3)} if plan.days else {}
    for name, values in (plan.vars | PERIODS).items():
        if chance.random() < 1 / 3:
            given[name] = chance.choice(values)
    if chance.random() < 1 / 3:
        days, times = DUE
        for kind in plan.kinds:
            given[f"{kind}_due_days"] = chance.choice(days)
            given[f"{kind}_due_time"] = chance.choice(times)
    return given
