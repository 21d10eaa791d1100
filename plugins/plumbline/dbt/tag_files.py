"""The file that tags columns as personal: the tags as parts, and the file with other tags.

Each tag is a part of its own, so that a tag of a new query lands whatever people have edited.
"""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from io import StringIO
from typing import Any

from plumbline.dbt.merge import Parts
from plumbline.project.document import Document, KeyPath

_OWN_KEYS = {"name", "description", "columns"}
"""Of a model or a table that an import has written."""


def tag_parts(document: Document) -> dict[str, Any]:
    """What the file says of each column, by the name of its part: ``models.orders.email``,
    ``sources.landing.raw_orders.email``."""
    return dict(_tags(document))


def _tags(document: Document) -> Iterator[tuple[str, Any]]:
    for path, model in document.entries("models"):
        yield from _tags_of(document, path, f"models.{model.get('name')}")
    for at, source in document.entries("sources"):
        for path, table in document.entries(*at, "tables"):
            name = f"sources.{source.get('name')}.{table.get('name')}"
            yield from _tags_of(document, path, name)


def _tags_of(document: Document, path: KeyPath, name: str) -> Iterator[tuple[str, Any]]:
    for at, column in document.entries(*path, "columns"):
        for meta in (("config", "meta"), ("meta",)):
            if document.has(*at, *meta, "personal"):
                yield f"{name}.{column.get('name')}", document.get(*at, *meta, "personal")
                break


def with_tag_parts(text: str | None, old: Parts, new: Parts) -> str | None:
    """``text`` with the tags ``new`` instead of ``old``; comments and all else stay. None: nothing
    is left."""
    from ruamel.yaml import YAML

    if old == new:
        return text
    yaml = YAML()
    yaml.indent(mapping=2, sequence=4, offset=2)
    content = yaml.load(text or "version: 2\n")
    for part in dict.fromkeys((*old, *new)):
        if old.get(part) != new.get(part):
            _set_tag(content, part, new.get(part))
    if not content.keys() - {"version"}:
        return None
    written = StringIO()
    yaml.dump(content, written)
    return written.getvalue()


def _set_tag(content: MutableMapping[str, Any], part: str, tag: Any) -> None:
    kind, rest = part.split(".", 1)
    if kind == "models":
        name, column = rest.split(".", 1)
        places = [(content, "models", name)]
    else:
        source, name, column = rest.split(".", 2)
        places = [(content, "sources", source)]
        places.append((_entry(*places[0]), "tables", name))
    about = _entry(*places[-1])
    if kind == "models":
        said = f"The failing rows of a test of dbt, by `plumbline import dbt`: {name}."
        about.setdefault("description", said)
    places.append((about, "columns", column))
    entry = _entry(*places[-1])
    if tag is not None:
        meta = entry.setdefault("config", {}).setdefault("meta", {})
        meta["personal"] = tag
        return
    for meta in ((entry.get("config") or {}).get("meta"), entry.get("meta")):
        if meta:
            meta.pop("personal", None)
    for parent, key, named in reversed(places):
        _remove_if_empty(parent, key, named)


def _entry(parent: MutableMapping[str, Any], key: str, name: str) -> MutableMapping[str, Any]:
    """The entry of that name in a list of ``parent``, made where it is not there."""
    if not parent.get(key):
        parent[key] = []
    found = next((one for one in parent[key] if one.get("name") == name), None)
    if found is None:
        parent[key].append(found := {"name": name})
    return found


def _remove_if_empty(parent: MutableMapping[str, Any], key: str, name: str) -> None:
    """Remove an entry that says nothing any more."""
    entry = _entry(parent, key, name)
    config = entry.get("config")
    if config is not None and not any(config.values()):
        del entry["config"]
    says = entry.keys() - {"name"} if key == "columns" else entry.keys() - _OWN_KEYS - {"tables"}
    if not says and not entry.get("columns") and not entry.get("tables"):
        parent[key].remove(entry)
    if not parent[key]:
        del parent[key]
