"""Checks before a deployment, each with its fix.

CRITICAL blocks: a deployment now would deploy the wrong code or break the service. WARNING is a
person's decision, ERROR could not be checked, SKIPPED is not declared. Used by
``plumbline deploy check``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from plumbline.core.errors import PlumblineError
from plumbline.core.status import Status, exit_code
from plumbline.core.text import count
from plumbline.deploy.deployed import (
    Deployed,
    UnknownDeploymentError,
    read_revisions,
    run_command,
)
from plumbline.deploy.drift import Drift, find_drift
from plumbline.deploy.gitlog import Repository
from plumbline.deploy.platform import find_platform
from plumbline.deploy.wording import missing_commits, summary
from plumbline.project.services import Service

if TYPE_CHECKING:
    from plumbline.alerts.incidents.model import Incident
    from plumbline.project import Project, Target

TEST_SECONDS = 1800.0
JUST_NOW = timedelta(minutes=15)
"""A younger deployment may be someone else's, and still running."""


@dataclass(frozen=True)
class CheckResult:
    status: Status
    what: str
    fix: str | None = None
    details: tuple[str, ...] = ()
    name: str = ""
    """Of the check."""


@dataclass(frozen=True)
class CheckReport:
    service: str
    at: datetime
    results: tuple[CheckResult, ...]

    @property
    def statuses(self) -> list[Status]:
        return [one.status for one in self.results]

    @property
    def exit_code(self) -> int:
        return exit_code(self.statuses)


@dataclass(frozen=True)
class CheckContext:
    """The input of the checks of one service.

    Args:
        project: its folder, and where relative repositories begin.
        drift: what it runs, and what would be deployed.
        incidents: says which are open; None: on this target there are none.
        runs_tests: whether the service's tests are run.
        environment: says where repositories are; None: the process's own.
    """

    project: Project
    service: Service
    now: datetime
    drift: Drift
    revisions: Callable[[], Sequence[Deployed]]
    incidents: Callable[[], Sequence[Incident]] | None
    runs_tests: bool = True
    environment: Mapping[str, str] | None = None

    @cached_property
    def repository(self) -> Repository:
        """The service's.

        Raises:
            ConfigError: it is not known.
        """
        return Repository(self.service.repository(self.project.root, self.environment))

    @property
    def branch(self) -> str:
        """What is deployed from, as a local branch."""
        return self.service.entry.branch.removeprefix("origin/")


def check_context(
    project: Project, target: Target, service: Service, now: datetime, *, runs_tests: bool
) -> CheckContext:
    """The input of the checks of ``service`` on ``target``."""
    platform = find_platform(target)
    return CheckContext(
        project=project,
        service=service,
        now=now,
        drift=find_drift(project, target, service, now),
        revisions=lambda: read_revisions(service, platform),
        incidents=None if target.is_demo else (lambda: _known_incidents(target, now)),
        runs_tests=runs_tests,
        environment=platform.environment,
    )


def run_checks(
    context: CheckContext, progress: Callable[[str], None] = lambda _: None
) -> Iterator[CheckResult]:
    """Every check, one after the other, as each is done."""
    for number, (name, check) in enumerate(CHECKS.items(), 1):
        progress(f"check {number} of {len(CHECKS)}: {name}")
        try:
            yield replace(check(context), name=name)
        except PlumblineError as fault:
            yield CheckResult(Status.ERROR, fault.what, fault.fix, name=name)


def _uncommitted(context: CheckContext) -> CheckResult:
    own = context.repository.changes(context.service.pathspecs)
    if own:
        return CheckResult(
            Status.CRITICAL,
            f"{count(len(own), 'files')} in its own paths",
            "commit or stash them, so that the deployed code is a commit",
            tuple(own[:10]),
        )
    others = context.repository.changes()
    if others:
        return CheckResult(
            Status.WARNING,
            f"{count(len(others), 'files')} outside its own paths",
            "see `git status`; check whether its build includes them",
            tuple(others[:10]),
        )
    return CheckResult(Status.PASS, "none")


def _branch(context: CheckContext) -> CheckResult:
    current = context.repository.current_branch()
    if current == context.branch:
        return CheckResult(Status.PASS, f"on {current}")
    where = f"on {current}" if current else "on no branch (detached HEAD)"
    return CheckResult(
        Status.CRITICAL,
        f"{where}, but the service is deployed from {context.branch}",
        f"git switch {context.branch}",
    )


def _remote(context: CheckContext) -> CheckResult:
    gap = context.repository.upstream_gap(context.branch)
    if gap is None:
        return CheckResult(
            Status.WARNING,
            f"{context.branch} tracks no remote branch",
            f"git push --set-upstream origin {context.branch}",
        )
    upstream, ahead, behind = gap
    if ahead and behind:
        return CheckResult(
            Status.CRITICAL,
            f"{context.branch} and {upstream} have diverged: {ahead} only here, {behind} only "
            "there",
            "git pull --rebase, then push",
        )
    if behind:
        return CheckResult(Status.CRITICAL, f"{behind} behind {upstream}", "git pull --ff-only")
    if ahead:
        return CheckResult(
            Status.CRITICAL,
            f"{ahead} ahead of {upstream}: the commits to deploy aren't pushed",
            "git push",
        )
    return CheckResult(Status.PASS, f"at {upstream}")


