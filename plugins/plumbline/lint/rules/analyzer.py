"""Rules for what Google's analyzer rejects: names and types, checked against the source tables."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.lint.context import LintContext
from plumbline.lint.models import Built
from plumbline.lint.rule import Finding, Rules
from plumbline.lint.sql import SqlFault, parse
from plumbline.project.document import Place
from plumbline.warehouse.types import parse_type

RULES = Rules()

REJECTED = RULES.error(
    "sql-rejected",
    "Google's analyzer rejects the SQL because of a wrong name or type, and so would BigQuery.",
    wrong="where game_status = 'final', of an INT64",
    right="where game_status = 3",
)
OTHER_TYPE = RULES.error(
    "column-type-differs",
    "The described type of a column differs from the type that the SQL returns.",
    wrong="{name: coverage_pct, data_type: INT64} for 100 * a / b",
    right="{name: coverage_pct, data_type: FLOAT64}",
)


def check(context: LintContext) -> Iterator[Finding]:
    """Every compiled model, as Google's analyzer sees it.

    Raises:
        ConfigError: the analyzer is not installed.
    """
    from plumbline.lint.analyzer import Analyzer

    analyzer = Analyzer()
    for name in context.models.watched:
        built = context.models.sql_of(name)
        # What sqlglot can't read either is said once, by the rules for SQL.
        if built is None or isinstance(context.parsed.trees.get(name), SqlFault):
            continue
        if built.whole.sql.lower().startswith("create"):
            continue  # temporary functions: it takes one statement
        tables = [context.tables.find(key) for key in _tables_of(built)]
        known = [table for table in tables if table is not None and table.has_types]
        if len(known) < len(tables):
            continue  # it would reject each use of a column that it is not told of
        answer = analyzer.analyze(built.whole, known)
        if answer.rejection is None:
            yield from _types(context, name, dict(answer.columns))
        elif answer.line is None or _own_line(built, answer.line) > 0:
            line = 1 if answer.line is None else built.lines.origin(_own_line(built, answer.line))
            yield REJECTED.at(
                Place(built.file, line),
                f"Google's analyzer rejects this: {answer.rejection}",
                f"correct the SQL; plumbline compile {name} prints it",
            )


def _tables_of(built: Built) -> set[str]:
    """Those that it reads, also those that its SQL names itself: INFORMATION_SCHEMA, for one."""
    from sqlglot import exp

    tree = parse(built.whole.sql)
    named = tree.find_all(exp.Table) if isinstance(tree, exp.Query) else ()
    return {*built.whole.sources, *(f"{table.db}.{table.name}" for table in named if table.db)}


def _own_line(built: Built, line: int) -> int:
    """A line of the whole SQL as one of the model's own; 0 or less in what it refers to.

    The model's own text is the end of the whole.
    """
    return built.lines.count - (len(built.whole.sql.splitlines()) - line)


def _types(context: LintContext, name: str, returned: dict[str, str]) -> Iterator[Finding]:
    described = context.facts.described.get(name)
    for column in described.columns.values() if described is not None else ():
        said = parse_type(column.type or "")
        found = returned.get(column.name)
        if said is not None and found is not None and str(said) != found:
            yield OTHER_TYPE.at(
                column.document.place(*column.path, "data_type"),
                f"column {column.name!r} of model {name!r} is described as {said}, "
                f"the SQL returns {found}",
                f"write {found}, or cast it in the SQL",
            )
