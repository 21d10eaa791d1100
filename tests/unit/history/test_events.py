"""Rows of incidents and deliveries: what a decided change and a receipt become."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from plumbline.alerts.channels.message import Item, Message
from plumbline.alerts.incidents.model import Change, FailingGroup, Incident, Reason
from plumbline.alerts.rows import delivery_row, incident_row
from plumbline.core.alert_line import Event
from plumbline.core.status import Status
from plumbline.net.receipt import DeliveryStatus, Receipt

NOW = datetime(2026, 2, 3, 5, tzinfo=UTC)
INCIDENT = Incident(
    id="a-1",
    monitor="a",
    kind="data",
    status=Status.CRITICAL,
    worst=Status.CRITICAL,
    opened_at=NOW,
    last_seen=NOW,
    checkpoint="c",
    members=(FailingGroup('{"s":"é"}', "é", Status.CRITICAL, NOW, NOW, observed=0.5, unit="%"),),
    summary="half",
)


def change(**values: Any) -> Change:
    given: dict[str, Any] = {
        "event_id": "a-1-0002-escalated",
        "event": Event.ESCALATED,
        "reason": Reason.STATUS_ROSE,
        "incident": INCIDENT,
        "previous": replace(INCIDENT, status=Status.WARNING),
        "at": NOW,
        "notifies": True,
    }
    return Change(**(given | values))


def message(*incidents: str) -> Message:
    items = tuple(
        Item(
            incident=name,
            event_id=f"{name}-0001-opened",
            event=Event.OPENED,
            reason=Reason.FIRST_FAILURE,
            kind="data",
            monitor="a",
            status=Status.WARNING,
            since=NOW,
            at=NOW,
            summary="",
        )
        for name in incidents
    )
    return Message("m-1", "slack", "run", "c", "t", NOW, NOW, items)


def test_a_change_says_what_was_before_and_after_and_who_fails() -> None:
    row = incident_row(change(), run_id="run", checkpoint="c")

    assert (row.event_id, row.event, row.reason) == (
        "a-1-0002-escalated",
        "escalated",
        "status rose",
    )
    assert (row.previous_status, row.status, row.speaks) == ("WARNING", "CRITICAL", True)
    (member,) = json.loads(row.members)
    assert (member["key"], member["status"], member["observed"]) == ('{"s":"é"}', "CRITICAL", 0.5)


def test_an_opening_has_no_status_before() -> None:
    row = incident_row(change(previous=None), run_id=None, checkpoint=None)

    assert row.previous_status is None


def test_a_receipt_is_kept_with_the_incidents_of_its_message() -> None:
    receipt = Receipt(DeliveryStatus.RETRY, "try later", 503)

    row = delivery_row(message("a-1", "b-1", "a-1"), receipt, attempts=4, at=NOW)

    assert json.loads(row.incidents) == ["a-1", "b-1"]
    assert (row.verdict, row.status_code, row.detail, row.attempts) == (
        "retry",
        503,
        "try later",
        4,
    )


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        pytest.param(
            (DeliveryStatus.RETRY, 3), (DeliveryStatus.RETRY, 3), True, id="the same round"
        ),
        pytest.param(
            (DeliveryStatus.RETRY, 3), (DeliveryStatus.RETRY, 6), False, id="a later round"
        ),
        pytest.param(
            (DeliveryStatus.RETRY, 3), (DeliveryStatus.DELIVERED, 3), False, id="another answer"
        ),
    ],
)
def test_a_round_of_attempts_is_one_event(
    first: tuple[DeliveryStatus, int], second: tuple[DeliveryStatus, int], same: bool
) -> None:
    one, two = (
        delivery_row(message("a-1"), Receipt(verdict), attempts=attempts, at=NOW).event_id
        for verdict, attempts in (first, second)
    )

    assert (one == two) is same
