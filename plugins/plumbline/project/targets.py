"""Targets: the warehouses that a run can use, as in dbt.

They are declared in the data source of ``great_expectations.yml``. ``--target`` selects one, else
``PLUMBLINE_TARGET``, else ``default_target``. A run never falls back to another target.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    NonNegativeFloat,
    PositiveFloat,
    PositiveInt,
    field_validator,
    model_validator,
)

from plumbline.core.errors import ConfigError, did_you_mean
from plumbline.core.pricing import LIST_PRICE, Price
from plumbline.net.transport import why_unfit
from plumbline.project.entry import Entry
from plumbline.project.files import Files
from plumbline.project.parsing import UnfitValueError, explain
from plumbline.project.state_files import StateFiles

TARGET_VARIABLE = "PLUMBLINE_TARGET"
PROJECT_VARIABLE = "PLUMBLINE_PROJECT"
EMULATOR_VARIABLE = "BIGQUERY_EMULATOR_HOST"


OWN_DATASET = "plumbline"
"""Holds state and history of all targets that share a Google project."""

_AFFIX = r"^[A-Za-z0-9_]{0,64}$"

DEMO_NAME = "demo data"
"""Default name of seeded data in messages."""


@dataclass(frozen=True)
class Limits:
    """What one job may take."""

    deadline_seconds: float = 120.0
    concurrent_jobs: int = 16
    maximum_bytes_billed: int = 10 * 1024**3


@dataclass(frozen=True)
class Seed:
    """How the embedded warehouse is filled, and the day that a run on it judges."""

    command: tuple[str, ...]
    judged_day: date
    name: str = DEMO_NAME
    """The name of the data in messages."""


@dataclass(frozen=True)
class Target:
    """One warehouse, resolved: configuration and environment together."""

    name: str
    kind: Literal["embedded", "bigquery"]
    project: str
    """Google's, which holds the tables."""
    location: str
    limits: Limits
    project_dir: Path
    state_dir: Path
    files: Files = field(default_factory=Files, compare=False, repr=False)
    """What is read of the project: the seed's declarations are files of it."""
    datasets: Mapping[str, str] = field(default_factory=dict)
    """New names of datasets, by the names in files."""
    dataset_prefix: str = ""
    dataset_suffix: str = ""
    """For all other datasets of `project`, except plumbline's own."""
    dataset: str | None = None
    """What ``target.schema`` and ``target.dataset`` are in Jinja; None: not known."""
    plumbline_project: str = ""
    """Whose state and history it keeps (`plumbline.project.identity`)."""
    price: Price = LIST_PRICE
    seed: Seed | None = None
    emulator_host: str | None = None
    api_endpoint: str | None = None
    """Instead of BigQuery's public address: a private endpoint of one's own network."""

    @property
    def scope(self) -> str:
        """What state and history are kept by: the project and the target."""
        return f"{self.plumbline_project}/{self.name}"

    def dataset_name(self, declared: str, project: str | None = None) -> str:
        """The dataset of this target that ``declared`` in a file means.

        A name that has the prefix or suffix already keeps it: Jinja or dbt has put it there.

        Args:
            project: where the dataset is; None: in the target's.
        """
        if declared in self.datasets:
            return self.datasets[declared]
        is_ours = project in (None, self.project)
        if not is_ours or declared == OWN_DATASET or declared.startswith("region-"):
            return declared
        prefix = "" if declared.startswith(self.dataset_prefix) else self.dataset_prefix
        suffix = "" if declared.endswith(self.dataset_suffix) else self.dataset_suffix
        return f"{prefix}{declared}{suffix}"

    @property
    def state_files(self) -> StateFiles:
        return StateFiles(self.state_dir, self.plumbline_project, self.name)

    @property
    def demo(self) -> Seed | None:
        """The seed that plumbline loads; None if the data is the user's own."""
        return self.seed if self.kind == "embedded" and self.emulator_host is None else None

    @property
    def is_demo(self) -> bool:
        """Whether plumbline itself loads the data."""
        return self.demo is not None


class LimitsEntry(Entry):
    """``limits`` of a target."""

    deadline_seconds: PositiveFloat = Limits.deadline_seconds
    concurrent_jobs: PositiveInt = Limits.concurrent_jobs
    maximum_bytes_billed: PositiveInt = Limits.maximum_bytes_billed


class PriceEntry(Entry):
    """``price`` of a target: what its project pays for bytes billed."""

    per_tib: NonNegativeFloat
    currency: str = Field(Price.currency, min_length=1, max_length=8)
    free_tib_per_month: NonNegativeFloat = Price.free_tib_per_month


class SeedEntry(Entry):
    """``seed`` of an embedded target: a Python script and its arguments, and the judged day."""

    command: list[str] = Field(min_length=1)
    judged_day: date
    name: str = Field(Seed.name, min_length=1)

    @field_validator("judged_day", mode="before")
    @classmethod
    def _day(cls, value: object) -> object:
        # GX reads this file with a YAML 1.2 reader, which may hand a date over as text.
        return date.fromisoformat(value) if isinstance(value, str) else value