def _tests(context: CheckContext) -> CheckResult:
    command = context.service.entry.tests
    if command is None:
        return CheckResult(Status.SKIPPED, "none are declared (tests)")
    if not context.runs_tests:
        return CheckResult(Status.WARNING, "not run (--no-tests)", " ".join(command))
    try:
        run_command(
            command, context.repository.folder, what="the service's tests", seconds=TEST_SECONDS
        )
    except UnknownDeploymentError as fault:
        return CheckResult(Status.CRITICAL, fault.what, fault.fix)
    return CheckResult(Status.PASS, f"passed: {' '.join(command)}")


def _schema_changes(context: CheckContext) -> CheckResult:
    entry = context.service.entry
    if not entry.migrations:
        return CheckResult(Status.SKIPPED, "none are declared (migrations)")
    if entry.applied is None:
        return CheckResult(
            Status.ERROR,
            "unknown which schema changes are applied",
            "set `applied` to a command that prints the applied ones, one name per line",
        )
    printed = run_command(entry.applied, context.repository.folder, what="the command `applied`")
    applied = {line.strip() for line in printed.splitlines()}
    there = [
        file
        for folder in entry.migrations
        for file in context.repository.files("HEAD", folder)
        if file.endswith(".sql")
    ]
    waiting = [file for file in there if file not in applied]
    if waiting:
        return CheckResult(
            Status.CRITICAL,
            f"{len(waiting)} of {len(there)} are not applied",
            "apply them first; the new code may need them",
            tuple(waiting[:10]),
        )
    return CheckResult(Status.PASS, f"all {len(there)} are applied")


def _last_deployments(context: CheckContext) -> CheckResult:
    found = context.revisions()
    if not found:
        return CheckResult(Status.SKIPPED, "its platform doesn't list them")
    lines = tuple(
        f"{one.revision}  {one.commit[:12] or 'commit unknown'}"
        + (f"  {one.at:%Y-%m-%d %H:%M} UTC" if one.at else "")
        for one in found
    )
    last = found[0]
    if last.at is not None and context.now - last.at < JUST_NOW:
        return CheckResult(
            Status.WARNING,
            f"{last.revision} was deployed less than 15 minutes ago",
            "find out whose deployment it is, and wait for its `plumbline deploy verify`",
            lines,
        )
    return CheckResult(Status.PASS, f"{last.revision} is the latest", details=lines)


def _health(context: CheckContext) -> CheckResult:
    url = context.service.entry.health
    if url is None:
        return CheckResult(Status.SKIPPED, "no URL is declared (health)")
    from plumbline.net.http import Caller

    with Caller(timeout_seconds=10.0) as caller:
        reply = caller.send("GET", url)
    if reply.status_code == 200:
        return CheckResult(Status.PASS, "answers 200")
    return CheckResult(
        Status.WARNING,
        f"it is unhealthy before the deployment: {reply.receipt.detail}",
        "find out why first: after the deployment, the cause is unclear",
    )


def _open_incidents(context: CheckContext) -> CheckResult:
    watched = context.service.entry.monitors
    if not watched:
        return CheckResult(Status.SKIPPED, "no monitors are declared (monitors)")
    if context.incidents is None:
        return CheckResult(Status.SKIPPED, "not checked on demo data")
    found = [one for one in context.incidents() if one.is_open and one.monitor in watched]
    if not found:
        return CheckResult(Status.PASS, f"none of {', '.join(watched)}")
    return CheckResult(
        Status.WARNING,
        f"{len(found)} open for its monitors",
        "continue only if this deployment fixes them",
        tuple(f"{one.status} {one.id}, since {one.opened_at:%Y-%m-%d %H:%M}" for one in found),
    )


def _drift(context: CheckContext) -> CheckResult:
    drift = context.drift
    if not drift.is_known:
        return CheckResult(Status.ERROR, drift.reason or "not known", drift.fix)
    if not drift.is_drifted:
        return CheckResult(
            Status.WARNING,
            f"nothing new: {summary(drift)}",
            "check whether a deployment is needed",
        )
    return CheckResult(Status.PASS, summary(drift), details=tuple(missing_commits(drift)))


def _known_incidents(target: Target, now: datetime) -> Sequence[Incident]:
    from plumbline.alerts.store import read_last_state
    from plumbline.history.dataset import OwnDataset

    with closing(OwnDataset(target)) as dataset:
        state = read_last_state(dataset, now=now)
    return () if state is None else state.known.incidents


CHECKS: dict[str, Callable[[CheckContext], CheckResult]] = {
    "uncommitted changes": _uncommitted,
    "branch": _branch,
    "in step with the remote": _remote,
    "tests": _tests,
    "schema changes": _schema_changes,
    "last deployments": _last_deployments,
    "health": _health,
    "open incidents": _open_incidents,
    "what would be deployed": _drift,
}
"""In the order in which they are made."""
