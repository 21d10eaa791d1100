"""`--as-of`: what a date means, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from plumbline.cli.options import read_assignments
from plumbline.core.errors import ConfigError
from plumbline.core.instants import end_of, last_day
from plumbline.project import Project
from plumbline.project.targets import Limits, Seed, Target
from plumbline.run.request import AsOf, RunRequest, choose_as_of, parse_as_of

NEW_YORK = ZoneInfo("America/New_York")
NOW = datetime(2026, 11, 24, 1, 30, tzinfo=UTC)  # still 23 November in New York


def target(*, seed: bool = True, emulator: str | None = None, kind: str = "embedded") -> Target:
    return Target(
        name="local",
        kind="embedded" if kind == "embedded" else "bigquery",
        project="p",
        location="US",
        limits=Limits(),
        project_dir=Path(),
        state_dir=Path(),
        seed=Seed(command=("scripts/demo",), judged_day=date(2026, 2, 2)) if seed else None,
        emulator_host=emulator,
    )


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-02-02", "2026-02-03T05:00:00Z"),
        ("2026-07-01", "2026-07-02T04:00:00Z"),
        ("2026-03-07", "2026-03-08T05:00:00Z"),  # the next day loses an hour
        ("2026-03-08", "2026-03-09T04:00:00Z"),  # a day of 23 hours
        ("2026-11-01", "2026-11-02T05:00:00Z"),  # a day of 25 hours
        ("2026-11-22", "2026-11-23T05:00:00Z"),
        ("2025-12-31", "2026-01-01T05:00:00Z"),
        (" 2026-02-02 ", "2026-02-03T05:00:00Z"),
        ("2026-02-02T15:00:00-05:00", "2026-02-02T20:00:00Z"),
        ("2026-02-02T20:00Z", "2026-02-02T20:00:00Z"),
        ("2026-02-02 20:00:00.5+00:00", "2026-02-02T20:00:00.500000Z"),
        ("2026-11-24T01:30:00Z", "2026-11-24T01:30:00Z"),
    ],
)
def test_a_date_is_the_end_of_that_day_there_and_an_instant_is_itself(
    text: str, instant: str
) -> None:
    found = parse_as_of(text, now=NOW, zone=NEW_YORK)
    assert found.instant == datetime.fromisoformat(instant)
    assert found.source == "given"
    assert not found.is_now


def test_todays_date_is_now() -> None:
    assert parse_as_of("2026-11-23", now=NOW, zone=NEW_YORK) == AsOf(NOW, "now")


def test_today_is_the_domains_not_the_servers() -> None:
    with pytest.raises(ConfigError, match="2026-11-24 is later than today, 2026-11-23"):
        parse_as_of("2026-11-24", now=NOW, zone=NEW_YORK)


@pytest.mark.parametrize(
    ("text", "what", "fix"),
    [
        ("2026-11-24", "later than today", "which means now"),
        ("9999-12-31", "later than today", "which means now"),
        ("2026-11-24T01:30:01Z", "later than now", "give an earlier instant"),
        ("2026-02-30", "no date '2026-02-30'", "a date that exists"),
        ("2026-13-01", "no date", "a date that exists"),
        ("2026-02-02T15:00:00", "has no time zone", "2026-02-02T15:00:00-05:00"),
        ("2026-07-02 15:00", "has no time zone", "2026-07-02T15:00:00-04:00"),
        ("2026-02-02T25:00:00Z", "neither a date nor an instant", "2026-02-02T15:00:00-05:00"),
        ("yesterday", "neither", "write a date"),
        ("02/02/2026", "neither", "write a date"),
        ("20260202", "neither", "write a date"),
        ("2026-W06-1", "neither", "write a date"),
        ("1770000000", "neither", "write a date"),
        ("", "neither", "write a date"),
        ("2026-02-02; drop table x", "neither", "write a date"),
        ("0001-01-01T00:00:00+14:00", "out of range", "year"),
        ("0001-01-01", "is before 1970", "a later date"),
        ("1969-12-31T23:59:59Z", "is before 1970", "a later date"),
    ],
)
def test_what_is_no_date_is_refused_with_its_fix(text: str, what: str, fix: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_as_of(text, now=NOW, zone=NEW_YORK)
    assert what in caught.value.what
    assert fix in (caught.value.fix or "")
    assert caught.value.key == "--as-of"
    assert caught.value.exit_code == 64


def test_on_the_demo_data_the_default_is_the_seeds_day_and_it_is_said() -> None:
    found = choose_as_of(None, now=NOW, zone=NEW_YORK, target=target())
    assert found.instant == datetime(2026, 2, 3, 5, tzinfo=UTC)
    assert not found.is_now
    assert found.note == "Without --as-of, a run on the demo data checks its day, 2026-02-02."


def test_a_projects_own_example_is_called_by_its_name() -> None:
    here = target()
    assert here.seed is not None
    named = replace(here, seed=replace(here.seed, name="example data"))
    found = choose_as_of(None, now=NOW, zone=NEW_YORK, target=named)
    assert found.note == "Without --as-of, a run on the example data checks its day, 2026-02-02."


@pytest.mark.parametrize(
    "elsewhere",
    [target(emulator="localhost:9050"), target(seed=False), target(kind="bigquery", seed=False)],
    ids=["an emulator of the user's", "an embedded warehouse of one's own", "bigquery"],
)
def test_elsewhere_the_default_is_now(elsewhere: Target) -> None:
    found = choose_as_of(None, now=NOW, zone=NEW_YORK, target=elsewhere)
    assert found == AsOf(NOW, "now")
    assert found.note is None


def test_a_given_day_on_the_demo_data_is_not_called_the_demos() -> None:
    found = choose_as_of("2026-02-02", now=NOW, zone=NEW_YORK, target=target())
    assert found.source == "given"
    assert found.note is None


@pytest.mark.parametrize(
    "zone", ["America/New_York", "UTC", "Asia/Kathmandu", "America/Santiago", "Asia/Beirut"]
)
def test_days_follow_each_other_without_gap_or_overlap(zone: str) -> None:
    there = ZoneInfo(zone)
    day = date(2025, 1, 1)
    before = end_of(day, there).astimezone(UTC)
    for _ in range(730):
        day += timedelta(days=1)
        end = end_of(day, there)
        length = end.astimezone(UTC) - before
        assert timedelta(hours=23) <= length <= timedelta(hours=25)
        assert last_day(end) == day or end.astimezone(UTC).astimezone(there).hour != 0
        before = end.astimezone(UTC)


def request(as_of: AsOf, *, at: Target | None = None, **variables: object) -> RunRequest:
    return RunRequest(Project(Path()), at or target(kind="bigquery"), as_of, vars=variables)


@pytest.mark.parametrize("text", ["2026-01-28", "2026-03-08", "2026-02-02T15:00:00-05:00"])
def test_what_asks_again_names_the_as_of_that_was_given(text: str) -> None:
    assert request(parse_as_of(text, now=NOW, zone=NEW_YORK)).given == ("--as-of", text)


def test_what_asks_again_names_no_day_where_none_was_given() -> None:
    assert request(AsOf(NOW, "now")).given == ()
    demo = target()
    day = choose_as_of(None, now=NOW, zone=NEW_YORK, target=demo)
    assert request(day, at=demo).given == ()


def test_what_asks_again_of_now_on_the_demo_data_says_so_for_they_have_a_day_of_their_own() -> None:
    day = choose_as_of("2026-11-23", now=NOW, zone=NEW_YORK, target=target())
    assert request(day, at=target()).given == ("--as-of", "2026-11-23T20:30:00-05:00")


@pytest.mark.parametrize(
    "value", [7, 0.5, True, "a text", "7", "", "x: y", ["a", "b"], [1], date(2026, 2, 2)]
)
def test_what_asks_again_gives_a_variable_the_value_that_it_had(value: object) -> None:
    option, assignment = request(AsOf(NOW, "now"), name=value).given
    assert option == "--var"
    assert read_assignments([assignment]) == {"name": value}
    assert "\n" not in assignment


def test_what_asks_again_gives_a_parameter_the_value_that_it_had() -> None:
    asked = RunRequest(
        Project(Path()), target(), AsOf(NOW, "now"), parameters={"least": 7, "a": "x"}
    )
    assert asked.given[-4:] == ("--param", "least=7", "--param", "a=x")


@pytest.mark.parametrize(
    ("changes", "options"),
    [
        ({}, ()),
        ({"vars": {"days": 7}}, ("--var",)),
        ({"parameters": {"least": 7}}, ("--param",)),
        ({"vars": {"days": 7}, "parameters": {"least": 7}}, ("--var", "--param")),
    ],
)
def test_a_run_with_values_of_its_own_is_known_by_its_options(
    changes: dict[str, Any], options: tuple[str, ...]
) -> None:
    asked = RunRequest(Project(Path()), target(), AsOf(NOW, "now"), **changes)
    assert asked.changed_by == options
