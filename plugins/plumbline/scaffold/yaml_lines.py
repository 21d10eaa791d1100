"""Lines that are added to a YAML file of somebody's own: all that stands there stays as it is.

Used by ``plumbline new monitor``, for a column that a declaration lacks, and by ``plumbline init``,
for what a project of Great Expectations lacks. Whoever calls checks that the text says what it
should, with `read_yaml`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from plumbline.project.document import Document, KeyPath

_DASH = re.compile(r"\s*-\s")


def after_entries(text: str, document: Document, path: KeyPath, lines: Sequence[str]) -> str | None:
    """``text`` with ``lines`` after the last entry of the list, or the last key of the mapping, at
    ``path``; None where its entries don't stand on lines of their own.

    Args:
        text: of the file.
        document: the same, parsed.
        path: of a list or mapping with an entry.
        lines: without indentation of their own, but that of what they nest.
    """
    value = document.get(*path) if path else document.value
    if not value:
        return None
    last = len(value) - 1 if isinstance(value, list) else list(value)[-1]
    mark = document.marks.get((*path, last))
    rows = text.splitlines(keepends=True)
    if mark is None:
        return None
    start = mark.line - 1
    before = rows[start][: mark.column - 1]
    is_alone = _DASH.fullmatch(before) if isinstance(value, list) else not before.strip()
    if not is_alone:
        return None
    indent = len(before) - len(before.lstrip())
    end = start + 1
    while end < len(rows) and (
        not rows[end].strip() or _indent_of(rows[end]) > indent or _is_list_of(rows[end], indent)
    ):
        end += 1
    while not rows[end - 1].strip():
        end -= 1
    if not rows[end - 1].endswith("\n"):
        rows[end - 1] += "\n"
    added = [f"{' ' * indent}{line}\n" if line else "\n" for line in lines]
    return "".join([*rows[:end], *added, *rows[end:]])


def _indent_of(row: str) -> int:
    return len(row) - len(row.lstrip())


def _is_list_of(row: str, indent: int) -> bool:
    """Whether it is an entry of a list that stands as far left as its key, as YAML allows."""
    return False if not row.strip() else _indent_of(row) == indent and row.lstrip()[:2] == "- "
