"""How google-auth asks a token server or metadata server for an access token.

google-auth repeats a failed request by itself, which no deadline of ours ends, and each client of
a run would do so again: three attempts of up to 120 s at a token server, five with 15 s of waiting
at a metadata server. Here a request under a deadline that has passed ends that, and all clients of
the process share the seconds for which a server that fails is asked again.

An outage of more than `PATIENCE_SECONDS` makes the run ERROR, which says which server gave no
token. To wait longer would only delay that: nothing can be read or recorded without a token, and
a run with heartbeats, state and docs must end within 20 s. A job runner that retries on exit code
3 (``--fail-on error``) bridges longer outages, and the next scheduled run resolves the incident.

Used by `plumbline.net.transport`; import it only where google-auth is needed.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from google.auth.exceptions import RefreshError, TransportError
from google.auth.transport.requests import Request

from plumbline.net.deadline import deadline, seconds_left
from plumbline.net.failing import Failing
from plumbline.net.transient import is_transient

PATIENCE_SECONDS = 10.0
"""For which a server that gives no token is asked again, from the first request that failed, with
the last attempt; afterwards each call asks it once."""

ATTEMPT_SECONDS = 5.0
"""How long one request for a token may take. A server that works answers at once."""

IN_VAIN_SECONDS = 1.0
"""The same of the one attempt after `PATIENCE_SECONDS`."""


@dataclass
class _Server:
    failing: Failing = field(default_factory=Failing)
    fault: TransportError | None = None
    """Its latest."""
    status: int | None = None
    """Of its latest answer, where that is the fault."""

    @property
    def is_given_up(self) -> bool:
        return self.failing.seconds >= PATIENCE_SECONDS

    @property
    def attempt_seconds(self) -> float:
        """How long the next request may take."""
        left = PATIENCE_SECONDS - self.failing.seconds
        return min(ATTEMPT_SECONDS, max(left, IN_VAIN_SECONDS))


_servers: dict[str, _Server] = {}
_lock = threading.Lock()


class NoTokenError(RefreshError):
    """The server gives no token for now. ``args[0]`` is google-auth's error, as in others.

    Args:
        url: what was asked.
        status: of the HTTP answer; None: there was none.
        retryable: whether asking again, under another deadline, is of use.
    """

    def __init__(
        self, fault: TransportError, url: str, *, status: int | None, retryable: bool
    ) -> None:
        super().__init__(fault, retryable=retryable)  # type: ignore[no-untyped-call]
        self.url = url
        self.status = status


class TokenRequest(Request):
    """google-auth's request, which gives up in time.

    Raises:
        NoTokenError: it has given up.
        TransportError: no answer; google-auth may ask again.
    """

    def __call__(self, url: str, *args: Any, **kwargs: Any) -> Any:
        with _lock:
            server = _servers.setdefault(urlsplit(url).netloc, _Server())
        if _is_late():
            fault = server.fault or TransportError("no answer in time")  # type: ignore[no-untyped-call]
            raise NoTokenError(fault, url, status=server.status, retryable=not server.is_given_up)
        response, began = None, time.monotonic()
        try:
            with deadline(server.attempt_seconds):
                response = super().__call__(url, *args, **kwargs)  # type: ignore[no-untyped-call]
        except TransportError as raised:
            fault, status = raised, None
        else:
            if not is_transient(response.status):
                server.failing.end()
                return response
            status = int(response.status)
            fault = TransportError(f"it answered HTTP {status}")  # type: ignore[no-untyped-call]
        server.failing.note(began)
        server.fault, server.status = fault, status
        if server.is_given_up or _is_late():
            retryable = not server.is_given_up
            raise NoTokenError(fault, url, status=status, retryable=retryable) from fault
        if response is None:
            raise fault
        return response


def _is_late() -> bool:
    left = seconds_left()
    return left is not None and left <= 0
