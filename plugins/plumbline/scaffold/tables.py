"""The table that a new monitor reads: how SQL and suites name it, and its columns.

A declared source comes first, then a model of dbt, then a table of the warehouse. Used by
``plumbline new monitor``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from plumbline.core.errors import ConfigError, MonitorError, WarehouseError
from plumbline.models.relations import Relation
from plumbline.models.sources import FoundSource, all_sources
from plumbline.models.unbuilt import fix_of_unbuilt
from plumbline.models.workspace import Workspace
from plumbline.scaffold.dates import DATE_TYPES
from plumbline.warehouse.types import parse_type

if TYPE_CHECKING:
    from plumbline.models.properties import DescribedColumn, SourceTable
    from plumbline.project import Project, Target
    from plumbline.project.document import Document, KeyPath
    from plumbline.warehouse.metadata import TableMetadata

_NAME = re.compile(r"(?:(?P<project>[\w-]+)\.)?(?P<dataset>\w+)\.(?P<table>[\w-]+\*?)")
_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Column:
    """A column of the table."""

    name: str
    type: str
    description: str = ""
    """As the warehouse has it."""


@dataclass(frozen=True)
class Table:
    """The table that a monitor reads."""

    dataset: str
    name: str
    """In BigQuery; of shards with a ``*`` at its end."""
    columns: tuple[Column, ...]
    is_declared: bool
    """Whether SQL can name it as it is: a YAML file declares it, or dbt makes it."""
    partition_by: str | None = None
    require_filter: bool = False
    description: str = ""
    project: str | None = None
    """Google's, where it is not the target's."""
    source: tuple[str, str] | None = None
    """Source and table, where they are not called as dataset and table."""
    model: str | None = None
    """The model of dbt that makes it."""
    pseudo: Mapping[str, str] = field(default_factory=dict)
    """The columns that BigQuery adds, with their types: they are not among ``columns``."""
    undeclared: tuple[Column, ...] = ()
    """Those of ``columns`` that the declaration, which has the others with their types, lacks."""
    declaration: tuple[Document, KeyPath] | None = field(default=None, compare=False)
    """Where it is declared in the project's own files."""

    @property
    def key(self) -> str:
        """As a suite names it, and a person: ``dataset.table``, or the name of dbt's model."""
        if self.model is not None:
            return self.model
        if self.source is not None:
            return ".".join(self.source)
        return ".".join(filter(None, (self.project, self.dataset, self.name)))

    @property
    def relation(self) -> str:
        """Where it is: ``dataset.table``, as `CompiledModel.sources` has it."""
        return f"{self.dataset}.{self.name}"

    @property
    def declared_as(self) -> tuple[str, str]:
        """Source and table by which SQL names it."""
        if self.source is not None:
            return self.source
        return self.dataset, self.name.removesuffix("*").rstrip("_-") or "all"

    @property
    def call(self) -> str:
        """What stands for it in the SQL of a model, within ``{{ }}``."""
        if self.model is not None:
            return f"ref('{self.model}')"
        source, table = self.declared_as
        return f"source('{source}', '{table}')"

    @property
    def partition_name(self) -> str | None:
        """The column that it is partitioned by; None where that is no date."""
        words = {word.casefold() for word in _WORD.findall(self.partition_by or "")}
        named = (
            name
            for name, kind in self.types.items()
            if name.casefold() in words and kind in DATE_TYPES
        )
        return next(named, None)

    def is_partition(self, column: str | None) -> bool:
        """Whether a condition on ``column`` chooses partitions; `lint` decides alike."""
        words = {word.casefold() for word in _WORD.findall(self.partition_by or "")}
        return column is not None and (
            column.casefold() in words or {*self.pseudo} >= {column, self.partition_name}
        )

    @property
    def types(self) -> dict[str, str]:
        """GoogleSQL types by column, also of those that BigQuery adds."""
        return {column.name: column.type for column in self.columns} | dict(self.pseudo)


