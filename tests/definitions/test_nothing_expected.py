"""Where a window holds no game day: skipped in a break, off season and on a day off; unknown where
the calendar is empty or stale. The same for every monitor that stands on the calendar."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from definitions.cases import Case, Interview
from definitions.tables import World, game, world

CALENDAR = world(
    game("first", "2025-10-21"),
    game("before the break", "2026-02-10"),
    game("before the break", "2026-02-12"),
    game("exhibition", "2026-02-15", all_star=True),
    game("after the break", "2026-02-19", 1),
    game("nobody said", "2026-02-24", 1, all_star=None),
    game("last", "2026-04-12", 1),
)
STALE = world(game("last", "2026-02-12"))
AROUND_THE_BREAK = world(game("before", "2026-02-09"), game("after", "2026-02-24", 1))
ONLY_BEFORE = world(game("before", "2026-02-09"))
EXHIBITION_AHEAD = world(game("exhibition", "2026-02-27", all_star=True))
EMPTY = world()

BREAK = "(All-Star break 2026-02-13 to 2026-02-18)"
STALE_TEXT = ", and none in the calendar after: it is empty or stale"

# Windows for a bare date D: line_coverage D-1 and D; recent_predictions, player_coverage, usage_rate,
# feature_quality and prediction_freshness D; phase_completion, bdb_coverage, processor_success and
# box_score_coverage D-1; grading_completeness (3 days) and game_status_lag D-3 to D-1.
ALL = (
    "line_coverage",
    "grading_completeness",
    "phase_completion",
    "recent_predictions",
    "player_coverage",
    "bdb_coverage",
    "game_status_lag",
    "prediction_freshness",
    "usage_rate",
    "feature_quality",
    "processor_success",
    "box_score_coverage",
)


@dataclass(frozen=True)
class Quiet:
    """A monitor, when, and what it says."""

    monitor: str
    world: World
    as_of: str
    verdict: str
    reason: str | None

    def __str__(self) -> str:
        return f"{self.monitor} at {self.as_of}: {self.verdict} {self.reason or ''}"

    @property
    def case(self) -> Case:
        vars_ = {"days": 3} if self.monitor == "grading_completeness" else {}
        return Case(str(self), self.world, self.as_of, [], vars_)


QUIET = [
    Quiet("recent_predictions", CALENDAR, "2026-02-11", "skip", "no games 2026-02-11 (day off)"),
    Quiet("recent_predictions", CALENDAR, "2026-02-12", "judge", None),
    Quiet("recent_predictions", CALENDAR, "2026-02-13", "skip", f"no games 2026-02-13 {BREAK}"),
    Quiet("recent_predictions", CALENDAR, "2026-02-15", "skip", f"no games 2026-02-15 {BREAK}"),
    Quiet("recent_predictions", CALENDAR, "2026-02-18", "skip", f"no games 2026-02-18 {BREAK}"),
    Quiet("recent_predictions", CALENDAR, "2026-02-19", "judge", None),
    Quiet("recent_predictions", CALENDAR, "2026-02-24", "judge", None),
    Quiet("recent_predictions", CALENDAR, "2026-04-11", "skip", "no games 2026-04-11 (day off)"),
    Quiet("recent_predictions", CALENDAR, "2026-04-12", "judge", None),
    Quiet("recent_predictions", CALENDAR, "2026-04-13", "skip", "no games 2026-04-13 (off-season)"),
    Quiet("recent_predictions", CALENDAR, "2025-10-20", "skip", "no games 2025-10-20 (off-season)"),
    Quiet("recent_predictions", CALENDAR, "2025-10-21", "judge", None),
    Quiet("phase_completion", CALENDAR, "2026-02-12", "skip", "no games 2026-02-11 (day off)"),
    Quiet("phase_completion", CALENDAR, "2026-02-13", "judge", None),
    Quiet("bdb_coverage", CALENDAR, "2026-02-19", "skip", f"no games 2026-02-18 {BREAK}"),
    Quiet("prediction_freshness", CALENDAR, "2026-02-16", "skip", f"no games 2026-02-16 {BREAK}"),
    # windows of more than one date: one game day is enough to judge
    Quiet("line_coverage", CALENDAR, "2026-02-13", "judge", None),
    Quiet(
        "line_coverage",
        CALENDAR,
        "2026-02-16",
        "skip",
        f"no games 2026-02-15 to 2026-02-16 {BREAK}",
    ),
    Quiet(
        "game_status_lag",
        CALENDAR,
        "2026-02-17",
        "skip",
        f"no games 2026-02-14 to 2026-02-16 {BREAK}",
    ),
    Quiet(
        "grading_completeness",
        CALENDAR,
        "2026-02-24",
        "skip",
        "no games 2026-02-21 to 2026-02-23 (day off)",
    ),
    # partly in the break, partly a day off: known, because the calendar goes on
    Quiet(
        "grading_completeness",
        CALENDAR,
        "2026-02-19",
        "skip",
        f"no games 2026-02-16 to 2026-02-18 {BREAK}",
    ),
    # a calendar that ends knows nothing of a day in the season
    Quiet("recent_predictions", STALE, "2026-02-11", "skip", "no games 2026-02-11 (day off)"),
    Quiet("recent_predictions", STALE, "2026-02-12", "judge", None),
    Quiet("recent_predictions", STALE, "2026-02-18", "skip", f"no games 2026-02-18 {BREAK}"),
    Quiet("recent_predictions", STALE, "2026-02-19", "unknown", f"no games 2026-02-19{STALE_TEXT}"),
    # one date of the window is in the season again
    Quiet(
        "line_coverage",
        STALE,
        "2026-02-19",
        "unknown",
        f"no games 2026-02-18 to 2026-02-19{STALE_TEXT}",
    ),
    # a window that reaches into the break, or out of it
    Quiet(
        "line_coverage",
        AROUND_THE_BREAK,
        "2026-02-13",
        "skip",
        f"no games 2026-02-12 to 2026-02-13 {BREAK}",
    ),
    Quiet(
        "line_coverage",
        AROUND_THE_BREAK,
        "2026-02-19",
        "skip",
        f"no games 2026-02-18 to 2026-02-19 {BREAK}",
    ),
    Quiet(
        "line_coverage",
        AROUND_THE_BREAK,
        "2026-02-12",
        "skip",
        "no games 2026-02-11 to 2026-02-12 (day off)",
    ),
    Quiet(
        "line_coverage",
        AROUND_THE_BREAK,
        "2026-02-20",
        "skip",
        "no games 2026-02-19 to 2026-02-20 (day off)",
    ),
    Quiet(
        "line_coverage",
        ONLY_BEFORE,
        "2026-02-13",
        "unknown",
        f"no games 2026-02-12 to 2026-02-13{STALE_TEXT}",
    ),
    # an All-Star entry is no row of the calendar
    Quiet(
        "recent_predictions",
        EXHIBITION_AHEAD,
        "2026-02-26",
        "unknown",
        f"no games 2026-02-26{STALE_TEXT}",
    ),
    *(
        Quiet(monitor, EMPTY, "2026-07-04", "skip", f"no games {dates} (off-season)")
        for monitor, dates in zip(
            ALL,
            (
                "2026-07-03 to 2026-07-04",
                "2026-07-01 to 2026-07-03",
                "2026-07-03",
                "2026-07-04",
                "2026-07-04",
                "2026-07-03",
                "2026-07-01 to 2026-07-03",
                "2026-07-04",
                "2026-07-04",
                "2026-07-04",
                "2026-07-03",
                "2026-07-03",
            ),
            strict=True,
        )
    ),
    *(
        Quiet(monitor, EMPTY, "2026-02-02", "unknown", f"no games {dates}{STALE_TEXT}")
        for monitor, dates in zip(
            ALL,
            (
                "2026-02-01 to 2026-02-02",
                "2026-01-30 to 2026-02-01",
                "2026-02-01",
                "2026-02-02",
                "2026-02-02",
                "2026-02-01",
                "2026-01-30 to 2026-02-01",
                "2026-02-02",
                "2026-02-02",
                "2026-02-02",
                "2026-02-01",
                "2026-02-01",
            ),
            strict=True,
        )
    ),
]


@pytest.mark.parametrize("quiet", QUIET, ids=str)
def test_a_window_without_games_says_why(quiet: Quiet, witness: Interview) -> None:
    beside = [other.case for other in QUIET if other.monitor == quiet.monitor]
    rows = witness.rows(quiet.monitor, quiet.case, beside)
    said = {(row["verdict"], row["reason"]) for row in rows if row["verdict"] != "judge"}
    if quiet.verdict == "judge":
        # whatever else: the calendar held nothing against it
        assert not any("no games" in reason for _, reason in said)
        return
    assert said == {(quiet.verdict, quiet.reason)}
    assert len(rows) == 1
    told = {"verdict", "reason", "anchor_date"}
    assert {name: value for name, value in rows[0].items() if value is not None}.keys() == told


def test_seasons_and_breaks_are_variables(witness: Interview) -> None:
    vars_ = {
        "seasons": ["2024-10-22/2025-04-13", "2025-10-21/2026-04-12/2025-26"],
        "breaks": ["2025-12-24/2025-12-25", "2026-02-13/2026-02-18/All-Star break"],
    }
    cases = [
        Case("a break without a name", CALENDAR, "2025-12-24", [], vars_),
        Case("in the other season", CALENDAR, "2025-04-13", [], vars_),
        Case("between the seasons", CALENDAR, "2025-04-14", [], vars_),
    ]
    reasons = [witness.rows("recent_predictions", case, cases)[0]["reason"] for case in cases]
    assert reasons == [
        "no games 2025-12-24 (2025-12-24 to 2025-12-25)",
        "no games 2025-04-13 (day off)",
        "no games 2025-04-14 (off-season)",
    ]
