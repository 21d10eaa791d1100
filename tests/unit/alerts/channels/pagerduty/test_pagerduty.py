"""PagerDuty: an event for each incident, safe to repeat, within its limits."""

from __future__ import annotations

import pytest

from plumbline.alerts.channels.pagerduty.channel import PagerDutyChannel
from plumbline.alerts.channels.pagerduty.rendering import MOST_BYTES, dedup_key, encoded, event_of
from plumbline.core.alert_line import Event
from plumbline.core.status import Status
from plumbline.net.receipt import DeliveryStatus
from plumbline.net.secret import Secret
from support.channel_messages import hostile_message, item, message
from support.fake_receivers import FakeReceiver, Reply
from support.sockets import refused_port

KEY = Secret("R0UTINGKEY1234567890", name="PAGERDUTY_KEY")
ACCEPTED = Reply(202, {"status": "success"})


def channel(receiver: FakeReceiver) -> PagerDutyChannel:
    return PagerDutyChannel("pager", KEY, base_url=receiver.url + "/")


@pytest.mark.parametrize(
    ("event", "action"),
    [
        (Event.OPENED, "trigger"),
        (Event.CHANGED, "trigger"),
        (Event.ESCALATED, "trigger"),
        (Event.DOWNGRADED, "trigger"),
        (Event.FLAPPING, "trigger"),
        (Event.RESOLVED, "resolve"),
        (Event.EXPIRED, "resolve"),
    ],
)
def test_an_event_triggers_or_resolves_its_incident(
    receiver: FakeReceiver, event: Event, action: str
) -> None:
    receiver.answers(ACCEPTED)
    receipt = channel(receiver).deliver(message(item(event)), timeout_seconds=5)
    assert receipt.verdict is DeliveryStatus.DELIVERED
    (request,) = receiver.requests
    assert request.path == "/v2/enqueue"
    sent = request.json()
    assert (sent["event_action"], sent["dedup_key"]) == (action, "line_coverage-1a2b3c4d")
    assert sent["routing_key"] == KEY.reveal()


def test_a_reminder_is_delivered_by_pagerduty_itself(receiver: FakeReceiver) -> None:
    receipt = channel(receiver).deliver(message(item(Event.REMINDED)), timeout_seconds=5)
    assert (receipt.verdict, receiver.requests) == (DeliveryStatus.DELIVERED, [])


@pytest.mark.parametrize(
    ("status", "severity"),
    [(Status.CRITICAL, "critical"), (Status.ERROR, "error"), (Status.WARNING, "warning")],
)
def test_a_status_is_a_severity(status: Status, severity: str) -> None:
    event = event_of(item(status=status), message())
    assert event is not None
    assert event["payload"]["severity"] == severity


def test_a_sample_pages_as_information_and_says_so() -> None:
    event = event_of(item(), message(is_sample=True))
    assert event is not None
    assert event["payload"]["severity"] == "info"
    assert event["payload"]["summary"].startswith("SAMPLE CRITICAL line_coverage")


def test_only_web_addresses_are_links() -> None:
    event = event_of(item(runbook="javascript:alert(1)"), message())
    assert event is not None
    assert event["links"] == [{"href": "https://docs.example/line_coverage", "text": "Docs"}]
    bare = event_of(item(docs_url=None, runbook=None), message())
    assert bare is not None
    assert "links" not in bare


def test_hostile_data_stays_within_the_limits() -> None:
    hostile = hostile_message()
    event = event_of(hostile.items[0], hostile)
    assert event is not None
    assert len(encoded(event)) < MOST_BYTES
    assert len(event["payload"]["summary"]) <= 1024
    assert "\x00" not in str(event["payload"])
    assert "links" not in event


def test_a_long_incident_still_has_a_key_of_its_own() -> None:
    assert len(dedup_key("x" * 300)) <= 255
    assert dedup_key("x" * 300) != dedup_key("x" * 301)


def test_sixty_incidents_are_sixty_events(receiver: FakeReceiver) -> None:
    receiver.answers(ACCEPTED)
    receipt = channel(receiver).deliver(hostile_message(60), timeout_seconds=60)
    assert receipt.verdict is DeliveryStatus.DELIVERED
    assert len({request.json()["dedup_key"] for request in receiver.requests}) == 60


def test_a_limit_ends_the_attempt_and_says_when_to_come_back(receiver: FakeReceiver) -> None:
    receiver.answers(ACCEPTED, Reply(429, headers={"Retry-After": "9"}), ACCEPTED)
    three = message(item(), item(incident="b-1"), item(incident="c-1"))
    receipt = channel(receiver).deliver(three, timeout_seconds=5)
    assert (receipt.verdict, receipt.retry_after) == (DeliveryStatus.RETRY, 9.0)
    assert "1 of 3 went through" in receipt.detail
    assert len(receiver.requests) == 2


def test_one_refused_event_does_not_hold_back_the_others(receiver: FakeReceiver) -> None:
    receiver.answers(Reply(400, {"message": "invalid"}), ACCEPTED)
    receipt = channel(receiver).deliver(message(item(), item(incident="b-1")), timeout_seconds=5)
    assert receipt.verdict is DeliveryStatus.REFUSED
    assert "check the routing key" in receipt.detail
    assert len(receiver.requests) == 2


def test_an_answer_that_is_not_pagerdutys_is_not_believed(receiver: FakeReceiver) -> None:
    receiver.answers(Reply(200, "<html>please log in"))
    receipt = channel(receiver).deliver(message(), timeout_seconds=5)
    assert receipt.verdict is DeliveryStatus.RETRY


def test_nobody_there_may_work_later() -> None:
    pager = PagerDutyChannel("pager", KEY, base_url=f"http://127.0.0.1:{refused_port()}")
    assert pager.deliver(message(), timeout_seconds=5).verdict is DeliveryStatus.RETRY


def test_neither_receipt_nor_repr_shows_the_key(receiver: FakeReceiver) -> None:
    receiver.answers(Reply(400, f"bad key {KEY.reveal()}"))
    pager = channel(receiver)
    receipt = pager.deliver(message(), timeout_seconds=5)
    assert KEY.reveal() not in repr(receipt) + repr(pager) + str(vars(pager))
