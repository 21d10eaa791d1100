"""A SQL condition that a file holds, before it goes between brackets into a statement.

Used for ``rows.where`` of suites over tables.
"""

from __future__ import annotations

from plumbline.models.tokens import tokenize


def fault_of_condition(sql: str) -> tuple[str, str] | None:
    """What is wrong and its fix; None: nothing in ``sql`` ends the brackets or the statement."""
    depth, is_empty = 0, True
    for token in tokenize(sql):
        if token.kind == "unclosed":
            return f"the condition opens {token.opening} and never closes it", "close it"
        if not token.is_code:
            continue
        if token.text == ";":
            return "the condition holds more than one statement", "write one condition"
        is_empty = False
        depth += {"(": 1, ")": -1}.get(token.text, 0)
        if depth < 0:
            return "the condition closes a bracket that it doesn't open", "remove the )"
    if is_empty:
        return "the condition is empty", "write a condition, or remove the key"
    return ("the condition opens a bracket and never closes it", "add the )") if depth else None
