"""What the YAML files beside the models say: sources, and the properties of each model.

As in dbt, any ``.yml`` under a model path may hold ``sources:`` and ``models:``. `read_properties`
refuses a malformed file, as a run does; lint reads the same entries with `models_in` and
`sources_in`, which pass over what is malformed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import Any

from plumbline.core.errors import MonitorError
from plumbline.models.value_forms import FORMS
from plumbline.project.document import Document, KeyPath, Place
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


PSEUDO_COLUMNS = {
    "_TABLE_SUFFIX": "STRING",
    "_PARTITIONTIME": "TIMESTAMP",
    "_PARTITIONDATE": "DATE",
}
"""Columns that BigQuery adds to wildcard tables and to tables partitioned by ingestion time."""


@dataclass(frozen=True)
class Described:
    """An entry with a name."""

    name: str
    document: Document
    path: KeyPath

    @property
    def file(self) -> str:
        return str(self.document.file)

    @property
    def place(self) -> Place:
        return self.document.place(*self.path)

    @cached_property
    def entry(self) -> Mapping[str, Any]:
        return self.document.mapping(*self.path)

    @property
    def meta_path(self) -> KeyPath:
        """The path of plumbline's own keys."""
        return (*self.path, "config", "meta")


class DescribedColumn(Described):
    @property
    def type(self) -> str | None:
        return self.document.text(*self.path, "data_type")

    @property
    def is_personal(self) -> bool:
        """Whether it is tagged as personal: in ``config.meta``, or before dbt 1.10 in ``meta``."""
        tags = (("config", "meta", "personal"), ("meta", "personal"))
        return any(self.document.get(*self.path, *tag) is True for tag in tags)


class _WithColumns(Described):
    @property
    def key(self) -> str:
        """Where it stands in its file."""
        return f"models.{self.name}"

    @cached_property
    def columns(self) -> Mapping[str, DescribedColumn]:
        """The columns by name; of several descriptions, the first."""
        found: dict[str, DescribedColumn] = {}
        for column in self._described_columns():
            found.setdefault(column.name, column)
        return found

    def _described_columns(self) -> Iterator[DescribedColumn]:
        for path, _ in self.document.entries(*self.path, "columns"):
            if name := self.document.text(*path, "name"):
                yield DescribedColumn(name, self.document, path)

    @property
    def personal(self) -> frozenset[str]:
        """The columns tagged ``personal: true``: in ``config.meta``, in older dbt in ``meta``."""
        columns = self._described_columns()
        return frozenset(column.name for column in columns if self._is_personal(column))

    def _is_personal(self, column: DescribedColumn) -> bool:
        key = f"{self.key}.columns.{column.name}"
        config = _mapping(column.entry.get("config"), self.file, f"{key}.config")
        found = False
        for path, meta in (("config.meta", config.get("meta")), ("meta", column.entry.get("meta"))):
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


