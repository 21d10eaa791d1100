"""How suites and models of plumbline name the tables of a dbt project."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from plumbline.dbt.errors import NoCounterpartError
from plumbline.lint.columns import CTE
from plumbline.lint.sql import parse
from plumbline.models.manifest import Manifest, Node, SourceNode

_CALL = re.compile(r"(?:\{\{)?\s*(ref|source)\(([^()]*)\)\s*(?:\}\})?")
_TEXT = re.compile(r"['\"]([^'\"]+)['\"]")
_RELATION = re.compile(r"`([^`]+)`\.`([^`]+)`\.`([^`]+)`")
_JINJA = re.compile(r"\{[{%#]|[%#}]\}")


@dataclass(frozen=True)
class Tables:
    """The tables of a manifest.

    Args:
        manifest: what dbt has made.
        project: the name of the dbt project.
        declared: the sources that files of the plumbline project declare: tables by source.
        is_inside: whether the plumbline project is the dbt project, so that ``ref`` means the same.
    """

    manifest: Manifest
    project: str
    declared: Mapping[str, Mapping[str, Any]]
    is_inside: bool

    @cached_property
    def by_id(self) -> Mapping[str, Node | SourceNode]:
        """Models, seeds, snapshots and sources."""
        found: dict[str, Node | SourceNode] = {}
        for nodes in self.manifest.nodes.values():
            found |= {node.id: node for node in nodes}
        for sources in self.manifest.sources.values():
            found |= {source.id: source for source in sources}
        return found

    def name(self, id_: str) -> str:
        """As a suite names it in ``table``.

        Raises:
            NoCounterpartError: it has no table.
        """
        node = self.by_id.get(id_)
        if node is None:
            raise NoCounterpartError(f"{id_} is not a table")
        if isinstance(node, Node) and node.materialized == "ephemeral":
            raise NoCounterpartError(f"{node.name} is ephemeral: it has no table")
        if self._is_named(node):
            return node.name if isinstance(node, Node) else ".".join(_source_of(node))
        *project, dataset, table = self._relation(node)
        if self.is_inside and table in self.declared.get(dataset, {}):
            project = [node.database]  # without it, the source of that name would be meant
        return ".".join([*project, dataset, table])

    def find(self, call: object) -> str:
        """The id of ``ref('orders')`` or ``source('shop', 'orders')``, as an argument of a test.

        Raises:
            NoCounterpartError: it is neither, or of nothing that is known.
        """
        found = _CALL.fullmatch(str(call).strip())
        names = _TEXT.findall(found[2]) if found else []
        node: Node | SourceNode | None = None
        if found and len(names) == found[2].count(",") + 1:
            if found[1] == "ref" and len(names) <= 2:
                package = names[0] if len(names) == 2 else None
                node = self.manifest.find(
                    names[-1], package=package, version=None, own=self.project
                )
            elif len(names) == 2:
                node = self.manifest.find_source(*names, own=self.project)
        if node is None:
            raise NoCounterpartError(f"{call} is not the ref or source of a table")
        return node.id

    def id_at(self, parts: tuple[str, ...]) -> str | None:
        """The id of what compiled SQL names by ``parts``, with or without the project; of an
        ephemeral model, by its CTE."""
        if len(parts) == 1:
            name = parts[0].removeprefix(CTE)
            if name == parts[0]:
                return None
            node: Node | SourceNode | None = self.manifest.find(
                name, package=None, version=None, own=self.project
            )
        else:
            node = self._by_relation.get(parts) or self._by_dataset.get(parts)
        return None if node is None else node.id

    def template(self, sql: str) -> str:
        """Compiled SQL as a model of plumbline: each table as ``ref`` or ``source``, where they
        mean the same, so that the model reads the tables of plumbline's target."""
        parts, end = [], 0
        for match in _RELATION.finditer(sql):
            node = self._by_relation.get(match.groups())
            if node is not None:
                parts += [_raw(sql[end : match.start()]), self._call(node)]
                end = match.end()
        return "".join([*parts, _raw(sql[end:])])

    def _call(self, node: Node | SourceNode) -> str:
        if not self._is_named(node):
            return ".".join(f"`{part}`" for part in self._relation(node))
        if isinstance(node, SourceNode):
            source, table = _source_of(node)
            return f"{{{{ source('{source}', '{table}') }}}}"
        return f"{{{{ ref('{node.name}') }}}}"

    def _is_named(self, node: Node | SourceNode) -> bool:
        """Whether a file of plumbline can name it as dbt does."""
        if not self.is_inside:
            return False
        if isinstance(node, SourceNode):
            source, table = _source_of(node)
            return table in self.declared.get(source, {})
        return self.manifest.find(node.name, package=None, version=None, own=self.project) == node

    def _relation(self, node: Node | SourceNode) -> tuple[str, ...]:
        """Without the project where that is the one of most tables: then it is the target's."""
        parts = _parts(node)
        return parts[1:] if parts[0] == self._most_common_project else parts

    @cached_property
    def _most_common_project(self) -> str | None:
        projects = Counter(_parts(node)[0] for node in self.by_id.values())
        return projects.most_common(1)[0][0] if projects else None

    @cached_property
    def _by_dataset(self) -> Mapping[tuple[str | Any, ...], Node | SourceNode]:
        return {parts[1:]: node for parts, node in self._by_relation.items()}

    @cached_property
    def _by_relation(self) -> Mapping[tuple[str | Any, ...], Node | SourceNode]:
        return {_parts(node): node for node in self.by_id.values()}


def reads_table(sql: str) -> bool:
    """Whether a query reads a table, and not only values that are written in it."""
    if _RELATION.search(sql):
        return True
    from sqlglot import exp

    tree = parse(sql)
    if not isinstance(tree, exp.Query):
        return True  # what can't be read is left to BigQuery
    ctes = {one.alias for one in tree.find_all(exp.CTE)}
    return any(len(one.parts) > 1 or one.name not in ctes for one in tree.find_all(exp.Table))


def _parts(node: Node | SourceNode) -> tuple[str, str, str]:
    if isinstance(node, SourceNode):
        return node.database, node.schema, node.identifier
    return node.database, node.schema, node.alias


def _source_of(node: SourceNode) -> tuple[str, str]:
    _, _, source, table = (*node.id.split(".", 3), "", "", "")[:4]
    return source, table


def _raw(sql: str) -> str:
    """``sql`` as Jinja gives it back unchanged."""
    return f"{{% raw %}}{sql}{{% endraw %}}" if _JINJA.search(sql) else sql
