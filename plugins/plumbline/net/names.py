"""Whether a host's name resolves, within seconds.

No timeout of a socket bounds the resolver: without a name server, each lookup takes ten seconds
or more, and a run asks half a dozen hosts several times. Here a lookup is waited for a few seconds,
and one that failed a moment ago is not repeated. All calls of the process share the seconds for
which calls to hosts without an address are repeated (`is_given_up`).
"""

from __future__ import annotations

import ipaddress
import socket
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from plumbline.core.host import start_thread
from plumbline.net.deadline import seconds_left
from plumbline.net.failing import Failing

if TYPE_CHECKING:
    import requests

FIRST_SECONDS = 5.0
"""How long the first lookup of a name is waited for."""
AGAIN_SECONDS = 0.5
"""The same after one that failed."""
SILENT_SECONDS = 1.0
"""The same of the first lookup of a name while the lookup of another name is unanswered: the name
server is silent, and each further host of a run would cost `FIRST_SECONDS`."""
KEPT_SECONDS = 60.0
"""How long a name that resolved is not looked up again; one that did not, for `FAILED_SECONDS`."""
FAILED_SECONDS = 0.5
GIVEN_UP_SECONDS = 5.0
"""How long a call to a host whose name does not resolve is repeated. That is rarely a matter of
moments."""
LATER_SECONDS = 1.0
"""The same once names have failed to resolve for `GIVEN_UP_SECONDS`, and none has resolved."""


@dataclass
class _Lookup:
    host: str
    patience: float
    began: float = field(default_factory=time.monotonic)
    done: threading.Event = field(default_factory=threading.Event)
    ended: float = 0.0
    works: bool = False

    def run(self) -> None:
        try:
            socket.getaddrinfo(self.host, None)
            self.works = True
            _failing.end()
        except (OSError, UnicodeError):
            pass
        self.ended = time.monotonic()
        self.done.set()

    @property
    def is_unanswered(self) -> bool:
        """Whether the name server has not answered for as long as a first lookup is waited for."""
        return not self.done.is_set() and time.monotonic() - self.began >= FIRST_SECONDS

    @property
    def is_current(self) -> bool:
        kept = KEPT_SECONDS if self.works else FAILED_SECONDS
        return not self.done.is_set() or time.monotonic() - self.ended < kept


_failing = Failing()
_lookups: dict[str, _Lookup] = {}
_lock = threading.Lock()


def resolves(host: str) -> bool:
    """Whether the name of ``host`` resolves, as far as is known within seconds."""
    if host == "localhost" or _is_address(host):
        return True
    with _lock:
        before = _lookups.get(host)
        if before is not None and before.is_current:
            lookup = before
        else:
            lookup = _lookups[host] = _Lookup(host, _patience(before))
            start_thread(lookup.run, f"lookup {host}")
    left = lookup.began + lookup.patience - time.monotonic()
    asked = seconds_left()
    lookup.done.wait(max(0.0, left if asked is None else min(left, asked)))
    if not lookup.works:
        _failing.note(lookup.began)
    return lookup.works


def is_given_up(waited: float) -> bool:
    """Whether a call is repeated no more, whose host's name does not resolve.

    Args:
        waited: seconds since it was made first.
    """
    return waited >= GIVEN_UP_SECONDS or (
        waited >= LATER_SECONDS and _failing.seconds >= GIVEN_UP_SECONDS
    )


def _patience(before: _Lookup | None) -> float:
    """Seconds for the lookup after ``before`` of the same name."""
    if before is not None and not before.works:
        return AGAIN_SECONDS
    if any(other.is_unanswered for other in _lookups.values()):
        return SILENT_SECONDS
    return FIRST_SECONDS


def refuse_unresolved(
    request: requests.PreparedRequest, proxies: Mapping[str, str] | None = None
) -> None:
    """Let no request be sent to a host whose name does not resolve.

    Args:
        proxies: as requests' adapters take them: a proxy resolves names itself.

    Raises:
        requests.ConnectionError: it does not; see `is_unresolved`.
    """
    import requests
    from requests.utils import select_proxy

    url = str(request.url)
    proxy = select_proxy(url, dict(proxies or {}))
    host = urlsplit(proxy if proxy and "://" in proxy else url).hostname or ""
    if not host or resolves(host):
        return
    raise requests.ConnectionError(f"Failed to resolve {host!r}", request=request)


def is_unresolved(fault: BaseException | None) -> bool:
    """Whether a request failed because a name does not resolve."""
    seen: set[int] = set()
    while fault is not None and id(fault) not in seen:
        if "Failed to resolve" in str(fault):
            return True
        seen.add(id(fault))
        fault = fault.__cause__ or fault.__context__
    return False


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
