"""A proxy before the embedded BigQuery that counts, and can make each job take longer.

It counts query jobs and the tables that they scan, so that contenders who say nothing of either
can be compared. With a latency, the answer to each job comes so much later; those of other jobs do
not wait for it.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import re
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

LEAST_BILLED = 10 * 1024**2
"""Bytes that BigQuery bills of each table that a query reads, at least."""

_HOP = frozenset({"connection", "content-length", "transfer-encoding", "host", "keep-alive"})


@dataclass
class Counted:
    """What went through."""

    statements: list[str] = field(default_factory=list)

    @property
    def jobs(self) -> int:
        """Query jobs."""
        return len(self.statements)

    @property
    def scans(self) -> int:
        """Readings of tables in them."""
        return sum(map(scans_in, self.statements))

    @property
    def least_bytes(self) -> int:
        """An estimate: what BigQuery would bill at least, however small the tables are."""
        return self.scans * LEAST_BILLED


def scans_in(sql: str) -> int:
    """How many times a statement reads a table; what a statement makes itself is none."""
    import sqlglot
    from sqlglot import exp

    found = 0
    for tree in sqlglot.parse(sql, read="bigquery"):
        if tree is None:
            continue
        named = {cte.alias for cte in tree.find_all(exp.CTE)}
        made = {table.name for create in tree.find_all(exp.Create) for table in [create.this]}
        for table in tree.find_all(exp.Table):
            is_of_us = table.name in named | made or isinstance(table.parent, exp.Create)
            found += not is_of_us and bool(table.name)
    return found


@contextlib.contextmanager
def forwarding(endpoint: str, *, latency: float = 0.0) -> Iterator[tuple[str, Counted]]:
    """A proxy to ``endpoint``: its address, and what it counts.

    Args:
        endpoint: of the embedded BigQuery.
        latency: seconds that each query job takes longer.
    """
    counted = Counted()
    server = _Server(("127.0.0.1", 0), _handler(endpoint, counted, latency))
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", counted
    finally:
        server.shutdown()
        server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


def _handler(endpoint: str, counted: Counted, latency: float) -> type[BaseHTTPRequestHandler]:
    place = urlsplit(endpoint).netloc
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            statement = _statement(self.command, self.path, body)
            headers = {k: v for k, v in self.headers.items() if k.lower() not in _HOP}
            connection = http.client.HTTPConnection(place, timeout=120)
            try:
                connection.request(self.command, self.path, body=body, headers=headers)
                answer = connection.getresponse()
                content = answer.read()
            finally:
                connection.close()
            if statement is not None:
                with lock:
                    counted.statements.append(statement)
                time.sleep(latency)
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in _HOP:
                    # where an upload goes on must lead through here again
                    self.send_header(name, value.replace(place, self.headers["Host"]))
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            with contextlib.suppress(OSError):
                self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = handle_any  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Silent."""

    return Handler


def _statement(method: str, path: str, body: bytes) -> str | None:
    """The SQL of a request that starts a query job; None of any other."""
    if method != "POST" or not re.search(r"/(jobs|queries)$", urlsplit(path).path):
        return None
    try:
        sent = json.loads(body)
    except ValueError:
        return None
    if "configuration" in sent:
        query = sent["configuration"].get("query")
        return None if query is None or sent["configuration"].get("dryRun") else query["query"]
    return None if sent.get("dryRun") else sent.get("query")
