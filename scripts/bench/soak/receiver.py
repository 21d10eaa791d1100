"""Where alerts go: a receiver in a process of its own, so that its sockets are not counted here."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

_PROGRAM = """
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

class Ok(BaseHTTPRequestHandler):
    taken = 0

    def do_GET(self):
        self.answer(str(Ok.taken).encode())

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        Ok.taken += 1
        self.answer(b"ok")

    def answer(self, text):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *args):
        pass

server = ThreadingHTTPServer(("127.0.0.1", 0), Ok)
print(server.server_address[1], flush=True)
server.serve_forever()
"""


@dataclass(frozen=True)
class Receiver:
    """A receiver that says ``ok`` to everything, as Slack does."""

    address: str

    def taken(self) -> int:
        """Requests so far."""
        import urllib.request

        with urllib.request.urlopen(self.address, timeout=10) as answer:
            return int(answer.read())


@contextmanager
def open_receiver() -> Iterator[Receiver]:
    """A receiver that lives as long as the block."""
    with subprocess.Popen(
        [sys.executable, "-c", _PROGRAM], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            port = int(process.stdout.readline())
            yield Receiver(f"http://127.0.0.1:{port}/")
        finally:
            process.terminate()
