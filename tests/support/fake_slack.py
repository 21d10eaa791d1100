"""A Slack over real HTTP: incoming webhooks and as much of the Web API as alerts use.

It records each request, holds messages to Slack's limits as Slack does (``invalid_blocks``), and
misbehaves where it is told to:

    with FakeSlack() as slack:
        slack.next(Status(503), Status(429, {"Retry-After": "7"}), Stall(2), Cut(after_taking=True))
        ... slack.webhook_url, slack.url (of the Web API), slack.messages ...

What is told by `next` is used up, one a request; then all is well. In a process of its own:
``python -m support.fake_slack --port 0 --log FILE`` prints the addresses as one line of JSON and
writes a line of JSON for each request.
"""

from __future__ import annotations

import argparse
import collections
import contextlib
import json
import re
import signal
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

WEBHOOK_PATH = "/services/T0000/B0000/fake-webhook-secret"
TOKEN = "xoxb-fake-bot-token"
CHANNEL = "C0DATAQUAL"

MOST_BLOCKS = 50
LONGEST_SECTION = 3000
LONGEST_HEADER = 150
LONGEST_FIELD = 2000
LONGEST_TEXT = 40_000
LONGEST_BLOCKS = 13_000
"""Characters of all blocks, as Slack was seen to count them; it documents no number."""
MOST_ATTACHMENTS = 20
"""What Slack recommends at most; it refuses more than 100."""
COLOUR = re.compile(r"#[0-9a-f]{6}")
BLOCK_TYPES = ("actions", "context", "divider", "header", "image", "rich_text", "section")


@dataclass(frozen=True)
class Status:
    """An HTTP status instead of an answer; the message is not taken."""

    code: int
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""


@dataclass(frozen=True)
class Fault:
    """The Web API's ``ok: false`` with HTTP 200; the message is not taken."""

    error: str
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Stall:
    """No answer for so many seconds; the message is taken."""

    seconds: float


@dataclass(frozen=True)
class Cut:
    """The connection ends without an answer, before or after the message was taken."""

    after_taking: bool


@dataclass(frozen=True)
class Lie:
    """200 with something that is not Slack's; the message is not taken."""

    body: str = "<html><body>Please sign in to the network</body></html>"


@dataclass(frozen=True)
class Ok:
    """All is well: to let a request pass before the next behaviour."""


Behaviour = Status | Fault | Stall | Cut | Lie | Ok


