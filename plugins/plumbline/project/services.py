"""Services whose deployments are watched: ``deploy/services.yml``.

What each is built from, how to learn what is deployed, what is checked before and after.
`read_services` raises the first fault, lint prints what `find_service_faults` finds.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Annotated

from pydantic import Field, StringConstraints, model_validator

from plumbline.core.errors import ConfigError, did_you_mean
from plumbline.project.document import Document, KeyPath, key_path
from plumbline.project.entry import Entry
from plumbline.project.parsing import (
    ValueFault,
    find_repeated,
    find_value_faults,
    refuse_faults,
    valid_entries,
    wrong_value,
)
from plumbline.project.schedule import VARIABLE_PATTERN

COMMIT_LABEL = "commit-sha"
COMMIT_VARIABLE = "BUILD_COMMIT"

_Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
_Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=60)]
_Variable = Annotated[str, StringConstraints(pattern=VARIABLE_PATTERN)]


class CloudRunEntry(Entry):
    """A service or a job of Cloud Run."""

    project: _Text | None = Field(
        None,
        description="Google Cloud project; default: the environment variable PLUMBLINE_PROJECT.",
        examples=["nba-props-platform"],
    )
    region: _Text = Field(description="Region.", examples=["us-west2"])
    service: _Text | None = Field(
        None,
        description="Cloud Run service; default: the entry's name.",
        examples=["prediction-worker"],
    )
    job: _Text | None = Field(
        None,
        description="Cloud Run job, if it is a job instead of a service.",
        examples=["plumbline-health-check"],
    )

    endpoint: Annotated[str, StringConstraints(pattern=r"^https?://")] | None = Field(
        None,
        description="Another endpoint of Cloud Run's API, such as a private one.",
        examples=["https://run-restricted.example.com"],
    )

    @model_validator(mode="after")
    def _is_one(self) -> CloudRunEntry:
        if self.service and self.job:
            raise ValueError("name a service or a job, not both")
        return self


class HttpEntry(Entry):
    """An endpoint that says its commit."""

    url: Annotated[str, StringConstraints(pattern=r"^https?://")] = Field(
        description="URL for a GET request.", examples=["https://example.com/version"]
    )
    field: _Text | None = Field(
        None,
        description="Key of the JSON object that holds the commit; without it, the response is "
        "the commit.",
        examples=["commit"],
    )


class DeployedEntry(Entry):
    """How to learn what is deployed: just one of the three."""

    cloud_run: CloudRunEntry | None = Field(
        None,
        description="Read from Cloud Run: the label `commit-sha`, else the variable "
        "BUILD_COMMIT, else the image's tag.",
        examples=[{"region": "us-west2"}],
    )
    http: HttpEntry | None = Field(
        None,
        description="Read from an endpoint of the service.",
        examples=[{"url": "https://example.com/version", "field": "commit"}],
    )
    command: list[_Text] | None = Field(
        None,
        min_length=1,
        description="Read from a command that runs in the project's folder; the first word of "
        "its output is the commit.",
        examples=[["cat", "DEPLOYED"]],
    )

    @model_validator(mode="after")
    def _is_one(self) -> DeployedEntry:
        if sum(one is not None for one in (self.cloud_run, self.http, self.command)) != 1:
            raise ValueError("name just one of cloud_run, http and command")
        return self


class ServiceEntry(Entry):
    """One of ``services``."""

    name: _Name = Field(description="Name of the service.", examples=["prediction-worker"])
    repository: _Variable | None = Field(
        None,
        description="Environment variable that holds the folder of its git repository; "
        "default: the project's own repository.",
        examples=["NBA_PLATFORM_REPOSITORY"],
    )
    branch: _Text = Field(
        "main", description="Branch that is deployed.", examples=["main", "origin/main"]
    )
    paths: list[_Text] = Field(
        min_length=1,
        description="Files and folders that it is built from. Other commits don't count.",
        examples=[["predictions/worker", "shared"]],
    )
    exclude: list[_Text] = Field(
        default_factory=list,
        description="Files in these paths that don't count, as git patterns.",
        examples=[["**/*.md"]],
    )
    deployed: DeployedEntry = Field(
        description="How to read the deployed commit.",
        examples=[{"cloud_run": {"region": "us-west2"}}],
    )
    tests: list[_Text] | None = Field(
        None,
        min_length=1,
        description="Command that runs its tests, in the repository's folder.",
        examples=[["pytest", "-q", "tests/worker"]],
    )
    migrations: list[_Text] = Field(
        default_factory=list,
        description="Folders of schema changes (numbered or dated SQL files) that must be "
        "applied before a deployment.",
        examples=[["schemas/migrations"]],
    )
    applied: list[_Text] | None = Field(
        None,
        min_length=1,
        description="Command that prints the names of applied schema changes, one per line.",
        examples=[["cat", "schemas/APPLIED"]],
    )
    health: Annotated[str, StringConstraints(pattern=r"^https?://")] | None = Field(
        None,
        description="URL that returns 200 if the service is healthy.",
        examples=["https://example.com/health"],
    )
    verify: _Text | None = Field(
        None,
        description="Checkpoint to run after a deployment.",
        examples=["post_deploy_prediction_worker"],
    )
    monitors: list[_Text] = Field(
        default_factory=list,
        description="Monitors whose incidents affect the service.",
        examples=[["recent_predictions"]],
    )
    owner: _Text = Field(
        description="Who is responsible for the service.", examples=["ml-platform"]
    )
    runbook: _Text | None = Field(
        None,
        description="Runbook: a file of the project, or a URL.",
        examples=["docs/runbooks/prediction-worker.md"],
    )


class ServicesEntry(Entry):
    """The whole file."""

    services: list[ServiceEntry] = Field(
        description="Services whose deployments are monitored.",
        examples=[
            [
                {
                    "name": "prediction-worker",
                    "paths": ["predictions/worker", "shared"],
                    "deployed": {"cloud_run": {"region": "us-west2"}},
                    "owner": "ml-platform",
                }
            ]
        ],
    )


@dataclass(frozen=True)
class Service:
    entry: ServiceEntry
    key: str
    """``services[0]``, for errors about it."""
    file: Path

    @property
    def name(self) -> str:
        return self.entry.name

    @property
    def is_on_cloud_run(self) -> bool:
        """Whether Google knows what it runs, and keeps its log."""
        return self.entry.deployed.cloud_run is not None

    @property
    def pathspecs(self) -> tuple[str, ...]:
        """Its own paths as git takes them, from the repository's root."""
        own = (path.rstrip("/") for path in self.entry.paths)
        return (
            *(":(top)" if path == "." else f":(top,literal){path}" for path in own),
            *(f":(top,exclude,glob){pattern}" for pattern in self.entry.exclude),
        )

    def repository(self, project_root: Path, environment: Mapping[str, str] | None = None) -> Path:
        """The top folder of its git repository, from which its paths are.

        Raises:
            ConfigError: the variable is not set, or names no folder.
        """
        name = self.entry.repository
        if name is None:
            return _top(project_root)
        value = (os.environ if environment is None else environment).get(name, "").strip()
        if not value:
            raise ConfigError(
                f"the repository of {self.name} is not known: {name} is not set",
                file=self.file,
                key=f"{self.key}.repository",
                fix=f"set {name} to the folder of a full clone of it",
            )
        folder = Path(value).expanduser()
        if not folder.is_absolute():
            folder = project_root / folder
        if not folder.is_dir():
            raise ConfigError(
                f"{name} is not a folder: {value}",
                file=self.file,
                key=f"{self.key}.repository",
                fix="set it to the folder of a full clone",
            )
        return _top(folder)


