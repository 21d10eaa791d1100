"""Reads the deployed commit from Cloud Run, an endpoint or a command.

A service that doesn't name its commit is reported as unknown, never as current or drifted. Used by
`drift`, and by `check` for earlier deployments.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from plumbline.core.errors import MonitorError
from plumbline.deploy.gitlog import COMMIT
from plumbline.net.programs import run_program
from plumbline.net.secret import scrub
from plumbline.project.services import (
    COMMIT_LABEL,
    COMMIT_VARIABLE,
    CloudRunEntry,
    HttpEntry,
    Service,
)

if TYPE_CHECKING:
    from plumbline.project import Target

SECONDS = 20.0
"""For one service, retries and all."""

MOST_REVISIONS = 5
"""Deployments before the present one that are listed."""

EXTRA = "pip install 'plumbline-dq[deployments]'"


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


def google_project(target: Target) -> str | None:
    """The target's Google Cloud project, which services share unless they declare another."""
    return os.environ.get("PLUMBLINE_PROJECT") or target.project


def project_of(service: Service, entry: CloudRunEntry, default: str | None) -> str:
    """The Google Cloud project of a service.

    Raises:
        UnknownDeploymentError: neither its entry nor the environment has one.
    """
    project = entry.project or default
    if not project:
        raise UnknownDeploymentError(
            f"the Google Cloud project of {service.name} is unknown",
            fix="set deployed.cloud_run.project, or PLUMBLINE_PROJECT",
        )
    return project


def check_library() -> None:
    """Check that Cloud Run's client library is installed.

    Raises:
        UnknownDeploymentError: Google's client is not installed.
    """
    try:
        from google.cloud import run_v2  # noqa: F401
    except ImportError:
        raise UnknownDeploymentError(
            "google-cloud-run is not installed; Cloud Run can't be queried without it",
            fix=EXTRA,
        ) from None


def read_deployed(
    service: Service,
    *,
    root: Path,
    default_project: str | None,
) -> Deployed:
    """What ``service`` runs now.

    Args:
        root: the project's folder, where a command runs.
        default_project: Google Cloud's, where the entry names none.

    Raises:
        UnknownDeploymentError: the commit is missing, or isn't a commit.
    """
    entry = service.entry.deployed
    if entry.cloud_run is not None:
        return _CloudRun(service, entry.cloud_run, default_project).deployed()
    if entry.http is not None:
        return _of_http(entry.http)
    return _of_command(entry.command or [], root)


def read_revisions(service: Service, *, default_project: str | None) -> Sequence[Deployed]:
    """The last deployments of a service of Cloud Run, newest first; empty for other services.

    Raises:
        UnknownDeploymentError: they can't be read.
    """
    entry = service.entry.deployed.cloud_run
    if entry is None or entry.job:
        return ()
    return _CloudRun(service, entry, default_project).revisions()


