"""What went wrong is in the data: on its dates, with its figures, seen by its monitors."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import pandas as pd
import pytest

from demo_season.incidents import Incidents
from unit.demo_season.season_in_pandas import (
    CRITICAL,
    DUE,
    KEY,
    PASS,
    WARNING,
    Season,
    end_of,
    new_york,
)

pytestmark = pytest.mark.slow

FEBRUARY_2 = dt.date(2026, 2, 2)


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(f"2026-{text}")


def test_every_monitor_that_an_incident_names_notices_it(
    season: Season, incidents: Incidents
) -> None:
    for incident in incidents:
        for monitor in set(incident.monitors) & set(DUE):
            begin = pd.Timestamp(incident.began).tz_convert("UTC").floor("6h")
            end = pd.Timestamp(incident.mended or incident.began).tz_convert("UTC")
            end = max(end, end_of(incident.dates[-1])) + pd.Timedelta(days=2)
            instants = pd.date_range(begin, end, freq="6h")
            found = {season.read(monitor, as_of).status for as_of in instants}
            assert found & {WARNING, CRITICAL}, (incident.id, monitor)


def test_no_row_had_a_line_from_5_to_12_november(season: Season) -> None:
    for number in range(5, 13):
        features = season.on("ml_feature_store_v2", dt.date(2025, 11, number))
        assert (features[features["length"] >= 33]["line"] == 0).all()
    assert season.read("line_coverage", end_of(dt.date(2025, 11, 6))).observed == 0
    assert season.read("line_coverage", end_of(dt.date(2025, 11, 14))).status == PASS


def test_2608_predictions_of_17_to_19_january_stayed_ungraded_for_three_days(
    season: Season,
) -> None:
    days = [day("01-17"), day("01-18"), day("01-19")]
    mended = pd.Timestamp("2026-01-21T11:00:00-05:00")
    assert len(season.on("player_prop_predictions", *days)) == 2608
    assert season.on("prediction_accuracy", *days, as_of=mended).empty
    assert len(season.on("prediction_accuracy", *days)) > 1000
    reading = season.read("grading_completeness", end_of(day("01-20")))
    assert (reading.status, reading.observed, set(reading.groups.values())) == (CRITICAL, 7, {0})
    assert season.read("grading_completeness", end_of(day("01-21"))).status == PASS


@pytest.mark.parametrize(
    ("date", "present", "final"),
    [("01-17", 0, 9), ("01-21", 1, 7), ("01-24", 2, 7), ("01-25", 6, 8), ("01-26", 7, 7)],
)
def test_play_by_play_of_some_games_never_came(
    season: Season, date: str, present: int, final: int
) -> None:
    events = season.on("bigdataball_play_by_play", day(date))
    assert (events["game_id"].nunique(), len(season.on("nba_schedule", day(date)))) == (
        present,
        final,
    )


def test_on_26_january_there_were_no_predictions_until_the_next_day(season: Season) -> None:
    assert season.read("recent_predictions", end_of(day("01-26"))).observed == 0
    rows = season.on("player_prop_predictions", day("01-26"))
    assert (rows["system_id"] == "catboost_v9").sum() == 239
    assert rows["created_at"].min() == pd.Timestamp("2026-01-27T09:40:00-05:00")


@pytest.mark.parametrize(
    ("as_of", "complete"),
    [
        ("01-26", 5),  # judges 01-25
        ("01-27", 1),
        ("01-28", 2),
        ("01-29", 1),
        ("01-30", 2),
        ("01-31", 5),  # mended on that afternoon
        ("02-01", 3),
        ("02-02", 5),
    ],
)
def test_phase_3_is_judged_the_day_after(season: Season, as_of: str, complete: int) -> None:
    assert season.read("phase_completion", end_of(day(as_of))).observed == complete


def test_phase_3_of_28_january_was_complete_three_days_later(season: Season) -> None:
    def complete(as_of: pd.Timestamp) -> int:
        rows = season.on("phase_completions", day("01-28"), as_of=as_of)
        done = rows[(rows["phase"] == "phase3") & (rows["status"] == "success")]
        return int(done["processor_name"].nunique())

    assert complete(new_york(day("01-31"), 14)) == 1
    assert complete(new_york(day("01-31"), 16)) == 5


def test_phase_3_of_31_january_was_marked_complete_on_2_february(season: Season) -> None:
    rows = season.on("phase_completions", day("01-31"), as_of=new_york(FEBRUARY_2, 8.9))
    assert (rows[rows["phase"] == "phase3"]["status"] == "success").sum() == 3
    rows = season.on("phase_completions", day("01-31"), as_of=new_york(FEBRUARY_2, 9.6))
    assert (rows[rows["phase"] == "phase3"]["status"] == "success").sum() == 5


def test_coverage_lay_between_40_and_48_percent_until_the_deployment(season: Season) -> None:
    bad = [date for date in season.game_days if day("01-26") <= date <= day("02-03")]
    for date in bad:
        share = season.read("line_coverage", end_of(date)).groups[date]
        assert 40 <= share <= 48, date
    assert season.read("line_coverage", end_of(day("02-04"))).groups[day("02-04")] > 90
    assert season.read("line_coverage", end_of(day("02-05"))).status == PASS


def test_the_grading_service_was_down_for_38_hours_and_1282_rows_were_graded_after(
    season: Season,
) -> None:
    graded_at = season.frames["prediction_accuracy"]["graded_at"]
    down = (new_york(day("01-31"), 10), new_york(day("01-31"), 48))
    assert down[1] - down[0] == pd.Timedelta(hours=38)
    assert not graded_at.between(*down, inclusive="left").any()

    rows = season.on("prediction_accuracy", day("01-30"), day("01-31"), day("02-01"))
    after = rows[rows["graded_at"] > end_of(FEBRUARY_2)]
    assert len(after) == 1282
    assert not after.duplicated(KEY).any()
    assert (after["graded_at"] >= new_york(day("02-03"), 9)).all()


def test_predictions_of_2_february_were_judged_missing_until_they_came(season: Season) -> None:
    at_noon = new_york(FEBRUARY_2, 12)
    assert season.read("recent_predictions", at_noon).observed == 0
    assert season.read("recent_predictions", at_noon).status == CRITICAL
    assert season.read("prediction_freshness", at_noon).observed == 4
    rows = season.on("player_prop_predictions", FEBRUARY_2)
    assert rows[rows["system_id"] == "catboost_v9"]["player_lookup"].nunique() == 141


def test_the_stale_deployment_is_recorded_with_its_figures(incidents: Incidents) -> None:
    (stale,) = [each for each in incidents if each.kind == "stale_deployment" and each.monitors]
    assert (stale.behind, stale.own_paths) == (598, 77)
    assert stale.mended.date() - stale.began.date() >= dt.timedelta(days=6)


def test_documentation_that_is_not_deployed_is_no_drift(season: Season) -> None:
    looks = season.frames["service_deployments"]
    looks = looks[looks["service"] == "prediction-coordinator"]
    assert looks["commits_behind"].max() == 369
    assert (looks["own_commits_behind"] == 0).all()
    assert looks["oldest_at"].isna().all()


@pytest.mark.parametrize(
    ("date", "status", "rows", "a_game"),
    [
        ("2026-01-12", CRITICAL, 12, 2.0),
        ("2026-01-22", WARNING, 83, 10.4),
        ("2026-01-23", WARNING, 85, 10.6),
        ("2026-01-24", WARNING, 81, 11.6),
        ("2025-12-05", WARNING, 92, 8.4),
        ("2025-12-06", CRITICAL, 40, 5.0),
        ("2025-12-07", CRITICAL, 8, 1.3),
    ],
)
def test_few_predictions_of_the_primary_system_fail(
    season: Season, date: str, status: str, rows: int, a_game: float
) -> None:
    as_of = end_of(dt.date.fromisoformat(date))
    reading = season.read("recent_predictions", as_of)
    assert (reading.status, reading.observed) == (status, rows)
    coverage = season.read("player_coverage", as_of)
    assert round(coverage.observed, 1) == a_game
    assert coverage.status == (CRITICAL if a_game < 6 else WARNING)


@pytest.mark.parametrize(
    ("date", "rows"),
    [("01-12", 82), ("01-13", 295), ("01-20", 885), ("01-27", 1047), ("01-28", 2816)],
)
def test_a_day_has_as_many_predictions_as_were_counted(
    season: Season, date: str, rows: int
) -> None:
    assert len(season.on("player_prop_predictions", day(date))) == rows


@pytest.mark.parametrize(
    ("date", "silent"),
    [
        ("2025-12-29", {"similarity_balanced_v1", "zone_matchup_v1"}),
        ("2025-12-30", {"similarity_balanced_v1", "zone_matchup_v1"}),
        ("2025-12-31", set()),
        ("2026-02-25", set()),
        ("2026-02-26", {"catboost_v12"}),
        ("2026-02-27", {"catboost_v12"}),
        ("2026-02-28", set()),
    ],
)
def test_a_silent_system_is_seen_beside_a_total_that_looks_fine(
    season: Season, date: str, silent: set[str]
) -> None:
    reading = season.read("recent_predictions", end_of(dt.date.fromisoformat(date)))
    assert reading.groups == {"silent": silent}
    assert reading.status == (WARNING if silent else PASS)


def test_postponed_games_stay_scheduled_and_are_replayed_under_the_ids_that_the_file_names(
    season: Season, incidents_file: Path
) -> None:
    comments = re.findall(
        r"# (\w+)@(\w+) of (\S+) is game (\d+)\. It was replayed on (\S+) as (\d+)",
        incidents_file.read_text(),
    )
    games = season.games.set_index("game_id")
    assert [comment[:3] for comment in comments] == [
        ("MIA", "CHI", "2026-01-08"),
        ("CHI", "MIA", "2026-01-30"),
    ]
    for away, home, date, game_id, replay, replay_id in comments:
        for each, when, status in ((game_id, date, 1), (replay_id, replay, 3)):
            game = games.loc[each]
            assert (game["away_team_tricode"], game["home_team_tricode"]) == (away, home)
            assert (str(game["game_date"]), game["game_status"]) == (when, status)
    early = season.games[season.games["game_date"] <= dt.date(2026, 2, 28)]
    assert (early["game_status"] != 3).sum() == 2


def test_predictions_of_a_postponed_game_are_withdrawn_and_never_graded(season: Season) -> None:
    date = dt.date(2026, 1, 30)
    (postponed,) = season.on("nba_schedule", date).query("game_status == 1")["game_id"]
    rows = season.on("player_prop_predictions", date).query("game_id == @postponed")
    assert set(rows["invalidation_reason"]) == {"game_postponed"}
    assert postponed not in set(season.on("prediction_accuracy", date)["game_id"])


def test_services_log_bursts_of_errors_in_incidents_and_few_otherwise(season: Season) -> None:
    errors = season.frames["service_errors"]
    grading = errors[errors["service_name"] == "nba-grading-service"]
    assert (grading["error_type"] == "ServiceUnavailable").sum() == 3 * 90
    background = errors[errors["severity"] != "critical"]
    assert background.groupby("game_date").size().mean() < 6


def test_failed_runs_are_in_the_run_history_with_their_category(season: Season) -> None:
    runs = season.frames["processor_run_history"]
    failed = runs[runs["status"] == "failed"]
    assert failed["failure_category"].notna().all()
    assert runs[runs["status"] == "success"]["failure_category"].isna().all()
    days = failed[failed["failure_category"] == "service_unavailable"]["data_date"]
    assert sorted(map(str, days)) == ["2026-01-30", "2026-01-31", "2026-02-01"]
