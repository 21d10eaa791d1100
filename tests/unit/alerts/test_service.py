"""A run's alerts: nothing is lost wherever a process dies, and nothing is told twice without need."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from plumbline.alerts.channels.wording import headline
from plumbline.alerts.report import AlertsReport
from plumbline.alerts.state import AlertState, StateFormatError
from plumbline.alerts.store import ConflictError, LocalFallback
from plumbline.core.errors import ConfigError, WarehouseError
from plumbline.core.mute import Mute
from plumbline.core.run import Run
from plumbline.core.status import Status
from plumbline.net.receipt import DeliveryStatus, Receipt
from support.alert_store import KilledError, MemoryStore, NoFallback
from support.alert_world import SIX_HOURS, START, SideBySide, World, facts, lines, outcome


@pytest.fixture
def world(tmp_path: Any) -> World:
    return World(tmp_path)


def test_a_failure_is_told_where_its_status_routes_it(world: World) -> None:
    report = world.run(START, outcome(Status.CRITICAL, START))
    assert lines(report) == [("opened", "slack-error", True)]
    assert world.phones["slack-error"].heard == [("a", "opened")]


def test_one_message_a_run_and_channel(world: World) -> None:
    world.run(
        START,
        outcome(Status.CRITICAL, START, "a"),
        outcome(Status.CRITICAL, START, "b"),
        outcome(Status.WARNING, START, "c"),
    )
    assert [len(phone.took) for phone in world.phones.values()] == [1, 1, 0]
    assert len(world.phones["slack-error"].took[0].items) == 2


def test_a_run_without_news_commits_but_tells_nobody(world: World) -> None:
    assert lines(world.run(START, outcome(Status.PASS, START))) == []
    assert world.heard == []
    assert world.warehouse.state.known.monitors["a"].as_of == START


def test_the_same_run_twice_commits_nothing(world: World) -> None:
    world.run(START, outcome(Status.CRITICAL, START))
    version = world.warehouse.state.version
    report = world.run(START, outcome(Status.CRITICAL, START))
    assert lines(report) == []
    assert world.warehouse.state.version == version
    assert world.heard == [("a", "opened")]


def test_an_end_is_told_where_the_opening_was(world: World) -> None:
    world.run(START, outcome(Status.WARNING, START))
    world.run(START + SIX_HOURS, outcome(Status.CRITICAL, START + SIX_HOURS))
    later = START + 2 * SIX_HOURS
    report = world.run(later, outcome(Status.PASS, later))
    assert sorted(lines(report)) == [
        ("resolved", "slack-error", True),
        ("resolved", "slack-warning", True),
    ]


def close(world: World, at: datetime) -> AlertsReport:
    run = Run("by-hand", "", "t", at, None)
    _, report = world.alert_service(at).close("a", by="ana", reason="feed retired", run=run)
    return report


def test_an_incident_that_is_closed_by_hand_ends_where_its_opening_was(world: World) -> None:
    world.run(START, outcome(Status.CRITICAL, START))
    assert lines(close(world, START + SIX_HOURS)) == [("closed", "slack-error", True)]
    item = world.phones["slack-error"].took[-1].items[0]
    assert (item.closed_by, item.close_reason) == ("ana", "feed retired")
    assert headline(item) == "CLOSED a: by ana: feed retired, was CRITICAL for 6 h"
    assert not world.warehouse.state.known.incidents[0].is_open


def test_what_still_fails_after_it_was_closed_opens_again(world: World) -> None:
    world.run(START, outcome(Status.CRITICAL, START))
    close(world, START + timedelta(hours=1))
    later = START + SIX_HOURS
    assert lines(world.run(later, outcome(Status.CRITICAL, later))) == [
        ("opened", "slack-error", True)
    ]


def test_an_incident_of_which_no_one_was_notified_is_closed_silently(world: World) -> None:
    world.mutes = (Mute("a", "ana", "x", START + timedelta(days=1)),)
    world.run(START, outcome(Status.CRITICAL, START))
    assert lines(close(world, START + SIX_HOURS)) == []
    assert world.warehouse.state.known.incidents[0].ending == "closed"


def test_an_incident_is_closed_once(world: World) -> None:
    world.run(START, outcome(Status.CRITICAL, START))
    close(world, START + SIX_HOURS)
    with pytest.raises(ConfigError):
        close(world, START + SIX_HOURS)


def test_a_channel_that_is_not_configured_is_a_line_at_each_run(tmp_path: Any) -> None:
    world = World(tmp_path, "slack-error")
    report = world.run(START, outcome(Status.CRITICAL, START))
    assert lines(report) == [("opened", "slack", True)]
    said = (
        "Channel slack-error is not configured (SLACK-ERROR is not set): its messages go to slack."
    )
    assert said in report.notes
    assert said in world.run(START + SIX_HOURS, outcome(Status.PASS, START + SIX_HOURS)).notes


def test_where_nobody_can_be_told_the_message_waits_and_that_is_said(tmp_path: Any) -> None:
    world = World(tmp_path, "slack-error", "slack-warning", "slack")
    report = world.run(START, outcome(Status.CRITICAL, START))
    assert lines(report) == [("opened", "slack-error", False)]
    assert report.waiting == 1
    assert any("could not be delivered yet" in note for note in report.notes)
    world.missing = ()
    flushed = world.alert_service(START + SIX_HOURS).flush()
    assert lines(flushed) == [("opened", "slack-error", True)]
    assert flushed.waiting == 0


def test_what_waits_goes_out_with_the_next_run_in_order(world: World) -> None:
    busy = Receipt(DeliveryStatus.RETRY, "503 from the receiver", 503, retry_after=3600)
    world.phones["slack-error"].answers = [busy]
    report = world.run(START, outcome(Status.CRITICAL, START))
    assert lines(report) == [("opened", "slack-error", False)]
    later = START + SIX_HOURS
    report = world.run(later, outcome(Status.PASS, later))
    assert lines(report) == [("resolved", "slack-error", True)]
    assert world.phones["slack-error"].heard == [("a", "opened"), ("a", "resolved")]
    assert "Delivered now: 1 message of earlier runs." in report.notes


def test_a_message_that_waits_is_left_to_whoever_comes_next(world: World) -> None:
    busy = Receipt(DeliveryStatus.RETRY, "503 from the receiver", 503, retry_after=3600)
    world.phones["slack-error"].answers = [busy]
    world.run(START, outcome(Status.CRITICAL, START))
    (pending,) = world.warehouse.state.outbox
    assert pending.claimed_by is None
    assert pending.attempts == 1
    assert world.warehouse.state.version == 2, "what was decided, and what came of it"


def test_what_is_refused_for_good_goes_to_the_fallback_and_that_is_said(world: World) -> None:
    world.phones["slack-error"].answers = [Receipt(DeliveryStatus.REFUSED, "404 no_service", 404)]
    report = world.run(START, outcome(Status.CRITICAL, START))
    assert sorted(lines(report)) == [("opened", "slack", True), ("opened", "slack-error", False)]
    assert report.waiting == 0
    assert "slack-error refused a message (404 no_service): it goes to slack." in report.notes
    (message,) = world.phones["slack"].took
    assert message.notes == ("slack-error refused this message: 404 no_service",)


def test_what_some_recipients_can_never_get_goes_to_the_fallback_too(world: World) -> None:
    missed = "smtp did not accept ana@example.com: 550 no such user"
    world.phones["slack-error"].answers = [
        Receipt(DeliveryStatus.DELIVERED, missed, 550, missed=missed)
    ]
    report = world.run(START, outcome(Status.CRITICAL, START))
    assert sorted(lines(report)) == [("opened", "slack", True), ("opened", "slack-error", True)]
    assert report.waiting == 0
    assert report.notes == (
        f"slack-error did not reach all its recipients ({missed}): the message goes to slack too.",
    )
    (copy,) = world.phones["slack"].took
    assert copy.notes == (f"slack-error did not reach all its recipients: {missed}",)


def test_a_fallback_that_refuses_too_keeps_the_message_waiting(world: World) -> None:
    never = Receipt(DeliveryStatus.REFUSED, "404", 404)
    world.phones["slack-error"].answers = [never]
    world.phones["slack"].answers = [never]
    assert world.run(START, outcome(Status.CRITICAL, START)).waiting == 1


def test_after_a_week_a_message_is_given_up_and_that_is_said(tmp_path: Any) -> None:
    world = World(tmp_path, "slack-error", "slack-warning", "slack")
    world.run(START, outcome(Status.CRITICAL, START))
    later = START + timedelta(days=8)
    report = world.alert_service(later).flush()
    assert report.waiting == 0
    assert any("were dropped" in note for note in report.notes)


def test_a_muted_monitor_is_held_back_and_the_run_says_so(world: World) -> None:
    world.mutes = (Mute("a", "ana", "backfill", START + SIX_HOURS),)
    report = world.run(START, outcome(Status.CRITICAL, START))
    assert lines(report) == [("suppressed", None, False)]
    later = START + 2 * SIX_HOURS
    assert lines(world.run(later, outcome(Status.CRITICAL, later))) == [
        ("opened", "slack-error", True)
    ]


def test_with_the_warehouse_down_an_error_is_told_once_and_not_at_each_run(world: World) -> None:
    class Down(MemoryStore):
        def load(self) -> Any:
            raise WarehouseError("BigQuery did not answer")

    def run(at: datetime) -> AlertsReport:
        alert_service = world.alert_service(at)
        alert_service.store = Down(world.warehouse)
        return alert_service.notify([outcome(Status.ERROR, at, reason="no answer")], facts(at))

    first = run(START)
    assert lines(first) == [("opened", "slack-error", True)]
    assert any("can't be reached" in note for note in first.notes)
    assert lines(run(START + SIX_HOURS)) == []


def test_a_state_that_cant_be_read_is_left_alone_and_people_are_told_all_the_same(
    world: World,
) -> None:
    class Newer(MemoryStore):
        def load(self) -> Any:
            raise StateFormatError("the state was written by a newer plumbline")

    alert_service = world.alert_service(START)
    alert_service.store = Newer(world.warehouse)  # type: ignore[assignment]
    report = alert_service.notify([outcome(Status.CRITICAL, START)], facts(START))
    assert lines(report) == [("opened", "slack-error", True)]
    assert any("written by a newer plumbline" in note for note in report.notes)
    assert world.warehouse.state.version == 0


def story(world: World, step: Callable[[str], None] = lambda _: None, *, dies_in: int = -1) -> None:
    """Four runs: it fails, worsens, another fails too, both recover; one of the runs may die."""
    at = START
    for number, found in enumerate(
        [
            {"a": Status.WARNING},
            {"a": Status.CRITICAL},
            {"a": Status.CRITICAL, "b": Status.CRITICAL},
            {"a": Status.PASS, "b": Status.PASS},
        ]
    ):
        outcomes = [outcome(status, at, monitor) for monitor, status in found.items()]
        dying = number == dies_in
        try:
            world.run(at, *outcomes, step=step if dying else lambda _: None)
        except KilledError:
            # What a job runner does: once more, a little later.
            again = at + timedelta(minutes=1)
            retried = [outcome(status, again, monitor) for monitor, status in found.items()]
            world.run(again, *retried)
        at += SIX_HOURS


def steps_of(world: World, number: int) -> list[str]:
    seen: list[str] = []
    story(world, seen.append, dies_in=number)
    return seen


def killed_at(place: int) -> Callable[[str], None]:
    left = [place]

    def step(_: str) -> None:
        if left[0] == 0:
            raise KilledError
        left[0] -= 1

    return step


def every_death(tmp_path: Any) -> Iterator[tuple[int, int, list[str]]]:
    """Which run dies, at which of its steps, and its steps up to there."""
    for number in range(4):
        steps = steps_of(World(tmp_path), number)
        for place in range(len(steps)):
            yield number, place, steps[: place + 1]


def answer_was_lost(steps: Sequence[str]) -> bool:
    """Whether a receiver took a message and nothing was committed after it."""
    since_commit = [name for name in steps if name in ("after delivery", "after commit")]
    return bool(since_commit) and since_commit[-1] == "after delivery"


def test_killed_at_any_step_of_any_run_no_alert_is_lost_or_told_twice_without_need(
    tmp_path: Any,
) -> None:
    whole = World(tmp_path)
    story(whole)
    expected = whole.heard
    deaths = 0
    for number, place, steps in every_death(tmp_path):
        world = World(tmp_path)
        story(world, killed_at(place), dies_in=number)
        deaths += 1
        where = f"run {number}, {steps}"
        assert set(world.heard) == set(expected), where
        twice = len(world.heard) - len(set(world.heard))
        allowed = len(expected) - len(set(expected))
        if answer_was_lost(steps):
            allowed += 3  # of one run, at most three incidents are told in two channels
        assert twice <= allowed, where
        assert world.warehouse.state.outbox == (), where
    assert deaths > 20


def test_killed_at_any_step_every_event_gets_into_its_table(tmp_path: Any) -> None:
    for number, place, steps in every_death(tmp_path):
        world = World(tmp_path)
        story(world, killed_at(place), dies_in=number)
        events = {event for event in world.warehouse.projected if not event.startswith("m-")}
        sequences = sorted(event.rsplit("-", 2)[1] for event in events if event.startswith("a-"))
        assert sequences == sorted(f"{n:04d}" for n in range(1, len(sequences) + 1)), (
            number,
            steps,
        )


def test_a_run_that_was_overtaken_decides_again_and_tells_nothing_twice(tmp_path: Any) -> None:
    world = World(tmp_path)
    overtaken: list[str] = []

    def another_run(name: str) -> None:
        if name == "before commit" and not overtaken:
            overtaken.append(name)
            World.run(world, START, outcome(Status.CRITICAL, START))

    at = START + timedelta(seconds=2)
    world.run(at, outcome(Status.CRITICAL, at), step=another_run)
    assert overtaken
    assert world.heard == [("a", "opened")]


def test_a_flush_that_was_overtaken_delivers_what_was_decided_here_all_the_same(
    world: World, tmp_path: Any
) -> None:
    class Down(MemoryStore):
        def load(self) -> Any:
            raise WarehouseError("BigQuery did not answer")

    world.fallback = LocalFallback(tmp_path / "alerts.json")  # type: ignore[assignment]
    without = world.alert_service(START)
    without.store = Down(world.warehouse)  # type: ignore[assignment]
    busy = Receipt(DeliveryStatus.RETRY, "503", 503, retry_after=3600)
    world.phones["slack-error"].answers = [busy]
    without.notify([outcome(Status.CRITICAL, START)], facts(START))
    assert world.heard == []
    overtaken: list[str] = []

    def another_machine(name: str) -> None:
        if name == "before commit" and not overtaken:
            overtaken.append(name)
            world.fallback = NoFallback()
            World.run(world, START, outcome(Status.WARNING, START, "b"))

    flushed = world.alert_service(START + SIX_HOURS, another_machine).flush()
    assert overtaken
    assert flushed.waiting == 0
    assert sorted(world.heard) == [("a", "opened"), ("b", "opened")]


def test_what_a_living_run_is_delivering_another_leaves_alone(tmp_path: Any) -> None:
    pair = SideBySide(tmp_path)
    phone = pair.world.phones["slack-error"]

    def second_comes_in(name: str) -> None:
        if name == "before delivery" and not seen:
            seen.append(name)
            at = START + timedelta(seconds=1)
            pair.second.sleep = lambda _: pair.world.warehouse.__setattr__("state", settled())
            pair.second.notify([outcome(Status.CRITICAL, at)], facts(at, "second"))

    def settled() -> Any:
        return replace(pair.world.warehouse.state, outbox=())

    seen: list[str] = []
    phone.step = second_comes_in
    pair.first.notify([outcome(Status.CRITICAL, START)], facts(START, "first"))
    assert seen
    assert phone.heard == [("a", "opened")]


def test_what_a_run_that_died_had_claimed_is_delivered_once_its_claim_has_lapsed(
    tmp_path: Any,
) -> None:
    pair = SideBySide(tmp_path)
    phone = pair.world.phones["slack-error"]

    def die(_: str) -> None:
        phone.step = lambda _: None
        raise KilledError

    phone.step = die
    with pytest.raises(KilledError):
        pair.first.notify([outcome(Status.CRITICAL, START)], facts(START, "first"))
    assert phone.heard == []
    flushed = pair.second.flush()
    assert phone.heard == [("a", "opened")]
    assert flushed.waiting == 0
    assert pair.now - START >= timedelta(seconds=90), "only when it can't be alive any more"


class Unreadable(MemoryStore):
    """Of which another run makes every commit conflict, and which can't be read again then."""

    conflicts_from = 1

    def commit(self, state: AlertState, *, based_on: AlertState) -> AlertState:
        self.commits = getattr(self, "commits", 0) + 1
        if self.commits > self.conflicts_from:
            raise ConflictError
        return super().commit(state, based_on=based_on)

    def load(self) -> AlertState:
        if getattr(self, "commits", 0) > self.conflicts_from:
            raise WarehouseError("it doesn't answer", reason="unreachable")
        return super().load()


