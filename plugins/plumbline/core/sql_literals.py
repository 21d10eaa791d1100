"""Values as literals of GoogleSQL, for SQL that people copy; what is sent has parameters instead.

https://cloud.google.com/bigquery/docs/reference/standard-sql/lexical#literals
"""

from __future__ import annotations

import math
import re
from datetime import datetime

_ARRAY = re.compile(r"ARRAY<(.*)>", re.DOTALL)
_SPECIAL = re.compile(r"[\\'\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ue000\ue001]")
_PREFIXED = ("DATE", "DATETIME", "TIME", "TIMESTAMP", "NUMERIC", "BIGNUMERIC", "JSON")
"""Types whose literal is their name and a string."""


def literal(kind: str, value: object) -> str:
    """``value`` of the BigQuery type ``kind``: ``date '2026-02-02'``, ``(-3)``, ``['a', 'b']``.

    A negative number is in parentheses, as two minus signs would begin a comment.
    """
    array = _ARRAY.fullmatch(kind)
    if array and isinstance(value, list | tuple):
        values = ", ".join(literal(array[1], one) for one in value)
        return f"[{values}]" if value else f"cast([] as {kind})"
    if value is None:
        return f"cast(null as {kind})"
    if isinstance(value, bool):
        return str(value).lower()
    if kind == "INT64":
        return _signed(str(value))
    if kind == "FLOAT64":
        number = float(str(value))
        return _signed(repr(number)) if math.isfinite(number) else f"cast('{number}' as float64)"
    if kind in _PREFIXED:
        return f"{kind.lower()} {string_literal(_text(value))}"
    if kind == "BYTES" and isinstance(value, bytes):
        return "b'" + "".join(f"\\x{byte:02x}" for byte in value) + "'"
    if kind == "STRING":
        return string_literal(str(value))
    return f"cast({string_literal(_text(value))} as {kind})"


def string_literal(text: str) -> str:
    """``text`` in single quotes; what is special or can't be seen is escaped."""
    return f"'{_SPECIAL.sub(_escaped, text)}'"


def _escaped(match: re.Match[str]) -> str:
    character = match[0]
    known = {"\n": "\\n", "\t": "\\t", "\r": "\\r", "\\": "\\\\", "'": "\\'"}
    if "\ud800" <= character <= "\udfff":  # half a character, which BigQuery has no text for
        character = "\ufffd"
    return known.get(character, f"\\u{ord(character):04x}")


def _text(value: object) -> str:
    return value.isoformat(sep=" ") if isinstance(value, datetime) else str(value)


def _signed(number: str) -> str:
    return f"({number})" if number.startswith("-") else number
