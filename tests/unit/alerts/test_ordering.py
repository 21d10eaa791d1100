"""Two runs on a warehouse without turns (BigQuery): nothing overtakes, nothing is sent twice."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from plumbline.alerts.channels.message import Message
from plumbline.alerts.state import AlertState
from plumbline.alerts.store import LocalFallback
from plumbline.core.errors import WarehouseError
from plumbline.core.status import Status
from plumbline.net.receipt import DeliveryStatus, Receipt
from support.alert_store import KilledError, MemoryStore
from support.alert_world import SIX_HOURS, START, Phone, SideBySide, facts, outcome

LATER = START + SIX_HOURS
TOLD = [("a", "opened"), ("a", "resolved")]


def die(_: str) -> None:
    raise KilledError


def opens(pair: SideBySide) -> Any:
    return pair.first.notify([outcome(Status.CRITICAL, START)], facts(START, "first"))


def ends(pair: SideBySide) -> Any:
    return pair.second.notify([outcome(Status.PASS, LATER)], facts(LATER, "second"))


def once(phone: Phone, action: Callable[[], object]) -> None:
    """Do something right before the first message is sent."""

    def step(name: str) -> None:
        phone.step = lambda _: None
        action()

    phone.step = step


def dies(pair: SideBySide) -> None:
    phone = pair.world.phones["slack-error"]
    phone.step = die
    with pytest.raises(KilledError):
        opens(pair)
    phone.step = lambda _: None


def test_an_end_waits_for_the_opening_of_a_run_that_died(tmp_path: Any) -> None:
    pair = SideBySide(tmp_path)
    dies(pair)

    report = ends(pair)

    assert pair.world.phones["slack-error"].heard == TOLD
    assert report.waiting == 0


def test_an_end_waits_while_a_living_run_tries_to_send_the_opening(tmp_path: Any) -> None:
    pair = SideBySide(tmp_path)
    phone = pair.world.phones["slack-error"]
    pair.second.sleep = lambda _: (_ for _ in ()).throw(KilledError)
    seen: list[list[tuple[str, str]]] = []

    def second_comes_in() -> None:
        with pytest.raises(KilledError):
            ends(pair)
        seen.append(phone.heard)

    once(phone, second_comes_in)
    opens(pair)

    assert seen == [[]], "the end was not sent before the opening"
    pair.sleep(90)
    pair.second.sleep = pair.sleep
    pair.second.flush()
    assert phone.heard == TOLD


def test_an_end_waits_behind_an_opening_whose_receiver_answers_503(tmp_path: Any) -> None:
    pair = SideBySide(tmp_path)
    phone = pair.world.phones["slack-error"]
    phone.answers = [Receipt(DeliveryStatus.RETRY, "503", 503, retry_after=20)]
    opens(pair)
    assert phone.heard == []

    pair.sleep(10)
    report = ends(pair)
    assert (phone.heard, report.waiting) == ([], 2), "it asked us to wait for 20 s"

    pair.sleep(60)
    assert pair.second.flush().waiting == 0
    assert phone.heard == TOLD


def test_the_claims_of_one_channel_do_not_hold_another(tmp_path: Any) -> None:
    pair = SideBySide(tmp_path)
    dies(pair)
    warnings = pair.world.phones["slack-warning"]

    pair.second.notify([outcome(Status.WARNING, LATER, "b")], facts(LATER, "second"))

    assert warnings.heard == [("b", "opened")]


def test_a_run_that_was_paused_after_its_commit_does_not_send_what_another_has_sent(
    tmp_path: Any,
) -> None:
    pair = SideBySide(tmp_path)
    phone = pair.world.phones["slack-error"]
    paused: list[str] = []

    def pause(state: Any, **more: Any) -> Any:
        committed = commit(state, **more)
        if not paused:
            paused.append("once")
            pair.sleep(91)
            ends(pair)
        return committed

    commit = pair.first.store.commit
    pair.first.store.commit = pause  # type: ignore[method-assign]
    report = opens(pair)

    assert paused
    assert phone.heard == TOLD, "and nothing after the end"
    assert report.waiting == 0


def test_a_run_that_was_paused_between_two_attempts_does_not_send_again(tmp_path: Any) -> None:
    pair = SideBySide(tmp_path)
    phone = pair.world.phones["slack-error"]
    phone.answers = [Receipt(DeliveryStatus.RETRY, "503", 503)]
    paused: list[float] = []

    def pause(seconds: float) -> None:
        if not paused:
            paused.append(seconds)
            pair.sleep(91)
            ends(pair)

    pair.first.sleep = pause
    pair.first.bound_seconds = 60
    opens(pair)

    assert paused
    assert phone.heard == TOLD


def test_a_run_that_was_paused_and_is_alone_claims_again_and_sends(tmp_path: Any) -> None:
    pair = SideBySide(tmp_path)
    phone = pair.world.phones["slack-error"]
    paused: list[str] = []

    def pause(state: Any, **more: Any) -> Any:
        committed = commit(state, **more)
        if not paused:
            paused.append("once")
            pair.sleep(3600)
        return committed

    commit = pair.first.store.commit
    pair.first.store.commit = pause  # type: ignore[method-assign]

    assert opens(pair).waiting == 0
    assert phone.heard == [("a", "opened")]


def test_a_clock_that_leaps_at_each_look_does_not_keep_a_run_from_ending(tmp_path: Any) -> None:
    pair = SideBySide(tmp_path)

    def leap() -> Any:
        pair.sleep(100)
        return pair.now

    pair.first.clock = leap

    assert opens(pair).waiting == 1


def test_an_attempt_takes_no_longer_than_the_claim(tmp_path: Any) -> None:
    pair = SideBySide(tmp_path)
    timeouts: list[float] = []

    class Watched(Phone):
        def deliver(self, message: Message, *, timeout_seconds: float) -> Receipt:
            timeouts.append(timeout_seconds)
            return super().deliver(message, timeout_seconds=timeout_seconds)

    phone = Watched("slack-error")
    phone.answers = [Receipt(DeliveryStatus.RETRY, "503", 503)]
    pair.world.phones["slack-error"] = phone
    service = pair.service("first")
    service.bound_seconds = 600
    service.sleep = lambda _: pair.sleep(85)

    service.notify([outcome(Status.CRITICAL, START)], facts(START, "first"))

    assert timeouts == [10.0, pytest.approx(5.0, abs=1.0)]


def test_a_run_that_was_paused_in_its_turn_learns_what_another_sent_without_the_warehouse(
    tmp_path: Path,
) -> None:
    """The other one waited for its turn in vain, and went on from the file on this machine."""

    class Locked(MemoryStore):
        def exclusively(self, progress: Callable[[str], None]) -> Any:
            raise WarehouseError("another run has locked the state of alerts for 180 s")

    pair = SideBySide(tmp_path)
    pair.first.store = MemoryStore(pair.world.warehouse)  # type: ignore[assignment]
    pair.second.store = Locked(pair.world.warehouse)  # type: ignore[assignment]
    pair.second.fallback = LocalFallback(tmp_path / "alerts.json")
    paused: list[str] = []

    class Pausing(LocalFallback):
        def synced(self, state: AlertState) -> None:
            super().synced(state)
            if not paused:
                paused.append("once")
                pair.sleep(300)
                ends(pair)

    pair.first.fallback = Pausing(tmp_path / "alerts.json")
    opens(pair)

    assert paused
    assert pair.world.phones["slack-error"].heard == TOLD
