"""The site's cache: what it takes from runs, in any order, and what it keeps for how long."""

from __future__ import annotations

import itertools
import json
import math
import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from plumbline.alerts.incidents.model import Ack, Kind
from plumbline.core.failure import Failure
from plumbline.core.mute import Mute
from plumbline.core.status import RunStatus, Status
from plumbline.site import history_cache
from plumbline.site.history_cache import (
    RECENT_RUNS,
    Archives,
    CachedMonitor,
    HistoryCache,
    Keep,
    Streak,
)
from plumbline.site.incident_timeline import incident_of
from plumbline.site.records import Record, from_meta, to_meta
from plumbline.site.rows import Row
from support.site_records import (
    LINES,
    ZONE,
    at,
    days,
    every_six_hours,
    record,
    records,
    row_of,
    story,
)

KEEP = Keep(days=400, incident_days=14)
MUTE = Mute("coverage", "ana", "being mended", at("2026-02-05"), "command")


def with_all(
    found: Sequence[Record], *, each: int = 1, keep: Keep = KEEP
) -> tuple[HistoryCache, Archives]:
    """The cache that grew by ``each`` records a build, settled each time, and all that it archived."""
    cache, rows, incidents = HistoryCache(target="local"), {}, {}
    for first in range(0, len(found), each):
        cache = history_cache.with_records(cache, found[first : first + each])
        cache, archived = history_cache.settled(cache, keep, ZONE)
        for key, added in archived.rows.items():
            rows[key] = history_cache.merged_rows(rows.get(key, ()), added)
        incidents.update(archived.incidents)
    return cache, Archives(rows, incidents)


def coverage(cache: HistoryCache) -> CachedMonitor:
    return cache.monitors["coverage"]


# What it takes


def test_records_in_any_order_make_the_same_cache() -> None:
    found = [
        record(instant, 40.0 + index)
        for index, instant in enumerate(days("2026-02-01", "2026-02-04"))
    ]
    books_made = {
        history_cache.to_json(history_cache.with_records(HistoryCache(), list(order)))
        for order in itertools.permutations(found)
    }
    assert len(books_made) == 1


def test_records_in_many_builds_make_the_book_of_one() -> None:
    found = records(every_six_hours("2026-01-20", "2026-02-10"))
    assert history_cache.to_json(with_all(found)[0]) == history_cache.to_json(
        with_all(found, each=len(found))[0]
    )


def test_the_same_record_again_changes_nothing() -> None:
    once = history_cache.with_records(HistoryCache(), [record("2026-02-02")])
    assert history_cache.with_records(once, [record("2026-02-02")]) == once


def test_the_same_record_twice_in_one_build_counts_once() -> None:
    found = [record("2026-02-02", monitor=name, monitors=2, run_id="r") for name in ("a", "b")]
    assert history_cache.with_records(HistoryCache(), found * 2) == history_cache.with_records(
        HistoryCache(), found
    )
    assert history_cache.with_records(HistoryCache(), found[:1] * 2).runs == ()


def test_runs_of_one_name_are_runs_of_their_own() -> None:
    found = records(days("2026-02-01", "2026-02-03"), run_id="nightly")
    assert len(history_cache.with_records(HistoryCache(), found).runs) == 3


def test_of_two_runs_that_judged_the_same_instant_the_later_word_counts() -> None:
    first, again = record("2026-02-02", 40.0, run_id="a"), record("2026-02-02", 92.0, run_id="b")
    cache = history_cache.with_records(history_cache.with_records(HistoryCache(), [first]), [again])
    assert [(row.run_id, row.status) for row in coverage(cache).rows] == [("b", Status.PASS)]
    assert [run.run_id for run in cache.runs] == ["b"]
    assert coverage(cache).latest == again


def test_a_late_run_of_an_earlier_day_finds_its_place_and_is_not_the_latest() -> None:
    cache = history_cache.with_records(HistoryCache(), records(days("2026-02-01", "2026-02-03")))
    cache = history_cache.with_records(cache, [record("2026-01-30", 40.0)])
    assert [row.at for row in coverage(cache).rows] == [
        at("2026-01-30"),
        *days("2026-02-01", "2026-02-03"),
    ]
    assert coverage(cache).latest == record("2026-02-03")


