"""E-mail: one mail per message by SMTP, in a thread an incident, safe to read and to repeat."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from plumbline.alerts.channels.email.channel import EmailChannel
from plumbline.alerts.channels.email.transport import Login, MailServer
from plumbline.alerts.channels.message import GroupLine, Message
from plumbline.core.alert_line import Event
from plumbline.core.status import Status
from plumbline.net.receipt import DeliveryStatus
from plumbline.net.secret import Secret
from support.channel_messages import AT, HOSTILE, hostile_item, hostile_message, item, message
from support.fake_smtp import PASSWORD, USERNAME, FakeSmtp, trusting
from support.sockets import refused_port

LOGIN = Login(Secret(USERNAME), Secret(PASSWORD))
ANA, BOB, CAT = "ana@example.com", "bob@example.com", "cat@example.com"


@pytest.fixture
def smtp() -> Iterator[FakeSmtp]:
    with FakeSmtp() as server:
        yield server


def channel(smtp: FakeSmtp, *recipients: str, **changes: Any) -> EmailChannel:
    server = replace(MailServer(smtp.host, smtp.port, "none"), **changes)
    return EmailChannel(
        "mail",
        server,
        sender="plumbline@data.example.com",
        recipients=recipients or (ANA, BOB),
        clock=lambda: AT,
    )


def test_a_message_is_a_mail_in_text_and_html(smtp: FakeSmtp) -> None:
    groups = (GroupLine("east & west", Status.CRITICAL, 20.0, unit="%"),)
    receipt = channel(smtp).deliver(message(item(groups=groups)))

    assert (receipt.verdict, receipt.detail) == (
        DeliveryStatus.DELIVERED,
        "127.0.0.1 accepted the mail",
    )
    (mail,) = smtp.mails
    assert (mail.sender, mail.recipients) == ("plumbline@data.example.com", (ANA, BOB))
    assert mail.parsed["Subject"].startswith(
        "CRITICAL line_coverage: 44.2 % (critical if mean of coverage_pct < 50 %)"
    )
    assert mail.parsed["To"] == f"{ANA}, {BOB}"
    assert mail.parsed["Auto-Submitted"] == "auto-generated"
    assert "east & west: 20 %" in mail.text("plain")
    assert "east &amp; west: 20 %" in mail.text("html")
    assert '<a href="https://docs.example/line_coverage">' in mail.text("html")


def test_mails_about_an_incident_are_a_thread(smtp: FakeSmtp) -> None:
    opened = channel(smtp).deliver(message(id="m-1"))
    later = message(item(Event.RESOLVED), id="m-2", references=opened.references)
    channel(smtp).deliver(later)

    first, second = (mail.parsed for mail in smtp.mails)
    assert first["Message-ID"] == "<m-1@data.example.com>"
    assert first["In-Reply-To"] is None
    assert second["Message-ID"] == "<m-2@data.example.com>"
    assert second["In-Reply-To"] == second["References"] == "<m-1@data.example.com>"


def test_a_thread_goes_back_to_its_first_mail(smtp: FakeSmtp) -> None:
    references: Any = {}
    for number in range(3):
        sent = message(id=f"m-{number}", references=references)
        references = channel(smtp).deliver(sent).references
    assert smtp.mails[-1].parsed["References"] == "<m-0@data.example.com>"


def test_a_mail_that_is_sent_twice_has_the_same_message_id(smtp: FakeSmtp) -> None:
    smtp.answers("DATA", "cut")
    first = channel(smtp).deliver(message())
    channel(smtp).deliver(message())
    channel(smtp).deliver(message())
    assert first.verdict is DeliveryStatus.RETRY
    assert len({mail.parsed["Message-ID"] for mail in smtp.mails}) == 1
    assert smtp.mails[-1].parsed["In-Reply-To"] is None


def test_a_sample_and_a_late_message_say_so(smtp: FakeSmtp) -> None:
    channel(smtp).deliver(message(is_sample=True, created_at=AT - timedelta(hours=2)))
    (mail,) = smtp.mails
    assert mail.parsed["Subject"].startswith("SAMPLE ")
    for kind in ("plain", "html"):
        assert "sample" in mail.text(kind).lower()  # type: ignore[arg-type]
        assert "Sent 2 h late" in mail.text(kind)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "sent",
    [
        hostile_message(),
        message(*(hostile_item(number) for number in range(60))),
        message(item(monitor="x\r\nBcc: eve@example.com", notes=(HOSTILE,))),
        message(item(summary="ü" * 4_000), notes=("\n.\n",)),
    ],
)
def test_whatever_the_data_the_mail_is_accepted_and_adds_no_header(
    smtp: FakeSmtp, sent: Message
) -> None:
    receipt = channel(smtp).deliver(sent)
    assert receipt.verdict is DeliveryStatus.DELIVERED, receipt
    (mail,) = smtp.mails
    assert mail.parsed["Bcc"] is None
    body = mail.parsed.get_body(("html",))
    if body is not None:
        assert "<img" not in body.get_content()


@pytest.mark.parametrize(("tls", "security"), [(True, "starttls"), ("implicit", "tls")])
def test_a_login_is_sent_encrypted(tls: Any, security: str) -> None:
    with FakeSmtp(tls=tls, login=True) as smtp:
        mailer = channel(smtp, security=security, login=LOGIN, context=trusting())
        receipt = mailer.deliver(message())
        assert receipt.verdict is DeliveryStatus.DELIVERED, receipt
        assert smtp.mails[0].encrypted


def test_a_server_without_starttls_gets_no_login(smtp: FakeSmtp) -> None:
    smtp.login = True
    receipt = channel(smtp, security="starttls", login=LOGIN).deliver(message())
    assert receipt.verdict is DeliveryStatus.REFUSED
    assert "STARTTLS" in receipt.detail
    assert "AUTH" not in smtp.commands


def test_a_certificate_that_is_not_trusted_gets_no_login() -> None:
    with FakeSmtp(tls=True, login=True) as smtp:
        receipt = channel(smtp, security="starttls", login=LOGIN).deliver(message())
        assert (receipt.verdict, receipt.detail) == (
            DeliveryStatus.RETRY,
            "no trusted TLS connection to 127.0.0.1",
        )
        assert "AUTH" not in smtp.commands


def test_a_wrong_password_is_refused_and_not_repeated() -> None:
    wrong = Login(Secret(USERNAME), Secret("s3cretWRONG0123"))
    with FakeSmtp(tls=True, login=True) as smtp:
        mailer = channel(smtp, security="starttls", login=wrong, context=trusting())
        receipt = mailer.deliver(message())
    assert receipt.verdict is DeliveryStatus.REFUSED
    assert receipt.detail == (
        "127.0.0.1 answered 535 5.7.8 bad credentials: ***; "
        "check the variables of username and password"
    )
    assert "s3cret" not in repr(mailer) + str(receipt)


@pytest.mark.parametrize(
    ("command", "answer", "verdict"),
    [
        ("CONNECT", "421 4.3.2 too busy", DeliveryStatus.RETRY),
        ("CONNECT", "554 5.7.1 your address is blocked", DeliveryStatus.REFUSED),
        ("CONNECT", "cut", DeliveryStatus.RETRY),
        ("MAIL", "451 4.3.0 try again", DeliveryStatus.RETRY),
        ("MAIL", "550 5.7.1 sender refused", DeliveryStatus.REFUSED),
        ("DATA", "452 4.3.1 out of storage", DeliveryStatus.RETRY),
        ("DATA", "554 5.7.1 spam", DeliveryStatus.REFUSED),
        ("DATA", "cut", DeliveryStatus.RETRY),
        ("QUIT", "cut", DeliveryStatus.DELIVERED),
    ],
)
def test_what_the_server_answers_is_understood(
    smtp: FakeSmtp, command: str, answer: str, verdict: DeliveryStatus
) -> None:
    smtp.answers(command, answer)
    assert channel(smtp).deliver(message()).verdict is verdict


def test_a_server_that_says_nothing_takes_no_longer_than_the_attempt(smtp: FakeSmtp) -> None:
    smtp.answers("MAIL", "stall")
    receipt = channel(smtp).deliver(message(), timeout_seconds=0.3)
    assert receipt.verdict is DeliveryStatus.RETRY
    assert receipt.detail == "no answer from 127.0.0.1 within 0.3 s"


def test_a_server_that_is_not_there_is_tried_again(smtp: FakeSmtp) -> None:
    receipt = channel(smtp, port=refused_port()).deliver(message())
    assert (receipt.verdict, receipt.detail) == (
        DeliveryStatus.RETRY,
        "the connection to 127.0.0.1 failed or broke",
    )


def test_a_recipient_that_is_refused_for_now_gets_the_mail_later_and_the_others_once(
    smtp: FakeSmtp,
) -> None:
    smtp.answers("RCPT", "450 4.2.0 greylisted")
    first = channel(smtp).deliver(message())
    assert first.verdict is DeliveryStatus.RETRY
    assert first.detail == f"127.0.0.1 did not accept {ANA}: 450 4.2.0 greylisted"

    second = channel(smtp).deliver(message(references=first.references))

    assert second.verdict is DeliveryStatus.DELIVERED
    assert [mail.recipients for mail in smtp.mails] == [(BOB,), (ANA,)]


def test_who_has_a_mail_gets_the_next_one_too(smtp: FakeSmtp) -> None:
    smtp.answers("RCPT", "450 4.2.0 greylisted")
    first = channel(smtp).deliver(message(id="m-1"))
    channel(smtp).deliver(message(id="m-2", references=first.references))
    assert smtp.mails[-1].recipients == (ANA, BOB)


def test_a_recipient_that_is_refused_for_good_is_reported_as_missed(smtp: FakeSmtp) -> None:
    smtp.answers("RCPT", "550 5.1.1 no such user")
    receipt = channel(smtp).deliver(message())
    assert receipt.verdict is DeliveryStatus.DELIVERED
    assert receipt.missed == f"127.0.0.1 did not accept {ANA}: 550 5.1.1 no such user"
    assert smtp.mails[0].recipients == (BOB,)


def test_who_is_refused_for_good_is_not_lost_behind_who_is_refused_for_now(smtp: FakeSmtp) -> None:
    smtp.answers("RCPT", "550 no such user", "450 greylisted")
    first = channel(smtp, ANA, BOB, CAT).deliver(message())
    assert (first.verdict, first.missed) == (DeliveryStatus.RETRY, "")

    smtp.answers("RCPT", "550 no such user")
    second = channel(smtp, ANA, BOB, CAT).deliver(message(references=first.references))

    assert second.verdict is DeliveryStatus.DELIVERED
    assert second.missed == f"127.0.0.1 did not accept {ANA}: 550 no such user"
    assert [mail.recipients for mail in smtp.mails] == [(CAT,), (BOB,)]


def test_where_only_the_refused_one_is_left_the_mail_is_delivered_and_it_is_missed(
    smtp: FakeSmtp,
) -> None:
    smtp.answers("RCPT", "450 greylisted")
    first = channel(smtp).deliver(message())
    smtp.answers("RCPT", "550 no such user")
    second = channel(smtp).deliver(message(references=first.references))
    assert second.verdict is DeliveryStatus.DELIVERED
    assert ANA in second.missed


@pytest.mark.parametrize(
    ("answers", "verdict"),
    [
        (["550 no", "550 no"], DeliveryStatus.REFUSED),
        (["450 later", "450 later"], DeliveryStatus.RETRY),
        (["550 no", "450 later"], DeliveryStatus.RETRY),
    ],
)
def test_recipients_that_are_all_refused(
    smtp: FakeSmtp, answers: list[str], verdict: DeliveryStatus
) -> None:
    smtp.answers("RCPT", *answers)
    assert channel(smtp).deliver(message()).verdict is verdict
    assert smtp.mails == []
