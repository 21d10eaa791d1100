"""What a ``ref()`` means: a model whose SQL is inlined, or the table that dbt has made of it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from plumbline.core.errors import MonitorError, did_you_mean
from plumbline.models.manifest import RUN_DBT, Manifest, Node
from plumbline.models.model_config import ModelConfig, model_config
from plumbline.models.references import Place
from plumbline.models.relations import Relation, checked_relation
from plumbline.models.workspace import Workspace

_FEW = 30


@dataclass(frozen=True)
class Ref:
    name: str
    package: str | None
    version: str | None
    place: Place

    def __str__(self) -> str:
        parts = [repr(name) for name in (self.package, self.name) if name is not None]
        if self.version is not None:
            parts.append(f"v={self.version}")
        return f"ref({', '.join(parts)})"


def resolve_ref(ref: Ref, workspace: Workspace) -> Relation | None:
    """The table that ``ref`` means; None for a model of the project that is inlined.

    Raises:
        MonitorError: there is no such model, or nothing that says where its table is.
    """
    own = workspace.dbt_home.name
    config = None
    names = {None, own, str(workspace.project.dbt.get("name") or "")}
    is_own = ref.package in names and ref.version is None
    if is_own and ref.name in workspace.models.files:
        workspace.models.find(ref.name, file=ref.place.file, key=ref.place.key)
        config = model_config(ref.name, workspace)
        if config.materialized == "ephemeral":
            return None
    manifest = workspace.manifest
    if manifest is None:
        _no_manifest(ref, config, workspace)
    node = manifest.find(ref.name, package=ref.package, version=ref.version, own=own)
    if node is None:
        _not_in_manifest(ref, config, manifest, workspace)
    if node.materialized == "ephemeral":
        if config is not None and config.materialized is None:
            return None
        _ephemeral_in_dbt(ref, config, node, manifest)
    if node.package == own:
        _refuse_stale(ref, config, node, manifest, workspace)
    return checked_relation(
        project=node.database,
        dataset=workspace.dataset_name(node.schema, node.database),
        table=node.alias,
        file=str(manifest.file),
        key=f"nodes.{node.id}",
    )


def _no_manifest(ref: Ref, config: ModelConfig | None, workspace: Workspace) -> NoReturn:
    file = _relative(workspace.manifest_file, workspace)
    if config is None:
        _refuse(
            ref,
            f"there is no model {ref.name!r}",
            f"{_known(ref.name, workspace.models.files)} (seeds, snapshots, versions and packages "
            f"are known once `dbt compile` has written {file})",
        )
    kind = "as only dbt knows" if config.materialized is None else f"as {config.materialized!r}"
    _refuse(
        ref,
        f"{ref} names a model that is materialised {kind}, and there is no {file} to say where "
        "its table is",
        f"run `dbt compile` (or `dbt run`), or write {{{{ config(materialized='ephemeral') }}}} in "
        f"{ref.name}.sql to have it inlined",
    )


def _not_in_manifest(
    ref: Ref, config: ModelConfig | None, manifest: Manifest, workspace: Workspace
) -> NoReturn:
    file = _relative(manifest.file, workspace)
    if ref.name in manifest.disabled:
        _refuse(ref, f"{ref} names a model that is disabled in dbt ({file})", "enable it in dbt")
    if config is not None:
        _refuse(ref, f"{file} does not have the model of {ref}: it is out of date", RUN_DBT)
    versions = [node.version for node in manifest.nodes.get(ref.name, ()) if node.version]
    if versions and ref.version is not None:
        known = ", ".join(sorted(versions))
        _refuse(ref, f"there is no version {ref.version} of {ref.name!r}", f"known: {known}")
    names = {*workspace.models.files, *manifest.nodes}
    _refuse(
        ref,
        f"there is no model, seed or snapshot {ref.name!r}"
        + (f" in package {ref.package!r}" if ref.package else ""),
        f"{_known(ref.name, names)} (if it is new, {RUN_DBT}: that writes {file})",
    )


def _ephemeral_in_dbt(
    ref: Ref, config: ModelConfig | None, node: Node, manifest: Manifest
) -> NoReturn:
    if config is not None:
        _stale(
            manifest, node, "materialized", f"ephemeral, and now it is {config.materialized!r}", ref
        )
    _refuse(
        ref,
        f"{ref} names an ephemeral model, which has no table, and {ref.name}.sql is not among "
        "the project's own models to be inlined",
        f"materialise it as a view: {node.package}/{node.original_file}",
    )


def _refuse_stale(
    ref: Ref, config: ModelConfig | None, node: Node, manifest: Manifest, workspace: Workspace
) -> None:
    """A manifest that would send the monitor to a table that dbt no longer makes."""
    home = workspace.dbt_home
    if home.has_models and not home.files.is_file(home.root / node.original_file):
        _stale(manifest, node, "original_file_path", f"{node.original_file}, which is gone", ref)
    for key, now in (config.place if config is not None else {}).items():
        before = node.config.get(key)
        if before != now:
            _stale(manifest, node, f"config.{key}", f"{before!r}, and now it is {now!r}", ref)


def _stale(manifest: Manifest, node: Node, key: str, what: str, ref: Ref) -> NoReturn:
    raise MonitorError(
        f"dbt's manifest is out of date: for {ref} it has {key.split('.')[-1]} {what}",
        file=manifest.file,
        key=f"nodes.{node.id}.{key}",
        fix=RUN_DBT,
    )


def _known(name: str, names: Collection[str]) -> str:
    """A near miss, or all there is; but a dbt project may have thousands."""
    text = did_you_mean(name, names)
    return text if len(names) <= _FEW or text.startswith("did you mean") else "fix the name"


def _relative(file: Path, workspace: Workspace) -> str:
    root = workspace.project.root
    return str(file.relative_to(root) if file.is_relative_to(root) else file)


def _refuse(ref: Ref, what: str, fix: str) -> NoReturn:
    raise MonitorError(what, file=ref.place.file, key=ref.place.key, fix=fix)
