"""A BigQuery that stalls where it is told to: a stand-in over real HTTP, one thread a request.

bqemulator serves one query at a time and ignores job ids, so what jobs do side by side, and what a
repeated job id does, is proved against this one. It speaks as much of the REST API (v2) as the
Google client uses for a query: jobs.insert, jobs.get, jobs.cancel, jobs.getQueryResults.

    with StallingBigQuery() as bigquery:
        bigquery.on("slow_monitor", Stall(seconds=60))
        ... bigquery.url ...

What it does for a query is chosen by a word in its SQL; without a word it answers one row, `n = 1`.
"""

from __future__ import annotations

import contextlib
import json
import re
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

ONE_ROW = {"schema": {"fields": [{"name": "n", "type": "INTEGER"}]}, "rows": [{"f": [{"v": "1"}]}]}


@dataclass(frozen=True)
class Answer:
    """Rows, as BigQuery writes them."""

    body: dict[str, Any] = field(default_factory=lambda: ONE_ROW)
    bytes_billed: int = 10 * 1024**2
    after: float = 0.0
    """Seconds that the query takes; polls say "not complete" until then."""
    beside: int = 0
    """How many jobs there must have been before it is complete."""
    total_rows: int | None = None
    """What it says that there are; None: as many as it sends."""


@dataclass(frozen=True)
class Stall:
    """No answer for so long: to the insert, or to every poll for results."""

    seconds: float
    at: str = "results"


@dataclass(frozen=True)
class Drip:
    """An answer that comes a byte at a time, so that no read ever times out."""

    seconds: float


@dataclass(frozen=True)
class HttpFault:
    """The insert is answered with an error, ``times`` times (None: for ever)."""

    code: int
    reason: str | None
    message: str
    times: int | None = None
    html: bool = False


@dataclass(frozen=True)
class JobFault:
    """The insert is accepted, the job then fails."""

    reason: str
    message: str


@dataclass(frozen=True)
class LostAnswer:
    """The insert arrives and the job runs, but the connection breaks before its answer."""


@dataclass
class Job:
    """A job as it was inserted."""

    reference: dict[str, Any]
    sql: str
    configuration: dict[str, Any]
    inserted_at: float
    cancelled: bool = False

    @property
    def id(self) -> str:
        return str(self.reference["jobId"])


