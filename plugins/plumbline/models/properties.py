"""What the YAML files beside the models say: sources, and the properties of each model.

As in dbt, any ``.yml`` under a model path may hold ``sources:`` and ``models:``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from plumbline.core.errors import MonitorError
from plumbline.project.files import Files
from plumbline.project.jinja import has_jinja

# The keys that say where a source is, and BigQuery's words for them.
_SOURCE_NAMES = {"schema": ("schema", "dataset"), "database": ("database", "project")}
_TABLE_NAMES = {"identifier": ("identifier",)}
_OF_SOURCE = frozenset(word for words in _SOURCE_NAMES.values() for word in words)
# dbt's other keys: what is nearly one of these is not a misspelt name.
_COMMON_KEYS = frozenset(
    {"name", "description", "config", "meta", "tags", "tests", "data_tests", "quoting"}
    | {"freshness", "loaded_at_field", "loaded_at_query", "loader", "columns"}
)
_SOURCE_KEYS = _COMMON_KEYS | {"tables", "overrides"}
_TABLE_KEYS = _COMMON_KEYS | {"external"}
_NEAR = 0.8


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
                fix="write grain: [column, ...]",
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
                    fix="write personal: true",
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
                    fix="write min, max or both",
                )
        return declared


@dataclass(frozen=True)
class NamePart:
    """One part of a source table's name, as the file says it: Jinja is not rendered yet."""

    key: str
    """Where it stands, or would."""
    text: str | None = None

    @property
    def has_jinja(self) -> bool:
        """Whether only rendering shows what it is."""
        return has_jinja(self.text)


@dataclass(frozen=True)
class SourceTable:
    """One table of ``sources:``."""

    source: str
    name: str
    database: NamePart
    schema: NamePart
    identifier: NamePart
    file: str
    columns: tuple[str, ...] = ()
    arrival_time: str | None = None
    """``config.meta.arrival_time``: the column that says when a row came."""
    enabled: object = True
    """``config.enabled``: true, false, or a text with Jinja."""
    overrides: object = None
    """The package whose source this changes: what it does not say, the package does."""
    fault: MonitorError | None = None
    """Why its name can't be told."""

    @property
    def key(self) -> str:
        """Where it stands in its file."""
        return f"sources.{self.source}.tables.{self.name}"

    @property
    def parts(self) -> Mapping[str, NamePart]:
        """The parts of its name by dbt's words for them."""
        return {
            "database": self.database,
            "schema": self.schema,
            "identifier": self.identifier,
        }


@dataclass(frozen=True)
class Properties:
    """All YAML files of a project's model paths."""

    models: Mapping[str, ModelProperties]
    sources: Mapping[str, Mapping[str, tuple[SourceTable, ...]]]
    """By source and table. Several of one name where each is enabled on a condition."""


def read_properties(folders: Sequence[Path], files: Files) -> Properties:
    """The properties in every YAML file under ``folders``.

    Raises:
        MonitorError: a file that is not YAML, or an entry of another shape than dbt's.
    """
    models: dict[str, ModelProperties] = {}
    sources: dict[str, dict[str, tuple[SourceTable, ...]]] = {}
    for path in properties_files(folders, files):
        file = str(path)
        content = files.document(path).mapping_or_raise(
            error=MonitorError, what="the properties file"
        )
        for entry in _entries(content, "models", file):
            found = _model(entry, file)
            if found.name in models:
                _twice(found.name, file, models[found.name].file)
            models[found.name] = found
        for entry in _entries(content, "sources", file):
            tables = sources.setdefault(_name(entry, "sources", file), {})
            for table in source_tables(entry, file):
                tables[table.name] = (*tables.get(table.name, ()), table)
    return Properties(models=models, sources=sources)


def properties_files(folders: Sequence[Path], files: Files) -> list[Path]:
    """Every YAML file under ``folders``."""
    found = []
    for folder in folders:
        both = [files.listed(folder, pattern, below=True) for pattern in ("*.yml", "*.yaml")]
        found += sorted(file for listed in both for file in listed)
    return found


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


