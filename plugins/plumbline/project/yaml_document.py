"""YAML with positions: PyYAML's nodes know where they stand."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from plumbline.project.document import Document, Fault, FaultKind, KeyPath, Mark, key_path
from plumbline.project.limits import LONG_NUMBER, LONGEST_NUMBER, MOST_LEVELS

MERGE = "tag:yaml.org,2002:merge"
"""The tag of YAML's key ``<<``."""

_MOST_VALUES = 200_000
"""With each alias counted as all that it stands for: nine lines of aliases can hold a billion."""

_SAFE_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INDENTED = re.compile(r"^[ ?:-]+", re.MULTILINE)


class _Impossible(yaml.MarkedYAMLError):
    """A scalar that looks like a value of some type and is none, such as 2026-02-30."""


class _Loader(_SAFE_LOADER):  # type: ignore[misc]
    """PyYAML's, which says of an impossible value where it stands."""


def _say_where(type_: str) -> None:
    tag = f"tag:yaml.org,2002:{type_}"
    construct = _SAFE_LOADER.yaml_constructors[tag]

    def constructor(loader: Any, node: yaml.Node) -> Any:
        try:
            return construct(loader, node)
        except ValueError as fault:
            why = str(fault)
        except (LookupError, AttributeError):  # written with its tag: `!!bool maybe`
            why = f"not of the type {type_}"
        problem = f"{node.value or repr('')}: {why}"
        raise _Impossible(problem=problem, problem_mark=node.start_mark)

    _Loader.add_constructor(tag, constructor)


for _type in ("bool", "int", "float", "timestamp"):
    _say_where(_type)


def read_yaml(file: Path, text: str) -> Document:
    """The document in ``text``, which stands in ``file``."""
    try:
        if _is_too_deep(text):
            return _malformed(file, "is nested too deeply", f"use at most {MOST_LEVELS} levels")
        loader = _Loader(text)
        try:
            node = loader.get_single_node()
            # Before the value is made, which writes merged keys into the nodes.
            _refuse_size(node, text)
            is_repeated = node is not None and _has_repeated_key(node, set())
            value = None if node is None else loader.construct_document(node)
        finally:
            loader.dispose()
    except (yaml.YAMLError, ValueError, TypeError, RecursionError) as fault:
        mark = getattr(fault, "problem_mark", None)
        problem = getattr(fault, "problem", None) or str(fault) or type(fault).__name__
        if mark is not None:
            # a fault at the end is said of the line after the last
            last = max(len(text.rstrip().splitlines()), 1)
            mark = Mark(min(mark.line + 1, last), mark.column + 1)
        if isinstance(fault, _Impossible):
            return _malformed(file, f"has an invalid value: {problem}", "correct the value", mark)
        return _malformed(file, f"is not YAML: {problem}", "fix the YAML here", mark)
    if value is None:
        return Document(file, {})
    if not isinstance(value, dict):
        return _malformed(file, "is not a mapping", "write `key: value` lines")
    faults = _scan(text)[1] if is_repeated else ()
    return Document(file, value, faults, lambda: _scan(text)[0])


def _malformed(file: Path, what: str, fix: str, mark: Mark | None = None) -> Document:
    return Document(file, faults=(Fault(FaultKind.MALFORMED, what, fix, mark),))


def _refuse_size(node: yaml.Node | None, text: str) -> None:
    """Refuse what is short as a text and large or endless as a value.

    Raises:
        yaml.MarkedYAMLError: at the place.
    """
    # Both walks take as long as the reading, so they are left out where there is nothing to find.
    if node is not None and "*" in text and "&" in text:
        _count_values(node, {})
    if node is not None and LONG_NUMBER.search(text):
        _refuse_long_numbers(node, set())


def _count_values(node: yaml.Node, known: dict[int, int]) -> int:
    """The number of values in ``node``; ``known`` has those of nodes that are finished."""
    if id(node) in known:
        if not known[id(node)]:
            raise _problem(node, "an alias refers to a value that contains it")
        return known[id(node)]
    known[id(node)] = 0
    count = 1 + sum(_count_values(inner, known) for inner in _inner(node))
    if count > _MOST_VALUES:
        raise _problem(node, f"its aliases stand for more than {_MOST_VALUES:,} values")
    known[id(node)] = count
    return count


