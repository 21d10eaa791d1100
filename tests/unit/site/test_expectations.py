"""What came of each expectation on each of the last days."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from plumbline.core.outcome import Result
from plumbline.core.status import Status
from plumbline.site import history_cache
from plumbline.site.expectations import DAYS, ExpectationPast, last_results, with_results
from plumbline.site.history_cache import HistoryCache, Keep
from plumbline.site.rows import ExpectationRow, Row
from support.site_records import ZONE, at, days, record

FIRST = date(2026, 1, 1)


def row(
    when: str, *results: Result, status: Status = Status.PASS, text: str = "at least 50 %"
) -> Row:
    said = tuple(
        ExpectationRow(f"k{number}", result, "critical", text)
        for number, result in enumerate(results)
    )
    return Row(at(when), status, 90.0, expectations=said)


def past(letters: str, until: date | None = None) -> ExpectationPast:
    last = until or FIRST + timedelta(days=len(letters) - 1)
    return ExpectationPast("k0", "critical", "at least 50 %", last, letters)


def letters(*rows: Row) -> list[str]:
    return [one.days for one in with_results((), rows, ZONE)]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([row("2026-01-01", "pass")], ["p"]),
        ([row("2026-01-01", "pass"), row("2026-01-04", "fail")], ["p..f"]),
        ([row("2026-01-04", "fail"), row("2026-01-01", "pass")], ["p..f"]),
        # a day has its worst result, in whatever order runs come
        ([row("2026-01-01 06:00", "fail"), row("2026-01-01 12:00", "pass")], ["f"]),
        ([row("2026-01-01 06:00", "skip"), row("2026-01-01 12:00", "pass")], ["p"]),
        ([row("2026-01-01 06:00", "pass"), row("2026-01-01 12:00", "error")], ["e"]),
        # midnight belongs to the day that ended
        ([row("2026-01-01", "fail"), row("2026-01-02 00:10", "pass")], ["fp"]),
        # a run that ended before its expectations were judged says the same of each
        ([row("2026-01-01", "pass", "fail"), row("2026-01-02", status=Status.ERROR)], ["pe", "fe"]),
        ([row("2026-01-01", "pass"), row("2026-01-02", status=Status.SKIPPED)], ["ps"]),
        # a PASS of a version that did not record expectations is not taken for theirs
        ([row("2026-01-01", "pass"), row("2026-01-02"), row("2026-01-03", "pass")], ["p.p"]),
        ([row("2026-01-01", status=Status.ERROR)], []),
    ],
)
def test_a_letter_a_day(rows: list[Row], expected: list[str]) -> None:
    assert letters(*rows) == expected


def test_what_comes_late_is_put_where_it_belongs() -> None:
    known = with_results((), [row("2026-01-05", "pass")], ZONE)
    (found,) = with_results(known, [row("2026-01-02", "fail"), row("2026-01-05", "fail")], ZONE)
    assert found.days == "f..f"
    assert found.until == date(2026, 1, 5)


def test_the_words_are_those_of_the_last_run_and_its_order_counts() -> None:
    old = row("2026-01-01", "pass", "pass", text="at least 40 %")
    new = replace(
        row("2026-01-02"),
        expectations=(
            ExpectationRow("k1", "fail", "critical", "at least 60 %"),
            ExpectationRow("k2", "pass", "critical", "new"),
        ),
    )
    found = with_results((), [old, new], ZONE)
    assert [(one.key, one.text, one.days) for one in found] == [
        ("k1", "at least 60 %", "pf"),
        ("k2", "new", "p"),
        ("k0", "at least 40 %", "p"),
    ]


def test_days_and_expectations_that_are_long_ago_go() -> None:
    rows = [row("2026-01-01", "pass", "fail"), row("2026-01-02", "pass")]
    later = at("2026-01-01") + timedelta(days=DAYS)
    rows.append(replace(row("2026-01-02", "fail"), at=later))
    (found,) = with_results((), rows, ZONE)
    assert found.days == "p" + "." * (DAYS - 2) + "f"


@pytest.mark.parametrize(
    ("said", "spans"),
    [
        ("ppp", []),
        ("fff", [(0, 2)]),
        ("fpf", [(2, 2), (0, 0)]),
        ("f.sef", [(0, 4)]),  # nothing said that it had recovered
        ("f..p", [(0, 0)]),
    ],
)
def test_each_time_that_it_failed(said: str, spans: list[tuple[int, int]]) -> None:
    found = [((a - FIRST).days, (b - FIRST).days) for a, b in past(said).failing]
    assert found == spans


def test_the_cache_keeps_a_letter_a_day_and_archives_nothing_of_it() -> None:
    said = row("2026-01-01", "pass", "fail").expectations
    cache = HistoryCache()
    for instant in days("2026-01-01", "2026-01-10"):
        cache = history_cache.with_records(cache, [record(instant)])
        known = cache.monitors["coverage"]
        rows = (*known.rows[:-1], replace(known.rows[-1], expectations=said))
        cache = replace(cache, monitors={"coverage": replace(known, rows=rows)})
        cache, archives = history_cache.settled(cache, Keep(), ZONE)
        for archived in archives.rows.values():
            assert all(not one.expectations for one in archived)
        cache = read_again(cache)
    known = cache.monitors["coverage"]
    assert [one.days for one in known.expectations] == ["p" * 9, "f" * 9]
    today = [one for one in known.rows if not one.is_archived]
    found = with_results(known.expectations, today, ZONE)
    assert [one.days for one in found] == ["p" * 10, "f" * 10]
    assert sum(bool(one.expectations) for one in known.rows) == 1


@pytest.mark.parametrize(
    ("last", "results"),
    [
        (row("2026-01-02", "pass", "fail"), {"k0": "pass", "k1": "fail"}),
        (row("2026-01-02", status=Status.ERROR), {"k0": "error", "k1": "error"}),
        (row("2026-01-02", status=Status.SKIPPED), {"k0": "skip", "k1": "skip"}),
        (row("2026-01-02"), {}),  # of an earlier version: not known
    ],
)
def test_the_last_run_says_what_holds_now(last: Row, results: dict[str, Result]) -> None:
    before = row("2026-01-01", "fail", "fail")
    assert last_results([before, last], ["k0", "k1"]) == results
    assert last_results([], ["k0"]) == {}


def read_again(cache: HistoryCache) -> HistoryCache:
    found = history_cache.from_json(history_cache.to_json(cache))
    assert found == cache
    return found


def test_a_record_of_an_earlier_version_says_nothing_of_its_expectations() -> None:
    from plumbline.core.outcome import ExpectationOutcome

    old = ExpectationOutcome("expect_metric_to_be_between", "critical", True, "at least 50 %")
    one = record(datetime(2026, 1, 1, 6, tzinfo=ZONE), expectations=(old, replace(old, key="k")))
    (said,) = history_cache.row_of(one.outcome, one.run).expectations
    assert (said.key, said.result) == ("k", "pass")
