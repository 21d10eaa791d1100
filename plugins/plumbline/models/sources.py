"""What a ``source()`` means: one table, whose name dbt may have been told to calculate.

Plain names are taken as they stand. Names with Jinja are rendered; where dbt has written a
manifest, that says what came of them, as for ``ref()``. Where the two contradict each other, or
neither is there, it is an error: a guess would judge another table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import NoReturn

from plumbline.core.errors import MonitorError, did_you_mean
from plumbline.models.manifest import RUN_DBT, Manifest, SourceNode
from plumbline.models.properties import NamePart, SourceTable
from plumbline.models.references import Place
from plumbline.models.relations import Relation, checked_relation
from plumbline.models.workspace import Workspace
from plumbline.project.jinja import Rendered, Scope, has_jinja, render


@dataclass(frozen=True)
class FoundSource:
    """The table of a source."""

    relation: Relation
    table: SourceTable
    variables: frozenset[str] = frozenset()
    """Those that its name was made of."""


def find_source(
    source: str, table: str, *, workspace: Workspace, given: Mapping[str, object], place: Place
) -> FoundSource:
    """The table that ``source(source, table)`` at ``place`` names.

    Args:
        source: as it is called in the YAML files.
        given: values of variables that count before the project's.

    Raises:
        MonitorError: it is not declared, or can't be told, or its names are none of BigQuery's.
    """
    sources = workspace.properties.sources
    if source not in sources:
        raise MonitorError(
            f"there is no source {source!r}",
            file=place.file,
            key=place.key,
            fix=did_you_mean(source, sources),
        )
    if table not in sources[source]:
        raise MonitorError(
            f"source {source!r} has no table {table!r}",
            file=place.file,
            key=place.key,
            fix=did_you_mean(table, sources[source]),
        )
    scope = workspace.scope(given)
    return resolve_source(_enabled(sources[source][table], scope), workspace, scope)


def resolve_source(table: SourceTable, workspace: Workspace, scope: Scope) -> FoundSource:
    """Where one declared table is.

    Raises:
        MonitorError: that can't be told, or its names are none of BigQuery's.
    """
    if table.fault is not None:
        raise table.fault
    if has_jinja(table.source) or has_jinja(table.name):
        raise MonitorError(
            "the name of a source or of its table contains Jinja, but source() looks it up by "
            "that name",
            file=table.file,
            key=table.key,
            fix="write a plain name, and Jinja in schema, database or identifier",
        )
    if table.overrides is None and not any(part.has_jinja for part in table.parts.values()):
        names = {word: part.text for word, part in table.parts.items()}
        return FoundSource(_relation(table, names, workspace), table)
    rendered = {
        word: _render(part, table, scope) for word, part in table.parts.items() if part.has_jinja
    }
    manifest = workspace.manifest
    own = workspace.dbt_home.name
    node = None if manifest is None else manifest.find_source(table.source, table.name, own=own)
    if manifest is None or node is None:
        return _as_rendered(table, rendered, workspace)
    _refuse_older(table, node, manifest)
    return _as_in_manifest(table, rendered, node, manifest, workspace, scope)


def all_sources(workspace: Workspace) -> Mapping[tuple[str, str], FoundSource | MonitorError]:
    """Every declared table that is enabled, by source and table: where it is, or why that can't be
    told.

    Raises:
        MonitorError: the YAML files can't be read.
    """
    scope = workspace.scope()
    found: dict[tuple[str, str], FoundSource | MonitorError] = {}
    for source, tables in workspace.properties.sources.items():
        for name, declared in tables.items():
            try:
                if enabled := [table for table in declared if is_enabled(table, scope)]:
                    only = _only(tuple(enabled))
                    found[source, name] = resolve_source(only, workspace, scope)
            except MonitorError as fault:
                found[source, name] = fault
    return found


def _relation(
    table: SourceTable, names: Mapping[str, str | None], workspace: Workspace, key: str = ""
) -> Relation:
    target = workspace.target
    schema = names["schema"] or table.source
    project = names["database"] or target.project
    return checked_relation(
        project=project,
        dataset=workspace.dataset_name(schema, project),
        table=names["identifier"] or table.name,
        file=table.file,
        key=key or f"sources.{table.source}.{table.name}",
    )


def _enabled(tables: tuple[SourceTable, ...], scope: Scope) -> SourceTable:
    """The one that counts: several may be declared, each for a target of its own."""
    found = [table for table in tables if is_enabled(table, scope)]
    if not found:
        raise MonitorError(
            f"table {tables[0].name!r} of source {tables[0].source!r} is not enabled",
            file=tables[0].file,
            key=f"{tables[0].key}.config.enabled",
            fix="enable it, or let the model read another",
        )
    return _only(tuple(found))


def _only(tables: tuple[SourceTable, ...]) -> SourceTable:
    if len(tables) > 1:
        first, second = tables[:2]
        raise MonitorError(
            f"table {second.name!r} is described twice",
            file=second.file,
            key=second.key,
            fix="keep one of the two"
            if first.file == second.file
            else f"keep it here or in {first.file}",
        )
    return tables[0]


def is_enabled(table: SourceTable, scope: Scope) -> bool:
    """Whether ``config.enabled`` says so, rendered.

    Raises:
        MonitorError: it can't be rendered, or is neither true nor false.
    """
    value, file, key = table.enabled, table.file, f"{table.key}.config.enabled"
    if isinstance(value, str) and has_jinja(value):
        value = render(value, scope, file=file, key=key).value
    # Jinja writes True, YAML true
    texts: Mapping[object, object] = {"true": True, "false": False}
    value = texts.get(value.strip().lower(), value) if isinstance(value, str) else value
    if isinstance(value, bool):
        return value
    raise MonitorError(
        f"enabled is {value!r}, not true or false",
        file=file,
        key=key,
        fix="write true, false, or Jinja that gives one of them",
    )


def _render(part: NamePart, table: SourceTable, scope: Scope) -> Rendered | MonitorError:
    """What came of a name that holds Jinja: a text, or None for "not given"."""
    try:
        found = render(part.text or "", scope, file=table.file, key=part.key)
    except MonitorError as fault:
        return fault
    if isinstance(found.value, str) and found.value:
        return found
    if found.value in ("", None) and not (found.variables or found.uses_environment):
        return replace(found, value=None)  # an `if` without `else`: as in dbt, the usual name
    return MonitorError(
        f"{part.text!r} renders to {found.value!r}, which is not a valid name",
        file=table.file,
        key=part.key,
        fix="give the variable a name in quotes",
    )


def _as_rendered(
    table: SourceTable, rendered: Mapping[str, Rendered | MonitorError], workspace: Workspace
) -> FoundSource:
    if table.overrides is not None:
        raise MonitorError(
            f"the source overrides one of package {table.overrides!r}, whose tables only dbt knows",
            file=table.file,
            key=f"sources.{table.source}.overrides",
            fix="run `dbt compile`: target/manifest.json then names the table",
        )
    names = {word: part.text for word, part in table.parts.items()}
    variables: set[str] = set()
    for word, found in rendered.items():
        if isinstance(found, MonitorError):
            raise found
        names[word] = found.value
        variables |= found.variables
    keys = [table.parts[word].key for word in rendered]
    return FoundSource(_relation(table, names, workspace, keys[0]), table, frozenset(variables))


def _refuse_older(table: SourceTable, node: SourceNode, manifest: Manifest) -> None:
    """A manifest from before the names in the YAML file were changed."""
    usual = {"database": None, "schema": table.source, "identifier": table.name}
    for word, part in table.parts.items():
        before: str | None = node.parts[word]
        now = part.text
        if part.has_jinja:
            before = node.unrendered.get(word, now)
        elif now is None:
            now = before if table.overrides is not None else usual[word] or before
        if before != now:
            _stale(table, node, manifest, word, f"{before!r}, and now it is {now!r}")


def _as_in_manifest(
    table: SourceTable,
    rendered: Mapping[str, Rendered | MonitorError],
    node: SourceNode,
    manifest: Manifest,
    workspace: Workspace,
    scope: Scope,
) -> FoundSource:
    """The relation of the manifest, with what only this run gives."""
    names: dict[str, str | None] = dict(node.parts)
    variables: set[str] = set()
    for word, found in rendered.items():
        text = table.parts[word].text or ""
        is_given = _may_name_given(text, scope)
        if isinstance(found, MonitorError):
            if is_given:
                raise found
            continue
        variables |= found.variables
        now = _name_of(table, word, found)
        # What a target is called, and what is set where dbt runs, the manifest knows better.
        is_known_better = found.uses_target or found.uses_default
        if not is_given:
            if now != names[word] and not is_known_better:
                _stale(table, node, manifest, word, _renders(names[word], text, now))
            continue
        if is_known_better:
            # With the usual value the name must be that of the manifest.
            usual = _render(table.parts[word], table, replace(scope, given={}))
            if isinstance(usual, MonitorError):
                raise usual
            before = _name_of(table, word, usual)
            if before != names[word]:
                _stale(table, node, manifest, word, _renders(names[word], text, before))
        names[word] = now
    schema = names["schema"] or ""
    relation = checked_relation(
        project=names["database"] or "",
        dataset=workspace.dataset_name(schema, names["database"]),
        table=names["identifier"] or "",
        file=str(manifest.file),
        key=f"sources.{node.id}.relation_name",
    )
    return FoundSource(relation, table, frozenset(variables))


def _name_of(table: SourceTable, word: str, found: Rendered) -> str | None:
    return found.value or (table.source if word == "schema" else table.name)


def _renders(known: str | None, text: str, now: str | None) -> str:
    return f"{known!r}, and {text!r} now renders to {now!r}"


def _may_name_given(text: str, scope: Scope) -> bool:
    """Whether a value that only this run gives may be part of ``text``.

    Also by way of other variables, and in a branch of an ``if`` that is not rendered here.
    """
    own = scope.variables.get(scope.project_name)
    variables = {**scope.variables, **(own if isinstance(own, Mapping) else {})}
    texts, seen = [text], set[str]()
    while texts:
        one = texts.pop()
        named = {
            name for name in {*variables, *scope.given} if f"'{name}'" in one or f'"{name}"' in one
        }
        if named & scope.given.keys():
            return True
        texts += [str(variables[name]) for name in named - seen]
        seen |= named
    return False


def _stale(
    table: SourceTable, node: SourceNode, manifest: Manifest, word: str, what: str
) -> NoReturn:
    raise MonitorError(
        f"dbt's manifest and {table.file} contradict each other: for "
        f"source({table.source!r}, {table.name!r}) the manifest has {word} {what}",
        file=manifest.file,
        key=f"sources.{node.id}.{word}",
        fix=f"{RUN_DBT}, with the variables and the environment of this run",
    )
