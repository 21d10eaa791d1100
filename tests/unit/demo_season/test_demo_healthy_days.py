"""Where no incident is, every monitor is content: else an incident would not stand out."""

from __future__ import annotations

import datetime as dt

import pytest

from demo_season.incidents import Incidents
from demo_season.world import FIRST_DAY, LAST_DAY
from unit.demo_season.season_in_pandas import DUE, PASS, SKIPPED, Season, end_of, new_york, window

pytestmark = pytest.mark.slow

DAYS = [FIRST_DAY + dt.timedelta(days=n) for n in range((LAST_DAY - FIRST_DAY).days + 1)]


def is_touched(incidents: Incidents, monitor: str, days: list[dt.date]) -> bool:
    return any(monitor in each.monitors and set(days) & set(each.dates) for each in incidents)


@pytest.mark.parametrize("monitor", sorted(DUE))
@pytest.mark.parametrize("hour", [10, 24], ids=["at 10:00", "at the end of the day"])
def test_no_monitor_complains_of_a_day_that_no_incident_names(
    season: Season, incidents: Incidents, monitor: str, hour: int
) -> None:
    seen = 0
    for day in DAYS:
        as_of = new_york(day, 10) if hour == 10 else end_of(day)
        days = window(monitor, as_of)
        if is_touched(incidents, monitor, days):
            continue
        expected = PASS if any(season.is_game_day(each) for each in days) else SKIPPED
        reading = season.read(monitor, as_of)
        assert reading.status == expected, (monitor, day, reading)
        seen += 1
    assert seen > 90


def test_line_coverage_is_about_92_percent(season: Season, incidents: Incidents) -> None:
    shares = [
        share
        for day in season.game_days
        if not is_touched(incidents, "line_coverage", [day])
        for share in season.read("line_coverage", new_york(day, 12)).groups.items()
        if share[0] == day
    ]
    values = [share for _, share in shares]
    assert min(values) > 90
    assert max(values) < 95
    assert sum(values) / len(values) == pytest.approx(92.4, abs=0.5)


def test_every_system_is_graded_above_90_percent(season: Season, incidents: Incidents) -> None:
    for day in DAYS:
        as_of = end_of(day)
        if is_touched(incidents, "grading_completeness", window("grading_completeness", as_of)):
            continue
        for system, share in (season.read("grading_completeness", as_of).groups or {}).items():
            assert share > 90, (day, system, share)


def test_play_by_play_phases_freshness_and_duplicates_are_exactly_as_they_should_be(
    season: Season, incidents: Incidents
) -> None:
    expected = {
        "bdb_coverage": lambda share: share == 100,
        "phase_completion": lambda complete: complete == 5,
        "prediction_freshness": lambda hours: 0.5 <= hours <= 1,
        "duplicate_rows": lambda share: share < 1,
        "recent_predictions": lambda rows: rows > 100,
    }
    for monitor, is_well in expected.items():
        for day in season.game_days:
            as_of = end_of(day)
            if not is_touched(incidents, monitor, window(monitor, as_of)):
                reading = season.read(monitor, as_of)
                assert reading.status == SKIPPED or is_well(reading.observed), (monitor, day)


def test_some_rows_are_written_twice_all_the_same(season: Season) -> None:
    day = dt.date(2025, 12, 1)
    assert 0 < season.read("duplicate_rows", end_of(day)).observed < 1


def test_no_system_is_ever_silent(season: Season, incidents: Incidents) -> None:
    named = {"2026-01-26"}
    for day in season.game_days:
        if str(day) not in named:
            assert season.read("recent_predictions", end_of(day)).groups == {"silent": set()}
