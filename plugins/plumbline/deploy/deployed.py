"""Reads the deployed commit from Cloud Run, an endpoint or a command.

A service that doesn't name its commit is reported as unknown, never as current or drifted. Used by
`drift`, and by `check` for earlier deployments.
"""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from plumbline.core.errors import ConfigError, MonitorError
from plumbline.deploy.gitlog import COMMIT
from plumbline.deploy.platform import Platform
from plumbline.net.google_api import GoogleApi, GoogleApiError
from plumbline.net.programs import run_program
from plumbline.project.services import (
    COMMIT_LABEL,
    COMMIT_VARIABLE,
    CloudRunEntry,
    HttpEntry,
    Service,
)

SECONDS = 20.0
"""For one service, retries and all."""

MOST_REVISIONS = 5
"""Deployments before the present one that are listed."""


class UnknownDeploymentError(MonitorError):
    """The deployed commit could not be read."""


@dataclass(frozen=True)
class Deployed:
    """What a service runs."""

    commit: str
    """As it was found: whole or abbreviated."""
    found_by: str
    """``label commit-sha``, ``variable BUILD_COMMIT``, ``image tag``, ``http``, ``command``."""
    revision: str | None = None
    at: datetime | None = None
    """When that revision was made."""


def project_of(service: Service, entry: CloudRunEntry, platform: Platform) -> str:
    """The Google Cloud project of a service.

    Raises:
        UnknownDeploymentError: neither its entry nor the platform has one.
    """
    project = entry.project or platform.google_project
    if not project:
        raise UnknownDeploymentError(
            f"the Google Cloud project of {service.name} is unknown",
            fix="set deployed.cloud_run.project, or PLUMBLINE_PROJECT",
        )
    return project


def read_deployed(service: Service, platform: Platform, *, root: Path) -> Deployed:
    """What ``service`` runs now.

    Args:
        root: the project's folder, where a command runs.

    Raises:
        UnknownDeploymentError: the commit is missing, or isn't a commit.
    """
    entry = service.entry.deployed
    if entry.cloud_run is not None:
        return _CloudRun(service, entry.cloud_run, platform).deployed()
    if entry.http is not None:
        return _of_http(entry.http)
    return _of_command(entry.command or [], root)


def read_revisions(service: Service, platform: Platform) -> Sequence[Deployed]:
    """The last deployments of a service of Cloud Run, newest first; empty for other services.

    Raises:
        UnknownDeploymentError: they can't be read.
    """
    entry = service.entry.deployed.cloud_run
    if entry is None or entry.job:
        return ()
    return _CloudRun(service, entry, platform).revisions()


@dataclass(frozen=True)
class _CloudRun:
    """One service or job, by version 2 of Cloud Run's REST API."""

    service: Service
    entry: CloudRunEntry
    platform: Platform

    def deployed(self) -> Deployed:
        return self._of_job() if self.entry.job else self._of_service()

    def revisions(self) -> Sequence[Deployed]:
        # Cloud Run answers newest first.
        answer = self._get(f"/services/{self._service}/revisions", pageSize=MOST_REVISIONS)
        found = []
        for revision in list(answer.get("revisions") or ())[:MOST_REVISIONS]:
            try:
                found.append(_of_revision(revision))
            except UnknownDeploymentError:
                name = _last_part(revision.get("name"))
                found.append(Deployed("", "nowhere", name, _instant(revision.get("createTime"))))
        return found

    def _of_job(self) -> Deployed:
        job = self._get(f"/jobs/{self.entry.job}")
        template = job.get("template") or {}
        labels = {**(job.get("labels") or {}), **(template.get("labels") or {})}
        containers = (template.get("template") or {}).get("containers") or ()
        found = _commit_of(labels, containers, what=f"job {self.entry.job}")
        return replace(found, at=_instant(job.get("updateTime")))

    def _of_service(self) -> Deployed:
        found = self._get(f"/services/{self._service}")
        latest = _last_part(found.get("latestReadyRevision"))
        # The latest configuration need not serve: traffic may stay with an older revision.
        shares: dict[str, int] = {}
        for one in found.get("trafficStatuses") or ():
            if share := int(one.get("percent") or 0):
                name = one.get("revision") or latest
                shares[name] = shares.get(name, 0) + share
        if not shares and latest:
            shares = {latest: 100}
        if not shares:
            raise UnknownDeploymentError(
                f"no revision of {self.service.name} gets traffic",
                fix="deploy it; `gcloud run services describe` shows the problem",
            )
        ranked = sorted(shares, key=lambda name: -shares[name])
        if len(ranked) > 1 and shares[ranked[0]] == shares[ranked[1]]:
            raise UnknownDeploymentError(
                f"{ranked[0]} and {ranked[1]} get the same share of the traffic",
                fix="give one of them the larger share",
            )
        return _of_revision(self._get(f"/services/{self._service}/revisions/{ranked[0]}"))

    @property
    def _service(self) -> str:
        return self.entry.service or self.service.name

    def _get(self, path: str, **query: int) -> dict[str, Any]:
        """An answer of Cloud Run; an error becomes one line with its fix."""
        project = project_of(self.service, self.entry, self.platform)
        if self.platform.demo == "stopped" and self.entry.endpoint is None:
            raise UnknownDeploymentError(
                "the demo platform has not been started", fix=self.platform.fix
            )
        what = self.entry.job or self._service
        api = GoogleApi("Cloud Run", self.entry.endpoint or self.platform.cloud_run, SECONDS)
        place = f"/v2/projects/{project}/locations/{self.entry.region}"
        try:
            return api.get(place + path, **query)
        except ConfigError as fault:
            raise UnknownDeploymentError(fault.what, fix=fault.fix) from None
        except GoogleApiError as fault:
            if fault.status == 404:
                kind = "job" if self.entry.job else "service"
                raise UnknownDeploymentError(
                    f"Cloud Run has no {kind} {what} in {self.entry.region}",
                    fix="check its name, project and region in deploy/services.yml",
                ) from None
            if fault.status == 403:
                raise UnknownDeploymentError(
                    f"permission to read {what} on Cloud Run was denied: {fault}",
                    fix="grant the role Cloud Run Viewer (roles/run.viewer)",
                ) from None
            raise UnknownDeploymentError(
                f"Cloud Run did not return the deployed commit of {what}: {fault}",
                fix=self.platform.fix,
            ) from None


