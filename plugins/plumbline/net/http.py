"""HTTP as channels need it: one attempt under one deadline, whose result is a `Receipt`.

A `Caller` lives for one delivery and makes its requests on one connection. It never raises for
what the network or the receiver did, follows no redirects (they would receive the secret), and
its texts name the host at most.
"""

from __future__ import annotations

import contextlib
import http.client
import socket
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from plumbline.net.deadline import OutOfTimeError, call_within, deadline, seconds_left
from plumbline.net.names import is_unresolved, refuse_unresolved
from plumbline.net.receipt import UNRESOLVED, DeliveryStatus, Receipt
from plumbline.net.retry_after import retry_after as asked_wait
from plumbline.net.secret import Secret, scrub
from plumbline.net.silence_logs import quiet_transport
from plumbline.net.transient import is_transient
from plumbline.net.transport import is_loopback, request_timeouts

if TYPE_CHECKING:
    import requests

USER_AGENT = "plumbline"
MOST_BYTES = 64 * 1024
"""Limit of a response body; a larger one is cut."""
LONGEST_WAIT = 24 * 3600.0
"""Seconds; a receiver's longer ``Retry-After`` is cut to this."""

_SHOWN = 200


@dataclass(frozen=True)
class Reply:
    receipt: Receipt
    headers: Mapping[str, str] = field(default_factory=dict)
    """By lower-case name."""
    body: bytes = field(default=b"", repr=False)

    @property
    def status_code(self) -> int | None:
        """None if there was no answer."""
        return self.receipt.status_code

    def json(self) -> Any:
        """The body as JSON; None if it isn't JSON."""
        import json

        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None


class Caller:
    """The requests of one delivery, made inside its ``with``: one deadline, one session.

    Args:
        secrets: removed from the texts about an answer.
    """

    def __init__(self, *, timeout_seconds: float, secrets: Iterable[Secret] = ()) -> None:
        self._deadline = deadline(timeout_seconds)
        self._timeout_seconds = timeout_seconds
        self._secrets = tuple(secrets)
        self._sockets = _Sockets()
        self._session: requests.Session | None = None

    def __enter__(self) -> Caller:
        self._deadline.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._deadline.__exit__(None, None, None)
        if self._session is not None:
            self._session.close()

    def send(
        self,
        method: str,
        url: Secret | str,
        *,
        headers: Mapping[str, str | Secret] | None = None,
        body: bytes | None = None,
        most_bytes: int = MOST_BYTES,
    ) -> Reply:
        """One request, within what is left of the delivery's time.

        Args:
            method: ``POST``.
            url: where to; a secret one is added to those that are scrubbed.
            headers: besides ``User-Agent``.
        """
        address = url.reveal() if isinstance(url, Secret) else url
        secrets = (*self._secrets, url) if isinstance(url, Secret) else self._secrets
        host = _host(address)
        left = seconds_left() or 0.0
        if host is None:
            return _refused("the address is not a URL: it must begin with https:// or http://")
        if left <= 0 or self._sockets.are_cut:
            return _retry(f"{host} took more than {self._timeout_seconds:g} s")
        shown = {
            name: value.reveal() if isinstance(value, Secret) else value
            for name, value in (headers or {}).items()
        }

        def exchange() -> Reply:
            with quiet_transport():
                return self._exchange(method, address, host, shown, body, most_bytes, secrets)

        try:
            return call_within(left, exchange, cut=self._sockets.cut)
        except OutOfTimeError:
            return self._out_of_time(host)

    def _out_of_time(self, host: str) -> Reply:
        return _retry(f"no answer from {host} within {self._timeout_seconds:g} s")

    def _exchange(
        self,
        method: str,
        address: str,
        host: str,
        headers: Mapping[str, str],
        body: bytes | None,
        most_bytes: int,
        secrets: Sequence[Secret],
    ) -> Reply:
        import requests
        import urllib3

        if self._session is None:
            self._session = _open_session(self._sockets, address)
        session = self._session
        try:
            request = session.prepare_request(
                requests.Request(
                    method, address, headers=dict(headers), data=body, auth=_auth(address)
                )
            )
        except (requests.RequestException, ValueError):
            return _refused(f"the address or a header for {host} is malformed")
        settings = session.merge_environment_settings(address, {}, True, None, None)
        # The adapter, not the session: a session reads the whole answer to look for redirects.
        adapter = session.get_adapter(address)
        try:
            refuse_unresolved(request, settings["proxies"])
            response = adapter.send(request, timeout=request_timeouts(), **settings)
        except (
            requests.RequestException,
            urllib3.exceptions.HTTPError,
            http.client.HTTPException,
            OSError,
            ValueError,
        ) as fault:
            if self._sockets.are_cut:
                return self._out_of_time(host)
            return _retry(_what_broke(fault, host, self._timeout_seconds))
        with contextlib.closing(response):
            if self._sockets.are_cut:  # in the middle of the headers, which then look complete
                return self._out_of_time(host)
            text = _body(response, most_bytes)
            found = {name.lower(): value for name, value in response.headers.items()}
            receipt = receipt_for(response.status_code, found, text, host, secrets)
            return Reply(receipt, found, text)


