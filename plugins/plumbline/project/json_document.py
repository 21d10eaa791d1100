"""JSON with positions: the standard library reads it, and a scan finds where each key stands."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from plumbline.project.document import Document, Fault, FaultKind, KeyPath, Mark, key_path
from plumbline.project.limits import LONG_NUMBER, LONGEST_NUMBER, MOST_LEVELS

# The standard library has already read the text, so the pattern needs no error handling.
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:,]|[^\s{}\[\]:,"]+', re.DOTALL)
_BRACKET = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]]', re.DOTALL)
_NO_JSON = frozenset({"NaN", "Infinity", "-Infinity"})


def read_json(file: Path, text: str) -> Document:
    """The document in ``text``, which stands in ``file``."""
    doubtful = False

    def constant(word: str) -> float:
        nonlocal doubtful
        doubtful = True
        return float(word)

    def pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal doubtful
        value = dict(found)
        doubtful = doubtful or len(value) < len(found)
        return value

    try:
        value = json.loads(
            text,
            object_pairs_hook=pairs,
            parse_constant=constant,
            # A function of ours for each number takes as long as all the rest.
            parse_int=_integer if LONG_NUMBER.search(text) else None,
        )
        _refuse_depth(text)
    except json.JSONDecodeError as fault:
        mark = _Lines(text).mark(min(fault.pos, len(text.rstrip())))
        return _malformed(file, f"is not JSON: {fault.msg}", "fix the JSON here", mark)
    except (RecursionError, _TooDeepError):
        return _malformed(file, "is nested too deeply", f"use at most {MOST_LEVELS} levels")
    except _LongNumberError:
        what = f"contains a number with more than {LONGEST_NUMBER} digits"
        return _malformed(file, what, "write a shorter number")
    if not isinstance(value, dict):
        return _malformed(file, "is not a JSON object", "wrap it in { }")
    # The scan takes longer than the reading: it looks only where there is something to find.
    faults = tuple(_faults(text)) if doubtful else ()
    return Document(file, value, faults, lambda: _marks(text))


class _TooDeepError(Exception):
    """More than `MOST_LEVELS`."""


class _LongNumberError(Exception):
    """More than `LONGEST_NUMBER` digits."""


def _integer(digits: str) -> int:
    if len(digits) > LONGEST_NUMBER:
        raise _LongNumberError
    return int(digits)


def _refuse_depth(text: str) -> None:
    if text.count("{") + text.count("[") <= MOST_LEVELS:
        return
    level = 0
    for match in _BRACKET.finditer(text):
        level += {"{": 1, "[": 1, "}": -1, "]": -1}.get(match[0], 0)
        if level > MOST_LEVELS:
            raise _TooDeepError


def _faults(text: str) -> Iterator[Fault]:
    lines, scan = _Lines(text), _scan(text)
    for path, offset in scan.twice:
        yield Fault(
            FaultKind.DUPLICATE_KEY,
            f"{path[-1]!r} occurs twice; only the last one counts",
            "keep one of the two",
            lines.mark(offset),
            key_path(path),
        )
    for word, offset in scan.no_json:
        yield Fault(
            FaultKind.MALFORMED,
            f"holds {word}, which is not JSON",
            "write a number",
            lines.mark(offset),
        )


def key_offsets(text: str) -> Mapping[KeyPath, int]:
    """Where each key and each entry of a list begins in ``text``, which is JSON."""
    return _scan(text).offsets


def _marks(text: str) -> Mapping[KeyPath, Mark]:
    lines = _Lines(text)
    return {path: lines.mark(offset) for path, offset in key_offsets(text).items()}


def _malformed(file: Path, what: str, fix: str, mark: Mark | None = None) -> Document:
    return Document(file, faults=(Fault(FaultKind.MALFORMED, what, fix, mark),))


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
