"""A recording HTTP proxy between plumbline and the embedded BigQuery, which answers as BigQuery does.

It records every request, and holds each against Google's own description of the API
(`api_description`): one that BigQuery would not understand fails the test at the end of the block.
It honours job ids, which bqemulator takes and forgets: a job under an id that was seen is answered
`409 Already Exists`, whoever sends it, and jobs.get knows it; what is done is done in the real
embedded warehouse. So compare-and-swap, a write that happens once, and a query that is paid once,
are seen from the first byte to the row in the table.

    with BigQueryProxy(endpoint_of(target)) as proxy:
        proxy.on("state", CutAfter())              # loads whose job id has the word
        proxy.on_query("line_coverage", Runs(3))   # queries whose job id has the word
        proxy.at(7, Refused(503, ...))             # the eighth request from now on, whatever it is
        proxy.at(0, CutAfter(), of="/token")       # the first for a token
        ... proxy.url, or a key file that makes Google's client come here for its token ...

A fault is given once unless told otherwise; `bigquery_faults` has them as BigQuery words them.
"""

from __future__ import annotations

import contextlib
import functools
import http.client
import json
import re
import socket
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from support.api_description import bigquery_api
from support.bigquery_faults import (
    CODES,
    Changed,
    CutAfter,
    CutBefore,
    CutInTheMiddle,
    Dripping,
    Endless,
    FrontEndPage,
    JobFails,
    Refused,
    Repeated,
    Runs,
    Stalls,
    Swapped,
    Truncated,
)

HOP_BY_HOP = frozenset({"connection", "content-length", "transfer-encoding", "host", "keep-alive"})

MB = 1024**2
LEAST_BILLED = 10 * MB
"""Of each table that a query reads."""


@dataclass(frozen=True)
class Request:
    """One request as it came."""

    method: str
    path: str
    query: Mapping[str, list[str]]
    body: bytes

    @property
    def kind(self) -> str:
        """What it does: ``insert``, ``results``, ``job``, ``cancel``, ``upload``, ..."""
        for method, pattern, kind in KINDS:
            if method == self.method and re.search(pattern, self.path):
                return kind
        return "other"

    @property
    def job_id(self) -> str | None:
        """The job that it is about."""
        if found := re.search(r"/(?:jobs|queries)/([^/]+?)(?:/cancel)?$", self.path):
            return found[1]
        if self.kind in ("insert", "begin"):
            return str(json.loads(self.body)["jobReference"]["jobId"])
        return None

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


KINDS = (
    ("POST", r"^/token$", "token"),
    ("POST", r"/upload/", "begin"),
    ("PUT", r"/upload/", "upload"),
    ("POST", r"/cancel$", "cancel"),
    ("POST", r"/jobs$", "insert"),
    ("GET", r"/queries/[^/]+$", "results"),
    ("GET", r"/jobs/[^/]+$", "job"),
)


@dataclass
class Query:
    """A query job, by its id."""

    id: str
    resource: dict[str, Any]
    """As jobs.get gives it once it is done."""
    asked: str = ""
    """Its statement and parameters, as one text."""
    polls: int = 0
    """How often it is not done yet."""
    failed: JobFails | None = None
    cancelled: bool = False


@dataclass
class Load:
    """A load job, by its id."""

    reference: Mapping[str, Any]
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
    cut: bool = False
    """The connection breaks in the middle of the body."""
    pause: float = 0.0
    """Seconds between its bytes."""