@dataclass(frozen=True)
class Received:
    """A request as it came."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]
    at: float
    """Seconds since the epoch."""
    taken: bool
    """Whether it had its effect."""

    @property
    def method(self) -> str:
        """``chat.postMessage``, or ``webhook``."""
        return self.path.removeprefix("/api/") if self.path.startswith("/api/") else "webhook"


class FakeSlack:
    """The server, and what it was told."""

    def __init__(self, *, port: int = 0, log: Path | None = None) -> None:
        self.requests: list[Received] = []
        self.reactions: dict[str, list[dict[str, Any]]] = {}
        """By ``ts``: as ``reactions.get`` gives them."""
        self.users: dict[str, str] = {}
        """Display names by id."""
        self._posted: dict[str, dict[str, Any]] = {}
        self._script: collections.deque[Behaviour] = collections.deque()
        self._always: Behaviour | None = None
        self._log = log
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", port), self._handler())
        self._server.daemon_threads = True

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def url(self) -> str:
        """The base of the Web API."""
        return f"{self.origin}/api/"

    @property
    def webhook_url(self) -> str:
        return f"{self.origin}{WEBHOOK_PATH}"

    @property
    def messages(self) -> list[dict[str, Any]]:
        """The bodies of the messages that were taken, in their order; edits are not among them."""
        return [
            request.body
            for request in self.requests
            if request.taken and request.method in ("webhook", "chat.postMessage")
        ]

    @property
    def edits(self) -> list[dict[str, Any]]:
        """The bodies of the edits that were taken."""
        return [r.body for r in self.requests if r.taken and r.method == "chat.update"]

    def shown(self, ts: str) -> dict[str, Any]:
        """A bot's message as it now stands."""
        return self._posted[ts]

    def next(self, *behaviours: Behaviour) -> None:
        """What to do at the next requests, one each."""
        self._script.extend(behaviours)

    def always(self, behaviour: Behaviour | None) -> None:
        """What to do at every request from now on; None: answer well again."""
        self._always = behaviour

    def __enter__(self) -> FakeSlack:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()

    # What each request gets

    def _answer(self, path: str, headers: dict[str, str], body: dict[str, Any], out: _Out) -> None:
        with self._lock:
            behaviour = self._always or (self._script.popleft() if self._script else Ok())
            takes = isinstance(behaviour, Ok | Stall) or (
                isinstance(behaviour, Cut) and behaviour.after_taking
            )
            is_webhook = not path.startswith("/api/")
            status, answer = 200, {"ok": False, "error": "not_run"}
            if takes and is_webhook:
                status, text = self._webhook(path, body)
                answer = {"text": text, "ok": status == 200}
            elif takes:
                answer = self._api(path.removeprefix("/api/"), headers, body)
            self._record(Received(path, headers, body, time.time(), takes and answer["ok"]))
        match behaviour:
            case Status():
                return out.send(behaviour.code, behaviour.body, behaviour.headers)
            case Fault():
                fault = json.dumps({"ok": False, "error": behaviour.error})
                return out.send(200, fault, behaviour.headers, "application/json")
            case Lie():
                return out.send(200, behaviour.body, {}, "text/html")
            case Cut():
                return out.hang_up()
            case Stall():
                self._closing.wait(behaviour.seconds)
            case Ok():
                pass
        if is_webhook:
            return out.send(status, answer["text"], {})
        return out.send(200, json.dumps(answer), {}, "application/json; charset=utf-8")

    def _webhook(self, path: str, body: dict[str, Any]) -> tuple[int, str]:
        if not path.startswith("/services/"):
            return 404, "no_service"
        fault = what_is_wrong(body)
        return (400, fault) if fault else (200, "ok")

    def _api(self, method: str, headers: dict[str, str], body: dict[str, Any]) -> dict[str, Any]:
        if headers.get("authorization") != f"Bearer {TOKEN}":
            return {"ok": False, "error": "invalid_auth"}
        if method == "auth.test":
            return {"ok": True, "user": "plumbline", "user_id": "U0BOT", "team": "fake"}
        if method == "chat.postMessage":
            if not body.get("channel"):
                return {"ok": False, "error": "channel_not_found"}
            if fault := what_is_wrong(body):
                return {"ok": False, "error": fault}
            ts = f"1770000000.{len(self._posted) + 1:06d}"
            self._posted[ts] = dict(body)
            return {"ok": True, "channel": CHANNEL, "ts": ts, "message": {"text": body["text"]}}
        if method == "chat.update":
            if body.get("ts") not in self._posted or body.get("channel") != CHANNEL:
                return {"ok": False, "error": "message_not_found"}
            if fault := what_is_wrong(body):
                return {"ok": False, "error": fault}
            self._posted[body["ts"]] |= body
            return {"ok": True, "channel": CHANNEL, "ts": body["ts"]}
        if method == "reactions.get":
            ts = body.get("timestamp", "")
            if ts not in self._posted:
                return {"ok": False, "error": "message_not_found"}
            message = {"ts": ts, "reactions": self.reactions.get(ts, [])}
            return {"ok": True, "type": "message", "channel": CHANNEL, "message": message}
        if method == "users.info":
            user = body.get("user", "")
            if user not in self.users:
                return {"ok": False, "error": "missing_scope"}
            return {"ok": True, "user": {"id": user, "profile": {"display_name": self.users[user]}}}
        return {"ok": False, "error": "unknown_method"}

    def _record(self, received: Received) -> None:
        self.requests.append(received)
        if self._log is not None:
            line = json.dumps(
                {
                    "path": received.path,
                    "method": received.method,
                    "headers": received.headers,
                    "body": received.body,
                    "at": received.at,
                    "taken": received.taken,
                }
            )
            with self._log.open("a", encoding="utf-8") as file:
                file.write(line + "\n")

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        slack = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                parts = urlsplit(self.path)
                body: dict[str, Any] = dict(parse_qsl(parts.query))
                kind = self.headers.get("Content-Type", "")
                if kind.startswith("application/json"):
                    with contextlib.suppress(ValueError):
                        body |= json.loads(raw or b"{}")
                else:
                    body |= dict(parse_qsl(raw.decode(errors="replace")))
                headers = {name.lower(): value for name, value in self.headers.items()}
                slack._answer(parts.path, headers, body, _Out(self))

            do_GET = do_POST  # noqa: N815

            def log_message(self, *_: object) -> None:
                pass

        return Handler


