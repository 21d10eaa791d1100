"""JSON as ``lint --fix`` writes it: two spaces, one entry per line, keys in the order of the docs.

Editors format JSON in the same way, so they and lint don't undo each other's changes. Numbers keep
their spelling, and unknown keys their place.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any


class Number(str):
    """A number as it is written."""

    __slots__ = ()


def loads(text: str) -> Any:
    """The value of ``text``, numbers as they are written."""
    return json.loads(text, parse_float=Number, parse_int=Number)


def dumps(value: Any) -> str:
    """``value`` as JSON, with a newline at its end."""
    return "\n".join(_lines(value)) + "\n"


def ordered(value: dict[str, Any], keys: Sequence[str]) -> dict[str, Any]:
    """``value`` with ``keys`` first, in their order; the others follow in their own."""
    first = {key: value[key] for key in keys if key in value}
    return {**first, **value}


def _lines(value: Any) -> list[str]:
    if isinstance(value, dict) and value:
        entries = [(f"{_text(key)}: ", inner) for key, inner in value.items()]
        return ["{", *_entries(entries), "}"]
    if isinstance(value, list) and value:
        return ["[", *_entries([("", inner) for inner in value]), "]"]
    if isinstance(value, Number):
        return [str(value)]
    if isinstance(value, str):
        return [_text(value)]
    return [json.dumps(value)]


def _entries(entries: Sequence[tuple[str, Any]]) -> list[str]:
    lines: list[str] = []
    for number, (start, value) in enumerate(entries, start=1):
        inner = _lines(value)
        inner[0] = start + inner[0]
        if number < len(entries):
            inner[-1] += ","
        lines += [f"  {line}" for line in inner]
    return lines


def _text(text: str) -> str:
    # Half of a surrogate pair is valid in JSON but not in UTF-8.
    is_whole = not any("\ud800" <= character <= "\udfff" for character in text)
    return json.dumps(text, ensure_ascii=not is_whole)
