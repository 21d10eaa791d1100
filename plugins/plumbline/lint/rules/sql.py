"""Rules for SQL: it can be parsed, and does what a monitor's SQL must do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from plumbline.checks.failing_rows import fault_of_limit
from plumbline.lint.context import LintContext
from plumbline.lint.models import Built
from plumbline.lint.rule import Finding, Rule, Rules
from plumbline.lint.sql import SqlFault
from plumbline.models.limit import outer_limit
from plumbline.models.properties import SourceTable
from plumbline.project.document import Document, Place

if TYPE_CHECKING:
    from sqlglot import exp

RULES = Rules()

UNREADABLE = RULES.error(
    "sql-unreadable",
    "sqlglot can't parse the compiled SQL as BigQuery SQL.",
    wrong="select a b c from games",
    right="select a, b, c from games",
)
REPEATED_CTE = RULES.error(
    "sql-repeated-cte",
    "Two CTEs of one WITH have the same name, for example one of the model and one of a macro. "
    "BigQuery rejects the query.",
    wrong="with {{ judged_on_final_games() }}, doubted as (...)",
    right="with {{ judged_on_final_games() }}, explained as (...)",
)
NO_AS_OF = RULES.error(
    "sql-without-as-of",
    "A model that takes a list of instants returns no column as_of, so its rows can't "
    "be matched to a run.",
    wrong="select game_id from {{ ref('evaluations') }}",
    right="select as_of, game_id from {{ ref('evaluations') }}",
)
NO_FILTER = RULES.error(
    "sql-without-partition-filter",
    "BigQuery rejects queries of this table without a filter on its partition.",
    wrong="select game_id from {{ source('nba_reference', 'nba_schedule') }}",
    right="... where game_date >= cast('{{ var(\"first_date\") }}' as date)",
)
READS_ALL = RULES.warning(
    "sql-reads-whole-table",
    "A partitioned table is read without a filter on its partition, so each run pays "
    "for the whole table.",
    wrong="select count(*) from {{ source('nba_orchestration', 'phase_completions') }}",
    right="... where game_date >= cast('{{ var(\"first_date\") }}' as date)",
)
READS_CLOCK = RULES.warning(
    "sql-reads-clock",
    "The SQL reads the clock, so it can't be replayed, and its dates are in UTC.",
    wrong="where game_date = current_date()",
    right="where game_date = local_date, from {{ ref('evaluations') }}",
)
MISCOUNTS = RULES.warning(
    "sql-countif-beside-offset",
    "In a query with countif, the embedded BigQuery reads array[offset(n)] one element too early.",
    wrong="select countif(features[offset(25)] > 0)",
    right="select sum(if(features[offset(25)] > 0, 1, 0))",
)

LIMITED = RULES.error(
    "sql-limit-hides-failing-rows",
    "A model that returns the failing rows ends in a LIMIT, which hides groups, or rows above "
    "max_value.",
    wrong='select id, country from orders where total < 0 limit 100, with "group_by": ["country"]',
    right="select id, country from orders where total < 0",
)

_WORD = re.compile(r"[A-Za-z_]\w*")
_BY_ARRIVAL = frozenset({"_partitiontime", "_partitiondate"})


def check(context: LintContext) -> Iterator[Finding]:
    for name, tree in context.parsed.trees.items():
        built = context.models.sql_of(name)
        if built is not None and isinstance(tree, SqlFault):
            yield UNREADABLE.at(
                _place(built, tree.line),
                f"this can't be parsed as BigQuery SQL: {tree.what}",
                f"correct the SQL; plumbline compile {name} prints it",
            )
    for built, query in context.parsed.readable():
        yield from _repeated_ctes(built, query)
        yield from _as_of(context, built)
        yield from _limit(context, built)
        yield from _partitions(context, built, query)
        yield from _functions(built, query)


def _place(built: Built, line: int) -> Place:
    return Place(built.file, built.lines.origin(line))


def _repeated_ctes(built: Built, query: exp.Query) -> Iterator[Finding]:
    from sqlglot import exp

    for clause in query.find_all(exp.With):
        names: set[str] = set()
        for cte in clause.expressions:
            name = cte.alias.lower()
            if name in names:
                yield REPEATED_CTE.at(
                    _place(built, _line(cte.args["alias"])),
                    f"two CTEs are named {cte.alias!r}",
                    f"rename one; plumbline compile {built.name} shows those of macros",
                )
            names.add(name)


def _as_of(context: LintContext, built: Built) -> Iterator[Finding]:
    models = context.models
    returned = context.columns.returned(built.name)
    suites = context.facts.suites_of(built.name)
    is_judged = models.is_monitor(built.name) or bool(suites)
    if returned is None or "as_of" in returned or not is_judged:
        return
    if suites and all(_returns_failing_rows(suite) for suite in suites):
        return  # such a model need not be replayed
    described = context.facts.described.get(built.name)
    if built.whole.set_oriented or (described is not None and "as_of" in described.columns):
        yield NO_AS_OF.at(
            _place(built, built.lines.count),
            f"model {built.name!r} takes a list of instants and returns no column as_of",
            "return as_of with each row",
        )


def _returns_failing_rows(suite: Document) -> bool:
    return suite.get("meta", "monitor", "observed", "failing_rows") is True


def _limit(context: LintContext, built: Built) -> Iterator[Finding]:
    suites = [one for one in context.facts.suites_of(built.name) if _returns_failing_rows(one)]
    limit = outer_limit(built.whole.sql) if suites else None
    if limit is None:
        return
    for suite in suites:
        entries = [suite.mapping(*path, "kwargs") for path, _ in suite.entries("expectations")]
        fault = fault_of_limit(limit, entries)
        if fault is not None:
            yield LIMITED.at(_place(built, built.lines.count), *fault)
            return


def _partitions(context: LintContext, built: Built, query: exp.Query) -> Iterator[Finding]:
    from sqlglot import exp

    sources = {
        key: source for key, source in context.tables.described.items() if source.partition_by
    }
    for table in query.find_all(exp.Table):
        source = sources.get(f"{table.db}.{table.name}")
        if source is None or _is_filtered(table, source):
            continue
        where = f"{source.source}.{source.name}"
        rule: Rule = NO_FILTER if source.requires_filter else READS_ALL
        yield rule.at(
            _place(built, _line(table.this)),
            f"{where} is read without a filter on {source.partition_by}",
            f"filter {source.partition_by} by first_date and last_date",
        )


def _is_filtered(table: exp.Table, source: SourceTable) -> bool:
    """Whether a condition beside the table names a column of its partition."""
    from sqlglot import exp

    columns = {word.lower() for word in _WORD.findall(source.partition_by or "")}
    if columns & _BY_ARRIVAL:
        columns |= _BY_ARRIVAL  # two names for the same
    columns &= (
        {name.lower() for name in (*source.columns, *_BY_ARRIVAL)} if source.columns else columns
    )
    select = table.find_ancestor(exp.Select)
    if select is None:
        return False
    joins = select.args.get("joins") or ()
    conditions = [select.args.get("where"), *(join.args.get("on") for join in joins)]
    return any(
        column.name.lower() in columns
        for condition in conditions
        if condition is not None
        for column in condition.find_all(exp.Column)
    )


def _functions(built: Built, query: exp.Query) -> Iterator[Finding]:
    from sqlglot import exp

    clocks = (exp.CurrentDate, exp.CurrentDatetime, exp.CurrentTime, exp.CurrentTimestamp)
    for clock in query.find_all(*clocks):
        yield READS_CLOCK.at(
            _place(built, _line(clock)),
            f"{clock.meta.get('name') or clock.sql(dialect='bigquery')} reads the clock",
            "take the instant from {{ ref('evaluations') }}, or from var('as_of')",
        )
    counts = query.find(exp.CountIf)
    if counts is not None and query.find(exp.Bracket) is not None:
        yield MISCOUNTS.at(
            _place(built, _line(counts)),
            "countif is in the same statement as an element of an array",
            "write sum(if(..., 1, 0)), or take the element by unnest(...) with offset",
        )


def _line(node: exp.Expr) -> int:
    """The line of a node, or of the first thing in it that has one."""
    for inner in node.walk():
        line = inner.meta.get("line")
        if isinstance(line, int):
            return line
    return 1