def _top(folder: Path) -> Path:
    """Of the repository that holds ``folder``; itself where git doesn't know it."""
    folder = folder.resolve()
    return next((one for one in (folder, *folder.parents) if (one / ".git").exists()), folder)


def find_service_faults(document: Document) -> Iterator[ValueFault]:
    """Everything that is wrong with ``deploy/services.yml`` by itself."""
    yield from find_value_faults(ServicesEntry, document.value)
    for path, name in find_repeated(document.entry_texts("services", key="name")):
        yield wrong_value(path, f"two services are called {name!r}", "give each a name of its own")
    for path, _ in document.entries("services"):
        for at, text in document.texts(*path, "paths"):
            if fault := path_fault(text):
                yield wrong_value(
                    at,
                    fault,
                    "write it relative to the repository's root, such as predictions/worker",
                )


def read_services(document: Document) -> tuple[Service, ...]:
    """The services in ``deploy/services.yml``, in its order.

    Raises:
        ConfigError: not YAML, an unknown or missing key, a wrong value, a name twice, a path that
            leaves the repository: with file, key and fix.
    """
    document.mapping_or_raise(error=ConfigError, what="the list of services")
    refuse_faults(find_service_faults(document), file=document.file, error=ConfigError)
    return tuple(service for _, service in valid_services(document))


def valid_services(document: Document) -> Iterator[tuple[KeyPath, Service]]:
    """The services whose entries are valid by themselves, each with its path."""
    for path, entry in valid_entries(ServiceEntry, document, "services"):
        yield path, Service(entry, key_path(path), document.file)


def path_fault(path: str) -> str | None:
    """What is wrong with one of ``paths``, without a look at the repository; None: nothing."""
    if PurePosixPath(path).is_absolute() or ".." in PurePosixPath(path).parts:
        return f"{path!r} is outside the repository"
    if re.search(r"[*?\[\]:\\]", path):
        return f"{path!r} is a pattern; only files and folders are allowed"
    return None


def find_service(services: tuple[Service, ...], name: str, *, file: Path) -> Service:
    """The service of that name.

    Raises:
        ConfigError: there is none.
    """
    for service in services:
        if service.name == name:
            return service
    raise ConfigError(
        f"there is no service {name!r}",
        file=file,
        key="services",
        fix=did_you_mean(name, (service.name for service in services))
        if services
        else "declare it there, with its name, repository and paths; see plumbline deploy --help",
    )
