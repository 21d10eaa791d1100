"""The columns of a query that hold what personal columns hold, also under other names.

Rather too many than too few: a column is one if its expression names a personal column, or a
column that is one anywhere in the query.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import zip_longest
from typing import TYPE_CHECKING

from plumbline.lint.sql import parse

if TYPE_CHECKING:
    from sqlglot import exp

Names = frozenset[str]
_NONE: Names = frozenset()


def personal_columns(
    sql: str, read: Names, of_table: Callable[[tuple[str, ...]], Names | None]
) -> Names:
    """The columns of the rows of ``sql`` whose values are masked.

    Where its text does not tell, all of ``read``: a tag of a column that is not returned makes the
    monitor an ERROR, and no value is written.

    Args:
        sql: a whole query of BigQuery.
        read: the personal columns of all that it is known to read.
        of_table: those of one table, by the parts of its name; None: the table is not known.
    """
    from sqlglot import exp

    tree = parse(sql)
    if not isinstance(tree, exp.Query):
        return _columns(read)
    # An ephemeral model has none of the tags of the tables that are read in its place.
    tables = (of_table(_parts(table)) or _NONE for table in tree.find_all(exp.Table))
    read = _columns(read.union(*tables))
    if not read or tree.find(exp.Pivot):
        return read
    return _Query(tree, read, of_table).returned(tree, {})


def _columns(names: Names) -> Names:
    """A field of a column is returned as a part of it."""
    return frozenset(name.partition(".")[0] for name in names)


def _joined(source: exp.Expr) -> Iterator[exp.Expr]:
    """A table, and what is joined to it before it is joined to others."""
    yield source
    for join in source.args.get("joins") or ():
        yield from _joined(join.this)


def _parts(table: exp.Table) -> tuple[str, ...]:
    return tuple(part.name for part in table.parts)


@dataclass(frozen=True)
class _Query:
    tree: exp.Query
    read: Names
    of_table: Callable[[tuple[str, ...]], Names | None]

    @cached_property
    def _rows(self) -> Names:
        """Names that stand for whole rows."""
        from sqlglot import exp

        found = self.tree.find_all(exp.Table, exp.Subquery, exp.CTE)
        return frozenset(one.alias_or_name.lower() for one in found)

    @cached_property
    def _personal(self) -> set[str]:
        """The names of personal columns anywhere in the query, in lower case."""
        found = {name.lower() for name in self.read}
        before = -1
        while before != len(found):
            before = len(found)
            for node in self.tree.walk():
                found.update(name.lower() for name in self._named_by(node, found))
        return found

    def _named_by(self, node: exp.Expr, found: set[str]) -> Iterator[str]:
        """The names that ``node`` gives to what a personal column holds."""
        from sqlglot import exp

        if isinstance(node, exp.Alias) and self._holds(node.this, found):
            yield node.alias
        elif isinstance(node, exp.TableAlias) and node.columns and node.parent:
            if self._holds(node.parent, found):
                yield from (column.name for column in node.columns)
        elif isinstance(node, exp.SetOperation):
            pairs = list(zip_longest(node.left.selects, node.right.selects))
            are_known = not any(one is None or one.is_star for pair in pairs for one in pair)
            for left, right in pairs:
                if left is not None and self._holds(right if are_known else node.right, found):
                    yield left.alias_or_name

    def _holds(self, node: exp.Expr, found: set[str]) -> bool:
        from sqlglot import exp

        return any(
            any(part.name.lower() in found for part in one.parts)
            or (len(one.parts) == 1 and one.name.lower() in self._rows)
            if isinstance(one, exp.Column) and not one.is_star
            else isinstance(one, exp.Star) and not isinstance(one.parent, exp.Count)
            for one in node.walk()
        )

    def returned(self, query: exp.Expr, outer: Mapping[str, Names]) -> Names:
        """The personal ones of the columns that ``query`` returns."""
        from sqlglot import exp

        if isinstance(query, exp.Table):  # `from (orders join customers using (id))`
            return _NONE.union(*(self._of_source(one, outer) for one in _joined(query)))
        if not isinstance(query, exp.Query):
            return self.read
        ctes = dict(outer)
        if query.ctes and query.args["with_"].recursive:  # each may read itself
            ctes |= {cte.alias.lower(): _NONE for cte in query.ctes}
        for cte in query.ctes:
            columns = cte.args["alias"].columns
            # A model that dbt has inlined may have tags of its own.
            ctes[cte.alias.lower()] = (
                self._among(column.name for column in columns)
                if columns
                else self.returned(cte.this, ctes) | (self.of_table((cte.alias,)) or _NONE)
            )
        if isinstance(query, exp.Subquery):
            return self.returned(query.this, ctes)
        if isinstance(query, exp.SetOperation):
            left, right = self.returned(query.left, ctes), self.returned(query.right, ctes)
            return left | right if query.is_star or query.args.get("by_name") else left
        return frozenset(self._selected(query, ctes))

    def _selected(self, query: exp.Query, ctes: Mapping[str, Names]) -> Iterator[str]:
        from sqlglot import exp

        nameless = 0
        for one in query.selects:
            if one.is_star:
                yield from self._starred(query, one, ctes)
                continue
            name = one.output_name
            if not isinstance(one, exp.Alias | exp.Column | exp.Dot):  # as BigQuery calls it
                name, nameless = f"f{nameless}_", nameless + 1
            if name.lower() in self._personal or self._holds(one, self._personal):
                yield name

    def _starred(
        self, query: exp.Query, projection: exp.Expr, ctes: Mapping[str, Names]
    ) -> Iterator[str]:
        """Those of ``*`` and ``orders.*``, with ``except`` and ``replace``."""
        from sqlglot import exp

        star = projection.find(exp.Star)
        assert star is not None
        of = projection.table.lower() if isinstance(projection, exp.Column) else ""
        first = query.args.get("from_")
        joins = [join.this for join in query.args.get("joins") or ()]
        outer = [*([first.this] if first else ()), *joins]
        sources = [source for one in outer for source in _joined(one)]
        meant = [one for one in sources if of in ("", one.alias_or_name.lower())]
        if not meant or isinstance(projection, exp.Dot):  # the fields of a struct
            yield from self.read
        left_out = {one.name.lower() for one in star.args.get("except_") or ()}
        for source in meant:
            for name in self._of_source(source, ctes):
                if name.lower() not in left_out:
                    yield name
        yield from self._among(one.alias for one in star.args.get("replace") or ())

    def _of_source(self, source: exp.Expr, ctes: Mapping[str, Names]) -> Names:
        """The personal columns of one table, CTE or subquery."""
        from sqlglot import exp

        alias = source.args.get("alias")
        if alias and alias.columns:
            return self._among(column.name for column in alias.columns)
        if isinstance(source, exp.Subquery):
            return self.returned(source, ctes)
        if not isinstance(source, exp.Table):
            return self.read
        parts = _parts(source)
        if len(parts) == 1 and parts[0].lower() in ctes:
            return ctes[parts[0].lower()]
        known = self.of_table(parts)
        return self.read if known is None else _columns(known)

    def _among(self, names: Iterable[str]) -> Names:
        return frozenset(name for name in names if name.lower() in self._personal)
