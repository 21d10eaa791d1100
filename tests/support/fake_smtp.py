"""An SMTP server over real sockets, which holds mail to the RFCs as strict servers do.

    with FakeSmtp() as smtp:
        smtp.answers("RCPT", "450 4.2.0 greylisted")    # instead of the next RCPT's own answer
        ... smtp.host, smtp.port, smtp.mails ...

It refuses a login or a mail before STARTTLS (``tls``), a mail before the login (``login``), lines
longer than 998 octets, bare line feeds, 8-bit text that was not announced, and mail above SIZE.
"""

from __future__ import annotations

import base64
import contextlib
import datetime as dt
import email
import ipaddress
import re
import socketserver
import ssl
import threading
from collections import defaultdict
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Literal, cast

USERNAME, PASSWORD = "mailer", "s3cretPASSWORD0123"
MOST_BYTES = 1_000_000
LONGEST_LINE = 998


@dataclass(frozen=True)
class Mail:
    """One mail that was accepted."""

    sender: str
    recipients: tuple[str, ...]
    raw: bytes
    encrypted: bool

    @property
    def parsed(self) -> EmailMessage:
        """With its headers decoded."""
        return cast(EmailMessage, email.message_from_bytes(self.raw, policy=SMTP))

    def text(self, kind: Literal["plain", "html"]) -> str:
        """One of its parts."""
        part = self.parsed.get_body((kind,))
        assert part is not None
        return str(part.get_content()).replace("\r\n", "\n")


