"""Which errors of BigQuery are transient, and how a call that failed with one is retried.

A transient error is retried with backoff and jitter for as long as the deadline of the job
lasts; a permanent one is reported at once. A call without any answer is given up sooner, because an
unreachable warehouse must be reported within 20 s. Used by `query` and by plumbline's own dataset.

The tables are BigQuery's list of errors, https://cloud.google.com/bigquery/docs/error-messages: a
reason is transient if the list says to try again, and permanent if it says to change something.
"""

from __future__ import annotations

import contextlib
import contextvars
import functools
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, cast

from plumbline.net.deadline import can_repeat_after, deadline
from plumbline.net.names import is_given_up, is_unresolved
from plumbline.net.retry_after import retry_after
from plumbline.net.transient import is_transient

if TYPE_CHECKING:
    from google.api_core.retry import Retry
    from tenacity import RetryCallState

    from plumbline.project.targets import Target

PASSING = {
    "backendError": "HTTP 500, 502, 503, 504: the service is currently unavailable; try again",
    "badGateway": "HTTP 502: a front end lost the connection to its back end",
    "internalError": "HTTP 500: an error within BigQuery; try again",
    "jobBackendError": "HTTP 400: the job failed for a passing reason; try again",
    "jobInternalError": "HTTP 400: the job failed within BigQuery; try again",
    "jobRateLimitExceeded": "HTTP 400: the job met a rate limit; try again",
    "rateLimitExceeded": "HTTP 403: too many requests in a short time; try again more slowly",
    "tableUnavailable": "HTTP 400: a table of a Google product is being written; try again",
    "userRateLimitExceeded": "HTTP 403: the same for one user (Google's APIs in general)",
}
"""Reasons after which the same request may work a moment later, with BigQuery's description."""

STAYING = {
    "accessDenied": "HTTP 403: a role is missing",
    "accessNotConfigured": "HTTP 403: the API is not enabled in the project",
    "attributeError": "HTTP 400: the statement is wrong",
    "authError": "HTTP 401: the credentials are refused; the client has asked for a new token",
    "billingNotEnabled": "HTTP 403: billing is off",
    "billingTierLimitExceeded": "HTTP 400: the query is too expensive for its tier",
    "blocked": "HTTP 403: BigQuery blocks the operation; contact support",
    "bytesBilledLimitExceeded": "HTTP 400: the query is above maximum_bytes_billed",
    "duplicate": "HTTP 409: it exists already",
    "invalid": "HTTP 400: the request is wrong",
    "invalidQuery": "HTTP 400: the statement is wrong",
    "invalidUser": "HTTP 400: the account is not known",
    "notFound": "HTTP 404: it doesn't exist",
    "notImplemented": "HTTP 501: BigQuery doesn't implement it",
    "proxyAuthenticationRequired": "HTTP 407: a proxy requires credentials",
    "quotaExceeded": "HTTP 403: a quota of the project or a custom one is used up for the day",
    "required": "HTTP 400: the request lacks something",
    "resourceInUse": "HTTP 400: what you want to remove is in use",
    "resourcesExceeded": "HTTP 400: the query needs more than it may have",
    "responseTooLarge": "HTTP 403: the answer is too large",
    "stopped": "HTTP 200: the job was cancelled",
    "timeout": "HTTP 400: the job was timed out",
}
"""Reasons after which the same request will fail again, with BigQuery's description."""

PATIENCE = {"embedded": 3.0, "bigquery": 18.0}
"""Seconds for which a call without any answer is repeated, including the last attempt. A server on
this machine doesn't come back; a network may. Below the 20 s within which an unreachable warehouse
must be reported."""

IN_VAIN_SECONDS = 3.0
"""Of the one attempt that a call gets where the warehouse is known to be unreachable."""

_in_vain: contextvars.ContextVar[bool] = contextvars.ContextVar("plumbline_in_vain", default=False)


@contextlib.contextmanager
def known_unreachable() -> Iterator[None]:
    """Within the ``with``, nothing waits for a warehouse that has not answered for its patience.

    Each call is still tried once: it may be back.
    """
    token = _in_vain.set(True)
    try:
        yield
    finally:
        _in_vain.reset(token)


FIRST_WAIT_SECONDS = 0.2
LONGEST_WAIT_SECONDS = 8.0


def reason_of(fault: BaseException) -> str | None:
    """BigQuery's own reason for an error that it answered."""
    errors = getattr(fault, "errors", None) or []
    first = errors[0] if errors and isinstance(errors[0], dict) else {}
    reason = first.get("reason")
    return None if reason is None else str(reason)


