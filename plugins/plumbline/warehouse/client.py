"""The one factory for the BigQuery client.

All clients come from here, so that credentials, endpoint, limits and a proxy are set in one place.
Targets differ only in what this file does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from plumbline.core.gc_tuning import imported_at_once
from plumbline.net.credentials import application_default
from plumbline.net.transport import open_session
from plumbline.warehouse.embedded import EmbeddedWarehouse

if TYPE_CHECKING:
    from google.auth.credentials import Credentials
    from google.cloud import bigquery

    from plumbline.project.targets import Target

BIGQUERY_ENDPOINT = "https://bigquery.googleapis.com"
SCOPES = (
    "https://www.googleapis.com/auth/bigquery",
    "https://www.googleapis.com/auth/cloud-platform",
)


def endpoint_of(target: Target) -> str:
    """Where the target's REST API is.

    Raises:
        WarehouseError: the target is embedded and its server does not run
            (`ready.ensure_ready` starts it).
    """
    if target.kind == "bigquery":
        return target.api_endpoint or BIGQUERY_ENDPOINT
    if target.emulator_host:
        host = target.emulator_host.rstrip("/")
        return host if "://" in host else f"http://{host}"
    return EmbeddedWarehouse.of(target).url()


def open_client(
    target: Target,
    *,
    endpoint: str | None = None,
    credentials: Credentials | None = None,
) -> bigquery.Client:
    """A BigQuery client for the target, with one connection for each concurrent job.

    Args:
        endpoint: instead of the target's own, so that a proxy or a stand-in fits between.
        credentials: instead of the target's own (none for embedded, application default else).

    Raises:
        ConfigError: the credentials are missing or malformed.
        WarehouseError: the target is embedded and its server does not run.
    """
    with imported_at_once("google.cloud.bigquery"):
        from google.api_core.client_info import ClientInfo

        from plumbline.warehouse.checked_client import CheckedClient

    where = endpoint or endpoint_of(target)
    who = credentials or _credentials_of(target)
    session = open_session(who, endpoint=where, connections=target.limits.concurrent_jobs)
    # The endpoint is always given: left out, the client would take BIGQUERY_EMULATOR_HOST for
    # every target, and a run against BigQuery would silently be one against an emulator.
    return CheckedClient(
        strict=target.kind == "bigquery",
        project=target.project,
        credentials=who,
        location=target.location,
        client_options={"api_endpoint": where},
        client_info=ClientInfo(user_agent="plumbline"),  # type: ignore[no-untyped-call]
        _http=session,
    )


def _credentials_of(target: Target) -> Credentials:
    if target.kind == "embedded":
        from google.auth.credentials import AnonymousCredentials

        return AnonymousCredentials()  # type: ignore[no-untyped-call]
    return application_default(f"target {target.name!r}", *SCOPES)
