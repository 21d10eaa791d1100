"""Usage rate, feature quality, processor runs and box scores: healthy, and with an incident."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pyarrow as pa
import pytest

from demo_season.incidents import BoxScores, Incidents, PostponedGame, ProcessorRuns
from demo_season.season import make_season
from demo_season.world import BOX_SCORES, PROCESSORS
from unit.demo_season.season_in_pandas import Season

pytestmark = pytest.mark.slow

A_GAME = 26
DAY = dt.date(2025, 12, 10)
WHEN = {
    "id": "mine",
    "title": "Mine",
    "dates": [DAY],
    "began": "2025-12-11T02:00:00-05:00",
    "due": "2025-12-11T08:00:00-05:00",
    "mended": "2025-12-12T11:00:00-05:00",
    "monitors": [],
}


def complete(season: Season, day: dt.date) -> pd.DataFrame:
    """The rows whose vectors are complete, with the quality as a float."""
    rows = season.on("ml_feature_store_v2", day)
    rows = rows[rows["length"] >= 33]
    return rows.assign(quality=rows["feature_quality_score"].astype(float))


def box_scores(season: Season) -> dict[dt.date, float]:
    """Rows that were written for each final game, by date."""
    rows = season.frames["phase_completions"]
    done = rows[(rows["processor_name"] == BOX_SCORES) & (rows["status"] == "success")]
    written = done.sort_values("completed_at").groupby("game_date")["record_count"].last()
    final = season.games[season.games["game_status"] == 3].groupby("game_date").size()
    return (written / final).dropna().to_dict()


def shares(season: Season) -> dict[dt.date, float]:
    """Of the runs for each game day, how many in a hundred succeeded."""
    runs = season.frames["processor_run_history"]
    by_day = (runs["status"] == "success").groupby(runs["data_date"]).mean() * 100
    return {day: by_day[day] for day in season.game_days}


def test_nearly_all_players_have_a_usage_rate_but_from_19_to_23_january(season: Season) -> None:
    outage = {dt.date(2026, 1, number) for number in range(19, 24)}
    for day in season.game_days:
        usage = complete(season, day)["usage"]
        assert usage.between(0, 0.5).all()
        assert (usage > 0).mean() == 0 if day in outage else (usage > 0).mean() > 0.93


def test_quality_is_about_80_and_was_62_6_on_10_february(season: Season) -> None:
    low = dt.date(2026, 2, 10)
    for day in season.game_days:
        rows = complete(season, day)
        assert (rows["is_production_ready"] == (rows["quality"] >= 70)).all()
        if day == low:
            assert round(rows["quality"].mean(), 9) == 62.6
            assert rows["quality"].between(0, 100).all()
        else:
            assert 78 < rows["quality"].mean() < 83


def test_processor_runs_were_60_and_54_percent_successful_and_no_completion_is_missing(
    season: Season,
) -> None:
    low = {day: share for day, share in shares(season).items() if share <= 60}
    assert {str(day): round(share) for day, share in low.items()} == {
        "2025-12-18": 60,
        "2026-02-21": 54,
    }
    for day in low:
        rows = season.on("phase_completions", day)
        done = rows[(rows["phase"] == "phase3") & (rows["status"] == "success")]
        assert done["processor_name"].nunique() == 5


def test_an_outage_of_phase_3_leaves_more_than_60_percent(season: Season) -> None:
    outage = [dt.date(2026, 1, number) for number in range(26, 32)]
    assert all(shares(season)[day] > 65 for day in outage)


def test_box_scores_are_92_to_100_percent_and_were_57_on_19_february(season: Season) -> None:
    for day, a_game in box_scores(season).items():
        share = 100 * a_game / A_GAME
        assert round(share) == 57 if day == dt.date(2026, 2, 19) else 91.5 < share <= 100, day


def test_a_postponed_game_has_no_box_scores(season: Season, incidents: Incidents) -> None:
    postponed = [day for each in incidents if isinstance(each, PostponedGame) for day in each.dates]
    assert len(postponed) == 2
    assert all(23.5 < box_scores(season)[day] <= A_GAME for day in postponed)


def made(incident: BoxScores | ProcessorRuns) -> Season:
    """The season of one day with one incident."""
    tables: dict[str, pa.Table] = make_season(Incidents((incident,)), first=DAY, last=DAY)
    return Season(tables)


def test_box_scores_that_are_mended_come_with_a_second_run() -> None:
    incident = BoxScores(
        **WHEN, kind="box_scores", tables=["nba_orchestration.phase_completions"], share=0.5
    )
    rows = made(incident).on("phase_completions", DAY)
    counts = rows[rows["processor_name"] == BOX_SCORES].sort_values("completed_at")["record_count"]
    assert counts.iloc[0] == 52  # half of 4 games
    assert 95 <= counts.iloc[1] <= 104


def test_runs_that_fail_come_before_the_one_that_succeeds() -> None:
    incident = ProcessorRuns(
        **WHEN,
        kind="processor_runs",
        tables=["nba_reference.processor_run_history"],
        repeated={"player_daily_cache": 3},
        category="memory",
        failed_runs={"processors": ["odds_player_props"], "category": "upstream_timeout"},
    )
    runs = made(incident).on("processor_run_history", DAY)
    cache = runs[runs["processor_name"] == "player_daily_cache"].sort_values("started_at")
    assert list(cache["status"]) == ["failed"] * 3 + ["success"]
    assert cache["started_at"].diff().dropna().eq(pd.Timedelta(minutes=30)).all()
    assert set(cache["failure_category"].dropna()) == {"memory"}
    assert not runs["run_id"].duplicated().any()
    odds = runs[runs["processor_name"] == "odds_player_props"].sort_values("started_at")
    assert list(odds["status"]) == ["failed", "success"]  # the second when it is mended
    assert runs["processor_name"].nunique() == len(PROCESSORS)
