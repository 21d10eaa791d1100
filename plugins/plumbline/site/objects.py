"""The objects of one Cloud Storage bucket: every call under a deadline, every fault with its fix.

Used by `plumbline.site.bucket` (a site) and `plumbline.gx.cloud_storage` (GX's stores). Who asks
is the application default account; with ``STORAGE_EMULATOR_HOST``, there are no credentials.
"""

from __future__ import annotations

import base64
import hashlib
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from plumbline.core.errors import ConfigError, PlumblineError
from plumbline.net.credentials import application_default, is_without_token
from plumbline.net.deadline import (
    SHORTEST_ATTEMPT_SECONDS,
    OutOfTimeError,
    call_within,
    seconds_left,
)
from plumbline.net.names import is_given_up, is_unresolved
from plumbline.net.secret import scrub
from plumbline.net.transport import open_session
from plumbline.warehouse.failures import why_disconnected, why_without_token

if TYPE_CHECKING:
    from google.auth.credentials import Credentials

CALL_SECONDS = 30.0
"""For one object, with everything that is tried again."""
CONNECTIONS = 8
"""Objects that are written side by side."""
EMULATOR = "STORAGE_EMULATOR_HOST"
ENDPOINT = "https://storage.googleapis.com"
PRIVATE = "https://storage.cloud.google.com"
"""URLs here require a Google login with permission to read the object."""
PUBLIC = "https://storage.googleapis.com"
"""URLs here need no login, and work for public objects."""

_ROLE = "roles/storage.objectUser"
_SCOPE = "https://www.googleapis.com/auth/devstorage.read_write"

T = TypeVar("T")


class ChangedError(Exception):
    """The object's generation is another one: it was written in between."""


@dataclass(frozen=True)
class Stored:
    content: bytes
    generation: int
    """Cloud Storage's number for this version of the object."""


@dataclass(frozen=True)
class Stat:
    """What is known of an object without reading it."""

    generation: int
    md5: str | None
    updated: datetime | None

    def holds(self, content: bytes) -> bool:
        """Whether it is known to hold ``content``."""
        digest = hashlib.md5(content, usedforsecurity=False).digest()
        return self.md5 == base64.b64encode(digest).decode()


