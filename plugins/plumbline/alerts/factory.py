"""Alerts of a live run, put together from a project: configuration, channels, state, clock.

Used by the alerts action and by ``plumbline alerts``. Whatever can't be put together is said in the
report, never raised: an alert that can't be routed must not hide those that can.
"""

from __future__ import annotations

import contextlib
import functools
import os
import socket
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from plumbline.alerts.channels.factory import OpenedChannels, open_channels
from plumbline.alerts.compose import NO_LINKS, RunFacts, SourceLinks
from plumbline.alerts.incidents.names import ProjectNames
from plumbline.alerts.outage import Gap, find_gap
from plumbline.alerts.reactions import acknowledge
from plumbline.alerts.report import AlertsReport
from plumbline.alerts.service import AlertService
from plumbline.alerts.store import LocalFallback, StateStore
from plumbline.core.errors import ConfigError, PlumblineError
from plumbline.core.outcome import Outcome
from plumbline.core.run import Run
from plumbline.core.status import run_status, score
from plumbline.project import Project, Target
from plumbline.project.dbt_folders import model_folders
from plumbline.project.revision import read_source_url


def read_wall_clock() -> datetime:
    """Now, for claims and deliveries; what is judged and decided goes by ``as_of``."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class LiveRun:
    """A run whose outcomes may move incidents."""

    project: Project
    target: Target
    run: Run
    now: datetime
    is_kept: bool = True
    """Whether the history is to have it: with other vars it measures something else."""
    is_whole: bool | None = None
    """Whether it looked at all monitors of its checkpoint; None: as the checkpoint's file says."""
    names: ProjectNames | None = None
    """What there is, where that is not what the project's files say."""
    progress: Callable[[str], None] = lambda _: None


def notify(
    live: LiveRun,
    outcomes: Sequence[Outcome],
    *,
    clock: Callable[[], datetime] = read_wall_clock,
) -> AlertsReport:
    """What ``outcomes`` mean for the incidents; whoever the routes name is notified.

    Raises:
        ConfigError: ``checkpoints/alerts.yml`` or ``mutes.yml`` is malformed.
    """
    statuses = [outcome.status for outcome in outcomes]
    facts = RunFacts(
        live.run,
        live.now,
        run_status(statuses),
        score(statuses),
        source=functools.cache(lambda: source_links(live.project, outcomes)),
    )
    alert_service = make_alert_service(
        live.project,
        live.target,
        holder=live.run.run_id,
        checkpoint=live.run.checkpoint,
        clock=clock,
        progress=live.progress,
    )
    is_whole = _is_whole(live, outcomes) if live.is_whole is None else live.is_whole
    if live.names is not None:
        alert_service.project = live.names
    elif is_whole:
        alert_service.project = ProjectNames(
            live.project.monitor_names(), live.project.checkpoint_names()
        )
    if live.is_kept:
        alert_service.record = lambda: alert_service.store.record_outcomes(
            live.run, outcomes, whole=is_whole
        )
    try:
        return alert_service.notify(outcomes, facts)
    finally:
        alert_service.store.close()


def source_links(project: Project, outcomes: Sequence[Outcome]) -> SourceLinks:
    """Where the SQL and the runbooks that judged can be read, from the git remote."""
    revision = project.revision
    base = None if revision is None else read_source_url(project.root, revision.commit)
    if base is None:
        return NO_LINKS
    suites = {}
    for outcome in outcomes:
        with contextlib.suppress(PlumblineError):  # its fault is the monitor's ERROR
            file = project.suite_of(outcome.monitor).file
            suites[outcome.monitor] = file.relative_to(project.root).as_posix()
    wanted = {outcome.model for outcome in outcomes if outcome.model}
    models = {
        file.stem: file.relative_to(project.root).as_posix()
        for folder in model_folders(project.root, project.dbt)
        for file in folder.rglob("*.sql")
        if file.stem in wanted
    }
    return SourceLinks(base, models, suites)


def _is_whole(live: LiveRun, outcomes: Sequence[Outcome]) -> bool:
    try:
        monitors = live.project.checkpoint(live.run.checkpoint).monitors
    except ConfigError:  # a checkpoint that is in no file of the project
        return True
    return set(monitors) <= {outcome.monitor for outcome in outcomes}


def make_alert_service(
    project: Project,
    target: Target,
    *,
    holder: str | None = None,
    checkpoint: str | None = None,
    clock: Callable[[], datetime] = read_wall_clock,
    progress: Callable[[str], None] = lambda _: None,
) -> AlertService:
    """The parts of a project's alerts, put together.

    Raises:
        ConfigError: ``checkpoints/alerts.yml`` or ``mutes.yml`` is malformed.
    """
    config = project.alerts.for_target(target.name)
    holder = holder or uuid.uuid4().hex
    if target.emulator_host is not None:
        holder += f"@{socket.gethostname()}"
    opened = open_project_channels(project)
    return AlertService(
        config=config,
        mutes=project.mutes,
        opened=opened,
        store=StateStore(target),
        fallback=LocalFallback.of(target, monitors=project.monitor_names()),
        scope=target.scope,
        stale=project.stale_entries,
        gap=_gap(project, checkpoint),
        clock=clock,
        holder=holder,
        zone=project.timezone,
        acknowledge=lambda known, at: acknowledge(known, at, opened.channels),
        progress=progress,
    )


def _gap(project: Project, checkpoint: str | None) -> Gap:
    try:
        schedules = [one for one in project.schedules if one.checkpoint == checkpoint]
    except ConfigError:  # lint and the scheduler say what is wrong with the file
        schedules = []
    return find_gap(schedules)


def open_project_channels(
    project: Project, environment: Mapping[str, str] | None = None
) -> OpenedChannels:
    """The channels of a project, with their secrets from the environment.

    Raises:
        ConfigError: ``checkpoints/alerts.yml`` is malformed.
    """
    return open_channels(project.alerts, os.environ if environment is None else environment)
