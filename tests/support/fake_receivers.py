"""Receivers of webhooks that do as they are told, over real HTTP.

    with FakeReceiver() as receiver:
        receiver.answers(Reply(500), Reply(200))   # in this order, the last one for ever
        ... receiver.url ...
        receiver.requests[0].json()

For services with a memory (GitHub), give `FakeReceiver` a function from request to reply.
"""

from __future__ import annotations

import contextlib
import json
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Request:
    """One request as it came."""

    method: str
    target: str
    """Path and query."""
    headers: Mapping[str, str]
    """By lower-case name."""
    body: bytes

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        return {name: values[-1] for name, values in parse_qs(urlsplit(self.target).query).items()}

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Reply:
    """An answer: a status, and how it goes wrong."""

    status: int = 200
    body: object = ""
    """Text, bytes, or anything else as JSON."""
    headers: Mapping[str, str] = field(default_factory=dict)
    how: Literal["whole", "cut", "stall", "drip", "drip body", "garbage"] = "whole"
    """``cut``: the request is read, and the connection closed; ``stall``: nothing is answered;
    ``drip``: a byte at a time, without an end; ``garbage``: something that is not HTTP."""

    @property
    def content(self) -> bytes:
        if isinstance(self.body, bytes):
            return self.body
        return (self.body if isinstance(self.body, str) else json.dumps(self.body)).encode()


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        if not isinstance(sys.exception(), OSError):  # a client that gave up is no news
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class FakeReceiver:
    """The server, and what it was sent."""

    def __init__(self, service: Callable[[Request], Reply] | None = None) -> None:
        self.requests: list[Request] = []
        self._replies: list[Reply] = [Reply()]
        self._service = service or self._next
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._server = _Server(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def answers(self, *replies: Reply) -> None:
        """What to answer, one after the other, the last one for ever."""
        self._replies = list(replies)

    def __enter__(self) -> FakeReceiver:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()

    def _next(self, _: Request) -> Reply:
        return self._replies.pop(0) if len(self._replies) > 1 else self._replies[0]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                headers = {name.lower(): value for name, value in self.headers.items()}
                request = Request(self.command, self.path, headers, self.rfile.read(length))
                with receiver._lock:
                    receiver.requests.append(request)
                    reply = receiver._service(request)
                with contextlib.suppress(OSError):  # the client may have given up, as it should
                    self.answer(reply)

            def answer(self, reply: Reply) -> None:
                lines = [f"HTTP/1.1 {reply.status} -"]
                lines += [f"{name}: {value}" for name, value in reply.headers.items()]
                lines += [f"Content-Length: {len(reply.content)}", "", ""]
                head = "\r\n".join(lines).encode()
                if reply.how == "whole":
                    self.wfile.write(head + reply.content)
                    return
                self.close_connection = True
                if reply.how == "garbage":
                    self.wfile.write(b"220 mail.example ESMTP\r\n\r\n")
                elif reply.how == "stall":
                    receiver._closing.wait(60)
                elif reply.how == "drip":
                    self.drip(b"HTTP/1.1 200 -\r\nX-Drip: " + b"x" * 60_000)
                elif reply.how == "drip body":
                    self.wfile.write(f"HTTP/1.1 {reply.status} -\r\n\r\n".encode())
                    self.drip(b"x" * 60_000)

            def drip(self, text: bytes) -> None:
                for byte in text:
                    if receiver._closing.wait(0.02):
                        return
                    self.wfile.write(bytes([byte]))

            do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = handle_any  # noqa: N815
            do_CONNECT = handle_any  # noqa: N815 - to be asked as a proxy

            def log_message(self, *_: object) -> None:
                """Nothing: the tests look at `requests`."""

        return Handler
