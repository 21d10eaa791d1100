"""Checks of ``plumbline debug`` for services: can their deployed commits be read?

Cloud Run and endpoints are queried only with a target on BigQuery. A command must exist, but isn't
run.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from plumbline.core.errors import PlumblineError
from plumbline.doctor.diagnosis import Diagnosis, Level, fault

if TYPE_CHECKING:
    from plumbline.project import Project, Target
    from plumbline.project.services import Service


def check_services(project: Project, target: Target) -> Iterator[Diagnosis]:
    """A line a service of ``deploy/services.yml``."""
    try:
        services = project.services
    except PlumblineError as error:
        yield fault("services", error)
        return
    if not services:
        return
    if target.kind == "bigquery":
        yield from _each(project, target, services)
    else:
        yield Diagnosis(
            "services",
            Level.NOTE,
            f"{len(project.services)} in deploy/services.yml; deployed commits are read only with "
            "a target on BigQuery",
        )


def _each(project: Project, target: Target, services: Sequence[Service]) -> Iterator[Diagnosis]:
    """Side by side: each may take as long as its answer does."""
    with ThreadPoolExecutor(max_workers=8) as pool:
        yield from pool.map(lambda one: _service(project, target, one), services)


def _service(project: Project, target: Target, service: Service) -> Diagnosis:
    what = f"service {service.name}"
    try:
        known = _describe(project, target, service)
    except PlumblineError as error:
        return fault(what, error)
    try:
        service.repository(project.root)
    except PlumblineError as error:
        # The clone need only be where the drift is looked for: often another machine.
        return Diagnosis(
            what, Level.NOTE, f"{known}; its drift can't be determined here: {error.what}"
        )
    return Diagnosis(what, Level.OK, known)


def _describe(project: Project, target: Target, service: Service) -> str:
    from plumbline.deploy.deployed import UnknownDeploymentError, read_deployed
    from plumbline.deploy.platform import find_platform

    command = service.entry.deployed.command
    if command is None:
        found = read_deployed(service, find_platform(target), root=project.root)
        return f"runs {found.commit[:12]} ({found.found_by})"
    if shutil.which(command[0]) is None:
        raise UnknownDeploymentError(
            f"the command {command[0]!r} doesn't exist",
            fix="install it, or fix deployed.command in deploy/services.yml",
        )
    return f"{command[0]} exists; it was not run"
