"""All checks of ``plumbline debug``, in the order in which a run needs them.

No check changes anything, and a failed check doesn't prevent the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from plumbline.core.errors import PlumblineError
from plumbline.core.installation import install_fix
from plumbline.doctor.alert_checks import check_alerts
from plumbline.doctor.diagnosis import Diagnosis, Level, fault
from plumbline.doctor.monitor_checks import check_great_expectations, check_monitors
from plumbline.doctor.project_checks import check_files, check_revision, check_state_dir
from plumbline.doctor.service_checks import check_services
from plumbline.doctor.table_checks import check_sources, resolve_sources
from plumbline.doctor.warehouse_checks import check_warehouse, describe_target
from plumbline.doctor.watchdog_checks import check_pings

if TYPE_CHECKING:
    from datetime import datetime

    from plumbline.project import Project


def check_all(
    find_project: Callable[[], Project],
    target_name: str | None,
    *,
    now: datetime,
    every_target: bool = False,
) -> Iterator[Diagnosis]:
    """Each check as it is done.

    Args:
        target_name: whose warehouse is checked; None: the default one's.
        every_target: check the warehouses of all targets instead.
    """
    yield _great_expectations()
    try:
        project = find_project()
    except PlumblineError as error:
        yield fault("project", error)
        return
    yield Diagnosis("project", Level.OK, str(project.root))
    yield from check_files(project)
    yield from check_alerts(project)
    yield from check_pings(project)
    yield check_state_dir(project.state_dir)
    yield check_revision(project)
    yield from check_great_expectations(project)
    try:
        names = tuple(project.target_kinds()) if every_target else (target_name,)
    except PlumblineError as error:
        yield fault("target", error)
        return
    for name in names:
        yield from _of_target(project, name, now)


def _of_target(project: Project, target_name: str | None, now: datetime) -> Iterator[Diagnosis]:
    try:
        target = project.target(target_name, must_be_named=False)
    except PlumblineError as error:
        yield fault("target", error)
        return
    yield Diagnosis("target", Level.OK, f"{target.name}: {describe_target(target)}")
    sources = resolve_sources(project, target)
    yield from check_sources(sources)
    yield from check_monitors(project, target, now)
    yield from check_warehouse(target, sources)
    yield from check_services(project, target)


def _great_expectations() -> Diagnosis:
    try:
        return Diagnosis("great expectations", Level.OK, version("great_expectations"))
    except PackageNotFoundError:
        return Diagnosis("great expectations", Level.MISSING, "not installed", install_fix())
