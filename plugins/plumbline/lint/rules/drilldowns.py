"""Rule for drilldowns: each is one SELECT that can be compiled, and names the monitor's groups."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.core.errors import MonitorError
from plumbline.lint.context import LintContext
from plumbline.lint.rule import Finding, Rules
from plumbline.lint.sql import SqlFault, parse
from plumbline.models.drilldown import FailingGroups, compile_drilldown
from plumbline.models.variables import VariableError
from plumbline.project.document import Document
from plumbline.project.local_paths import without_local_paths

RULES = Rules()

BROKEN = RULES.error(
    "monitor-drilldown",
    "The drilldown can't be compiled, so a failing monitor has no query for its rows.",
    wrong='"drilldown": "select * from orders where {{ failing(\'contry\') }}"',
    right='"drilldown": "select * from orders where {{ failing(\'country\') }}"',
)

_PATH = ("meta", "monitor", "drilldown")


def check(context: LintContext) -> Iterator[Finding]:
    for name, suite in context.facts.suites.items():
        declared = suite.get(*_PATH)
        lines = declared if isinstance(declared, list) else [declared]
        if suite.is_readable and lines and all(isinstance(line, str) for line in lines):
            fault = _fault(context, name, suite, "\n".join(lines))
            if fault is not None:
                yield BROKEN.at(suite.place(*_PATH), *fault)


def _fault(context: LintContext, name: str, suite: Document, text: str) -> tuple[str, str] | None:
    """What is wrong with a drilldown, and the fix."""
    groups = FailingGroups(columns=_group_columns(context, suite))
    try:
        compiled = compile_drilldown(
            context.models.workspace,
            name,
            text,
            groups,
            as_of=context.models.any_instant,
            vars=suite.mapping("meta", "monitor", "vars"),
            file=suite.file,
        )
    except VariableError:
        return None  # the rules for variables say it
    except MonitorError as fault:
        at = f" ({fault.key})" if fault.key and str(fault.file) == str(suite.file) else ""
        where = "" if at or fault.file is None else f" (in {fault.file})"
        where = without_local_paths(where, context.facts.root)
        return f"the drilldown: {fault.what}{at}{where}", fault.fix or "correct the drilldown"
    found = parse(compiled.sql)
    if isinstance(found, SqlFault):
        return f"the drilldown is not valid SQL: {found.what}", "correct the drilldown"
    return None


def _group_columns(context: LintContext, suite: Document) -> frozenset[str]:
    described = context.facts.described.get(context.facts.model_of(suite) or "")
    grain = described.document.get(*described.meta_path, "grain") if described else None
    named = [suite.get("meta", "monitor", "group_by"), grain]
    for _, entry in suite.entries("expectations"):
        kwargs = entry.get("kwargs")
        named.append(kwargs.get("group_by") if isinstance(kwargs, dict) else None)
    return frozenset(str(one) for each in named if isinstance(each, list) for one in each)
