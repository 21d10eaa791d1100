"""HTTP to Google's APIs under a deadline.

Google's client bounds neither a connection nor a whole call: with nothing listening it retries
for ten minutes, and it raises the timeout of a poll to at least two. Here each request, whoever
makes it, is cut to what is left of its thread's `plumbline.net.deadline.deadline`.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from plumbline.net.deadline import seconds_left
from plumbline.net.names import refuse_unresolved
from plumbline.net.secret import note_sent

if TYPE_CHECKING:
    import requests
    from google.auth.credentials import Credentials

CONNECT_SECONDS = 6.0
"""Limit of one connection attempt; a retry may take another route."""


def is_loopback(endpoint: str) -> bool:
    """Whether the endpoint is on this machine, where no HTTP proxy can reach it for us."""
    host = urlsplit(endpoint).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_private(url: str) -> bool:
    """Whether nobody on the way reads what is sent there: it is https, or on this machine."""
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and (
            parts.scheme == "https" or (parts.scheme == "http" and is_loopback(url))
        )
    except ValueError:
        return False


def why_unfit(url: str) -> str | None:
    """Why an address can't stand in a file, for requests with a token; None: it can."""
    if not is_private(url):
        return "write an address that begins with https:// (http:// only for this machine)"
    if "@" in urlsplit(url).netloc:
        return "write the address without a user and password"
    return None


def open_session(credentials: Credentials, *, endpoint: str, connections: int) -> Any:
    """An authorised session with room for ``connections`` threads, under its thread's deadline.

    Refreshing a token goes through the same limits: it is the first thing that hangs where
    there is no network.
    """
    import google.auth.transport.requests as google_requests
    import requests

    from plumbline.net.tokens import TokenRequest

    token_session = requests.Session()
    _mount(token_session, connections=2)
    session: Any = google_requests.AuthorizedSession(  # type: ignore[no-untyped-call]
        credentials, auth_request=TokenRequest(token_session)
    )
    _mount(session, connections=connections)
    # HTTP_PROXY is for other machines, not for a server on this one.
    session.trust_env = not is_loopback(endpoint)
    return session


def _mount(session: requests.Session, *, connections: int) -> None:
    from requests.adapters import HTTPAdapter

    class DeadlineAdapter(HTTPAdapter):
        """Cuts each request's timeouts to what is left of its thread's deadline."""

        def send(self, request: Any, *args: Any, **kwargs: Any) -> Any:
            kwargs["timeout"] = request_timeouts(kwargs.get("timeout"))
            refuse_unresolved(request, kwargs.get("proxies"))
            note_sent(request.headers, request.body)
            return super().send(request, *args, **kwargs)

    adapter = DeadlineAdapter(pool_connections=4, pool_maxsize=max(connections, 1))
    session.mount("https://", adapter)
    session.mount("http://", adapter)


def request_timeouts(asked: Any = None) -> tuple[float, float | None]:
    """``(connect, read)`` in seconds, as requests wants them: ``asked``, cut to the deadline."""
    import requests

    asked_connect, asked_read = asked if isinstance(asked, tuple) else (asked, asked)
    connect = min(CONNECT_SECONDS, asked_connect or CONNECT_SECONDS)
    left = seconds_left()
    if left is None:
        return connect, asked_read
    if left <= 0:
        raise requests.exceptions.ReadTimeout("the time limit of this call has passed")
    return min(connect, left), left if asked_read is None else min(asked_read, left)
