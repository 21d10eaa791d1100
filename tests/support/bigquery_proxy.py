"""An HTTP proxy before the embedded BigQuery that honours job ids of loads, as BigQuery does.

bqemulator takes any job id and forgets it. Here a load under an id that was seen is answered
`409 Already Exists`, whoever sends it, and jobs.get knows it; the rows land in the real embedded
warehouse. So compare-and-swap, and a write that happens once, are seen from the first byte to
the row in the table.

    with BigQueryProxy(endpoint_of(target)) as proxy:
        proxy.on("state", CutAfter())
        ... proxy.url ...

A fault is for loads whose job id has a word in it, once unless told otherwise.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

HOP_BY_HOP = frozenset({"connection", "content-length", "transfer-encoding", "host", "keep-alive"})


@dataclass(frozen=True)
class CutBefore:
    """The connection breaks before BigQuery has taken the upload: there is no job."""

    times: int = 1


@dataclass(frozen=True)
class CutAfter:
    """The upload is taken and the job runs; its answer is lost."""

    times: int = 1


@dataclass(frozen=True)
class JobFails:
    """The upload is taken, the job fails: nothing is written, and its id is burned."""

    reason: str = "backendError"
    message: str = "The job encountered an error during execution"
    times: int = 1


@dataclass(frozen=True)
class Refused:
    """The request is answered with an error: there is no job."""

    code: int
    reason: str
    message: str
    times: int = 1


@dataclass(frozen=True)
class Runs:
    """The job is not done when the upload is answered, nor at so many polls."""

    polls: int = 2
    times: int = 1


@dataclass
class Load:
    """A load job, by its id."""

    id: str
    resource: dict[str, Any] | None = None
    """None: it runs."""
    polls: int = 0


@dataclass
class Held:
    """Loads that wait at a gate, after (or before) they were written."""

    when: str
    arrived: threading.Event = field(default_factory=threading.Event)
    go: threading.Event = field(default_factory=threading.Event)
    times: int = 1


@dataclass
class _Answer:
    code: int
    headers: Mapping[str, str]
    body: bytes


class BigQueryProxy:
    """The proxy, what it has seen, and what it is told to do.

    Args:
        upstream: the embedded BigQuery.
        honours_job_ids: False: it takes any, as the embedded one does, and only has faults to give.
    """

    def __init__(self, upstream: str, *, honours_job_ids: bool = True) -> None:
        self._honours_job_ids = honours_job_ids
        self.loads: dict[str, Load] = {}
        self.refused: list[str] = []
        """Ids of loads that were answered 409."""
        self.requests: list[str] = []
        self._upstream = urlsplit(upstream)
        self._rules: list[tuple[str, Any, int]] = []
        self._denied: list[tuple[str, str, Refused]] = []
        self._sessions: dict[str, str] = {}
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def on(self, word: str, fault: Any) -> None:
        """What happens to a load that has ``word`` in its job id."""
        self._rules.append((word, fault, fault.times))

    def hold(self, word: str, *, when: str) -> Held:
        """Let such a load wait, ``before`` or ``after`` it is written, until told to go on."""
        held = Held(when)
        self.on(word, held)
        return held

    def deny(self, method: str, path: str, answer: Refused) -> None:
        """Answer each request to a path that matches with an error."""
        self._denied.append((method, path, answer))

    def allow(self) -> None:
        """Deny nothing any more."""
        self._denied.clear()

    def uploads(self, word: str) -> list[str]:
        """The ids of the loads that were taken and have ``word`` in them."""
        return [job_id for job_id in self.loads if word in job_id]

    def __enter__(self) -> BigQueryProxy:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()

    # What each request gets

    def _forward(self, request: BaseHTTPRequestHandler, body: bytes) -> _Answer:
        connection = http.client.HTTPConnection(
            self._upstream.hostname or "127.0.0.1", self._upstream.port, timeout=60
        )
        headers = {k: v for k, v in request.headers.items() if k.lower() not in HOP_BY_HOP}
        try:
            connection.request(request.command, request.path, body=body, headers=headers)
            answer = connection.getresponse()
            return _Answer(answer.status, dict(answer.getheaders()), answer.read())
        finally:
            connection.close()

    def _answer(self, request: BaseHTTPRequestHandler, body: bytes) -> _Answer | None:
        """None: the connection is cut."""
        path = urlsplit(request.path).path
        self.requests.append(f"{request.command} {path}")
        for method, pattern, answer in self._denied:
            if request.command == method and re.search(pattern, path):
                return _refusal(answer)
        if path.startswith("/upload/"):
            if request.command == "POST":
                return self._begin(request, body)
            return self._upload(request, body)
        match = re.search(r"/jobs/([^/]+)$", path)
        known = self._honours_job_ids and match is not None and match[1] in self.loads
        if request.command == "GET" and match and known:
            return _json(self._seen(self.loads[match[1]]))
        return self._forward(request, body)

    def _begin(self, request: BaseHTTPRequestHandler, body: bytes) -> _Answer:
        answer = self._forward(request, body)
        headers = {name.lower(): value for name, value in answer.headers.items()}
        place = urlsplit(headers["location"])
        job_id = json.loads(body)["jobReference"]["jobId"]
        self._sessions[place.query] = job_id
        headers["location"] = f"{self.url}{place.path}?{place.query}"
        return _Answer(answer.code, headers, answer.body)

    def _upload(self, request: BaseHTTPRequestHandler, body: bytes) -> _Answer | None:
        job_id = self._sessions[urlsplit(request.path).query]
        fault = self._fault(job_id)
        if isinstance(fault, Refused):
            return _refusal(fault)
        if isinstance(fault, CutBefore):
            return None
        if isinstance(fault, Held) and fault.when == "before":
            self._wait(fault)
        with self._lock:
            if job_id in self.loads and self._honours_job_ids:
                self.refused.append(job_id)
                return _refusal(Refused(409, "duplicate", f"Already Exists: Job p:US.{job_id}"))
            load = self.loads[job_id] = Load(job_id)
        if isinstance(fault, JobFails):
            load.resource = _failed(job_id, fault)
        else:
            if isinstance(fault, Runs):
                load.polls = fault.polls
            written = json.loads(self._forward(request, body).body)
            written["jobReference"]["jobId"] = job_id
            load.resource = written
        if isinstance(fault, Held) and fault.when == "after":
            self._wait(fault)
        return None if isinstance(fault, CutAfter) else _json(self._seen(load))

    def _wait(self, held: Held) -> None:
        held.arrived.set()
        while not held.go.wait(0.05) and not self._closing.is_set():
            pass

    def _seen(self, load: Load) -> dict[str, Any]:
        if load.resource is None or load.polls > 0:
            load.polls -= 1
            return {
                "kind": "bigquery#job",
                "jobReference": {"projectId": "p", "jobId": load.id, "location": "US"},
                "configuration": {"load": {}, "jobType": "LOAD"},
                "status": {"state": "RUNNING"},
            }
        return load.resource

    def _fault(self, job_id: str) -> Any:
        with self._lock:
            for place, (word, fault, left) in enumerate(self._rules):
                if word in job_id and left > 0:
                    self._rules[place] = (word, fault, left - 1)
                    return fault
        return None

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _do(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
                    body = _dechunked(self.rfile)
                answer = proxy._answer(self, body)
                if answer is None:
                    self.close_connection = True
                    self.connection.close()
                    return
                head = f"HTTP/1.1 {answer.code} -\r\n"
                for name, value in answer.headers.items():
                    if name.lower() not in HOP_BY_HOP:
                        head += f"{name}: {value}\r\n"
                head += f"Content-Length: {len(answer.body)}\r\n\r\n"
                with contextlib.suppress(OSError):  # the client may have been killed
                    # In one piece: head and body apart cost 40 ms.
                    self.wfile.write(head.encode() + answer.body)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _do  # noqa: N815

            def log_message(self, *_: object) -> None:
                """Nothing: the tests look at `requests`."""

        return Handler


def _dechunked(stream: Any) -> bytes:
    body = b""
    while size := int(stream.readline().split(b";")[0], 16):
        body += stream.read(size)
        stream.readline()
    stream.readline()
    return body


def _json(body: Mapping[str, Any], code: int = 200) -> _Answer:
    return _Answer(code, {"Content-Type": "application/json"}, json.dumps(body).encode())


def _refusal(fault: Refused) -> _Answer:
    error = {"reason": fault.reason, "message": fault.message}
    return _json(
        {"error": {"code": fault.code, "message": fault.message, "errors": [error]}}, fault.code
    )


def _failed(job_id: str, fault: JobFails) -> dict[str, Any]:
    error = {"reason": fault.reason, "message": fault.message}
    return {
        "kind": "bigquery#job",
        "jobReference": {"projectId": "p", "jobId": job_id, "location": "US"},
        "configuration": {"load": {}, "jobType": "LOAD"},
        "status": {"state": "DONE", "errorResult": error, "errors": [error]},
    }
