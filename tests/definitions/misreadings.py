"""Ways to misread the definitions, and the random questions that show each.

A misreading is told as another world, other variables or another clock. One of a hundred questions
must show it; the first of them that does is one that the witnesses are asked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal
from functools import cache
from typing import Any
from unittest import mock

from hypothesis import given, settings

from definitions.monitors import MONITORS
from definitions.random_worlds import PLANS, Question, questions
from definitions.statement import seen, state
from definitions.statement.games import SCHEDULE
from definitions.statement.keys import GRADES, PREDICTIONS
from definitions.statement.said import comparable
from definitions.tables import Row, World

RUNS = "nba_reference.processor_run_history"
PLAYS = "nba_raw.bigdataball_play_by_play"
ARRIVALS = ("created_at", "graded_at", "completed_at", "started_at")
ON_CALENDAR = tuple(monitor for monitor in MONITORS if monitor != "duplicate_rows")
ARRIVING = tuple(
    monitor for monitor in MONITORS if monitor not in ("bdb_coverage", "game_status_lag")
)
FINAL = ("grading_completeness", "bdb_coverage", "box_score_coverage")
FEATURES = ("line_coverage", "usage_rate", "feature_quality")
COMPLETIONS = ("phase_completion", "box_score_coverage")

Change = Callable[[Question], Question]
Answers = list[list[dict[str, Any]]]


@dataclass(frozen=True)
class Misreading:
    """What is read wrongly, by which monitors, and the question to which that would be the answer."""

    says: str
    monitors: tuple[str, ...]
    change: Change = field(default=lambda question: question)
    clock: tzinfo = seen.NEW_YORK

    def answers(self, question: Question) -> Answers:
        """What would be stated."""
        with mock.patch.object(seen, "NEW_YORK", self.clock):
            return answers(self.change(question))


def rows(change: Callable[[str, Row], Row | None]) -> Change:
    """Each row another one, or none."""

    def changed(question: Question) -> Question:
        tables = {
            table: [new for row in old if (new := change(table, row)) is not None]
            for table, old in question.world.tables.items()
        }
        return replace(question, world=World(tables))

    return changed


def column(name: str, change: Mapping[Any, Any]) -> Change:
    """A value of a column is another."""
    return rows(
        lambda _, row: {**row, name: change.get(row[name], row[name])} if name in row else row
    )


def without(table: str, drop: Callable[[Row], object]) -> Change:
    """Some rows are not looked at."""
    return rows(lambda name, row: None if name == table and drop(row) else row)


def knowing(change: Callable[[Mapping[str, Any]], Mapping[str, Any]]) -> Change:
    """Variables have other values."""
    return lambda question: replace(
        question, vars={**question.vars, **change({**seen.DEFAULTS, **question.vars})}
    )


def arriving(later: timedelta) -> Change:
    """Rows arrive later or earlier."""

    def shifted(row: Row) -> Row:
        moved = {name: row[name] + later for name in ARRIVALS if row.get(name)}
        return {**row, **moved}

    return rows(lambda _, row: shifted(row))


def due(later: timedelta) -> Change:
    """Data is due later or earlier."""

    def changed(question: Question) -> Question:
        known = {**seen.DEFAULTS, **question.vars}
        moved = {}
        for kind in PLANS[question.monitor].kinds:
            clock = time.fromisoformat(known[f"{kind}_due_time"])
            moment = datetime.combine(date(2000, 1, 2), clock) + later
            moved[f"{kind}_due_time"] = moment.time().isoformat()
            moved[f"{kind}_due_days"] = known[f"{kind}_due_days"] + moment.day - 2
        return replace(question, vars={**question.vars, **moved})

    return changed


def once(*names: str) -> Change:
    """A key is stored once."""

    def changed(question: Question) -> Question:
        tables = dict(question.world.tables)
        for table in names:
            keyed = {
                tuple(row[k] for k in ("system_id", "game_date", "game_id", "player_lookup")): row
                for row in tables.get(table, [])
            }
            tables[table] = list(keyed.values())
        return replace(question, world=World(tables))

    return changed


def undated(entries: Sequence[str]) -> list[str]:
    """The names alone."""
    return [entry.partition("/")[0] for entry in entries]


TICK = timedelta(microseconds=1)

MISREADINGS = [
    Misreading("not due at the instant itself", MONITORS, due(TICK)),
    Misreading("due just before", MONITORS, due(-TICK)),
    Misreading("what comes at the instant is not seen", ARRIVING, arriving(TICK)),
    Misreading("what comes just after is seen", ARRIVING, arriving(-TICK)),
    Misreading(
        "what has no time has not come",
        ARRIVING,
        rows(lambda _, row: None if any(row.get(name, 0) is None for name in ARRIVALS) else row),
    ),
    Misreading("All-Star entries are games", ON_CALENDAR, column("is_all_star", {True: False})),
    Misreading(
        "what nobody calls an All-Star entry is no game",
        ON_CALENDAR,
        column("is_all_star", {None: True}),
    ),
    Misreading(
        "a game without an id is none", FINAL, without(SCHEDULE, lambda r: not r["game_id"])
    ),
    Misreading("there are no breaks", ON_CALENDAR, knowing(lambda _: {"breaks": []})),
    Misreading(
        "there is always a season",
        ON_CALENDAR,
        knowing(lambda _: {"seasons": ["2000-01-01/2100-01-01"]}),
    ),
    Misreading(
        "the calendar is not known in advance",
        ON_CALENDAR,
        without(SCHEDULE, lambda row: row["game_date"].month == 12 and row["game_date"].day == 31),
    ),
    Misreading(
        "one day more",
        ("line_coverage", "grading_completeness", "duplicate_rows"),
        knowing(lambda known: {"days": known["days"] + 1}),
    ),
    Misreading(
        "one day fewer",
        ("line_coverage", "grading_completeness", "duplicate_rows"),
        knowing(lambda known: {"days": known["days"] - 1}),
    ),
    *(
        Misreading(
            f"status {status} is final",
            (*FINAL, "game_status_lag"),
            column("game_status", {status: 3}),
        )
        for status in (1, 2, None)
    ),
    Misreading("postponed is a doubt", FINAL, knowing(lambda _: {"postponed_games": []})),
    Misreading(
        "32 features are enough",
        FEATURES,
        knowing(lambda known: {"minimum_features": known["minimum_features"] - 1}),
    ),
    Misreading(
        "33 are not",
        FEATURES,
        knowing(lambda known: {"minimum_features": known["minimum_features"] + 1}),
    ),
    Misreading(
        "the line is the feature before",
        ("line_coverage",),
        knowing(lambda known: {"line_feature": known["line_feature"] - 1}),
    ),
    Misreading(
        "the usage rate is the feature before",
        ("usage_rate",),
        knowing(lambda known: {"usage_rate_feature": known["usage_rate_feature"] - 1}),
    ),
    Misreading(
        "the first element is no element",
        ("usage_rate",),
        knowing(
            lambda known: {
                "usage_rate_feature": known["usage_rate_feature"] or -1,
            }
        ),
    ),
    Misreading(
        "a row without a score has none of it",
        ("feature_quality",),
        column("feature_quality_score", {None: Decimal(0)}),
    ),
    Misreading(
        "a row without a score is no row",
        ("feature_quality",),
        rows(lambda _, row: None if row.get("feature_quality_score", 0) is None else row),
    ),
    Misreading(
        "each row is a run", ("processor_success",), column("run_id", dict.fromkeys(("r1", "r2")))
    ),
    Misreading(
        "a run without an id is none",
        ("processor_success",),
        without(RUNS, lambda row: row["run_id"] is None),
    ),
    Misreading(
        "a run that goes on has succeeded",
        ("processor_success",),
        column("status", {"running": "success"}),
    ),
    Misreading(
        "a processor without a name does not run",
        ("processor_success",),
        without(RUNS, lambda row: row["processor_name"] is None),
    ),
    Misreading(
        "one row more a game",
        ("box_score_coverage",),
        knowing(lambda known: {"box_scores_a_game": known["box_scores_a_game"] + 1}),
    ),
    Misreading(
        "a run that counts no rows wrote none",
        ("box_score_coverage",),
        column("record_count", {None: 0}),
    ),
    Misreading(
        "nobody else reports the processor",
        ("box_score_coverage",),
        knowing(lambda _: {"expected_processors": []}),
    ),
    Misreading(
        "repeated rows are one", ("recent_predictions", "duplicate_rows"), once(PREDICTIONS)
    ),
    Misreading("repeated grades are one", ("duplicate_rows",), once(GRADES)),
    Misreading(
        "a prediction without a line is gradable",
        ("grading_completeness",),
        column("line_source", {"NO_PROP_LINE": "ACTUAL_PROP"}),
    ),
    Misreading(
        "an estimated line is none",
        ("grading_completeness",),
        column("line_source", {"ESTIMATED_AVG": None}),
    ),
    Misreading(
        "voided is not graded",
        ("grading_completeness",),
        without(GRADES, lambda row: row["is_voided"]),
    ),
    Misreading(
        "a grade without a player is anyone's",
        ("grading_completeness",),
        column("player_lookup", {None: "p1"}),
    ),
    Misreading(
        "nobody retires", ("recent_predictions",), knowing(lambda _: {"retired_systems": []})
    ),
    Misreading(
        "nobody is active", ("recent_predictions",), knowing(lambda _: {"active_systems": []})
    ),
    Misreading(
        "who is active is so from the start",
        ("recent_predictions",),
        knowing(lambda known: {"active_systems": undated(known["active_systems"])}),
    ),
    Misreading(
        "who retires has always been so",
        ("recent_predictions",),
        knowing(lambda known: {"retired_systems": undated(known["retired_systems"])}),
    ),
    Misreading(
        "NULL is a system",
        ("grading_completeness", "recent_predictions"),
        column("system_id", {None: "nameless"}),
    ),
    Misreading(
        "failed is finished",
        (*COMPLETIONS, "processor_success"),
        column("status", {"failed": "success"}),
    ),
    Misreading("every phase is the phase", COMPLETIONS, column("phase", {"phase4": "phase3"})),
    Misreading(
        "a prediction without a player is one's",
        ("player_coverage",),
        column("player_lookup", {None: "nameless"}),
    ),
    Misreading(
        "an id that is too long is not cut",
        ("bdb_coverage",),
        without(PLAYS, lambda row: (row["bdb_game_id"] or 0) > 9_999_999_999),
    ),
    Misreading("the clock is not put back", MONITORS, clock=timezone(timedelta(hours=-5))),
]


def telling(monitor: str) -> list[Question]:
    """Of each misreading of a monitor, the first question that shows it; each question once."""
    found = [
        question
        for misreading in MISREADINGS
        if monitor in misreading.monitors
        and (question := first_to_show(misreading, monitor)) is not None
    ]
    return list({id(question): question for question in found}.values())


@cache
def first_to_show(misreading: Misreading, monitor: str) -> Question | None:
    """The first of a hundred questions whose answer would be another."""
    for question, right in sample(monitor):
        if misreading.answers(question) != right:
            return question
    return None


@cache
def sample(monitor: str) -> list[tuple[Question, Answers]]:
    """A hundred questions, always the same, each with its answer."""
    asked: list[tuple[Question, Answers]] = []

    @settings(max_examples=100, derandomize=True, database=None)
    @given(questions(monitor))
    def ask(question: Question) -> None:
        asked.append((question, answers(question)))

    ask()
    return asked


def answers(question: Question) -> Answers:
    """What is stated at each instant."""
    return [
        comparable(state(question.monitor, question.world, instant, question.vars))
        for instant in question.instants
    ]
