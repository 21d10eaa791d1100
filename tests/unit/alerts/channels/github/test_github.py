"""GitHub: one issue an incident, whatever is lost on the way."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

import pytest
from markdown_it import MarkdownIt

from plumbline.alerts.channels.github.channel import GitHubChannel
from plumbline.alerts.channels.github.rendering import (
    LONGEST_BODY,
    LONGEST_TITLE,
    comment_body,
    issue_body,
    marker,
    title,
)
from plumbline.core.alert_line import Event
from plumbline.core.errors import ConfigError
from plumbline.core.status import Status
from plumbline.net.receipt import DeliveryStatus
from plumbline.net.secret import Secret
from support.channel_messages import hostile_item, hostile_message, item, message
from support.fake_github import FakeGitHub
from support.fake_receivers import FakeReceiver, Reply

TOKEN = Secret("ghp_abcdefghij0123456789", name="GITHUB_TOKEN")
INCIDENT = "line_coverage-1a2b3c4d"
KNOWN = {INCIDENT: {"number": "1"}}


@pytest.fixture
def github() -> FakeGitHub:
    return FakeGitHub()


@pytest.fixture
def receiver(github: FakeGitHub) -> Iterator[FakeReceiver]:
    with FakeReceiver(github) as running:
        yield running


@pytest.fixture
def channel(receiver: FakeReceiver) -> GitHubChannel:
    return GitHubChannel("issues", "acme/data", TOKEN, base_url=receiver.url)


def names(issue: dict[str, object]) -> list[str]:
    return [label["name"] for label in issue["labels"]]  # type: ignore[attr-defined]


def test_an_opened_incident_is_an_issue(
    channel: GitHubChannel, github: FakeGitHub, receiver: FakeReceiver
) -> None:
    receipt = channel.deliver(message(), timeout_seconds=5)
    assert receipt.verdict is DeliveryStatus.DELIVERED
    assert receipt.references == {INCIDENT: {"number": "1"}}
    (issue,) = github.issues
    assert issue["title"].startswith("CRITICAL line_coverage: 44.2 %")
    assert issue["body"].startswith(f"<!-- plumbline:{INCIDENT} -->")
    assert names(issue) == ["plumbline", "critical"]
    assert receiver.requests[0].headers["authorization"] == f"Bearer {TOKEN.reveal()}"


def test_an_issue_whose_answer_was_lost_is_not_opened_twice(
    channel: GitHubChannel, github: FakeGitHub
) -> None:
    github.lost = lambda request: request.method == "POST"
    assert channel.deliver(message(), timeout_seconds=5).verdict is DeliveryStatus.RETRY
    github.lost = lambda _: False
    receipt = channel.deliver(message(), timeout_seconds=5)
    assert (receipt.verdict, dict(receipt.references)) == (DeliveryStatus.DELIVERED, KNOWN)
    assert (len(github.issues), github.comments) == (1, {})


def test_a_comment_whose_answer_was_lost_is_not_made_twice(
    channel: GitHubChannel, github: FakeGitHub
) -> None:
    channel.deliver(message(), timeout_seconds=5)
    github.lost = lambda request: request.path.endswith("comments") and request.method == "POST"
    worse = message(item(Event.CHANGED), references=KNOWN)
    assert channel.deliver(worse, timeout_seconds=5).verdict is DeliveryStatus.RETRY
    github.lost = lambda _: False
    assert channel.deliver(worse, timeout_seconds=5).verdict is DeliveryStatus.DELIVERED
    assert len(github.comments[1]) == 1


@pytest.mark.parametrize(
    "event", [Event.CHANGED, Event.ESCALATED, Event.DOWNGRADED, Event.REMINDED]
)
def test_news_is_a_comment_with_title_and_labels_renewed(
    channel: GitHubChannel, github: FakeGitHub, event: Event
) -> None:
    channel.deliver(message(), timeout_seconds=5)
    github.issues[0]["labels"].append({"name": "theirs"})
    news = message(item(event, status=Status.WARNING), references=KNOWN)
    channel.deliver(news, timeout_seconds=5)
    (comment,) = github.comments[1]
    assert comment["body"].startswith(f"<!-- plumbline:{INCIDENT}-0001-{event} -->")
    assert names(github.issues[0]) == ["plumbline", "warning", "theirs"]
    assert github.issues[0]["title"].startswith("WARNING line_coverage")


@pytest.mark.parametrize(
    ("event", "reason"), [(Event.RESOLVED, "completed"), (Event.EXPIRED, "not_planned")]
)
def test_an_end_is_a_comment_and_closes(
    channel: GitHubChannel, github: FakeGitHub, event: Event, reason: str
) -> None:
    channel.deliver(message(), timeout_seconds=5)
    channel.deliver(message(item(event), references=KNOWN), timeout_seconds=5)
    assert (github.issues[0]["state"], github.issues[0]["state_reason"]) == ("closed", reason)
    assert len(github.comments[1]) == 1


def test_news_of_an_issue_that_somebody_closed_opens_it_again(
    channel: GitHubChannel, github: FakeGitHub
) -> None:
    channel.deliver(message(), timeout_seconds=5)
    github.issues[0]["state"] = "closed"
    channel.deliver(message(item(Event.ESCALATED), references=KNOWN), timeout_seconds=5)
    assert github.issues[0]["state"] == "open"


def test_news_of_an_issue_that_is_gone_opens_another(
    channel: GitHubChannel, github: FakeGitHub
) -> None:
    news = message(item(Event.CHANGED), references={INCIDENT: {"number": "99"}})
    assert channel.deliver(news, timeout_seconds=5).references == KNOWN


def test_an_end_without_an_issue_has_nothing_to_close(
    channel: GitHubChannel, github: FakeGitHub
) -> None:
    receipt = channel.deliver(message(item(Event.RESOLVED)), timeout_seconds=5)
    assert (receipt.verdict, github.issues) == (DeliveryStatus.DELIVERED, [])


def test_the_issue_is_found_on_a_later_page_of_this_host_alone(
    channel: GitHubChannel, github: FakeGitHub
) -> None:
    for number in range(120):
        github.add_issue(f"{marker(f'other-{number}')}\ntext")
    github.add_issue(f"{marker(INCIDENT)}\ntext")
    receipt = channel.deliver(message(item(Event.RESOLVED)), timeout_seconds=5)
    assert receipt.references == {INCIDENT: {"number": "121"}}
    assert github.issues[120]["state"] == "closed"


def test_a_marker_in_data_finds_nothing(channel: GitHubChannel, github: FakeGitHub) -> None:
    github.add_issue(f"{marker('other-1')}\nsaid {marker(INCIDENT)}")
    github.add_issue(marker(INCIDENT), pull_request={})
    channel.deliver(message(), timeout_seconds=5)
    assert len(github.issues) == 3


def test_sixty_incidents_are_sixty_issues_with_one_listing(
    channel: GitHubChannel, github: FakeGitHub, receiver: FakeReceiver
) -> None:
    receipt = channel.deliver(hostile_message(60), timeout_seconds=60)
    assert (receipt.verdict, len(receipt.references)) == (DeliveryStatus.DELIVERED, 60)
    assert len(github.issues) == 60
    assert len(receiver.requests) == 61


def test_an_attempt_out_of_time_is_gone_on_with(channel: GitHubChannel, github: FakeGitHub) -> None:
    three = message(*(item(incident=f"m-{n}", event_id=f"m-{n}-e") for n in range(3)))
    github.fault = lambda _: Reply(how="stall") if len(github.issues) == 2 else None
    assert channel.deliver(three, timeout_seconds=0.6).verdict is DeliveryStatus.RETRY
    github.fault = lambda _: None
    assert channel.deliver(three, timeout_seconds=5).verdict is DeliveryStatus.DELIVERED
    assert (len(github.issues), github.comments) == (3, {})


@pytest.mark.parametrize(
    ("status", "fix"),
    [
        (401, "new one"),
        (403, "Issues: read and write"),
        (404, "name"),
        (410, "turned off"),
        (422, "rejected the content"),
    ],
)
def test_a_refusal_says_the_fix(
    channel: GitHubChannel, github: FakeGitHub, status: int, fix: str
) -> None:
    github.fault = lambda _: Reply(status, {"message": f"no {TOKEN.reveal()}"})
    receipt = channel.deliver(message(), timeout_seconds=5)
    assert (receipt.verdict, receipt.status_code) == (DeliveryStatus.REFUSED, status)
    assert fix in receipt.detail
    assert TOKEN.reveal() not in repr(receipt) + repr(channel) + str(vars(channel))


@pytest.mark.parametrize(
    ("reply", "least", "most"),
    [
        (
            Reply(403, headers={"x-ratelimit-remaining": "0", "x-ratelimit-reset": "{soon}"}),
            50,
            100,
        ),
        (Reply(403, headers={"x-ratelimit-remaining": "0"}), 60, 60),
        (Reply(403, "You have exceeded a secondary rate limit"), 60, 60),
        (Reply(403, headers={"Retry-After": "7"}), 7, 7),
        (Reply(429), 60, 60),
    ],
)
def test_a_limit_is_waited_for(
    channel: GitHubChannel, github: FakeGitHub, reply: Reply, least: float, most: float
) -> None:
    soon = str(int(time.time()) + 100)
    headers = {name: value.format(soon=soon) for name, value in reply.headers.items()}
    github.fault = lambda _: Reply(reply.status, reply.body, headers)
    receipt = channel.deliver(message(), timeout_seconds=5)
    assert receipt.verdict is DeliveryStatus.RETRY
    assert receipt.retry_after is not None
    assert least <= receipt.retry_after <= most


def test_one_issue_that_is_not_taken_does_not_hold_back_the_others(
    channel: GitHubChannel, github: FakeGitHub
) -> None:
    github.fault = lambda request: Reply(422) if b"bad-1" in request.body else None
    two = message(item(incident="bad-1"), item(incident="good-1"))
    assert channel.deliver(two, timeout_seconds=5).verdict is DeliveryStatus.REFUSED
    assert len(github.issues) == 1


@pytest.mark.parametrize("body", ["<html>", {"message": "hi"}, [1]])
def test_an_answer_that_is_not_githubs_is_not_believed(
    channel: GitHubChannel, github: FakeGitHub, body: object
) -> None:
    github.fault = lambda _: Reply(200, body)
    assert channel.deliver(message(), timeout_seconds=5).verdict is DeliveryStatus.RETRY


@pytest.mark.parametrize(
    "repository", ["acme", "acme/data/x", "https://github.com/a/b", "a/b?x", ""]
)
def test_what_is_no_repository_is_refused(repository: str) -> None:
    with pytest.raises(ConfigError, match="not a GitHub repository"):
        GitHubChannel("issues", repository, TOKEN)


@pytest.mark.parametrize("event", [Event.OPENED, Event.RESOLVED])
def test_hostile_data_comes_to_life_nowhere(event: Event) -> None:
    hostile = hostile_item(event=event)
    for text in (issue_body(hostile, message(hostile)), comment_body(hostile, message(hostile))):
        assert len(text) <= LONGEST_BODY
        assert "\x00" not in text
        first, _, rest = text.partition("\n")
        assert re.fullmatch(r"(<!-- plumbline:[\w.-]+ -->)+", first)
        shown = MarkdownIt("commonmark", {"html": True}).enable("table").render(rest)
        assert set(re.findall(r"<(\w+)", shown)) <= {"p", "ul", "li", "strong", "sub", "code"}
        # What GitHub links, it finds in what stands between tags and outside of code.
        outside = re.sub(r"<code>.*?</code>", "", shown, flags=re.DOTALL)
        assert not re.search(r"(?<!\w)@\w|#\d|www\.|://", outside)


def test_the_body_is_markdown() -> None:
    one = item(ack_command="plumbline alerts ack a-1 --target prod")
    body = issue_body(one, message(one))
    assert re.search(r"^\*\*CRITICAL ", body, re.MULTILINE)
    assert "- **ack**: `plumbline alerts ack a-1 --target prod`" in body
    assert "```" not in body


def test_a_title_is_bounded_and_mentions_nobody() -> None:
    hostile = hostile_item()
    found = title(hostile, message(hostile))
    assert len(found) <= LONGEST_TITLE
    assert "@everyone" not in found


def test_a_marker_cannot_end_early() -> None:
    assert marker("a-->b") == "<!-- plumbline:a_-_b -->"


def test_a_sample_says_so() -> None:
    sample = message(is_sample=True)
    assert title(sample.items[0], sample).startswith("SAMPLE CRITICAL")
    assert "SAMPLE: this is a test of the channel" in issue_body(sample.items[0], sample)
