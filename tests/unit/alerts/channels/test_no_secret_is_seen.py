"""What each channel logs, returns and shows of itself, searched for its secret."""

from __future__ import annotations

import logging
from collections.abc import Callable

import pytest

from plumbline.alerts.channels.base import Channel
from plumbline.alerts.channels.github.channel import GitHubChannel
from plumbline.alerts.channels.googlechat.channel import GoogleChatChannel
from plumbline.alerts.channels.pagerduty.channel import PagerDutyChannel
from plumbline.alerts.channels.teams.channel import TeamsChannel
from plumbline.alerts.channels.webhook.channel import WebhookChannel
from plumbline.net.secret import Secret
from support.channel_messages import message
from support.fake_receivers import FakeReceiver, Reply

VALUE = "s3cretVALUE+/0123456789"
PATH = "/services/T00000000/s3cretPATH0123"

CHANNELS: dict[str, Callable[[str], Channel]] = {
    "webhook": lambda url: WebhookChannel("c", Secret(url + PATH), signing_key=Secret(VALUE)),
    "pagerduty": lambda url: PagerDutyChannel("c", Secret(VALUE), base_url=url),
    "teams": lambda url: TeamsChannel("c", Secret(f"{url}{PATH}?sig={VALUE}")),
    "googlechat": lambda url: GoogleChatChannel("c", Secret(f"{url}{PATH}?token={VALUE}")),
    "github": lambda url: GitHubChannel("c", "acme/data", Secret(VALUE), base_url=url),
}


@pytest.mark.parametrize("kind", CHANNELS)
@pytest.mark.parametrize(
    "reply",
    [
        Reply(200),
        Reply(302, headers={"Location": f"/x?{VALUE}"}),
        Reply(403, f"{VALUE} s3cretVALUE%2B%2F0123456789"),
        Reply(500, VALUE),
        Reply(how="cut"),
        Reply(how="garbage"),
        Reply(how="stall"),
    ],
    ids=lambda reply: f"{reply.status} {reply.how}",
)
def test_no_secret_is_seen(
    receiver: FakeReceiver, caplog: pytest.LogCaptureFixture, kind: str, reply: Reply
) -> None:
    caplog.set_level(logging.DEBUG)
    receiver.answers(reply)
    channel = CHANNELS[kind](receiver.url)
    receipt = channel.deliver(message(), timeout_seconds=0.5)
    assert receiver.requests
    logs = [str(vars(record)) for record in caplog.records]
    seen = "\n".join([repr(receipt), repr(channel), str(vars(channel)), *logs])
    for secret in ("s3cretVALUE", "s3cretPATH"):
        assert secret not in seen


def test_a_webhook_that_says_where_it_was_called_is_scrubbed(receiver: FakeReceiver) -> None:
    receiver.answers(Reply(404, f"nothing at {PATH}"))
    receipt = CHANNELS["webhook"](receiver.url).deliver(message(), timeout_seconds=5)
    assert receipt.detail == "127.0.0.1 answered 404: nothing at /***"


@pytest.mark.parametrize("kind", CHANNELS)
def test_every_channel_shows_why_it_is_notified_instead_of_another(
    receiver: FakeReceiver, kind: str
) -> None:
    note = "Channel pager has failed since 2 Feb 12:00 UTC"
    receiver.answers(Reply(200, []), Reply(202, {}))
    CHANNELS[kind](receiver.url).deliver(message(notes=(note,)), timeout_seconds=5)
    assert any(note.encode() in request.body for request in receiver.requests)
