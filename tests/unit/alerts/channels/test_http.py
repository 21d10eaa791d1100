"""One HTTP attempt: what each answer means, and that it ends in its time."""

from __future__ import annotations

import logging
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from plumbline.net.http import LONGEST_WAIT, Caller, Reply, retry_after, together
from plumbline.net.receipt import DeliveryStatus, Receipt
from plumbline.net.secret import Secret
from support import fake_receivers as fake
from support.fake_receivers import FakeReceiver
from support.sockets import refused_port, silent_port

PATH = "/services/T00000000/abcDEFghiJKL"
NOW = datetime(2026, 2, 3, 12, tzinfo=UTC)


def post(url: str, timeout_seconds: float = 5, **other: object) -> Reply:
    with Caller(timeout_seconds=timeout_seconds) as caller:
        return caller.send("POST", Secret(url), body=b"{}", **other)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        *((status, DeliveryStatus.DELIVERED) for status in (200, 201, 202, 204)),
        *(
            (status, DeliveryStatus.REFUSED)
            for status in (301, 302, 307, 400, 401, 403, 404, 410, 422)
        ),
        *((status, DeliveryStatus.RETRY) for status in (408, 425, 429, 500, 502, 503, 504)),
    ],
)
def test_a_status_means_one_verdict(
    receiver: FakeReceiver, status: int, verdict: DeliveryStatus
) -> None:
    receiver.answers(fake.Reply(status, headers={"Location": "/elsewhere"}))
    receipt = post(receiver.url + PATH).receipt
    assert (receipt.verdict, receipt.status_code) == (verdict, status)
    assert len(receiver.requests) == 1


@pytest.mark.parametrize("how", ["cut", "garbage"])
def test_a_broken_connection_may_work_later(receiver: FakeReceiver, how: str) -> None:
    receiver.answers(fake.Reply(how=how))  # type: ignore[arg-type]
    receipt = post(receiver.url).receipt
    assert receipt == Receipt(DeliveryStatus.RETRY, "the connection to 127.0.0.1 failed or broke")


def test_nobody_there_may_work_later() -> None:
    assert post(f"http://127.0.0.1:{refused_port()}").receipt.verdict is DeliveryStatus.RETRY


@pytest.mark.parametrize("how", ["stall", "drip"])
def test_a_receiver_that_holds_us_is_left_in_time(receiver: FakeReceiver, how: str) -> None:
    receiver.answers(fake.Reply(how=how))  # type: ignore[arg-type]
    began = time.monotonic()
    receipt = post(receiver.url, timeout_seconds=0.4).receipt
    assert receipt.verdict is DeliveryStatus.RETRY
    assert time.monotonic() - began < 1.5


def test_a_silent_port_is_left_in_time() -> None:
    with silent_port() as port:
        receipt = post(f"http://127.0.0.1:{port}", timeout_seconds=0.3).receipt
    assert (receipt.verdict, "no answer from 127.0.0.1" in receipt.detail) == (
        DeliveryStatus.RETRY,
        True,
    )


def test_an_answer_whose_body_never_ends_is_an_answer(receiver: FakeReceiver) -> None:
    receiver.answers(fake.Reply(200, how="drip body"))
    reply = post(receiver.url, timeout_seconds=0.4)
    assert (reply.receipt.verdict, reply.json()) == (DeliveryStatus.DELIVERED, None)


def test_a_delivery_whose_time_is_over_asks_no_more(receiver: FakeReceiver) -> None:
    receiver.answers(fake.Reply(how="stall"), fake.Reply())
    with Caller(timeout_seconds=0.3) as caller:
        replies = [caller.send("GET", receiver.url) for _ in range(3)]
    assert {reply.receipt.verdict for reply in replies} == {DeliveryStatus.RETRY}
    assert len(receiver.requests) == 1


@pytest.mark.parametrize(
    "url", ["no-url", "ftp://h.example/x", "http://[broken", "https:///x", "http://a\nb:x"]
)
def test_what_is_no_address_is_refused_without_showing_it(url: str) -> None:
    receipt = post(url).receipt
    assert receipt.verdict is DeliveryStatus.REFUSED
    assert url not in receipt.detail


