"""The incoming webhook: what each answer means, and what is never said."""

from __future__ import annotations

import http.server
import logging
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from plumbline.alerts.channels.slack.channel import SlackWebhook
from plumbline.net.receipt import DeliveryStatus
from plumbline.net.secret import Secret
from support.fake_slack import WEBHOOK_PATH, Behaviour, Cut, FakeSlack, Lie, Stall, Status
from support.slack_messages import line_coverage, message

TOLD = message(line_coverage())
SECRET = WEBHOOK_PATH.rsplit("/", 1)[-1]


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    with FakeSlack() as running:
        yield running


def webhook(url: str) -> SlackWebhook:
    return SlackWebhook("slack", Secret(url, name="SLACK_WEBHOOK_URL"))


def test_a_message_is_one_request(slack: FakeSlack) -> None:
    receipt = webhook(slack.webhook_url).deliver(TOLD, timeout_seconds=5)

    assert receipt.verdict is DeliveryStatus.DELIVERED
    (body,) = slack.messages
    assert body["text"].startswith("CRITICAL line_coverage: 44.2 %")
    assert len(slack.requests) == 1


@pytest.mark.parametrize(
    ("behaviour", "verdict"),
    [
        (Status(500), DeliveryStatus.RETRY),
        (Status(503), DeliveryStatus.RETRY),
        (Status(429, {"Retry-After": "7"}), DeliveryStatus.RETRY),
        (Cut(after_taking=False), DeliveryStatus.RETRY),
        (Cut(after_taking=True), DeliveryStatus.RETRY),
        (Status(400, body="invalid_payload"), DeliveryStatus.REFUSED),
        (Status(401), DeliveryStatus.REFUSED),
        (Status(403, body="invalid_token"), DeliveryStatus.REFUSED),
        (Status(404, body="no_service"), DeliveryStatus.REFUSED),
        (Status(410, body="channel_is_archived"), DeliveryStatus.REFUSED),
        (Status(301, {"Location": "https://elsewhere.example/"}), DeliveryStatus.REFUSED),
        (Lie(), DeliveryStatus.REFUSED),
        (Lie(""), DeliveryStatus.DELIVERED),
        (Lie('{"ok": true}'), DeliveryStatus.DELIVERED),
        (Lie('{"success": true}'), DeliveryStatus.DELIVERED),
    ],
)
def test_an_answer_has_its_verdict(
    slack: FakeSlack, behaviour: Behaviour, verdict: DeliveryStatus
) -> None:
    slack.next(behaviour)

    receipt = webhook(slack.webhook_url).deliver(TOLD, timeout_seconds=5)

    assert receipt.verdict is verdict
    assert receipt.detail
    assert len(slack.requests) == 1  # one attempt: the SDK does not try again by itself
    assert SECRET not in repr(receipt)


def test_slack_says_how_long_to_wait(slack: FakeSlack) -> None:
    slack.next(Status(429, {"Retry-After": "7"}))

    assert webhook(slack.webhook_url).deliver(TOLD, timeout_seconds=5).retry_after == 7


def test_an_answer_that_is_not_slacks_is_named(slack: FakeSlack) -> None:
    slack.next(Lie())

    detail = webhook(slack.webhook_url).deliver(TOLD, timeout_seconds=5).detail
    assert "not with Slack's ok" in detail
    assert "sign in" in detail


def test_an_attempt_ends_in_its_time(slack: FakeSlack) -> None:
    slack.next(Stall(30))
    started = time.monotonic()

    receipt = webhook(slack.webhook_url).deliver(TOLD, timeout_seconds=0.3)

    assert receipt.verdict is DeliveryStatus.RETRY
    assert time.monotonic() - started < 5


def test_nobody_listening_is_tried_again() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}{WEBHOOK_PATH}"
        receipt = webhook(url).deliver(TOLD, timeout_seconds=5)

    assert receipt.verdict is DeliveryStatus.RETRY
    assert SECRET not in receipt.detail


@pytest.mark.parametrize("url", ["no url at all", "ftp://127.0.0.1/services/x", "http://[::1"])
def test_what_is_no_url_is_refused(url: str) -> None:
    receipt = webhook(url).deliver(TOLD, timeout_seconds=5)

    assert receipt.verdict is DeliveryStatus.REFUSED
    assert url not in receipt.detail


def test_blocks_that_slack_does_not_take_any_more_go_out_as_text(slack: FakeSlack) -> None:
    slack.next(Status(400, body="invalid_blocks"))

    receipt = webhook(slack.webhook_url).deliver(TOLD, timeout_seconds=5)

    assert receipt.verdict is DeliveryStatus.DELIVERED
    (body,) = slack.messages
    assert list(body) == ["text"]


def test_a_redirect_is_not_followed(slack: FakeSlack) -> None:
    with FakeSlack() as elsewhere:
        slack.next(Status(302, {"Location": elsewhere.webhook_url}))
        receipt = webhook(slack.webhook_url).deliver(TOLD, timeout_seconds=5)

        assert receipt.verdict is DeliveryStatus.REFUSED
        assert elsewhere.requests == []


def test_no_proxy_stands_between_us_and_this_machine(
    slack: FakeSlack, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = threading.Event()

    class Proxy(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.set()
            self.send_error(502)

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.setenv(name, f"http://user:hidden@127.0.0.1:{server.server_address[1]}")
    try:
        receipt = webhook(slack.webhook_url).deliver(TOLD, timeout_seconds=5)
    finally:
        server.shutdown()
        server.server_close()

    assert receipt.verdict is DeliveryStatus.DELIVERED
    assert not asked.is_set()


@pytest.mark.parametrize(
    "behaviour", [Status(500, body=WEBHOOK_PATH), Cut(after_taking=False), Lie(WEBHOOK_PATH)]
)
def test_the_url_is_in_no_log_and_no_receipt(
    slack: FakeSlack,
    behaviour: Behaviour,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://user:proxy-password@127.0.0.1:9")
    channel = webhook(slack.webhook_url)
    slack.next(behaviour)
    with caplog.at_level(logging.DEBUG):
        receipt = channel.deliver(TOLD, timeout_seconds=5)

    captured = capfd.readouterr()
    said = "\n".join([repr(receipt), repr(channel), caplog.text, captured.out, captured.err])
    assert SECRET not in said
    assert "proxy-password" not in said
