"""One mail by SMTP, within its time: what came of it as a `Receipt`.

Never raises for what the network or the server did. A server's 4xx means "later", its 5xx "never".
"""

from __future__ import annotations

import contextlib
import smtplib
import socket
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Literal

from plumbline.net.deadline import OutOfTimeError, call_within
from plumbline.net.http import shortened
from plumbline.net.names import resolves
from plumbline.net.receipt import UNRESOLVED, DeliveryStatus, Receipt
from plumbline.net.secret import Secret, scrub

Security = Literal["starttls", "tls", "none"]
PORTS: Mapping[Security, int] = {"starttls": 587, "tls": 465, "none": 25}

Refusals = Mapping[str, tuple[int, bytes]]
"""By address: the server's code and text."""


@dataclass(frozen=True)
class Login:
    username: Secret
    password: Secret


@dataclass(frozen=True)
class MailServer:
    host: str
    port: int
    security: Security = "starttls"
    login: Login | None = None
    context: ssl.SSLContext | None = None
    """Instead of the one that trusts what the machine trusts."""


@dataclass(frozen=True)
class Handover:
    """What came of a mail."""

    receipt: Receipt
    refused: Refusals = field(default_factory=dict)
    """Recipients that the server did not accept; the others have the mail, if it was accepted."""


def send(
    server: MailServer, mail: EmailMessage, recipients: Sequence[str], *, timeout_seconds: float
) -> Handover:
    """Hand in ``mail`` for ``recipients``, within ``timeout_seconds`` in all."""
    session = _Session(server, timeout_seconds)
    late = f"no answer from {server.host} within {timeout_seconds:g} s"
    if not resolves(server.host):
        return _retry(f"{server.host} can't be reached: {UNRESOLVED}")
    try:
        refused = call_within(
            timeout_seconds, lambda: session.send(mail, recipients), cut=session.cut
        )
    except OutOfTimeError:
        return _retry(late)
    except smtplib.SMTPRecipientsRefused as fault:
        return _handover(server, fault.recipients, accepted=False)
    except smtplib.SMTPAuthenticationError as fault:
        return _answered(server, fault, "; check the variables of username and password")
    except smtplib.SMTPResponseException as fault:
        return _answered(server, fault)
    except smtplib.SMTPNotSupportedError as fault:
        return Handover(Receipt(DeliveryStatus.REFUSED, f"{server.host}: {scrub(str(fault))}"))
    except ssl.SSLError:
        return _retry(f"no trusted TLS connection to {server.host}")
    except (OSError, smtplib.SMTPException) as fault:
        # smtplib words a timeout as a disconnection.
        is_late = session.is_cut or isinstance(fault.__context__ or fault, TimeoutError)
        return _retry(late if is_late else f"the connection to {server.host} failed or broke")
    return _handover(server, refused, accepted=True)


class _Session:
    """One connection, which can be cut from another thread."""

    def __init__(self, server: MailServer, timeout_seconds: float) -> None:
        self._server = server
        self._seconds = timeout_seconds
        self._client: smtplib.SMTP | None = None
        self.is_cut = False

    def send(self, mail: EmailMessage, recipients: Sequence[str]) -> Refusals:
        client = self._client = self._connect()
        try:
            if self._server.security == "starttls":
                client.starttls(context=self._context())
            if self._server.login is not None:
                login = self._server.login
                client.login(login.username.reveal(), login.password.reveal())
            return client.send_message(mail, to_addrs=list(recipients))
        finally:
            with contextlib.suppress(OSError, smtplib.SMTPException):
                client.quit()
            client.close()

    def cut(self) -> None:
        """Wake up whoever waits for the server."""
        self.is_cut = True
        found = self._client.sock if self._client is not None else None
        if found is not None:
            with contextlib.suppress(OSError):
                socket.socket.shutdown(found, socket.SHUT_RDWR)

    def _connect(self) -> smtplib.SMTP:
        server = self._server
        if server.security == "tls":
            return smtplib.SMTP_SSL(
                server.host, server.port, timeout=self._seconds, context=self._context()
            )
        return smtplib.SMTP(server.host, server.port, timeout=self._seconds)

    def _context(self) -> ssl.SSLContext:
        return self._server.context or ssl.create_default_context()


def _handover(server: MailServer, refused: Refusals, *, accepted: bool) -> Handover:
    if not refused:
        return Handover(Receipt(DeliveryStatus.DELIVERED, f"{server.host} accepted the mail", 250))
    said = "; ".join(
        f"{address}: {code} {_shown(server, text)}" for address, (code, text) in refused.items()
    )
    detail = f"{server.host} did not accept {said}"
    code = min(code for code, _ in refused.values())
    if is_temporary(code):
        return Handover(Receipt(DeliveryStatus.RETRY, detail, code), refused)
    if accepted:
        return Handover(Receipt(DeliveryStatus.DELIVERED, detail, code, missed=detail), refused)
    return Handover(Receipt(DeliveryStatus.REFUSED, detail, code), refused)


def is_temporary(code: int) -> bool:
    """Whether the server may accept it later."""
    return code < 500


def _answered(server: MailServer, fault: smtplib.SMTPResponseException, fix: str = "") -> Handover:
    text = fault.smtp_error
    said = _shown(server, text if isinstance(text, bytes) else str(text).encode())
    verdict = DeliveryStatus.RETRY if is_temporary(fault.smtp_code) else DeliveryStatus.REFUSED
    detail = f"{server.host} answered {fault.smtp_code} {said}{fix}"
    return Handover(Receipt(verdict, detail, fault.smtp_code))


def _shown(server: MailServer, text: bytes) -> str:
    login = server.login
    return shortened(text, [login.username, login.password] if login else [])


def _retry(detail: str) -> Handover:
    return Handover(Receipt(DeliveryStatus.RETRY, detail))
