"""Reads the secrets of channels from the environment or Secret Manager.

A webhook's URL is a secret too: anyone who knows it can write to the channel. Channels get what
`read_secret` returns (`plumbline.alerts.channels.factory`).
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from plumbline.core.errors import ConfigError
from plumbline.net.credentials import application_default, is_without_token
from plumbline.net.deadline import OutOfTimeError, call_within
from plumbline.net.secret import Secret, note
from plumbline.net.silence_logs import quiet_transport
from plumbline.net.transient import is_transient
from plumbline.net.transport import open_session

if TYPE_CHECKING:
    import requests
    from google.auth.credentials import Credentials

SECRET_MANAGER = "https://secretmanager.googleapis.com"
TIMEOUT_SECONDS = 10.0
"""For one secret, the token for it included."""

_SCOPE = "https://www.googleapis.com/auth/cloud-platform"
_PREFIX = "sm://"
_REFERENCE = re.compile(
    r"sm://(?P<project>[a-z0-9][a-z0-9.:-]*)/(?P<secret>[A-Za-z0-9_-]{1,255})"
    r"(?:/(?P<version>[A-Za-z0-9][A-Za-z0-9_-]*))?"
)


class SecretUnreachableError(ConfigError):
    """Secret Manager did not answer: it may work later."""


class _NoTokenError(Exception):
    """Secret Manager was not asked: there is no access token for it."""


def read_secret(
    variable: str,
    environment: Mapping[str, str],
    *,
    is_noted: bool = True,
    endpoint: str = SECRET_MANAGER,
    credentials: Credentials | None = None,
    timeout_seconds: float = TIMEOUT_SECONDS,
) -> Secret | None:
    """What ``variable`` holds, or what it points to; None when it is unset or empty.

    Args:
        is_noted: whether it is removed from all that is written; False for a user's name.
        endpoint: of Secret Manager, for a value ``sm://PROJECT/SECRET[/VERSION]``.
        credentials: instead of the application default ones.
        timeout_seconds: for all of it.

    Raises:
        ConfigError: the reference is malformed, or Secret Manager refuses it.
        SecretUnreachableError: Secret Manager does not answer.
    """
    value = environment.get(variable, "").strip()
    if not value:
        return None
    if not value.startswith(_PREFIX):
        return _read(value, variable, is_noted)
    reference = _REFERENCE.fullmatch(value)
    if reference is None:
        raise ConfigError(
            "is not a reference to a secret",
            key=variable,
            fix="write sm://PROJECT/SECRET or sm://PROJECT/SECRET/VERSION",
        )
    resource = (
        f"projects/{reference['project']}/secrets/{reference['secret']}"
        f"/versions/{reference['version'] or 'latest'}"
    )

    def fetch() -> requests.Response:
        with quiet_transport():
            return _access(resource, endpoint, credentials or _default_credentials(variable))

    try:
        response = call_within(timeout_seconds, fetch)
    except _NoTokenError as fault:
        raise _unreachable(
            variable, resource, ": the token server gives no access token"
        ) from fault
    except (OutOfTimeError, OSError) as fault:  # requests' exceptions are OSErrors
        raise _unreachable(variable, resource) from fault
    return _read(_payload(response, variable, resource), variable, is_noted)


def _read(value: str, variable: str, is_noted: bool) -> Secret:
    secret = Secret(value, name=variable)
    return note(secret) if is_noted else secret


# Secret Manager


def _access(resource: str, endpoint: str, credentials: Credentials) -> requests.Response:
    from google.auth.exceptions import GoogleAuthError

    session = open_session(credentials, endpoint=endpoint, connections=1)
    try:
        response: requests.Response = session.get(
            f"{endpoint.rstrip('/')}/v1/{resource}:access", allow_redirects=False
        )
    except GoogleAuthError as fault:
        if is_without_token(fault):
            raise _NoTokenError from fault
        raise ConfigError(
            f"Google rejects the credentials for {resource}",
            fix="run `gcloud auth application-default login`, or renew the service account's key",
        ) from fault
    finally:
        session.close()
    return response


def _default_credentials(variable: str) -> Credentials:
    return application_default("points to Secret Manager, which", _SCOPE, key=variable)


def _payload(response: requests.Response, variable: str, resource: str) -> str:
    status = response.status_code
    if is_transient(status):
        raise _unreachable(variable, resource, f": it answered {status}")
    if status != 200:
        raise _refused(response, variable, resource)
    try:
        data = response.json()["payload"]["data"]
        value = base64.b64decode(data, validate=True).decode().strip()
    except (ValueError, KeyError, TypeError, binascii.Error):
        # Not "from": the fault holds the answer, and that holds the secret.
        raise _unreachable(variable, resource, ": unexpected answer") from None
    if not value:
        raise ConfigError(
            f"the secret {resource} is empty", key=variable, fix="add a version that holds it"
        )
    return value


def _refused(response: requests.Response, variable: str, resource: str) -> ConfigError:
    status = response.status_code
    if status == 404:
        what, fix = f"there is no {resource}", "check the project, the secret and the version"
    elif status == 403 and "SERVICE_DISABLED" in response.text:
        what = f"Secret Manager is not enabled for {resource}"
        fix = "run `gcloud services enable secretmanager.googleapis.com`"
    elif status == 403:
        what = f"permission to read {resource} was denied"
        fix = "grant roles/secretmanager.secretAccessor on it to the account that runs this"
    elif status == 401:
        what = f"Secret Manager rejects the credentials for {resource}"
        fix = "run `gcloud auth application-default login`, or renew the service account's key"
    else:
        what = f"Secret Manager answered {status} for {resource}"
        fix = "check that the version is enabled, and the reference sm://PROJECT/SECRET[/VERSION]"
    return ConfigError(what, key=variable, fix=fix)


def _unreachable(variable: str, resource: str, why: str = "") -> SecretUnreachableError:
    return SecretUnreachableError(
        f"Secret Manager could not return {resource}{why}",
        key=variable,
        fix="try again; check this machine's network connection and proxy",
    )
