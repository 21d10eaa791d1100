"""Finds Google's application default credentials.

Used by the warehouse, the bucket of the data docs and Secret Manager.
"""

from __future__ import annotations

import functools
import os
from pathlib import Path
from typing import TYPE_CHECKING

from plumbline.core.errors import ConfigError

if TYPE_CHECKING:
    from google.auth.credentials import Credentials


def application_default(
    needed_by: str, *scopes: str, file: str | None = None, key: str | None = None
) -> Credentials:
    """Return the credentials that the environment, gcloud or the machine provides.

    All clients share those of a key file: a run has half a dozen, and each would parse the key and
    request a token of its own.

    Args:
        needed_by: what needs them, for the error message.
        file: where that is configured, for the same.
        key: the key there.

    Raises:
        ConfigError: there are none.
    """
    from google.auth.exceptions import DefaultCredentialsError

    try:
        return _find(scopes)
    except DefaultCredentialsError as fault:
        raise ConfigError(
            f"{needed_by} needs Google credentials: {_first_sentence(fault)}",
            file=file,
            key=key,
            fix="run `gcloud auth application-default login`, or set "
            "GOOGLE_APPLICATION_CREDENTIALS to the key file of a service account",
        ) from fault


def is_without_token(fault: BaseException) -> bool:
    """Whether a token server or metadata server can't give an access token for now.

    Any other error of google-auth says that the credentials are rejected, or that the machine has
    none.
    """
    from google.auth.exceptions import GoogleAuthError, TransportError

    if not isinstance(fault, GoogleAuthError):
        return False
    # A failure of the metadata server comes inside a RefreshError, with the answer behind it where
    # the server answered and asking again is no use (404: the machine has no service account).
    inner = next(iter(fault.args), None)
    of_server = inner if isinstance(inner, TransportError) else fault
    if isinstance(of_server, TransportError):
        return len(of_server.args) < 2
    return bool(fault.retryable)


def _find(scopes: tuple[str, ...]) -> Credentials:
    from google.auth.environment_vars import CREDENTIALS

    name = os.environ.get(CREDENTIALS, "")
    try:
        there = Path(name).stat()
    except OSError:
        return _default(scopes)
    return _of_file(scopes, name, (there.st_ino, there.st_size, there.st_mtime_ns))


@functools.lru_cache(maxsize=8)
def _of_file(scopes: tuple[str, ...], _name: str, _version: tuple[int, ...]) -> Credentials:
    return _default(scopes)


def _default(scopes: tuple[str, ...]) -> Credentials:
    import google.auth

    credentials, _ = google.auth.default(scopes=scopes)
    found: Credentials = credentials
    return found


def _first_sentence(fault: Exception) -> str:
    text = " ".join(str(fault.args[0] if fault.args else fault).split())
    return text.split(". ")[0].rstrip(".")
