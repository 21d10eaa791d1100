"""A proxy before the embedded BigQuery that counts, and can make each job take longer.

It counts query jobs and the tables that they scan, so that contenders who say nothing of either
can be compared.

With a latency, the answer to each job comes so much later; those of other jobs do not wait for it.
Then a query that was asked before is answered from memory: the embedded BigQuery works at one query
at a time, and what is to be seen is a warehouse that takes a second for each, side by side.
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
    rows: int = 0
    """That were read, of queries' answers."""

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


@dataclass
class _Memory:
    """Answers by what was asked, whatever the job's id."""

    answers: dict[tuple[str, str], tuple[int, list[tuple[str, str]], bytes]] = field(
        default_factory=dict
    )
    jobs: dict[str, str] = field(default_factory=dict)
    """What each job asks, by its id."""

    def asks(self, path: str, body: bytes) -> str | None:
        """The id of the job that a request is about, once its query is known; else None."""
        with contextlib.suppress(ValueError, KeyError, TypeError):
            sent = json.loads(body)
            if query := sent["configuration"].get("query"):
                job_id = sent["jobReference"]["jobId"]
                self.jobs[job_id] = json.dumps(query, sort_keys=True)
                return str(job_id)
        return next((name for name in urlsplit(path).path.split("/") if name in self.jobs), None)

    def key(self, job_id: str, method: str, path: str) -> tuple[str, str]:
        """What is asked of which query."""
        return self.jobs[job_id], f"{method} {path}".replace(job_id, _JOB)


_JOB = "the-job-of-the-benchmark"


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


def _handler(endpoint: str, counted: Counted, latency: float) -> type[BaseHTTPRequestHandler]:
    place = urlsplit(endpoint).netloc
    lock = threading.Lock()
    memory = _Memory()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            statement = _statement(self.command, self.path, body)
            status, headers, content = self.answer(body)
            if statement is not None:
                with lock:
                    counted.statements.append(statement)
                time.sleep(latency)
            elif "/queries/" in self.path:
                with lock, contextlib.suppress(ValueError):
                    counted.rows += len(json.loads(content).get("rows") or ())
            self.send_response(status)
            for name, value in headers:
                if name.lower() not in _HOP:
                    # where an upload goes on must lead through here again
                    self.send_header(name, value.replace(place, self.headers["Host"]))
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            with contextlib.suppress(OSError):
                self.wfile.write(content)

        def answer(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
            job_id = memory.asks(self.path, body) if latency else None
            if job_id is None:
                return self.forward(body)
            key = memory.key(job_id, self.command, self.path)
            if key not in memory.answers:
                status, headers, content = self.forward(body)
                content = content.replace(job_id.encode(), _JOB.encode())
                memory.answers[key] = (status, headers, content)
            status, headers, content = memory.answers[key]
            return status, headers, content.replace(_JOB.encode(), job_id.encode())

        def forward(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
            headers = {k: v for k, v in self.headers.items() if k.lower() not in _HOP}
            connection = http.client.HTTPConnection(place, timeout=120)
            try:
                connection.request(self.command, self.path, body=body, headers=headers)
                answer = connection.getresponse()
                return answer.status, answer.getheaders(), answer.read()
            finally:
                connection.close()

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