@functools.cache
def _private_key() -> str:
    """One for all: to make a key, or to read one, takes 50 ms."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    written = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return written.decode()


class BigQueryProxy:
    """The proxy, what it has seen, and what it is told to do.

    Args:
        upstream: the embedded BigQuery.
        honours_job_ids: False: it takes any, as the embedded one does, and only has faults to give.
        page_rows: most rows of a page of results; None: as many as the client asks for.
        memory: answers of queries, kept for a query that comes again under another id; several
            proxies may share it. None: each query is run.

    Raises:
        AssertionError: at the end of the block: a request was not as Google describes the API.
    """

    def __init__(
        self,
        upstream: str,
        *,
        honours_job_ids: bool = True,
        page_rows: int | None = None,
        memory: dict[str, bytes] | None = None,
    ) -> None:
        self._api = bigquery_api()
        self._honours_job_ids = honours_job_ids
        self.page_rows = page_rows
        self.token = "token"
        self._memory = memory
        self.loads: dict[str, Load] = {}
        self.queries: dict[str, Query] = {}
        """Query jobs that were taken, by their ids: what is paid for."""
        self.refused: list[str] = []
        """Ids of jobs that were answered 409."""
        self.requests: list[str] = []
        self.seen: list[Request] = []
        self.violations: list[str] = []
        """What Google's description of the API does not allow in the requests."""
        self.given: list[str] = []
        """The faults that were given, each with its request."""
        self._upstream = urlsplit(upstream)
        self._rules: list[tuple[str, Any, int]] = []
        self._query_rules: list[tuple[str, str, Any, int]] = []
        self._places: dict[tuple[str, int], Any] = {}
        self._denied: list[tuple[str, str, Refused]] = []
        self._answers: list[tuple[str, str, bytes]] = []
        self._sessions: dict[str, Mapping[str, Any]] = {}
        self._sizes: list[tuple[str, tuple[int, ...]]] = []
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

    def on_query(self, word: str, fault: Any, *, kind: str = "insert") -> None:
        """What happens to a request of this kind for a query that has ``word`` in its job id."""
        self._query_rules.append((word, kind, fault, fault.times))

    def at(self, place: int, fault: Any, *, of: str = "") -> None:
        """What happens to a request by its place: 0 is the next one that comes.

        ``of`` counts only requests with this word in their path or job id: jobs that run side by
        side take turns as they like, each one's own requests come in order.
        """
        with self._lock:
            place += sum(_is_of(request, of) for request in self.seen)
            self._places[of, place] = fault

    def heal(self) -> None:
        """No fault any more, of those that were not given yet."""
        with self._lock:
            self._rules.clear()
            self._query_rules.clear()
            self._places.clear()

    def reads(self, word: str, *bytes_by_table: int) -> None:
        """What a query that has ``word`` in its SQL reads of each table.

        The embedded warehouse says 0 and bills nothing; with this, it is billed by BigQuery's
        rules (each table rounded up to whole MB, 10 MB at least), told in dry runs and jobs, and
        refused above ``maximumBytesBilled``.
        """
        self._sizes.append((word, bytes_by_table))

    def write_key_file(self, file: Path, *, project: str = "p") -> Path:
        """The key file of a service account whose token comes from here."""
        content = {
            "type": "service_account",
            "project_id": project,
            "private_key_id": "1",
            "private_key": _private_key(),
            "client_email": f"plumbline@{project}.iam.gserviceaccount.com",
            "client_id": "1",
            "token_uri": f"{self.url}/token",
        }
        file.write_text(json.dumps(content))
        return file

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

    def __exit__(self, raised: type[BaseException] | None, *_: object) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
        if raised is None:
            assert not self.violations, f"BigQuery would not understand: {self.violations}"

    # What each request gets

    def _forward(
        self, request: BaseHTTPRequestHandler, body: bytes, *, path: str | None = None
    ) -> _Answer:
        connection = http.client.HTTPConnection(
            self._upstream.hostname or "127.0.0.1", self._upstream.port, timeout=60
        )
        headers = {k: v for k, v in request.headers.items() if k.lower() not in HOP_BY_HOP}
        # The embedded warehouse takes no token, and need not see ours.
        headers.pop("Authorization", None)
        try:
            connection.request(request.command, path or request.path, body=body, headers=headers)
            answer = connection.getresponse()
            return _Answer(answer.status, dict(answer.getheaders()), answer.read())
        finally:
            connection.close()

    def _answer(self, raw: BaseHTTPRequestHandler, body: bytes) -> _Answer | None:
        """None: the connection is cut."""
        request = self._record(raw, body)
        with self._lock:
            fault = None
            for of, place in list(self._places):
                if _is_of(request, of) and place == sum(_is_of(one, of) for one in self.seen):
                    fault = self._places.pop((of, place))
            self.seen.append(request)
            self.requests.append(str(request))
        fault = fault or self._query_fault(request)
        if fault is not None:
            self.given.append(f"{fault!r} for {request}")
        for method, pattern, answer in self._denied:
            if request.method == method and re.search(pattern, request.path):
                return _refusal(answer)
        if isinstance(fault, CutBefore):
            return None
        if isinstance(fault, Stalls) and not fault.done:
            self._closing.wait(fault.seconds)
            return None
        if isinstance(fault, FrontEndPage):
            text = fault.body().encode()
            return _Answer(fault.code, {"Content-Type": "text/html; charset=UTF-8"}, text)
        if isinstance(fault, Refused) and not _comes_second(request, fault):
            return _refusal(fault)
        answered = self._do(raw, request, fault)
        if isinstance(fault, Refused):
            return _refusal(fault)
        if isinstance(fault, Stalls):
            self._closing.wait(fault.seconds)
            return None
        if isinstance(fault, CutInTheMiddle) and answered is not None:
            answered.cut = True
        if answered is not None:
            self._spoil(answered, request, fault)
        return None if isinstance(fault, CutAfter) else answered

    def _spoil(self, answer: _Answer, request: Request, fault: Any) -> None:
        """Let an answer arrive as another one; keep the true one for those that come."""
        true, job = answer.body, request.job_id or ""
        with self._lock:
            others = [
                body
                for kind, of, body in self._answers
                if (of == job) == isinstance(fault, Repeated)
                and (kind == request.kind or isinstance(fault, Repeated))
            ]
            self._answers.append((request.kind, job, true))
        if isinstance(fault, Changed):
            answer.body = fault.change(true)
        elif isinstance(fault, Swapped | Repeated) and others:
            answer.body = others[-1]
        elif isinstance(fault, Truncated):
            answer.body = true[: int(len(true) * fault.share)]
        elif isinstance(fault, Dripping):
            answer.pause = fault.pause

    def _record(self, raw: BaseHTTPRequestHandler, body: bytes) -> Request:
        parts = urlsplit(raw.path)
        request = Request(
            raw.command, parts.path, parse_qs(parts.query, keep_blank_values=True), body
        )
        if request.kind not in ("token", "upload"):  # the second half of an upload is its content
            query = {k: v for k, v in request.query.items() if k != "uploadType"}
            faults = self._api.faults_of(request.method, request.path, query, body)
            self.violations += faults
        return request

    def _do(self, raw: BaseHTTPRequestHandler, request: Request, fault: Any) -> _Answer | None:
        if request.kind == "token":
            return _json({"access_token": self.token, "expires_in": 3600, "token_type": "Bearer"})
        if request.kind == "begin":
            return self._begin(raw, request.body)
        if request.kind == "upload":
            return self._upload(raw, request.body, fault)
        if not self._honours_job_ids:
            return self._forward(raw, request.body)
        if request.kind == "insert":
            return self._insert(raw, request, fault)
        job_id = request.job_id or ""
        if request.kind == "cancel" and job_id in self.queries:
            query = self.queries[job_id]
            query.cancelled = True
            if query.polls > 0:
                query.polls = 0
                query.failed = JobFails("stopped", "Job execution was cancelled: as requested")
            return _json({"kind": "bigquery#jobCancelResponse", "job": self._state(query)})
        if request.kind in ("job", "results") and job_id in self.queries:
            return self._look(raw, request, self.queries[job_id], fault)
        if request.kind == "job":
            if job_id in self.loads:
                return _json(self._seen(self.loads[job_id]))
            return _refusal(Refused(404, "notFound", f"Not found: Job p:US.{job_id}"))
        return self._forward(raw, request.body)

    # Queries

    def _insert(self, raw: BaseHTTPRequestHandler, request: Request, fault: Any) -> _Answer:
        asked = json.loads(request.body)
        if "query" not in asked["configuration"]:
            return self._forward(raw, request.body)
        job_id = asked["jobReference"]["jobId"]
        sql = asked["configuration"]["query"]["query"]
        read = next((sizes for word, sizes in self._sizes if word in sql), None)
        with self._lock:
            if job_id in self.queries:
                self.refused.append(job_id)
                return _refusal(Refused(409, "duplicate", f"Already Exists: Job p:US.{job_id}"))
            query = Query(job_id, {}, json.dumps(asked["configuration"]["query"]))
            if not _is_dry(asked["configuration"]):
                self.queries[job_id] = query
        dry = read is not None and _is_dry(asked["configuration"])
        if isinstance(fault, JobFails | Endless) or dry:
            query.failed = fault if isinstance(fault, JobFails) else None
            query.resource = {
                "kind": "bigquery#job",
                "jobReference": asked["jobReference"],
                "configuration": asked["configuration"] | {"jobType": "QUERY"},
                "status": {"state": "DONE"},
            }
        else:
            answer = self._remembered(query, "insert", lambda: self._forward(raw, request.body))
            if answer.code != 200:
                self.queries.pop(job_id, None)
                return answer
            query.resource = json.loads(answer.body) | {
                "jobReference": asked["jobReference"],
                # The embedded warehouse forgets the labels.
                "configuration": asked["configuration"] | {"jobType": "QUERY"},
            }
        if read is not None and (refusal := _bill(query.resource, asked["configuration"], read)):
            query.failed = refusal
        if isinstance(fault, Runs | Endless):
            query.polls = fault.polls if isinstance(fault, Runs) else sys.maxsize
        return _json(self._state(query))

    def _look(
        self, raw: BaseHTTPRequestHandler, request: Request, query: Query, fault: Any
    ) -> _Answer:
        if isinstance(fault, JobFails):
            query.failed = fault
        if request.kind == "job":
            return _json(self._state(query))
        if query.polls > 0:
            query.polls -= 1
            return _json(
                {
                    "kind": "bigquery#getQueryResultsResponse",
                    "jobReference": query.resource["jobReference"],
                    "jobComplete": False,
                }
            )
        if query.failed is not None:
            code = CODES.get(query.failed.reason, 400)
            return _refusal(Refused(code, query.failed.reason, query.failed.message))
        asked = dict(request.query)
        if self.page_rows is not None:
            most = min(self.page_rows, int(asked.get("maxResults", ["1000000"])[0]))
            asked["maxResults"] = [str(most)]
        page = urlencode(asked, doseq=True)
        answer = self._remembered(
            query, page, lambda: self._forward(raw, b"", path=f"{request.path}?{page}")
        )
        if answer.code != 200:
            return answer
        return _json(json.loads(answer.body) | {"jobReference": query.resource["jobReference"]})

    def _remembered(self, query: Query, what: str, ask: Callable[[], _Answer]) -> _Answer:
        """The answer to the same question about a query of the same text, asked once."""
        if self._memory is None:
            return ask()
        key = f"{query.asked}\n{what}"
        if key not in self._memory:
            answer = ask()
            if answer.code != 200:
                return answer
            self._memory[key] = answer.body
        return _Answer(200, {"Content-Type": "application/json"}, self._memory[key])

    def _state(self, query: Query) -> dict[str, Any]:
        """The job as jobs.get tells it now."""
        if query.polls > 0:
            running = {k: v for k, v in query.resource.items() if k != "statistics"}
            return running | {"status": {"state": "RUNNING"}}
        if query.failed is not None:
            error = {"reason": query.failed.reason, "message": query.failed.message}
            status = {"state": "DONE", "errorResult": error, "errors": [error]}
            return query.resource | {"status": status}
        return query.resource

    # Loads

    def _begin(self, request: BaseHTTPRequestHandler, body: bytes) -> _Answer:
        answer = self._forward(request, body)
        headers = {name.lower(): value for name, value in answer.headers.items()}
        place = urlsplit(headers["location"])
        self._sessions[place.query] = json.loads(body)["jobReference"]
        headers["location"] = f"{self.url}{place.path}?{place.query}"
        return _Answer(answer.code, headers, answer.body)

    def _upload(
        self, request: BaseHTTPRequestHandler, body: bytes, fault: Any = None
    ) -> _Answer | None:
        reference = self._sessions[urlsplit(request.path).query]
        job_id = reference["jobId"]
        fault = fault or self._fault(job_id)
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
            load = self.loads[job_id] = Load(reference)
        if isinstance(fault, JobFails):
            load.resource = _failed(reference, fault)
        else:
            if isinstance(fault, Runs):
                load.polls = fault.polls
            written = json.loads(self._forward(request, body).body)
            load.resource = written | {"jobReference": reference}
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
                "jobReference": load.reference,
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

    def _query_fault(self, request: Request) -> Any:
        job_id = request.job_id
        with self._lock:
            for place, (word, kind, fault, left) in enumerate(self._query_rules):
                if job_id and word in job_id and kind == request.kind and left > 0:
                    self._query_rules[place] = (word, kind, fault, left - 1)
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
                    self._hang_up()
                    return
                head = f"HTTP/1.1 {answer.code} -\r\n"
                for name, value in answer.headers.items():
                    if name.lower() not in HOP_BY_HOP:
                        head += f"{name}: {value}\r\n"
                head += f"Content-Length: {len(answer.body)}\r\n\r\n"
                with contextlib.suppress(OSError):  # the client may have been killed
                    # In one piece: head and body apart cost 40 ms.
                    text = head.encode() + answer.body
                    for byte in text if answer.pause else b"":
                        if proxy._closing.wait(answer.pause):
                            return
                        self.wfile.write(bytes([byte]))
                    if answer.pause:
                        return
                    self.wfile.write(text[: -len(answer.body) // 2] if answer.cut else text)
                if answer.cut:
                    self._hang_up()

            def _hang_up(self) -> None:
                self.close_connection = True
                with contextlib.suppress(OSError):
                    self.connection.shutdown(socket.SHUT_RDWR)
                self.connection.close()

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
    answer = _json(fault.body(), fault.code)
    return _Answer(answer.code, {**answer.headers, **fault.headers}, answer.body)


def _is_of(request: Request, word: str) -> bool:
    return word in request.path or word in (request.job_id or "")


def _is_dry(configuration: Mapping[str, Any]) -> bool:
    return bool(configuration.get("dryRun"))


def _comes_second(request: Request, fault: Refused) -> bool:
    """Whether the answer is that of a request that came twice: the first was done."""
    return fault.code == 409 and request.kind in ("insert", "upload")


def _bill(
    resource: dict[str, Any], configuration: Mapping[str, Any], read: tuple[int, ...]
) -> JobFails | None:
    """Write into ``resource`` what reading so many bytes of each table costs; the refusal, if any."""
    billed = sum(max(LEAST_BILLED, -(-size // MB) * MB) for size in read)
    statistics = resource.setdefault("statistics", {})
    statistics["totalBytesProcessed"] = str(sum(read))
    query = statistics.setdefault("query", {})
    query["totalBytesProcessed"] = str(sum(read))
    dry = _is_dry(configuration)
    query["totalBytesBilled"] = "0" if dry else str(billed)
    most = configuration["query"].get("maximumBytesBilled")
    if dry or most is None or billed <= int(most):
        return None
    return JobFails(
        "bytesBilledLimitExceeded",
        f"Query exceeded limit for bytes billed: {most}. {billed} or higher required.",
    )


def _failed(reference: Mapping[str, Any], fault: JobFails) -> dict[str, Any]:
    error = {"reason": fault.reason, "message": fault.message}
    return {
        "kind": "bigquery#job",
        "jobReference": reference,
        "configuration": {"load": {}, "jobType": "LOAD"},
        "status": {"state": "DONE", "errorResult": error, "errors": [error]},
    }
