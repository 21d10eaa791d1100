"""The lies of the scripts that were here before: each told again, beside what plumbline says.

Every story runs a query (or a script) as it stood then and the shipped project on the same rows.
The numbers are those of the list of lies; those about alerts, baselines, deployments and the
monitor of monitors belong to the parts that bring them.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from definitions.embedded import EmbeddedBigQuery
from definitions.tables import (
    World,
    completion,
    feature_row,
    features,
    game,
    grade,
    play,
    prediction,
    world,
)
from plumbline.core.status import Status
from support.warehouse import running_warehouse, shared_state_dir
from support.worlds import LoadedWorld, load_world

__all__ = ["shared_state_dir"]

pytestmark = [pytest.mark.warehouse, pytest.mark.scenario]

Load = Callable[..., LoadedWorld]
PRIMARY = "catboost_v9"
PROCESSORS = (
    "player_game_summary",
    "team_defense_game_summary",
    "team_offense_game_summary",
    "upcoming_player_game_context",
    "upcoming_team_game_context",
)


@pytest.fixture(scope="module")
def load(shared_state_dir: Path) -> Load:
    warehouse = running_warehouse(shared_state_dir)
    embedded = EmbeddedBigQuery(warehouse)

    def run(*rows: object) -> LoadedWorld:
        made: World = world(*rows)  # type: ignore[arg-type]
        return load_world(made, embedded, warehouse)

    return run


def naive_status(value: float | None, warning: float = 80, critical: float = 50) -> str:
    """Thresholds as the scripts had them: what is not a number is not below anything."""
    if value is not None and value < critical:
        return "CRITICAL"
    return "WARNING" if value is not None and value < warning else "OK"


def test_lie_1_a_result_is_not_carried_over_to_the_next_check(load: Load) -> None:
    script = """
    check() { if (( $1 < 50 )); then result=CRITICAL; fi; echo "${result:-OK}"; }
    check 10; check 100
    """
    told = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
    assert told.stdout.split() == ["CRITICAL", "CRITICAL"]

    loaded = load(
        game("0022500001", "2026-02-01"),
        features("2026-02-01", [0, 0]),
        [completion(name, "2026-02-01") for name in PROCESSORS],
        game("0022500002", "2026-02-02"),
    )
    coverage, phase = loaded.outcomes("line_coverage", "phase_completion", as_of="2026-02-02")
    assert (coverage.status, phase.status) == (Status.CRITICAL, Status.PASS)


def test_lie_2_a_system_with_no_graded_row_at_all_is_critical(load: Load) -> None:
    loaded = load(
        game("0022500001", "2026-02-01"),
        prediction("ensemble_v1", "2026-02-01"),
        game("0022500002", "2026-02-05", 1),
    )
    told = loaded.ask(
        """
        select 100 * sum(if(graded.system_id is not null, 1, null)) / count(*)
        from nba_predictions.player_prop_predictions as predicted
        left join nba_predictions.prediction_accuracy as graded using (system_id, game_date)
        where predicted.game_date = date '2026-02-01' and @as_of is not null
        """,
        "2026-02-02",
    )
    assert told is None
    assert naive_status(told) == "OK"

    outcome = loaded.outcome("grading_completeness", "2026-02-02")
    assert (outcome.status, outcome.observed) == (Status.CRITICAL, 1)
    assert [(g.key.label, g.observed, g.denominator) for g in outcome.groups] == [
        ("ensemble_v1", 0.0, 1.0)
    ]


def test_lie_3_a_query_that_fails_is_neither_0_percent_nor_the_end_of_the_run(
    load: Load,
) -> None:
    loaded = load(
        game("0022500001", "2026-02-01"),
        [completion(name, "2026-02-01") for name in PROCESSORS],
        game("0022500002", "2026-02-02"),
    )
    loaded.embedded.drop("nba_predictions.ml_feature_store_v2")
    query = "select * from nba_predictions.ml_feature_store_v2"
    rows = list(loaded.embedded.client.query_and_wait(query))
    assert naive_status(100 * len(rows) / 1) == "CRITICAL", "no rows, no error: 0 %"

    coverage, phase = loaded.outcomes("line_coverage", "phase_completion", as_of="2026-02-02")
    assert (coverage.status, coverage.observed) == (Status.ERROR, None)
    assert "ml_feature_store_v2" in (coverage.reason or "")
    assert "%" not in coverage.summary
    assert phase.status is Status.PASS


@pytest.mark.parametrize(
    ("day", "reason"), [("2026-02-03", "day off"), ("2026-02-15", "All-Star break")]
)
def test_lie_4_a_day_without_games_is_skipped_not_critical(
    load: Load, day: str, reason: str
) -> None:
    loaded = load(game("0022500001", "2026-02-01"), game("0022500002", "2026-02-20", 1))
    told = loaded.ask(
        "select count(*) from nba_predictions.player_prop_predictions "
        f"where game_date = date '{day}' and @as_of is not null",
        day,
    )
    assert naive_status(told, warning=100) == "CRITICAL"

    outcome = loaded.outcome("recent_predictions", day)
    assert outcome.status is Status.SKIPPED
    assert reason in (outcome.reason or "")


def test_lie_5_at_7_pm_pacific_the_day_is_still_new_yorks(load: Load) -> None:
    evening = "2026-02-02 22:00"  # 19:00 in Los Angeles, 03:00 of the next day in UTC
    loaded = load(
        game("0022500001", "2026-02-02", 1),
        game("0022500002", "2026-02-03", 1),
        [prediction(PRIMARY, "2026-02-02", f"p{index}") for index in range(101)],
        # declared active since 31 January
        prediction("catboost_v9_2026_02", "2026-02-02"),
    )
    told = loaded.ask(
        "select count(*) from nba_predictions.player_prop_predictions "
        "where game_date = date(@as_of)",
        evening,
    )
    assert naive_status(told, warning=100) == "CRITICAL"

    outcome = loaded.outcome("recent_predictions", evening)
    assert (outcome.status, outcome.observed) == (Status.PASS, 101)


def test_lie_6_numerator_and_denominator_share_one_filter(load: Load) -> None:
    loaded = load(
        game("0022500001", "2026-02-01"),
        game("0022500002", "2026-02-01", 1),
        [
            row
            for game_id in ("0022500001", "0022500002")
            for row in (
                prediction(PRIMARY, "2026-02-01", game_id=game_id),
                grade(PRIMARY, "2026-02-01", game_id=game_id),
            )
        ],
    )
    told = loaded.ask(
        """
        select 100 * (
            select count(*) from nba_predictions.prediction_accuracy
            where game_date = date '2026-02-01'
        ) / (
            select count(*) from nba_predictions.player_prop_predictions as predicted
            join nba_reference.nba_schedule as games using (game_id)
            where games.game_status = 3 and @as_of is not null
        )
        """,
        "2026-02-02",
    )
    assert told == 200.0

    outcome = loaded.outcome("grading_completeness", "2026-02-02")
    assert [(g.observed, g.numerator, g.denominator) for g in outcome.groups] == [(100.0, 1, 1)]
    assert outcome.status is Status.WARNING, "1 of 2 games is not final: a doubt"
    assert "1 of 2" in outcome.summary


def test_lie_7_a_schedule_that_lags_does_not_silence_the_others(load: Load) -> None:
    loaded = load(
        game("0022500001", "2026-02-01"),
        [game(f"002250000{index}", "2026-02-01", 2) for index in (2, 3, 4)],
        play(22500001, "2026-02-01"),
        game("0022500009", "2026-02-05", 1),
    )
    told = loaded.ask(
        """
        select 100 * count(distinct plays.bdb_game_id) / count(distinct games.game_id)
        from nba_reference.nba_schedule as games
        left join nba_raw.bigdataball_play_by_play as plays
            on lpad(cast(plays.bdb_game_id as string), 10, '0') = games.game_id
        where games.game_status = 3 and games.game_date = date '2026-02-01' and @as_of is not null
        """,
        "2026-02-02",
    )
    assert naive_status(told) == "OK"

    coverage, lag = loaded.outcomes("bdb_coverage", "game_status_lag", as_of="2026-02-02")
    assert coverage.status is Status.ERROR
    assert "1 of 4" in (coverage.reason or "")
    assert (lag.status, lag.observed) == (Status.WARNING, 3)


def test_lie_8_freshness_is_that_of_the_day_not_the_oldest_of_a_range(load: Load) -> None:
    loaded = load(
        game("0022500001", "2026-02-02", 1),
        prediction(PRIMARY, "2026-01-15", arrived="2026-01-15 08:30"),
        prediction(PRIMARY, "2026-02-02", arrived="2026-02-02 08:30"),
    )
    told = loaded.ask(
        "select max(timestamp_diff(@as_of, created_at, hour)) "
        "from nba_predictions.player_prop_predictions",
        "2026-02-02 21:30",
    )
    assert told > 400

    outcome = loaded.outcome("prediction_freshness", "2026-02-02 21:30")
    assert (outcome.status, outcome.observed) == (Status.PASS, 0.5)


def test_lie_9_what_nobody_can_grade_is_not_in_the_denominator(load: Load) -> None:
    players = [f"p{index}" for index in range(10)]
    lines = ["ACTUAL_PROP"] * 4 + ["ESTIMATED_AVG"] + ["NO_PROP_LINE"] * 5
    loaded = load(
        game("0022500001", "2026-02-01"),
        [
            prediction(PRIMARY, "2026-02-01", player, line=line)
            for player, line in zip(players, lines, strict=True)
        ],
        [grade(PRIMARY, "2026-02-01", player) for player in players[:4]],
        game("0022500009", "2026-02-05", 1),
    )
    told = loaded.ask(
        """
        select 100 * (select count(*) from nba_predictions.prediction_accuracy) / count(*)
        from nba_predictions.player_prop_predictions where @as_of is not null
        """,
        "2026-02-02",
    )
    assert naive_status(told) == "CRITICAL"

    outcome = loaded.outcome("grading_completeness", "2026-02-02")
    assert outcome.status is Status.PASS
    assert [(g.observed, g.denominator) for g in outcome.groups] == [(80.0, 5)]


def test_lie_13_duplicates_do_not_make_coverage_look_healthier(load: Load) -> None:
    players = [f"p{index}" for index in range(10)]
    loaded = load(
        game("0022500001", "2026-02-01"),
        [prediction(PRIMARY, "2026-02-01", player) for player in players],
        [grade(PRIMARY, "2026-02-01", player) for player in players[:4] * 2],
        game("0022500009", "2026-02-05", 1),
    )
    told = loaded.ask(
        """
        select 100 * (select count(*) from nba_predictions.prediction_accuracy) / count(*)
        from nba_predictions.player_prop_predictions where @as_of is not null
        """,
        "2026-02-02",
    )
    assert naive_status(told) == "OK"

    grading, duplicates = loaded.outcomes(
        "grading_completeness", "duplicate_rows", as_of="2026-02-02"
    )
    assert (grading.status, grading.groups[0].observed) == (Status.CRITICAL, 40.0)
    assert (duplicates.status, duplicates.observed) == (Status.CRITICAL, 50.0)


def test_lie_15_a_total_does_not_hide_a_silent_system(load: Load) -> None:
    loaded = load(
        game("0022500001", "2026-02-01"),
        game("0022500002", "2026-02-02", 1),
        prediction("zone_matchup_v1", "2026-02-01"),
        [prediction(PRIMARY, "2026-02-02", f"p{index}") for index in range(150)],
    )
    told = loaded.ask(
        "select count(*) from nba_predictions.player_prop_predictions "
        "where game_date = date '2026-02-02' and @as_of is not null",
        "2026-02-02",
    )
    assert naive_status(told, warning=100) == "OK"

    outcome = loaded.outcome("recent_predictions", "2026-02-02")
    assert (outcome.status, outcome.observed) == (Status.WARNING, 150)
    assert "zone_matchup_v1" in outcome.summary


@pytest.mark.parametrize("monitor", ["line_coverage", "recent_predictions", "bdb_coverage"])
def test_an_empty_calendar_inside_a_season_is_error_not_a_quiet_skip(
    load: Load, monitor: str
) -> None:
    loaded = load(feature_row("2026-01-15", 20.5))
    outcome = loaded.outcome(monitor, "2026-01-15")
    assert outcome.status is Status.ERROR
    assert "calendar" in (outcome.reason or "")
