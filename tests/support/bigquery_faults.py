"""What BigQuery answers in trouble, as it answers it: for `bigquery_proxy`.

Codes, reasons and messages are those of BigQuery's list of errors
(https://cloud.google.com/bigquery/docs/error-messages) and of answers that users have shown. What a
fault means for a run, whether it passes or stays, stands with each in `FAULTS`, which the grid of
tests/scenarios goes through.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

STATUSES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    409: "ALREADY_EXISTS",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    502: "UNAVAILABLE",
    503: "UNAVAILABLE",
}

CODES = {
    "invalidQuery": 400,
    "bytesBilledLimitExceeded": 400,
    "resourcesExceeded": 400,
    "jobBackendError": 400,
    "jobInternalError": 400,
    "jobRateLimitExceeded": 400,
    "accessDenied": 403,
    "quotaExceeded": 403,
    "rateLimitExceeded": 403,
    "notFound": 404,
    "internalError": 500,
    "backendError": 503,
}
"""As which code jobs.getQueryResults tells the reason of a job that failed."""


@dataclass(frozen=True)
class CutBefore:
    """The connection breaks before BigQuery has taken the request: nothing was done."""

    times: int = 1


@dataclass(frozen=True)
class CutAfter:
    """The request is taken and done; its answer is lost."""

    times: int = 1


@dataclass(frozen=True)
class CutInTheMiddle:
    """The request is taken and done; the connection breaks in the middle of the answer."""

    times: int = 1


@dataclass(frozen=True)
class Changed:
    """The request is taken and done; its answer arrives as another: something between changed it."""

    change: Callable[[bytes], bytes] = field(repr=False)
    name: str = ""
    times: int = 1


@dataclass(frozen=True)
class Swapped:
    """The request is done, and answered with what another job was answered to the same request."""

    times: int = 1


@dataclass(frozen=True)
class Repeated:
    """The request is done, and answered with what the job was answered before, whatever it was."""

    times: int = 1


@dataclass(frozen=True)
class Truncated:
    """The request is done; a part of the answer arrives as if it were all."""

    share: float
    times: int = 1


@dataclass(frozen=True)
class Dripping:
    """The request is done; the answer arrives a byte at a time, for longer than any deadline."""

    pause: float = 0.05
    times: int = 1


@dataclass(frozen=True)
class Stalls:
    """No answer for so long; whether the request was done by then is ``done``."""

    seconds: float
    done: bool = True
    times: int = 1


@dataclass(frozen=True)
class JobFails:
    """The job is taken, and fails: it writes nothing, gives no rows, and its id is burned."""

    reason: str = "backendError"
    message: str = "The job encountered an error during execution"
    times: int = 1


@dataclass(frozen=True)
class Refused:
    """The request is answered with an error: nothing was done."""

    code: int
    reason: str
    message: str
    times: int = 1
    domain: str = "global"
    headers: Mapping[str, str] = field(default_factory=dict)

    def body(self) -> dict[str, Any]:
        """As Google's APIs write it."""
        error = {"message": self.message, "domain": self.domain, "reason": self.reason}
        return {
            "error": {
                "code": self.code,
                "message": self.message,
                "errors": [error],
                "status": STATUSES.get(self.code, "UNKNOWN"),
            }
        }


@dataclass(frozen=True)
class FrontEndPage:
    """An error of Google's front end, which knows no JSON."""

    code: int
    title: str
    times: int = 1

    def body(self) -> str:
        """The page."""
        return (
            "<!DOCTYPE html>\n<html lang=en>\n  <meta charset=utf-8>\n"
            f"  <title>Error {self.code} ({self.title})!!1</title>\n"
            "  <style>*{margin:0;padding:0}</style>\n"
            f"  <p><b>{self.code}.</b> <ins>That\u2019s an error.</ins>\n"
            "  <p>The server encountered a temporary error and could not complete your request."
            "</html>\n"
        )


@dataclass(frozen=True)
class Runs:
    """The job is not done when it is taken, nor at so many polls."""

    polls: int = 2
    times: int = 1


@dataclass(frozen=True)
class Endless:
    """The job is taken and runs until it is cancelled."""

    times: int = 1


@dataclass(frozen=True)
class Kind:
    """One kind of trouble, and what it means."""

    fault: Any
    passes: bool
    """Whether the same request may work a moment later."""
    says: str
    """What an ERROR for it must name."""


