"""Turns whatever the Google client raises into one readable line.

Used by `query` and `seed`. The answer is always a `WarehouseError`: its ``reason`` is BigQuery's
own (``notFound``, ``accessDenied``, ...), or ours where nothing was answered (``timeout``,
``unreachable``, ``credentials``, ``badAnswer``).
"""

from __future__ import annotations

import concurrent.futures
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from plumbline.core.errors import WarehouseError
from plumbline.net.credentials import is_without_token
from plumbline.net.secret import scrub

if TYPE_CHECKING:
    from plumbline.project.targets import Target

_KIND = re.compile(r"^Not found: (table|dataset):(?=\S)")
LONGEST = 300
MOST_READ = 20_000
"""Of a message: a page of a proxy may be of any length."""

FIXES = {
    "notFound": "check that the table exists in the target's project and location, and its name "
    "in models/sources.yml",
    "accessDenied": "grant the roles BigQuery Job User on the project and BigQuery Data Viewer on "
    "the dataset, and check that the dataset exists",
    "bytesBilledLimitExceeded": "narrow the window (--var days=N), or raise maximum_bytes_billed "
    "of the target in great_expectations.yml",
    "quotaExceeded": "wait for the quota to refill, or request more",
    "rateLimitExceeded": "lower concurrent_jobs of the target in great_expectations.yml",
    "accessNotConfigured": "enable the API: `gcloud services enable bigquery.googleapis.com` with "
    "--project",
    "billingNotEnabled": "enable billing for the project",
    "credentials": "run `gcloud auth application-default login`, or check that the service "
    "account still exists",
    "timeout": "narrow the window (--var days=N), or raise deadline_seconds of the target in "
    "great_expectations.yml",
}


NO_PROJECT = (
    "check that the project exists and the account may use it; it is PLUMBLINE_PROJECT, or "
    "`project` of the target in great_expectations.yml"
)
NO_DATASET = (
    "check that the dataset exists, its name under `datasets` of the target, and that "
    "`location` of the target is where it is"
)
NO_SEED = (
    "the embedded BigQuery holds what the target's seed loads, and the target has no `seed` in "
    "great_expectations.yml: add one, or use your BigQuery with --target bigquery"
)
NO_FILTER = (
    "filter the partition column: by rows.date_column of a suite over a table, by a condition in "
    "a model"
)

TROUBLES = ("backendError", "internalError", "jobBackendError", "jobInternalError", "badGateway")
"""Reasons on BigQuery's side."""


@dataclass(frozen=True)
class Call:
    """The call that failed, for the message."""

    target: Target
    endpoint: str
    deadline_seconds: float
    job_id: str | None = None


def timed_out(call: Call) -> WarehouseError:
    """The deadline of the job has passed."""
    return _failure(
        call, f"no answer within the deadline of {_seconds(call.deadline_seconds)}", "timeout"
    )


def unreachable(call: Call, why: str) -> WarehouseError:
    """Nothing at all was heard from the warehouse."""
    if call.target.emulator_host:
        fix = "start the server that BIGQUERY_EMULATOR_HOST names, or unset the variable"
    elif call.target.kind == "embedded":
        fix = "see `plumbline warehouse status` and its log"
    else:
        fix = "check this machine's network connection"
    return _failure(call, f"{call.endpoint} can't be reached: {why}", "unreachable", fix)


def explain_failure(fault: BaseException, call: Call, *, early: bool = False) -> WarehouseError:
    """The error that the rest of plumbline sees for ``fault``.

    Args:
        early: a timeout is not that of the job's deadline, which has not come yet.
    """
    import requests.exceptions as http
    from google.api_core import exceptions as api
    from google.auth import exceptions as auth

    if isinstance(fault, WarehouseError):
        return fault
    if isinstance(fault, api.RetryError):
        # It only says that it gave up; why is in its cause.
        if fault.cause is None:
            return unreachable(call, tidy(str(fault)))
        return explain_failure(fault.cause, call, early=early)
    if isinstance(fault, api.GoogleAPICallError):
        return _answered(fault, call)
    # A connection that does not come about within its seconds is both; it is not a slow query.
    broken = (http.ConnectionError, http.ChunkedEncodingError)
    if is_without_token(fault):
        return _no_token(fault, call)
    if isinstance(fault, broken):
        return unreachable(call, why_disconnected(fault))
    if isinstance(fault, (concurrent.futures.TimeoutError, http.Timeout)):
        return unreachable(call, "it doesn't answer") if early else timed_out(call)
    if isinstance(fault, auth.GoogleAuthError):
        return _failure(
            call, f"the credentials were rejected: {tidy(str(fault.args[0]))}", "credentials"
        )
    return _failure(
        call, f"unreadable answer: {type(fault).__name__}: {tidy(str(fault))}",
        "badAnswer",
    )  # fmt: skip


_METADATA = re.compile(r"^Failed to retrieve (?P<url>\S+) from .*?metadata", re.DOTALL)
_STATUS = re.compile(r"\bResponse status: (\d{3})\b")
"""How google-auth words a failed request to the metadata server, and the status of its answer."""


def _no_token(fault: BaseException, call: Call) -> WarehouseError:
    """The server that gives the access token gave none: BigQuery was not asked at all."""
    return _failure(
        call,
        f"no access token: {why_without_token(fault)}",
        "unreachable",
        "check this machine's network connection and proxy (BigQuery itself was not asked)",
    )


