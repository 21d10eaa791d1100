"""YAML with positions: PyYAML's nodes know where they stand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from plumbline.lint.document import Document, KeyPath, Mark, key_text
from plumbline.lint.rule import Finding, Place
from plumbline.lint.rules.files import DUPLICATE_KEY, MALFORMED_YAML
from plumbline.project.parsing import MERGE

_DEEPEST = 100
"""libyaml's composer calls itself for each level and kills the process when they are too many."""

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_yaml(file: Path, text: str) -> Document:
    """The document in ``text``, which stands in ``file``."""
    marks: dict[KeyPath, Mark] = {}
    try:
        if _depth(text) > _DEEPEST:
            return _malformed(file, Place(file), "the YAML is nested too deeply", "write it flat")
        loader = _LOADER(text)
        try:
            node = loader.get_single_node()
            # Before the value is made, which writes merged keys into the nodes.
            faults = () if node is None else tuple(_walk(file, node, (), marks, set()))
            value = None if node is None else loader.construct_document(node)
        finally:
            loader.dispose()
    except (yaml.YAMLError, ValueError, TypeError, RecursionError) as fault:
        mark = getattr(fault, "problem_mark", None)
        what = getattr(fault, "problem", None) or str(fault) or type(fault).__name__
        place = Place(file)
        if mark is not None:
            # a fault at the end is said of the line after the last
            last = max(len(text.rstrip().splitlines()), 1)
            place = Place(file, min(mark.line + 1, last), mark.column + 1)
        return _malformed(file, place, f"this is not YAML: {what}", "fix the YAML here")
    if node is None or value is None:
        return Document(file, {})
    if not isinstance(value, dict):
        return _malformed(file, Place(file), "this is not a mapping", "write `key: value` lines")
    return Document(file, value, marks, faults)


def _malformed(file: Path, place: Place, what: str, fix: str) -> Document:
    return Document(file, faults=(MALFORMED_YAML.at(place, what, fix),))


def _depth(text: str) -> int:
    deepest = depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            deepest = max(deepest, depth)
            if deepest > _DEEPEST:
                break
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
    return deepest


def _walk(
    file: Path, node: Any, path: KeyPath, marks: dict[KeyPath, Mark], seen: set[int]
) -> Iterator[Finding]:
    """Fill ``marks``; an alias is walked where it is first met."""
    if id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            marks[(*path, index)] = _mark(item)
            yield from _walk(file, item, (*path, index), marks, seen)
    elif isinstance(node, yaml.MappingNode):
        names: set[str] = set()
        for key, value in node.value:
            if key.tag == MERGE:
                yield from _merged(file, value, path, marks, seen)
                continue
            name = str(key.value)
            inner = (*path, name)
            if name in names and isinstance(key, yaml.ScalarNode):
                mark = _mark(key)
                yield DUPLICATE_KEY.at(
                    Place(file, mark.line, mark.column, key_text(inner)),
                    f"{name!r} stands twice; the first of the two is lost",
                    "keep one of the two",
                )
            names.add(name)
            marks[inner] = _mark(key)
            yield from _walk(file, value, inner, marks, seen)


def _merged(
    file: Path, node: Any, path: KeyPath, marks: dict[KeyPath, Mark], seen: set[int]
) -> Iterator[Finding]:
    """What ``<<`` brings to ``path``: a mapping, or a list of them. Its keys give way."""
    for each in node.value if isinstance(node, yaml.SequenceNode) else (node,):
        own = dict(marks)
        yield from _walk(file, each, path, marks, seen)
        if isinstance(each, yaml.MappingNode):
            for key, _ in each.value:
                marks.setdefault((*path, str(key.value)), _mark(key))
        marks |= own


def _mark(node: Any) -> Mark:
    return Mark(node.start_mark.line + 1, node.start_mark.column + 1)
