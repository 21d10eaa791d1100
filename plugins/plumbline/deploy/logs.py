"""Errors that a service of Cloud Run logged, counted by Cloud Logging. Used by `verify`."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from plumbline.core.instants import exact_rfc3339
from plumbline.deploy.deployed import (
    EXTRA,
    UnknownDeploymentError,
    google_project,
    one_line_of,
    project_of,
)
from plumbline.project.services import Service

if TYPE_CHECKING:
    from plumbline.project import Target

ENDPOINT_VARIABLE = "PLUMBLINE_LOGGING_ENDPOINT"
"""Where Cloud Logging's API is, in place of Google's public address."""

MOST = 1000
"""Entries that are counted: more is enough to know."""


def error_counter(service: Service, target: Target) -> Callable[[datetime, datetime], int]:
    """Counts errors of ``service`` from one instant to another, in the project of ``target``."""
    return lambda since, until: count_errors(
        service, since=since, until=until, default_project=google_project(target)
    )


def count_errors(
    service: Service,
    *,
    since: datetime,
    until: datetime,
    default_project: str | None,
) -> int:
    """Entries of severity ERROR and above from ``since`` to ``until``, at most `MOST`.

    Raises:
        UnknownDeploymentError: they can't be counted.
    """
    entry = service.entry.deployed.cloud_run
    if entry is None:
        raise UnknownDeploymentError(f"{service.name} does not run on Cloud Run")
    project = project_of(service, entry, default_project)
    try:
        from google.api_core import exceptions
        from google.auth.exceptions import GoogleAuthError
        from google.cloud import logging
    except ImportError:
        raise UnknownDeploymentError(
            "google-cloud-logging is not installed; logs can't be read without it",
            fix=EXTRA,
        ) from None
    import requests

    kind = (
        ("cloud_run_job", "job_name", entry.job)
        if entry.job
        else (
            "cloud_run_revision",
            "service_name",
            entry.service or service.name,
        )
    )
    wanted = (
        f'resource.type="{kind[0]}" resource.labels.{kind[1]}="{kind[2]}" '
        f'resource.labels.location="{entry.region}" severity>=ERROR '
        f'timestamp>="{exact_rfc3339(since)}" timestamp<"{exact_rfc3339(until)}"'
    )
    try:
        client = _client(logging, project)
        found = client.list_entries(filter_=wanted, page_size=MOST, max_results=MOST)
        return sum(1 for _ in itertools.islice(found, MOST))
    except exceptions.Forbidden:
        raise UnknownDeploymentError(
            "permission to read the logs was denied",
            fix="grant the role Logs Viewer (roles/logging.viewer)",
        ) from None
    except (exceptions.GoogleAPIError, GoogleAuthError, requests.RequestException) as fault:
        raise UnknownDeploymentError(
            f"the logs can't be read: {one_line_of(fault)}",
            fix="try again later",
        ) from None


def _client(logging: Any, project: str) -> Any:
    from google.auth.credentials import AnonymousCredentials

    from plumbline.net.transport import is_loopback

    endpoint = os.environ.get(ENDPOINT_VARIABLE)
    options = {"api_endpoint": endpoint} if endpoint else None
    local = endpoint is not None and is_loopback(endpoint)
    credentials = AnonymousCredentials() if local else None  # type: ignore[no-untyped-call]
    # REST, so that it also works with proxies, private and test endpoints.
    return logging.Client(
        project=project, credentials=credentials, client_options=options, _use_grpc=False
    )