def receipt_for(
    status_code: int,
    headers: Mapping[str, str],
    body: bytes,
    host: str,
    secrets: Iterable[Secret] = (),
) -> Receipt:
    """What an answer means for a delivery, for receivers without rules of their own.

    Args:
        headers: by lower-case name.
        secrets: never to be seen in the detail.
    """
    detail = f"{host} answered {status_code}"
    if 200 <= status_code < 300:
        return Receipt(DeliveryStatus.DELIVERED, detail, status_code)
    if 300 <= status_code < 400:
        detail += ", a redirect: configure the final address"
        return Receipt(DeliveryStatus.REFUSED, detail, status_code)
    if said := shortened(body, secrets):
        detail += f": {said}"
    if is_transient(status_code):
        wait = retry_after(headers.get("retry-after"), datetime.now(UTC))
        return Receipt(DeliveryStatus.RETRY, detail, status_code, wait)
    return Receipt(DeliveryStatus.REFUSED, detail, status_code)


def retry_after(value: str | None, now: datetime) -> float | None:
    """Seconds to wait by a ``Retry-After`` header, as far as it is believed; None without one."""
    seconds = asked_wait(value, now)
    return None if seconds is None else min(seconds, LONGEST_WAIT)


def shortened(body: bytes, secrets: Iterable[Secret]) -> str:
    """An answer's body for a person: one line, short, without secrets."""
    text = scrub(body.decode("utf-8", errors="replace"), secrets)
    text = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def together(receipts: Sequence[Receipt], *, of: int) -> Receipt:
    """The receipt of a delivery that took several requests: the worst, with all references.

    One that may work later counts before one that was refused: the refused one is refused again.

    Args:
        receipts: at least one.
        of: how many there would be, had the delivery not ended early.
    """
    references = {
        incident: found for receipt in receipts for incident, found in receipt.references.items()
    }
    order = (DeliveryStatus.RETRY, DeliveryStatus.REFUSED, DeliveryStatus.DELIVERED)
    worst = min(receipts, key=lambda receipt: order.index(receipt.verdict))
    delivered = sum(receipt.verdict is DeliveryStatus.DELIVERED for receipt in receipts)
    waits = [receipt.retry_after for receipt in receipts if receipt.retry_after is not None]
    detail = worst.detail
    if worst.verdict is not DeliveryStatus.DELIVERED and of > 1:
        detail += f" ({delivered} of {of} went through)"
    return Receipt(
        worst.verdict,
        detail,
        worst.status_code,
        max(waits) if waits and worst.verdict is DeliveryStatus.RETRY else None,
        references,
    )


