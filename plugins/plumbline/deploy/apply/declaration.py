"""Reads what Google Cloud should look like: ``deploy/deploy.yml``, and the project's other files.

Nothing is declared twice: times and deadlines come from ``checkpoints/schedule.yml``, datasets from
``models/sources.yml``, the bucket of the data docs from ``great_expectations.yml``. The manifests
come from the code of ``plumbline schedule export --format cloud-run``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from plumbline.core.errors import ConfigError, MonitorError, did_you_mean
from plumbline.history.tables import DATASET
from plumbline.models.sources import all_sources
from plumbline.models.workspace import Workspace
from plumbline.project import Project
from plumbline.project.entry import Entry
from plumbline.project.parsing import explain
from plumbline.project.services import COMMIT_LABEL
from plumbline.project.targets import PROJECT_VARIABLE, Target
from plumbline.schedule.export.cloud_run import Trigger, check_cloud, job_manifest, read_trigger
from plumbline.schedule.export.files import Cloud, Scope, unit_names

FOLDER = "deploy"
FILE = "deploy.yml"

_Project = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{4,28}[a-z0-9]$")]
_Region = Annotated[str, StringConstraints(pattern=r"^[a-z]+(-[a-z]+)+\d+$")]
_Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{1,61}[a-z0-9]$")]
_Account = Annotated[
    str, StringConstraints(pattern=r"^([a-z][a-z0-9-]{4,28}[a-z0-9]|[a-z0-9-]+@[a-z0-9.-]+)$")
]
_Variable = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]*$")]
_Secret = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,255}$")]
_Role = Annotated[str, StringConstraints(pattern=r"^(roles|projects/[^/\s]+/roles)/[\w.]+$")]


class RunnerRoles(Entry):
    """Roles of the account that runs queries, by the resource that they apply to."""

    project: list[_Role] = Field(default_factory=list)
    monitored_datasets: list[_Role] = Field(default_factory=list)
    own_dataset: list[_Role] = Field(default_factory=list)
    secrets: list[_Role] = Field(default_factory=list)
    docs_bucket: list[_Role] = Field(default_factory=list)


class StarterRoles(Entry):
    """Of the account that starts a run."""

    jobs: list[_Role] = Field(default_factory=list)


class Roles(Entry):
    """``roles`` of the file."""

    runner: RunnerRoles
    starter: StarterRoles


class Values(Entry):
    """The file."""

    project: _Project
    region: _Region
    name: Annotated[str, StringConstraints(pattern=r"^\w[\w. -]*$")] | None = None
    target: str
    repository: _Name
    image: _Name
    runner: _Account
    starter: _Account
    token: Literal["oauth", "oidc"] = "oauth"
    retries: Annotated[int, Field(ge=0, le=10)] = 1
    cpu: Annotated[str, StringConstraints(pattern=r"^[1-9]\d{0,4}m?$")] = "1000m"
    memory: Annotated[str, StringConstraints(pattern=r"^[1-9]\d{0,4}[MG]i$")] = "1Gi"
    secrets: dict[_Variable, _Secret] = Field(default_factory=dict)
    roles: Roles


@dataclass(frozen=True)
class Job:
    """One Cloud Run job and what starts it."""

    name: str
    manifest: Mapping[str, Any]
    trigger: Trigger
    seconds: float
    """How long it may take, all its tries together."""


@dataclass(frozen=True)
class Declaration:
    """The whole declaration."""

    project: Project
    values: Values

    @property
    def folder(self) -> Path:
        return self.project.root / FOLDER

    @property
    def runner(self) -> str:
        """The email address of the account that runs queries."""
        return self._address(self.values.runner)

    @property
    def starter(self) -> str:
        """The address of the account that starts a run."""
        return self._address(self.values.starter)

    @property
    def image(self) -> str:
        """Without its tag."""
        values = self.values
        host = f"{values.region}-docker.pkg.dev"
        return f"{host}/{values.project}/{values.repository}/{values.image}"

    @property
    def region_flag(self) -> str:
        """The region, as most commands of gcloud take it."""
        return f"--region={self.values.region}"

    @property
    def location_flag(self) -> str:
        """The region, as the others take it."""
        return f"--location={self.values.region}"

    @cached_property
    def target(self) -> Target:
        """The BigQuery that is judged."""
        environment = {PROJECT_VARIABLE: self.values.project}
        return self.project.target(self.values.target, environment=environment)

    @cached_property
    def monitored_datasets(self) -> tuple[str, ...]:
        """Datasets that the models read, beside plumbline's own.

        Raises:
            MonitorError: where a declared table is can't be told.
        """
        names = set()
        workspace = Workspace(self.project, self.target)
        manifest = workspace.manifest
        for node in chain.from_iterable(manifest.nodes.values() if manifest else ()):
            if node.database == self.target.project and node.materialized != "ephemeral":
                names.add(workspace.dataset_name(node.schema, node.database))
        for found in all_sources(workspace).values():
            if isinstance(found, MonitorError):
                raise found
            if found.relation.project == self.target.project and not found.relation.is_region:
                names.add(found.relation.dataset)
        return tuple(sorted(names - {self.own_dataset}))

    @property
    def own_dataset(self) -> str:
        """Plumbline's own."""
        return self.target.datasets.get(DATASET, DATASET)

    @cached_property
    def docs_buckets(self) -> tuple[str, ...]:
        """Buckets to which data docs are written."""
        found = {site.backend.get("bucket") for site in self.project.sites}
        return tuple(sorted(str(name) for name in found if name))

    @property
    def variables_without_secret(self) -> tuple[str, ...]:
        """Channels' variables without a secret; such a channel is not configured."""
        names = self.project.alerts.variables
        return tuple(name for name in names if name not in self.values.secrets)

    def choose_jobs(self, name: str | None) -> list[Job]:
        """The job of that name, whatever its image; None: all.

        Raises:
            ConfigError: there is no such job.
        """
        jobs = {job.name: job for job in self.jobs("IMAGE")}
        if name is None:
            return list(jobs.values())
        if name not in jobs:
            raise ConfigError(
                f"there is no job {name!r}", key="--job", fix=did_you_mean(name, jobs)
            )
        return [jobs[name]]

    def jobs(self, image: str, *, commit: str | None = None) -> list[Job]:
        """A job a schedule, with that image.

        Raises:
            ConfigError: Google can't say a schedule.
        """
        cloud = Cloud(
            target=self.values.target,
            project=self.values.project,
            region=self.values.region,
            image=image,
            service_account=self.runner,
            secrets=tuple(sorted(self.values.secrets)),
            secret_names=self.values.secrets,
            starter=self.starter,
            token=self.values.token,
            retries=self.values.retries,
            cpu=self.values.cpu,
            memory=self.values.memory,
            labels={COMMIT_LABEL: commit} if commit else {},
        )
        check_cloud(cloud)
        name, target = self.values.name, self.values.target
        names = unit_names(self.project.schedules, Scope(name, target) if name else None)
        return [
            Job(
                name=names[one.name],
                manifest=job_manifest(one, cloud, names[one.name]),
                trigger=read_trigger(one, cloud, names[one.name]),
                seconds=one.deadline.total_seconds() * (1 + self.values.retries),
            )
            for one in self.project.schedules
        ]

    def _address(self, account: str) -> str:
        if "@" in account:
            return account
        return f"{account}@{self.values.project}.iam.gserviceaccount.com"


def read_declaration(project: Project) -> Declaration:
    """What ``project`` declares.

    Raises:
        ConfigError: a file is missing or malformed, with file, key and fix.
    """
    file = project.root / FOLDER / FILE
    if not project.files.is_file(file):
        raise ConfigError(
            "the deployment to Google Cloud is not declared",
            file=file,
            fix="run `plumbline deploy init --project PROJECT --region REGION`, which writes it",
        )
    raw = project.files.document(file).mapping_or_raise(
        error=ConfigError, what="the deployment's declaration"
    )
    declared = Declaration(project, explain(Values, raw, file=file, error=ConfigError))
    project.scheduled()
    if declared.target.kind != "bigquery":
        raise ConfigError(
            f"target {declared.target.name!r} is not BigQuery",
            file=file,
            key="target",
            fix="choose a target of kind bigquery",
        )
    for variable in declared.values.secrets:
        if variable not in project.alerts.variables:
            raise ConfigError(
                f"no channel reads {variable}",
                file=file,
                key=f"secrets.{variable}",
                fix=did_you_mean(variable, project.alerts.variables),
            )
    return declared
