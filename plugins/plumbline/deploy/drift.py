"""Whether each service runs the last commit to its own paths.

Used by ``plumbline deploy drift``, which records what is found for the monitor ``deployment_drift``
and judges by that monitor's thresholds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from plumbline.checks.check import checks_of
from plumbline.checks.thresholds import lines_of
from plumbline.core.errors import PlumblineError
from plumbline.core.status import EXIT_CRITICAL, EXIT_ERROR, Status, exit_code
from plumbline.deploy.deployed import Deployed, read_deployed
from plumbline.deploy.gitlog import Behind, Repository
from plumbline.deploy.platform import find_platform
from plumbline.project import Project, Target
from plumbline.project.services import Service

MONITOR = "deployment_drift"
WARNING_AFTER, CRITICAL_AFTER = timedelta(hours=6), timedelta(hours=72)
"""Where the project has no suite of that name."""


@dataclass(frozen=True)
class Limits:
    """How old the oldest commit may be that a service does not run."""

    warning: timedelta = WARNING_AFTER
    critical: timedelta = CRITICAL_AFTER


@dataclass(frozen=True)
class Drift:
    service: Service
    at: datetime
    """When it was checked."""
    deployed: Deployed | None = None
    behind: Behind | None = None
    reason: str | None = None
    """Why it is not known."""
    fix: str | None = None

    @property
    def is_known(self) -> bool:
        """Whether its distance from the branch is known."""
        return self.behind is not None

    @property
    def is_drifted(self) -> bool:
        """Whether a commit to its own paths is not deployed."""
        return self.behind is not None and self.behind.own > 0

    @property
    def age(self) -> timedelta:
        """Of the oldest such commit; a clock that goes wrong makes none negative."""
        if self.behind is None or self.behind.oldest_at is None:
            return timedelta()
        return max(self.at - self.behind.oldest_at, timedelta())

    @property
    def facts(self) -> dict[str, object]:
        """What is known of what runs and of how far it is behind, for the table and the JSON."""
        behind, deployed = self.behind, self.deployed
        return {
            "found_by": deployed.found_by if deployed else None,
            "revision": deployed.revision if deployed else None,
            "main_commit": behind.main if behind else None,
            "last_own_commit": behind.last_own if behind else None,
            "commits_behind": behind.commits if behind else None,
            "own_commits_behind": behind.own if behind else None,
            "oldest_at": behind.oldest_at if behind else None,
        }

    def status(self, limits: Limits) -> Status:
        """PASS also for a drift that is younger than the first limit."""
        if not self.is_known:
            return Status.ERROR
        if self.is_drifted and self.age > limits.critical:
            return Status.CRITICAL
        return Status.WARNING if self.is_drifted and self.age > limits.warning else Status.PASS


@dataclass(frozen=True)
class DriftReport:
    at: datetime
    drifts: tuple[Drift, ...]
    limits: Limits = field(default_factory=Limits)
    failures: tuple[str, ...] = ()
    """What else could not be done: the report was not recorded, or the issues not updated."""

    @property
    def statuses(self) -> list[Status]:
        return [drift.status(self.limits) for drift in self.drifts]

    @property
    def exit_code(self) -> int:
        """That of the worst service; a failure counts as an ERROR."""
        code = exit_code(self.statuses)
        return EXIT_ERROR if self.failures and code != EXIT_CRITICAL else code

    def with_failure(self, text: str) -> DriftReport:
        """The same, and one failure more."""
        return replace(self, failures=(*self.failures, text))


def find_drifts(
    project: Project, target: Target, services: Sequence[Service], now: datetime
) -> DriftReport:
    """What each of ``services`` runs against its own paths, with the limits of the project."""
    drifts = tuple(find_drift(project, target, service, now) for service in services)
    return DriftReport(now, drifts, read_limits(project))


def find_drift(project: Project, target: Target, service: Service, now: datetime) -> Drift:
    """What one service runs against its own paths."""
    platform = find_platform(target)

    def deployed(one: Service) -> Deployed:
        return read_deployed(one, platform, root=project.root)

    return compare(
        service,
        root=project.root,
        now=now,
        deployed=deployed,
        environment=platform.environment,
    )


def compare(
    service: Service,
    *,
    root: Path,
    now: datetime,
    deployed: Callable[[Service], Deployed],
    environment: Mapping[str, str] | None = None,
) -> Drift:
    """What ``service`` runs against its own paths. Never raises for what can't be known.

    Args:
        environment: says where repositories are; default: the process's own.
    """
    known: Deployed | None = None
    try:
        known = deployed(service)
        behind = Repository(service.repository(root, environment)).behind(
            known.commit,
            branch=service.entry.branch,
            paths=service.entry.paths,
            pathspecs=service.pathspecs,
        )
    except PlumblineError as fault:
        return Drift(service, now, known, reason=fault.what, fix=fault.fix)
    return Drift(service, now, known, behind)


def read_limits(project: Project) -> Limits:
    """As the suite ``deployment_drift`` has them; the defaults where there is none to read."""
    try:
        suite = project.suite(MONITOR)
        lines = lines_of(checks_of(suite), suite.monitor.observed)
    except PlumblineError:
        return Limits()
    hours = {line.severity: timedelta(hours=line.value) for line in lines}
    return Limits(hours.get("warning", WARNING_AFTER), hours.get("critical", CRITICAL_AFTER))


def worst_first(report: DriftReport) -> Sequence[Drift]:
    """Worst status first, then oldest first."""
    return sorted(report.drifts, key=lambda one: (-one.status(report.limits).severity, -one.age))
