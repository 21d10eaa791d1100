"""Without incidents every monitor is healthy on every day: else an incident would not stand out."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pyarrow as pa
import pytest

from demo_season.incidents import Incidents, PostponedGame
from demo_season.predictions import active_systems, volumes
from demo_season.schedule import read_calendar
from demo_season.season import SEED, make_season
from demo_season.world import FIRST_DAY, LAST_DAY, PRIMARY, SYSTEMS
from plumbline.project import Project
from unit.demo_season.conftest import ROOT
from unit.demo_season.season_in_pandas import (
    ACTIVE,
    DUE,
    NEW_YORK,
    PASS,
    RETIRED,
    SKIPPED,
    Season,
    end_of,
    new_york,
    window,
)

pytestmark = pytest.mark.slow

DAYS = [FIRST_DAY + dt.timedelta(days=n) for n in range((LAST_DAY - FIRST_DAY).days + 1)]
LAST_WEEK = dt.date(2026, 2, 22)
"""Systems that launched before it have rows, and need no declaration."""
SEEDS = (SEED, 1, 2, 3, 4)
"""Those of docs/message-volume.md."""
THE_SAME_DAY = sorted(monitor for monitor, (later, _) in DUE.items() if later == 0)


@pytest.fixture(scope="module")
def without_incidents() -> dict[str, pa.Table]:
    return make_season(Incidents())


@pytest.fixture(scope="module")
def healthy(without_incidents: dict[str, pa.Table]) -> Season:
    return Season(without_incidents)


def assert_healthy(season: Season, monitor: str, day: dt.date, as_of: pd.Timestamp) -> None:
    played = any(season.is_game_day(each) for each in window(monitor, as_of))
    reading = season.read(monitor, as_of)
    assert reading.status == (PASS if played else SKIPPED), (monitor, day, reading)


@pytest.mark.parametrize("monitor", sorted(DUE))
def test_no_monitor_complains_at_the_end_of_a_day(healthy: Season, monitor: str) -> None:
    for day in DAYS:
        assert_healthy(healthy, monitor, day, end_of(day))


@pytest.mark.parametrize("monitor", THE_SAME_DAY)
def test_no_monitor_complains_when_the_data_are_due(healthy: Season, monitor: str) -> None:
    for day in DAYS:
        assert_healthy(healthy, monitor, day, new_york(day, 10))


def test_no_service_runs_old_code_of_its_own(healthy: Season) -> None:
    looks = healthy.frames["service_deployments"]
    assert (looks["own_commits_behind"] == 0).all()
    assert looks["oldest_at"].isna().all()
    assert looks["commits_behind"].max() > 20


def test_the_incidents_change_rows_of_their_own_dates_only(
    without_incidents: dict[str, pa.Table], tables: dict[str, pa.Table], incidents: Incidents
) -> None:
    touched = {day for incident in incidents for day in incident.dates}
    touched |= {each.replayed for each in incidents if isinstance(each, PostponedGame)}
    for name, table in without_incidents.items():
        healthy, season = untouched(table, touched), untouched(tables[name], touched)
        assert len(healthy) > 0.5 * len(table)
        assert healthy.equals(season), name


def untouched(table: pa.Table, touched: set[dt.date]) -> pa.Table:
    """The rows of all other dates."""
    name = {"game_date", "data_date", "observed_at"}.intersection(table.column_names).pop()
    dates = table[name].to_pandas()
    if name == "observed_at":
        dates = dates.dt.tz_convert(NEW_YORK).dt.date
    return table.filter(pa.array(~dates.isin(touched))).combine_chunks()


@pytest.mark.parametrize("seed", SEEDS)
def test_every_system_predicts_enough_players_whatever_the_seed(seed: int) -> None:
    for date, day in read_calendar().items():
        if not day.games or date > LAST_DAY:
            continue
        counts = volumes(seed, day)
        assert set(counts) == {system.name for system in active_systems(date)}
        assert counts[PRIMARY] >= 12 * day.games, date
        assert counts[PRIMARY] > min(100, 12 * day.games), date
        assert min(counts.values()) > 10, date
        if day.predictions:
            assert sum(counts.values()) == day.predictions
        if day.primary_predictions:
            assert counts[PRIMARY] == day.primary_predictions


def test_a_small_slate_has_few_predictions_and_is_healthy(healthy: Season) -> None:
    small = [day for day in healthy.game_days if len(healthy.on("nba_schedule", day)) <= 4]
    rows = [healthy.read("recent_predictions", end_of(day)).observed for day in small]
    assert len(small) > 15
    assert min(rows) < 53  # three games
    assert sorted(rows)[len(rows) // 2] < 75


def test_the_primary_system_predicts_16_to_18_players_a_game(healthy: Season) -> None:
    calendar = read_calendar()
    for day in healthy.game_days:
        if calendar[day].predictions is None and calendar[day].primary_predictions is None:
            a_game = healthy.read("player_coverage", end_of(day)).observed
            assert 16.0 <= a_game <= 18.0, day


def test_line_coverage_is_about_92_percent(healthy: Season) -> None:
    values = [
        healthy.read("line_coverage", new_york(day, 12)).groups[day] for day in healthy.game_days
    ]
    assert min(values) > 90
    assert max(values) < 95
    assert sum(values) / len(values) == pytest.approx(92.4, abs=0.5)


@pytest.mark.parametrize("monitor", ["grading_completeness", "grading_latest"])
def test_every_system_is_graded_above_90_percent(healthy: Season, monitor: str) -> None:
    for day in DAYS:
        for system, share in (healthy.read(monitor, end_of(day)).groups or {}).items():
            assert share > 90, (day, system, share)


def test_play_by_play_phases_freshness_and_duplicates_are_exactly_as_they_should_be(
    healthy: Season,
) -> None:
    expected = {
        "bdb_coverage": lambda share: share == 100,
        "phase_completion": lambda complete: complete == 5,
        "prediction_freshness": lambda hours: 0.5 <= hours <= 1,
        "duplicate_rows": lambda share: share < 1,
    }
    for monitor, is_well in expected.items():
        for day in healthy.game_days:
            reading = healthy.read(monitor, end_of(day))
            assert reading.status == SKIPPED or is_well(reading.observed), (monitor, day)


def test_some_rows_are_written_twice_all_the_same(healthy: Season) -> None:
    day = dt.date(2025, 12, 1)
    assert 0 < healthy.read("duplicate_rows", end_of(day)).observed < 1


def test_the_project_declares_the_launches_and_retirements_of_the_season() -> None:
    launched = {one.name: one.first_day for one in SYSTEMS if one.first_day >= LAST_WEEK}
    left = {one.name: one.last_day for one in SYSTEMS if one.last_day < LAST_DAY}
    retired = {name: day + dt.timedelta(days=1) for name, day in left.items()}
    assert (launched, retired) == (ACTIVE, RETIRED)
    for variable, days in (("active_systems", launched), ("retired_systems", retired)):
        assert Project(ROOT).vars[variable] == [f"{name}/{day}" for name, day in days.items()]


def test_no_system_is_ever_silent(healthy: Season) -> None:
    for day in healthy.game_days:
        assert healthy.read("recent_predictions", end_of(day)).groups == {"silent": set()}