def source_tables(entry: Mapping[str, Any], file: str) -> Iterator[SourceTable]:
    """The tables of one entry of ``sources``.

    A name that can't be told is the fault of its table alone, so that the monitors that read
    others run.

    Raises:
        MonitorError: the entry is of another shape than dbt's.
    """
    source = _name(entry, "sources", file)
    at = f"sources.{source}"
    fault = _misnamed(entry, _SOURCE_NAMES, _SOURCE_KEYS, file, at)
    for table in _entries(entry, "tables", file, f"{at}."):
        name = _name(table, f"{at}.tables", file)
        table_at = f"{at}.tables.{name}"
        config = _loose(table.get("config"))
        arrival = _loose(config.get("meta")).get("arrival_time")
        columns = table.get("columns")
        yield SourceTable(
            source=source,
            name=name,
            database=_part(entry, _SOURCE_NAMES["database"], at),
            schema=_part(entry, _SOURCE_NAMES["schema"], at),
            identifier=_part(table, ("identifier",), table_at),
            file=file,
            columns=tuple(
                str(column["name"])
                for column in (columns if isinstance(columns, list) else ())
                if _loose(column).get("name")
            ),
            arrival_time=arrival if isinstance(arrival, str) else None,
            enabled=config.get("enabled", _loose(entry.get("config")).get("enabled", True)),
            overrides=entry.get("overrides"),
            fault=fault or _misnamed(table, _TABLE_NAMES, _TABLE_KEYS, file, table_at),
        )


def _part(entry: Mapping[str, Any], words: tuple[str, ...], at: str) -> NamePart:
    for word in words:
        text = entry.get(word)
        if isinstance(text, str):
            return NamePart(f"{at}.{word}", text)
    return NamePart(f"{at}.{words[0]}")


def _misnamed(
    entry: Mapping[str, Any],
    names: Mapping[str, tuple[str, ...]],
    others: frozenset[str],
    file: str,
    at: str,
) -> MonitorError | None:
    """The first key of ``entry`` by which another table than the one meant would be judged."""
    known = [word for words in names.values() for word in words]
    for key, value in entry.items():
        if key in known:
            if value is not None and not isinstance(value, str):
                return MonitorError(
                    f"{key} is {value!r}, not a text",
                    file=file,
                    key=f"{at}.{key}",
                    fix=f'write it in quotes, as it is called: {key}: "..."',
                )
        elif key in _OF_SOURCE and names is _TABLE_NAMES:
            return MonitorError(
                f"{key} is set on a table, where dbt ignores it",
                file=file,
                key=f"{at}.{key}",
                fix=f"write {key} beside the source's name; for a table in another dataset, "
                "a source of its own",
            )
        elif key not in others and (near := get_close_matches(str(key), known, 1, _NEAR)):
            return MonitorError(
                f"unknown key {key!r}",
                file=file,
                key=f"{at}.{key}",
                fix=f"did you mean {near[0]!r}?",
            )
    for words in names.values():
        given = [word for word in words if entry.get(word) is not None]
        if len(given) > 1:
            return MonitorError(
                f"{' and '.join(given)} mean the same, and both are set",
                file=file,
                key=f"{at}.{given[1]}",
                fix="keep one of the two",
            )
    return None


def _entries(
    content: Mapping[str, Any], key: str, file: str, prefix: str = ""
) -> Iterator[Mapping[str, Any]]:
    entries = content.get(key) or []
    if not isinstance(entries, list):
        raise MonitorError(
            f"{key} is not a list", file=file, key=prefix + key, fix="write `- name: ...` lines"
        )
    for index, entry in enumerate(entries):
        yield _mapping(entry, file, f"{prefix}{key}[{index}]")


def _name(entry: Mapping[str, Any], key: str, file: str) -> str:
    name = entry.get("name")
    if not isinstance(name, str) or not name:
        raise MonitorError(f"an entry of {key} has no name", file=file, key=key, fix="add `name:`")
    return name


def _loose(value: object) -> Mapping[str, Any]:
    """A mapping whose shape is dbt's to check."""
    return value if isinstance(value, dict) else {}


def _mapping(value: object, file: str, key: str) -> Mapping[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise MonitorError(
            f"{key} is not a mapping", file=file, key=key, fix="write `key: value` lines"
        )
    return value


def _twice(name: str, file: str, other: str) -> None:
    raise MonitorError(
        f"model {name!r} is described twice",
        file=file,
        key=name,
        fix="keep one of the two" if file == other else f"keep it here or in {other}",
    )
