"""JSON with positions: the standard library reads it, and a scan finds where each key stands."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from dataclasses import dataclass, field
from pathlib import Path

from plumbline.lint.document import Document, KeyPath, Mark, key_text
from plumbline.lint.rule import Finding, Place
from plumbline.lint.rules.files import DUPLICATE_KEY, MALFORMED_JSON

# Of a text that the standard library has read already, so it need not look for faults.
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:,]|[^\s{}\[\]:,"]+', re.DOTALL)
_NO_JSON = frozenset({"NaN", "Infinity", "-Infinity"})


def read_json(file: Path, text: str) -> Document:
    """The document in ``text``, which stands in ``file``."""
    lines = _Lines(text)
    try:
        value = json.loads(text)
    except json.JSONDecodeError as fault:
        mark = lines.mark(min(fault.pos, max(len(text.rstrip()) - 1, 0)))
        place = Place(file, mark.line, mark.column)
        return _malformed(file, place, f"this is not JSON: {fault.msg}", "fix the JSON here")
    except RecursionError:
        return _malformed(file, Place(file), "the JSON is nested too deeply", "write it flat")
    except ValueError as fault:
        return _malformed(file, Place(file), f"this is not JSON: {fault}", "write a shorter number")
    scan = _scan(text)
    faults: list[Finding] = [
        DUPLICATE_KEY.at(
            _place(file, lines.mark(offset), path),
            f"{path[-1]!r} stands twice; the first of the two is lost",
            "keep one of the two",
        )
        for path, offset in scan.twice
    ]
    faults += [
        MALFORMED_JSON.at(
            _place(file, lines.mark(offset), ()), f"{word} is not JSON", "write a number"
        )
        for word, offset in scan.no_json
    ]
    if not isinstance(value, dict):
        return _malformed(file, Place(file), "this is not a JSON object", "wrap it in { }")
    marks = {path: lines.mark(offset) for path, offset in scan.offsets.items()}
    return Document(file, value, marks, tuple(faults))


def _malformed(file: Path, place: Place, what: str, fix: str) -> Document:
    return Document(file, faults=(MALFORMED_JSON.at(place, what, fix),))


def _place(file: Path, mark: Mark, path: KeyPath) -> Place:
    return Place(file, mark.line, mark.column, key_text(path) or None)


class _Lines:
    """Offsets as lines and columns."""

    def __init__(self, text: str) -> None:
        self._starts = [0, *(match.end() for match in re.finditer("\n", text))]

    def mark(self, offset: int) -> Mark:
        line = bisect_right(self._starts, offset)
        return Mark(line, offset - self._starts[line - 1] + 1)


@dataclass
class _Scan:
    offsets: dict[KeyPath, int] = field(default_factory=dict)
    twice: list[tuple[KeyPath, int]] = field(default_factory=list)
    no_json: list[tuple[str, int]] = field(default_factory=list)


@dataclass
class _Container:
    path: KeyPath
    is_object: bool
    position: int = 0
    key: str | None = None
    seen: set[str] = field(default_factory=set)

    @property
    def next_path(self) -> KeyPath:
        return (*self.path, self.key if self.key is not None else self.position)


def _scan(text: str) -> _Scan:
    found = _Scan()
    stack: list[_Container] = []
    for match in _TOKEN.finditer(text):
        token, offset = match.group(), match.start()
        inner = stack[-1] if stack else None
        if token == ":":
            continue
        if token == ",":
            if inner is not None:
                inner.key = None
                inner.position += 1
            continue
        if token in ("}", "]"):
            stack.pop()
            continue
        if inner is not None and inner.is_object and inner.key is None:
            inner.key = json.loads(token)
            if inner.key in inner.seen:
                found.twice.append((inner.next_path, offset))
            inner.seen.add(inner.key or "")
            found.offsets[inner.next_path] = offset
            continue
        path = inner.next_path if inner is not None else ()
        if inner is None or not inner.is_object:
            found.offsets[path] = offset
        if token in ("{", "["):
            stack.append(_Container(path, token == "{"))
        elif token in _NO_JSON:
            found.no_json.append((token, offset))
    return found