class TargetEntry(Entry):
    """One target as it stands in ``great_expectations.yml``."""

    kind: Literal["embedded", "bigquery"]
    project: str | None = None
    location: str = "US"
    datasets: dict[str, str] = Field(default_factory=dict)
    dataset_prefix: str = Field("", pattern=_AFFIX)
    dataset_suffix: str = Field("", pattern=_AFFIX)
    dataset: str | None = None
    limits: LimitsEntry = Field(default_factory=LimitsEntry)
    price: PriceEntry | None = None
    seed: SeedEntry | None = None
    api_endpoint: str | None = None

    @field_validator("api_endpoint")
    @classmethod
    def _endpoint(cls, value: str | None) -> str | None:
        if value is not None and (why := why_unfit(value)):
            raise UnfitValueError(why)
        return None if value is None else value.rstrip("/")

    @model_validator(mode="after")
    def _endpoint_is_bigquerys(self) -> TargetEntry:
        if self.api_endpoint is not None and self.kind != "bigquery":
            raise ValueError(
                "api_endpoint is for kind bigquery; an emulator is named by BIGQUERY_EMULATOR_HOST"
            )
        return self


class WarehouseEntry(BaseModel):
    """The fluent datasource of type ``bigquery_models`` in ``great_expectations.yml``."""

    model_config = ConfigDict(extra="allow", frozen=True)

    default_target: str = "local"
    plumbline_project: str | None = None
    targets: dict[str, TargetEntry] = Field(min_length=1)


def read_kinds(entry: Mapping[str, object], *, file: Path, key: str) -> dict[str, str]:
    """Each target's kind, by name.

    Raises:
        ConfigError: a malformed entry.
    """
    parsed = explain(WarehouseEntry, entry, file=file, key=key, error=ConfigError)
    return {name: target.kind for name, target in parsed.targets.items()}


def read_target_name(entry: Mapping[str, object], name: str | None, *, file: Path, key: str) -> str:
    """The name of the target that was asked for; unlike `resolve_target`, without its project.

    Raises:
        ConfigError: an unknown name, or a malformed entry.
    """
    parsed = explain(WarehouseEntry, entry, file=file, key=key, error=ConfigError)
    return _chosen(parsed, name, os.environ, file=file, key=key)


def _chosen(
    parsed: WarehouseEntry, name: str | None, env: Mapping[str, str], *, file: Path, key: str
) -> str:
    chosen = name or env.get(TARGET_VARIABLE) or parsed.default_target
    if chosen not in parsed.targets:
        asked_by = "--target" if name else TARGET_VARIABLE if env.get(TARGET_VARIABLE) else None
        raise ConfigError(
            f"there is no target {chosen!r}",
            file=None if asked_by else file,
            key=asked_by or f"{key}.default_target",
            fix=did_you_mean(chosen, parsed.targets),
        )
    return chosen


def resolve_target(
    entry: Mapping[str, object],
    name: str | None,
    *,
    plumbline_project: str,
    file: Path,
    key: str,
    project_dir: Path,
    state_dir: Path,
    files: Files,
    environment: Mapping[str, str] | None = None,
) -> Target:
    """The target that was asked for.

    Raises:
        ConfigError: an unknown name, a malformed entry, or a project that must be given.
    """
    env = os.environ if environment is None else environment
    parsed = explain(WarehouseEntry, entry, file=file, key=key, error=ConfigError)
    chosen = _chosen(parsed, name, env, file=file, key=key)
    found = parsed.targets[chosen]
    project = env.get(PROJECT_VARIABLE) or found.project
    if not project:
        raise ConfigError(
            f"target {chosen!r} has no project",
            file=file,
            key=f"{key}.targets.{chosen}.project",
            fix=f"set {PROJECT_VARIABLE} to the Google Cloud project that holds the tables",
        )
    emulator = env.get(EMULATOR_VARIABLE) or None if found.kind == "embedded" else None
    if emulator and "@" in emulator:
        raise ConfigError(
            "the address of an emulator can't have a user and password",
            key=EMULATOR_VARIABLE,
            fix="write HOST:PORT",
        )
    return Target(
        name=chosen,
        kind=found.kind,
        project=project,
        plumbline_project=plumbline_project,
        location=found.location,
        limits=Limits(**found.limits.model_dump()),
        project_dir=project_dir,
        state_dir=state_dir,
        files=files,
        datasets=dict(found.datasets),
        dataset_prefix=found.dataset_prefix,
        dataset_suffix=found.dataset_suffix,
        dataset=found.dataset,
        price=LIST_PRICE
        if found.price is None
        else Price(**found.price.model_dump(), listed_since=None),
        seed=None
        if found.seed is None
        else Seed(tuple(found.seed.command), found.seed.judged_day, found.seed.name),
        api_endpoint=found.api_endpoint,
        emulator_host=emulator,
    )
