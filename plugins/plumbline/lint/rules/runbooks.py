"""The runbooks that suites and services name: does each say all that whoever is woken looks for?

Only Markdown below the project's folder is read: of a link, nothing is known here.
"""

from __future__ import annotations

from collections.abc import Iterator

from plumbline.lint.context import LintContext
from plumbline.lint.rule import Finding, warning
from plumbline.project.document import Place
from plumbline.project.runbooks import ENDINGS, missing_headings

NO_HEADING = warning(
    "runbook-without-heading",
    "The runbook lacks a heading that the others have.",
    wrong="a runbook without ## Roll back",
    right="## Roll back, and below it how to roll back a deployment, or that there is none",
)

RULES = (NO_HEADING,)


def check(context: LintContext) -> Iterator[Finding]:
    """What each runbook lacks, once however many name it."""
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
                "write, be it one line, what belongs below "
                + ", ".join(f"## {one}" for one in missing),
            )