@dataclass(frozen=True)
class _CloudRun:
    service: Service
    entry: CloudRunEntry
    default_project: str | None

    def deployed(self) -> Deployed:
        found: Deployed = self._asking(self._of_job if self.entry.job else self._of_service)
        return found

    def revisions(self) -> Sequence[Deployed]:
        found: Sequence[Deployed] = self._asking(self._last_revisions)
        return found

    def _of_job(self) -> Deployed:
        from google.cloud import run_v2

        client = self._client(run_v2.JobsClient)
        job = client.get_job(name=self._name("jobs", self.entry.job or ""), timeout=SECONDS)
        labels = {**job.labels, **job.template.labels}
        found = _commit_of(labels, job.template.template.containers, what=f"job {self.entry.job}")
        return replace(found, at=_instant(job.update_time))

    def _of_service(self) -> Deployed:
        from google.cloud import run_v2

        client = self._client(run_v2.ServicesClient)
        found = client.get_service(name=self._service_name(), timeout=SECONDS)
        # The latest configuration need not serve: traffic may stay with an older revision.
        shares: dict[str, int] = {}
        for one in found.traffic_statuses:
            if one.percent:
                name = one.revision or found.latest_ready_revision.rpartition("/")[2]
                shares[name] = shares.get(name, 0) + one.percent
        if not shares and found.latest_ready_revision:
            shares = {found.latest_ready_revision.rpartition("/")[2]: 100}
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
        name = f"{self._service_name()}/revisions/{ranked[0]}"
        revision = self._client(run_v2.RevisionsClient).get_revision(name=name, timeout=SECONDS)
        return _of_revision(revision)

    def _last_revisions(self) -> Sequence[Deployed]:
        from google.cloud import run_v2

        client = self._client(run_v2.RevisionsClient)
        found = []
        # Cloud Run answers newest first.
        for revision in client.list_revisions(parent=self._service_name(), timeout=SECONDS):
            try:
                found.append(_of_revision(revision))
            except UnknownDeploymentError:
                name = revision.name.rpartition("/")[2]
                found.append(Deployed("", "nowhere", name, _instant(revision.create_time)))
            if len(found) == MOST_REVISIONS:
                break
        return found

    def _service_name(self) -> str:
        return self._name("services", self.entry.service or self.service.name)

    def _name(self, kind: str, name: str) -> str:
        project = project_of(self.service, self.entry, self.default_project)
        return f"projects/{project}/locations/{self.entry.region}/{kind}/{name}"

    def _client(self, kind: Any) -> Any:
        """A client that uses REST, so that it also works with private and test endpoints."""
        from google.auth.credentials import AnonymousCredentials

        from plumbline.net.transport import is_loopback

        scheme, _, host = (self.entry.endpoint or "https://run.googleapis.com").partition("://")
        local = is_loopback(f"{scheme}://{host}")
        who = AnonymousCredentials() if local else None  # type: ignore[no-untyped-call]
        transport = kind.get_transport_class("rest")
        return kind(transport=transport(host=host.rstrip("/"), url_scheme=scheme, credentials=who))

    def _asking(self, ask: Callable[[], Any]) -> Any:
        """Call ``ask``; an error becomes one line with its fix."""
        check_library()
        import requests
        from google.api_core import exceptions
        from google.auth.exceptions import GoogleAuthError

        what = self.entry.job or self.entry.service or self.service.name
        try:
            return ask()
        except exceptions.NotFound:
            kind = "job" if self.entry.job else "service"
            raise UnknownDeploymentError(
                f"Cloud Run has no {kind} {what} in {self.entry.region}",
                fix="check its name, project and region in deploy/services.yml",
            ) from None
        except exceptions.Forbidden as fault:
            raise UnknownDeploymentError(
                f"permission to read {what} on Cloud Run was denied: {one_line_of(fault)}",
                fix="grant the role Cloud Run Viewer (roles/run.viewer)",
            ) from None
        except GoogleAuthError as fault:
            raise UnknownDeploymentError(
                f"Cloud Run can't be queried: {one_line_of(fault).partition('. ')[0].rstrip('.')}",
                fix="run `gcloud auth application-default login`",
            ) from None
        except (exceptions.GoogleAPIError, requests.RequestException) as fault:
            raise UnknownDeploymentError(
                f"Cloud Run did not return what {what} runs: {one_line_of(fault)}",
                fix="try again later",
            ) from None


def _of_revision(revision: Any) -> Deployed:
    name = revision.name.rpartition("/")[2]
    found = _commit_of(dict(revision.labels), revision.containers, what=f"revision {name}")
    return replace(found, revision=name, at=_instant(revision.create_time))


def _commit_of(labels: Mapping[str, str], containers: Any, *, what: str) -> Deployed:
    """By label, variable, image tag, in this order: the first that is a commit.

    Raises:
        UnknownDeploymentError: none is.
    """
    said: list[tuple[str, str]] = []
    if COMMIT_LABEL in labels:
        said.append((f"label {COMMIT_LABEL}", labels[COMMIT_LABEL]))
    for container in containers:
        for variable in container.env:
            if variable.name == COMMIT_VARIABLE:
                said.append((f"variable {COMMIT_VARIABLE}", variable.value))
    for container in containers:
        _, colon, tag = container.image.rpartition("/")[2].partition("@")[0].partition(":")
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


def _instant(value: Any) -> datetime | None:
    return value if isinstance(value, datetime) and value.year > 1970 else None


def one_line_of(fault: BaseException) -> str:
    return " ".join(scrub(str(fault)).split())[:200]