def test_what_the_history_says_adds_to_what_records_said_and_replaces_nothing() -> None:
    cache = history_cache.with_records(HistoryCache(), [record("2026-02-02")])
    poorer = replace(row_of(record("2026-02-02", run_id="theirs")), lines=())
    missing = row_of(record("2026-02-01", run_id="theirs"))
    cache = history_cache.with_rows(cache, {"coverage": [missing, poorer]}, ())
    assert [(row.at, row.lines) for row in coverage(cache).rows] == [
        (at("2026-02-01"), LINES),
        (at("2026-02-02"), LINES),
    ]
    assert coverage(cache).rows[-1].run_id == "run-20260203t0000"


def test_a_partial_run_is_a_row_of_its_monitor_and_no_run_of_the_checkpoint() -> None:
    cache = history_cache.with_records(HistoryCache(), [record("2026-02-02", monitors=2)])
    assert len(coverage(cache).rows) == 1
    assert cache.runs == ()


def test_a_run_adds_up_its_monitors() -> None:
    found = [
        record("2026-02-02", observed, monitor=name, monitors=4, run_id="r")
        for name, observed in (("a", 92.0), ("b", 70.0), ("c", 10.0), ("d", None))
    ]
    (run,) = history_cache.with_records(HistoryCache(), found).runs
    assert (run.status, run.score) == (RunStatus.CRITICAL, 25)
    assert run.counts == {"passed": 1, "warning": 1, "critical": 1, "error": 1, "skipped": 0}


def test_a_recorded_run_whose_outcomes_are_each_of_an_instant_of_their_own_is_one_run() -> None:
    run = record("2026-02-02 06:00", monitors=2)
    later = replace(run.outcome, monitor="b", as_of=at("2026-02-02 06:01"))
    cache = history_cache.with_records(HistoryCache(), [run, replace(run, outcome=later)])
    assert [(one.as_of, one.counts["passed"]) for one in cache.runs] == [(later.as_of, 2)]


def test_a_run_that_was_skipped_says_why() -> None:
    skipped = record("2025-11-27", None, status=Status.SKIPPED, reason="no games: Thanksgiving")
    (run,) = history_cache.with_records(HistoryCache(), [skipped]).runs
    assert (run.status, run.score, run.note) == (RunStatus.SKIPPED, None, "no games: Thanksgiving")


@pytest.mark.parametrize("late", [timedelta(0), timedelta(days=200)], ids=["live", "replayed"])
def test_how_long_a_run_took_does_not_depend_on_when_it_judged(late: timedelta) -> None:
    one = record("2026-02-02")
    (run,) = history_cache.with_records(
        HistoryCache(), [replace(one, ended_at=one.ended_at + late)]
    ).runs
    assert run.seconds < 10


# Streaks


def data(since: str) -> dict[Kind, datetime]:
    return {"data": at(since)}


def test_since_when_and_when_it_was_last_well() -> None:
    values = [92.0, 91.0, 40.0, 41.0]
    found = [
        record(day, value)
        for day, value in zip(days("2026-02-01", "2026-02-04"), values, strict=True)
    ]
    assert coverage(with_all(found)[0]).streak == Streak(
        Status.CRITICAL,
        at("2026-02-03"),
        at("2026-02-04"),
        at("2026-02-02"),
        91.0,
        data("2026-02-03"),
    )


def test_since_is_the_first_failing_run_also_if_it_got_worse() -> None:
    found = [record("2026-02-01"), record("2026-02-02", 60.0), record("2026-02-03", 40.0)]
    assert coverage(with_all(found)[0]).streak == Streak(
        Status.CRITICAL,
        at("2026-02-02"),
        at("2026-02-03"),
        at("2026-02-01"),
        92.0,
        data("2026-02-02"),
    )


SINCE = (
    # The statuses of runs on consecutive days (- is a missing run), and the day that failing began.
    ("PASS CRITICAL CRITICAL", 2),
    ("PASS CRITICAL SKIPPED CRITICAL", 2),
    ("PASS CRITICAL SKIPPED SKIPPED WARNING", 2),
    ("PASS WARNING - - CRITICAL", 2),
    ("PASS CRITICAL - SKIPPED - WARNING CRITICAL", 2),
    ("CRITICAL ERROR CRITICAL", 1),
    ("CRITICAL ERROR SKIPPED WARNING", 1),
    ("CRITICAL SKIPPED PASS SKIPPED CRITICAL", 5),
    ("SKIPPED CRITICAL", 2),
    ("CRITICAL ERROR ERROR", 2),
    ("ERROR CRITICAL ERROR", 3),
    ("ERROR - ERROR", 1),
    ("PASS CRITICAL SKIPPED", 3),
    ("PASS SKIPPED SKIPPED", 2),
)


