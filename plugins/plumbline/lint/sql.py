"""Parses SQL with sqlglot, which is imported only when needed."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from plumbline.lint.models import Built, Models
from plumbline.models.tokens import tokenize

if TYPE_CHECKING:
    from sqlglot import exp

DIALECT = "bigquery"
_UNKNOWN_PIPE = "Unsupported pipe syntax operator"


_MOST_STRUCTS = 15
"""Within one another, as deep as BigQuery has them. With each, sqlglot takes twice as long."""
_STRUCT = re.compile(r"\bstruct\s*\(", re.IGNORECASE)


@dataclass(frozen=True)
class SqlFault:
    what: str
    line: int
    """Of the model's own SQL."""


class ParsedModels:
    """The syntax trees of all compiled models."""

    def __init__(self, models: Models) -> None:
        self.models = models

    @cached_property
    def trees(self) -> Mapping[str, exp.Query | SqlFault]:
        """The tree of each compiled model's own SQL, without models in syntax that sqlglot does
        not know."""
        found = {}
        for name in self.models.watched:
            built = self.models.sql_of(name)
            tree = None if built is None else parse(built.sql)
            if tree is not None:
                found[name] = tree
        return found

    def tree(self, name: str) -> exp.Query | None:
        """The tree of a model; None if sqlglot can't parse it."""
        tree = self.trees.get(name)
        return None if tree is None or isinstance(tree, SqlFault) else tree

    def readable(self) -> Iterator[tuple[Built, exp.Query]]:
        """Every model that could be compiled and parsed."""
        for name in self.trees:
            built, tree = self.models.sql_of(name), self.tree(name)
            if built is not None and tree is not None:
                yield built, tree


def _nests_structs(sql: str) -> bool:
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


def parse(sql: str) -> exp.Query | SqlFault | None:
    """``sql`` as a tree; None for syntax that BigQuery may accept and sqlglot does not know."""
    import sqlglot
    from sqlglot import exp
    from sqlglot.errors import ParseError, SqlglotError

    if _nests_structs(sql):
        return None
    # It logs syntax that it does not know and returns a command; we report that ourselves.
    logging.getLogger("sqlglot").setLevel(logging.ERROR)
    try:
        tree = sqlglot.parse_one(sql, dialect=DIALECT)
    except ParseError as fault:
        first = fault.errors[0] if fault.errors else {}
        if str(first.get("description")).startswith(_UNKNOWN_PIPE):
            return None
        near = first.get("highlight")
        what = str(first.get("description") or fault).partition("\n")[0]
        if "<class" in what:  # a message with sqlglot's class names
            what = "something is missing"
        return SqlFault(f"{what}{f' near {near!r}' if near else ''}", first.get("line") or 1)
    except SqlglotError as fault:
        return SqlFault(str(fault).partition("\n")[0], 1)
    except RecursionError:
        return SqlFault("it is nested too deeply", 1)
    if not isinstance(tree, exp.Query):
        return SqlFault("it is not a SELECT", 1)
    return tree