Asked = Callable[[Relation], Table]
"""What the warehouse says of a table."""


def find_table(
    project: Project,
    target: Target,
    text: str,
    ask: Asked,
    *,
    named: Iterable[str] = (),
    option: str = "--table",
) -> Table:
    """The table that ``text`` names, with its columns.

    The warehouse is asked for what no file says: a table that is not declared, one that is declared
    without columns or types, and a column that is not declared.

    Args:
        project: whose models.
        target: where the table is.
        text: ``dataset.table``, ``source.table``, or the name of a dbt model.
        ask: asks the warehouse.
        named: columns that the monitor names.
        option: gave ``text``, and is named by errors.

    Raises:
        ConfigError: no name of a table.
        MonitorError: what it names can't be told.
        WarehouseError: it is not there, or can't be asked for.
    """
    workspace = Workspace(project, target)
    ask = _with_dbts_fix(ask, workspace)
    source = _find_source(workspace, text)
    if source is not None:
        return _of_source(source, ask, named)
    model = _find_model(workspace, text, option)
    if model is not None:
        name, relation = model
        return _of_model(workspace, name, relation, ask, named)
    parts = _NAME.fullmatch(text)
    if parts is None:
        raise ConfigError(
            f"{text!r} is not a table name",
            key=option,
            fix="write the table as dataset.table, or name a model of dbt",
        )
    dataset = target.dataset_name(parts["dataset"], parts["project"])
    found = ask(Relation(parts["project"] or target.project, dataset, parts["table"]))
    is_elsewhere = parts["project"] not in (None, target.project)
    return replace(
        found, dataset=parts["dataset"], project=parts["project"] if is_elsewhere else None
    )


def _with_dbts_fix(ask: Asked, workspace: Workspace) -> Asked:
    """The same question; the error of a table that dbt has not built names dbt's command."""

    def asked(relation: Relation) -> Table:
        try:
            return ask(relation)
        except WarehouseError as fault:
            fix = fix_of_unbuilt(fault.what, workspace)
            if fix is None:
                raise
            raise fault.with_fix(fix) from fault

    return asked


def _find_source(workspace: Workspace, text: str) -> FoundSource | None:
    """A declared table, by its names in dbt or by where it is."""
    sources = {
        at: found for at, found in all_sources(workspace).items() if isinstance(found, FoundSource)
    }
    source, _, table = text.partition(".")
    if (source, table) in sources:
        return sources[source, table]
    project = workspace.target.project
    names = {(found.relation.key, found.relation.project): found for found in sources.values()}
    return names.get((text, project)) or next(
        (one for (key, of), one in names.items() if f"{of}.{key}" == text), None
    )


def _find_model(workspace: Workspace, text: str, option: str) -> tuple[str, Relation] | None:
    """A table that dbt makes, by its model's name or by where it is."""
    from plumbline.models.references import Place
    from plumbline.models.refs import Ref, resolve_ref

    manifest = workspace.manifest
    if "." in text and manifest is None:
        return None
    at = Place("", 0, option)
    if "." not in text:
        if not _WORD.fullmatch(text):
            return None
        try:
            relation = resolve_ref(Ref(text, None, None, at), workspace)
        except MonitorError as fault:
            named = [".".join(one) for one in all_sources(workspace) if one[1] == text]
            if not named:
                raise
            fix = f"name the source: {' or '.join(named)}"
            raise MonitorError(fault.what, key=option, fix=fix) from fault
        if relation is None:
            raise ConfigError(
                f"model {text!r} is ephemeral: it has no table",
                key=option,
                fix="name a model that dbt materializes, or a table as dataset.table",
            )
        return text, relation
    own = workspace.dbt_home.name
    for nodes in manifest.nodes.values() if manifest else ():
        for node in nodes:
            is_it = text in (
                f"{node.schema}.{node.alias}",
                f"{node.database}.{node.schema}.{node.alias}",
            )
            if is_it and node.materialized != "ephemeral" and node.is_latest:
                package = None if node.package == own else node.package
                relation = resolve_ref(Ref(node.name, package, None, at), workspace)
                if relation is not None and package is None:
                    return node.name, relation
    return None