def passes(fault: BaseException) -> bool:
    """Whether the same call may work a moment later."""
    from google.api_core.exceptions import GoogleAPICallError
    from google.auth import exceptions as auth

    if isinstance(fault, GoogleAPICallError):
        reason = reason_of(fault)
        if reason in PASSING:
            return True
        if reason in STAYING or fault.code == HTTPStatus.NOT_IMPLEMENTED:
            return False
        # Without a reason in either table, such as the pages of Google's front end.
        return fault.code is not None and is_transient(fault.code)
    # google-auth has asked the metadata server five times before it wraps that failure.
    if isinstance(fault, auth.GoogleAuthError) and not isinstance(fault, auth.TransportError):
        return bool(fault.retryable)
    return _nobody_answered(fault)


def _nobody_answered(fault: BaseException) -> bool:
    """Whether BigQuery was not heard: no connection, or no token to ask it with."""
    import requests.exceptions as http
    from google.auth.exceptions import TransportError

    from plumbline.net.credentials import is_without_token

    if is_without_token(fault):
        return True
    if isinstance(fault, http.SSLError):
        return False  # a certificate does not fix itself
    kinds = (http.ConnectionError, http.Timeout, http.ChunkedEncodingError, ConnectionError)
    return isinstance(fault, (*kinds, TransportError))


def make_retry(
    target: Target,
    *,
    patience: float | None = None,
    attempt_seconds: float | None = None,
    also: Callable[[BaseException], bool] = lambda _: False,
    unless: Callable[[], bool] = lambda: False,
) -> Retry:
    """What the Google client's ``retry=`` takes: repeats a call until its thread's deadline.

    The last error itself is raised where another attempt, after its wait or the one that the
    server asks for (``Retry-After``), would have no time left.

    Args:
        target: whose patience it is.
        patience: seconds for which a call without any answer is repeated; None: until
            the deadline. On the embedded warehouse it is for every error.
        attempt_seconds: how long one attempt may take before it is cut and tried again.
        also: other errors that pass here, for as long as ``patience``.
        unless: asked before each repetition: that the call is of no use any more.
    """
    from tenacity import Retrying, retry_if_exception, wait_random_exponential

    if _in_vain.get():
        patience, attempt_seconds = 0.0, min(attempt_seconds or IN_VAIN_SECONDS, IN_VAIN_SECONDS)
    jitter = wait_random_exponential(multiplier=FIRST_WAIT_SECONDS, max=LONGEST_WAIT_SECONDS)

    def wait(state: RetryCallState) -> float:
        return max(jitter(state), _asked_wait(_fault_of(state)) or 0.0)

    def stop(state: RetryCallState) -> bool:
        if not can_repeat_after(state.upcoming_sleep):
            return True
        fault = _fault_of(state)
        bounded = patience is not None and (
            target.kind == "embedded"
            or (fault is not None and (_nobody_answered(fault) or also(fault)))
        )
        begins = (state.seconds_since_start or 0.0) + state.upcoming_sleep
        # The next attempt may be in vain as long as it may last.
        if bounded and begins + (attempt_seconds or 0.0) >= (patience or 0.0):
            return True
        if is_unresolved(fault) and is_given_up(begins):
            return True
        return unless()

    retrying = Retrying(
        retry=retry_if_exception(lambda fault: also(fault) or passes(fault)),
        wait=wait,
        stop=stop,
        reraise=True,
    )

    def repeated(call: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(call, updated=())
        def attempt(*args: Any, **kwargs: Any) -> Any:
            if attempt_seconds is None:
                return call(*args, **kwargs)
            with deadline(attempt_seconds):
                return call(*args, **kwargs)

        return lambda *args, **kwargs: retrying.copy()(attempt, *args, **kwargs)

    return cast("Retry", repeated)


def once() -> Retry:
    """What the Google client's ``retry=`` takes for a call that is made once."""
    return cast("Retry", lambda call: call)


def _fault_of(state: RetryCallState) -> BaseException | None:
    return state.outcome.exception() if state.outcome is not None else None


def _asked_wait(fault: BaseException | None) -> float | None:
    """Seconds for which the server asks us to wait."""
    headers = getattr(getattr(fault, "response", None), "headers", None) or {}
    return retry_after(headers.get("Retry-After"), datetime.now(UTC))
