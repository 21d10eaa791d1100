"""What the watchdog makes of heartbeats: a table of what may go wrong, and of what may not cry."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from plumbline.core.status import Status
from plumbline.history.heartbeat_rows import FAILED, Heartbeat
from plumbline.schedule.watchdog_check import LOOK_BACK, first_read
from plumbline.schedule.watchdog_rules import Kind, Seen, judge_rest, judge_schedule, unreadable
from unit.schedule.conftest import SPRING, schedule, window

DUE = datetime(2026, 2, 2, 14, tzinfo=UTC)
"""06:00 in Los Angeles."""
NEXT = DUE + timedelta(hours=6)
MINUTE = timedelta(minutes=1)


def beats(
    at: datetime = DUE,
    *,
    run: str = "r",
    seconds: float | None = 30.0,
    schedule: str | None = "health_check",
    **changes: object,
) -> list[Heartbeat]:
    """A run's two rows; without ``seconds``, it has not finished."""
    started = Heartbeat(run, "started", at, "health_check", "bigquery", schedule)
    if "due_at" in changes:
        started = replace(started, due_at=changes.pop("due_at"))
    if seconds is None:
        return [started]
    finished = replace(
        started,
        kind="finished",
        beat_at=at + timedelta(seconds=seconds),
        monitors=5,
        checked=5,
        evaluated=11,
        status="OK",
        exit_code=0,
        seconds=seconds,
        waiting=0,
    )
    return [started, replace(finished, **changes)]


def kinds(found: list[Heartbeat], now: datetime) -> list[str]:
    return [str(one.kind) for one in judge_schedule(schedule(), Seen(now, found))]


def before(count: int, seconds: float = 30.0) -> list[Heartbeat]:
    """Runs on the days before."""
    return [
        beat
        for back in range(count, 0, -1)
        for beat in beats(DUE - timedelta(hours=6 * back), run=f"before{back}", seconds=seconds)
    ]


