"""Parses SQL with sqlglot, which is imported only when needed."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from plumbline.lint.models import Built, Models
from plumbline.models.syntax import explain_parse_error, parse_sql

if TYPE_CHECKING:
    from sqlglot import exp

_UNKNOWN_PIPE = "Unsupported pipe syntax operator"


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


def parse(sql: str) -> exp.Query | SqlFault | None:
    """``sql`` as a tree; None for syntax that BigQuery may accept and sqlglot does not know."""
    from sqlglot import exp
    from sqlglot.errors import ParseError, SqlglotError

    # It logs syntax that it does not know and returns a command; we report that ourselves.
    logging.getLogger("sqlglot").setLevel(logging.ERROR)
    try:
        tree = parse_sql(sql)
    except ParseError as fault:
        first = fault.errors[0] if fault.errors else {}
        if str(first.get("description")).startswith(_UNKNOWN_PIPE):
            return None
        near = first.get("highlight")
        return SqlFault(
            f"{explain_parse_error(fault)}{f' near {near!r}' if near else ''}",
            first.get("line") or 1,
        )
    except SqlglotError as fault:
        return SqlFault(str(fault).partition("\n")[0], 1)
    if tree is not None and not isinstance(tree, exp.Query):
        return SqlFault("it is not a SELECT", 1)
    return tree
