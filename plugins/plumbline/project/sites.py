"""The data docs sites that are plumbline's: ``data_docs_sites`` of ``great_expectations.yml``.

Sites of GX's own builder may be declared beside them; GX builds those.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, HttpUrl, PositiveInt, TypeAdapter

from plumbline.core.errors import ConfigError
from plumbline.project.find import find_state_dir
from plumbline.project.parsing import explain

MODULE = "plumbline.gx.site_builder"
FILESYSTEM = "TupleFilesystemStoreBackend"
RETENTION_DAYS = 400


class _Open(BaseModel):
    model_config = ConfigDict(extra="allow", frozen=True)


class BackendEntry(_Open):
    """``store_backend`` of a site; its other keys are the backend's own."""

    class_name: str = FILESYSTEM
    base_directory: str | None = None
    base_public_path: str | None = Field(
        None, description="Where people open the site: links in messages begin with it."
    )


class BucketEntry(BaseModel):
    """``store_backend`` of a site in Cloud Storage; the keys are GX's own."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    class_name: Literal["TupleGCSStoreBackend"]
    module_name: Literal["plumbline.gx.cloud_storage"]
    bucket: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$")
    prefix: str = Field("", pattern=r"^([\w.-]+(/[\w.-]+)*/?)?$")
    project: str | None = None
    base_public_path: str | None = None
    public_urls: bool = False
    suppress_store_backend_id: bool = True


class SiteEntry(BaseModel):
    """One site of plumbline's."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    class_name: str
    module_name: str
    store_backend: BackendEntry = BackendEntry()
    retention_days: PositiveInt = RETENTION_DAYS


@dataclass(frozen=True)
class SiteConfig:
    name: str
    backend: Mapping[str, Any]
    """As it stands in the file."""
    is_folder: bool
    folder: str
    """Relative to the project; empty where it is not a folder."""
    public: str | None
    """Its public URL without a trailing slash; None if it has none."""
    retention_days: int


def site_folder(site: SiteConfig, root: Path, target: str) -> Path:
    """Where the site of a target lies, for a site in a folder: what is configured below the
    default folder of local state moves with ``PLUMBLINE_STATE_DIR``."""
    named, state = root / site.folder, root / ".plumbline"
    if named.is_relative_to(state):
        named = find_state_dir(root) / named.relative_to(state)
    return named / target


def read_sites(configuration: Mapping[str, Any], *, file: Path) -> tuple[SiteConfig, ...]:
    """The sites of plumbline's, in the file's order.

    Raises:
        ConfigError: an unknown or wrong key.
    """
    declared = configuration.get("data_docs_sites") or {}
    if not isinstance(declared, dict):
        raise ConfigError(
            "data_docs_sites is not a mapping",
            file=file,
            key="data_docs_sites",
            fix="write `name: {...}` lines",
        )
    found = []
    for name, raw in declared.items():
        if not isinstance(raw, dict) or raw.get("module_name") != MODULE:
            continue
        key = f"data_docs_sites.{name}"
        entry = explain(SiteEntry, raw, file=file, key=key, error=ConfigError)
        backend = entry.store_backend
        is_folder = backend.class_name == FILESYSTEM
        if not is_folder:
            explain(
                BucketEntry,
                raw.get("store_backend"),
                file=file,
                key=f"{key}.store_backend",
                error=ConfigError,
            )
        if backend.base_public_path is not None:
            _refuse_no_address(backend.base_public_path, file=file, key=f"{key}.store_backend")
        found.append(
            SiteConfig(
                name=str(name),
                backend=dict(raw.get("store_backend") or {}),
                is_folder=is_folder,
                folder=(backend.base_directory or ".plumbline/docs") if is_folder else "",
                public=backend.base_public_path and backend.base_public_path.rstrip("/"),
                retention_days=entry.retention_days,
            )
        )
    return tuple(found)


def _refuse_no_address(address: str, *, file: Path, key: str) -> None:
    try:
        TypeAdapter(HttpUrl).validate_python(address)
    except ValueError:
        raise ConfigError(
            f"{address!r} is not a valid URL",
            file=file,
            key=f"{key}.base_public_path",
            fix="write where people open the site, such as https://docs.example.com/plumbline",
        ) from None