FAULTS: dict[str, Kind] = {
    "400 invalid": Kind(
        Refused(400, "invalid", "Invalid value for: timeout is not valid"),
        False, "Invalid value for"),
    "400 invalidQuery": Kind(
        Refused(400, "invalidQuery", "Unrecognized name: graded_pct at [12:8]"),
        False, "Unrecognized name: graded_pct"),
    "400 bytesBilledLimitExceeded": Kind(
        Refused(400, "bytesBilledLimitExceeded",
                "Query exceeded limit for bytes billed: 1000. 10485760 or higher required."),
        False, "exceeded limit for bytes billed"),
    "401 authError": Kind(
        Refused(401, "authError",
                "Request had invalid authentication credentials. Expected OAuth 2 access token, "
                "login cookie or other valid authentication credential."),
        False, "the credentials were rejected"),
    "403 accessDenied": Kind(
        Refused(403, "accessDenied",
                "Access Denied: Project p: User does not have bigquery.jobs.create permission in "
                "project p."),
        False, "bigquery.jobs.create"),
    "403 quotaExceeded": Kind(
        Refused(403, "quotaExceeded",
                "Quota exceeded: Your project exceeded quota for free query bytes scanned.",
                domain="usageLimits"),
        False, "exceeded quota"),
    "403 rateLimitExceeded": Kind(
        Refused(403, "rateLimitExceeded",
                "Exceeded rate limits: too many concurrent queries for this project_and_region.",
                domain="usageLimits"),
        True, "Exceeded rate limits"),
    "404 notFound": Kind(
        Refused(404, "notFound", "Not found: Dataset p:nba_predictions was not found in "
                "location US"),
        False, "Not found: Dataset"),
    "409 duplicate": Kind(
        Refused(409, "duplicate", "Already Exists: Job p:US.plumbline"),
        True, "Already Exists"),
    "429 rateLimitExceeded": Kind(
        Refused(429, "rateLimitExceeded", "Resource has been exhausted (e.g. check quota).",
                domain="usageLimits", headers={"Retry-After": "0"}),
        True, "exhausted"),
    "500 internalError": Kind(
        Refused(500, "internalError", "An internal error occurred and the request could not be "
                "completed. This is usually caused by a transient issue."),
        True, "internal error"),
    "502 front end": Kind(FrontEndPage(502, "Server Error"), True, "reports an error (HTTP 502)"),
    "503 backendError": Kind(
        Refused(503, "backendError", "Error encountered during execution. Retrying may solve the "
                "problem."),
        True, "reports an error (HTTP 503)"),
    "503 front end": Kind(FrontEndPage(503, "Service Unavailable"), True, "reports an error (HTTP 503)"),
    "cut before": Kind(CutBefore(), True, "closes the connection"),
    "cut after": Kind(CutAfter(), True, "closes the connection"),
    "cut in the middle": Kind(CutInTheMiddle(), True, "closes the connection in the middle of an answer"),
    "stall before": Kind(Stalls(60.0, done=False), True, "no answer"),
    "stall after": Kind(Stalls(60.0), True, "no answer"),
    "job fails: backendError": Kind(
        JobFails("backendError", "Error encountered during execution. Retrying may solve the "
                 "problem."),
        True, "Error encountered during execution"),
    "job fails: jobInternalError": Kind(
        JobFails("jobInternalError", "An internal error occurred during job execution"),
        True, "internal error"),
    "job fails: rateLimitExceeded": Kind(
        JobFails("rateLimitExceeded", "Job exceeded rate limits: Your project exceeded quota for "
                 "concurrent queries."),
        True, "exceeded rate limits"),
    "job fails: bytesBilledLimitExceeded": Kind(
        JobFails("bytesBilledLimitExceeded",
                 "Query exceeded limit for bytes billed: 1000. 10485760 or higher required."),
        False, "exceeded limit for bytes billed"),
    "job fails: resourcesExceeded": Kind(
        JobFails("resourcesExceeded", "Resources exceeded during query execution: The query could "
                 "not be executed in the allotted memory."),
        False, "Resources exceeded"),
    "job fails: invalidQuery": Kind(
        JobFails("invalidQuery", "division by zero: 1 / 0"), False, "division by zero"),
}  # fmt: skip
"""Every kind of trouble that a run must survive, by name."""