@pytest.mark.parametrize(("statuses", "day"), SINCE, ids=[statuses for statuses, _ in SINCE])
@pytest.mark.parametrize("at_once", [True, False], ids=["one build", "a build a run"])
def test_what_ends_no_incident_does_not_restart_since(
    statuses: str, day: int, at_once: bool
) -> None:
    observed = {"PASS": 92.0, "WARNING": 60.0, "CRITICAL": 40.0}
    found = [
        record(f"2026-02-0{number}", observed.get(status), status=Status(status), reason="because")
        for number, status in enumerate(statuses.split(), start=1)
        if status != "-"
    ]
    cache, _ = with_all(found, each=len(found) if at_once else 1)
    kept = history_cache.from_json(history_cache.to_json(cache))
    assert kept is not None
    streak = coverage(kept).streak
    assert streak is not None
    assert streak.since == at(f"2026-02-0{day}")


def test_a_streak_of_an_earlier_version_goes_on() -> None:
    before = Streak(Status.WARNING, at("2026-01-01"), at("2026-01-31"))
    cache = history_cache.with_records(HistoryCache(), [record("2026-02-01", 40.0)])
    known = replace(coverage(cache), before=before)
    assert known.streak is not None
    assert known.streak.since == at("2026-01-01")


def test_a_streak_goes_on_across_months_that_are_archived() -> None:
    found = [record(day, 40.0) for day in days("2025-11-03", "2026-02-20")]
    found.insert(0, record("2025-11-02", 91.0))
    cache, archives = with_all(found)
    assert [month for _, month in archives.rows] == ["2025-11", "2025-12", "2026-01", "2026-02"]
    assert coverage(cache).streak == Streak(
        Status.CRITICAL,
        at("2025-11-03"),
        at("2026-02-20"),
        at("2025-11-02"),
        91.0,
        data("2025-11-03"),
    )


def test_what_was_never_well_has_no_last_good() -> None:
    streak = coverage(with_all(records(days("2026-02-01", "2026-02-03"), 10.0))[0]).streak
    assert streak == Streak(
        Status.CRITICAL, at("2026-02-01"), at("2026-02-03"), failing=data("2026-02-01")
    )


# Months


def test_a_days_runs_are_archived_when_the_next_day_has_one() -> None:
    found = records(every_six_hours("2026-01-31", "2026-01-31"))
    cache, archives = with_all(found)
    assert not archives.rows
    assert coverage(cache).months == ()

    cache, archives = with_all([*found, record("2026-02-01")])
    assert [row.at for row in archives.rows["coverage", "2026-01"]] == every_six_hours(
        "2026-01-31", "2026-01-31"
    )
    assert [row.is_archived for row in coverage(cache).rows] == [True] * 4 + [False]
    assert coverage(cache).months == ("2026-01",)


def test_beside_the_last_day_the_book_holds_what_a_monitors_page_lists() -> None:
    cache, _ = with_all(records(days("2026-01-01", "2026-02-20")))
    assert [row.at for row in coverage(cache).rows] == days("2026-01-24", "2026-02-20")
    assert len(coverage(cache).rows) == RECENT_RUNS


@pytest.mark.parametrize(
    ("instant", "month"),
    [
        ("2026-01-31", "2026-01"),  # midnight at its end, 1 Feb 05:00 UTC
        ("2026-02-01 00:01", "2026-02"),
        ("2026-03-31", "2026-03"),  # in summer time, 1 Apr 04:00 UTC
        ("2025-10-31", "2025-10"),
        ("2025-11-30", "2025-11"),  # the month in which summer time ended
        ("2025-12-31", "2025-12"),
    ],
)
def test_a_months_end_is_new_yorks(instant: str, month: str) -> None:
    for zone in (ZONE, None):  # the same instant as another zone says it
        assert history_cache.month_of(at(instant).astimezone(zone), ZONE) == month


