"""What sqlglot says of SQL, in words for people, and what it should not be given.

Used for the conditions of suites over tables, and by lint for models.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from plumbline.models.tokens import tokenize

if TYPE_CHECKING:
    from sqlglot import exp
    from sqlglot.errors import ParseError

DIALECT = "bigquery"

_MOST_STRUCTS = 15
"""Within one another, as deep as BigQuery has them. With each, sqlglot takes twice as long."""
_STRUCT = re.compile(r"\bstruct\s*\(", re.IGNORECASE)
_DEEPEST = 500
"""Brackets and cases within one another; 5,000 end Python 3.13."""
_OPENING = re.compile(r"[(\[]|\bcase\b", re.IGNORECASE)


def _nests_structs(sql: str) -> bool:
    """Whether sqlglot would take too long to parse it."""
    if len(_STRUCT.findall(sql)) <= _MOST_STRUCTS:
        return False
    are_structs: list[bool] = []
    last, depth = "", 0
    for token in filter(lambda one: one.is_code, tokenize(sql)):
        if token.text == "(":
            are_structs.append(last == "struct")
            depth += are_structs[-1]
        elif token.text == ")" and are_structs:
            depth -= are_structs.pop()
        last = token.text.lower()
        if depth > _MOST_STRUCTS:
            return True
    return False


def _nests_deeply(sql: str) -> bool:
    """Whether sqlglot would end the process: its compiled parser has no bound of its own, and from
    3.12 on Python counts no calls of compiled code."""
    if len(_OPENING.findall(sql)) <= _DEEPEST:
        return False
    deepest = depth = 0
    for token in filter(lambda one: one.is_code, tokenize(sql)):
        text = token.text.lower()
        depth += (text in ("(", "[", "case")) - (text in (")", "]", "end"))
        deepest = max(deepest, depth)
    return deepest > _DEEPEST


def parse_sql(sql: str) -> exp.Expr | None:
    """The tree of SQL; None where sqlglot would take too long to parse it.

    Raises:
        SqlglotError: sqlglot does not know it, or it is nested too deeply.
    """
    import sqlglot
    from sqlglot.errors import ParseError

    if _nests_structs(sql):
        return None
    try:
        if not _nests_deeply(sql):
            return sqlglot.parse_one(sql, dialect=DIALECT)
    except RecursionError:
        pass
    raise ParseError("it is nested too deeply")


def explain_parse_error(fault: ParseError) -> str:
    """What is wrong, without sqlglot's class names."""
    first = fault.errors[0] if fault.errors else {}
    what = str(first.get("description") or fault).partition("\n")[0]
    return "something is missing" if "<class" in what else what
