"""Finds Google's application default credentials.

Used by the warehouse, the bucket of the data docs and Secret Manager.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from plumbline.core.errors import ConfigError

if TYPE_CHECKING:
    from google.auth.credentials import Credentials


def application_default(
    needed_by: str, *scopes: str, file: str | None = None, key: str | None = None
) -> Credentials:
    """Return the credentials that the environment, gcloud or the machine provides.

    Args:
        needed_by: what needs them, for the error message.

    Raises:
        ConfigError: there are none.
    """
    import google.auth
    from google.auth.exceptions import DefaultCredentialsError

    try:
        credentials, _ = google.auth.default(scopes=scopes)
    except DefaultCredentialsError as fault:
        raise ConfigError(
            f"{needed_by} needs Google credentials: {_first_sentence(fault)}",
            file=file,
            key=key,
            fix="run `gcloud auth application-default login`, or set "
            "GOOGLE_APPLICATION_CREDENTIALS to the key file of a service account",
        ) from fault
    found: Credentials = credentials
    return found


def _first_sentence(fault: Exception) -> str:
    text = " ".join(str(fault.args[0] if fault.args else fault).split())
    return text.split(". ")[0].rstrip(".")
