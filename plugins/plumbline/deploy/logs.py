"""Errors that a service of Cloud Run logged, counted by Cloud Logging. Used by `verify`."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime

from plumbline.core.errors import ConfigError
from plumbline.core.instants import exact_rfc3339
from plumbline.deploy.deployed import SECONDS, UnknownDeploymentError, project_of
from plumbline.deploy.platform import Platform
from plumbline.net.google_api import GoogleApi, GoogleApiError
from plumbline.project.services import Service

CLOUD_LOGGING = "https://logging.googleapis.com"
ENDPOINT_VARIABLE = "PLUMBLINE_LOGGING_ENDPOINT"
"""Where Cloud Logging's API is, in place of Google's public address."""

MOST = 1000
"""Entries that are counted: more is enough to know."""
MOST_PAGES = 20
"""Cloud Logging may answer a page with few entries, or none, while it searches on."""


def error_counter(service: Service, platform: Platform) -> Callable[[datetime, datetime], int]:
    """Counts errors of ``service`` from one instant to another."""
    return lambda since, until: count_errors(service, platform, since=since, until=until)


def count_errors(service: Service, platform: Platform, *, since: datetime, until: datetime) -> int:
    """Entries of severity ERROR and above from ``since`` to ``until``, at most `MOST`.

    Raises:
        UnknownDeploymentError: they can't be counted.
    """
    entry = service.entry.deployed.cloud_run
    if entry is None:
        raise UnknownDeploymentError(f"{service.name} does not run on Cloud Run")
    project = project_of(service, entry, platform)
    kind = (
        ("cloud_run_job", "job_name", entry.job)
        if entry.job
        else ("cloud_run_revision", "service_name", entry.service or service.name)
    )
    wanted = (
        f'resource.type="{kind[0]}" resource.labels.{kind[1]}="{kind[2]}" '
        f'resource.labels.location="{entry.region}" severity>=ERROR '
        f'timestamp>="{exact_rfc3339(since)}" timestamp<"{exact_rfc3339(until)}"'
    )
    request = {"resourceNames": [f"projects/{project}"], "filter": wanted, "pageSize": MOST}
    endpoint = os.environ.get(ENDPOINT_VARIABLE) or CLOUD_LOGGING
    try:
        return _count(GoogleApi("Cloud Logging", endpoint, SECONDS), request)
    except ConfigError as fault:
        raise UnknownDeploymentError(fault.what, fix=fault.fix) from None
    except GoogleApiError as fault:
        if fault.status == 403:
            raise UnknownDeploymentError(
                "permission to read the logs was denied",
                fix="grant the role Logs Viewer (roles/logging.viewer)",
            ) from None
        raise UnknownDeploymentError(
            f"the logs can't be read: {fault}", fix="try again later"
        ) from None


def _count(api: GoogleApi, request: dict[str, object]) -> int:
    found = 0
    for _ in range(MOST_PAGES):
        answer = api.post("/v2/entries:list", request)
        found += len(answer.get("entries") or ())
        token = answer.get("nextPageToken")
        if found >= MOST or not token:
            return min(found, MOST)
        request = request | {"pageToken": token}
    raise GoogleApiError(f"Cloud Logging was still searching after {MOST_PAGES} pages")
