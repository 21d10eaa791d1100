"""Microsoft Teams: an adaptive card per message, within 28 KB, without Markdown from data."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from plumbline.alerts.channels.message import GroupLine
from plumbline.alerts.channels.teams.channel import TeamsChannel
from plumbline.alerts.channels.teams.rendering import MOST_BYTES, encoded
from plumbline.core.alert_line import Event
from plumbline.core.status import Status
from plumbline.net.receipt import DeliveryStatus, Receipt
from plumbline.net.secret import Secret
from support.channel_messages import AT, hostile_item, hostile_message, item, message
from support.fake_receivers import Reply
from support.fake_teams import FakeTeams
from support.sockets import refused_port


@pytest.fixture
def teams() -> Iterator[FakeTeams]:
    with FakeTeams() as server:
        yield server


def send(teams: FakeTeams, *items: object, **other: object) -> Receipt:
    channel = TeamsChannel("teams", Secret(teams.webhook), clock=lambda: AT)
    return channel.deliver(message(*items, **other), timeout_seconds=5)  # type: ignore[arg-type]


def test_a_message_is_a_card_with_the_headline_first(teams: FakeTeams) -> None:
    groups = (GroupLine("east", Status.CRITICAL, 20.0, unit="%"),)
    receipt = send(teams, item(groups=groups, action="run the backfill"))

    assert receipt == Receipt(DeliveryStatus.DELIVERED, "127.0.0.1 answered 202", 202)
    (text,) = teams.texts
    assert text.startswith(
        "CRITICAL line_coverage: 44.2 % (critical if mean of coverage_pct < 50 %), since 3 Feb"
    )
    assert "east: 20 %" in text
    assert "do: run the backfill" in text
    assert "line_coverage-1a2b3c4d" in text, "so that a duplicate can be recognised"


@pytest.mark.parametrize(
    ("event", "status", "style"),
    [
        (Event.OPENED, Status.CRITICAL, "attention"),
        (Event.OPENED, Status.WARNING, "warning"),
        (Event.OPENED, Status.ERROR, "accent"),
        (Event.RESOLVED, Status.CRITICAL, "good"),
    ],
)
def test_a_status_has_a_colour(teams: FakeTeams, event: Event, status: Status, style: str) -> None:
    send(teams, item(event, status=status))
    (card,) = teams.cards
    assert [part["style"] for part in card["body"] if part["type"] == "Container"] == [style]


def test_links_are_buttons(teams: FakeTeams) -> None:
    send(teams, item(runbook="https://docs.example/runbook", docs_url="javascript:alert(1)"))
    (card,) = teams.cards
    (container,) = [part for part in card["body"] if part["type"] == "Container"]
    assert container["items"][-1] == {
        "type": "ActionSet",
        "actions": [
            {"type": "Action.OpenUrl", "title": "Runbook", "url": "https://docs.example/runbook"}
        ],
    }


def test_a_sample_and_a_late_message_say_so(teams: FakeTeams) -> None:
    send(teams, is_sample=True, created_at=AT - timedelta(hours=2))
    (text,) = teams.texts
    assert text.startswith("SAMPLE: this is a test of the channel")
    assert "Sent 2 h late" in text


@pytest.mark.parametrize(
    "sent",
    [
        hostile_message(),
        message(*(hostile_item(number) for number in range(60))),
        message(item(expectations=("𝕏" * 5_000,) * 10, notes=("𝕏" * 5_000,) * 3)),
        message(*(item(incident=f"i{number}") for number in range(200))),
    ],
)
def test_whatever_the_data_the_card_is_accepted(teams: FakeTeams, sent: object) -> None:
    channel = TeamsChannel("teams", Secret(teams.webhook))
    receipt = channel.deliver(sent, timeout_seconds=5)  # type: ignore[arg-type]
    assert receipt.verdict is DeliveryStatus.DELIVERED, receipt
    assert len(teams.requests[0].body) <= MOST_BYTES
    assert any(part["type"] == "Container" for part in teams.cards[0]["body"])


def test_items_without_room_are_counted() -> None:
    sent = message(*(item(incident=f"i{number}", notes=("x" * 500,)) for number in range(60)))
    assert b"more" in encoded(sent)


@pytest.mark.parametrize(
    ("reply", "verdict", "wait"),
    [
        (Reply(200, "1"), DeliveryStatus.DELIVERED, None),
        (Reply(429, headers={"Retry-After": "7"}), DeliveryStatus.RETRY, 7.0),
        (Reply(502), DeliveryStatus.RETRY, None),
        (Reply(how="cut"), DeliveryStatus.RETRY, None),
        (Reply(400), DeliveryStatus.REFUSED, None),
        (Reply(401), DeliveryStatus.REFUSED, None),
        (Reply(404), DeliveryStatus.REFUSED, None),
        (Reply(413), DeliveryStatus.REFUSED, None),
        (
            Reply(
                200,
                "Webhook message delivery failed with error: Microsoft Teams endpoint returned "
                "HTTP error 429 with ContextId tcid=0",
            ),
            DeliveryStatus.RETRY,
            None,
        ),
        (
            Reply(200, "Webhook message delivery failed with error: ... HTTP error 413 with ..."),
            DeliveryStatus.REFUSED,
            None,
        ),
    ],
)
def test_what_teams_answers_is_understood(
    teams: FakeTeams, reply: Reply, verdict: DeliveryStatus, wait: float | None
) -> None:
    teams.next = [reply]
    receipt = send(teams)
    assert (receipt.verdict, receipt.retry_after) == (verdict, wait)


def test_a_workflow_that_is_gone_is_named(teams: FakeTeams) -> None:
    teams.next = [Reply(404)]
    assert send(teams).detail.endswith("; the workflow was deleted or is turned off")


def test_a_server_that_is_not_there_is_tried_again() -> None:
    channel = TeamsChannel("teams", Secret(f"http://127.0.0.1:{refused_port()}/x"))
    assert channel.deliver(message(), timeout_seconds=5).verdict is DeliveryStatus.RETRY