class FakeSmtp:
    """The server, and the mails that it accepted.

    Args:
        tls: whether it offers STARTTLS and wants it; ``implicit``: it speaks TLS from the start.
        login: whether it wants a login.
    """

    def __init__(self, *, tls: bool | Literal["implicit"] = False, login: bool = False) -> None:
        self.tls = tls
        self.login = login
        self.mails: list[Mail] = []
        self.commands: list[str] = []
        self._answers: dict[str, list[str]] = defaultdict(list)
        self.closing = threading.Event()
        server = self

        class Handler(_Session):
            fake = server

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True
            allow_reuse_address = True

            def handle_error(self, *_: object) -> None:
                """A client that gave up is no news."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self.host = "127.0.0.1"
        self.port = int(self._server.server_address[1])

    def answers(self, command: str, *lines: str) -> None:
        """Instead of its own answers to ``command``; ``cut`` closes, ``stall`` says nothing."""
        self._answers[command] += lines

    def answer(self, command: str) -> str | None:
        """What was asked for, once."""
        return self._answers[command].pop(0) if self._answers[command] else None

    def __enter__(self) -> FakeSmtp:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()


class _EndError(Exception):
    """The connection is over."""


class _Session(socketserver.StreamRequestHandler):
    fake: FakeSmtp

    def setup(self) -> None:
        self.encrypted = False
        self.is_known = False
        self.sender = ""
        self.recipients: list[str] = []
        self.eight_bit = False
        if self.fake.tls == "implicit":
            self._encrypt()
        super().setup()

    def handle(self) -> None:
        with contextlib.suppress(_EndError, OSError):
            self._say(self.fake.answer("CONNECT") or "220 fake.example ESMTP")
            while line := self.rfile.readline():
                self._obey(line)

    def finish(self) -> None:
        with contextlib.suppress(OSError):
            super().finish()

    def _obey(self, line: bytes) -> None:
        text = line.decode("ascii", "replace").rstrip("\r\n")
        name = text.split(" ")[0].upper()
        self.fake.commands.append(name)
        told = None if name == "DATA" else self.fake.answer(name)
        if told is not None:
            self._say(told)
            return
        handle = getattr(self, f"do_{name.lower()}", None)
        self._say(handle(text) if handle else "502 5.5.1 unknown command")
        if name == "STARTTLS" and self.fake.tls:
            self._encrypt()
            super().setup()
        elif name == "QUIT":
            raise _EndError

    def _say(self, text: str) -> None:
        if text == "cut":
            raise _EndError
        if text == "stall":
            self.fake.closing.wait(30)
            raise _EndError
        self.wfile.write(text.replace("\n", "\r\n").encode() + b"\r\n")

    def _encrypt(self) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate())
        self.request = context.wrap_socket(self.request, server_side=True)
        self.encrypted = True

    def do_ehlo(self, _: str) -> str:
        offers = ["fake.example", "8BITMIME", f"SIZE {MOST_BYTES}"]
        if self.fake.tls and not self.encrypted:
            offers.append("STARTTLS")
        if self.fake.login and (self.encrypted or not self.fake.tls):
            offers.append("AUTH PLAIN")
        return "\n".join(
            f"250{' ' if place == len(offers) - 1 else '-'}{offer}"
            for place, offer in enumerate(offers)
        )

    def do_starttls(self, _: str) -> str:
        return "220 go ahead" if self.fake.tls else "502 5.5.1 not offered"

    def do_auth(self, text: str) -> str:
        if self.fake.tls and not self.encrypted:
            return "538 5.7.11 encryption required"
        _, user, password = base64.b64decode(text.split(" ")[2]).decode().split("\0")
        self.is_known = (user, password) == (USERNAME, PASSWORD)
        if self.is_known:
            return "235 2.7.0 welcome"
        return f"535 5.7.8 bad credentials: {password}"  # a server that repeats what it was given

    def do_mail(self, text: str) -> str:
        if self.fake.tls and not self.encrypted:
            return "530 5.7.0 must issue STARTTLS first"
        if self.fake.login and not self.is_known:
            return "530 5.7.0 authentication required"
        size = re.search(r"SIZE=(\d+)", text, re.IGNORECASE)
        if size and int(size[1]) > MOST_BYTES:
            return "552 5.3.4 too large"
        self.sender = text.partition("<")[2].partition(">")[0]
        self.recipients = []
        self.eight_bit = "8BITMIME" in text.upper()
        return "250 2.1.0 ok"

    def do_rcpt(self, text: str) -> str:
        self.recipients.append(text.partition("<")[2].partition(">")[0])
        return "250 2.1.5 ok"

    def do_data(self, _: str) -> str:
        if not self.recipients:
            return "503 5.5.1 no recipients"
        self._say("354 go on")
        lines: list[bytes] = []
        while (line := self.rfile.readline()) != b".\r\n":
            if not line:
                raise _EndError
            lines.append(line[1:] if line.startswith(b".") else line)
        told = self.fake.answer("DATA")
        return told or self._taken(lines)

    def _taken(self, lines: list[bytes]) -> str:
        if any(not line.endswith(b"\r\n") for line in lines):
            return "550 5.6.11 bare line feed"
        if any(len(line) > LONGEST_LINE + 2 for line in lines):
            return "550 5.6.0 line too long"
        raw = b"".join(lines)
        if len(raw) > MOST_BYTES:
            return "552 5.3.4 too large"
        if not self.eight_bit and not raw.isascii():
            return "550 5.6.1 8-bit text was not announced"
        mail = Mail(self.sender, tuple(self.recipients), raw, self.encrypted)
        fault = _fault_of_headers(mail.parsed)
        if fault:
            return f"550 5.6.0 {fault}"
        self.fake.mails.append(mail)
        return "250 2.0.0 queued"

    def do_rset(self, _: str) -> str:
        return "250 2.0.0 ok"

    def do_quit(self, _: str) -> str:
        return "221 2.0.0 bye"


def _fault_of_headers(mail: EmailMessage) -> str | None:
    for name in ("From", "To", "Subject", "Date", "Message-ID"):
        if len(mail.get_all(name, [])) != 1:
            return f"{name} must stand once"
    return None


def trusting() -> ssl.SSLContext:
    """Of a client that trusts the server's certificate."""
    return ssl.create_default_context(cafile=str(certificate()))


@cache
def certificate() -> Path:
    """A file with key and certificate for 127.0.0.1, made once a process."""
    import tempfile

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "fake.example")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=2))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    file = Path(tempfile.mkdtemp(prefix="fake-smtp-")) / "certificate.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    file.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return file