class _Sockets:
    """The open connections of a delivery, so that they can be cut from another thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: list[Any] = []
        self.are_cut = False

    def opened(self, connection: Any) -> None:
        """Register a connection; one opened after the cut is never used."""
        with self._lock:
            if self.are_cut:
                raise TimeoutError("the time limit of this delivery has passed")
            self._open.append(connection)

    def cut(self) -> None:
        """Shut down every connection, which wakes up the threads that read from one."""
        with self._lock:
            self.are_cut = True
            for connection in self._open:
                with contextlib.suppress(OSError, TypeError):
                    # Shut down the plain socket, because TLS would first close its own layer.
                    socket.socket.shutdown(connection, socket.SHUT_RDWR)


def _open_session(sockets: _Sockets, address: str) -> requests.Session:
    import requests
    from requests.adapters import HTTPAdapter
    from urllib3.connection import HTTPConnection, HTTPSConnection
    from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

    class PlainConnection(HTTPConnection):
        def connect(self) -> None:
            super().connect()
            sockets.opened(self.sock)

    class TlsConnection(HTTPSConnection):
        def connect(self) -> None:
            super().connect()
            sockets.opened(self.sock)

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = PlainConnection

    class TlsPool(HTTPSConnectionPool):
        ConnectionCls = TlsConnection

    pools: dict[str, Any] = {"http": PlainPool, "https": TlsPool}

    class CuttableAdapter(HTTPAdapter):
        """Its connections can be cut, through a proxy too."""

        def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
            super().init_poolmanager(*args, **kwargs)
            self.poolmanager.pool_classes_by_scheme = pools

        def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
            manager = super().proxy_manager_for(proxy, **kwargs)
            if not proxy.lower().startswith("socks"):
                manager.pool_classes_by_scheme = pools
            return manager

    session = requests.Session()
    for scheme in ("https://", "http://"):
        session.mount(scheme, CuttableAdapter())
    # HTTP_PROXY is for other machines, not for a server on this one.
    session.trust_env = not is_loopback(address)
    # Compressed answers would need a bound of their own.
    session.headers.update({"User-Agent": USER_AGENT, "Accept-Encoding": "identity"})
    return session


def _auth(address: str) -> Any:
    """Credentials of the URL, set even if empty: requests would otherwise use ~/.netrc."""
    from requests.utils import get_auth_from_url

    user, password = get_auth_from_url(address)
    return (user, password) if user or password else lambda request: request


def _host(address: str) -> str | None:
    try:
        parts = urlsplit(address)
        return parts.hostname if parts.scheme in ("http", "https") else None
    except ValueError:
        return None


def _body(response: requests.Response, most_bytes: int) -> bytes:
    import urllib3

    try:
        found = response.raw.read(most_bytes, decode_content=False)
    except (urllib3.exceptions.HTTPError, http.client.HTTPException, OSError, ValueError):
        return b""  # the status came, and that is the answer
    return bytes(found or b"")


def _what_broke(fault: Exception, host: str, timeout_seconds: float) -> str:
    """Our own text, because the libraries' messages contain the URL."""
    import requests

    if is_unresolved(fault):
        return f"{host} can't be reached: {UNRESOLVED}"
    if isinstance(fault, requests.exceptions.ProxyError):
        return f"the proxy on the way to {host} failed"
    if isinstance(fault, requests.exceptions.SSLError):
        return f"no trusted TLS connection to {host}"
    if isinstance(fault, requests.exceptions.ConnectTimeout):
        return f"no connection to {host} in time"
    if isinstance(fault, requests.exceptions.ReadTimeout):
        return f"no answer from {host} within {timeout_seconds:g} s"
    return f"the connection to {host} failed or broke"


def _retry(detail: str) -> Reply:
    return Reply(Receipt(DeliveryStatus.RETRY, detail))


def _refused(detail: str) -> Reply:
    return Reply(Receipt(DeliveryStatus.REFUSED, detail))
