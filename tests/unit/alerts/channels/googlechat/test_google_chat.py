"""Google Chat: a card per message, in the thread of its incident, within 32,000 bytes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from plumbline.alerts.channels.googlechat.channel import GoogleChatChannel
from plumbline.alerts.channels.googlechat.rendering import MOST_BYTES
from plumbline.alerts.channels.message import GroupLine, Message
from plumbline.core.alert_line import Event
from plumbline.core.status import Status
from plumbline.net.receipt import DeliveryStatus, Receipt
from plumbline.net.secret import Secret
from support.channel_messages import AT, hostile_item, hostile_message, item, message
from support.fake_google_chat import FakeGoogleChat
from support.fake_receivers import Reply


@pytest.fixture
def chat() -> Iterator[FakeGoogleChat]:
    with FakeGoogleChat() as server:
        yield server


def send(chat: FakeGoogleChat, sent: Message) -> Receipt:
    channel = GoogleChatChannel("chat", Secret(chat.webhook), clock=lambda: AT)
    return channel.deliver(sent, timeout_seconds=5)


def test_a_message_is_a_card_with_the_headline_first(chat: FakeGoogleChat) -> None:
    groups = (GroupLine("east & west", Status.CRITICAL, 20.0, unit="%"),)
    receipt = send(chat, message(item(groups=groups)))

    assert receipt == Receipt(DeliveryStatus.DELIVERED, "127.0.0.1 answered 200", 200)
    (text,) = chat.texts
    assert text.startswith(
        "CRITICAL line_coverage: 44.2 % (critical if mean of coverage_pct &lt; 50 %), since"
    )
    assert "east &amp; west: 20 %" in text
    assert "line_coverage-1a2b3c4d" in text, "so that a duplicate can be recognised"
    assert chat.messages[0]["text"].startswith("CRITICAL line_coverage")


def test_an_incident_is_a_thread(chat: FakeGoogleChat) -> None:
    send(chat, message())
    send(chat, message(item(Event.RESOLVED)))
    assert chat.threads == {"line_coverage-1a2b3c4d": 2}


def test_links_are_buttons(chat: FakeGoogleChat) -> None:
    send(chat, message(item(runbook="https://docs.example/runbook", docs_url="javascript:x")))
    assert '"openLink":{"url":"https://docs.example/runbook"}' in chat.requests[0].body.decode()
    assert '{"url":"javascript' not in chat.requests[0].body.decode()


def test_a_sample_and_a_late_message_say_so(chat: FakeGoogleChat) -> None:
    send(chat, message(is_sample=True, created_at=AT - timedelta(hours=2)))
    (text,) = chat.texts
    assert text.startswith("SAMPLE: this is a test of the channel")
    assert "Sent 2 h late" in text


@pytest.mark.parametrize(
    "sent",
    [
        hostile_message(),
        message(*(hostile_item(number) for number in range(60))),
        message(item(monitor="<users/all>")),
        message(item(expectations=("𝕏" * 5_000,) * 10, notes=("𝕏" * 5_000,) * 3)),
        message(*(item(incident=f"i{number}") for number in range(200))),
    ],
)
def test_whatever_the_data_the_card_is_accepted(chat: FakeGoogleChat, sent: Message) -> None:
    receipt = send(chat, sent)
    assert receipt.verdict is DeliveryStatus.DELIVERED, receipt
    assert len(chat.requests[0].body) <= MOST_BYTES
    assert len(chat.texts[0].splitlines()) > 2


@pytest.mark.parametrize(
    ("reply", "verdict"),
    [
        (Reply(429, {"error": {"status": "RESOURCE_EXHAUSTED"}}), DeliveryStatus.RETRY),
        (Reply(503), DeliveryStatus.RETRY),
        (Reply(how="cut"), DeliveryStatus.RETRY),
        (Reply(400), DeliveryStatus.REFUSED),
        (Reply(403), DeliveryStatus.REFUSED),
        (Reply(404), DeliveryStatus.REFUSED),
    ],
)
def test_what_google_chat_answers_is_understood(
    chat: FakeGoogleChat, reply: Reply, verdict: DeliveryStatus
) -> None:
    chat.next = [reply]
    assert send(chat, message()).verdict is verdict