class ModelProperties(_WithColumns):
    """One entry of ``models:``."""

    @property
    def config(self) -> Mapping[str, Any]:
        return _mapping(self.entry.get("config"), self.file, f"models.{self.name}.config")

    @property
    def meta(self) -> Mapping[str, Any]:
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
    def is_compiled_by_dbt(self) -> bool:
        """``config.meta.compiled_by: dbt``: its SQL is what dbt makes of it."""
        return self.meta.get("compiled_by") == "dbt"

    @property
    def bounds(self) -> Mapping[str, Mapping[str, Any]]:
        """``config.meta.vars``: for each variable ``min``, ``max``, ``form`` and ``entries``."""
        key = f"models.{self.name}.config.meta.vars"
        declared = _mapping(self.meta.get("vars"), self.file, key)
        for name, bounds in declared.items():
            unknown = set(_mapping(bounds, self.file, f"{key}.{name}")) - {
                "min",
                "max",
                "form",
                "entries",
            }
            if unknown:
                raise MonitorError(
                    f"unknown bound {sorted(map(str, unknown))[0]!r}",
                    file=self.file,
                    key=f"{key}.{name}",
                    fix="write min, max, form or entries",
                )
            for which in ("form", "entries"):
                form = bounds.get(which)
                if form is not None and str(form) not in FORMS:
                    raise MonitorError(
                        f"unknown form {form!r}",
                        file=self.file,
                        key=f"{key}.{name}.{which}",
                        fix=f"write {', '.join(FORMS)}",
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
class SourceTable(_WithColumns):
    """One of the ``tables`` of a source."""

    source: str

    @property
    def key(self) -> str:
        return f"sources.{self.source}.tables.{self.name}"

    @property
    def _source_path(self) -> KeyPath:
        return self.path[:-2]

    @cached_property
    def parts(self) -> Mapping[str, NamePart]:
        """The parts of its name by dbt's words for them."""
        source, at = self.document.mapping(*self._source_path), f"sources.{self.source}"
        return {
            "database": _part(source, _SOURCE_NAMES["database"], at),
            "schema": _part(source, _SOURCE_NAMES["schema"], at),
            "identifier": _part(self.entry, _TABLE_NAMES["identifier"], self.key),
        }

    @cached_property
    def fault(self) -> MonitorError | None:
        """Why its name can't be told."""
        source, at = self.document.mapping(*self._source_path), f"sources.{self.source}"
        return _misnamed(source, _SOURCE_NAMES, _SOURCE_KEYS, self.file, at) or _misnamed(
            self.entry, _TABLE_NAMES, _TABLE_KEYS, self.file, self.key
        )

    @property
    def enabled(self) -> object:
        """``config.enabled`` of the table, else of its source: true, false, or a text with
        Jinja."""
        for path in (self.path, self._source_path):
            if self.document.has(*path, "config", "enabled"):
                return self.document.get(*path, "config", "enabled")
        return True

    @property
    def overrides(self) -> object:
        """The package whose source this changes: what it does not say, the package does."""
        return self.document.get(*self._source_path, "overrides")

    @property
    def arrival_time(self) -> str | None:
        """``config.meta.arrival_time``: the column that says when a row came."""
        return self.document.text(*self.meta_path, "arrival_time")

    @property
    def partition_by(self) -> str | None:
        """The column or expression that it is partitioned by."""
        return self.document.text(*self.meta_path, "partition_by")

    @property
    def requires_filter(self) -> bool:
        """Whether BigQuery refuses a query without a filter on the partition."""
        return self.document.get(*self.meta_path, "require_partition_filter") is True

    def has_pseudo(self, column: str) -> bool:
        """Whether BigQuery adds this one of its pseudo columns."""
        if column == "_TABLE_SUFFIX":  # to every table whose name begins so
            return (self.document.text(*self.path, "identifier") or self.name).endswith("*")
        words = (self.partition_by or "").upper()
        return any(name in words for name in PSEUDO_COLUMNS)


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
        document = files.document(path)
        _refuse_malformed(document)
        for model in models_in([document]):
            if model.name in models:
                _twice(model.name, model.file, models[model.name].file)
            models[model.name] = model
        for _, name in document.entry_texts("sources", key="name"):
            sources.setdefault(name, {})
        for table in sources_in([document]):
            tables = sources[table.source]
            tables[table.name] = (*tables.get(table.name, ()), table)
    return Properties(models=models, sources=sources)


def models_in(documents: Iterable[Document]) -> Iterator[ModelProperties]:
    """Every description of a model that has a name."""
    for document in documents:
        for path, _ in document.entries("models"):
            if name := document.text(*path, "name"):
                yield ModelProperties(name, document, path)


def sources_in(documents: Iterable[Document]) -> Iterator[SourceTable]:
    """Every description of a source table that has a name."""
    for document in documents:
        for path, _ in document.entries("sources"):
            source = document.text(*path, "name")
            for inner, _ in document.entries(*path, "tables") if source else ():
                if source and (name := document.text(*inner, "name")):
                    yield SourceTable(name, document, inner, source)


def properties_files(folders: Sequence[Path], files: Files) -> list[Path]:
    """Every YAML file under ``folders``."""
    found = []
    for folder in folders:
        both = [files.listed(folder, pattern, below=True) for pattern in ("*.yml", "*.yaml")]
        found += sorted(file for listed in both for file in listed)
    return found


def _refuse_malformed(document: Document) -> None:
    """Raise for what is of another shape than dbt's; a name of a source that can't be told is the
    fault of its tables alone, so that the monitors that read others run."""
    file = str(document.file)
    content = document.mapping_or_raise(error=MonitorError, what="the properties file")
    for entry in _entries(content, "models", file):
        name = _name(entry, "models", file)
        for column in _entries(entry, "columns", file, f"models.{name}."):
            _name(column, f"models.{name}.columns", file)
        _mapping(entry.get("config"), file, f"models.{name}.config")
    for entry in _entries(content, "sources", file):
        at = f"sources.{_name(entry, 'sources', file)}"
        for table in _entries(entry, "tables", file, f"{at}."):
            _name(table, f"{at}.tables", file)


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
                    fix=f'write the name in quotes: {key}: "..."',
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
