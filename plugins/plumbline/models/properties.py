"""What the YAML files beside the models say: sources, and the properties of each model.

As in dbt, any ``.yml`` under a model path may hold ``sources:`` and ``models:``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from plumbline.errors import MonitorError
from plumbline.project.parsing import read_yaml


@dataclass(frozen=True)
class ModelProperties:
    """One entry of ``models:``."""

    name: str
    file: str
    description: str = ""
    columns: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    config: Mapping[str, Any] = field(default_factory=dict)

    @property
    def meta(self) -> Mapping[str, Any]:
        """``config.meta``."""
        return _mapping(self.config.get("meta"), self.file, f"models.{self.name}.config.meta")

    @property
    def grain(self) -> tuple[str, ...]:
        """The columns that say what a row is about."""
        grain = self.meta.get("grain", [])
        key = f"models.{self.name}.config.meta.grain"
        if not isinstance(grain, list) or not all(isinstance(column, str) for column in grain):
            raise MonitorError(
                "grain is not a list of columns",
                file=self.file,
                key=key,
                mend="write grain: [column, ...]",
            )
        return tuple(grain)

    @property
    def personal(self) -> frozenset[str]:
        """The columns tagged ``personal: true``: in ``config.meta``, in older dbt in ``meta``."""
        return frozenset(name for name in self.columns if self._is_personal(name))

    def _is_personal(self, name: str) -> bool:
        key = f"models.{self.name}.columns.{name}"
        column = self.columns[name]
        config = _mapping(column.get("config"), self.file, f"{key}.config")
        found = False
        for path, meta in (("config.meta", config.get("meta")), ("meta", column.get("meta"))):
            tag = _mapping(meta, self.file, f"{key}.{path}").get("personal", False)
            if not isinstance(tag, bool):
                raise MonitorError(
                    f"personal is {tag!r}, not true or false",
                    file=self.file,
                    key=f"{key}.{path}.personal",
                    mend="write personal: true",
                )
            found = found or tag
        return found

    @property
    def bounds(self) -> Mapping[str, Mapping[str, Any]]:
        """``config.meta.vars``: for each variable ``min`` and ``max``."""
        key = f"models.{self.name}.config.meta.vars"
        declared = _mapping(self.meta.get("vars"), self.file, key)
        for name, bounds in declared.items():
            unknown = set(_mapping(bounds, self.file, f"{key}.{name}")) - {"min", "max"}
            if unknown:
                raise MonitorError(
                    f"unknown bound {sorted(map(str, unknown))[0]!r}",
                    file=self.file,
                    key=f"{key}.{name}",
                    mend="write min, max or both",
                )
        return declared


@dataclass(frozen=True)
class SourceTable:
    """One table of ``sources:``."""

    source: str
    name: str
    database: str | None
    schema: str
    identifier: str
    file: str


@dataclass(frozen=True)
class Properties:
    """All YAML files of a project's model paths."""

    models: Mapping[str, ModelProperties]
    sources: Mapping[str, Mapping[str, SourceTable]]


def read_properties(folders: Sequence[Path]) -> Properties:
    """The properties in every YAML file under ``folders``.

    Raises:
        MonitorError: a file that is not YAML, or an entry of another shape than dbt's.
    """
    models: dict[str, ModelProperties] = {}
    sources: dict[str, dict[str, SourceTable]] = {}
    for folder in folders:
        for file in sorted([*folder.rglob("*.yml"), *folder.rglob("*.yaml")]):
            content = read_yaml(file, error=MonitorError, what="the properties file")
            for entry in _entries(content, "models", str(file)):
                found = _model(entry, str(file))
                if found.name in models:
                    _twice("model", found.name, str(file), models[found.name].file)
                models[found.name] = found
            for entry in _entries(content, "sources", str(file)):
                tables = sources.setdefault(_name(entry, "sources", str(file)), {})
                for table in _source_tables(entry, str(file)):
                    if table.name in tables:
                        _twice("table", table.name, str(file), tables[table.name].file)
                    tables[table.name] = table
    return Properties(models=models, sources=sources)


def _model(entry: Mapping[str, Any], file: str) -> ModelProperties:
    name = _name(entry, "models", file)
    columns = {
        _name(column, f"models.{name}.columns", file): column
        for column in _entries(entry, "columns", file, f"models.{name}.")
    }
    return ModelProperties(
        name=name,
        file=file,
        description=str(entry.get("description") or ""),
        columns=columns,
        config=_mapping(entry.get("config"), file, f"models.{name}.config"),
    )


def _source_tables(entry: Mapping[str, Any], file: str) -> Iterator[SourceTable]:
    source = _name(entry, "sources", file)
    database = entry.get("database") or entry.get("project")
    schema = entry.get("schema") or entry.get("dataset") or source
    for table in _entries(entry, "tables", file, f"sources.{source}."):
        name = _name(table, f"sources.{source}.tables", file)
        yield SourceTable(
            source=source,
            name=name,
            # dbt renders these; what it would render there is the target's own.
            database=None if database is None or "{{" in str(database) else str(database),
            schema=source if "{{" in str(schema) else str(schema),
            identifier=str(table.get("identifier") or name),
            file=file,
        )


def _entries(
    content: Mapping[str, Any], key: str, file: str, prefix: str = ""
) -> Iterator[Mapping[str, Any]]:
    entries = content.get(key) or []
    if not isinstance(entries, list):
        raise MonitorError(
            f"{key} is not a list", file=file, key=prefix + key, mend="write `- name: ...` lines"
        )
    for index, entry in enumerate(entries):
        yield _mapping(entry, file, f"{prefix}{key}[{index}]")


def _name(entry: Mapping[str, Any], key: str, file: str) -> str:
    name = entry.get("name")
    if not isinstance(name, str) or not name:
        raise MonitorError(f"an entry of {key} has no name", file=file, key=key, mend="add `name:`")
    return name


def _mapping(value: object, file: str, key: str) -> Mapping[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise MonitorError(
            f"{key} is not a mapping", file=file, key=key, mend="write `key: value` lines"
        )
    return value


def _twice(kind: str, name: str, file: str, other: str) -> None:
    raise MonitorError(
        f"{kind} {name!r} is described twice",
        file=file,
        key=name,
        mend="keep one of the two" if file == other else f"keep it here or in {other}",
    )
