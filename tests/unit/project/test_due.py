"""When runs are due, also on the days when the clocks are changed."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plumbline.core.maintenance import MaintenanceWindow
from plumbline.project.due import due_between, last_due, next_due
from support.processes import environment
from unit.schedule.conftest import FALL, LOS_ANGELES, SPRING, schedule, window

MOMENT = timedelta(microseconds=1)


def of_day(cron: str, day: tuple[datetime, datetime]) -> list[str]:
    """The runs of a day in Los Angeles, by its clock."""
    first, last = day
    runs = due_between(schedule(cron), first - MOMENT, last - MOMENT)
    return [f"{due.astimezone(LOS_ANGELES):%H:%M %Z}" for due in runs]


SPRING_CASES = {
    # (what, cron): the runs
    ("every six hours: five hours between the first two", "0 */6 * * *"): [
        "00:00 PST", "06:00 PDT", "12:00 PDT", "18:00 PDT",
    ],
    ("a time in the hour that is skipped comes right after it", "30 2 * * *"): ["03:00 PDT"],
    ("two of them come as one", "0,30 2 * * *"): ["03:00 PDT"],
    ("one of them and the time after it come as one", "0 2,3 * * *"): ["03:00 PDT"],
    ("just before", "59 1 * * *"): ["01:59 PST"],
    ("just after", "0 3 * * *"): ["03:00 PDT"],
    ("what comes in any hour is not made up for", "*/20 2 * * *"): [],
    ("every second hour: none at 2", "0 */2 * * *"): [
        "00:00 PST", "04:00 PDT", "06:00 PDT", "08:00 PDT", "10:00 PDT", "12:00 PDT",
        "14:00 PDT", "16:00 PDT", "18:00 PDT", "20:00 PDT", "22:00 PDT",
    ],
}  # fmt: skip

FALL_CASES = {
    ("every six hours: seven hours between the first two", "0 */6 * * *"): [
        "00:00 PDT", "06:00 PST", "12:00 PST", "18:00 PST",
    ],
    ("a time in the hour that comes twice comes once, the first time", "30 1 * * *"): ["01:30 PDT"],
    ("at its beginning too", "0 1 * * *"): ["01:00 PDT"],
    ("what comes in any minute comes in both", "*/30 1 * * *"): [
        "01:00 PDT", "01:30 PDT", "01:00 PST", "01:30 PST",
    ],
    ("after it", "0 2 * * *"): ["02:00 PST"],
}  # fmt: skip


@pytest.mark.parametrize(
    ("cron", "runs"),
    [(cron, runs) for (_, cron), runs in SPRING_CASES.items()],
    ids=[what for what, _ in SPRING_CASES],
)
def test_when_the_clocks_are_put_forward(cron: str, runs: list[str]) -> None:
    assert of_day(cron, SPRING) == runs


@pytest.mark.parametrize(
    ("cron", "runs"),
    [(cron, runs) for (_, cron), runs in FALL_CASES.items()],
    ids=[what for what, _ in FALL_CASES],
)
def test_when_the_clocks_are_put_back(cron: str, runs: list[str]) -> None:
    assert of_day(cron, FALL) == runs


@pytest.mark.parametrize(("day", "hours"), [(SPRING, 23), (FALL, 25)])
def test_what_comes_every_hour_comes_in_each_hour_that_there_is(
    day: tuple[datetime, datetime], hours: int
) -> None:
    runs = list(due_between(schedule("30 * * * *"), day[0] - MOMENT, day[1] - MOMENT))
    assert len(runs) == hours
    assert {after - before for before, after in pairwise(runs)} == {timedelta(hours=1)}


# Between 01:00 and 02:00 PST of 1 November the wall clock shows what it showed an hour before.
AGAIN_A_QUARTER_PAST_ONE = datetime(2026, 11, 1, 9, 15, tzinfo=UTC)


def test_in_the_second_of_two_hours_the_first_ones_run_lies_behind() -> None:
    half_past_one = datetime(2026, 11, 1, 8, 30, tzinfo=UTC)
    daily = schedule("30 1 * * *")
    assert last_due(daily, AGAIN_A_QUARTER_PAST_ONE) == half_past_one
    assert next_due(daily, AGAIN_A_QUARTER_PAST_ONE) == half_past_one + timedelta(hours=25)


def test_an_instant_may_be_given_in_any_zone() -> None:
    at = AGAIN_A_QUARTER_PAST_ONE
    daily = schedule("30 1 * * *")
    for zone in (LOS_ANGELES, ZoneInfo("Asia/Kolkata")):
        assert last_due(daily, at.astimezone(zone)) == last_due(daily, at)
        assert next_due(daily, at.astimezone(zone)) == next_due(daily, at)


NOON = datetime(2026, 11, 25, 20, tzinfo=UTC)
SIX_HOURS = timedelta(hours=6)


@pytest.mark.parametrize(
    ("at", "last", "following"),
    [
        (NOON, NOON - SIX_HOURS, NOON + SIX_HOURS),
        (NOON + MOMENT, NOON, NOON + SIX_HOURS),
        (NOON - MOMENT, NOON - SIX_HOURS, NOON),
    ],
    ids=["at it", "just after it", "just before it"],
)
def test_what_is_due_at_the_very_instant_is_neither_the_last_nor_the_next(
    at: datetime, last: datetime, following: datetime
) -> None:
    assert last_due(schedule(), at) == last
    assert next_due(schedule(), at) == following


def test_spans_that_meet_have_each_run_once() -> None:
    whole = list(due_between(schedule(), NOON - SIX_HOURS, NOON + SIX_HOURS))
    assert whole == [NOON, NOON + SIX_HOURS]
    halves = [
        *due_between(schedule(), NOON - SIX_HOURS, NOON),
        *due_between(schedule(), NOON, NOON + SIX_HOURS),
    ]
    assert halves == whole


@pytest.mark.parametrize(
    ("cron", "following"),
    [
        ("0 6 L 2 *", "2027-02-28"),
        ("0 6 29 2 *", "2028-02-29"),
        ("0 6 * * MON", "2026-11-30"),
        ("0 6 * * 7", "2026-11-29"),
        ("0 6 1 * FRI", "2026-11-27"),  # a Friday or a first
    ],
)
def test_days_are_cron_s(cron: str, following: str) -> None:
    assert f"{next_due(schedule(cron), NOON).astimezone(LOS_ANGELES):%Y-%m-%d}" == following


@pytest.mark.parametrize(
    ("cron", "windows", "runs"),
    [
        ("0 */6 * * *", [window("0 5 * * *", 2)], ["00:00", "12:00", "18:00"]),
        ("0 */6 * * *", [window("0 6 * * *", 6)], ["00:00", "12:00", "18:00"]),
        ("0 */6 * * *", [window("0 5 * * *", 1)], ["00:00", "06:00", "12:00", "18:00"]),
        ("0 */6 * * *", [window("0 14 * * *", 1, "UTC")], ["00:00", "12:00", "18:00"]),
        ("0 */6 * * *", [window("0 0 * * *", 8), window("0 7 * * *", 6)], ["18:00"]),
        ("0 */6 * * *", [window("0 * * * SAT", 1)], ["00:00", "06:00", "12:00", "18:00"]),
        ("*/30 2 * * *", [window("0 2 * * *", 0.5)], ["02:30"]),
    ],
    ids=[
        "one is in it",
        "its beginning is in it, its end is not",
        "none is in it",
        "it has a zone of its own",
        "windows that overlap",
        "it comes on another day",
        "a window of half an hour",
    ],
)
def test_what_falls_in_a_maintenance_window_is_not_due(
    cron: str, windows: list[MaintenanceWindow], runs: list[str]
) -> None:
    one = schedule(cron, maintenance=tuple(windows))
    midnight = datetime(2026, 11, 25, 8, tzinfo=UTC)  # a Wednesday there
    day = midnight - MOMENT, midnight + timedelta(days=1) - MOMENT
    due = list(due_between(one, *day))
    assert [f"{at.astimezone(LOS_ANGELES):%H:%M}" for at in due] == runs
    assert last_due(one, day[1]) == due[-1]
    assert last_due(one, due[0]) < day[0]


def test_a_window_keeps_its_length_when_the_clocks_are_put_forward() -> None:
    one = schedule("30 * * * *", maintenance=(window("0 1 * * *", 2),))
    runs = due_between(one, SPRING[0] - MOMENT, SPRING[0] + timedelta(hours=4))
    assert [f"{at.astimezone(LOS_ANGELES):%H:%M}" for at in runs] == ["00:30", "04:30"]


INSTANTS = st.builds(
    lambda day, seconds: day + timedelta(seconds=seconds),
    st.sampled_from([SPRING[0], FALL[0], NOON]),
    st.integers(-4 * 3600, 26 * 3600) | st.integers(-40_000_000, 40_000_000),
)
MINUTES = st.sampled_from(["0", "30", "*/20", "0,45", "*", "15-17", "59"])
HOURS = st.sampled_from(["*", "*/6", "*/2", "2", "1,2", "1-3", "0", "23"])
WINDOWS = st.sampled_from(
    [(), (window("0 1 * * SUN", 4),), (window("30 0 * * *", 1.5, "UTC"), window("0 9 * * *", 6))]
)
DAYS = st.sampled_from(["* * *", "* * 0", "1,8 * *", "* * MON-FRI", "L * *", "1 * 0"])


@given(
    minutes=MINUTES,
    hours=HOURS,
    days=DAYS,
    zone=st.sampled_from(["America/Los_Angeles", "UTC", "Europe/Dublin", "Australia/Lord_Howe"]),
    windows=WINDOWS,
    at=INSTANTS,
)
def test_the_last_and_the_next_run_enclose_every_instant_with_none_between(
    minutes: str,
    hours: str,
    days: str,
    zone: str,
    windows: tuple[MaintenanceWindow, ...],
    at: datetime,
) -> None:
    one = schedule(f"{minutes} {hours} {days}", timezone=ZoneInfo(zone), maintenance=windows)
    last, following = last_due(one, at), next_due(one, at)
    assert last < at < following
    assert next_due(one, last) in (at, following)
    assert last_due(one, following) in (at, last)
    assert next_due(one, at - MOMENT) in (at, following)


def test_neither_gx_nor_google_nor_pandas_nor_the_scheduler_is_imported_for() -> None:
    script = (
        "import sys, plumbline.project.due\n"
        "heavy = {'great_expectations', 'google', 'pandas', 'rich'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        env=environment(),
    )
    assert done.stdout.strip() == "[]"
