"""Webhooks: the object, its key, its signature."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import datetime

from plumbline.alerts.channels.message import GroupLine
from plumbline.alerts.channels.webhook.channel import WebhookChannel
from plumbline.alerts.channels.webhook.rendering import LONGEST_TEXT, body, payload
from plumbline.core.status import Status
from plumbline.net.receipt import DeliveryStatus
from plumbline.net.secret import Secret
from support.channel_messages import hostile_message, item, message
from support.fake_receivers import FakeReceiver, Reply
from support.pages import Page

KEY = Secret("signing-key-1234", name="KEY")


def channel(receiver: FakeReceiver, key: Secret | None = None) -> WebhookChannel:
    return WebhookChannel("hook", Secret(receiver.url + "/hooks/secretpath"), signing_key=key)


def test_a_message_is_one_object(receiver: FakeReceiver) -> None:
    receipt = channel(receiver).deliver(message(item(), item()), timeout_seconds=5)
    assert receipt.verdict is DeliveryStatus.DELIVERED
    (request,) = receiver.requests
    assert (request.method, request.path) == ("POST", "/hooks/secretpath")
    assert request.headers["content-type"] == "application/json"
    assert request.headers["idempotency-key"] == "m-0123456789abcdef"
    assert "x-plumbline-signature-256" not in request.headers
    found = request.json()
    assert (found["schema_version"], found["id"], len(found["items"])) == (
        1,
        "m-0123456789abcdef",
        2,
    )


def test_the_docs_show_every_key() -> None:
    (shown,) = Page("docs/channels.md").blocks("json")
    group = GroupLine(
        *("2026-02-02", Status.CRITICAL),
        observed=44.2,
        numerator=53.0,
        denominator=120.0,
        threshold=50.0,
        unit="%",
        is_new=True,
    )
    assert json.loads(shown.text) == payload(message(item(groups=(group,))))


def test_an_item_has_what_a_machine_needs() -> None:
    (found,) = payload(message())["items"]
    assert (found["event"], found["status"], found["observed"]) == ("opened", "CRITICAL", 44.2)
    assert found["incident"] == "line_coverage-1a2b3c4d"
    assert datetime.fromisoformat(found["since"]).tzinfo is not None
    assert found["text"].startswith("CRITICAL line_coverage: 44.2 %")


def test_the_groups_that_recovered_are_under_the_key_of_schema_version_1() -> None:
    (written,) = payload(message(item(recovered=("2026-01-31",))))["items"]

    assert written["mended"] == ["2026-01-31"]
    assert "recovered" not in written


def test_the_same_message_is_the_same_bytes() -> None:
    assert body(message()) == body(message())


def test_a_sample_says_so() -> None:
    found = payload(message(is_sample=True))
    assert (found["is_sample"], found["text"].startswith("SAMPLE ")) == (True, True)


def test_a_signature_is_the_hmac_of_the_body(receiver: FakeReceiver) -> None:
    channel(receiver, KEY).deliver(message(), timeout_seconds=5)
    (request,) = receiver.requests
    expected = hmac.new(b"signing-key-1234", request.body, hashlib.sha256).hexdigest()
    assert request.headers["x-plumbline-signature-256"] == f"sha256={expected}"


def test_hostile_data_is_still_one_json_object_of_bounded_texts(receiver: FakeReceiver) -> None:
    channel(receiver).deliver(hostile_message(2), timeout_seconds=20)
    text = receiver.requests[0].body.decode("ascii")
    assert "NaN" not in text

    def texts(value: object) -> list[str]:
        if isinstance(value, dict):
            return [t for part in value.values() for t in texts(part)]
        if isinstance(value, list):
            return [t for part in value for t in texts(part)]
        return [value] if isinstance(value, str) else []

    found = texts(json.loads(text))
    assert max(map(len, found)) == LONGEST_TEXT
    assert "".join(found).encode()  # no lone surrogate is left


def test_neither_receipt_nor_repr_shows_the_address(receiver: FakeReceiver) -> None:
    receiver.answers(Reply(403, "no /hooks/secretpath, signing-key-1234"))
    hook = channel(receiver, KEY)
    receipt = hook.deliver(message(), timeout_seconds=5)
    assert receipt.verdict is DeliveryStatus.REFUSED
    shown = repr(receipt) + repr(hook) + str(vars(hook))
    assert "secretpath" not in shown
    assert "signing-key" not in shown
