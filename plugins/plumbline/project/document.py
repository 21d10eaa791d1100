"""A parsed file of the project: its value, the position of each key, and the faults of its text.

A file that can't be read is a document with faults, not an exception: a run raises the first
(`Document.mapping_or_raise`), lint prints them all.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias

from plumbline.core.errors import PlumblineError

KeyPath: TypeAlias = tuple[str | int, ...]

_PART = re.compile(r"\[(\d+)\]|([^.\[\]]+)")


@dataclass(frozen=True)
class Mark:
    """A position in a text, counted from 1."""

    line: int
    column: int

    def __str__(self) -> str:
        return f"line {self.line}, column {self.column}"


@dataclass(frozen=True)
class Place:
    """Where in a file."""

    file: Path
    line: int = 1
    column: int | None = None
    key: str | None = None
    """The key there (``expectations[0].type``), where the file has keys."""


class FaultKind(StrEnum):
    """What can be wrong with the text of a file."""

    UNREADABLE = "unreadable"
    """It is missing, can't be opened, or is not UTF-8."""
    MALFORMED = "malformed"
    """It is not JSON or YAML."""
    DUPLICATE_KEY = "duplicate-key"


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with the text of a file."""

    kind: FaultKind
    what: str
    """A predicate about the file (``is not JSON: ...``); for a duplicate key, a whole sentence."""
    fix: str
    mark: Mark | None = None
    key: str | None = None

    def text(self, subject: str) -> str:
        """The sentence about ``subject``: the file, as the reader knows it."""
        return self.what if self.kind is FaultKind.DUPLICATE_KEY else f"{subject} {self.what}"


@dataclass(frozen=True)
class Document:
    """One JSON or YAML file. ``value`` is None where nothing could be read."""

    file: Path
    value: Any = None
    faults: tuple[Fault, ...] = ()
    find_marks: Callable[[], Mapping[KeyPath, Mark]] | None = None
    """Finds the positions when they are first needed: by lint, or to edit the file."""

    @cached_property
    def marks(self) -> Mapping[KeyPath, Mark]:
        """The position of each key and of each list entry."""
        return {} if self.find_marks is None else self.find_marks()

    def mapping_or_raise(self, *, error: type[PlumblineError], what: str) -> dict[str, Any]:
        """The value of a file without faults.

        Args:
            what: what the file is, in messages: ``the suite``.

        Raises:
            PlumblineError: its first fault, with file, place and fix.
        """
        for fault in self.faults:
            raise error(
                fault.text(what),
                file=self.file,
                key=None if fault.mark is None else str(fault.mark),
                fix=fault.fix,
            )
        value: dict[str, Any] = self.value
        return value

    @property
    def is_readable(self) -> bool:
        return isinstance(self.value, dict)

    def has(self, *path: str | int) -> bool:
        """Whether ``path`` exists, even with the value null."""
        return self._find(path)[0]

    def get(self, *path: str | int) -> Any:
        """The value at ``path``; None if it doesn't exist."""
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
        """The mapping at ``path``; an empty one if there is none."""
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

    def texts(self, *path: str | int) -> Iterator[tuple[KeyPath, str]]:
        """Each text in the list at ``path``, with its own path; a single text is a list of one."""
        value = self.get(*path)
        if isinstance(value, str):
            yield path, value
        for index, one in enumerate(value if isinstance(value, list) else ()):
            if isinstance(one, str):
                yield (*path, index), one

    def entry_texts(self, *path: str | int, key: str) -> Iterator[tuple[KeyPath, str]]:
        """The text under ``key`` in each mapping of the list at ``path``, with its own path."""
        for at, _ in self.entries(*path):
            text = self.text(*at, key)
            if text is not None:
                yield (*at, key), text

    def place(self, *path: str | int) -> Place:
        """The position of ``path``, or of the nearest key above it that exists."""
        for length in range(len(path), -1, -1):
            mark = self.marks.get(path[:length])
            if mark is not None:
                return Place(self.file, mark.line, mark.column, key_path(path) or None)
        return Place(self.file, key=key_path(path) or None)

    def place_of_key(self, key: str) -> Place:
        """The position of a key given as text, with list entries by number or by name."""
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


def key_path(path: Iterable[str | int], *, below: str = "") -> str:
    """A place in a file as text: ``expectations[0].type``."""
    text = below
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += f".{part}" if text else part
    return text
