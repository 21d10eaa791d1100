"""Pings a monitoring service when a run starts, succeeds or fails, so that it can alert when pings
stop (https://healthchecks.io/docs/http_api/).

The URL is a secret: anyone who knows it can report success. Used by `plumbline.history.heartbeat`
and by the watchdog.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from plumbline.core.errors import ConfigError
from plumbline.net.http import Caller
from plumbline.net.receipt import DeliveryStatus
from plumbline.net.secret import Secret
from plumbline.net.secrets import read_secret
from plumbline.net.transport import is_private

TIMEOUT_SECONDS = 5.0
"""Limit of a ping, for all its attempts together."""
_ATTEMPTS = 3
_PAUSE_SECONDS = 0.3


@dataclass(frozen=True)
class Ping:
    """One check of such a service."""

    url: Secret

    def send(self, signal: str, *, run: uuid.UUID) -> str | None:
        """Send ``start``, ``success`` or ``fail``; return the error, without secrets, or None.

        Args:
            run: identifies the run, so that its start and end belong together.
        """
        address = Secret(_address(self.url.reveal(), "" if signal == "success" else signal, run))
        with Caller(timeout_seconds=TIMEOUT_SECONDS, secrets=[self.url]) as caller:
            receipt = caller.send("POST", address, body=b"").receipt
            for _ in range(_ATTEMPTS - 1):
                if receipt.verdict is not DeliveryStatus.RETRY:
                    break
                time.sleep(_PAUSE_SECONDS)
                again = caller.send("POST", address, body=b"").receipt
                receipt = again if again.status_code or not receipt.status_code else receipt
        return (
            None if receipt.verdict is DeliveryStatus.DELIVERED else receipt.detail or "no answer"
        )


def open_ping(variable: str, environment: Mapping[str, str]) -> Ping:
    """The ping whose URL is in an environment variable.

    Raises:
        ConfigError: it isn't set, or isn't an https URL (http is allowed for this machine).
    """
    secret = read_secret(variable, environment)
    if secret is None:
        raise ConfigError(f"{variable} is not set", key=variable, fix="set it to the ping's URL")
    if not is_private(secret.reveal()):
        raise ConfigError(
            f"{variable} is not an https URL",
            key=variable,
            fix="write the ping's URL, beginning with https://",
        )
    return Ping(secret)


def _address(url: str, suffix: str, run: uuid.UUID) -> str:
    """Add the signal to the path, before a query (``?create=1``)."""
    parts = urlsplit(url)
    path = "/".join(part for part in (parts.path.rstrip("/"), suffix) if part)
    query = urlencode([*parse_qsl(parts.query, keep_blank_values=True), ("rid", str(run))])
    return urlunsplit((parts.scheme, parts.netloc, path, query, ""))
