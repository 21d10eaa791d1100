"""Rules for runbooks that suites and services name: they have the common headings.

Only Markdown files of the project are read, not links.
"""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.lint.context import LintContext
from plumbline.lint.rule import Finding, Rules
from plumbline.project.document import Place
from plumbline.project.runbooks import ENDINGS, missing_headings

RULES = Rules()

NO_HEADING = RULES.warning(
    "runbook-without-heading",
    "The runbook lacks a heading that the others have.",
    wrong="a runbook without ## Roll back",
    right="a section ## Roll back: how to roll back a deployment, or that none can be the cause",
)


def check(context: LintContext) -> Iterator[Finding]:
    for file in context.facts.runbooks:
        if file.suffix.lower() not in ENDINGS:
            continue
        try:
            missing = missing_headings(context.facts.files.plain_text(file))
        except (OSError, ValueError):
            continue
        if missing:
            yield NO_HEADING.at(
                Place(file),
                f"the runbook has no heading {', '.join(repr(str(one)) for one in missing)}",
                "add, with at least one line each, " + ", ".join(f"## {one}" for one in missing),
            )
