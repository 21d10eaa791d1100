"""A SQL condition that a file holds, before it goes between brackets into a statement.

Used for ``rows.where`` of suites over tables.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING

from plumbline.core.errors import did_you_mean
from plumbline.models.syntax import explain_parse_error, parse_sql
from plumbline.models.tokens import tokenize

if TYPE_CHECKING:
    from sqlglot import exp
    from sqlglot.errors import ParseError

_BEFORE = "select 1 from t where ("


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
    if depth:
        return "the condition opens a bracket and never closes it", "add the )"
    return None


def fault_of_syntax(sql: str) -> tuple[str, str] | None:
    """What is wrong and its fix; None: ``sql``, without a fault so far, can be parsed.

    BigQuery may accept what sqlglot does not: this explains a refusal, and is none.
    """
    parsed = _parse(sql)
    if isinstance(parsed, str):
        return (
            f"the condition can't be parsed: {parsed}",
            "write a condition in GoogleSQL, such as status != 'test'",
        )
    return None


def unknown_column(
    sql: str, known: Iterable[str], *, table: str, holder: str
) -> tuple[str, str] | None:
    """The first column of a condition that the table doesn't have, and the fix; None: there is none
    outside of subqueries.

    Args:
        sql: the condition, without a fault.
        known: the table's columns.
        table: its name alone, by which the condition may qualify a column.
        holder: what is said to have no such column.
    """
    from sqlglot import exp

    tree = _parse(sql)
    if tree is None or isinstance(tree, str):
        return None
    columns = list(known)
    names = {name.casefold() for name in columns}
    for column in tree.find_all(exp.Column):
        name, *fields = (part.name for part in column.parts)
        if fields and name.casefold() == table.casefold() and name.casefold() not in names:
            name = fields[0]
        if name.casefold() not in names and not _is_in_subquery(column):
            return f"{holder} has no column {name!r}", did_you_mean(name, columns)
    return None


def _is_in_subquery(column: exp.Column) -> bool:
    """Whether it may be of another table, or an argument of a function that is written there."""
    from sqlglot import exp

    return column.find_ancestor(exp.Query, exp.Lambda) is not None


@lru_cache(maxsize=64)
def _parse(sql: str) -> exp.Expr | str | None:
    """The tree of a condition, or what is wrong; None where sqlglot does not tell."""
    from sqlglot.errors import ParseError, SqlglotError

    logging.getLogger("sqlglot").setLevel(logging.ERROR)
    try:
        # Lines of their own: it may end in a comment.
        tree = parse_sql(f"{_BEFORE}\n{sql}\n)")
    except ParseError as fault:
        return _explain(fault, sql)
    except SqlglotError:
        return None
    where = None if tree is None else tree.args.get("where")
    return where.this.this.copy() if where is not None else None


def _explain(fault: ParseError, sql: str) -> str:
    first = fault.errors[0] if fault.errors else {}
    near, what = str(first.get("highlight") or ""), explain_parse_error(fault)
    if what.startswith("Expecting )"):  # ours
        what = "unexpected text"
    if first.get("line", 0) > len(sql.splitlines()) + 1:  # at the bracket, which is not the user's
        return f"{what} at its end"
    if near[:1] in ("'", '"') or not near:  # a value, which may be of a person
        return what
    return f"{what} near {near!r}"