class Objects:
    """The objects below a prefix of a bucket; their paths are relative to it.

    Args:
        prefix: with ``/`` between its parts; empty: the whole bucket.
        project: that pays for the requests; None: that of the credentials.
    """

    def __init__(
        self,
        bucket: str,
        prefix: str = "",
        *,
        project: str | None = None,
    ) -> None:
        self.bucket = bucket
        self.prefix = prefix.strip("/")
        self._project = project
        self._seconds = CALL_SECONDS

    def name(self, path: str) -> str:
        return f"{self.prefix}/{path}" if self.prefix else path

    def get(self, path: str) -> Stored | None:
        """An object; None if it doesn't exist.

        Raises:
            ConfigError: the bucket is not there, or we may not read it.
            PlumblineError: Cloud Storage can't be asked.
        """

        def read(bucket: Any) -> Stored:
            blob = bucket.blob(self.name(path))
            content = blob.download_as_bytes(**self._limits)
            # emulators leave the number out
            return Stored(content, int(blob.generation or 0))

        return self._unless_missing("read", path, read)

    def stat(self, path: str) -> Stat | None:
        """What is known of an object; None: there is none. Raises as `get`."""

        def look(bucket: Any) -> Stat:
            blob = bucket.blob(self.name(path))
            blob.reload(**self._limits)
            return Stat(int(blob.generation or 0), blob.md5_hash, blob.updated)

        return self._unless_missing("read", path, look)

    def put(
        self,
        path: str,
        content: bytes,
        *,
        content_type: str,
        cache_control: str | None = None,
        over: int | None = None,
    ) -> int:
        """Write an object, whole or not at all.

        Args:
            content_type: of the content, with its character set.
            cache_control: what browsers may keep; None: Cloud Storage's own.
            over: the generation that it replaces (0: there must be none); None: whatever is there.

        Returns:
            Its generation.

        Raises:
            ChangedError: it is of another generation.
            ConfigError: the bucket is not there, or we may not write.
            PlumblineError: Cloud Storage can't be asked, or did not answer: it may be written.
        """

        def write(bucket: Any) -> int:
            blob = bucket.blob(self.name(path))
            blob.cache_control = cache_control
            blob.upload_from_string(
                content, content_type=content_type, if_generation_match=over, **self._limits
            )
            return int(blob.generation or 0)

        return self._call("write", path, write)

    def delete(self, path: str, *, only: int | None = None) -> bool:
        """Remove an object; whether there was one.

        Args:
            only: the generation that it must be of; None: any.

        Raises:
            ChangedError: it is of another generation.
            ConfigError: the bucket is not there, or we may not delete.
            PlumblineError: Cloud Storage can't be asked.
        """

        def remove(bucket: Any) -> bool:
            bucket.blob(self.name(path)).delete(if_generation_match=only, **self._limits)
            return True

        return bool(self._unless_missing("delete", path, remove))

    def list(self, folder: str = "", *, most: int | None = None) -> list[str]:
        """The paths of the objects whose path begins with ``folder``, sorted. Raises as `get`."""
        start = len(self.prefix) + 1 if self.prefix else 0

        def look(bucket: Any) -> list[str]:
            found = bucket.list_blobs(
                prefix=self.name(folder), max_results=most, fields=_FIELDS, **self._limits
            )
            return sorted(blob.name[start:] for blob in found)

        return self._call("list", folder, look)

    @property
    def _limits(self) -> dict[str, Any]:
        from google.cloud.storage.retry import DEFAULT_RETRY

        left = seconds_left() or 0.0  # opening the client has taken its part
        began, passes = time.monotonic(), DEFAULT_RETRY._predicate

        def is_repeated(fault: Exception) -> bool:
            given_up = is_unresolved(fault) and is_given_up(time.monotonic() - began)
            return not given_up and bool(passes(fault))

        last_start = max(left - SHORTEST_ATTEMPT_SECONDS, 0.0)
        retry = DEFAULT_RETRY.with_predicate(is_repeated).with_timeout(last_start)
        return {"timeout": left, "retry": retry}

    @cached_property
    def _bucket(self) -> Any:
        from google.api_core.client_info import ClientInfo
        from google.auth.credentials import AnonymousCredentials
        from google.cloud import storage

        emulator = os.environ.get(EMULATOR)
        if emulator:
            credentials: Credentials = AnonymousCredentials()  # type: ignore[no-untyped-call]
        else:
            credentials = application_default(
                f"the bucket {self.bucket!r}", _SCOPE, file=f"gs://{self.bucket}"
            )
        session = open_session(
            credentials, endpoint=emulator or ENDPOINT, connections=CONNECTIONS + 2
        )
        client = storage.Client(
            project=self._project,
            credentials=credentials,
            client_info=ClientInfo(user_agent="plumbline"),  # type: ignore[no-untyped-call]
            _http=session,
        )
        # For the traces of OpenTelemetry it would ask about the bucket, each time, in a thread of
        # its own; the role that we name does not allow that.
        client._bucket_metadata_cache = None
        return client.bucket(self.bucket, user_project=self._project)

    def _unless_missing(self, doing: str, path: str, call: Callable[[Any], T]) -> T | None:
        try:
            return self._call(doing, path, call)
        except _MissingObjectError:
            return None

    def _call(self, doing: str, path: str, call: Callable[[Any], T]) -> T:
        try:
            return call_within(self._seconds, lambda: call(self._bucket))
        except PlumblineError:
            raise
        except Exception as fault:
            raise self._explained(fault, doing, path) from fault

    def _explained(self, fault: BaseException, doing: str, path: str) -> Exception:
        import requests.exceptions as http
        from google.api_core import exceptions as api
        from google.auth import exceptions as auth
        from google.cloud.storage.exceptions import InvalidResponse

        where = f"gs://{self.bucket}/{self.name(path)}"
        if isinstance(fault, api.RetryError) and fault.cause is not None:
            return self._explained(fault.cause, doing, path)
        if isinstance(fault, InvalidResponse):  # as it is where it was tried again until the end
            fault = api.from_http_response(fault.response)  # type: ignore[no-untyped-call]
        if isinstance(fault, api.PreconditionFailed):
            return ChangedError(where)
        if isinstance(fault, api.NotFound):
            if "bucket does not exist" not in str(fault).lower():
                return _MissingObjectError(where)
            return ConfigError(
                f"there is no bucket {self.bucket!r}",
                file=where,
                fix="create it (plumbline docs host makes a private one), or fix `bucket` of the "
                "store backend in great_expectations.yml",
            )
        if isinstance(fault, (api.Forbidden, api.Unauthorized)):
            return ConfigError(
                f"permission to {doing} in the bucket {self.bucket!r} was denied: {_said(fault)}",
                file=where,
                fix=f"grant {_ROLE} on the bucket to the account that runs plumbline, and check "
                "the bucket's name",
            )
        if isinstance(fault, auth.GoogleAuthError) and not is_without_token(fault):
            return ConfigError(
                "Google rejects the credentials for Cloud Storage",
                file=where,
                fix="run `gcloud auth application-default login`, or renew the service account's "
                "key",
            )
        if isinstance(fault, (OutOfTimeError, http.Timeout, TimeoutError)):
            why = f"no answer within {self._seconds:g} s"
        elif isinstance(fault, auth.GoogleAuthError):
            why = f"no access token: {why_without_token(fault)}"
        elif isinstance(fault, OSError):  # requests' exceptions are OSErrors
            why = why_disconnected(fault)
        elif isinstance(fault, api.GoogleAPICallError):
            why = f"it answered {fault.code}: {_said(fault)}"
        else:
            why = f"unreadable answer: {type(fault).__name__}"
        return PlumblineError(
            f"Cloud Storage could not {doing} an object: {why}",
            file=where,
            fix=f"check that the server in {EMULATOR} is running"
            if os.environ.get(EMULATOR)
            else "try again; check this machine's network connection and proxy",
        )


_FIELDS = "items/name,nextPageToken"


class _MissingObjectError(Exception):
    """The object doesn't exist."""


def _said(fault: Any) -> str:
    """Google's own sentence, without the request before it."""
    errors = fault.errors or []
    said = str(errors[0].get("message") or "") if errors else ""
    text = " ".join(scrub(said or str(fault.message)).split())
    return text if len(text) <= 300 else f"{text[:299]}…"
