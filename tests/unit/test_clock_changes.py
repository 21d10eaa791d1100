"""Each minute around both clock changes of a year: instants are compared as instants.

Python compares two datetimes of one zone by their wall clocks, and takes two of different zones for
unequal in an hour that comes twice (PEP 495).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from plumbline.alerts.channels.wording import headline
from plumbline.backtest.fetch import Asked, PastJobs
from plumbline.backtest.instants import choose_span
from plumbline.backtest.replay import PastRun, replay_runs, runs_of
from plumbline.checks.baseline import WHOLE, Past, Usual, usual_of
from plumbline.checks.verdict import sort_rows
from plumbline.core.alert_line import Event
from plumbline.core.alert_policy import Policy
from plumbline.core.errors import MonitorError
from plumbline.core.instants import end_of, in_utc, is_same, last_day
from plumbline.core.mute import Mute
from plumbline.core.status import Status
from plumbline.core.text import moment, span
from plumbline.models import CompiledModel
from plumbline.project.alerts import default_alerts
from plumbline.run.request import parse_as_of
from plumbline.site.history_cache import HistoryCache, with_records
from plumbline.site.records import Record, RunStamp
from plumbline.warehouse.result import QueryResult
from support.channel_messages import item
from support.incidents import outcome
from support.projects import make_project
from support.targets import embedded_target

MINUTE = timedelta(minutes=1)
CHANGES = [
    ("America/New_York", datetime(2025, 11, 2, 6, tzinfo=UTC)),
    ("America/New_York", datetime(2026, 3, 8, 7, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2026, 4, 4, 15, tzinfo=UTC)),  # by half an hour
    ("Australia/Lord_Howe", datetime(2025, 10, 4, 15, 30, tzinfo=UTC)),
    ("Europe/London", datetime(2025, 10, 26, 1, tzinfo=UTC)),
    ("Europe/London", datetime(2026, 3, 29, 1, tzinfo=UTC)),
    ("America/Havana", datetime(2025, 11, 2, 5, tzinfo=UTC)),  # its midnight comes twice
    ("America/Havana", datetime(2026, 3, 8, 5, tzinfo=UTC)),
]
around_each_change = pytest.mark.parametrize(
    ("zone", "change"),
    [(ZoneInfo(zone), change) for zone, change in CHANGES],
    ids=[f"{zone} {change:%Y-%m-%d}" for zone, change in CHANGES],
)


def minutes(change: datetime) -> Iterator[datetime]:
    """In UTC, from two hours before to two hours after."""
    yield from (change + number * MINUTE for number in range(-120, 121))


def test_the_changes_are_changes() -> None:
    for zone, change in CHANGES:
        before, after = (
            (change - MINUTE).astimezone(ZoneInfo(zone)),
            change.astimezone(ZoneInfo(zone)),
        )
        assert before.utcoffset() != after.utcoffset(), (zone, change)


@around_each_change
def test_an_instant_is_itself_in_each_zone_and_no_other(zone: ZoneInfo, change: datetime) -> None:
    there = [at.astimezone(zone) for at in minutes(change)]
    assert all(is_same(at, local) for at, local in zip(minutes(change), there, strict=True))
    assert len({in_utc(local) for local in there}) == len(there)
    assert [in_utc(local) for local in there] == sorted(map(in_utc, there))


@around_each_change
def test_rows_of_the_instant_asked_for_are_judged_and_of_another_are_refused(
    zone: ZoneInfo, change: datetime
) -> None:
    for at in minutes(change):
        asked = at.astimezone(zone)
        assert sort_rows([{"as_of": at, "pct": 1.0}], as_of=asked, model="m").judge
        stray = [{"as_of": (at + timedelta(hours=1)).astimezone(zone), "pct": 1.0}]
        with pytest.raises(MonitorError, match="returned rows for as_of"):
            sort_rows(stray, as_of=asked, model="m")


@around_each_change
def test_an_as_of_is_read_as_it_is_written(zone: ZoneInfo, change: datetime) -> None:
    for at in minutes(change):
        read = parse_as_of(at.astimezone(zone).isoformat(), now=at, zone=zone)
        assert in_utc(read.instant) == at
    # Now in the second of an hour that comes twice: the first one has passed.
    for now in minutes(change):
        earlier = (now - 30 * MINUTE).astimezone(zone)
        parse_as_of(earlier.isoformat(), now=now.astimezone(zone), zone=zone)


@around_each_change
def test_a_day_ends_once(zone: ZoneInfo, change: datetime) -> None:
    days = [last_day(at.astimezone(zone)) for at in minutes(change)]
    assert days == [
        (at - timedelta(microseconds=1)).astimezone(zone).date() for at in minutes(change)
    ]
    over = [at for at in minutes(change) if moment(at.astimezone(zone)).startswith("end of")]
    assert all(in_utc(end_of(last_day(at.astimezone(zone)), zone)) == at for at in over)
    assert len(over) <= 1


@around_each_change
def test_a_backtest_asks_and_finds_each_instant(
    zone: ZoneInfo, change: datetime, tmp_path: Path
) -> None:
    target = embedded_target(tmp_path / "state")
    project = make_project(tmp_path, target).project
    begin, end = change - 60 * MINUTE, change + 60 * MINUTE
    span = choose_span(
        project,
        "none",
        first=begin.astimezone(zone).isoformat(),
        last=end.astimezone(zone).isoformat(),
        every="7m",
        now=end,
    )
    assert span.instants[0] == begin
    assert all(
        later - earlier == 7 * MINUTE
        for earlier, later in zip(span.instants, span.instants[1:], strict=False)
    )
    rows = {at: [{"as_of": at, "pct": float(n)}] for n, at in enumerate(minutes(change))}
    asked = Asked("m", _compiled(), 1, rows=rows, answer=_answer())
    for number, at in enumerate(minutes(change)):
        jobs = PastJobs(project, target, at.astimezone(zone))
        jobs.add(asked)
        (sent,) = jobs._started["m"]  # type: ignore[misc]
        assert sent.result().rows == [{"as_of": at, "pct": float(number)}]


@around_each_change
def test_incidents_move_forward_minute_by_minute(zone: ZoneInfo, change: datetime) -> None:
    def found(status: Status) -> list[PastRun]:
        return runs_of("c", (outcome("m", status, at.astimezone(zone)) for at in minutes(change)))

    wrong = found(Status.CRITICAL)
    assert len(wrong) == 241
    first = change - 120 * MINUTE
    alerts = replace(default_alerts(), policy=Policy(remind_critical=timedelta(hours=3)))
    (replayed,) = replay_runs(wrong, alerts=alerts).incidents
    incident = replayed.incident
    assert (in_utc(incident.opened_at), in_utc(incident.last_seen)) == (
        first,
        change + 120 * MINUTE,
    )
    assert [
        (str(one.event), in_utc(one.at) - first) for one in replayed.changes if one.notifies
    ] == [
        ("opened", timedelta()),
        ("reminded", timedelta(hours=3)),
    ]


@around_each_change
def test_a_mute_ends_at_its_instant(zone: ZoneInfo, change: datetime) -> None:
    for until in minutes(change):
        mute = Mute(monitor="m", owner="ana", reason="feed down", until=until.astimezone(zone))
        for now in (change - 45 * MINUTE, change, change + 45 * MINUTE):
            assert mute.covers("m", now.astimezone(zone)) is (now < until)


@around_each_change
def test_what_has_ended_lasted_as_long_as_it_did(zone: ZoneInfo, change: datetime) -> None:
    for at in minutes(change):
        since = change - 180 * MINUTE
        resolved = item(Event.RESOLVED, at=at.astimezone(zone), since=since.astimezone(zone))
        assert headline(resolved).endswith(f"for {span(at - since)}")


@around_each_change
def test_a_day_counts_once_in_what_is_usual(zone: ZoneInfo, change: datetime) -> None:
    asked: dict[str, Any] = {"runs": 28, "minimum": 2, "deviations": 5.0, "least_deviation": 1.0}
    points = [
        ((at - timedelta(days=days)).astimezone(zone), float(days))
        for days in (3, 2, 1)
        for at in minutes(change)
    ]
    for at in minutes(change):
        judged = at.astimezone(zone)
        found = usual_of(Past(judged, {WHOLE: points}, zone), WHOLE, **asked)
        assert isinstance(found, Usual)
        days = {point.date() for point, _ in points if point.date() < judged.date()}
        assert found.runs == len(days)


@around_each_change
def test_the_site_keeps_each_run_and_the_latest_one(zone: ZoneInfo, change: datetime) -> None:
    records = []
    for at in minutes(change):
        stamp = RunStamp(f"run-{at:%H%M}", "c", "local", at.astimezone(zone), at, 1)
        found = outcome("m", Status.PASS, at.astimezone(zone))
        records.append(Record(stamp, found, ended_at=at))
    cache = with_records(HistoryCache(target="local"), records)
    assert [row.at for row in cache.monitors["m"].rows] == list(minutes(change))
    assert [run.as_of for run in cache.runs] == list(minutes(change))
    latest = cache.monitors["m"].latest
    assert latest is not None
    assert in_utc(latest.run.as_of) == change + 120 * MINUTE


def _compiled() -> CompiledModel:
    return CompiledModel("m", "select 1", (), (), (), ())


def _answer() -> QueryResult:
    return QueryResult((), (), "j", 0.0)
