"""The bot: roots and threads, attempts that break off, and who acknowledged."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import replace

import pytest

from plumbline.alerts.channels.message import Item
from plumbline.alerts.channels.slack.channel import MOST_ROOTS, SlackBot
from plumbline.core.alert_line import Event
from plumbline.net.receipt import DeliveryStatus, Receipt
from plumbline.net.secret import Secret
from support.fake_receivers import FakeReceiver, Reply
from support.fake_slack import (
    CHANNEL,
    TOKEN,
    Behaviour,
    Cut,
    FakeSlack,
    Fault,
    Lie,
    Ok,
    Stall,
    Status,
)
from support.slack_messages import grading, line_coverage, message

LINES = line_coverage()


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    with FakeSlack() as running:
        yield running


@pytest.fixture
def bot(slack: FakeSlack) -> SlackBot:
    return SlackBot("slack", Secret(TOKEN), "#data-quality", base_url=slack.url)


def tell(
    bot: SlackBot, *items: Item, references: Mapping[str, Mapping[str, str]] | None = None
) -> Receipt:
    return bot.deliver(message(*items, references=references or {}), timeout_seconds=5)


def later(event: Event, number: int = 2, **changes: object) -> Item:
    return line_coverage(event, event_id=f"{LINES.incident}-{number:04d}-{event}", **changes)


def methods(slack: FakeSlack) -> list[str]:
    return [request.method for request in slack.requests]


def test_an_opening_is_the_root_of_its_incident(slack: FakeSlack, bot: SlackBot) -> None:
    receipt = tell(bot, LINES)

    assert receipt.verdict is DeliveryStatus.DELIVERED
    (body,) = slack.messages
    assert body["channel"] == "#data-quality"
    assert "thread_ts" not in body
    reference = receipt.references[LINES.incident]
    assert reference["channel"] == CHANNEL
    assert slack.shown(reference["ts"])["text"].startswith("CRITICAL line_coverage")


def test_each_incident_has_a_root_of_its_own(slack: FakeSlack, bot: SlackBot) -> None:
    receipt = tell(bot, LINES, grading())

    assert [body["text"].split(":")[0] for body in slack.messages] == [
        "CRITICAL line_coverage",
        "CRITICAL grading_completeness",
    ]
    assert len({reference["ts"] for reference in receipt.references.values()}) == 2


@pytest.mark.parametrize(
    ("event", "aloud"),
    [
        (Event.CHANGED, False),
        (Event.DOWNGRADED, False),
        (Event.REMINDED, False),
        (Event.ESCALATED, True),
        (Event.RESOLVED, True),
        (Event.EXPIRED, True),
        (Event.FLAPPING, True),
    ],
)
def test_news_go_into_the_thread_and_to_phones_where_they_must(
    slack: FakeSlack, bot: SlackBot, event: Event, aloud: bool
) -> None:
    opened = tell(bot, LINES)
    root = opened.references[LINES.incident]["ts"]

    receipt = tell(bot, later(event), references=opened.references)

    assert receipt.verdict is DeliveryStatus.DELIVERED
    reply = slack.messages[-1]
    assert reply["thread_ts"] == root
    assert reply.get("reply_broadcast", False) is aloud
    assert receipt.references[LINES.incident]["ts"] == root


GREEN = "#1a7f37"


def test_the_root_shows_how_things_stand(slack: FakeSlack, bot: SlackBot) -> None:
    opened = tell(bot, LINES)
    tell(bot, later(Event.RESOLVED, observed=85.1), references=opened.references)

    root = opened.references[LINES.incident]["ts"]
    assert slack.shown(root)["text"].startswith("RESOLVED line_coverage: 85.1 %")
    assert [bar["color"] for bar in slack.shown(root)["attachments"]] == [GREEN]


def test_what_reaches_a_phone_comes_before_the_edit(slack: FakeSlack, bot: SlackBot) -> None:
    opened = tell(bot, LINES)
    tell(bot, later(Event.ESCALATED), grading(), references=opened.references)

    assert methods(slack)[1:] == ["chat.postMessage", "chat.postMessage", "chat.update"]


def test_a_storm_is_one_message(slack: FakeSlack, bot: SlackBot) -> None:
    items = [replace(LINES, incident=f"i-{n}", event_id=f"i-{n}-0001-opened") for n in range(12)]
    receipt = tell(bot, *items)

    assert len(slack.messages) == 1
    assert len(receipt.references) == 12
    # Its root is of many: the news of one go into the thread, and the root stays.
    news = replace(later(Event.RESOLVED), incident="i-3", event_id="i-3-0002-resolved")
    tell(bot, news, references=receipt.references)
    assert methods(slack) == ["chat.postMessage", "chat.postMessage"]
    assert slack.messages[-1]["thread_ts"] == receipt.references["i-3"]["ts"]


def test_as_many_as_five_openings_are_told_one_by_one(slack: FakeSlack, bot: SlackBot) -> None:
    items = [
        replace(LINES, incident=f"i-{n}", event_id=f"i-{n}-0001-opened") for n in range(MOST_ROOTS)
    ]
    tell(bot, *items)

    assert len(slack.messages) == MOST_ROOTS


@pytest.mark.parametrize("broken_by", [Status(503), Fault("ratelimited"), Cut(after_taking=False)])
def test_an_attempt_goes_on_where_the_one_before_broke_off(
    slack: FakeSlack, bot: SlackBot, broken_by: Behaviour
) -> None:
    slack.next(Ok(), broken_by)
    first = tell(bot, LINES, grading())
    assert first.verdict is DeliveryStatus.RETRY
    assert list(first.references) == [LINES.incident]

    second = tell(bot, LINES, grading(), references=first.references)

    assert second.verdict is DeliveryStatus.DELIVERED
    told = [body["text"].split(":")[0] for body in slack.messages]
    assert told == ["CRITICAL line_coverage", "CRITICAL grading_completeness"]


def test_an_edit_that_failed_is_made_up_without_a_second_reply(
    slack: FakeSlack, bot: SlackBot
) -> None:
    opened = tell(bot, LINES)
    slack.next(Ok(), Status(500))
    news = later(Event.ESCALATED)
    first = tell(bot, news, references=opened.references)
    assert first.verdict is DeliveryStatus.RETRY

    second = tell(bot, news, references=first.references)

    assert second.verdict is DeliveryStatus.DELIVERED
    assert methods(slack) == [
        "chat.postMessage", "chat.postMessage", "chat.update", "chat.update"
    ]  # fmt: skip


def test_an_edit_that_is_refused_is_noted_and_people_were_told(
    slack: FakeSlack, bot: SlackBot
) -> None:
    opened = tell(bot, LINES)
    slack.next(Ok(), Fault("edit_window_closed"))

    receipt = tell(bot, later(Event.ESCALATED), references=opened.references)

    assert receipt.verdict is DeliveryStatus.DELIVERED
    assert "edit_window_closed" in receipt.detail


def test_a_late_message_does_not_set_the_root_back(slack: FakeSlack, bot: SlackBot) -> None:
    opened = tell(bot, LINES)
    resolved = tell(bot, later(Event.RESOLVED, 3), references=opened.references)

    tell(bot, later(Event.ESCALATED, 2), references=resolved.references)

    root = opened.references[LINES.incident]["ts"]
    assert slack.shown(root)["text"].startswith("RESOLVED")


def test_a_root_that_is_gone_is_written_anew(slack: FakeSlack, bot: SlackBot) -> None:
    opened = tell(bot, LINES)
    slack.next(Fault("thread_not_found"))

    receipt = tell(bot, later(Event.RESOLVED), references=opened.references)

    assert receipt.verdict is DeliveryStatus.DELIVERED
    before, after = opened.references[LINES.incident], receipt.references[LINES.incident]
    assert before["ts"] != after["ts"]
    assert "thread_ts" not in slack.messages[-1]


def test_another_channel_begins_with_a_root_of_its_own(slack: FakeSlack, bot: SlackBot) -> None:
    opened = tell(bot, LINES)
    moved = replace(bot, channel="#elsewhere")

    tell(moved, later(Event.RESOLVED), references=opened.references)

    assert "thread_ts" not in slack.messages[-1]
    assert slack.messages[-1]["channel"] == "#elsewhere"


@pytest.mark.parametrize(
    ("behaviour", "verdict", "said"),
    [
        (Fault("ratelimited", {"Retry-After": "9"}), DeliveryStatus.RETRY, "ratelimited"),
        (Fault("internal_error"), DeliveryStatus.RETRY, "internal_error"),
        (Status(429, {"Retry-After": "9"}), DeliveryStatus.RETRY, "429"),
        (Status(502), DeliveryStatus.RETRY, "502"),
        (Cut(after_taking=False), DeliveryStatus.RETRY, "connection"),
        (Fault("invalid_auth"), DeliveryStatus.REFUSED, "invalid_auth"),
        (Fault("channel_not_found"), DeliveryStatus.REFUSED, "channel_not_found"),
        (Fault("not_in_channel"), DeliveryStatus.REFUSED, "not_in_channel"),
        (Fault("is_archived"), DeliveryStatus.REFUSED, "is_archived"),
        (Fault("account_inactive"), DeliveryStatus.REFUSED, "account_inactive"),
        (Fault("token_revoked"), DeliveryStatus.REFUSED, "token_revoked"),
        (Fault("<b>Not a code</b>"), DeliveryStatus.REFUSED, "without a name"),
        (Status(403), DeliveryStatus.REFUSED, "403"),
        (Lie(), DeliveryStatus.REFUSED, "not as Slack does"),
        (Lie("[]"), DeliveryStatus.REFUSED, "not as Slack does"),
    ],
)
def test_an_answer_has_its_verdict(
    slack: FakeSlack, bot: SlackBot, behaviour: Behaviour, verdict: DeliveryStatus, said: str
) -> None:
    slack.next(behaviour)

    receipt = tell(bot, LINES)

    assert receipt.verdict is verdict
    assert said in receipt.detail
    assert len(slack.requests) == 1
    assert receipt.references == {}
    if "Retry-After" in getattr(behaviour, "headers", {}):
        assert receipt.retry_after == 9


def test_a_storm_that_is_refused_is_refused_whole(slack: FakeSlack, bot: SlackBot) -> None:
    slack.next(Fault("is_archived"))
    items = [replace(LINES, incident=f"i-{n}", event_id=f"i-{n}-0001-opened") for n in range(12)]

    assert tell(bot, *items).verdict is DeliveryStatus.REFUSED
    assert len(slack.requests) == 1


@pytest.mark.parametrize("fault", ["invalid_blocks", "invalid_attachments", "msg_blocks_too_long"])
def test_blocks_that_slack_does_not_take_any_more_go_out_as_text(
    slack: FakeSlack, bot: SlackBot, fault: str
) -> None:
    slack.next(Fault(fault))

    assert tell(bot, LINES).verdict is DeliveryStatus.DELIVERED
    (body,) = slack.messages
    assert not {"blocks", "attachments"} & body.keys()
    assert body["text"].startswith("CRITICAL line_coverage: 44.2 %")
    assert "*Do:*\n```\ngcloud run services describe" in body["text"]


def test_an_api_address_that_is_no_url_is_refused(bot: SlackBot) -> None:
    assert tell(replace(bot, base_url="nowhere"), LINES).verdict is DeliveryStatus.REFUSED


def test_a_token_that_is_wrong_is_in_no_log_and_no_receipt(
    slack: FakeSlack, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    token = "xoxb-1111-very-secret"
    bot = SlackBot("slack", Secret(token), "#data-quality", base_url=slack.url)
    slack.next(Lie(f"who is {token}?"), Cut(after_taking=False))
    with caplog.at_level(logging.DEBUG):
        receipts = [tell(bot, LINES) for _ in range(3)]

    captured = capfd.readouterr()
    said = "\n".join([repr(receipts), repr(bot), caplog.text, captured.out, captured.err])
    assert token not in said
    assert receipts[2].detail == "chat.postMessage: invalid_auth"


# Acknowledgements


def test_whoever_reacted_acknowledged(slack: FakeSlack, bot: SlackBot) -> None:
    references = tell(bot, LINES, grading()).references
    slack.users = {"U1": "Kim"}
    slack.reactions[references[LINES.incident]["ts"]] = [
        {"name": "eyes::skin-tone-2", "users": ["U1"]},
        {"name": "white_check_mark", "users": ["U1", "U2"]},
        {"name": "tada", "users": ["U3"]},
    ]

    found = bot.acknowledgers(references, timeout_seconds=5)

    assert found == {LINES.incident: ("Kim", "U2")}


def test_which_emoji_acknowledge_can_be_chosen(slack: FakeSlack, bot: SlackBot) -> None:
    references = tell(bot, LINES).references
    ts = references[LINES.incident]["ts"]
    slack.reactions[ts] = [{"name": "hand", "users": ["U1"]}]

    assert bot.acknowledgers(references, timeout_seconds=5) == {}
    chosen = replace(bot, acknowledging=("hand",))
    assert chosen.acknowledgers(references, timeout_seconds=5) == {LINES.incident: ("U1",)}


@pytest.mark.parametrize(
    "behaviour",
    [
        Fault("missing_scope"),
        Fault("ratelimited"),
        Status(500),
        Cut(after_taking=False),
        Stall(30),
        Lie(),
        Lie('{"ok": true, "message": {"reactions": [1, {"name": "eyes", "users": 2}]}}'),
        Lie('{"ok": true, "message": []}'),
    ],
)
def test_reactions_that_cannot_be_read_acknowledge_nothing(
    slack: FakeSlack, bot: SlackBot, behaviour: Behaviour
) -> None:
    references = tell(bot, LINES).references
    slack.next(behaviour)

    assert bot.acknowledgers(references, timeout_seconds=0.5) == {}


def test_a_reference_without_a_message_is_not_asked_for(slack: FakeSlack, bot: SlackBot) -> None:
    assert bot.acknowledgers({"i": {"url": "x"}}, timeout_seconds=5) == {}
    assert slack.requests == []


@pytest.mark.parametrize("body", ["1", '"ok"', "[]", "true", "null"])
def test_an_answer_that_is_json_but_no_object_is_refused(body: str) -> None:
    with FakeReceiver() as receiver:
        receiver.answers(Reply(200, body))
        bot = SlackBot("c", Secret(TOKEN), CHANNEL, base_url=receiver.url)
        receipt = bot.deliver(message(LINES), timeout_seconds=5)
    assert receipt.verdict is DeliveryStatus.REFUSED
    assert "not as Slack does" in receipt.detail