@pytest.mark.parametrize("change", ["2026-03-08", "2025-11-02"], ids=["23 hours", "25 hours"])
def test_the_day_on_which_clocks_change_is_one_day(change: str) -> None:
    cache, _ = with_all(records(every_six_hours(change, change)))
    assert len({history_cache.day_of(row.at, ZONE) for row in coverage(cache).rows}) == 1
    assert len(coverage(cache).rows) == 4


@pytest.mark.parametrize("each", [1, 7, 10_000])
def test_every_run_of_a_season_is_in_one_place_however_builds_fall(each: int) -> None:
    instants = every_six_hours("2025-10-22", "2026-04-12")
    cache, archives = with_all(records(instants), each=each)
    kept = [row.at for rows in archives.rows.values() for row in rows]
    assert kept + [row.at for row in coverage(cache).rows if not row.is_archived] == instants


def test_a_run_that_comes_late_goes_to_its_month_and_says_nothing_of_now() -> None:
    cache, _ = with_all(records(days("2026-01-10", "2026-02-20")))
    late = [record("2026-01-15 12:00", 10.0), record("2025-12-30", 10.0)]
    again, archived = history_cache.settled(history_cache.with_records(cache, late), KEEP, ZONE)
    assert {month: [row.at for row in rows] for (_, month), rows in archived.rows.items()} == {
        "2025-12": [at("2025-12-30")],
        "2026-01": [at("2026-01-15 12:00")],
    }
    assert coverage(again).months == ("2025-12", "2026-01", "2026-02")
    assert coverage(again).streak == coverage(cache).streak
    assert coverage(again).rows == coverage(cache).rows


def test_of_a_month_the_later_word_on_an_instant_counts() -> None:
    before = [row_of(record(day)) for day in days("2026-01-01", "2026-01-03")]
    again = row_of(record("2026-01-02", 10.0))
    assert history_cache.merged_rows(before, [again]) == (before[0], again, before[2])


def test_a_monitor_that_has_not_run_for_long_keeps_its_last_runs() -> None:
    found = records(days("2025-12-20", "2026-01-10"), 40.0)
    found += records(days("2026-01-01", "2026-03-20"), monitor="other")
    cache, archives = with_all(found, each=len(found))
    months = [month for name, month in archives.rows if name == "coverage"]
    assert months == ["2025-12", "2026-01"]
    assert [row.at for row in coverage(cache).rows] == days("2025-12-20", "2026-01-10")


def test_what_is_older_than_the_retention_goes() -> None:
    keep = Keep(days=60)
    found = [*records(days("2025-10-22", "2025-11-20")), *records(days("2026-02-01", "2026-02-20"))]
    cache, _ = with_all(found, keep=keep)
    assert coverage(cache).months == ("2026-02",)
    assert coverage(cache).rows[0].at == at("2026-02-01")
    assert [run.as_of for run in cache.runs] == days("2026-02-01", "2026-02-20")


def test_a_month_is_kept_while_a_day_of_it_is_within_the_retention() -> None:
    keep = Keep(days=60)  # from 22 Dec
    cache, _ = with_all(records(days("2025-11-15", "2026-02-20")), keep=keep)
    assert coverage(cache).months == ("2025-12", "2026-01", "2026-02")


def test_a_monitor_of_which_nothing_is_left_leaves_the_cache() -> None:
    gone = records(days("2025-10-22", "2025-10-25"), monitor="gone")
    cache, _ = with_all([*gone, *records(days("2026-01-30", "2026-02-20"))], keep=Keep(days=60))
    assert list(cache.monitors) == ["coverage"]


def test_a_retention_of_a_day_keeps_the_last_runs() -> None:
    cache, _ = with_all(records(days("2026-01-01", "2026-02-20")), keep=Keep(days=1))
    assert coverage(cache).months == ("2026-02",)
    assert [row.at for row in coverage(cache).rows] == days("2026-02-19", "2026-02-20")
    assert [run.as_of for run in cache.runs] == days("2026-02-19", "2026-02-20")


def test_of_an_older_day_the_last_run_of_each_checkpoint_stays() -> None:
    instants = every_six_hours("2026-01-20", "2026-02-20")
    found = records(instants) + records(instants, checkpoint="other", monitor="b")
    cache, _ = with_all(found)
    whole = [run.as_of for run in cache.runs if run.checkpoint == "health_check"]
    # two weeks before the last, to the instant: the end of 6 Feb is within
    assert whole == [
        *days("2026-01-20", "2026-02-05"),
        *every_six_hours("2026-02-06", "2026-02-06")[2:],
        *every_six_hours("2026-02-07", "2026-02-20"),
    ]
    assert len(cache.runs) == 2 * len(whole)


