"""What is looked at before a deployment: small checks, each with its fix.

CRITICAL is a hard failure (deploying now deploys something else than is meant, or breaks it),
WARNING is for a person to decide, ERROR could not be looked at, SKIPPED is not declared. Used by
``plumbline deploy check``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from plumbline.core.errors import PlumblineError
from plumbline.core.status import Status
from plumbline.deploy.deployed import Deployed, UnknownDeploymentError, run_command
from plumbline.deploy.drift import Drift
from plumbline.deploy.gitlog import Repository
from plumbline.deploy.report import commits, said
from plumbline.project.services import Service

if TYPE_CHECKING:
    from plumbline.alerts.incidents.model import Incident
    from plumbline.project import Project

TEST_SECONDS = 1800.0
JUST_NOW = timedelta(minutes=15)
"""A deployment that is younger may be somebody else's, still under way."""


@dataclass(frozen=True)
class Checked:
    """What one check found."""

    name: str
    status: Status
    what: str
    fix: str | None = None
    details: tuple[str, ...] = ()


@dataclass(frozen=True)
class Before:
    """What the checks of one service look at.

    Args:
        project: its folder, and where relative repositories begin.
        service: which.
        now: of the look.
        drift: what it runs, and what would be deployed.
        revisions: says what was deployed lately.
        incidents: says which are open; None: on this target there are none.
        runs_tests: whether the service's tests are run.
    """

    project: Project
    service: Service
    now: datetime
    drift: Drift
    revisions: Callable[[], Sequence[Deployed]]
    incidents: Callable[[], Sequence[Incident]] | None
    runs_tests: bool = True

    @cached_property
    def repository(self) -> Repository:
        """The service's.

        Raises:
            ConfigError: it is not known.
        """
        return Repository(self.service.repository(self.project.root))

    @property
    def branch(self) -> str:
        """What is deployed from, as a local branch."""
        return self.service.entry.branch.removeprefix("origin/")


def check_before(before: Before) -> Iterator[Checked]:
    """Every check, one after the other, as each is done."""
    for name, check in CHECKS.items():
        try:
            yield check(before)
        except PlumblineError as fault:
            yield Checked(name, Status.ERROR, fault.what, fault.fix)


def _uncommitted(before: Before) -> Checked:
    name = "uncommitted changes"
    own = before.repository.changes(before.service.pathspecs)
    if own:
        return Checked(
            name,
            Status.CRITICAL,
            f"{_files(len(own))} of its own paths differ from what is committed",
            "commit or stash them: what is deployed must be what a commit says",
            tuple(own[:10]),
        )
    others = before.repository.changes()
    if others:
        return Checked(
            name,
            Status.WARNING,
            f"{_files(len(others))} beside its own paths differ from what is committed",
            "see `git status`: does its build take them along?",
            tuple(others[:10]),
        )
    return Checked(name, Status.PASS, "none")


def _branch(before: Before) -> Checked:
    name, current = "branch", before.repository.current_branch()
    if current == before.branch:
        return Checked(name, Status.PASS, f"on {current}")
    where = f"on {current}" if current else "on no branch (detached HEAD)"
    return Checked(
        name,
        Status.CRITICAL,
        f"{where}, but it is deployed from {before.branch}",
        f"git switch {before.branch}",
    )


def _remote(before: Before) -> Checked:
    name = "in step with the remote"
    gap = before.repository.upstream_gap(before.branch)
    if gap is None:
        return Checked(
            name,
            Status.WARNING,
            f"{before.branch} follows no remote branch",
            f"git push --set-upstream origin {before.branch}",
        )
    upstream, ahead, behind = gap
    if ahead and behind:
        return Checked(
            name,
            Status.CRITICAL,
            f"{before.branch} and {upstream} have gone apart: {ahead} only here, {behind} only "
            "there",
            "git pull --rebase, then push",
        )
    if behind:
        return Checked(name, Status.CRITICAL, f"{behind} behind {upstream}", "git pull --ff-only")
    if ahead:
        return Checked(
            name,
            Status.CRITICAL,
            f"{ahead} ahead of {upstream}: nobody else has what would be deployed",
            "git push",
        )
    return Checked(name, Status.PASS, f"at {upstream}")


