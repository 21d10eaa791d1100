"""A query of GX as a model's SQL: its tables become ``source()``, all else stays as it is."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

import yaml

from plumbline.lint.sql import SqlFault, parse
from plumbline.models.relations import INFORMATION_SCHEMA
from plumbline.models.tokens import Token, tokenize
from plumbline.scaffold.import_gx.assets import Batches, Table
from plumbline.scaffold.import_gx.report import NotConvertedError

if TYPE_CHECKING:
    from sqlglot import exp

_BEFORE_TABLES = ("from", "join", ",")
_BATCH, _STAND_IN = "{batch}", "plumbline_batch"
_JINJA = re.compile(r"\{(?=[{%#])")


@dataclass
class Sources:
    """The tables that models read, by the name of their source."""

    tables: dict[str, dict[str, Table]] = field(default_factory=dict)

    def call(self, table: Table) -> str:
        """``{{ source('shop', 'orders') }}``; the tables of another project are another source."""
        source = table.dataset
        if table.project is not None:
            source = re.sub(r"\W+", "_", f"{table.project}_{table.dataset}")
        self.tables.setdefault(source, {})[table.name] = table
        return f"{{{{ source('{source}', '{table.name}') }}}}"


def as_template(query: str, call: Callable[[str], str]) -> str:
    """``query`` as the text of a model, where ``call`` makes ``source()`` of a table's path.

    Raises:
        NotConvertedError: it is not one SELECT, or a table's dataset is not known.
    """
    return _replaced(query, call, lambda piece: _JINJA.sub("{{ '{' }}", piece))


def with_tables(query: str, name: Callable[[str], str]) -> str:
    """``query``, which may hold ``{batch}``, with each table's path replaced by its ``name``.

    Raises:
        NotConvertedError: as of `as_template`.
    """
    return _replaced(query.replace(_BATCH, _STAND_IN), name, str).replace(_STAND_IN, _BATCH)


def _replaced(query: str, table: Callable[[str], str], other: Callable[[str], str]) -> str:
    query = query.strip().rstrip(";").rstrip()
    tree = parse(query)
    if tree is None or isinstance(tree, SqlFault):
        why = tree.what if tree is not None else "sqlglot doesn't know its syntax"
        raise NotConvertedError(
            f"its query can't be parsed as BigQuery SQL: {why}", "fix the query in GX"
        )
    known = set(_tables(tree)) - {_STAND_IN}
    pieces = list(_paths(list(tokenize(query))))
    code = [at for at, piece in enumerate(pieces) if not _is_blank(piece)]
    after = dict(pairwise(code))
    before = {later: earlier for earlier, later in after.items()}
    text = ""
    for at, piece in enumerate(pieces):
        path = piece.replace("`", "")
        is_table = path in known and INFORMATION_SCHEMA not in path.upper()
        is_source = at in before and pieces[before[at]].lower() in _BEFORE_TABLES
        is_call = at in after and pieces[after[at]] == "("
        text += table(path) if is_table and is_source and not is_call else other(piece)
    return text


def _is_blank(piece: str) -> bool:
    return not piece.strip() or piece.startswith(("--", "#", "/*"))


def window_of(query: str, batches: Batches, *, note: str) -> str:
    """The model of the rows of ``query`` in the last complete days."""
    back = f"interval {batches.days} day"
    day = f"date(asset.`{batches.column}`)"
    days = "complete day" if batches.days == 1 else f"{batches.days} complete days"
    return f"""{note}
-- The rows of the last {days} before each as_of, by `{batches.column}`.

with instants as (

    select
        cast(instant as timestamp) as as_of,
        -- as a column, so that every warehouse uses the time zone for dates
        '{{{{ var("timezone", "UTC") }}}}' as timezone
    from unnest({{{{ var('as_of') }}}}) as instant

),

asset as (

{query}

),

-- constant bounds, so that BigQuery reads only these partitions
recent as (

    select *
    from asset
    where
        {day} >= date_sub(cast('{{{{ var("first_date") }}}}' as date), {back})
        and {day} < cast('{{{{ var("last_date") }}}}' as date)

),

final as (

    select instants.as_of, asset.*
    from instants
    join recent as asset
        on {day} >= date_sub(date(instants.as_of, instants.timezone), {back})
        and {day} < date(instants.as_of, instants.timezone)

)

select * from final
"""


def sources_text(
    sources: Mapping[str, Mapping[str, Table]], declared: Collection[tuple[str, str]]
) -> str | None:
    """The YAML file that declares the tables; None if all of them are declared elsewhere."""
    found = []
    for source, tables in sorted(sources.items()):
        new = {name: table for name, table in tables.items() if (source, name) not in declared}
        if new:
            table = next(iter(new.values()))
            where = {"database": table.project, "schema": table.dataset} if table.project else {}
            found.append(
                {
                    "name": source,
                    "description": f"The dataset {table.dataset}.",
                    **where,
                    "tables": [
                        {"name": name, "description": "A table that an imported query reads."}
                        for name in sorted(new)
                    ],
                }
            )
    if not found:
        return None
    note = "# Tables of the queries that `plumbline import gx` imported. Describe their columns.\n"
    return note + yaml.safe_dump({"version": 2, "sources": found}, sort_keys=False)


def _tables(tree: exp.Query) -> Iterator[str]:
    """The tables that a query reads, as dotted paths; neither CTEs nor arrays of other tables."""
    from sqlglot import exp

    inner = {cte.alias for cte in tree.find_all(exp.CTE)}
    tables = [[part.name for part in table.parts] for table in tree.find_all(exp.Table)]
    aliases = {table.alias_or_name for table in tree.find_all(exp.Table)}
    for parts in tables:
        if len(parts) == 1 and parts[0] in inner:
            continue
        if len(parts) > 1 and parts[0] in aliases | inner:
            continue
        if parts[0]:
            yield ".".join(parts)


def _paths(tokens: Sequence[Token]) -> Iterator[str]:
    """The pieces of a text; names joined by dots, and by dashes as in a project's, are one."""
    path = ""
    for at, token in enumerate(tokens):
        after = tokens[at + 1].kind if at + 1 < len(tokens) else "space"
        is_name = token.kind in ("word", "quoted") or (path != "" and token.kind == "number")
        joins = path != "" and token.text in (".", "-") and after in ("word", "quoted", "number")
        ends_in_joint = path.endswith((".", "-"))
        if (is_name and (path == "" or ends_in_joint)) or (joins and not ends_in_joint):
            path += token.text
            continue
        if token.text == "*" and path:  # a wildcard table
            path += token.text
            continue
        if path:
            yield path
        path = token.text if is_name else ""
        if not is_name:
            yield token.text
    if path:
        yield path
