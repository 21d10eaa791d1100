"""Delivery: in order, tried again within a bound, one channel never in another's way."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from plumbline.alerts.channels.message import Item, Message
from plumbline.alerts.incidents.model import Reason
from plumbline.alerts.outbox import deliver_all
from plumbline.core.alert_line import Event
from plumbline.core.status import Status
from plumbline.net.names import GIVEN_UP_SECONDS
from plumbline.net.receipt import UNRESOLVED, DeliveryStatus, Receipt

NOW = datetime(2026, 2, 2, 12, tzinfo=UTC)
DONE = Receipt(DeliveryStatus.DELIVERED, "ok", 200)
LATER = Receipt(DeliveryStatus.RETRY, "503", 503)
NEVER = Receipt(DeliveryStatus.REFUSED, "404", 404)


class Scripted:
    """A channel that answers what it was told to, and remembers what it was given."""

    def __init__(self, name: str, *answers: Receipt | Exception) -> None:
        self.name = name
        self.given: list[Message] = []
        self.timeouts: list[float] = []
        self._answers = itertools.chain(answers, itertools.repeat(answers[-1]))

    def deliver(self, message: Message, *, timeout_seconds: float) -> Receipt:
        self.given.append(message)
        self.timeouts.append(timeout_seconds)
        answer = next(self._answers)
        if isinstance(answer, Exception):
            raise answer
        return answer


def message(number: int, channel: str = "slack") -> Message:
    item = Item(
        incident=f"a-{number}",
        event_id=f"a-{number}-0001-opened",
        event=Event.OPENED,
        reason=Reason.FIRST_FAILURE,
        kind="data",
        monitor="a",
        status=Status.CRITICAL,
        since=NOW,
        at=NOW,
        summary="",
    )
    return Message(
        id=f"m-{channel}-{number}",
        channel=channel,
        run_id="run",
        checkpoint="health_check",
        target="local",
        as_of=NOW,
        created_at=NOW,
        items=(item,),
    )


@pytest.fixture
def slept() -> list[float]:
    return []


@pytest.fixture
def deliver(slept: list[float]) -> Callable[..., list[tuple[str, DeliveryStatus, int]]]:
    def run(
        *channels: Scripted, messages: list[Message], bound: float = 30
    ) -> list[tuple[str, DeliveryStatus, int]]:
        done = deliver_all(
            {channel.name: channel for channel in channels},
            messages,
            clock=lambda: NOW,
            bound_seconds=bound,
            sleep=slept.append,
        )
        return [(one.message.id, one.receipt.verdict, one.attempts) for one in done]

    return run


def test_nothing_to_deliver_is_nothing_done(deliver) -> None:
    assert deliver(Scripted("slack", DONE), messages=[]) == []


def test_what_is_taken_at_once_needs_one_attempt(deliver, slept) -> None:
    assert deliver(Scripted("slack", DONE), messages=[message(1)]) == [
        ("m-slack-1", DeliveryStatus.DELIVERED, 1)
    ]
    assert slept == []


def test_a_passing_fault_is_tried_again_with_a_pause(deliver, slept) -> None:
    channel = Scripted("slack", LATER, LATER, DONE)
    assert deliver(channel, messages=[message(1)]) == [("m-slack-1", DeliveryStatus.DELIVERED, 3)]
    assert len(slept) == 2


def test_the_pause_is_at_least_what_the_receiver_asked_for(deliver, slept) -> None:
    busy = Receipt(DeliveryStatus.RETRY, "429", 429, retry_after=9.0)
    deliver(Scripted("slack", busy, DONE), messages=[message(1)])
    assert slept[0] >= 9.0


def test_who_asks_for_more_time_than_the_run_has_is_left_for_the_next_run(deliver, slept) -> None:
    busy = Receipt(DeliveryStatus.RETRY, "429", 429, retry_after=3600.0)
    assert deliver(Scripted("slack", busy), messages=[message(1)]) == [
        ("m-slack-1", DeliveryStatus.RETRY, 1)
    ]
    assert slept == []


def test_a_refusal_is_not_tried_again_and_the_next_message_goes_out(deliver) -> None:
    channel = Scripted("slack", NEVER, DONE)
    assert deliver(channel, messages=[message(1), message(2)]) == [
        ("m-slack-1", DeliveryStatus.REFUSED, 1),
        ("m-slack-2", DeliveryStatus.DELIVERED, 1),
    ]


def test_behind_a_message_that_waits_the_later_ones_wait_in_line(deliver) -> None:
    channel = Scripted("slack", Receipt(DeliveryStatus.RETRY, "429", 429, retry_after=3600))
    assert deliver(channel, messages=[message(1), message(2)]) == [
        ("m-slack-1", DeliveryStatus.RETRY, 1),
        ("m-slack-2", DeliveryStatus.RETRY, 0),
    ]
    assert [given.id for given in channel.given] == ["m-slack-1"]


def test_a_channel_that_is_not_there_keeps_its_messages_waiting(deliver) -> None:
    assert deliver(messages=[message(1)]) == [("m-slack-1", DeliveryStatus.RETRY, 0)]


def test_a_fault_of_a_channel_itself_is_told_by_its_type_alone(deliver, slept) -> None:
    secret = "https://hooks.slack.com/services/T0/B0/secret"
    channel = Scripted("slack", RuntimeError(secret))
    done = deliver_all(
        {"slack": channel},
        [message(1)],
        clock=lambda: NOW,
        bound_seconds=1.0,
        sleep=slept.append,
    )
    assert "RuntimeError" in done[0].receipt.detail
    assert "secret" not in repr(done)


def test_an_attempt_gets_no_more_time_than_is_left(deliver) -> None:
    channel = Scripted("slack", DONE)
    deliver(channel, messages=[message(1)], bound=2.0)
    assert 0 < channel.timeouts[0] <= 2.0


def test_a_repetition_without_time_for_an_answer_is_left_for_the_next_run(deliver, slept) -> None:
    busy = Receipt(DeliveryStatus.RETRY, "429", 429, retry_after=9.0)
    assert deliver(Scripted("slack", busy), messages=[message(1)], bound=9.4) == [
        ("m-slack-1", DeliveryStatus.RETRY, 1)
    ]
    assert slept == []


def test_what_an_attempt_got_done_half_way_is_known_to_the_next(deliver) -> None:
    half = Receipt(DeliveryStatus.RETRY, "503", 503, references={"a-1": {"ts": "1.2"}})
    channel = Scripted("slack", half, DONE)
    deliver(channel, messages=[message(1)])
    assert channel.given[1].references == {"a-1": {"ts": "1.2"}}


def test_a_channel_that_stalls_does_not_hold_up_another() -> None:
    release = threading.Event()
    done_first = threading.Event()

    class Stalling(Scripted):
        def deliver(self, message: Message, *, timeout_seconds: float) -> Receipt:
            assert done_first.wait(20), "the other channel was not served meanwhile"
            release.set()
            return DONE

    class Quick(Scripted):
        def deliver(self, message: Message, *, timeout_seconds: float) -> Receipt:
            done_first.set()
            return DONE

    done = deliver_all(
        {"a": Stalling("a", DONE), "b": Quick("b", DONE)},
        [message(1, "a"), message(2, "b")],
        clock=lambda: NOW,
    )
    assert release.is_set()
    assert [one.message.id for one in done] == ["m-a-1", "m-b-2"], "in the order of the outbox"


def test_a_name_that_does_not_resolve_is_not_waited_for_as_long(
    deliver: Callable[..., list[tuple[str, DeliveryStatus, int]]], slept: list[float]
) -> None:
    unresolved = Receipt(DeliveryStatus.RETRY, f"hooks.example.com can't be reached: {UNRESOLVED}")
    ((_, verdict, attempts),) = deliver(Scripted("slack", unresolved), messages=[message(1)])
    assert verdict is DeliveryStatus.RETRY
    assert attempts > 1
    assert max(slept) < GIVEN_UP_SECONDS