class _Out:
    """The way back to one client."""

    def __init__(self, handler: BaseHTTPRequestHandler) -> None:
        self._handler = handler

    def send(self, code: int, body: str, headers: dict[str, str], kind: str = "text/plain") -> None:
        raw = body.encode()
        with contextlib.suppress(OSError):
            self._handler.send_response(code)
            for name, value in {"Content-Type": kind, **headers}.items():
                self._handler.send_header(name, value)
            self._handler.send_header("Content-Length", str(len(raw)))
            self._handler.end_headers()
            self._handler.wfile.write(raw)

    def hang_up(self) -> None:
        self._handler.close_connection = True


def what_is_wrong(body: dict[str, Any]) -> str | None:
    """Slack's name for what breaks its limits; None when nothing does."""
    text, blocks = body.get("text") or "", body.get("blocks")
    if not text and not blocks:
        return "no_text"
    if len(text) > LONGEST_TEXT:
        return "msg_too_long"
    attachments = body.get("attachments") or []
    if blocks is None and not attachments:
        return None
    if len(attachments) > MOST_ATTACHMENTS:
        return "too_many_attachments"
    for attachment in attachments:
        if not COLOUR.fullmatch(attachment["color"]) or set(attachment) != {"color", "blocks"}:
            return "invalid_attachments"
    found = [*(blocks or []), *(block for one in attachments for block in one["blocks"])]
    if len(json.dumps(found)) > LONGEST_BLOCKS:
        return "msg_blocks_too_long"
    if len(found) > MOST_BLOCKS or not all(map(_is_block, found)):
        return "invalid_blocks"
    return None


def _is_block(block: Any) -> bool:
    if not isinstance(block, dict) or block.get("type") not in BLOCK_TYPES:
        return False
    kind = block["type"]
    if kind == "header":
        return _is_text(block.get("text"), LONGEST_HEADER, ("plain_text",))
    if kind == "section":
        fields = block.get("fields", [])
        if "text" not in block and not fields:
            return False
        return ("text" not in block or _is_text(block["text"], LONGEST_SECTION)) and (
            len(fields) <= 10 and all(_is_text(one, LONGEST_FIELD) for one in fields)
        )
    if kind == "context":
        elements = block.get("elements", [])
        return 1 <= len(elements) <= 10 and all(_is_text(one, LONGEST_SECTION) for one in elements)
    return True


def _is_text(text: Any, longest: int, kinds: tuple[str, ...] = ("mrkdwn", "plain_text")) -> bool:
    return (
        isinstance(text, dict)
        and text.get("type") in kinds
        and isinstance(text.get("text"), str)
        and 1 <= len(text["text"]) <= longest
        and not ("verbatim" in text and text["type"] != "mrkdwn")
        and not ("emoji" in text and text["type"] != "plain_text")
    )


def main() -> None:
    """Serve until the process is told to end."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--log", type=Path, required=True)
    parser.add_argument("--status", type=int, help="answer every request with this status")
    arguments = parser.parse_args()
    done = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: done.set())
    with FakeSlack(port=arguments.port, log=arguments.log) as slack:
        if arguments.status:
            slack.always(Status(arguments.status))
        print(json.dumps({"url": slack.url, "webhook_url": slack.webhook_url}), flush=True)
        done.wait()


if __name__ == "__main__":
    main()
