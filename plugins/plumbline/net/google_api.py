"""JSON from Google's REST APIs, each call under one deadline.

Used by `plumbline.deploy` for Cloud Run and Cloud Logging. Google's own clients for them would
bring gRPC and a dozen packages for three requests.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from plumbline.net.credentials import application_default
from plumbline.net.deadline import OutOfTimeError, call_within, can_repeat_after
from plumbline.net.secret import scrub
from plumbline.net.silence_logs import quiet_transport
from plumbline.net.transport import is_loopback, open_session

RETRIED = frozenset({429, 502, 503, 504})
RETRY_WAITS = (0.5, 1.0, 2.0, 4.0)
"""Seconds before each further attempt at a request that was answered with one of `RETRIED`."""

_SCOPE = "https://www.googleapis.com/auth/cloud-platform"


class GoogleApiError(Exception):
    """An API answered with an error, or not at all.

    Args:
        status: of the HTTP answer; None: there was none.
    """

    def __init__(self, what: str, status: int | None = None) -> None:
        super().__init__(what)
        self.status = status


@dataclass(frozen=True)
class GoogleApi:
    """One API of Google's, by its address.

    Args:
        name: for messages: ``Cloud Run``.
        seconds: limit of one call, token and retries included.
    """

    name: str
    endpoint: str
    seconds: float

    def get(self, path: str, **query: str | int) -> dict[str, Any]:
        """The object at ``path`` (``/v2/projects/...``).

        Raises:
            GoogleApiError: the API answers with an error, or not in time.
            ConfigError: there are no credentials.
        """
        return self._call("GET", path, params=query)

    def post(self, path: str, body: Mapping[str, object]) -> dict[str, Any]:
        """What the API answers to ``body``.

        Raises:
            GoogleApiError, ConfigError: as `get`.
        """
        return self._call("POST", path, json=dict(body))

    def _call(self, method: str, path: str, **arguments: Any) -> dict[str, Any]:
        from google.auth.credentials import AnonymousCredentials
        from google.auth.exceptions import GoogleAuthError

        # A server on this machine stands in for Google: it must not get a token of Google's.
        credentials = (
            AnonymousCredentials()  # type: ignore[no-untyped-call]
            if is_loopback(self.endpoint)
            else application_default(self.name, _SCOPE)
        )

        def exchange() -> Any:
            session = open_session(credentials, endpoint=self.endpoint, connections=1)
            try:
                with quiet_transport():
                    return _answer(session, method, self.endpoint.rstrip("/") + path, arguments)
            finally:
                session.close()

        try:
            response = call_within(self.seconds, exchange)
        except OutOfTimeError as fault:
            raise GoogleApiError(f"no answer within {self.seconds:g} s") from fault
        except GoogleAuthError as fault:
            raise GoogleApiError(f"no token: {_first_sentence(fault)}") from fault
        except OSError as fault:  # requests' exceptions are OSErrors
            raise GoogleApiError(f"the connection failed or broke: {_short(fault)}") from fault
        if response.status_code != 200:
            raise GoogleApiError(_error_text(response), response.status_code)
        return _object(response)


def _answer(session: Any, method: str, url: str, arguments: Mapping[str, Any]) -> Any:
    for wait in (*RETRY_WAITS, None):
        response = session.request(method, url, allow_redirects=False, **arguments)
        if response.status_code not in RETRIED or wait is None or not can_repeat_after(wait):
            break
        time.sleep(wait)
    return response


def _object(response: Any) -> dict[str, Any]:
    try:
        found = response.json()
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise GoogleApiError("the answer is not a JSON object", response.status_code)
    return found


def _error_text(response: Any) -> str:
    """``404: no such service``, from Google's error object where there is one."""
    try:
        text = str(response.json()["error"]["message"])
    except (ValueError, KeyError, TypeError):
        text = response.text
    said = " ".join(scrub(text).split())[:200]
    return f"it answered {response.status_code}" + (f": {said}" if said else "")


def _first_sentence(fault: Exception) -> str:
    return _short(fault).split(". ")[0].rstrip(".")


def _short(fault: Exception) -> str:
    return " ".join(scrub(str(fault)).split())[:200]