def _refuse_long_numbers(node: yaml.Node, seen: set[int]) -> None:
    if id(node) in seen:
        return
    seen.add(id(node))
    is_number = node.tag in ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float")
    if is_number and len(node.value) > LONGEST_NUMBER:
        raise _problem(node, f"a number has more than {LONGEST_NUMBER} digits")
    for inner in _inner(node):
        _refuse_long_numbers(inner, seen)


def _inner(node: yaml.Node) -> Iterator[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        for pair in node.value:
            yield from pair
    elif isinstance(node, yaml.SequenceNode):
        yield from node.value


def _problem(node: yaml.Node, problem: str) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=problem, problem_mark=node.start_mark)


def _is_too_deep(text: str) -> bool:
    """Whether there are more levels than `MOST_LEVELS`: libyaml's composer calls itself for each
    and kills the process when they are too many. To count levels takes as long as to read the file,
    so they are counted only where they may be many."""
    indented = max((len(found) for found in _INDENTED.findall(text)), default=0)
    brackets = text.count("[") + text.count("{")
    return 2 * (indented + 1) + brackets > MOST_LEVELS and _depth(text) > MOST_LEVELS


def _depth(text: str) -> int:
    deepest = depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            deepest = max(deepest, depth)
            if deepest > MOST_LEVELS:
                break
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
    return deepest


def _has_repeated_key(node: yaml.Node, visited: set[int]) -> bool:
    if id(node) in visited:  # an alias: the same node again
        return False
    visited.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        return any(_has_repeated_key(entry, visited) for entry in node.value)
    if not isinstance(node, yaml.MappingNode):
        return False
    keys = [_identity(key) for key, _ in node.value if _counts(key)]
    return len(set(keys)) < len(keys) or any(
        _has_repeated_key(value, visited) for _, value in node.value
    )


def _counts(key: yaml.Node) -> bool:
    # `<<` merges: what it brings gives way to what stands beside it, and nothing is lost.
    return isinstance(key, yaml.ScalarNode) and key.tag != MERGE


def _identity(key: yaml.Node) -> tuple[str, str]:
    return key.tag, key.value


def _scan(text: str) -> tuple[Mapping[KeyPath, Mark], tuple[Fault, ...]]:
    """The positions in a text that could be read, and its keys that stand twice."""
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
    finally:
        loader.dispose()
    marks: dict[KeyPath, Mark] = {}
    faults = tuple(_walk(node, (), marks, set()))
    return marks, faults


def _walk(node: Any, path: KeyPath, marks: dict[KeyPath, Mark], seen: set[int]) -> Iterator[Fault]:
    """Fill ``marks``; an alias is walked where it is first met."""
    if id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            marks[(*path, index)] = _mark(item)
            yield from _walk(item, (*path, index), marks, seen)
    elif isinstance(node, yaml.MappingNode):
        known: set[tuple[str, str]] = set()
        for key, value in node.value:
            if key.tag == MERGE:
                yield from _merged(value, path, marks, seen)
                continue
            name = str(key.value)
            inner = (*path, name)
            if _counts(key):
                if _identity(key) in known:
                    yield Fault(
                        FaultKind.DUPLICATE_KEY,
                        f"{name!r} occurs twice; only the last one counts",
                        "keep one of the two",
                        _mark(key),
                        key_path(inner),
                    )
                known.add(_identity(key))
            marks[inner] = _mark(key)
            yield from _walk(value, inner, marks, seen)


def _merged(
    node: Any, path: KeyPath, marks: dict[KeyPath, Mark], seen: set[int]
) -> Iterator[Fault]:
    """What ``<<`` brings to ``path``: a mapping, or a list of them. Its keys give way."""
    for each in node.value if isinstance(node, yaml.SequenceNode) else (node,):
        own = dict(marks)
        yield from _walk(each, path, marks, seen)
        if isinstance(each, yaml.MappingNode):
            for key, _ in each.value:
                marks.setdefault((*path, str(key.value)), _mark(key))
        marks |= own


def _mark(node: Any) -> Mark:
    return Mark(node.start_mark.line + 1, node.start_mark.column + 1)
