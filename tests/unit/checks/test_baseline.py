"""What is usual of a metric: which runs count, how wide the band is, and what is never given up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from plumbline.checks.baseline import WHOLE, EarlierRuns, Past, Usual, usual_of
from plumbline.checks.bounds import Bounds
from plumbline.core.status import Status

NOW = datetime(2026, 2, 2, 12, tzinfo=UTC)  # a Monday
ASKED: dict[str, Any] = {"runs": 28, "minimum": 5, "deviations": 5.0, "least_deviation": 1.0}


def past(*values: float, every: timedelta = timedelta(days=1), now: datetime = NOW) -> Past:
    """The last of them one step before now."""
    begin = now - every * len(values)
    points = [(begin + every * number, value) for number, value in enumerate(values)]
    return Past(now, {WHOLE: points})


def usual(of: Past, **changes: Any) -> Usual | int:
    return usual_of(of, WHOLE, **ASKED | changes)


def test_median_and_spread_of_the_last_runs() -> None:
    found = usual(past(1, 1, 90, 91, 92, 93, 94), runs=5)
    assert isinstance(found, Usual)
    assert (found.median, found.runs, found.since) == (92.0, 5, NOW - timedelta(days=5))
    assert found.spread == pytest.approx(1.4826, rel=1e-3)  # the median of 2, 1, 0, 1, 2 is 1
    assert found.band == pytest.approx(5 * 1.4826, rel=1e-3)


def test_one_wild_run_moves_little() -> None:
    found = usual(past(91, 92, 92, 93, 0, 92, 91, 93))
    assert isinstance(found, Usual)
    assert found.median == 92
    assert found.band < 10


def test_a_metric_that_never_moves_has_a_band_all_the_same() -> None:
    found = usual(past(*[100.0] * 10), least_deviation=2.0)
    assert isinstance(found, Usual)
    assert (found.spread, found.band) == (0.0, 2.0)


@pytest.mark.parametrize(
    ("values", "passes", "fails"),
    [
        ([100, 100, 130, 160, 250, 300], [1, 145, 478], [0, -1]),
        ([-100, -100, -130, -160, -250, -300], [-1, -145, -478], [0, 1]),
        ([0, 100, 130, 160, 250, 300], [0, 1, 145], [-1000]),
        ([0.4, 0.7, 0.8, 0.9, 1.3, 2.2], [0, -0.1], [-9]),
        ([140, 141, 142, 143, 144, 145], [139, 148], [0, 130]),
    ],
    ids=["a count that varies", "below 0", "0 is known", "0 is within least_deviation", "0 is far"],
)
def test_0_is_not_usual_where_every_run_had_some(
    values: list[float], passes: list[float], fails: list[float]
) -> None:
    found = usual(past(*values))
    assert isinstance(found, Usual)
    assert [value for value in passes if not found.holds(value)] == []
    assert [value for value in fails if found.holds(value)] == []


def test_a_band_that_ends_at_0_says_so() -> None:
    found = usual(past(100, 100, 130, 160, 250, 300))
    assert isinstance(found, Usual)
    assert found.short() == "usually 145 ± 334, above 0"
    assert found.words().startswith("usually 145 ± 334, above 0 (median of 6 runs since ")
    assert found.bounds(Bounds()).words().startswith("above 0 and at most ")
    assert found.bounds(Bounds(min_value=20)).words().startswith("between 20 and ")


@pytest.mark.parametrize(("count", "enough"), [(4, False), (5, True)])
def test_too_few_runs_say_nothing(count: int, enough: bool) -> None:
    found = usual(past(*[90.0] * count))
    assert isinstance(found, Usual) is enough
    if not enough:
        assert found == count


def test_neither_the_judged_run_nor_a_later_one_counts() -> None:
    points = [(NOW + timedelta(days=number), float(number)) for number in range(-6, 4)]
    found = usual(Past(NOW, {WHOLE: points}))
    assert isinstance(found, Usual)
    assert (found.runs, found.median) == (6, -3.5)


def test_a_day_counts_once_however_often_it_was_looked_at() -> None:
    minutes = past(*[90.0] * 10, every=timedelta(minutes=2), now=NOW - timedelta(days=1))
    assert usual(Past(NOW, minutes.points)) == 1
    two_checkpoints = [(at, 90.0) for at, _ in past(*[0.0] * 4).points[WHOLE] for _ in range(2)]
    assert usual(Past(NOW, {WHOLE: two_checkpoints})) == 4


def test_the_judged_day_teaches_nothing_about_itself() -> None:
    assert usual(past(*[90.0] * 5, every=timedelta(minutes=90))) == 0


def test_of_a_day_the_run_of_the_same_hour_counts() -> None:
    # a number that grows over the day
    midnight = NOW - timedelta(hours=12)
    points = [
        (midnight - timedelta(days=day) + timedelta(hours=hour), float(hour))
        for day in range(9, 0, -1)
        for hour in (0, 6, 12, 18)
    ]
    found = usual(Past(midnight + timedelta(hours=6, minutes=7), {WHOLE: points}))
    assert isinstance(found, Usual)
    assert (found.median, found.spread, found.runs) == (6.0, 0.0, 9)


def test_where_weekdays_differ_only_the_same_one_counts() -> None:
    values = [(10.0 if number % 7 == 0 else 90.0) for number in range(70)]
    of = past(*values)  # seventy days before a Monday, the first a Monday
    found = usual(of, same_weekday=True)
    assert isinstance(found, Usual)
    assert (found.median, found.runs) == (10.0, 10)
    every = usual(of)
    assert isinstance(every, Usual)
    assert every.median == 90.0


def test_a_weekday_is_one_of_the_projects_zone() -> None:
    late_sunday = datetime(2026, 2, 2, 3, tzinfo=UTC)
    points = [(late_sunday - timedelta(days=number), 1.0) for number in range(1, 43)]
    points.sort()
    of = Past(late_sunday, {WHOLE: points}, ZoneInfo("America/New_York"))
    found = usual(of, same_weekday=True)
    assert isinstance(found, Usual)
    assert {at.weekday() for at in [found.since]} == {6}


def test_a_group_has_a_past_of_its_own() -> None:
    of = Past(NOW, {'{"system":"a"}': past(*[50.0] * 9).points[WHOLE]})
    assert isinstance(usual_of(of, '{"system":"a"}', **ASKED), Usual)
    assert usual_of(of, '{"system":"b"}', **ASKED) == 0


# What passes


def band(median: float, half: float) -> Usual:
    return Usual(median=median, spread=1.0, runs=28, since=NOW, band=half)


@pytest.mark.parametrize(
    ("usual", "floor", "passes", "fails"),
    [
        (band(91, 4), Bounds(min_value=50), [87, 91, 95], [86.9, 95.1, 49]),
        (band(40, 4), Bounds(min_value=50), [], [40, 49.9]),
        (band(52, 4), Bounds(min_value=50), [50, 56], [49.9, 56.1]),
        (band(52, 4), Bounds(min_value=50, strict_min=True), [50.1], [50]),
        (band(60, 4), Bounds(min_value=50, strict_min=True), [56], [55.9]),
        (band(5, 4), Bounds(max_value=6), [1, 6], [6.1, 0.9]),
    ],
    ids=["usual", "an outage is not usual", "the floor is higher", "and strict", "not strict above it",
         "a ceiling"],
)  # fmt: skip
def test_usual_passes_within_what_is_never_given_up(
    usual: Usual, floor: Bounds, passes: list[float], fails: list[float]
) -> None:
    bounds = usual.bounds(floor)
    assert [bounds.keep(value) for value in passes] == [True] * len(passes)
    assert [bounds.keep(value) for value in fails] == [False] * len(fails)


def test_it_is_said_so_that_a_person_can_check_it() -> None:
    assert band(91.23, 4).words() == (
        "usually 91.23 ± 4 (median of 28 runs since 2026-02-02, spread 1)"
    )


@pytest.mark.parametrize(
    ("observed", "status", "is_known_wrong", "teaches"),
    [
        (90.0, Status.PASS, False, True),
        (90.0, Status.PASS, True, False),
        (None, Status.PASS, False, False),
        (40.0, Status.WARNING, False, False),
    ],
)
def test_only_good_runs_outside_incidents_teach(
    observed: float | None, status: Status, is_known_wrong: bool, teaches: bool
) -> None:
    earlier = EarlierRuns()
    for group in (WHOLE, '{"a":1}'):
        earlier.add(NOW, group, observed, status, is_known_wrong=is_known_wrong)
    found = earlier.before(NOW + timedelta(days=1))
    assert found.points == ({WHOLE: [(NOW, 90.0)], '{"a":1}': [(NOW, 90.0)]} if teaches else {})
    assert found.judged == {'{"a":1}': [NOW]}, "that a group was judged counts in any case"
