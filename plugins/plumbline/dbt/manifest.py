"""The tests of a dbt project, and who owns what they test, from ``target/manifest.json``.

Read by ``plumbline import dbt`` and ``plumbline record dbt``. A project holds tests that another
tool or a later dbt has written; so an entry that is not as expected is read as far as it goes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from plumbline.models.manifest import read_content
from plumbline.project.files import Files

OLDEST_SCHEMA, NEWEST_SCHEMA = 9, 12
"""Of the manifest: dbt 1.5, the first that names what a test is attached to, to dbt 1.11."""

_SCHEMA = re.compile(r"/manifest/v(\d+)\.json")


@dataclass(frozen=True)
class Resource:
    """What people say of a model, a seed, a snapshot, a source or a test."""

    id: str
    name: str
    """Of a source, ``source.table``."""
    owner: str | None
    """``meta.owner``, else the owner of the group."""
    description: str
    tags: tuple[str, ...]
    file: str
    """From the root of its package."""
    personal: frozenset[str] = frozenset()
    """The columns tagged ``personal: true``."""


@dataclass(frozen=True)
class GenericTest:
    """Which macro a test calls, with which arguments."""

    package: str | None
    """None: dbt's own or the project's."""
    name: str
    arguments: Mapping[str, Any]
    """Without ``model``."""

    @property
    def macro(self) -> str:
        """As people write it: ``dbt_utils.accepted_range``."""
        return self.name if self.package is None else f"{self.package}.{self.name}"


@dataclass(frozen=True)
class DataTest:
    """One test: a generic one on a table, or a singular one, which is a query."""

    resource: Resource
    package: str
    generic: GenericTest | None
    """None: a singular test."""
    column: str | None
    node: str | None
    """The id of what it is attached to."""
    depends_on: tuple[str, ...]
    """The ids of all tables that it reads."""
    severity: str
    """``error`` or ``warn``."""
    warn_if: str
    error_if: str
    fail_calc: str
    where: str | None
    limit: int | None
    compiled: str | None
    """Its SQL; None where dbt has parsed the project and not compiled it."""


@dataclass(frozen=True)
class Freshness:
    """When a source is stale."""

    source: Resource
    column: str | None
    """``loaded_at_field``, which may be an expression."""
    query: str | None
    condition: str | None
    warn_after: tuple[int, str] | None
    """Count and period."""
    error_after: tuple[int, str] | None


@dataclass(frozen=True)
class DbtManifest:
    """What one manifest says of tests."""

    file: Path
    schema: int | None
    """The version of the manifest's schema; None: not known."""
    dbt_version: str
    generated_at: str
    project: str
    resources: Mapping[str, Resource]
    """Models, seeds, snapshots, sources and tests, by id."""
    tests: tuple[DataTest, ...]
    freshness: tuple[Freshness, ...]
    unit_tests: int
    macros: frozenset[str]
    """The names of the project's own macros."""
    content: Mapping[str, Any] = field(repr=False)
    """All of it, as it was read."""

    @property
    def is_known(self) -> bool:
        """Whether its version is one that plumbline knows."""
        return self.schema is not None and OLDEST_SCHEMA <= self.schema <= NEWEST_SCHEMA


def read_dbt_manifest(file: Path, files: Files, *, project: str = "") -> DbtManifest:
    """The manifest in ``file``, of any project and adapter.

    Args:
        file: dbt's.
        files: reads it.
        project: its name, which manifests of dbt 1.5 do not say.

    Raises:
        MonitorError: it is missing, or not JSON.
    """
    content = read_content(file, files)
    metadata = _mapping(content.get("metadata"))
    owners = {
        str(group.get("name")): _owner_name(group.get("owner"))
        for group in _entries(content, "groups").values()
    }
    nodes, sources = _entries(content, "nodes"), _entries(content, "sources")
    resources = {id_: _resource(id_, entry, owners) for id_, entry in {**sources, **nodes}.items()}
    schema = _SCHEMA.search(str(metadata.get("dbt_schema_version")))
    project = str(metadata.get("project_name") or project)
    return DbtManifest(
        file=file,
        schema=int(schema[1]) if schema else None,
        dbt_version=str(metadata.get("dbt_version") or "unknown"),
        generated_at=str(metadata.get("generated_at") or ""),
        project=project,
        resources=resources,
        tests=tuple(
            _test(resources[id_], entry) for id_, entry in nodes.items() if id_.startswith("test.")
        ),
        freshness=tuple(_freshness(resources, sources)),
        unit_tests=len(_entries(content, "unit_tests")),
        macros=frozenset(
            id_.rpartition(".")[2]
            for id_ in _entries(content, "macros")
            if id_.startswith(f"macro.{project}.")
        ),
        content=content,
    )


