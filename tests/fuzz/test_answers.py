"""Answers of BigQuery, of receivers and of Secret Manager with anything in them, secrets included.

Each is read or refused, in time, and no secret that was sent or read stands in what is kept of it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from google.auth.credentials import AnonymousCredentials
from google.oauth2.credentials import Credentials
from hypothesis import strategies as st

from fuzz.conftest import Fuzz
from plumbline.alerts.channels.base import Channel
from plumbline.alerts.channels.email.channel import EmailChannel
from plumbline.alerts.channels.email.transport import Login, MailServer
from plumbline.alerts.channels.github.channel import GitHubChannel
from plumbline.alerts.channels.googlechat.channel import GoogleChatChannel
from plumbline.alerts.channels.pagerduty.channel import PagerDutyChannel
from plumbline.alerts.channels.slack.channel import SlackBot, SlackWebhook
from plumbline.alerts.channels.teams.channel import TeamsChannel
from plumbline.alerts.channels.webhook.channel import WebhookChannel
from plumbline.checks.verdict import sort_rows
from plumbline.core.errors import ConfigError, MonitorError
from plumbline.net.secret import Secret, hide, note
from plumbline.net.secrets import read_secret
from plumbline.project.targets import Limits
from plumbline.warehouse import query
from plumbline.warehouse.jobs import JobRunner
from plumbline.warehouse.query import QueryRequest
from plumbline.warehouse.retries import PATIENCE
from support.channel_messages import AT, item, message
from support.fake_receivers import FakeReceiver, Reply, Request
from support.fake_smtp import FakeSmtp
from support.secret_forms import WRITTEN, find_leak
from support.targets import bigquery_target

CANARY = "kAn4ryQx7zWv2LpT"
PATH = "hOok5Zr8Yc3Mn6Bd"
IN_TIME = 15.0
"""Seconds of a case on a busy machine, whose deadline is well below one."""

LONG = "\x00 a text that stands for one of 70,000 characters"
"""Not drawn as it is: hypothesis would write it down with each case."""
FORMS = st.sampled_from(sorted(WRITTEN))
LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(), st.text(max_size=20),
    st.builds(lambda form, value: f"it is {WRITTEN[form](value)}", FORMS,
              st.sampled_from([CANARY, PATH])),
    st.sampled_from(["", "NaN", "9" * 400, LONG, "\x00", "\ud800", "RUNNING", "DONE",
                     "invalid_auth", "ratelimited", "true", "STRUCT", "RECORD", "JSON", "RANGE"]),
)  # fmt: skip
KEYS = st.sampled_from(["ok", "error", "ts", "channel", "message", "number", "body", "state", "id",
    "title", "labels", "errors", "reason", "name", "thread", "status", "code", "user", "reactions",
    "retry_after", "html_url", "node_id", CANARY, WRITTEN["Basic"](CANARY)])  # fmt: skip
TREES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=8,
)
STATUSES = st.sampled_from([200, 200, 200, 201, 204, 301, 400, 401, 403, 404, 408, 409, 410, 413,
                            422, 429, 500, 502, 503, 599])  # fmt: skip
HEADERS = st.dictionaries(
    st.sampled_from(["Retry-After", "Link", "X-RateLimit-Remaining", "X-RateLimit-Reset",
                     "Content-Type", "Content-Encoding", "Location", f"X-{CANARY}"]),
    st.sampled_from(["0", "-1", "1e9", "Thu, 01 Jan 1970 00:00:00 GMT", "gzip", "application/json",
                     '<https://x/?page=2>; rel="next"', "text/html; charset=nonsense", "\xff",
                     f"https://elsewhere.example/{CANARY}"]),
    max_size=3,
)  # fmt: skip


@dataclass(frozen=True)
class Echo:
    """An answer that holds the request, written in a form."""

    form: str

    def of(self, request: Request) -> str:
        secrets = [f"{CANARY} {PATH}", *request.headers.values(), request.target]
        return json.dumps({"error": [WRITTEN[self.form](secret) for secret in secrets]})


BODIES = TREES | st.binary(max_size=50) | st.builds(Echo, FORMS) | st.text(max_size=50)
HOWS = st.sampled_from([*["whole"] * 12, "cut", "garbage"])


def text_of(body: object, request: Request) -> bytes:
    text = body.of(request) if isinstance(body, Echo) else body
    if isinstance(text, bytes):
        return text
    written = text if isinstance(text, str) else json.dumps(text)
    return written.replace(json.dumps(LONG), json.dumps("x" * 70_000)).encode(
        errors="surrogatepass"
    )


# Receivers


CHANNELS: dict[str, Callable[[str], Channel]] = {
    "slack": lambda url: SlackWebhook("c", Secret(url)),
    "slack bot": lambda url: SlackBot("c", Secret(CANARY), "#c", base_url=origin(url)),
    "webhook": lambda url: WebhookChannel("c", Secret(url), signing_key=Secret(CANARY)),
    "pagerduty": lambda url: PagerDutyChannel("c", Secret(CANARY), base_url=origin(url)),
    "teams": lambda url: TeamsChannel("c", Secret(f"{url}?sig={CANARY}")),
    "googlechat": lambda url: GoogleChatChannel("c", Secret(f"{url}?token={CANARY}")),
    "github": lambda url: GitHubChannel("c", "a/b", Secret(CANARY), base_url=origin(url)),
}


def origin(url: str) -> str:
    return "http://" + url.partition("@")[2].partition("/")[0]


@pytest.fixture(autouse=True)
def _known() -> None:
    for value in (CANARY, PATH):
        note(Secret(value))


@pytest.fixture
def receiver() -> Iterator[FakeReceiver]:
    with FakeReceiver() as running:
        yield running


def test_an_answer_of_a_receiver_becomes_a_short_receipt_without_secrets(
    fuzz: Fuzz, receiver: FakeReceiver
) -> None:
    login = receiver.url.replace("http://", f"http://user:{CANARY}@")
    replies = st.tuples(STATUSES, HEADERS, BODIES, HOWS)

    def check(case: tuple[str, list[tuple[int, dict[str, str], object, Any]]]) -> None:
        kind, answers = case
        left = list(answers)

        def answer(request: Request) -> Reply:
            status, headers, body, how = left.pop(0) if len(left) > 1 else left[0]
            return Reply(status, text_of(body, request), headers, how)

        receiver._service = answer
        began = time.monotonic()
        channel = CHANNELS[kind](f"{login}/services/{PATH}")
        receipt = channel.deliver(message(item(), item(incident="b-1")), timeout_seconds=0.5)
        assert time.monotonic() - began < IN_TIME
        assert len(receipt.detail) < 500, "kept only as far as needed"
        kept = hide(json.dumps([receipt.detail, dict(receipt.references)]))
        assert len(kept) < 2_000
        for text in (kept, repr(receipt.detail), repr(channel)):
            for secret in (CANARY, PATH):
                assert find_leak(text, secret) is None, text

    fuzz(check, st.tuples(st.sampled_from(sorted(CHANNELS)), st.lists(replies, min_size=1,
                                                                      max_size=3)))  # fmt: skip


def test_an_answer_of_a_mail_server_becomes_a_short_receipt_without_secrets(fuzz: Fuzz) -> None:
    lines = st.builds(
        lambda code, text: f"{code} {text}",
        st.sampled_from(["250", "354", "421", "450", "535", "550", "554", "999", "abc"]),
        st.text(max_size=20) | st.builds(lambda form: WRITTEN[form](CANARY), FORMS),
    )

    def check(case: tuple[str, str]) -> None:
        command, line = case
        with FakeSmtp(login=True) as smtp:
            smtp.answers(command, line.replace("\r", " ").replace("\n", " "))
            login = Login(Secret("mailer"), Secret(CANARY))
            server = MailServer(smtp.host, smtp.port, "none", login=login)
            channel = EmailChannel("c", server, sender="a@b.example", recipients=["c@d.example"])
            receipt = channel.deliver(message(item()), timeout_seconds=0.5)
        assert len(receipt.detail) < 500
        assert find_leak(receipt.detail, CANARY) is None, receipt.detail

    commands = st.sampled_from(["EHLO", "AUTH", "MAIL", "RCPT", "DATA", "QUIT"])
    fuzz(check, st.tuples(commands, lines))


def test_an_answer_of_secret_manager_is_a_secret_or_refused(
    fuzz: Fuzz, receiver: FakeReceiver
) -> None:
    def check(case: tuple[int, dict[str, str], object, Any]) -> None:
        status, headers, body, how = case
        receiver._service = lambda request: Reply(status, text_of(body, request), headers, how)
        try:
            read_secret(
                "TOKEN", {"TOKEN": "sm://p/s"}, is_noted=False, endpoint=receiver.url,
                credentials=AnonymousCredentials(), timeout_seconds=0.5,
            )  # fmt: skip
        except ConfigError as refused:
            said = str(refused)
        else:
            said = ""
        assert find_leak(said, CANARY) is None

    payloads = st.builds(lambda data: {"payload": {"data": data}}, LEAVES)
    fuzz(check, st.tuples(STATUSES, HEADERS, BODIES | payloads, HOWS))


# BigQuery


@dataclass(frozen=True)
class Edit:
    """One change of an answer: what stands at a place chosen by ``way`` becomes ``value``."""

    way: tuple[int, ...]
    value: object
    removed: bool

    def of(self, answer: Any) -> Any:
        at, key = answer, None
        for step in self.way:
            keys = sorted(at) if isinstance(at, dict) else range(len(at))
            if not keys:
                break
            key = keys[step % len(keys)]
            if not isinstance(at[key], dict | list) or step % 5 == 0:
                break
            if not at[key]:
                break
            if step is not self.way[-1]:
                at, key = at[key], None
        if key is None:
            return self.value
        if self.removed:
            del at[key]
        else:
            at[key] = self.value
        return answer


EDITS = st.builds(
    Edit, st.lists(st.integers(0, 40), min_size=1, max_size=7).map(tuple), TREES, st.booleans()
)
ROWS = [
    {"f": [{"v": "3"}, {"v": "20.5"}, {"v": "ab"}, {"v": "1770076800000000"}, {"v": [{"v": "1"}]}]}
]
FIELDS = [
    {"name": "n", "type": "INTEGER"}, {"name": "pct", "type": "FLOAT"},
    {"name": "word", "type": "STRING"}, {"name": "as_of", "type": "TIMESTAMP"},
    {"name": "list", "type": "INTEGER", "mode": "REPEATED"},
]  # fmt: skip


def sound_answer(request: Request) -> Any:
    """What BigQuery answers: a job of two pages of rows."""
    if request.method == "POST":
        sent = request.json()
        return {
            "kind": "bigquery#job", "jobReference": sent.get("jobReference"),
            "configuration": sent.get("configuration"), "status": {"state": "DONE"},
            "statistics": {"totalBytesProcessed": "1", "query": {"statementType": "SELECT",
                           "totalBytesBilled": "10485760"}},
        }  # fmt: skip
    parts = request.path.split("/")
    answer: dict[str, Any] = {
        "jobReference": {"projectId": parts[-3], "jobId": parts[-1], "location": "US"},
        "jobComplete": True, "totalRows": "4", "rows": ROWS * 2, "schema": {"fields": FIELDS},
        "status": {"state": "DONE"}, "configuration": {"query": {"query": "select 1"}},
    }  # fmt: skip
    return answer if "pageToken" in request.query else answer | {"pageToken": "2"}


def test_an_answer_of_bigquery_becomes_rows_or_an_error_without_secrets(
    fuzz: Fuzz, receiver: FakeReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(query, "INSERT_SECONDS", 0.2)
    monkeypatch.setattr(query, "POLL_SECONDS", 0.2)
    monkeypatch.setitem(PATIENCE, "bigquery", 0.3)
    target = bigquery_target(
        project="p-1", api_endpoint=receiver.url, limits=Limits(deadline_seconds=0.6)
    )
    spoiled = st.one_of(
        st.tuples(st.just(200), st.just({}), st.lists(EDITS, min_size=1, max_size=3), HOWS),
        st.tuples(STATUSES, HEADERS, BODIES, HOWS),
    )

    def check(case: dict[int, tuple[int, dict[str, str], Any, Any]]) -> None:
        asked = 0

        def answer(request: Request) -> Reply:
            nonlocal asked
            status, headers, body, how = case.get(asked, (200, {}, [], "whole"))
            asked += 1
            if isinstance(body, list) and all(isinstance(one, Edit) for one in body):
                told = sound_answer(request)
                for edit in body:
                    told = edit.of(told) if isinstance(told, dict | list) and told else told
                body = json.dumps(told).encode()
            return Reply(status, text_of(body, request), headers, how)

        receiver._service = answer
        began = time.monotonic()
        runner = JobRunner(target, credentials=Credentials(CANARY))  # type: ignore[no-untyped-call]
        said = ""
        try:
            result = runner.run(QueryRequest("coverage", "select 1"))
            sort_rows(result.rows, as_of=AT, model="coverage")
        except MonitorError as error:
            said = str(error)
        else:
            assert len(result.rows) == result.row_count
        assert len(said) < 1_000
        assert find_leak(said, CANARY) is None, said
        assert time.monotonic() - began < IN_TIME
        runner.close()

    fuzz(check, st.dictionaries(st.integers(0, 3), spoiled, min_size=1, max_size=2))
