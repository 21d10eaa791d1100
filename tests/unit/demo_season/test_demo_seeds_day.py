"""The day that the project's README shows: 2026-02-02, to the digit."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest

from demo_season.incidents import Incidents
from demo_season.season import make_season
from unit.demo_season.season_in_pandas import CRITICAL, PASS, Season, end_of

DAY = dt.date(2026, 2, 2)
AS_OF = end_of(DAY)


def test_a_bare_date_is_its_end_in_new_york() -> None:
    assert pd.Timestamp("2026-02-03T05:00:00Z") == AS_OF


@pytest.mark.parametrize(
    ("monitor", "status", "observed"),
    [
        ("line_coverage", CRITICAL, 44.2),
        ("grading_completeness", CRITICAL, 6),
        ("phase_completion", PASS, 5),
        ("recent_predictions", PASS, 281),
        ("bdb_coverage", PASS, 100.0),
    ],
)
def test_the_five_monitors_of_the_health_check_read_as_the_seed_tells(
    season: Season, monitor: str, status: str, observed: float
) -> None:
    reading = season.read(monitor, AS_OF)
    assert (reading.status, round(reading.observed, 9)) == (status, observed)


def test_line_coverage_counts_complete_vectors_only(season: Season) -> None:
    for day, rows, with_line in ((DAY - dt.timedelta(days=1), 375, 179), (DAY, 150, 61)):
        features = season.on("ml_feature_store_v2", day)
        complete = features[features["length"] >= 33]
        assert (len(complete), (complete["line"] > 0).sum()) == (rows, with_line)
        short = features[features["length"] < 33]
        assert len(short) > 0
        assert set(short["length"]) == {25, 30}
        assert (short["line"] > 0).any()  # counted, they would change the share


def test_six_systems_are_critical_and_the_primary_is_the_one_warning(season: Season) -> None:
    shares = season.read("grading_completeness", AS_OF).groups
    assert {system: round(share) for system, share in shares.items()} == {
        "catboost_v9": 76,
        "catboost_v8": 21,
        "ensemble_v1": 5,
        "ensemble_v1_1": 26,
        "similarity_balanced_v1": 10,
        "zone_matchup_v1": 9,
        "moving_average": 0,
    }
    assert [system for system, share in shares.items() if 50 <= share < 80] == ["catboost_v9"]


def test_the_newest_system_predicts_but_has_nothing_gradable_yet(season: Season) -> None:
    rows = season.frames["player_prop_predictions"].query("system_id == 'catboost_v9_2026_02'")
    before = rows[rows["game_date"] <= DAY]
    assert len(before) > 300
    assert set(before["line_source"]) == {"NO_PROP_LINE"}
    assert len(set(rows[rows["game_date"] > DAY]["line_source"])) == 3


def test_the_predictions_came_14_6_hours_after_eight_and_nobody_is_silent(season: Season) -> None:
    assert round(season.read("prediction_freshness", AS_OF).observed, 9) == 14.6
    assert season.read("recent_predictions", AS_OF).groups == {"silent": set()}
    rows = season.on("player_prop_predictions", DAY)
    assert rows["created_at"].min() == pd.Timestamp("2026-02-02T22:36:00-05:00")
    assert rows["created_at"].max() < AS_OF
    assert rows["system_id"].nunique() == 8


def test_the_backfill_brings_grading_back_the_next_day(season: Season) -> None:
    reading = season.read("grading_completeness", end_of(dt.date(2026, 2, 3)))
    assert reading.status == PASS
    assert min(reading.groups.values()) > 90


def test_the_day_is_the_same_whatever_the_seed(incidents: Incidents) -> None:
    other = Season(make_season(incidents, seed=7, first=dt.date(2026, 1, 29), last=DAY))
    assert round(other.read("line_coverage", AS_OF).observed, 9) == 44.2
    assert other.read("grading_completeness", AS_OF).observed == 6
    assert other.read("phase_completion", AS_OF).observed == 5
    assert other.read("recent_predictions", AS_OF).observed == 281
    assert other.read("bdb_coverage", AS_OF).observed == 100
