"""Steps of the smoke test over Secret Manager, Cloud Run and Cloud Logging."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from plumbline.deploy.deployed import read_deployed
from plumbline.deploy.logs import count_errors
from plumbline.deploy.platform import find_platform
from plumbline.doctor.smoke_context import Seen, Shown, Smoke, seen
from plumbline.net.secrets import read_secret
from plumbline.project.services import Service


def secrets_are_read(smoke: Smoke) -> Seen:
    """Channels' secrets are read from Secret Manager."""
    names = [
        name
        for name in smoke.project.alerts.variables
        if os.environ.get(name, "").startswith("sm://")
    ]
    if not names:
        return Shown.NOT_SHOWN, "no variable of a channel is set to sm://PROJECT/SECRET"
    read = [name for name in names if read_secret(name, os.environ) is not None]
    return seen(read == names, f"read: {', '.join(read)}")


def deployed_commits_are_read(smoke: Smoke) -> Seen:
    """Cloud Run says which commit each service runs."""
    services, platform = _services(smoke), find_platform(smoke.target)
    if not services:
        return Shown.NOT_SHOWN, "deploy/services.yml declares no service on Cloud Run"
    found = {
        one.name: read_deployed(one, platform, root=smoke.project.root).commit[:12]
        for one in services
    }
    return seen(all(found.values()), ", ".join(f"{name} {sha}" for name, sha in found.items()))


def errors_are_counted(smoke: Smoke) -> Seen:
    """Cloud Logging counts a service's errors."""
    services = _services(smoke)
    if not services:
        return Shown.NOT_SHOWN, "deploy/services.yml declares no service on Cloud Run"
    now = datetime.now(UTC)
    found = count_errors(
        services[0], find_platform(smoke.target), since=now - timedelta(hours=1), until=now
    )
    return seen(True, f"{services[0].name}: {found} in an hour")


SERVICE_STEPS: tuple[Callable[[Smoke], Seen], ...] = (
    secrets_are_read,
    deployed_commits_are_read,
    errors_are_counted,
)


def _services(smoke: Smoke) -> list[Service]:
    return [one for one in smoke.project.services if one.is_on_cloud_run]