def why_without_token(fault: BaseException) -> str:
    """Which server gave no access token, and why; ``fault`` as `is_without_token` takes it."""
    from google.auth.exceptions import TransportError

    from plumbline.net.tokens import NoTokenError

    if isinstance(fault, NoTokenError):
        is_metadata = "/computeMetadata/" in fault.url
        where = f"the metadata server {_host(fault.url)}" if is_metadata else _host(fault.url)
        if fault.status is not None:
            return f"{where} answered HTTP {fault.status}"
        return f"{where} can't be reached: {why_disconnected(fault)}"
    first = next(iter(fault.args), None)
    if isinstance(first, TransportError):
        fault, first = first, next(iter(first.args), None)
    if not isinstance(fault, TransportError):
        return f"the token server reports an error: {tidy(str(first))}"
    if found := _METADATA.match(str(first)):
        where = f"the metadata server {_host(found['url'])}"
        if answered := _STATUS.search(str(first)):
            return f"{where} answered HTTP {answered[1]}"
        fault = ConnectionError(str(first).rpartition("Last exception: ")[2])
    else:
        url = getattr(getattr(first, "request", None), "url", None)
        where = _host(url) if url else "Google's token server"
    return f"{where} can't be reached: {why_disconnected(fault)}"


def _host(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _answered(fault: object, call: Call) -> WarehouseError:
    errors = getattr(fault, "errors", None) or []
    first = errors[0] if errors and isinstance(errors[0], dict) else {}
    code = getattr(fault, "code", None)
    said = tidy(str(first.get("message") or _without_request(str(getattr(fault, "message", "")))))
    # The embedded warehouse says ``table:p.d.t``, BigQuery ``Table p:d.t``.
    said = _KIND.sub(lambda found: f"Not found: {found[1].title()} ", said)
    reason = str(first.get("reason") or _reason_of_code(code))
    if reason == "stopped" or "Job timed out" in said:
        return timed_out(call)
    if code is not None and int(code) == 401:
        return _failure(call, f"the credentials were rejected: {said}", "credentials")
    # A job that failed for a reason that the client does not know comes as a 500, too.
    if code is not None and int(code) >= 500 and (not first or reason in TROUBLES):
        return _failure(
            call, f"the warehouse reports an error (HTTP {int(code)}): {said}", reason,
            "try again; see https://status.cloud.google.com"
            if call.target.kind == "bigquery" else None,
        )  # fmt: skip
    return _failure(
        call,
        said or f"the warehouse answered HTTP {code}",
        reason,
        _fix_of_what(reason, said, call.target),
    )


def _fix_of_what(reason: str, said: str, target: Target) -> str | None:
    """The fix for what the text names; None: the reason's own fix applies."""
    is_own = target.kind == "embedded" and target.emulator_host is None
    if reason == "notFound" and is_own and target.seed is None:
        return NO_SEED
    if reason == "notFound" and "not found: project" in said.lower():
        return NO_PROJECT
    if reason == "notFound" and "not found: dataset" in said.lower():
        return NO_DATASET
    if reason == "accessDenied" and "has not been used in project" in said:
        return FIXES["accessNotConfigured"]
    if "without a filter over column" in said:
        return NO_FILTER
    return None


def _failure(call: Call, what: str, reason: str, fix: str | None = None) -> WarehouseError:
    return WarehouseError(what, fix=fix or FIXES.get(reason), job_id=call.job_id, reason=reason)


def _reason_of_code(code: object) -> str:
    known = {400: "invalid", 401: "credentials", 403: "accessDenied", 404: "notFound"}
    return known.get(int(code) if isinstance(code, int) else 0, "backendError")


def _without_request(message: str) -> str:
    """Without the client's prefix ``POST https://...: `` and its footer with location and job."""
    message = re.sub(r"^(GET|POST|PUT|DELETE|PATCH) \S+: ", "", message)
    return message.split("\n\nLocation:")[0].split("; reason: ")[0]


def tidy(message: str) -> str:
    """One line, without secrets and markup, of a bearable length."""
    message = scrub(message[:MOST_READ])
    message = re.sub(r"<(style|script|head)\b.*?</\1>", " ", message, flags=re.S | re.I)
    message = re.sub(r"</?[a-zA-Z!][^>]*>", " ", message) if "<html" in message.lower() else message
    # DuckDB shows the line of its own translation, not of the query.
    message = re.sub(r"\n+\s*LINE \d+:.*", "", message, flags=re.S)
    message = re.sub(r"\x1b\[[0-9;]*m", "", message)  # sqlglot underlines what it can't read
    message = message.removeprefix("Query execution failed: ")
    line = " ".join(message.split())
    return line if len(line) <= LONGEST else line[: LONGEST - 1].rstrip() + "…"


def why_disconnected(fault: BaseException) -> str:
    """In a few words what kept a connection from coming about, or broke it."""
    text = str(fault)
    for sign, meaning in (
        ("Connection refused", "connection refused"),
        ("Name or service not known", "its name is unknown"),
        ("nodename nor servname", "its name is unknown"),
        ("Temporary failure in name resolution", "its name cannot be resolved"),
        ("Failed to resolve", "its name cannot be resolved"),
        ("timed out", "no connection in time"),
        ("Remote end closed connection", "it closes the connection without answering"),
        ("IncompleteRead", "it closes the connection in the middle of an answer"),
        ("Connection reset", "it closes the connection without answering"),
        ("CERTIFICATE_VERIFY_FAILED", "its certificate is not trusted"),
        ("Network is unreachable", "no network connection"),
    ):
        if sign in text:
            return meaning
    return tidy(text)


def _seconds(value: float) -> str:
    return f"{value:g} s"
