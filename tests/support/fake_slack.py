"""Slack, as far as plumbline uses it, over real HTTP: it takes, refuses, stalls and lies as told.

    with FakeSlack() as slack:
        slack.answers(Answer(500), Answer())      # the next two; then it is well
        ... post to slack.webhook_url + "error" ...
        slack.messages[0].body["text"]

It checks every message against Slack's limits and answers ``invalid_blocks`` as Slack does.

    python -m support.fake_slack --log FILE       # a process of its own; a line of JSON a request
"""

from __future__ import annotations

import argparse
import json
import socket
import threading
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit

SECRET = "T00000000/B00000000/XXXXXXXXsecretXXXXXXXX"
TOKEN = "xoxb-000000000000-secret"

MOST_BLOCKS = 50
LONGEST = {"header": 150, "section": 3000, "context": 3000}
LONGEST_TEXT = 40_000


@dataclass(frozen=True)
class Posted:
    """One request that was read whole."""

    path: str
    headers: Mapping[str, str]
    body: Mapping[str, Any]
    fault: str | None = None
    """Which limit of Slack's it breaks."""


@dataclass(frozen=True)
class Answer:
    """How one request is answered."""

    status: int = 200
    body: str | None = None
    """None: as Slack does."""
    headers: Mapping[str, str] = field(default_factory=dict)
    how: Literal["answer", "stall", "cut"] = "answer"
    """``cut``: the message is taken, and the connection closed before the answer."""


class FakeSlack:
    """A server for the length of a ``with``."""

    def __init__(self, *, port: int = 0, log: Path | None = None) -> None:
        self.messages: list[Posted] = []
        """What was taken: answered with success, or taken and the answer lost."""
        self.requests: list[Posted] = []
        self.reactions: dict[str, list[dict[str, Any]]] = {}
        """By ``ts``: as ``reactions.get`` gives them."""
        self._answers: list[Answer] = []
        self._always: Answer | None = None
        self._log = log
        self._lock = threading.Lock()
        self._count = 0
        self._closing = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                outer._handle(self)

            do_GET = do_POST

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._server.daemon_threads = True

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def webhook_url(self) -> str:
        """Of an incoming webhook; a word behind it tells several apart."""
        return f"{self.url}/services/{SECRET}/"

    @property
    def api_url(self) -> str:
        return f"{self.url}/api/"

    def answers(self, *answers: Answer, always: Answer | None = None) -> None:
        """How the next requests are answered, and afterwards all (None: well)."""
        with self._lock:
            self._answers, self._always = list(answers), always

    def to(self, word: str) -> list[Posted]:
        """What was taken at one webhook."""
        return [message for message in self.messages if message.path.endswith(f"/{word}")]

    def __enter__(self) -> FakeSlack:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()

    def _handle(self, request: BaseHTTPRequestHandler) -> None:
        raw = request.rfile.read(int(request.headers.get("Content-Length") or 0))
        parts = urlsplit(request.path)
        try:
            body = json.loads(raw) if raw else {}
        except ValueError:
            body = {name: values[-1] for name, values in parse_qs(raw.decode()).items()}
        body |= {name: values[-1] for name, values in parse_qs(parts.query).items()}
        posted = Posted(parts.path, dict(request.headers), body, fault_of(parts.path, body))
        with self._lock:
            answer = self._answers.pop(0) if self._answers else self._always or Answer()
            self.requests.append(posted)
            taken = answer.how == "cut" or (answer.how == "answer" and answer.status == 200)
            if taken and posted.fault is None and not parts.path.endswith(".get"):
                self.messages.append(posted)
                self._count += 1
            number = self._count
            if self._log is not None:
                with self._log.open("a") as log:
                    log.write(
                        json.dumps({"taken": taken, "at": time.time(), **asdict(posted)}) + "\n"
                    )
        if answer.how == "stall":
            self._closing.wait(60)
            return
        if answer.how == "cut":
            request.connection.shutdown(socket.SHUT_RDWR)
            return
        status, text = self._answer(posted, answer, number)
        content = text.encode()
        request.send_response(status)
        for name, value in answer.headers.items():
            request.send_header(name, value)
        kind = "application/json" if "/api/" in posted.path else "text/html"
        request.send_header("Content-Type", kind)
        request.send_header("Content-Length", str(len(content)))
        request.end_headers()
        request.wfile.write(content)

    def _answer(self, posted: Posted, answer: Answer, number: int) -> tuple[int, str]:
        if answer.body is not None:
            return answer.status, answer.body
        if "/api/" not in posted.path:
            if answer.status != 200:
                return answer.status, {404: "no_service", 403: "action_prohibited"}.get(
                    answer.status, "internal_error"
                )
            return (400, posted.fault) if posted.fault else (200, "ok")
        if answer.status != 200:
            return answer.status, json.dumps({"ok": False, "error": "internal_error"})
        if posted.fault:
            return 200, json.dumps({"ok": False, "error": posted.fault})
        if posted.path.endswith("reactions.get"):
            found = self.reactions.get(str(posted.body.get("timestamp")), [])
            return 200, json.dumps({"ok": True, "message": {"reactions": found}})
        ts = str(posted.body.get("ts") or f"17000000{number:02d}.000100")
        return 200, json.dumps({"ok": True, "ts": ts, "channel": "C0001"})


def fault_of(path: str, body: Mapping[str, Any]) -> str | None:
    """What Slack would not take, by its documented limits; None: it takes it."""
    if path.endswith((".get", ".test")):
        return None
    if not body.get("text") and not body.get("blocks"):
        return "no_text"
    if len(str(body.get("text", ""))) > LONGEST_TEXT:
        return "msg_too_long"
    blocks = body.get("blocks") or []
    if len(blocks) > MOST_BLOCKS or not all(_is_fine(block) for block in blocks):
        return "invalid_blocks"
    return None


def _is_fine(block: Mapping[str, Any]) -> bool:
    kind = block.get("type")
    if kind == "divider":
        return True
    if kind == "header":
        text = block.get("text", {})
        return text.get("type") == "plain_text" and _fits(text, LONGEST["header"])
    if kind == "section":
        fields = block.get("fields", [])
        texts = [block["text"]] if "text" in block else []
        return (
            bool(texts or fields)
            and len(fields) <= 10
            and all(_fits(text, 3000) for text in texts)
            and all(_fits(text, 2000) for text in fields)
        )
    if kind == "context":
        elements = block.get("elements", [])
        return 0 < len(elements) <= 10 and all(_fits(text, 3000) for text in elements)
    return False


def _fits(text: Mapping[str, Any], longest: int) -> bool:
    return text.get("type") in ("plain_text", "mrkdwn") and 0 < len(text.get("text", "")) <= longest


def main() -> None:
    """A server of its own, until it is killed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--log", type=Path)
    arguments = parser.parse_args()
    with FakeSlack(port=arguments.port, log=arguments.log) as slack:
        print(slack.webhook_url, flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    main()