class StallingBigQuery:
    """The server, and what it has seen."""

    def __init__(self) -> None:
        self.jobs: dict[str, Job] = {}
        self.inserts = 0
        self.requests: list[str] = []
        self.cancelled = threading.Event()
        self._rules: dict[str, object] = {}
        self._faults_left: dict[str, int] = {}
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def on(self, word: str, behaviour: object) -> None:
        """What to do for a query that has ``word`` in its SQL."""
        self._rules[word] = behaviour

    def job_of(self, word: str) -> Job:
        """The job whose SQL has ``word``."""
        (found,) = [job for job in self.jobs.values() if word in job.sql]
        return found

    def __enter__(self) -> StallingBigQuery:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()

    # What each request gets

    def _behaviour(self, sql: str) -> object:
        for word, behaviour in self._rules.items():
            if word in sql:
                return behaviour
        return Answer()

    def _insert(self, body: dict[str, Any], out: _Out) -> None:
        configuration = body["configuration"]
        sql = configuration["query"]["query"]
        job_id = body["jobReference"]["jobId"]
        behaviour = self._behaviour(sql)
        with self._lock:
            self.inserts += 1
            if isinstance(behaviour, HttpFault) and self._fault_is_due(sql, behaviour):
                return out.fault(behaviour)
            if job_id in self.jobs:
                known = HttpFault(409, "duplicate", f"Already Exists: Job {job_id}")
                return out.fault(known)
            job = Job(body["jobReference"], sql, configuration, inserted_at=time.monotonic())
            self.jobs[job_id] = job
        if isinstance(behaviour, LostAnswer):
            return out.hang_up()
        if isinstance(behaviour, Stall) and behaviour.at == "insert":
            self._closing.wait(behaviour.seconds)
        return out.json(self._job(job, behaviour))

    def _fault_is_due(self, sql: str, fault: HttpFault) -> bool:
        if fault.times is None:
            return True
        left = self._faults_left.setdefault(sql, fault.times)
        self._faults_left[sql] = left - 1
        return left > 0

    def _job(self, job: Job, behaviour: object) -> dict[str, Any]:
        dry = bool(job.configuration.get("dryRun"))
        done = dry or isinstance(behaviour, JobFault) or self._is_done(job, behaviour)
        status: dict[str, Any] = {"state": "DONE" if done else "RUNNING"}
        if isinstance(behaviour, JobFault):
            status["errorResult"] = {"reason": behaviour.reason, "message": behaviour.message}
            status["errors"] = [status["errorResult"]]
        billed = behaviour.bytes_billed if isinstance(behaviour, Answer) else 0
        return {
            "kind": "bigquery#job",
            "id": f"p:US.{job.id}",
            "jobReference": job.reference,
            "configuration": job.configuration,
            "status": status,
            "statistics": {
                "totalBytesProcessed": "123",
                "query": {"totalBytesBilled": str(billed), "totalBytesProcessed": "123"},
            },
        }

    def _results(self, job: Job, out: _Out) -> None:
        behaviour = self._behaviour(job.sql)
        if isinstance(behaviour, Stall):
            self._closing.wait(behaviour.seconds)
        done = self._is_done(job, behaviour)
        if not done:
            self._closing.wait(0.05)
        body: dict[str, Any] = {
            "kind": "bigquery#getQueryResultsResponse",
            "jobReference": job.reference,
            "jobComplete": done,
        }
        if done:
            answer = behaviour.body if isinstance(behaviour, Answer) else ONE_ROW
            said = behaviour.total_rows if isinstance(behaviour, Answer) else None
            body |= answer | {"totalRows": str(said or len(answer["rows"]))}
        if isinstance(behaviour, Drip):
            return out.drip(body, behaviour.seconds, self._closing)
        return out.json(body)

    def _is_done(self, job: Job, behaviour: object) -> bool:
        if isinstance(behaviour, Answer):
            took = time.monotonic() - job.inserted_at
            return took >= behaviour.after and len(self.jobs) >= behaviour.beside
        return not isinstance(behaviour, Stall)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                text = self.rfile.read(length) or b"{}"
                path = self._path()
                if match := re.search(r"/jobs/([^/]+)/cancel$", path):
                    server.jobs[match[1]].cancelled = True
                    server.cancelled.set()
                    job = server.jobs[match[1]]
                    return _Out(self).json({"job": server._job(job, Answer())})
                return server._insert(json.loads(text), _Out(self))

            def do_GET(self) -> None:
                path = self._path()
                if match := re.search(r"/jobs/([^/]+)$", path):
                    job = server.jobs[match[1]]
                    return _Out(self).json(server._job(job, server._behaviour(job.sql)))
                if match := re.search(r"/queries/([^/]+)$", path):
                    return server._results(server.jobs[match[1]], _Out(self))
                return _Out(self).json({"datasets": []})

            def _path(self) -> str:
                parts = urlsplit(self.path)
                server.requests.append(f"{self.command} {parts.path} {parse_qs(parts.query)}")
                return parts.path

            def log_message(self, *_: object) -> None:
                """Nothing: the tests look at `requests`."""

        return Handler


class _Out:
    """How an answer is written."""

    def __init__(self, handler: BaseHTTPRequestHandler) -> None:
        self._handler = handler

    def json(self, body: dict[str, Any], code: int = 200) -> None:
        self._write(code, "application/json", json.dumps(body).encode())

    def fault(self, fault: HttpFault) -> None:
        if fault.html:
            return self._write(fault.code, "text/html", fault.message.encode())
        error: dict[str, Any] = {"code": fault.code, "message": fault.message}
        if fault.reason:
            error["errors"] = [{"reason": fault.reason, "message": fault.message}]
        return self.json({"error": error}, fault.code)

    def hang_up(self) -> None:
        self._handler.close_connection = True
        self._handler.connection.close()

    def drip(self, body: dict[str, Any], seconds: float, closing: threading.Event) -> None:
        text = json.dumps(body).encode()
        self._handler.wfile.write(self._head(200, "application/json", len(text)))
        expires = time.monotonic() + seconds
        try:
            for byte in text:
                if time.monotonic() > expires or closing.wait(0.2):
                    break
                self._handler.wfile.write(bytes([byte]))
        except OSError:
            pass  # the client has given up, as it should

    def _write(self, code: int, kind: str, text: bytes) -> None:
        with contextlib.suppress(OSError):  # the client may have given up, as it should
            # In one piece: head and body apart cost 40 ms (Nagle and delayed acknowledgement).
            self._handler.wfile.write(self._head(code, kind, len(text)) + text)

    def _head(self, code: int, kind: str, length: int) -> bytes:
        return (
            f"HTTP/1.1 {code} -\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\r\n"
        ).encode()
