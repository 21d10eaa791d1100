"""A file as lint reads it: its value, and where each key of it stands.

What can't be read is a finding, not an exception: ``value`` is then None.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from plumbline.lint.rule import Finding, Place

KeyPath: TypeAlias = tuple[str | int, ...]

_PART = re.compile(r"\[(\d+)\]|([^.\[\]]+)")


@dataclass(frozen=True)
class Mark:
    """A position in a text, counted from 1."""

    line: int
    column: int


@dataclass(frozen=True)
class Document:
    """One JSON or YAML file."""

    file: Path
    value: Any = None
    marks: Mapping[KeyPath, Mark] = field(default_factory=dict)
    faults: tuple[Finding, ...] = ()

    @property
    def is_readable(self) -> bool:
        """Whether there is a mapping to look into."""
        return isinstance(self.value, dict)

    def has(self, *path: str | int) -> bool:
        """Whether something stands at ``path``, be it null."""
        return self._find(path)[0]

    def get(self, *path: str | int) -> Any:
        """The value at ``path``; None where there is none."""
        return self._find(path)[1]

    def _find(self, path: KeyPath) -> tuple[bool, Any]:
        value = self.value
        for part in path:
            is_key = isinstance(value, dict) and part in value
            is_index = isinstance(value, list) and isinstance(part, int) and part < len(value)
            if not (is_key or is_index):
                return False, None
            value = value[part]
        return True, value

    def mapping(self, *path: str | int) -> Mapping[str, Any]:
        """The mapping at ``path``; an empty one where there is none."""
        value = self.get(*path)
        if not isinstance(value, dict):
            return {}
        return {key: inner for key, inner in value.items() if isinstance(key, str)}

    def text(self, *path: str | int) -> str | None:
        """The text at ``path``; None where there is none, or an empty one."""
        value = self.get(*path)
        return value if isinstance(value, str) and value else None

    def entries(self, *path: str | int) -> Iterator[tuple[KeyPath, Mapping[str, Any]]]:
        """Each mapping in the list at ``path``, with its own path."""
        value = self.get(*path)
        for index in range(len(value) if isinstance(value, list) else 0):
            if isinstance(value[index], dict):
                yield (*path, index), self.mapping(*path, index)

    def place(self, *path: str | int) -> Place:
        """Where ``path`` stands, or the nearest thing above it that does."""
        for length in range(len(path), -1, -1):
            mark = self.marks.get(path[:length])
            if mark is not None:
                return Place(self.file, mark.line, mark.column, key_text(path) or None)
        return Place(self.file, key=key_text(path) or None)

    def place_of_key(self, key: str) -> Place:
        """Where a key stands that is given as text, entries of lists by number or by name."""
        path: KeyPath = ()
        for index, word in _PART.findall(key):
            value = self.get(*path)
            if index:
                path = (*path, int(index))
            elif isinstance(value, list):
                named = [n for n, item in enumerate(value) if self.get(*path, n, "name") == word]
                path = (*path, *named[:1])
            else:
                path = (*path, word)
        return self.place(*path)


def key_text(path: KeyPath) -> str:
    """``expectations[0].type``."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += f".{part}" if text else part
    return text