CASES: dict[str, tuple[list[Heartbeat], datetime, list[str]]] = {
    "it came in time": (beats(), DUE + 11 * MINUTE, []),
    "it is due, and its deadline is not over: the one before counts": (before(1), DUE + 9 * MINUTE, []),
    "it did not come": (before(1), DUE + 11 * MINUTE, ["missing"]),
    "none ever came": ([], DUE + 11 * MINUTE, ["missing"]),
    "it runs within its deadline": (before(1) + beats(seconds=None), DUE + 9 * MINUTE, []),
    "it began and did not finish": (beats(seconds=None), DUE + 11 * MINUTE, ["hung"]),
    "it finished, but late": (beats(seconds=900), DUE + 20 * MINUTE, ["late"]),
    "a run by hand says nothing of a scheduler that names its schedule": (
        before(1) + beats(run="hand", schedule=None), DUE + 11 * MINUTE, ["missing"]),
    "a run of a clock that is ahead is not the one that was due": (
        before(1) + beats(DUE + timedelta(days=60), run="ahead"), DUE + 11 * MINUTE, ["missing"]),
    "an action of it raised": (
        beats(action_errors="action 'alerts' failed: ValueError: no"), DUE + 11 * MINUTE, ["action failed"]),
    "it finished exactly at its deadline": (beats(seconds=600), DUE + 20 * MINUTE, []),
    "it began a moment early: clocks differ": (beats(DUE - MINUTE), DUE + 11 * MINUTE, []),
    "only the end is known, the start was not recorded": (beats()[1:], DUE + 11 * MINUTE, []),
    "a run without a schedule's name counts for its checkpoint": (
        beats(schedule=None), DUE + 11 * MINUTE, [],
    ),
    "a run of another schedule does not": (beats(schedule="other"), DUE + 11 * MINUTE, ["missing"]),
    "it was killed, and tried again with success": (
        beats(seconds=None) + beats(DUE + 2 * MINUTE, run="again"), DUE + 11 * MINUTE, [],
    ),
    "a missed one was caught up hours later": (
        beats(DUE + timedelta(hours=2), due_at=DUE), DUE + timedelta(hours=3), ["late"],
    ),
    "the one before is no substitute for it": (before(3), DUE + 11 * MINUTE, ["missing"]),
    "every check failed": (beats(checked=0, evaluated=0, status="ERROR"), DUE + 11 * MINUTE, ["checked nothing"]),
    "nothing was expected that day": (beats(evaluated=0, status="SKIPPED"), DUE + 11 * MINUTE, []),
    "it found that data is wrong: that is its work": (beats(status="CRITICAL", exit_code=2), DUE + 11 * MINUTE, []),
    "it broke off": (beats(status=FAILED, exit_code=70), DUE + 11 * MINUTE, ["failed"]),
    "it was done in a moment, where others took long": (
        before(5) + beats(seconds=2.0), DUE + 11 * MINUTE, ["suspiciously quick"],
    ),
    "it was quick, but nobody knows yet what is usual": (before(4) + beats(seconds=2.0), DUE + 11 * MINUTE, []),
    "all are quick": (before(6, seconds=0.5) + beats(seconds=0.05), DUE + 11 * MINUTE, []),
    "it could not deliver": (beats(waiting=2), DUE + 11 * MINUTE, ["undelivered"]),
    "it began late, as GitHub's cron may, and its own deadline is not over": (
        beats(DUE + 20 * MINUTE, seconds=None), DUE + 21 * MINUTE, ["late"],
    ),
    "it began late, and hangs": (
        beats(DUE + 20 * MINUTE, seconds=None), DUE + 31 * MINUTE, ["hung"],
    ),
    "it is well, and says nothing of three monitors": (
        beats(checked=2, evaluated=4), DUE + 11 * MINUTE, ["checked nothing"],
    ),
    "a check that failed is told by the run itself": (
        beats(checked=4, evaluated=9, status="ERROR", exit_code=3), DUE + 11 * MINUTE, [],
    ),
    "late, and it checked nothing": (
        beats(seconds=900, evaluated=0, checked=0, status="ERROR"), DUE + 20 * MINUTE, ["late", "checked nothing"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("found", "now", "expected"), CASES.values(), ids=CASES)
def test_what_is_wrong_with_a_schedule(
    found: list[Heartbeat], now: datetime, expected: list[str]
) -> None:
    assert kinds(found, now) == expected


def test_the_day_on_which_an_hour_is_skipped_has_no_missing_run() -> None:
    first, last = SPRING
    dues = [first + timedelta(hours=hours) for hours in (0, 5, 11, 17)]
    found = [beat for index, due in enumerate(dues) for beat in beats(due, run=f"r{index}")]
    at = first + 12 * MINUTE
    while at < last:
        until = [beat for beat in found if beat.beat_at <= at]
        assert kinds(until, at) == [], at
        at += timedelta(minutes=30)


@pytest.mark.parametrize(
    ("hours", "expected"), [(2, []), (1, ["missing"])], ids=["in it", "at its end"]
)
def test_no_run_is_expected_in_a_maintenance_window(hours: int, expected: list[str]) -> None:
    held = schedule(maintenance=(window("0 5 * * *", hours),))
    found = judge_schedule(held, Seen(DUE + 11 * MINUTE, before(1)))
    assert [str(one.kind) for one in found] == expected


def test_a_finding_says_when_it_was_due_in_the_schedules_zone_and_what_to_do() -> None:
    (finding,) = judge_schedule(schedule(), Seen(DUE + 11 * MINUTE, before(1)))
    assert finding.what == (
        "the run of 2 Feb 06:00 PST is missing: the last run began 2 Feb 00:00 PST"
    )
    assert (finding.since, finding.status) == (DUE, Status.CRITICAL)
    assert "scheduler" in finding.fix


def test_messages_that_wait_for_an_hour_are_named_with_their_channel_and_why() -> None:
    waiting = [
        ("slack-error", DUE - timedelta(hours=2), "hooks.slack.com answered 404"),
        ("slack-error", DUE - MINUTE, ""),
    ]
    (finding,) = judge_rest(Seen(DUE, waiting=waiting))
    assert finding.kind is Kind.UNDELIVERED
    assert finding.what == "1 message waiting for slack-error (hooks.slack.com answered 404)"


def test_a_channel_that_reaches_nobody_is_critical() -> None:
    (finding,) = judge_rest(Seen(DUE, unconfigured={"slack-error": "X is not set"}))
    assert (finding.kind, finding.status) == (Kind.UNCONFIGURED, Status.CRITICAL)


@pytest.mark.parametrize(
    ("newest", "stale"),
    [(DUE, []), (DUE - timedelta(minutes=59), []), (DUE - timedelta(hours=2), ["stale"]), (None, ["stale"])],
)  # fmt: skip
def test_a_history_that_lags_behind_the_last_run_is_stale(
    newest: datetime | None, stale: list[str]
) -> None:
    found = list(judge_rest(Seen(NEXT, beats(), newest_outcome=newest)))
    assert [str(one.kind) for one in found] == stale


def test_a_run_of_a_checkpoint_without_the_alerts_action_leaves_no_history() -> None:
    found = [*beats(DUE - timedelta(hours=6), run="told"), *beats()]
    seen = Seen(NEXT, [replace(beat, checkpoint="quiet") for beat in found])
    assert list(judge_rest(replace(seen, recording=frozenset({"health_check"})))) == []


def test_a_state_of_alerts_that_cannot_be_read_is_an_error_and_no_silence() -> None:
    (finding,) = judge_rest(Seen(DUE, alerts_fault="it is not a snapshot of plumbline"))
    assert (finding.kind, finding.status) == (Kind.UNREADABLE, Status.ERROR)


def test_heartbeats_are_read_as_far_back_as_the_last_run_of_a_monthly_schedule() -> None:
    monthly = schedule("0 6 1 * *", deadline=timedelta(hours=1))
    first_of_month = datetime(2026, 2, 1, 14, tzinfo=UTC)
    assert first_read([monthly], first_of_month + timedelta(days=19)) < first_of_month
    assert first_read([schedule()], DUE) == DUE - LOOK_BACK


def test_without_any_run_nothing_is_said_of_the_history() -> None:
    assert list(judge_rest(Seen(DUE))) == []


def test_a_warehouse_that_cannot_be_read_is_an_error_and_no_silence() -> None:
    assert unreadable("it is down", DUE).status is Status.ERROR


@pytest.mark.parametrize(
    ("installed", "expected"),
    [
        pytest.param(DUE + 11 * MINUTE + timedelta(days=1), [], id="its time was long over"),
        pytest.param(DUE + timedelta(days=1), ["missing"], id="it was due that day"),
        pytest.param(None, ["missing"], id="not known"),
    ],
)
def test_a_schedule_that_never_ran_is_missing_from_its_first_due_time_on(
    installed: datetime | None, expected: list[str]
) -> None:
    seen = Seen(DUE + 11 * MINUTE, installed=installed)

    assert [str(one.kind) for one in judge_schedule(schedule(), seen)] == expected


def test_a_clock_that_is_ahead_is_named() -> None:
    seen = Seen(DUE, beats(DUE + timedelta(days=60)), newest_outcome=DUE)

    (found,) = judge_rest(seen)

    assert str(found.kind) == "clock ahead"
    assert "its clock is ahead" in found.what
