"""The season as a world: real density, arrival times that make sense, tables that fit together."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pyarrow as pa
import pytest

from demo_season.columns import read_schemas
from demo_season.incidents import Incidents, LatePredictions
from unit.demo_season.season_in_pandas import NEW_YORK, PRIMARY, Season, new_york

pytestmark = pytest.mark.slow

UNTOUCHED = dt.date(2025, 12, 1)


def hours_after(instants: pd.Series, days: pd.Series) -> pd.Series:
    """Hours on the clock since the New York midnight that begins the game date."""
    local = instants.dt.tz_convert(NEW_YORK).dt.tz_localize(None)
    return (local - pd.to_datetime(days)).dt.total_seconds() / 3600


def test_every_table_has_the_columns_and_types_that_the_sources_declare(
    tables: dict[str, pa.Table],
) -> None:
    assert {name: table.schema for name, table in tables.items()} == read_schemas()
    assert tables["nba_predictions.ml_feature_store_v2"].schema.field("features").type == pa.list_(
        pa.float64()
    )
    assert tables["nba_predictions.prediction_accuracy"].schema.field(
        "line_value"
    ).type == pa.decimal128(5, 1)


@pytest.mark.parametrize(
    ("table", "fewest", "most"),
    [
        ("ml_feature_store_v2", 115, 456),
        ("player_prop_predictions", 80, 5193),
        ("prediction_accuracy", 70, 2582),
    ],
)
def test_rows_a_game_day_lie_within_what_was_really_seen(
    season: Season, table: str, fewest: int, most: int
) -> None:
    counts = season.frames[table].groupby("game_date").size()
    assert set(counts.index) == set(season.game_days)
    if table == "prediction_accuracy":
        # Half of the 82 predictions of that day have a line, and can be graded.
        counts = counts.drop(dt.date(2026, 1, 12))
    assert fewest <= counts.min()
    assert counts.max() <= most


def test_game_days_have_seven_and_a_half_games_on_average(season: Season) -> None:
    games = season.games.groupby("game_date").size()
    assert games.max() <= 14
    assert games[games.index <= dt.date(2026, 2, 28)].mean() == pytest.approx(7.5, abs=0.2)
    assert games.index.max() == dt.date(2026, 4, 12)


@pytest.mark.parametrize(
    "off_day", ["2025-11-27", "2025-12-24", "2026-02-13", "2026-02-16", "2026-02-18"]
)
def test_days_off_have_neither_games_nor_rows(season: Season, off_day: str) -> None:
    day = dt.date.fromisoformat(off_day)
    assert not season.is_game_day(day)
    for table in ("ml_feature_store_v2", "player_prop_predictions", "phase_completions"):
        assert season.on(table, day).empty


def test_the_all_star_weekend_is_in_the_schedule_but_not_in_the_calendar(season: Season) -> None:
    entries = season.frames["nba_schedule"].query("is_all_star")
    assert set(entries["game_date"]) <= {dt.date(2026, 2, day) for day in range(13, 16)}
    assert len(entries) > 0
    assert not entries["is_regular_season"].any()


def test_a_team_plays_at_most_once_a_day(season: Season) -> None:
    games = season.games
    teams = pd.concat(
        [
            games[["game_date", f"{side}_team_tricode"]].set_axis(["date", "team"], axis=1)
            for side in ("home", "away")
        ]
    )
    assert not teams.duplicated().any()
    assert teams["team"].nunique() == 30
    assert teams["team"].value_counts().between(78, 86).all()


def test_games_are_final_up_to_the_last_day_and_scheduled_after_it(season: Season) -> None:
    last = dt.date(2026, 2, 28)
    assert set(season.on("nba_schedule", last)["game_status"]) == {3}
    assert set(season.games[season.games["game_date"] > last]["game_status"]) == {1}


def test_prediction_systems_grow_from_seven_to_sixteen(season: Season) -> None:
    systems = season.frames["player_prop_predictions"].groupby("game_date")["system_id"].nunique()
    assert systems.iloc[0] == 7
    assert systems[dt.date(2025, 11, 15)] == systems[dt.date(2025, 12, 5)] == 8  # with ridge_v1
    assert systems[dt.date(2025, 12, 6)] == 7  # which is retired
    assert systems[dt.date(2025, 12, 29)] == 5  # two are silent
    assert systems[dt.date(2026, 2, 2)] == 8
    assert systems.iloc[-1] == 16
    assert systems[systems.index > dt.date(2026, 1, 1)].is_monotonic_increasing


def test_features_and_predictions_are_written_in_the_morning(
    season: Season, incidents: Incidents
) -> None:
    features = season.frames["ml_feature_store_v2"]
    assert hours_after(features["created_at"], features["game_date"]).between(6.5, 8.3).all()

    rows = season.frames["player_prop_predictions"]
    late_days = {day for incident in incidents for day in incident.dates
                 if isinstance(incident, LatePredictions)}  # fmt: skip
    late = rows["game_date"].isin(late_days)
    hours = hours_after(rows["created_at"], rows["game_date"])
    assert hours[~late].between(8.5, 9.6).all()
    first = hours[~late & (rows["system_id"] == PRIMARY)].groupby(rows["game_date"]).min()
    assert first.between(8.5, 9.0).all()


def test_an_ordinary_day_is_graded_the_next_day_before_one_o_clock(season: Season) -> None:
    rows = season.on("prediction_accuracy", UNTOUCHED)
    assert hours_after(rows["graded_at"], rows["game_date"]).between(24 + 10, 24 + 13).all()


def test_nothing_is_graded_before_it_was_predicted_or_played(season: Season) -> None:
    key = ["system_id", "game_id", "player_lookup"]
    made = season.frames["player_prop_predictions"].groupby(key, as_index=False)["created_at"].min()
    rows = season.frames["prediction_accuracy"].merge(made, on=key, how="left", validate="m:1")
    assert (rows["graded_at"] > rows["created_at"]).all()  # and each has its prediction
    assert (hours_after(rows["graded_at"], rows["game_date"]) >= 24 + 10).all()


def test_phase_3_completes_in_the_night_after_the_games(season: Season) -> None:
    rows = season.on("phase_completions", UNTOUCHED)
    rows = rows[(rows["phase"] == "phase3") & (rows["status"] == "success")]
    assert len(rows) == 5
    assert hours_after(rows["completed_at"], rows["game_date"]).between(24 + 2, 24 + 7).all()
    assert (rows["record_count"] > 0).all()


def test_a_run_of_each_processor_is_recorded_every_day(season: Season) -> None:
    runs = season.frames["processor_run_history"]
    per_day = runs.groupby("data_date")["processor_name"].nunique()
    assert len(per_day) == 131
    assert set(per_day) == {runs["processor_name"].nunique()}
    assert not runs["run_id"].duplicated().any()
    assert runs["started_at"].max() <= new_york(dt.date(2026, 3, 1), 24)


def test_predictions_are_of_players_that_have_features(season: Season) -> None:
    key = ["game_date", "game_id", "player_lookup"]
    features = season.frames["ml_feature_store_v2"]
    complete = features[features["length"] >= 33][key]
    assert not complete.duplicated().any()
    rows = season.frames["player_prop_predictions"][key].drop_duplicates()
    assert len(rows.merge(complete, on=key)) == len(rows)


def test_only_predictions_without_any_line_have_none(season: Season) -> None:
    rows = season.frames["player_prop_predictions"]
    assert ((rows["line_source"] == "NO_PROP_LINE") == rows["current_points_line"].isna()).all()
    assert rows["prediction_id"].is_unique


def test_some_rows_would_mislead_a_careless_query(season: Season) -> None:
    graded = season.frames["prediction_accuracy"]
    assert (graded["line_source"] == "NO_PROP_LINE").any()  # a numerator beyond its denominator
    assert graded["is_voided"].any()
    lengths = season.frames["ml_feature_store_v2"]["length"]
    assert set(lengths) == {25, 30, 33, 37}  # element 25 is out of bounds in the shortest


def test_play_by_play_is_that_of_the_schedule_with_its_zeros_cut_off(season: Season) -> None:
    events = season.frames["bigdataball_play_by_play"]
    assert (events["game_id"] == events["bdb_game_id"].map("{:010d}".format)).all()
    assert events.groupby("game_id").size().between(36, 48).all()
    assert set(events["game_id"]) <= set(season.games["game_id"])