def test_what_is_old_is_counted_from_the_last_run_and_not_from_today() -> None:
    """A replay of a season settles as the season did."""
    cache, archives = with_all(records(days("2019-01-01", "2019-02-20")))
    assert coverage(cache).months == ("2019-01", "2019-02")
    assert ("coverage", "2019-01") in archives.rows


def test_an_empty_book_settles() -> None:
    assert history_cache.settled(HistoryCache(), KEEP, ZONE) == (HistoryCache(), Archives())


@pytest.mark.parametrize("more", [0, 1, 100])
def test_every_run_of_the_last_day_is_in_the_book_however_many(more: int) -> None:
    instants = [at("2026-02-02 06:00") + timedelta(minutes=n) for n in range(RECENT_RUNS + more)]
    cache, archives = with_all(records(instants))
    assert [row.at for row in coverage(cache).rows] == instants
    assert not archives.rows


# Incidents


def with_story(cache: HistoryCache, *found: object) -> HistoryCache:
    for one in found:
        cache = history_cache.with_stories(cache, one.events, one.deliveries)  # type: ignore[attr-defined]
    return cache


def test_rows_of_an_incident_count_once_and_stand_in_order() -> None:
    told = story("i-1", "2026-02-01").event("2026-02-02", "changed", "new member", told=("slack",))
    once = with_story(HistoryCache(), told)
    shuffled = history_cache.with_stories(
        HistoryCache(), told.events[::-1], told.deliveries[::-1] * 2
    )
    assert with_story(once, told) == once == shuffled
    assert [event.event for event in once.incidents[0].events] == ["opened", "changed"]


def test_the_tenth_event_at_an_instant_comes_after_the_ninth() -> None:
    told = story("i-1", "2026-02-01")
    for number in range(12):
        told.event("2026-02-02", "changed", f"number {number}")
    (known,) = with_story(HistoryCache(), told).incidents
    assert [event.reason for event in known.events[1:]] == [f"number {n}" for n in range(12)]


def test_a_delivery_of_an_incident_that_is_not_known_is_left_out() -> None:
    assert (
        history_cache.with_stories(HistoryCache(), [], story("i-1", "2026-02-01").deliveries)
        == HistoryCache()
    )


def settle(cache: HistoryCache, until: str) -> tuple[HistoryCache, Archives]:
    return history_cache.settled(history_cache.with_records(cache, [record(until)]), KEEP, ZONE)


def test_an_incident_that_is_over_is_archived_by_the_month_of_its_opening() -> None:
    ended = story("i-1", "2026-01-05").event("2026-01-08", "resolved", "recovered")
    cache, archived = settle(with_story(HistoryCache(), ended), "2026-02-14")
    assert [known.id for known in cache.incidents] == ["i-1"]
    cache, archived = settle(cache, "2026-02-15")
    assert cache.incidents == ()
    assert list(archived.incidents) == ["2026-01"]
    (past,) = cache.archived["2026-01"]
    assert (past.id, past.monitor, past.ending) == ("i-1", "coverage", "resolved")


def test_an_open_incident_stays_however_old() -> None:
    cache, archived = settle(with_story(HistoryCache(), story("i-1", "2025-11-05")), "2026-02-20")
    assert [known.id for known in cache.incidents] == ["i-1"]
    assert not archived.incidents


def test_an_incident_that_ended_a_moment_ago_stays_however_old_its_opening() -> None:
    ended = story("i-1", "2025-11-05").event("2026-02-19", "resolved", "recovered")
    cache, _ = settle(with_story(HistoryCache(), ended), "2026-02-20")
    assert [known.id for known in cache.incidents] == ["i-1"]


def test_an_incident_over_the_turn_of_months_leaves_with_the_month_of_its_end() -> None:
    ended = story("i-1", "2025-12-20").event("2026-01-08", "resolved", "recovered")
    cache, archived = settle(with_story(HistoryCache(), ended), "2026-01-20")
    assert [known.id for known in cache.incidents] == ["i-1"]
    cache, archived = settle(cache, "2026-02-15")
    assert list(archived.incidents) == ["2025-12"]


