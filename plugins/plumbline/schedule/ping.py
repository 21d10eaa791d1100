"""Pings: a service elsewhere is told that a run started, succeeded or failed, and calls when it is
not told (https://healthchecks.io/docs/http_api/).

The address is a secret: who knows it can say that all is well. Used by `plumbline.run.heart` and by
the watchdog.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from plumbline.channels.base import Verdict
from plumbline.channels.http import Caller
from plumbline.channels.secrets import Secret, read_secret
from plumbline.errors import ConfigError

TIMEOUT_SECONDS = 5.0
"""A ping never keeps a run waiting for longer."""


@dataclass(frozen=True)
class Ping:
    """One check of such a service."""

    url: Secret

    def send(self, signal: str, *, run: uuid.UUID) -> str | None:
        """Say ``start``, ``success`` or ``fail``; what went wrong, without secrets, or None.

        Args:
            signal: what to say.
            run: tells a start and its end from those of another run.
        """
        path = "" if signal == "success" else f"/{signal}"
        address = Secret(f"{self.url.reveal().rstrip('/')}{path}?rid={run}")
        with Caller(timeout_seconds=TIMEOUT_SECONDS, secrets=[self.url]) as caller:
            receipt = caller.send("POST", address, body=b"").receipt
        return None if receipt.verdict is Verdict.DELIVERED else receipt.detail or "no answer"


def open_ping(variable: str, environment: Mapping[str, str]) -> Ping:
    """The ping whose address stands in an environment variable.

    Raises:
        ConfigError: it is not set, or is no http(s) address.
    """
    secret = read_secret(variable, environment)
    if secret is None:
        raise ConfigError(f"{variable} is not set", key=variable, mend="set it to the ping's URL")
    if not secret.reveal().startswith(("https://", "http://")):
        raise ConfigError(
            f"{variable} is no http(s) URL", key=variable, mend="write the ping's URL"
        )
    return Ping(secret)
