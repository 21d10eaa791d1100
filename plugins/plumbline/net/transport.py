"""HTTP to Google's APIs under a budget of seconds.

Google's client bounds neither a connection nor a whole call: with nothing listening it retries
for ten minutes, and it raises the timeout of a poll to at least two. Here each request, whoever
makes it, is cut to what is left of the budget of its thread (`time_budget`).
"""

from __future__ import annotations

import contextlib
import ipaddress
import time
from collections.abc import Iterator
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    import requests
    from google.auth.credentials import Credentials

CONNECT_SECONDS = 6.0
"""A connection that takes longer than this will not come; the retry may find another way."""

_expires: ContextVar[float | None] = ContextVar("plumbline_http_budget", default=None)


@contextlib.contextmanager
def time_budget(seconds: float) -> Iterator[None]:
    """Every request of this thread, inside the block, must be answered within ``seconds``.

    A budget inside a budget can only shorten it.
    """
    outer = _expires.get()
    expires = time.monotonic() + seconds
    token = _expires.set(expires if outer is None else min(expires, outer))
    try:
        yield
    finally:
        _expires.reset(token)


def seconds_left() -> float | None:
    """What is left of this thread's budget; None without one."""
    expires = _expires.get()
    return None if expires is None else expires - time.monotonic()


def is_loopback(endpoint: str) -> bool:
    """Whether the endpoint is on this machine, where no HTTP proxy can reach it for us."""
    host = urlsplit(endpoint).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def open_session(credentials: Credentials, *, endpoint: str, connections: int) -> Any:
    """An authorised session with room for ``connections`` threads, under `time_budget`.

    Refreshing a token goes through the same limits: it is the first thing that hangs where
    there is no network.
    """
    import google.auth.transport.requests as google_requests
    import requests

    token_session = requests.Session()
    _mount(token_session, connections=2)
    session: Any = google_requests.AuthorizedSession(  # type: ignore[no-untyped-call]
        credentials, auth_request=google_requests.Request(token_session)
    )
    _mount(session, connections=connections)
    # HTTP_PROXY is meant for the way out, not for a server on this machine.
    session.trust_env = not is_loopback(endpoint)
    return session


def _mount(session: requests.Session, *, connections: int) -> None:
    from requests.adapters import HTTPAdapter

    class BudgetAdapter(HTTPAdapter):
        """Cuts each request's timeouts to the budget of its thread."""

        def send(self, request: Any, *args: Any, **kwargs: Any) -> Any:
            kwargs["timeout"] = _within_budget(kwargs.get("timeout"))
            return super().send(request, *args, **kwargs)

    adapter = BudgetAdapter(pool_connections=4, pool_maxsize=max(connections, 1))
    session.mount("https://", adapter)
    session.mount("http://", adapter)


def _within_budget(timeout: Any) -> tuple[float, float | None]:
    """``(connect, read)`` in seconds, as requests wants them."""
    import requests

    asked_connect, asked_read = timeout if isinstance(timeout, tuple) else (timeout, timeout)
    connect = min(CONNECT_SECONDS, asked_connect or CONNECT_SECONDS)
    left = seconds_left()
    if left is None:
        return connect, asked_read
    if left <= 0:
        raise requests.exceptions.ReadTimeout("the budget of this call is spent")
    return min(connect, left), left if asked_read is None else min(asked_read, left)
