"""The LIMIT at the end of a statement: rows beyond it are never seen.

Used for models that return the failing rows, where a row that is not there is a PASS.
"""

from __future__ import annotations

from plumbline.models.tokens import Token, tokenize


def outer_limit(sql: str) -> int | None:
    """The LIMIT of the whole statement; 0 where it is no number, None where there is none."""
    code = [token for token in tokenize(sql) if token.is_code]
    depth, found = 0, None
    for at, token in enumerate(code):
        depth += {"(": 1, ")": -1}.get(token.text, 0)
        if depth == 0 and token.kind == "word" and token.text.lower() == "limit":
            found = at
    return None if found is None else _number(code[found + 1 : found + 2])


def _number(tokens: list[Token]) -> int:
    text = tokens[0].text if tokens else ""
    return int(text) if text.isdecimal() else 0