def test_a_header_that_would_break_the_request_is_refused(receiver: FakeReceiver) -> None:
    receipt = post(receiver.url, headers={"Authorization": Secret("a\nb")}).receipt
    assert (receipt.verdict, receiver.requests) == (DeliveryStatus.REFUSED, [])


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("30", 30.0),
        ("1.5", 1.5),
        ("-3", 0.0),
        ("99999999999", LONGEST_WAIT),
        ("inf", None),
        ("nan", None),
        ("soon", None),
        (format_datetime(NOW + timedelta(seconds=90), usegmt=True), 90.0),
        ("Tue, 03 Feb 2026 11:00:00 GMT", 0.0),
        ("Tue, 03 Feb 2026 12:00:30 -0000", 30.0),
    ],
)
def test_how_long_to_wait_is_a_number_or_a_date(value: str | None, seconds: float | None) -> None:
    assert retry_after(value, NOW) == seconds


def test_a_limit_says_when_to_come_back(receiver: FakeReceiver) -> None:
    receiver.answers(fake.Reply(429, headers={"Retry-After": "12"}))
    assert post(receiver.url).receipt.retry_after == 12.0


def test_what_is_said_of_an_answer_is_one_short_line_without_secrets(
    receiver: FakeReceiver,
) -> None:
    receiver.answers(fake.Reply(404, f"no\x1b[31m\nhook at {receiver.url}{PATH}" + "x" * 9_000))
    detail = post(receiver.url + PATH).receipt.detail
    assert detail.startswith("127.0.0.1 answered 404: no [31m hook at ***")
    assert detail.isprintable()
    assert len(detail) < 250
    assert "abcDEF" not in detail


def test_a_large_answer_is_cut(receiver: FakeReceiver) -> None:
    receiver.answers(fake.Reply(200, b"x" * 200_000))
    assert len(post(receiver.url, most_bytes=1000).body) == 1000


def test_an_address_is_in_no_log(receiver: FakeReceiver, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    receiver.answers(fake.Reply(200), fake.Reply(how="garbage"))
    post(receiver.url + PATH)
    post(receiver.url + PATH)
    assert [r for r in caplog.records if "abcDEFghiJKL" in str(vars(r))] == []


def test_other_users_of_the_library_are_logged_as_before(
    receiver: FakeReceiver, caplog: pytest.LogCaptureFixture
) -> None:
    import requests

    post(receiver.url)
    caplog.set_level(logging.DEBUG)
    requests.get(receiver.url + "/mine", timeout=5)
    assert "/mine" in caplog.text


def test_a_netrc_changes_no_request(
    receiver: FakeReceiver, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "netrc"
    file.write_text("default login a password b\n")
    monkeypatch.setenv("NETRC", str(file))
    monkeypatch.setattr("plumbline.net.http.is_loopback", lambda _: False)
    post(receiver.url, headers={"Authorization": Secret("Bearer t")})
    assert receiver.requests[0].headers["authorization"] == "Bearer t"


def test_a_user_in_the_address_is_sent(receiver: FakeReceiver) -> None:
    post(receiver.url.replace("http://", "http://user:pass@"))
    assert receiver.requests[0].headers["authorization"].startswith("Basic ")


def test_a_proxy_that_fails_may_work_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://user:proxypass@127.0.0.1:{refused_port()}")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    receipt = post("https://hooks.example.invalid" + PATH).receipt
    assert receipt == Receipt(
        DeliveryStatus.RETRY, "the proxy on the way to hooks.example.invalid failed"
    )


def test_a_proxy_of_the_environment_is_not_asked_for_this_machine(
    receiver: FakeReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{refused_port()}")
    assert post(receiver.url).receipt.verdict is DeliveryStatus.DELIVERED


def test_plain_text_where_tls_is_expected_may_work_later(receiver: FakeReceiver) -> None:
    receipt = post(receiver.url.replace("http://", "https://")).receipt
    assert receipt == Receipt(DeliveryStatus.RETRY, "no trusted TLS connection to 127.0.0.1")


def test_of_several_receipts_the_worst_counts_and_all_references() -> None:
    done = Receipt(DeliveryStatus.DELIVERED, "a", 200, references={"i": {"number": "1"}})
    later = Receipt(DeliveryStatus.RETRY, "b", 500, 7.0)
    never = Receipt(DeliveryStatus.REFUSED, "c", 400)
    assert together([done, never, later], of=5) == Receipt(
        DeliveryStatus.RETRY, "b (1 of 5 went through)", 500, 7.0, {"i": {"number": "1"}}
    )
    assert together([done, never], of=2).verdict is DeliveryStatus.REFUSED
    assert together([done], of=1) == done