def _of_source(found: FoundSource, ask: Asked, named: Iterable[str]) -> Table:
    declared, relation = found.table, found.relation
    source = (declared.source, declared.name)
    table = Table(
        relation.dataset,
        relation.table,
        _columns(declared.columns),
        True,
        declared.partition_by,
        declared.requires_filter,
        source=None if source == (relation.dataset, relation.table) else source,
        pseudo=_pseudo(declared),
    )
    if not _lacks(declared.columns, table, named):
        return table
    asked = ask(relation)
    has_types = bool(table.columns) and all(
        parse_type(one.type or "") for one in declared.columns.values()
    )
    known = {name.casefold() for name in declared.columns}
    return replace(
        asked,
        is_declared=True,
        source=table.source,
        project=None,
        dataset=table.dataset,
        partition_by=table.partition_by or asked.partition_by,
        undeclared=tuple(one for one in asked.columns if one.name.casefold() not in known)
        if has_types
        else (),
        declaration=(declared.document, declared.path),
    )


def _of_model(
    workspace: Workspace, name: str, relation: Relation, ask: Asked, named: Iterable[str]
) -> Table:
    described = workspace.properties.models.get(name)
    columns = {} if described is None else described.columns
    table = Table(relation.dataset, relation.table, _columns(columns), True, model=name)
    if not _lacks(columns, table, named):
        return table
    return replace(ask(relation), is_declared=True, model=name, project=None)


def _columns(described: Mapping[str, DescribedColumn]) -> tuple[Column, ...]:
    return tuple(
        Column(name, str(parse_type(one.type or "") or one.type or ""))
        for name, one in described.items()
    )


def _lacks(described: Mapping[str, DescribedColumn], table: Table, named: Iterable[str]) -> bool:
    """Whether the files don't say enough of the columns."""
    known = {name.casefold() for name in table.types}
    return (
        not described
        or any(parse_type(one.type or "") is None for one in described.values())
        or any(name.casefold() not in known for name in named)
    )


def _pseudo(declared: SourceTable) -> dict[str, str]:
    from plumbline.models.properties import PSEUDO_COLUMNS

    return {name: kind for name, kind in PSEUDO_COLUMNS.items() if declared.has_pseudo(name)}


def ask_warehouse(target: Target, relation: Relation, option: str) -> Table:
    """A table as the warehouse has it; ``option`` named it.

    Raises:
        WarehouseError: it is not there, or can't be asked.
    """
    from plumbline.warehouse.client import open_client
    from plumbline.warehouse.metadata import table_metadata

    client = open_client(target)
    try:
        found = table_metadata(client, target, relation)
    except WarehouseError as fault:
        raise WarehouseError(fault.what, key=option, fix=fault.fix) from fault
    finally:
        client.close()  # type: ignore[no-untyped-call]
    return table_of(relation, found)


def table_of(relation: Relation, found: TableMetadata) -> Table:
    """A table by its metadata."""
    pseudo = {one.name: one.type for one in found.pseudo_columns}
    types = {one.name: one.type for one in found.columns}
    partition = found.partition_column
    if partition is not None and types.get(partition) == "TIMESTAMP":
        partition = f"DATE({partition})"
    return Table(
        relation.dataset,
        relation.table,
        tuple(
            # Names of fields are quoted in a type of ours, and bare in one of a contract.
            Column(one.name, one.type.replace("`", ""), found.descriptions.get(one.name, ""))
            for one in found.columns
            if "." not in one.name
        ),
        False,
        partition or found.needs_filter,
        found.needs_filter is not None,
        found.description,
        pseudo=pseudo,
    )
