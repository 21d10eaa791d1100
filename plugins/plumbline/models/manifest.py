"""dbt's ``target/manifest.json``: which table each model, seed and snapshot of a project is.

For a plumbline project inside a dbt project: `refs` asks it where a materialised model lies. It is
read when the first ``ref()`` needs it and not before, because a large project's is tens of
megabytes; what is not needed of it is not kept. Its tests are read by `plumbline.dbt.manifest`.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from plumbline.core.errors import MonitorError
from plumbline.project.files import Files

TARGET_PATH_VARIABLE = "DBT_TARGET_PATH"
RUN_DBT = "run `dbt compile` (or `dbt run`) again"
NO_ROWS = "where false limit 0)"
"""After each table in SQL that dbt compiled with ``--empty``: it reads no rows."""
RUN_NOT_EMPTY = "run `dbt compile` again, without --empty"
_MOST_BYTES = 512 * 1024**2

# `database`.`schema`.`identifier`, of which `quoting` may leave any without backticks.
_RELATION = re.compile(
    r"(?:`([^`]+)`|([^`]+?))\."
    r"(?:`([^`]+)`|([^`.]+))\."
    r"(?:`([^`]+)`|([^`.]+))"
)

_KINDS = ("model", "seed", "snapshot")
"""What ``ref()`` can name."""
_OF_COLUMN = ("name", "data_type", "description", "config", "meta")


@dataclass(frozen=True)
class Node:
    """One model, seed or snapshot."""

    id: str
    name: str
    package: str
    version: str | None
    is_latest: bool
    """Whether it is what a ``ref()`` without a version means."""
    materialized: str
    database: str
    schema: str
    alias: str
    config: Mapping[str, Any]
    """``alias``, ``schema`` and ``database`` as they were configured, where they were."""
    original_file: str
    """Where it is written, from the root of its package."""
    compiled: str | None = None
    """The SQL of an ephemeral model, where dbt has compiled it; of others it is not kept."""
    checksum: str | None = None
    """Of its file, as SHA-256."""
    described: Mapping[str, Any] = field(default_factory=dict)
    """``description`` and ``columns`` as dbt's YAML files have them."""


@dataclass(frozen=True)
class SourceNode:
    """One table of a source, as dbt has rendered its name."""

    id: str
    package: str
    database: str
    schema: str
    identifier: str
    unrendered: Mapping[str, str]
    """``database`` and ``schema`` as they were written, where dbt says so (1.9 and later)."""
    described: Mapping[str, Any] = field(default_factory=dict)
    """``description``, ``config`` and ``columns`` as dbt's YAML files have them."""

    @property
    def parts(self) -> Mapping[str, str]:
        """The parts of its name by dbt's words for them."""
        return {
            "database": self.database,
            "schema": self.schema,
            "identifier": self.identifier,
        }


@dataclass(frozen=True)
class Manifest:
    file: Path
    sources: Mapping[tuple[str, str], tuple[SourceNode, ...]]
    """By source and table."""
    nodes: Mapping[str, tuple[Node, ...]]
    """By name: packages may have models of the same name, and a model may have versions."""
    disabled: frozenset[str]

    def find(self, name: str, *, package: str | None, version: str | None, own: str) -> Node | None:
        """What ``ref(package, name, v=version)`` means in the project ``own``, as dbt has it."""
        found = [
            node
            for node in self.nodes.get(name, ())
            if package in (None, node.package)
            and (node.is_latest if version is None else node.version == version)
        ]
        # Without a package, a model of the project itself comes before those that it uses.
        return min(found, key=lambda node: (node.package != own, node.id), default=None)

    def find_source(self, source: str, table: str, *, own: str) -> SourceNode | None:
        """What ``source(source, table)`` means in the project ``own``."""
        found = self.sources.get((source, table), ())
        return min(found, key=lambda node: (node.package != own, node.id), default=None)


def manifest_file(root: Path, dbt: Mapping[str, Any]) -> Path:
    """Where dbt writes it: ``target-path`` of the project file, or the environment's."""
    folder = os.environ.get(TARGET_PATH_VARIABLE) or str(dbt.get("target-path") or "target")
    return root / folder / "manifest.json"


def read_manifest(file: Path, files: Files, *, project: str) -> Manifest:
    """The manifest in ``file``, made for ``project``.

    Raises:
        MonitorError: it is not a manifest, belongs to another project, or is not for BigQuery.
    """
    return tables_of(read_content(file, files), file, project=project)


def tables_of(content: Mapping[str, Any], file: Path, *, project: str) -> Manifest:
    """What the ``content`` of a manifest says of the tables of ``project``.

    Raises:
        MonitorError: it is malformed, of another project, or not for BigQuery.
    """
    metadata = _mapping(content.get("metadata"), file, "metadata")
    adapter, of = metadata.get("adapter_type"), metadata.get("project_name")
    if adapter not in (None, "bigquery"):
        _refuse(
            file,
            f"is made for {adapter!r}, not for BigQuery",
            "metadata.adapter_type",
            fix="run `dbt compile --target NAME`, with a target of type bigquery in profiles.yml; "
            "or run the tests in dbt, and record them with `plumbline record dbt`",
        )
    if of not in (None, project):
        _refuse(file, f"is of the project {of!r}, not of {project!r}", "metadata.project_name")
    sources: dict[tuple[str, str], tuple[SourceNode, ...]] = {}
    for id_, entry in _mapping(content.get("sources", {}), file, "sources").items():
        at, found = _source(id_, _mapping(entry, file, f"sources.{id_}"), file)
        sources[at] = (*sources.get(at, ()), found)
    nodes: dict[str, tuple[Node, ...]] = {}
    for node in _nodes(_mapping(content.get("nodes"), file, "nodes"), file):
        nodes[node.name] = (*nodes.get(node.name, ()), node)
    disabled = (
        str(key).split(".") for key in _mapping(content.get("disabled", {}), file, "disabled")
    )
    return Manifest(
        file=file,
        sources=sources,
        nodes=nodes,
        disabled=frozenset(parts[2] for parts in disabled if len(parts) > 2 and parts[0] in _KINDS),
    )