def _tests(before: Before) -> Checked:
    name, command = "tests", before.service.entry.tests
    if command is None:
        return Checked(name, Status.SKIPPED, "none are declared (tests)")
    if not before.runs_tests:
        return Checked(name, Status.WARNING, "not run (--no-tests)", " ".join(command))
    try:
        run_command(
            command, before.repository.folder, what="the service's tests", seconds=TEST_SECONDS
        )
    except UnknownDeploymentError as fault:
        return Checked(name, Status.CRITICAL, fault.what, fault.fix)
    return Checked(name, Status.PASS, f"passed: {' '.join(command)}")


def _schema_changes(before: Before) -> Checked:
    name, entry = "schema changes", before.service.entry
    if not entry.migrations:
        return Checked(name, Status.SKIPPED, "none are declared (migrations)")
    if entry.applied is None:
        return Checked(
            name,
            Status.ERROR,
            "nobody says which are applied",
            "write `applied`: a command that prints the names of those that are, a line each",
        )
    printed = run_command(
        entry.applied, before.repository.folder, what="the command that says what is applied"
    )
    applied = {line.strip() for line in printed.splitlines()}
    there = [
        file
        for folder in entry.migrations
        for file in before.repository.files("HEAD", folder)
        if file.endswith(".sql")
    ]
    waiting = [file for file in there if file not in applied]
    if waiting:
        return Checked(
            name,
            Status.CRITICAL,
            f"{len(waiting)} of {len(there)} are not applied",
            "apply them first: the new code may need them",
            tuple(waiting[:10]),
        )
    return Checked(name, Status.PASS, f"all {len(there)} are applied")


def _last_deployments(before: Before) -> Checked:
    name, found = "last deployments", before.revisions()
    if not found:
        return Checked(name, Status.SKIPPED, "what it runs on keeps no list of them")
    lines = tuple(
        f"{one.revision}  {one.commit[:12] or 'commit unknown'}"
        + (f"  {one.at:%Y-%m-%d %H:%M} UTC" if one.at else "")
        for one in found
    )
    last = found[0]
    if last.at is not None and before.now - last.at < JUST_NOW:
        return Checked(
            name,
            Status.WARNING,
            f"{last.revision} was deployed less than 15 minutes ago",
            "ask whose it is, and let `plumbline deploy verify` come to its end first",
            lines,
        )
    return Checked(name, Status.PASS, f"{last.revision} is the last", details=lines)


def _health(before: Before) -> Checked:
    name, url = "health", before.service.entry.health
    if url is None:
        return Checked(name, Status.SKIPPED, "no address is declared (health)")
    from plumbline.net.http import Caller

    with Caller(timeout_seconds=10.0) as caller:
        reply = caller.send("GET", url)
    if reply.status_code == 200:
        return Checked(name, Status.PASS, "answers 200")
    return Checked(
        name,
        Status.WARNING,
        f"it is not well before the deployment: {reply.receipt.detail}",
        "know why first, or the deployment is blamed for it",
    )


def _open_incidents(before: Before) -> Checked:
    name, watched = "open incidents", before.service.entry.monitors
    if not watched:
        return Checked(name, Status.SKIPPED, "no monitors are declared (monitors)")
    if before.incidents is None:
        return Checked(name, Status.SKIPPED, "on the demo data there are none")
    found = [one for one in before.incidents() if one.is_open and one.monitor in watched]
    if not found:
        return Checked(name, Status.PASS, f"none of {', '.join(watched)}")
    return Checked(
        name,
        Status.WARNING,
        f"{len(found)} that concern it",
        "is this deployment the fix? Then go on; else end them first",
        tuple(f"{one.status} {one.id}, since {one.opened_at:%Y-%m-%d %H:%M}" for one in found),
    )


def _drift(before: Before) -> Checked:
    name, drift = "what would be deployed", before.drift
    if not drift.is_known:
        return Checked(name, Status.ERROR, drift.reason or "not known", drift.fix)
    if not drift.is_drifted:
        return Checked(
            name,
            Status.WARNING,
            f"nothing new: {said(drift)}",
            "is a deployment needed at all?",
        )
    return Checked(name, Status.PASS, said(drift), details=tuple(commits(drift)))


CHECKS: dict[str, Callable[[Before], Checked]] = {
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


def _files(count: int) -> str:
    return "1 file" if count == 1 else f"{count} files"
