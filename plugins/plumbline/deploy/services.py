"""The services that a command is about, and when one was deployed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from plumbline.core.errors import ConfigError, PlumblineError
from plumbline.core.instants import in_utc
from plumbline.deploy.deployed import read_deployed
from plumbline.deploy.platform import find_platform
from plumbline.project import Project, Target
from plumbline.project.services import Service, find_service

_EXAMPLE = (
    "services: [{name: checkout, paths: [services/checkout], "
    "deployed: {cloud_run: {region: us-west2}}, owner: platform-team}]"
)


def choose_services(project: Project, names: Sequence[str] = ()) -> tuple[Service, ...]:
    """The services of these names; without names, all that are declared.

    Raises:
        ConfigError: none is declared, or none has such a name.
    """
    declared = project.services
    if not declared:
        raise ConfigError(
            "no service is declared",
            file=project.services_file,
            key="services",
            fix=f"write it there: {_EXAMPLE}; paths are what it is built from, deployed says "
            "where its commit is read",
        )
    if not names:
        return declared
    return tuple(find_service(declared, name, file=project.services_file) for name in names)


def read_deployed_at(project: Project, target: Target, service: Service, now: datetime) -> datetime:
    """When the service was deployed, as Cloud Run says.

    On the demo data without the demo platform: an hour before ``now``.

    Raises:
        ConfigError: what it runs on does not say.
    """
    platform = find_platform(target)
    if target.is_demo and platform.demo != "started":
        return (in_utc(now) - timedelta(hours=1)).astimezone(project.timezone)
    fix = "pass the time with --since"
    try:
        known = read_deployed(service, platform, root=project.root)
    except PlumblineError as fault:
        raise ConfigError(
            f"the time of its deployment is unknown: {fault.what}",
            key="--since",
            fix=f"{fault.fix}; or {fix}" if fault.fix else fix,
        ) from None
    if known.at is None:
        raise ConfigError("its platform doesn't say when it was deployed", key="--since", fix=fix)
    return known.at.astimezone(project.timezone)