def read_content(file: Path, files: Files) -> Mapping[str, Any]:
    """A JSON file that dbt has written.

    Raises:
        MonitorError: it is missing, or not JSON.
    """
    # No document: the care for keys that stand twice takes four times as long, and no person writes
    # this file.
    if os.environ.get(TARGET_PATH_VARIABLE):
        files = Files()  # which the user may put anywhere; what the project says stays within it
    text = files.text(file, error=MonitorError, what="dbt's manifest", most=_MOST_BYTES)
    try:
        content = json.loads(text)
    except json.JSONDecodeError as fault:
        _refuse(file, "is not JSON", f"line {fault.lineno}, column {fault.colno}")
    except ValueError:
        _refuse(file, "has a number that is too long")
    except RecursionError:
        _refuse(file, "is nested too deeply")
    return _mapping(content, file, None)


def _nodes(entries: Mapping[str, Any], file: Path) -> Iterator[Node]:
    for id_, entry in entries.items():
        if str(id_).partition(".")[0] in _KINDS:
            yield _node(id_, _mapping(entry, file, f"nodes.{id_}"), file)


def _source(id_: str, entry: Mapping[str, Any], file: Path) -> tuple[tuple[str, str], SourceNode]:
    text = _texts(entry, file, f"sources.{id_}")
    relation = _RELATION.fullmatch(str(entry.get("relation_name") or ""))
    if relation is None:
        # dbt makes the relation of these, and leaves it out where it is of no use to dbt.
        database, schema, identifier = text("database"), text("schema"), text("identifier")
    else:
        database, schema, identifier = (name for name in relation.groups() if name)
    unrendered = {key: entry.get(f"unrendered_{key}") for key in ("database", "schema")}
    # source.<package>.<source>.<table>
    package, source, name = (*id_.split(".", 3)[1:], "", "", "")[:3]
    found = SourceNode(
        id=id_,
        package=str(entry.get("package_name") or package),
        database=database,
        schema=schema,
        identifier=identifier,
        unrendered={key: value for key, value in unrendered.items() if isinstance(value, str)},
        described=_described(entry),
    )
    return (str(entry.get("source_name") or source), str(entry.get("name") or name)), found


def _texts(entry: Mapping[str, Any], file: Path, at: str) -> Callable[[str], str]:
    """From a key of ``entry`` to its text."""

    def text(key: str) -> str:
        value = entry.get(key)
        if not isinstance(value, str):
            _refuse(file, f"has no {key!r}", f"{at}.{key}")
        return value

    return text


def _node(id_: str, entry: Mapping[str, Any], file: Path) -> Node:
    text = _texts(entry, file, f"nodes.{id_}")
    config = _mapping(entry.get("config"), file, f"nodes.{id_}.config")
    version, latest = entry.get("version"), entry.get("latest_version")
    compiled, checksum = None, entry.get("checksum")
    if config.get("materialized") == "ephemeral":
        compiled = entry.get("compiled_code")
    return Node(
        id=id_,
        name=text("name"),
        package=text("package_name"),
        version=None if version is None else str(version),
        is_latest=version is None or version == latest,
        materialized=str(config.get("materialized") or "view"),
        database=text("database"),
        schema=text("schema"),
        alias=text("alias"),
        config={
            key: config[key]
            for key in ("alias", "schema", "database")
            if isinstance(config.get(key), str)
        },
        original_file=text("original_file_path"),
        compiled=compiled if isinstance(compiled, str) and compiled else None,
        checksum=checksum.get("checksum") if isinstance(checksum, dict) else None,
        described=_described(entry),
    )


def _described(entry: Mapping[str, Any]) -> dict[str, Any]:
    """What ``entry`` says of a table and its columns, as the YAML files of a project say it."""
    columns = entry.get("columns")
    config = entry.get("config")
    meta = config.get("meta") if isinstance(config, dict) else None
    return {
        "description": str(entry.get("description") or ""),
        "config": {"meta": meta if isinstance(meta, dict) else {}},
        "columns": [
            {key: one[key] for key in _OF_COLUMN if one.get(key)}
            for one in (columns.values() if isinstance(columns, dict) else ())
            if isinstance(one, dict) and one.get("name")
        ],
    }


def _mapping(value: object, file: Path, key: str | None) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        _refuse(file, "is malformed: this is not a mapping", key)
    return value


def _refuse(file: Path, what: str, key: str | None = None, *, fix: str = RUN_DBT) -> NoReturn:
    raise MonitorError(f"dbt's manifest {what}", file=file, key=key, fix=fix)