def test_an_incident_takes_along_what_its_monitor_saw() -> None:
    values = [92.0, 40.0, 40.0, 30.0, 92.0]
    found = [
        record(day, value)
        for day, value in zip(days("2026-01-09", "2026-01-13"), values, strict=True)
    ]
    ended = story("i-1", "2026-01-10").event("2026-01-13", "resolved", "recovered")
    _, archived = settle(
        with_story(history_cache.with_records(HistoryCache(), found), ended), "2026-02-20"
    )
    (known,) = archived.incidents["2026-01"]
    assert [(one.at, one.observed) for one in known.seen] == [
        (at("2026-01-10"), 40.0),
        (at("2026-01-12"), 30.0),
    ]


def test_an_open_incident_remembers_what_was_seen_when_its_months_are_archived() -> None:
    cache = with_story(HistoryCache(), story("i-1", "2025-12-10"))
    instants = days("2025-12-10", "2026-02-20")
    for index, instant in enumerate(instants):
        cache = history_cache.with_records(cache, [record(instant, 40.0 - index // 10)])
        cache, _ = history_cache.settled(cache, KEEP, ZONE)
    (known,) = cache.incidents
    assert [one.observed for one in known.seen] == [40.0, 39.0, 38.0, 37.0, 36.0]


def test_late_words_of_an_archived_incident_leave_its_archive_as_it_is() -> None:
    ended = story("i-1", "2026-01-05").event("2026-01-08", "resolved", "recovered")
    cache, _ = settle(with_story(HistoryCache(), ended), "2026-02-20")
    late = history_cache.with_stories(cache, ended.events[-1:], ())
    again, archived = history_cache.settled(late, KEEP, ZONE)
    assert (again, dict(archived.incidents)) == (cache, {})


def test_what_lists_say_of_archived_incidents_stays_until_the_retention_ends() -> None:
    first = story("i-1", "2026-01-05").event("2026-01-08", "resolved", "recovered")
    other = story("i-2", "2026-01-10").event("2026-01-11", "expired", "left the window")
    other.deliveries.clear()
    cache = history_cache.with_records(HistoryCache(), records(days("2026-01-05", "2026-01-12")))
    cache, _ = settle(with_story(cache, first, other), "2026-02-20")
    assert [
        (one.id, one.closed_at - one.opened_at, one.was_told) for one in cache.archived["2026-01"]
    ] == [("i-1", timedelta(days=3), True), ("i-2", timedelta(days=1), False)]
    cache, _ = history_cache.settled(
        history_cache.with_records(cache, [record("2027-04-01")]), KEEP, ZONE
    )
    assert cache.archived == {}


def test_what_the_state_knew_of_an_incident_stays_when_the_state_forgets_it() -> None:
    cache = with_story(HistoryCache(), story("i-1", "2026-02-01"))
    ack = Ack("ana", at("2026-02-01"), Status.CRITICAL, "on it")
    (known,) = cache.incidents
    state = {"i-1": replace(incident_of(known), ack=ack, references={"slack": {"ts": "1.2"}})}
    cache = history_cache.with_state(history_cache.with_state(cache, state, [MUTE]), {}, [])
    (known,) = cache.incidents
    assert known.known is not None
    assert known.known.ack == ack
    assert cache.mutes == ()
    assert b"1.2" not in history_cache.to_json(cache)


def test_archived_incidents_go_with_the_retention() -> None:
    ended = story("i-1", "2026-01-05").event("2026-01-08", "resolved", "recovered")
    cache, _ = settle(with_story(HistoryCache(), ended), "2026-02-20")
    assert list(cache.archived) == ["2026-01"]
    cache, _ = history_cache.settled(
        history_cache.with_records(cache, [record("2027-04-01")]), KEEP, ZONE
    )
    assert cache.archived == {}


# As a file


def odd() -> Record:
    """With everything that a file could lose."""
    made = record(
        "2026-02-02",
        math.nan,
        status=Status.CRITICAL,
        groups=[("é<script>\u2028", math.nan), ("b", 3.5)],
        result=("coverage", "run", "20260203T050000Z", "batch"),
        sql="select '</script>' -- é",
        parameters={"as_of": [at("2026-02-02")], "days": 3},
    )
    read = from_meta({"plumbline": to_meta(made)})
    assert read is not None
    return read


def test_a_book_that_is_read_again_is_the_same() -> None:
    told = story("i-1", "2026-02-01").event("2026-02-02", "changed", members=("a", "b"))
    cache = with_story(
        history_cache.with_records(HistoryCache(target="local"), [record("2026-02-02")]), told
    )
    cache = replace(cache, synced_to=at("2026-02-02"))
    read = history_cache.from_json(history_cache.to_json(cache))
    assert read == cache


def test_odd_values_survive_the_file_and_change_no_more() -> None:
    cache = history_cache.with_records(HistoryCache(), [odd()])
    once = history_cache.from_json(history_cache.to_json(cache))
    assert once is not None
    assert history_cache.from_json(history_cache.to_json(once)) == once
    row = coverage(once).rows[0]
    assert (row.observed, row.groups[0].observed, row.groups[0].label) == (
        None,
        None,
        "é<script>\u2028",
    )


def test_a_record_survives_gxs_result() -> None:
    one = record("2026-02-02", groups=[("a", 1.0)], docs_url="file:///home/me/docs/index.html")
    read = from_meta({"plumbline": to_meta(one)}, result=("a", "b"))
    assert read == replace(one, outcome=replace(one.outcome, docs_url=None), result=("a", "b"))


def test_what_failed_survives_gxs_result_and_the_file() -> None:
    failures = (
        Failure("expect_x", "info", "x"),
        Failure(
            "expect_y",
            "critical",
            "a, b must be unique",
            column="a, b",
            description="once",
            row_condition="a > 1",
            counted="values",
            unexpected_count=3,
            element_count=2**40,
            missing_count=1,
            unexpected_percent=0.5,
            observed="2026",
            samples=((("b", 2**63 - 1), ("a", None)), "1", 1.0, True, None),
            absent=("z",),
            unit="%",
            threshold=50.0,
            is_covered=True,
        ),
    )
    one = record("2026-02-02", failures=failures)
    stored = json.loads(json.dumps({"plumbline": to_meta(one)}, sort_keys=True))
    read = from_meta(stored)
    assert read is not None
    assert repr(read.outcome.failures) == repr(failures)
    cache = history_cache.from_json(
        history_cache.to_json(history_cache.with_records(HistoryCache(), [read]))
    )
    assert cache is not None
    latest = coverage(cache).latest
    assert latest is not None
    assert repr(latest.outcome.failures) == repr(failures)


def test_a_record_of_before_failures_were_kept_is_read() -> None:
    stored = to_meta(record("2026-02-02"))
    assert "failures" not in stored["outcome"]
    read = from_meta({"plumbline": stored})
    assert read is not None
    assert read.outcome.failures == ()


@pytest.mark.parametrize("meta", [{}, {"plumbline": None}, {"plumbline": {}}, {"plumbline": "x"}])
def test_a_result_without_a_record_that_is_known_has_none(meta: dict[str, object]) -> None:
    assert from_meta(meta) is None


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"null", b'{"format": 99}', b'{"runs": 3}', b"\xff"]
)
def test_a_file_that_is_no_book_is_none(content: bytes) -> None:
    assert history_cache.from_json(content) is None


def test_months_survive_their_files() -> None:
    rows = tuple(
        row_of(one) for one in records(days("2026-01-01", "2026-01-03"), groups=[("a", 1.0)])
    )
    stories = with_story(HistoryCache(), story("i-1", "2026-01-05")).incidents
    for kind, value in ((history_cache.ROWS, rows), (history_cache.STORIES, stories)):
        assert history_cache.archive_from_json(history_cache.to_json(value, kind), kind) == value


def test_the_book_does_not_grow_with_the_seasons() -> None:
    """A year more of runs every six hours: months are named, and the last runs of days."""
    rng = random.Random("season")
    instants = every_six_hours("2024-02-01", "2026-02-20")
    found = [record(instant, rng.uniform(40, 99)) for instant in instants]
    sizes = [
        len(history_cache.to_json(with_all(found[:count], each=200)[0]))
        for count in (1700, len(found))
    ]
    assert sizes[1] < 1.25 * sizes[0]


def test_a_row_of_a_group_keeps_its_thresholds() -> None:
    row: Row = row_of(record("2026-02-02", groups=[("a", 10.0)]))
    assert (row.lines, row.groups[0].lines, row.groups[0].key) == (LINES, LINES, '{"system":"a"}')