def _resource(id_: str, entry: Mapping[str, Any], owners: Mapping[str, str | None]) -> Resource:
    config = _mapping(entry.get("config"))
    # `config.meta` is where dbt 1.10 and later have it, `meta` where all have a copy.
    meta = _mapping(config.get("meta")) or _mapping(entry.get("meta"))
    group = entry.get("group") or config.get("group")
    name = str(entry.get("name") or id_.split(".")[-1])
    tags = _texts(config.get("tags")) or _texts(entry.get("tags"))
    return Resource(
        id=id_,
        name=f"{entry.get('source_name')}.{name}" if id_.startswith("source.") else name,
        owner=_owner_name(meta.get("owner")) or owners.get(str(group)),
        description=str(entry.get("description") or "").strip(),
        tags=tuple(dict.fromkeys(tags)),
        file=str(entry.get("original_file_path") or ""),
        personal=frozenset(
            name for name, column in _entries(entry, "columns").items() if _is_personal(column)
        ),
    )


def _is_personal(column: Mapping[str, Any]) -> bool:
    tags = (_mapping(_mapping(column.get("config")).get("meta")), _mapping(column.get("meta")))
    return any(one.get("personal") is True for one in tags)


def _owner_name(owner: object) -> str | None:
    """A text, or dbt's mapping of ``name`` and ``email``."""
    if isinstance(owner, dict):
        owner = owner.get("name") or owner.get("email")
    if isinstance(owner, list):
        owner = ", ".join(map(str, owner))
    return str(owner).strip() or None if owner else None


def _test(resource: Resource, entry: Mapping[str, Any]) -> DataTest:
    config, metadata = _mapping(entry.get("config")), _mapping(entry.get("test_metadata"))
    generic = None
    if metadata:
        arguments = _mapping(metadata.get("kwargs"))
        generic = GenericTest(
            package=metadata.get("namespace") or None,
            name=str(metadata.get("name")),
            arguments={key: value for key, value in arguments.items() if key != "model"},
        )
    limit = config.get("limit")
    return DataTest(
        resource=resource,
        package=str(entry.get("package_name") or resource.id.split(".")[1]),
        generic=generic,
        column=entry.get("column_name") or None,
        node=entry.get("attached_node") or None,
        depends_on=tuple(_texts(_mapping(entry.get("depends_on")).get("nodes"))),
        severity=str(config.get("severity") or "error").lower(),
        warn_if=str(config.get("warn_if") or "!= 0").strip(),
        error_if=str(config.get("error_if") or "!= 0").strip(),
        fail_calc=str(config.get("fail_calc") or "count(*)").strip(),
        where=config.get("where") or None,
        limit=limit if isinstance(limit, int) else None,
        # dbt 1.2 and older call it `compiled_sql`; those are not read.
        compiled=entry.get("compiled_code") or None,
    )


def _freshness(
    resources: Mapping[str, Resource], sources: Mapping[str, Mapping[str, Any]]
) -> Iterator[Freshness]:
    for id_, entry in sources.items():
        config = _mapping(entry.get("config"))
        rule = _mapping(entry.get("freshness")) or _mapping(config.get("freshness"))
        warn, error = _age(rule.get("warn_after")), _age(rule.get("error_after"))
        if warn or error:
            yield Freshness(
                source=resources[id_],
                column=entry.get("loaded_at_field") or config.get("loaded_at_field"),
                query=entry.get("loaded_at_query") or config.get("loaded_at_query"),
                condition=rule.get("filter") or None,
                warn_after=warn,
                error_after=error,
            )


def _age(rule: object) -> tuple[int, str] | None:
    written = _mapping(rule)
    number, period = written.get("count"), written.get("period")
    return (number, str(period)) if isinstance(number, int) and period else None


def _entries(content: Mapping[str, Any], key: str) -> Mapping[str, Mapping[str, Any]]:
    return {
        str(id_): entry
        for id_, entry in _mapping(content.get(key)).items()
        if isinstance(entry, dict)
    }


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _texts(value: object) -> list[str]:
    """A list of texts, or one text."""
    return [str(one) for one in value] if isinstance(value, list) else [str(value)] if value else []