def test_what_was_told_is_reported_though_the_state_cant_be_read_again(world: World) -> None:
    alert_service = world.alert_service(START)
    alert_service.store = Unreadable(world.warehouse)  # type: ignore[assignment]
    report = alert_service.notify([outcome(Status.CRITICAL, START)], facts(START))
    assert world.heard == [("a", "opened")]
    assert lines(report) == [("opened", "slack-error", True)]
    assert [note for note in report.notes if "could not be read again: it doesn't" in note]
    assert [note for note in report.notes if "it may be sent twice" in note]


def test_a_run_that_waits_for_another_and_cant_look_ends_and_says_so(tmp_path: Any) -> None:
    pair = SideBySide(tmp_path)
    phone = pair.world.phones["slack-error"]
    seen: list[AlertsReport] = []

    def second_comes_in(name: str) -> None:
        if name == "before delivery" and not seen:
            phone.step = lambda _: None
            at = START + timedelta(seconds=1)
            # It commits once, what it decided, and can't look again from then on.
            pair.second.store = Blind(pair.world.warehouse, takes_turns=False)  # type: ignore[assignment]
            seen.append(pair.second.notify([outcome(Status.CRITICAL, at)], facts(at, "second")))

    phone.step = second_comes_in
    pair.first.notify([outcome(Status.CRITICAL, START)], facts(START, "first"))
    assert [note for note in seen[0].notes if "could not be read again" in note]


class Blind(MemoryStore):
    """Can be read until a first commit."""

    def commit(self, state: AlertState, *, based_on: AlertState) -> AlertState:
        self.committed = True
        return super().commit(state, based_on=based_on)

    def load(self) -> AlertState:
        if getattr(self, "committed", False):
            raise WarehouseError("it doesn't answer", reason="unreachable")
        return super().load()