def _of_revision(revision: Mapping[str, Any]) -> Deployed:
    name = _last_part(revision.get("name"))
    found = _commit_of(
        revision.get("labels") or {}, revision.get("containers") or (), what=f"revision {name}"
    )
    return replace(found, revision=name, at=_instant(revision.get("createTime")))


def _commit_of(
    labels: Mapping[str, str], containers: Sequence[Mapping[str, Any]], *, what: str
) -> Deployed:
    """By label, variable, image tag, in this order: the first that is a commit.

    Raises:
        UnknownDeploymentError: none is.
    """
    said: list[tuple[str, str]] = []
    if COMMIT_LABEL in labels:
        said.append((f"label {COMMIT_LABEL}", labels[COMMIT_LABEL]))
    for container in containers:
        for variable in container.get("env") or ():
            if variable.get("name") == COMMIT_VARIABLE:
                said.append((f"variable {COMMIT_VARIABLE}", str(variable.get("value") or "")))
    for container in containers:
        image = str(container.get("image") or "")
        _, colon, tag = image.rpartition("/")[2].partition("@")[0].partition(":")
        if colon:
            said.append(("image tag", tag))
    for found_by, text in said:
        if COMMIT.fullmatch(text):
            return Deployed(text, found_by)
    shown = ", ".join(f"{found_by} is {text!r}" for found_by, text in said) or (
        f"it has no label {COMMIT_LABEL}, no variable {COMMIT_VARIABLE} and no image tag"
    )
    raise UnknownDeploymentError(
        f"{what} doesn't name its commit: {shown}",
        fix=f"deploy with --labels={COMMIT_LABEL}=$(git rev-parse HEAD)",
    )


def _of_http(entry: HttpEntry) -> Deployed:
    from plumbline.net.http import Caller

    with Caller(timeout_seconds=SECONDS) as caller:
        reply = caller.send("GET", entry.url)
    if reply.status_code is None or not 200 <= reply.status_code < 300:
        raise UnknownDeploymentError(
            f"the endpoint doesn't return the deployed commit: {reply.receipt.detail}",
            fix=f"see `curl {entry.url}`",
        )
    text: object = reply.body.decode(errors="replace").strip()
    if entry.field is not None:
        answer = reply.json()
        text = answer.get(entry.field) if isinstance(answer, dict) else None
        if text is None:
            raise UnknownDeploymentError(
                f"the endpoint's answer has no key {entry.field!r}",
                fix=f"see `curl {entry.url}`, and set deployed.http.field to the key",
            )
    return _from_text(str(text), "http", f"see `curl {entry.url}`")


def _of_command(command: Sequence[str], root: Path) -> Deployed:
    text = run_command(command, root, what="the command `deployed.command`")
    words = text.split()
    return _from_text(words[0] if words else "", "command", f"see `{' '.join(command)}`")


def run_command(
    command: Sequence[str], folder: Path, *, what: str, seconds: float = SECONDS
) -> str:
    """What a command prints.

    Raises:
        UnknownDeploymentError: it can't be run, fails, or does not end.
    """
    shown = " ".join(command)
    try:
        done = run_program(command, seconds=seconds, folder=folder)
    except subprocess.TimeoutExpired:
        raise UnknownDeploymentError(
            f"{what} did not end in {seconds:g} s", fix=f"see `{shown}`"
        ) from None
    except OSError as fault:
        raise UnknownDeploymentError(
            f"{what} can't be run: {fault.strerror}", fix=f"see `{shown}`"
        ) from None
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines()
        raise UnknownDeploymentError(
            f"{what} failed (exit code {done.returncode})"
            + (f": {lines[-1][:200]}" if lines else ""),
            fix=f"see `{shown}`",
        )
    return done.stdout


def _from_text(text: str, found_by: str, fix: str) -> Deployed:
    if not COMMIT.fullmatch(text):
        raise UnknownDeploymentError(f"{text[:60]!r} is not a commit", fix=fix)
    return Deployed(text, found_by)


def _instant(value: object) -> datetime | None:
    try:
        return datetime.fromisoformat(str(value))
    except ValueError:
        return None


def _last_part(name: object) -> str:
    """``w-1`` of ``projects/p/locations/l/services/w/revisions/w-1``."""
    return str(name or "").rpartition("/")[2]
