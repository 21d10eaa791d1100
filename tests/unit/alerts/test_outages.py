"""A channel that fails for hours or days: the fallback is notified too, and no message is lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from plumbline.core.status import Status
from plumbline.net.receipt import DeliveryStatus, Receipt
from support.alert_world import SIX_HOURS, START, World, lines, outcome

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
WEEK = timedelta(days=7)
BROKEN = Receipt(DeliveryStatus.REFUSED, "404 no_service", 404)


def busy(retry_after: float | None = None) -> Receipt:
    return Receipt(DeliveryStatus.RETRY, "503 from the receiver", 503, retry_after=retry_after)


@pytest.fixture
def world(tmp_path: Any) -> World:
    return World(tmp_path)


def fails(world: World, at: Any) -> Any:
    return world.run(at, outcome(Status.CRITICAL, at))


def passes(world: World, at: Any) -> Any:
    return world.run(at, outcome(Status.PASS, at))


@pytest.mark.parametrize(
    ("answer", "later", "expected"),
    [
        (busy(), timedelta(minutes=59), []),
        (busy(), HOUR, [("a", "opened")]),
        (busy(retry_after=600), 3 * DAY, [("a", "opened")]),
        (Receipt(DeliveryStatus.RETRY, "no answer in time"), SIX_HOURS, [("a", "opened")]),
        (busy(retry_after=24 * 3600), SIX_HOURS, [("a", "opened")]),
    ],
)
def test_after_an_hour_the_fallback_is_notified_too(
    world: World, answer: Receipt, later: timedelta, expected: list[tuple[str, str]]
) -> None:
    world.phones["slack-error"].always = answer
    fails(world, START)
    world.alert_service(START + later).flush()

    assert world.phones["slack"].heard == expected


def test_a_channel_that_asks_for_more_than_an_hour_is_backed_up_in_the_same_run(
    world: World,
) -> None:
    world.phones["slack-error"].always = busy(retry_after=3601)
    report = fails(world, START)

    assert sorted(lines(report)) == [("opened", "slack", True), ("opened", "slack-error", False)]


def test_the_copy_says_since_when_the_channel_has_failed(world: World) -> None:
    world.phones["slack-error"].always = busy()
    fails(world, START)
    fails(world, START + SIX_HOURS)

    (message,) = world.phones["slack"].took
    assert message.notes == (
        "Channel slack-error has failed since 2 Feb 12:00 UTC: 503 from the receiver",
    )


def test_a_message_is_copied_once_and_delivered_when_the_channel_is_back(world: World) -> None:
    world.phones["slack-error"].always = busy()
    for hours in range(0, 24, 6):
        fails(world, START + timedelta(hours=hours))
    assert world.phones["slack"].heard == [("a", "opened")]

    world.phones["slack-error"].always = None
    fails(world, START + timedelta(hours=19))

    assert world.phones["slack-error"].heard == [("a", "opened")]
    assert world.phones["slack"].heard == [("a", "opened")]
    assert world.warehouse.state.outbox == ()


def test_a_channel_that_is_back_has_an_hour_again(world: World) -> None:
    world.phones["slack-error"].answers = [busy(retry_after=60)]
    fails(world, START)
    world.alert_service(START + HOUR / 2).flush()
    world.phones["slack-error"].always = busy(retry_after=60)
    later = START + 5 * HOUR
    world.run(later, outcome(Status.CRITICAL, later, "b"))

    assert world.phones["slack"].heard == []


def test_an_end_goes_to_the_failing_channel_and_to_the_fallback_that_heard_the_opening(
    world: World,
) -> None:
    world.phones["slack-error"].always = busy()
    fails(world, START)
    fails(world, START + SIX_HOURS)
    passes(world, START + 2 * SIX_HOURS)
    assert world.phones["slack"].heard == [("a", "opened"), ("a", "resolved")]

    world.phones["slack-error"].always = None
    world.alert_service(START + DAY).flush()

    assert world.phones["slack-error"].heard == [("a", "opened"), ("a", "resolved")]
    assert world.phones["slack"].heard == [("a", "opened"), ("a", "resolved")]


def test_a_flush_can_force_the_fallback(world: World) -> None:
    world.phones["slack-error"].always = busy(retry_after=1800)
    fails(world, START)
    assert world.phones["slack"].heard == []

    report = world.alert_service(START + timedelta(minutes=1)).flush(force=True)

    assert sorted(lines(report)) == [("opened", "slack", True), ("opened", "slack-error", False)]


def test_a_forced_flush_tries_a_channel_that_asked_to_wait(world: World) -> None:
    world.phones["slack-error"].answers = [busy(retry_after=1800)]
    fails(world, START)

    report = world.alert_service(START + timedelta(minutes=1)).flush(force=True)

    assert lines(report) == [("opened", "slack-error", True)]
    assert world.phones["slack"].heard == []


def test_without_a_fallback_the_message_waits(world: World) -> None:
    world.missing = ("slack",)
    world.phones["slack-error"].always = busy()
    fails(world, START)

    assert fails(world, START + SIX_HOURS).waiting == 1


def test_an_opening_that_was_refused_ends_on_both_channels(world: World) -> None:
    world.phones["slack-error"].answers = [BROKEN]
    fails(world, START)
    passes(world, START + SIX_HOURS)

    assert world.phones["slack"].heard == [("a", "opened"), ("a", "resolved")]
    assert world.phones["slack-error"].heard == [("a", "resolved")]


def test_an_opening_whose_channel_lost_its_variable_ends_on_both_channels(world: World) -> None:
    world.phones["slack-error"].answers = [busy(retry_after=60)]
    fails(world, START)
    world.missing = ("slack-error",)
    world.alert_service(START + HOUR / 2).flush()
    world.missing = ()
    passes(world, START + SIX_HOURS)

    assert world.phones["slack"].heard == [("a", "opened"), ("a", "resolved")]
    assert world.phones["slack-error"].heard == [("a", "resolved")]


def test_an_end_that_both_get_is_sent_to_the_fallback_once(world: World) -> None:
    world.phones["slack-error"].always = BROKEN
    fails(world, START)
    report = passes(world, START + SIX_HOURS)

    assert world.phones["slack"].heard == [("a", "opened"), ("a", "resolved")]
    assert report.waiting == 0


def test_only_what_the_fallback_has_not_heard_is_diverted(world: World) -> None:
    world.phones["slack-error"].always = BROKEN
    fails(world, START)
    later = START + SIX_HOURS
    world.run(later, outcome(Status.PASS, later), outcome(Status.CRITICAL, later, "b"))

    assert sorted(world.phones["slack"].heard) == [
        ("a", "opened"),
        ("a", "resolved"),
        ("b", "opened"),
    ]


def test_a_diverted_message_continues_the_thread_of_its_channel(world: World) -> None:
    world.phones["slack-error"].always = BROKEN
    thread = {"ts": "1.2"}
    fails(world, START)
    state = world.warehouse.state
    (incident,) = state.known.incidents
    incident = replace(incident, references={"slack": thread})
    world.warehouse.state = replace(state, known=replace(state.known, incidents=(incident,)))
    later = START + SIX_HOURS
    escalated = START + 2 * SIX_HOURS
    world.run(later, outcome(Status.WARNING, later))
    world.run(escalated, outcome(Status.CRITICAL, escalated))

    assert world.phones["slack"].took[-1].references == {incident.id: thread}


def test_a_weekly_run_tries_again_what_one_short_outage_held_back(world: World) -> None:
    fails(world, START)
    world.phones["slack-error"].answers = [busy(retry_after=60)]
    passes(world, START + WEEK)
    passes(world, START + 2 * WEEK)

    assert world.phones["slack-error"].heard == [("a", "opened"), ("a", "resolved")]


def test_a_message_is_given_up_after_a_week_and_three_rounds(world: World) -> None:
    world.missing = ("slack",)
    world.phones["slack-error"].always = busy(retry_after=60)
    waiting = [fails(world, START + number * WEEK).waiting for number in range(2)]
    last = world.alert_service(START + 2 * WEEK).flush()

    # The reminder of the second week waits behind it.
    assert [*waiting, last.waiting] == [1, 2, 1]
    assert any("were dropped" in note for note in last.notes)


def test_what_waits_behind_a_message_that_is_given_up_is_tried_itself(world: World) -> None:
    world.missing = ("slack",)
    world.phones["slack-error"].always = busy(retry_after=60)
    for number in range(3):
        at = START + number * WEEK
        world.run(at, outcome(Status.CRITICAL, at, f"m{number}"))
    world.phones["slack-error"].always = None
    world.alert_service(START + 3 * WEEK).flush()

    assert world.phones["slack-error"].heard == [("m1", "opened"), ("m2", "opened")]


def test_a_message_that_is_given_up_is_in_the_history(world: World) -> None:
    world.missing = ("slack",)
    world.phones["slack-error"].always = busy(retry_after=60)
    fails(world, START)
    for number in (1, 2):
        world.alert_service(START + number * WEEK).flush()

    dropped = [event for event in world.warehouse.projected if event.endswith("-dropped")]
    assert len(dropped) == 1


def test_the_report_holds_what_was_decided_while_a_channel_is_held_back(world: World) -> None:
    world.phones["slack-error"].always = busy(retry_after=1800)
    fails(world, START)
    report = world.run(
        START + timedelta(minutes=10), outcome(Status.PASS, START + timedelta(minutes=10))
    )

    assert lines(report) == [("resolved", "slack-error", False)]
    assert report.lines[0].why
